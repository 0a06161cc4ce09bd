package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/renewd/renewd/internal/settings"
	"github.com/renewd/renewd/internal/testenv"
)

// TestFirstStartsAtOnce lets several processes make the store at the same time:
// all of them must find the same one, and one secret.
func TestFirstStartsAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var group sync.WaitGroup
	var servers [2]*process
	var errs [2]error
	for i := range servers {
		group.Go(func() {
			servers[i], errs[i] = start(dir, nil, "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--data", filepath.Join(dir, "data"))
		})
	}
	group.Go(func() { addPerson(t, dir, "anna") })
	group.Wait()
	for i, p := range servers {
		if errs[i] != nil {
			t.Errorf("server %d: %v", i, errs[i])
			continue
		}
		t.Cleanup(p.kill)
		h := newHolder(t, p.url, "anna")
		if other := servers[1-i]; errs[1-i] == nil {
			if answer, err := h.refresh(other.url); answer != "" || err != nil {
				t.Errorf("a token of server %d at the other one: %s %v", i, answer, err)
			}
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "data", ".*"))
	if err != nil || len(files) > 0 {
		t.Errorf("left behind: %v %v", files, err)
	}
}

func TestMakeSecret(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "secret")
	if err := makeSecret(path); err != nil {
		t.Fatal(err)
	}
	first, err := settings.ReadSecret(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := makeSecret(path); err != nil {
		t.Fatal(err)
	}
	if second, err := settings.ReadSecret(path); err != nil || string(second) != string(first) {
		t.Errorf("a secret that was there did not stay: %v", err)
	}
	other := filepath.Join(t.TempDir(), "secret")
	if err := makeSecret(other); err != nil {
		t.Fatal(err)
	}
	if second, err := settings.ReadSecret(other); err != nil || string(second) == string(first) {
		t.Errorf("two secrets are the same: %v", err)
	}
}

func TestFullDirectory(t *testing.T) {
	t.Parallel()
	dir := smallDirectory(t, "size=32k")
	s := loadSettings(t, map[string][]string{"data": {dir}})
	err := prepare(s)
	want := fmt.Sprintf("cannot write to the directory %s: ", dir)
	if err == nil || !strings.HasPrefix(err.Error(), want) || !strings.HasSuffix(err.Error(), ": free some space, or choose another with --data") {
		t.Errorf("got error %v", err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestReadOnlyDirectory(t *testing.T) {
	t.Parallel()
	dir := smallDirectory(t, "ro")
	s := loadSettings(t, map[string][]string{"data": {dir}})
	err := prepare(s)
	if err == nil || !strings.HasSuffix(err.Error(), ": make it writable for this user, or choose another with --data") {
		t.Errorf("got error %v", err)
	}
}

// smallDirectory returns a file system of its own.
func smallDirectory(t *testing.T, options string) string {
	t.Helper()
	dir := t.TempDir()
	var flags uintptr
	if options == "ro" {
		flags, options = syscall.MS_RDONLY, ""
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", flags, options); err != nil {
		testenv.Missing(t, "mount", "a full and a read-only data directory", "run the tests as root on Linux, where mount is allowed")
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}
