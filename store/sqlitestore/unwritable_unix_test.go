//go:build unix

package sqlitestore_test

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/renewd/renewd/store/sqlitestore"
)

const nobody = 65534

func TestOpenRefusesWhatCannotBeWritten(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		runAsNobody(t) // root may write everywhere
		return
	}
	t.Run("directory", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		chmod(t, dir, 0o500)
		wantRefused(t, filepath.Join(dir, "renewd.db"), "permission denied")
	})
	t.Run("file", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "renewd.db")
		closeNow(t, path)
		chmod(t, path, 0o400)
		wantRefused(t, path, "cannot be written")
	})
}

func TestOpenRefusesWhatOthersMayRead(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "renewd.db")
	closeNow(t, path)
	chmod(t, path, 0o640)
	wantRefused(t, path, "run chmod 600")
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(filepath.Join(t.TempDir(), "nothing"), link); err != nil {
		t.Fatal(err)
	}
	if s, err := sqlitestore.Open(t.Context(), sqlitestore.Options{Path: link}); err == nil || !strings.Contains(err.Error(), "link to a file") {
		t.Errorf("a link to nothing: got %v, %v", s, err)
	}
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(path, 0o700) })
}

// runAsNobody runs the test again as a user with no rights, from a copy of its
// program that this user can reach.
func runAsNobody(t *testing.T) {
	t.Helper()
	dir, err := os.MkdirTemp("", "renewd-nobody")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chown(dir, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "test")
	copyProgram(t, program)
	cmd := exec.CommandContext(t.Context(), program, "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Dir, cmd.Env = dir, []string{"TMPDIR=" + dir, "HOME=" + dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	output, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(output), "--- PASS: "+t.Name()+"/") {
		t.Errorf("as nobody: %v\n%s", err, output)
	}
}

func copyProgram(t *testing.T, to string) {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	from, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	program, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(program, from)
	if closed := program.Close(); err == nil {
		err = closed
	}
	if err != nil {
		t.Fatal(err)
	}
}
