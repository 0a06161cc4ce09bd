package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestRun lets go test run a module made for it: the exit status must not get
// lost on the way.
func TestRun(t *testing.T) {
	for _, tc := range []struct {
		name, body, require string
		want                error
	}{
		{"passed", "", "", nil},
		{"failed", `t.Error("broken")`, "", errFailed},
		{"does not build", "undefined()", "", errFailed},
		{"exits", "os.Exit(3)", "", errFailed},
		{"skipped", `t.Skip("not tested: it; try harder")`, "", nil},
		{"skipped where nothing may be", `t.Skip("not tested: it; try harder")`, "all", errNotTested},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "go.mod"), "module m\n\ngo 1.26.0\n")
			write(t, filepath.Join(dir, "m_test.go"),
				"package m\n\nimport (\"os\"; \"testing\")\n\nvar _ = os.Exit\n\nfunc TestIt(t *testing.T) { "+tc.body+" }\n")
			t.Chdir(dir)
			t.Setenv("GOWORK", "off")
			var stdout, stderr bytes.Buffer
			getenv := func(string) string { return tc.require }
			if err := run(t.Context(), []string{"./..."}, getenv, &stdout, &stderr); !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v; output:\n%s%s", err, tc.want, &stdout, &stderr)
			}
		})
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
