package testenv_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/renewd/renewd/internal/testenv"
)

// spy records how a test was ended.
type spy struct {
	testing.TB
	skipped, failed string
}

func (s *spy) Helper() {}

func (s *spy) Skipf(format string, args ...any) {
	s.skipped = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func (s *spy) Fatalf(format string, args ...any) {
	s.failed = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// browser runs Browser as a test of its own, which may end before it returns.
func browser(t *testing.T) (path string, s *spy) {
	t.Helper()
	s = &spy{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		path = testenv.Browser(s)
	}()
	<-done
	return path, s
}

func TestBrowserMissing(t *testing.T) {
	const line = "not tested: pages in a browser; install chromium or set RENEWD_TEST_BROWSER"
	for _, tc := range []struct{ require, skipped, failed string }{
		{require: "", skipped: line},
		{require: "postgres,redis", skipped: line},
		{require: "browsers", skipped: line},
		{require: "all", failed: line + " (RENEWD_TEST_REQUIRE asks for it)"},
		{require: "postgres, browser", failed: line + " (RENEWD_TEST_REQUIRE asks for it)"},
	} {
		t.Run(tc.require, func(t *testing.T) {
			t.Setenv("PATH", t.TempDir())
			t.Setenv(testenv.BrowserVariable, "")
			t.Setenv(testenv.RequireVariable, tc.require)
			path, got := browser(t)
			if path != "" || got.skipped != tc.skipped || got.failed != tc.failed {
				t.Errorf("got path %q, skipped %q, failed %q; want skipped %q, failed %q",
					path, got.skipped, got.failed, tc.skipped, tc.failed)
			}
		})
	}
}

func TestBrowserFound(t *testing.T) {
	dir := t.TempDir()
	inPath, named := filepath.Join(dir, "chromium"), filepath.Join(dir, "named")
	for _, file := range []string{inPath, named} {
		if err := os.WriteFile(file, nil, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
	for _, tc := range []struct{ variable, want string }{{"", inPath}, {named, named}} {
		t.Setenv(testenv.BrowserVariable, tc.variable)
		if path, s := browser(t); path != tc.want {
			t.Errorf("with %q: got %q (%+v), want %q", tc.variable, path, s, tc.want)
		}
	}
}

func TestBrowserNamedButNotThere(t *testing.T) {
	t.Setenv(testenv.BrowserVariable, filepath.Join(t.TempDir(), "none"))
	if _, s := browser(t); s.failed == "" {
		t.Error("a browser that is named and not there was taken, or passed over in silence")
	}
}
