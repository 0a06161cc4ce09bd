package settings_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/renewd/renewd/internal/settings"
)

var update = flag.Bool("update", false, "rewrite the table in docs/config.md")

const (
	referencePath = "../../docs/config.md"
	tableBegins   = "<!-- The table is made from the code: go test ./internal/settings -update -->\n"
	tableEnds     = "<!-- End of the table -->\n"
)

// TestReference holds the table in docs/config.md to the settings there are.
func TestReference(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(referencePath)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(page), tableBegins)
	got, after, ends := strings.Cut(rest, tableEnds)
	if !begins || !ends {
		t.Fatalf("%s has no table", referencePath)
	}
	want := reference()
	if *update {
		if err := os.WriteFile(referencePath, []byte(before+tableBegins+want+tableEnds+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the table is stale: run go test ./internal/settings -update (-want +got):\n%s", diff)
	}
}

func reference() string {
	var b strings.Builder
	b.WriteString("\n| Setting | Environment | Default | Accepts | What it is |\n|---|---|---|---|---|\n")
	for _, s := range settings.Table() {
		name := "`" + s.Name + "`"
		if s.Repeatable() {
			name += " (repeatable)"
		}
		fmt.Fprintf(&b, "| %s | `%s` | %s | %s | %s |\n", name, s.Variable(), referenceDefault(s), s.Accepts(), s.Help+where(s))
	}
	b.WriteString("\n")
	return b.String()
}

func referenceDefault(s settings.Setting) string {
	switch {
	case s.Derived != "":
		return s.Derived
	case s.Default != "":
		return "`" + s.Default + "`"
	case s.Placeholder() == "":
		return "`false`"
	}
	return "none"
}

func where(s settings.Setting) string {
	switch {
	case s.NotFlag && s.NotInFile:
		return "; environment and `.env` only"
	case s.NotInFile:
		return "; not in the file"
	}
	return ""
}

// TestTable checks what every setting must be, so that one that is added cannot
// be half done.
func TestTable(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, s := range settings.Table() {
		if seen[s.Name] {
			t.Errorf("%s is there twice", s.Name)
		}
		seen[s.Name] = true
		if s.Help == "" || s.Accepts() == "" {
			t.Errorf("%s says too little", s.Name)
		}
		if s.Default != "" && s.Derived != "" {
			t.Errorf("%s has two defaults", s.Name)
		}
		if s.Name != strings.ToLower(s.Name) || strings.ContainsAny(s.Name, "_ ") {
			t.Errorf("%s is not spelled like a flag", s.Name)
		}
	}
	if len(seen) < 20 {
		t.Errorf("got %d settings", len(seen))
	}
}
