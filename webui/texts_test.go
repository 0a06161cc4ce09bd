package webui

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestTextsInEveryLanguage(t *testing.T) {
	t.Parallel()
	hangul := regexp.MustCompile(`\p{Hangul}`)
	for key, text := range texts {
		for _, l := range langs {
			if strings.TrimSpace(text.in(l)) == "" {
				t.Errorf("%s: has no %s text", key, l)
			}
		}
		if !hangul.MatchString(text.ko) {
			t.Errorf("%s: got %q for Korean", key, text.ko)
		}
		if en, ko := blanks(text.en), blanks(text.ko); !slices.Equal(en, ko) {
			t.Errorf("%s: got the blanks %v in English and %v in Korean", key, en, ko)
		}
	}
}

func blanks(s string) []string {
	found := regexp.MustCompile(`\{\w+\}`).FindAllString(s, -1)
	slices.Sort(found)
	return found
}

// TestTextsAreUsed compares the table with the keys that the templates and the
// script name. Keys that the script puts together are listed by their start.
func TestTextsAreUsed(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	collect(t, templates, "templates", `\{\{t "([^"]+)"\}\}`, "", used)
	collect(t, os.DirFS("."), "src", `\btext\("([^"]+)"`, "script.", used)
	for key := range used {
		if _, ok := texts[key]; !ok {
			t.Errorf("%s is used and not in the table", key)
		}
	}
	for key := range texts {
		if !used[key] && !strings.HasPrefix(key, "script.notice.") {
			t.Errorf("%s is in the table and never used", key)
		}
	}
}

// TestNotices compares the table with the codes that the login page takes.
func TestNotices(t *testing.T) {
	t.Parallel()
	login, err := os.ReadFile("src/login.ts")
	if err != nil {
		t.Fatal(err)
	}
	list := regexp.MustCompile(`(?s)new Set\(\[(.*?)\]\)`).FindStringSubmatch(string(login))
	if list == nil {
		t.Fatal("login.ts has no list of codes")
	}
	var got, want []string
	for _, m := range regexp.MustCompile(`"(\w+)"`).FindAllStringSubmatch(list[1], -1) {
		got = append(got, "script.notice."+m[1])
	}
	for key := range texts {
		if strings.HasPrefix(key, "script.notice.") {
			want = append(want, key)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("login.ts takes %v, the table has %v", got, want)
	}
}

func collect(t *testing.T, fsys fs.FS, dir, pattern, prefix string, into map[string]bool) {
	t.Helper()
	files, err := fs.ReadDir(fsys, dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		content, err := fs.ReadFile(fsys, dir+"/"+file.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(content), -1) {
			into[prefix+m[1]] = true
		}
	}
}

func TestUnknownTextFails(t *testing.T) {
	t.Parallel()
	if _, err := textOf("no.such.text", english); err == nil {
		t.Error("textOf returned a text that does not exist")
	}
	if _, err := renderPage("login", "renewd", nil); err == nil {
		t.Error("renderPage rendered a page without its assets")
	}
}
