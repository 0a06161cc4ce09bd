package httpapi_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/renewd/renewd"
	"github.com/renewd/renewd/httpapi"
)

func TestConfigFailsClosed(t *testing.T) {
	t.Parallel()
	manager := newFixture(t).manager
	for _, tc := range []struct {
		field  string
		change func(*httpapi.Config)
	}{
		{"Manager", func(c *httpapi.Config) { c.Manager = nil }},
		{"Accounts", func(c *httpapi.Config) { c.Accounts = nil }},
		{"PublicURL", func(c *httpapi.Config) { c.PublicURL = "" }},
		{"PublicURL", func(c *httpapi.Config) { c.PublicURL = "auth.example.com" }},
		{"PublicURL", func(c *httpapi.Config) { c.PublicURL = "ftp://auth.example.com" }},
		{"PublicURL", func(c *httpapi.Config) { c.PublicURL = "https://user@auth.example.com" }},
		{"PublicURL", func(c *httpapi.Config) { c.PublicURL = "https://auth.example.com?x" }},
		{"PublicURL", func(c *httpapi.Config) { c.PublicURL = "https://:8080" }},
		{"AllowedHosts", func(c *httpapi.Config) { c.AllowedHosts = []string{""} }},
		{"AllowedHosts", func(c *httpapi.Config) { c.AllowedHosts = []string{"*"} }},
		{"AllowedHosts", func(c *httpapi.Config) { c.AllowedHosts = []string{"https://a.example"} }},
		{"AllowedHosts", func(c *httpapi.Config) { c.AllowedHosts = []string{"a.example/b"} }},
		{"AllowedHosts", func(c *httpapi.Config) { c.AllowedHosts = []string{"u@a.example"} }},
		{"AllowedOrigins", func(c *httpapi.Config) { c.AllowedOrigins = []string{"*"} }},
		{"AllowedOrigins", func(c *httpapi.Config) { c.AllowedOrigins = []string{"null"} }},
		{"AllowedOrigins", func(c *httpapi.Config) { c.AllowedOrigins = []string{"https://*.example"} }},
		{"AllowedOrigins", func(c *httpapi.Config) { c.AllowedOrigins = []string{"https://a.example/"} }},
		{"AllowedOrigins", func(c *httpapi.Config) { c.AllowedOrigins = []string{"https://A.example"} }},
		{"AllowedOrigins", func(c *httpapi.Config) { c.AllowedOrigins = []string{"https://a.example:443"} }},
		{"AllowedOrigins", func(c *httpapi.Config) { c.AllowedOrigins = []string{"https://a.example:"} }},
		{"AllowedOrigins", func(c *httpapi.Config) { c.AllowedOrigins = []string{"a.example"} }},
		{"AllowedOrigins", func(c *httpapi.Config) { c.AllowedOrigins = []string{"https://a.example", "https://u@b.example"} }},
		{"TrustedProxies", func(c *httpapi.Config) { c.TrustedProxies = []netip.Prefix{{}} }},
		{"TrustedProxies", func(c *httpapi.Config) {
			c.TrustedProxies = []netip.Prefix{netip.PrefixFrom(netip.MustParseAddr("::ffff:10.0.0.1"), 104)}
		}},
	} {
		cfg := httpapi.Config{Manager: manager, Accounts: people(), PublicURL: publicURL}
		if _, err := httpapi.New(cfg); err != nil {
			t.Fatal(err)
		}
		tc.change(&cfg)
		handler, err := httpapi.New(cfg)
		var wrong *renewd.ConfigError
		if !errors.As(err, &wrong) || wrong.Field != tc.field || !strings.HasPrefix(wrong.Bound, "must ") || handler != nil {
			t.Errorf("%s: got %v", tc.field, err)
		}
	}
}

func TestHeadersOnEverything(t *testing.T) {
	t.Parallel()
	f := newFixture(t, behindTLS)
	mine := f.signIn(t, renewd.ModeBody, false)
	for _, q := range []request{
		post("/auth/refresh", inBody(mine.RefreshToken)),
		post("/auth/logout", ``),
		get("/auth/session"),
		get("/healthz"),
		get("/nothing"),
		{method: "PUT", target: "/auth/login"},
	} {
		q.headers, q.remote = append(q.headers, "Host: auth.example.com"), "192.0.2.1:4711"
		h := f.do(q).Header()
		for name, want := range map[string]string{
			"Cache-Control":                "no-store",
			"X-Content-Type-Options":       "nosniff",
			"Referrer-Policy":              "no-referrer",
			"Content-Security-Policy":      "default-src 'none'; frame-ancestors 'none'",
			"Cross-Origin-Resource-Policy": "same-origin",
			"Strict-Transport-Security":    "max-age=31536000",
			"Vary":                         "Origin",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s %s: %s is %q, want %q", q.method, q.target, name, got, want)
			}
		}
		if len(h.Get("X-Request-Id")) < 20 {
			t.Errorf("%s: X-Request-Id is %q", q.target, h.Get("X-Request-Id"))
		}
	}
}

