//go:build unix

package settings_test

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/renewd/renewd/internal/settings"
)

// A pipe would keep the start waiting for ever.
func TestReadSecretWaitsForNoPipe(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "secret")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := settings.ReadSecret(path); err == nil || !strings.Contains(err.Error(), "it is not a file") {
		t.Errorf("got error %v", err)
	}
}
