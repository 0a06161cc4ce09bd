package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The streams are what go test -json writes, cut down to the fields that count.
func TestSummary(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, in, want string
	}{
		{
			"a package that passes is one line",
			`{"Action":"output","Package":"m/a","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"output","Package":"m/a","Test":"TestA","Output":"    a_test.go:4: fine\n"}
{"Action":"pass","Package":"m/a","Test":"TestA"}
{"Action":"output","Package":"m/a","Output":"PASS\n"}
{"Action":"output","Package":"m/a","Output":"ok  \tm/a\t0.003s\n"}
{"Action":"pass","Package":"m/a"}`,
			"ok  \tm/a\t0.003s\n1 passed, 0 failed\n",
		},
		{
			"a failure is shown in full, and what passed beside it is not",
			`{"Action":"output","Package":"m/a","Test":"TestGood","Output":"    a_test.go:3: fine\n"}
{"Action":"pass","Package":"m/a","Test":"TestGood"}
{"Action":"output","Package":"m/a","Test":"TestBad/sub","Output":"=== RUN   TestBad/sub\n"}
{"Action":"output","Package":"m/a","Test":"TestBad/sub","Output":"    a_test.go:9: got 1, want 2\n"}
{"Action":"output","Package":"m/a","Test":"TestBad/sub","Output":"--- FAIL: TestBad/sub (0.00s)\n"}
{"Action":"fail","Package":"m/a","Test":"TestBad/sub"}
{"Action":"fail","Package":"m/a","Test":"TestBad"}
{"Action":"output","Package":"m/a","Output":"FAIL\tm/a\t0.003s\n"}
{"Action":"fail","Package":"m/a"}`,
			"    a_test.go:9: got 1, want 2\n--- FAIL: TestBad/sub (0.00s)\nFAIL\tm/a\t0.003s\n1 passed, 2 failed\n",
		},
		{
			"a build failure counts",
			`{"ImportPath":"m/a [m/a.test]","Action":"build-output","Output":"a_test.go:3:27: undefined: x\n"}
{"ImportPath":"m/a [m/a.test]","Action":"build-fail"}
{"Action":"output","Package":"m/a","Output":"FAIL\tm/a [build failed]\n"}
{"Action":"fail","Package":"m/a","FailedBuild":"m/a [m/a.test]"}`,
			"a_test.go:3:27: undefined: x\nFAIL\tm/a [build failed]\n0 passed, 1 failed\n",
		},
		{
			"what was not tested comes last, each thing once",
			`{"Action":"output","Package":"m/a","Test":"TestA","Output":"    a_test.go:4: not tested: the pages; install Chromium\n"}
{"Action":"skip","Package":"m/a","Test":"TestA"}
{"Action":"output","Package":"m/a","Test":"TestB","Output":"    b_test.go:4: not tested: the pages; install Chromium\n"}
{"Action":"skip","Package":"m/a","Test":"TestB"}
{"Action":"output","Package":"m/a","Output":"ok  \tm/a\t0.003s\n"}
{"Action":"pass","Package":"m/a"}
{"Action":"output","Package":"m/b","Output":"?   \tm/b\t[no test files]\n"}
{"Action":"skip","Package":"m/b"}`,
			"ok  \tm/a\t0.003s\n?   \tm/b\t[no test files]\nnot tested: the pages; install Chromium\n0 passed, 0 failed\n",
		},
		{
			"what a test says that is not skipped is no reason",
			`{"Action":"output","Package":"m/a","Test":"TestA","Output":"> [!linux] skip 'not tested: it; use Linux'\n"}
{"Action":"pass","Package":"m/a","Test":"TestA"}
{"Action":"output","Package":"m/a","Output":"ok  \tm/a\t0.003s\n"}
{"Action":"pass","Package":"m/a"}`,
			"ok  \tm/a\t0.003s\n1 passed, 0 failed\n",
		},
		{
			"a skip without a reason is told all the same",
			`{"Action":"output","Package":"m/a","Test":"TestA","Output":"    a_test.go:4: because\n"}
{"Action":"skip","Package":"m/a","Test":"TestA"}
{"Action":"output","Package":"m/a","Output":"ok  \tm/a\t0.003s\n"}
{"Action":"pass","Package":"m/a"}`,
			"ok  \tm/a\t0.003s\nnot tested: TestA of m/a; it does not say why\n0 passed, 0 failed\n",
		},
		{
			"a package that never ends has failed",
			`{"Action":"output","Package":"m/a","Test":"TestA","Output":"half a line\n"}`,
			"half a line\n0 passed, 1 failed\n",
		},
		{
			"what is no event is shown as it is",
			"warning: something\n",
			"warning: something\n0 passed, 0 failed\n",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			s := newSummary(&out)
			if err := s.read(strings.NewReader(tc.in)); err != nil {
				t.Fatalf("read: %v", err)
			}
			s.finish()
			if diff := cmp.Diff(tc.want, out.String()); diff != "" {
				t.Errorf("output (-want +got):\n%s", diff)
			}
		})
	}
}
