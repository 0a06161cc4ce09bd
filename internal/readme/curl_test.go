package readme_test

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/renewd/renewd/internal/testenv"
)

// answer is what one curl of the block printed: a JSON object and a status.
type answer struct {
	status       string
	Code         string // of a problem
	RefreshToken string `json:"refresh_token"`
	AccessToken  string `json:"access_token"`
	Session      struct {
		Username   string
		Generation int
	}
}

// TestCurl runs the block of both READMEs as it stands, but for the address and
// for the name of the program.
func TestCurl(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"sh", "curl", "sed"} {
		if _, err := exec.LookPath(tool); err != nil {
			testenv.Missing(t, "curl", "the commands of the README", "install "+tool)
		}
	}
	program := build(t)
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			checkStory(t, runBlock(t, program, named(t, read(t, file), "curl")))
		})
	}
}

// checkStory checks what the comments of the block promise.
func checkStory(t *testing.T, got []answer) {
	t.Helper()
	type step struct {
		Status, Code, Username string
		Generation             int
		Refresh                bool
	}
	want := []step{
		{"200", "", "alice", 1, true},           // sign in
		{"200", "", "alice", 0, false},          // me does not tell the generation
		{"200", "", "alice", 2, true},           // refresh
		{"200", "", "alice", 2, true},           // the same call again
		{"401", "refresh_reused", "", 0, false}, // past the interval
		{"401", "invalid_token", "", 0, false},  // me, with the session revoked
	}
	var steps []step
	for _, a := range got {
		steps = append(steps, step{a.status, a.Code, a.Session.Username, a.Session.Generation, a.RefreshToken != ""})
	}
	if diff := cmp.Diff(want, steps); diff != "" {
		t.Fatalf("answers (-want +got):\n%s", diff)
	}
	if got[2].RefreshToken != got[3].RefreshToken {
		t.Error("the same call again got another refresh token")
	}
	if got[1].AccessToken != "" || got[2].RefreshToken == got[0].RefreshToken {
		t.Error("me answered with a token, or the refresh did not rotate")
	}
}

var printed = regexp.MustCompile(`(?m)^(\{.*\})\s+(\d{3})$`)

// runBlock runs a block of commands beside a new server and returns the answers
// it printed.
func runBlock(t *testing.T, program, code string) []answer {
	t.Helper()
	dir := t.TempDir()
	address := serve(t, program, dir)
	code = strings.ReplaceAll(code, "go run ./cmd/renewd", program)
	code = strings.ReplaceAll(code, "localhost:8080", address)
	cmd := exec.Command("sh", "-eu", "-c", code)
	cmd.Dir = dir // and so the default data directory is the server's
	cmd.Env = environment()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("sh: %v\n%s", err, out)
	}
	var answers []answer
	for _, m := range printed.FindAllStringSubmatch(string(out), -1) {
		a := answer{status: m[2]}
		if err := json.Unmarshal([]byte(m[1]), &a); err != nil {
			t.Fatalf("read answer %s: %v", m[1], err)
		}
		answers = append(answers, a)
	}
	return answers
}

// build returns the path of the program.
func build(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "renewd")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	cmd := exec.Command("go", "build", "-o", program, "./cmd/renewd")
	cmd.Dir = repository
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return program
}

// environment leaves out what sets renewd up here: the README knows defaults only.
func environment() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "RENEWD_") })
}

var listening = regexp.MustCompile(`listening on http://(127\.0\.0\.1:\d+)`)

// serve starts a server on a free loopback port, with dir as the directory it
// runs in, and returns its address. It ends with the test.
func serve(t *testing.T, program, dir string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, "serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0")
	cmd.Dir = dir
	cmd.Env = environment()
	var log strings.Builder
	cmd.Stderr = &log
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start the server: %v", err)
	}
	read := bufio.NewReader(out)
	line, err := read.ReadString('\n')
	m := listening.FindStringSubmatch(line)
	if m == nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		t.Fatalf("the server said %q (%v), and:\n%s", line, err, &log)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_, _ = io.Copy(io.Discard, read)
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("log of the server:\n%s", &log)
		}
	})
	return m[1]
}