func TestBearerSchemeHasNoLetterCase(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	mine := f.signIn(t, renewd.ModeBody, false)
	for _, scheme := range []string{"Bearer", "bearer", "bEaReR"} {
		check(t, f.do(get("/auth/session", "Authorization: "+scheme+" "+mine.AccessToken)), 200, "")
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	pages := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "script-src 'self'")
		_, _ = io.WriteString(w, "page "+r.URL.Path)
	})
	f := newFixture(t, func(cfg *httpapi.Config) { cfg.Pages = pages })
	for _, path := range []string{"/login", "/dashboard", "/setup", "/assets/app.js"} {
		w := f.do(get(path))
		if w.Code != 200 || w.Body.String() != "page "+path || w.Header().Get("Content-Security-Policy") != "script-src 'self'" {
			t.Errorf("%s: got %d %s", path, w.Code, w.Body)
		}
		w = f.do(post(path, "", "X-Renewd-Client: x"))
		check(t, w, 405, "invalid_request")
		if got := w.Header().Get("Allow"); got != "GET, HEAD" {
			t.Errorf("%s: Allow is %q", path, got)
		}
	}
	w := f.do(get("/?next=//evil.example"))
	if w.Code != http.StatusFound || w.Header().Get("Location") != "/dashboard" {
		t.Errorf("/: got %d to %q", w.Code, w.Header().Get("Location"))
	}
	for _, path := range []string{"/admin", "/login/", "//evil.example/..", "/assets/../auth/session"} {
		check(t, f.do(get(path)), 404, "not_found")
	}
}

// TestOneCookieAtOnce: a hundred tabs with one cookie, over real connections, get
// one and the same token.
func TestOneCookieAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	server := httptest.NewServer(f.handler)
	defer server.Close()
	mine := f.signIn(t, renewd.ModeCookie, true)
	f.advance(time.Minute)
	const callers = 100
	got := make([]string, callers)
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			r, err := http.NewRequest("POST", server.URL+"/auth/refresh", strings.NewReader(`{}`))
			if err != nil {
				t.Error(err)
				return
			}
			r.Host = "localhost:8080"
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			r.Header.Set("Cookie", "__Host-renewd="+mine.RefreshToken)
			resp, err := server.Client().Do(r)
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			got[i] = resp.Status + " " + strings.Join(resp.Header.Values("Set-Cookie"), " | ")
		})
	}
	wg.Wait()
	for i, answer := range got {
		if answer != got[0] || !strings.HasPrefix(answer, "200 OK __Host-renewd=rnw_rt_") {
			t.Fatalf("caller %d got %s, caller 0 %s", i, answer, got[0])
		}
	}
	if strings.Contains(got[0], mine.RefreshToken) || !strings.Contains(got[0], "__Host-renewd_hint=2;") {
		t.Errorf("no rotation: %s", got[0])
	}
	if head := f.rows(t)[0].Generation; head != 2 {
		t.Errorf("the head is %d, want 2", head)
	}
}

func TestDevice(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ userAgent, want string }{
		{chrome, "Chrome, Windows"},
		{"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1", "Safari, iOS"},
		{"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox, Linux"},
		{"Mozilla/5.0 (Macintosh; Intel Mac OS X 14_4) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/123.0.0.0 Safari/537.36 Edg/123.0.0.0", "Edge, macOS"},
		{"curl/8.14.1", "curl"},
		{"Go-http-client/2.0", "Go-http-client"},
		{"", ""},
		{strings.Repeat("x", 500), ""},
		{"app\u202egpj.exe/1.0", ""},
	} {
		if got := httpapi.DeviceOf(tc.userAgent); got != tc.want {
			t.Errorf("%.60q: got %q, want %q", tc.userAgent, got, tc.want)
		}
	}
}
