// Package readme_test holds README.md and README.ko.md to what they say: the code
// in both is the same, the Go in it is compiled, its shell commands are run
// against a server, and its links lead somewhere.
package readme_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const repository = "../.."

var files = []string{"README.md", "README.ko.md"}

// block is a fenced block of code.
type block struct{ language, code string }

var fences = regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$")

func blocks(text string) []block {
	var found []block
	for _, m := range fences.FindAllStringSubmatch(text, -1) {
		found = append(found, block{m[1], m[2]})
	}
	return found
}

// named returns the one block that follows a comment with this name.
func named(t *testing.T, text, name string) string {
	t.Helper()
	_, after, ok := strings.Cut(text, "<!-- "+name+":")
	if !ok {
		t.Fatalf("there is no comment that names the block %q", name)
	}
	return blocks(after)[0].code
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestBothHoldTheSameCode(t *testing.T) {
	t.Parallel()
	english, korean := blocks(read(t, files[0])), blocks(read(t, files[1]))
	if len(english) < 5 {
		t.Fatalf("got %d blocks of code: they cannot have been found", len(english))
	}
	if diff := cmp.Diff(english, korean, cmp.AllowUnexported(block{})); diff != "" {
		t.Errorf("code of %s and %s (-first +second):\n%s", files[0], files[1], diff)
	}
}

func TestShort(t *testing.T) {
	t.Parallel()
	for _, file := range files {
		if lines := strings.Count(read(t, file), "\n"); lines >= 250 {
			t.Errorf("%s: got %d lines, want fewer than 250", file, lines)
		}
	}
}

// TestGo looks for each block of Go in what is compiled and tested.
func TestGo(t *testing.T) {
	t.Parallel()
	compiled := read(t, "internal/readme/snippets_test.go") + read(t, "examples/verify/main.go")
	found := 0
	for _, b := range blocks(read(t, files[0])) {
		if b.language != "go" {
			continue
		}
		found++
		if !strings.Contains(compiled, b.code) {
			t.Errorf("neither snippets_test.go nor examples/verify holds this code:\n%s", b.code)
		}
	}
	if found == 0 {
		t.Error("got no block of Go")
	}
}

var links = regexp.MustCompile(`\]\(([^)#]+)(?:#[^)]*)?\)`)

func TestLinks(t *testing.T) {
	t.Parallel()
	for _, file := range append(files, "CONTRIBUTING.md", "SECURITY.md", "docs/threat-model.md", "docs/operations.md") {
		for _, m := range links.FindAllStringSubmatch(read(t, file), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			path := filepath.Join(repository, filepath.Dir(file), m[1])
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s links to %s: %v", file, m[1], err)
			}
		}
	}
}
