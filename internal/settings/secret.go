package settings

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strings"
)

// ErrNoSecret says that there is no secret file where one was looked for.
var ErrNoSecret = errors.New("no secret file")

// ReadSecret returns the master secret that a file holds: its bytes, without the
// line break at the end. It fails with [ErrNoSecret] when there is no file, and
// refuses a file that others than its owner may read (OWASP ASVS 5.0, 13.3.2).
func ReadSecret(path string) ([]byte, error) {
	// A pipe would be waited for.
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, notAFile(path)
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w at %s", ErrNoSecret, path)
	}
	if err != nil {
		return nil, fmt.Errorf("read secret: %w", err)
	}
	defer f.Close()
	if err := CheckPrivate(f, path); err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, 4096))
	if err != nil {
		return nil, fmt.Errorf("read secret: %w", err)
	}
	secret := []byte(strings.TrimRight(string(text), "\r\n"))
	if err := CheckSecret(secret); err != nil {
		return nil, fmt.Errorf("the secret in %s %w", path, err)
	}
	return secret, nil
}

func notAFile(path string) error {
	return fmt.Errorf("%s holds no secret: it is not a file", path)
}

const hasPermissions = runtime.GOOS != "windows"

// CheckPrivate returns an error unless f is a file that only its owner may
// access. Where files have no permissions, as on Windows, nothing is checked.
func CheckPrivate(f *os.File, path string) error {
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("read permissions: %w", err)
	}
	if !info.Mode().IsRegular() {
		return notAFile(path)
	}
	if hasPermissions && info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%s holds a secret and others may read it: run chmod 600 %s", path, path)
	}
	return nil
}
