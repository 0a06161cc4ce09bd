package settings_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/renewd/renewd/internal/settings"
)

const good = "0123456789abcdefghijklmnopqrstuv"

func TestReadSecret(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text string
		mode os.FileMode
		want string // of the error; empty for none
	}{
		"as it is":           {good, 0o600, ""},
		"with a line break":  {good + "\n", 0o400, ""},
		"with CR LF":         {good + "\r\n", 0o600, ""},
		"group may read":     {good, 0o640, "others may read it: run chmod 600"},
		"everybody may read": {good, 0o604, "others may read it: run chmod 600"},
		"everybody may run":  {good, 0o601, "others may read it: run chmod 600"},
		"empty":              {"", 0o600, "must be 32 to 1024 random bytes, got 0"},
		"short":              {good[1:] + "\n", 0o600, "must be 32 to 1024 random bytes, got 31"},
		"long":               {strings.Repeat(good, 33), 0o600, "must be 32 to 1024 random bytes, got 1056"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "secret")
			if err := os.WriteFile(path, []byte(tc.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, tc.mode); err != nil {
				t.Fatal(err)
			}
			got, err := settings.ReadSecret(path)
			if tc.want == "" {
				if err != nil || string(got) != good {
					t.Errorf("got %q, %v", got, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("got error %v, want one with the path and %q", err, tc.want)
			}
		})
	}
}

func TestReadSecretMissing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := settings.ReadSecret(filepath.Join(dir, "none")); !errors.Is(err, settings.ErrNoSecret) {
		t.Errorf("got error %v, want %v", err, settings.ErrNoSecret)
	}
	if _, err := settings.ReadSecret(dir); err == nil || errors.Is(err, settings.ErrNoSecret) {
		t.Errorf("a directory: got error %v", err)
	}
}
