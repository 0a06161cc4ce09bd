package webui_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/renewd/renewd/webui"
)

func newPages(t *testing.T, cfg webui.Config) http.Handler {
	t.Helper()
	h, err := webui.New(cfg)
	if err != nil {
		t.Fatalf("New(%+v): %v", cfg, err)
	}
	return h
}

func serve(h http.Handler, method, path, acceptLanguage string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	if acceptLanguage != "" {
		r.Header.Set("Accept-Language", acceptLanguage)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

var pagePaths = []string{"/login", "/dashboard", "/setup"}

func TestPageHeaders(t *testing.T) {
	t.Parallel()
	h := newPages(t, webui.Config{})
	want := map[string]string{
		"Content-Type":                 "text/html; charset=utf-8",
		"Content-Language":             "en",
		"Vary":                         "Accept-Language",
		"Cache-Control":                "no-store",
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "no-referrer",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
			"form-action 'none'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
	}
	for _, path := range pagePaths {
		w := serve(h, http.MethodGet, path, "")
		if w.Code != http.StatusOK {
			t.Errorf("%s: got status %d, want 200", path, w.Code)
		}
		for name, value := range want {
			if got := w.Header().Get(name); got != value {
				t.Errorf("%s: %s: got %q, want %q", path, name, got, value)
			}
		}
	}
}

func TestPageLanguages(t *testing.T) {
	t.Parallel()
	h := newPages(t, webui.Config{})
	for _, tc := range []struct{ accept, lang, title string }{
		{"", "en", "Sign in"},
		{"en-GB,en;q=0.9", "en", "Sign in"},
		{"ko", "ko", "로그인"},
		{"ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", "ko", "로그인"},
		{"de,ko;q=0.5", "ko", "로그인"},
		{"en;q=0.1,ko;q=0.2", "ko", "로그인"},
		{"de-DE,fr;q=0.5", "en", "Sign in"},
		{"*", "en", "Sign in"},
		{"ko;q=nonsense,,;", "en", "Sign in"},
		{"ko," + strings.Repeat("x-", 600), "en", "Sign in"},
	} {
		w := serve(h, http.MethodGet, "/login", tc.accept)
		if got := w.Header().Get("Content-Language"); got != tc.lang {
			t.Errorf("%.40q: got language %q, want %q", tc.accept, got, tc.lang)
		}
		for _, want := range []string{`<html lang="` + tc.lang + `">`, "<title>" + tc.title + " · renewd</title>"} {
			if !strings.Contains(w.Body.String(), want) {
				t.Errorf("%.40q: the page has no %q", tc.accept, want)
			}
		}
	}
}

var reference = regexp.MustCompile(`(?:href|src)="([^"]*)"`)

// TestAssets follows every reference of every page.
func TestAssets(t *testing.T) {
	t.Parallel()
	h := newPages(t, webui.Config{})
	types := map[string]string{"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
	hashed := regexp.MustCompile(`^/assets/[a-z]+-[0-9a-f]{16}\.(css|js|svg)$`)
	seen := map[string]bool{}
	for _, page := range pagePaths {
		for _, m := range reference.FindAllStringSubmatch(serve(h, http.MethodGet, page, "").Body.String(), -1) {
			path := m[1]
			if path == "/login" {
				continue
			}
			name := hashed.FindStringSubmatch(path)
			if name == nil {
				t.Fatalf("%s: refers to %q, which is no hashed asset of ours", page, path)
			}
			seen[name[1]] = true
			w := serve(h, http.MethodGet, path, "")
			if w.Code != http.StatusOK || w.Body.Len() == 0 || w.Header().Get("Content-Type") != types[name[1]] {
				t.Errorf("%s: got status %d, type %q, %d bytes", path, w.Code, w.Header().Get("Content-Type"), w.Body.Len())
			}
			if got, want := w.Header().Get("Cache-Control"), "public, max-age=31536000, immutable"; got != want {
				t.Errorf("%s: got Cache-Control %q, want %q", path, got, want)
			}
		}
	}
	if len(seen) != len(types) {
		t.Errorf("got assets of the kinds %v, want one of each of %v", seen, types)
	}
}

func TestOtherRequests(t *testing.T) {
	t.Parallel()
	h := newPages(t, webui.Config{})
	for _, tc := range []struct {
		method, path string
		status       int
	}{
		{http.MethodHead, "/login", http.StatusOK},
		{http.MethodPost, "/login", http.StatusMethodNotAllowed},
		{http.MethodDelete, "/dashboard", http.StatusMethodNotAllowed},
		{http.MethodGet, "/", http.StatusNotFound},
		{http.MethodGet, "/login/", http.StatusNotFound},
		{http.MethodGet, "/assets/", http.StatusNotFound},
		{http.MethodGet, "/assets/app.js", http.StatusNotFound},
		{http.MethodGet, "/assets/app-0000000000000000.js", http.StatusNotFound},
		{http.MethodGet, "/assets/..%2ftemplates%2flogin.html", http.StatusNotFound},
		{http.MethodGet, "/templates/login.html", http.StatusNotFound},
	} {
		w := serve(h, tc.method, tc.path, "")
		if w.Code != tc.status {
			t.Errorf("%s %s: got status %d, want %d", tc.method, tc.path, w.Code, tc.status)
		}
		if got := w.Header().Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s %s: got Cache-Control %q, want no-store", tc.method, tc.path, got)
		}
		if w.Header().Get("Content-Security-Policy") == "" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s %s: got headers %v, want the secure ones here too", tc.method, tc.path, w.Header())
		}
	}
}

func TestNameIsEscaped(t *testing.T) {
	t.Parallel()
	h := newPages(t, webui.Config{Name: `</title><script>"x"&`})
	for _, path := range pagePaths {
		body := serve(h, http.MethodGet, path, "").Body.String()
		if strings.Contains(body, "</title><script>") || strings.Contains(body, `<span></title>`) {
			t.Errorf("%s: the name came through as markup", path)
		}
		if !strings.Contains(body, `&lt;/title&gt;&lt;script&gt;`) {
			t.Errorf("%s: the name is missing", path)
		}
	}
}

func TestNewRefusesName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{strings.Repeat("가", 65), "a\nb", "\xff"} {
		if _, err := webui.New(webui.Config{Name: name}); err == nil {
			t.Errorf("New took the name %q", name)
		}
	}
	newPages(t, webui.Config{Name: strings.Repeat("가", 64)})
}

// TestNothingInline holds what the policy forbids out of the pages, where a
// browser would only drop it silently.
func TestNothingInline(t *testing.T) {
	t.Parallel()
	h := newPages(t, webui.Config{})
	inline := regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+=|javascript:|<script(>| type="module">)|https?://`)
	for _, path := range pagePaths {
		if found := inline.FindString(serve(h, http.MethodGet, path, "").Body.String()); found != "" {
			t.Errorf("%s: has %q", path, found)
		}
	}
}
