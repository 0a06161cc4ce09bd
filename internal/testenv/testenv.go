// Package testenv finds what tests need and not every machine has, such as a
// browser. A test without it is skipped with a line that says what was not
// tested and how to enable it; where RENEWD_TEST_REQUIRE asks for it, it fails
// instead. The package imports the standard library only, and only tests import
// it.
package testenv

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// RequireVariable names what must be there: "all", or names with commas
// between, such as "browser".
const RequireVariable = "RENEWD_TEST_REQUIRE"

// BrowserVariable is the path of a browser that speaks the Chrome DevTools
// Protocol.
const BrowserVariable = "RENEWD_TEST_BROWSER"

var browserNames = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}

// Browser returns the path of a browser: the one that RENEWD_TEST_BROWSER names,
// or a Chromium in PATH. Without one it ends the test as [Missing] does.
func Browser(t testing.TB) string {
	t.Helper()
	if path := os.Getenv(BrowserVariable); path != "" {
		if _, err := exec.LookPath(path); err != nil {
			t.Fatalf("%s: %v", BrowserVariable, err)
		}
		return path
	}
	for _, name := range browserNames {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	Missing(t, "browser", "pages in a browser", "install chromium or set "+BrowserVariable)
	return ""
}

// Missing ends the test because what goes by this name in RENEWD_TEST_REQUIRE is
// not there: it fails where it is required, and is skipped elsewhere. The line
// it prints is "not tested: WHAT; REMEDY".
func Missing(t testing.TB, name, what, remedy string) {
	t.Helper()
	if required(os.Getenv(RequireVariable), name) {
		t.Fatalf("not tested: %s; %s (%s asks for it)", what, remedy, RequireVariable)
	}
	t.Skipf("not tested: %s; %s", what, remedy)
}

func required(list, name string) bool {
	names := strings.Split(strings.ReplaceAll(list, " ", ""), ",")
	return slices.Contains(names, "all") || slices.Contains(names, name)
}
