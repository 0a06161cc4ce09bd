package httpapi_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/renewd/renewd"
	"github.com/renewd/renewd/httpapi"
)

const spa = "http://localhost:5173"

func allowSPA(cfg *httpapi.Config) { cfg.AllowedOrigins = []string{spa} }

// TestCrossOrigin sends a refresh with a garbage cookie: what gets through is
// invalid_token, and what does not says so.
func TestCrossOrigin(t *testing.T) {
	t.Parallel()
	const through = "invalid_token"
	plain, tlsFront := newFixture(t, allowSPA), newFixture(t, behindTLS)
	for _, tc := range []struct {
		name    string
		f       *fixture
		headers []string
		want    string
	}{
		{"nothing", plain, nil, "cross_origin"},
		{"client header", plain, []string{"X-Renewd-Client: test"}, through},
		{"empty client header", plain, []string{"X-Renewd-Client: "}, through},
		{"same-origin", plain, []string{"Sec-Fetch-Site: same-origin", "Origin: http://localhost:8080"}, through},
		{"typed address", plain, []string{"Sec-Fetch-Site: none"}, through},
		{"same-site sibling", plain, []string{"Sec-Fetch-Site: same-site", "Origin: http://localhost:3000"}, "cross_origin"},
		{"cross-site", plain, []string{"Sec-Fetch-Site: cross-site", "Origin: https://evil.example"}, "cross_origin"},
		{"cross-site without origin", plain, []string{"Sec-Fetch-Site: cross-site"}, "cross_origin"},
		{"cross-site with client header", plain, []string{"Sec-Fetch-Site: cross-site", "X-Renewd-Client: x"}, "cross_origin"},
		{"unknown site value", plain, []string{"Sec-Fetch-Site: sibling"}, "cross_origin"},
		{"null origin", plain, []string{"Origin: null"}, "cross_origin"},
		{"own origin", plain, []string{"Origin: http://localhost:8080"}, through},
		{"own host, other port", plain, []string{"Origin: http://localhost:8081"}, "cross_origin"},
		{"own host, other scheme", plain, []string{"Origin: ftp://localhost:8080"}, "cross_origin"},
		{"own origin and a path", plain, []string{"Origin: http://localhost:8080/x"}, "cross_origin"},
		{"own origin and a name", plain, []string{"Origin: http://a@localhost:8080"}, "cross_origin"},
		{"allowed origin", plain, []string{"Origin: " + spa}, through},
		{"allowed origin, same-site", plain, []string{"Sec-Fetch-Site: same-site", "Origin: " + spa}, through},
		{"allowed origin as prefix", plain, []string{"Origin: " + spa + ".evil.example"}, "cross_origin"},
		{"https page, https server", tlsFront, []string{"Origin: https://auth.example.com"}, through},
		{"http page, https server", tlsFront, []string{"Origin: http://auth.example.com"}, "cross_origin"},
		{"https page, default port spelled by the proxy", tlsFront, []string{"Host: auth.example.com:443", "Origin: https://auth.example.com"}, through},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			headers := append([]string{cookie("garbage")}, tc.headers...)
			q := post("/auth/refresh", `{}`, headers...)
			if tc.f == tlsFront {
				q.headers, q.remote = append([]string{"Host: auth.example.com"}, headers...), "192.0.2.1:4711"
			}
			w := tc.f.do(q)
			if got := problemOf(t, w).Code; got != tc.want {
				t.Errorf("got %d %q, want %q", w.Code, got, tc.want)
			}
			if tc.want == "cross_origin" && (w.Code != 403 || len(setCookies(w)) > 0) {
				t.Errorf("got %d with cookies %q", w.Code, setCookies(w))
			}
		})
	}
}

// TestCrossOriginEverywhere: each call that changes something is protected, with
// or without a cookie.
func TestCrossOriginEverywhere(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	mine := f.signIn(t, renewd.ModeCookie, false)
	for _, q := range []request{
		post("/auth/login", `{"username":"alice","password":"`+password+`"}`),
		post("/auth/refresh", `{}`, cookie(mine.RefreshToken)),
		post("/auth/logout", `{"scope":"all"}`, cookie(mine.RefreshToken), bearer(mine.AccessToken)),
		post("/auth/setup", `{}`),
		{method: "DELETE", target: "/auth/sessions/" + mine.Session.ID.String(), headers: []string{bearer(mine.AccessToken)}},
	} {
		for _, attack := range [][]string{
			{"Sec-Fetch-Site: cross-site", "Origin: https://evil.example"},
			{"Sec-Fetch-Site: same-site", "Origin: http://sibling.localhost:8080"},
			{"Origin: null"},
		} {
			q := q
			q.headers = append(slices.Clone(attack), q.headers...)
			t.Run(q.method+q.target+attack[0], func(t *testing.T) {
				w := f.do(q)
				check(t, w, 403, "cross_origin")
				if len(setCookies(w)) > 0 {
					t.Errorf("cookies were set: %q", setCookies(w))
				}
			})
		}
	}
	if rows := f.rows(t); len(rows) != 1 || rows[0].Revoked() || rows[0].Generation != 1 {
		t.Errorf("the store changed: %+v", rows)
	}
}

func TestNoCookieNeedsNoClientHeader(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	mine := f.signIn(t, renewd.ModeBody, false)
	check(t, f.do(post("/auth/refresh", inBody(mine.RefreshToken))), 200, "")
	check(t, f.do(post("/auth/logout", "", bearer(mine.AccessToken))), 204, "")
}

func TestCORS(t *testing.T) {
	t.Parallel()
	f := newFixture(t, allowSPA)
	for _, tc := range []struct {
		origin  string
		allowed bool
	}{
		{spa, true},
		{"null", false},
		{"", false},
		{"*", false},
		{"http://localhost:8080", false}, // its own: no CORS needed
		{"https://localhost:5173", false},
		{"http://localhost:51730", false},
		{"http://localhost", false},
		{"HTTP://LOCALHOST:5173", false},
		{spa + "/", false},
		{spa + ".evil.example", false},
		{"http://evil.example?" + spa, false},
		{"http://evillocalhost:5173", false},
	} {
		t.Run("origin "+strings.ReplaceAll(tc.origin, "/", ":"), func(t *testing.T) {
			t.Parallel()
			for _, q := range []request{
				get("/auth/session", "Origin: "+tc.origin), // an error
				get("/healthz", "Origin: "+tc.origin),
				get("/auth/session", "Origin: "+tc.origin, "Host: evil.example"),
				{method: "OPTIONS", target: "/auth/refresh", headers: []string{"Origin: " + tc.origin, "Access-Control-Request-Method: POST"}},
			} {
				checkCORS(t, f.do(q), tc.origin, tc.allowed)
			}
		})
	}
}

func checkCORS(t *testing.T, w *httptest.ResponseRecorder, origin string, allowed bool) {
	t.Helper()
	h := w.Header()
	if !slices.Contains(h.Values("Vary"), "Origin") {
		t.Errorf("Vary is %q", h.Values("Vary"))
	}
	got := [2]string{h.Get("Access-Control-Allow-Origin"), h.Get("Access-Control-Allow-Credentials")}
	want := [2]string{}
	if allowed {
		want = [2]string{origin, "true"}
		if h.Get("Access-Control-Expose-Headers") != "Date, Retry-After, WWW-Authenticate, X-Request-Id" {
			t.Errorf("exposed: %q", h.Get("Access-Control-Expose-Headers"))
		}
	}
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPreflight(t *testing.T) {
	t.Parallel()
	f := newFixture(t, allowSPA)
	preflight := func(origin, target string) *httptest.ResponseRecorder {
		return f.do(request{method: "OPTIONS", target: target, headers: []string{
			"Origin: " + origin, "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: content-type",
		}})
	}
	w := preflight(spa, "/auth/refresh")
	check(t, w, 204, "")
	for name, want := range map[string]string{
		"Access-Control-Allow-Methods": "GET, POST, DELETE",
		"Access-Control-Allow-Headers": "Content-Type, Authorization, Idempotency-Key, X-Renewd-Client",
		"Access-Control-Max-Age":       "600",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	w = preflight("https://evil.example", "/auth/refresh")
	check(t, w, 403, "cross_origin")
	if got := w.Header().Get("Access-Control-Allow-Methods"); got != "" {
		t.Errorf("methods for a foreign origin: %q", got)
	}
	check(t, f.do(request{method: "OPTIONS", target: "/auth/refresh", headers: []string{"Origin: " + spa}}), 405, "invalid_request")
}

func TestKeysAreForEverybody(t *testing.T) {
	t.Parallel()
	f := newFixture(t, allowSPA)
	h := f.do(get("/.well-known/jwks.json", "Origin: "+spa)).Header()
	if h.Get("Access-Control-Allow-Origin") != "*" || h.Values("Access-Control-Allow-Credentials") != nil {
		t.Errorf("got %q with credentials %q", h.Get("Access-Control-Allow-Origin"), h.Get("Access-Control-Allow-Credentials"))
	}
	if h.Get("Cache-Control") != "public, max-age=300" || h.Get("Cross-Origin-Resource-Policy") != "cross-origin" {
		t.Errorf("got %q, %q", h.Get("Cache-Control"), h.Get("Cross-Origin-Resource-Policy"))
	}
}

func TestHost(t *testing.T) {
	t.Parallel()
	local := newFixture(t, func(cfg *httpapi.Config) { cfg.AllowedHosts = []string{"box.lan", "box.lan:9090", "[fd00::1]:8080"} })
	public := newFixture(t, func(cfg *httpapi.Config) { cfg.PublicURL = "https://Auth.Example.com/id" })
	for _, tc := range []struct {
		f    *fixture
		host string
		ok   bool
	}{
		{local, "localhost:8080", true},
		{local, "LOCALHOST:8080", true},
		{local, "127.0.0.1:8080", true},
		{local, "[::1]:8080", true},
		{local, "localhost", false},
		{local, "localhost:80", false},
		{local, "127.0.0.2:8080", false},
		{local, "localhost.:8080", false},
		{local, "localhost:8080.evil.example", false},
		{local, "evil.example", false},
		{local, "", false},
		{local, "box.lan", true},
		{local, "box.lan:80", true},
		{local, "box.lan:443", true},
		{local, "box.lan:9090", true},
		{local, "box.lan:8080", false},
		{local, "[fd00::1]:8080", true},
		{public, "auth.example.com", true},
		{public, "AUTH.example.com:443", true},
		{public, "auth.example.com:80", false},
		{public, "localhost:8080", false},
		{public, "127.0.0.1", false},
	} {
		t.Run(tc.host, func(t *testing.T) {
			t.Parallel()
			w := tc.f.do(get("/auth/session", "Host: "+tc.host))
			if tc.ok {
				check(t, w, 401, "missing_token")
			} else {
				check(t, w, 400, "invalid_request")
			}
			for _, probe := range []string{"/healthz", "/readyz"} {
				check(t, tc.f.do(get(probe, "Host: "+tc.host)), 200, "")
			}
		})
	}
}

// TestInsecureOrigin: cookies are refused where browsers drop them. What gets
// through is refused later, for its password or token.
func TestInsecureOrigin(t *testing.T) {
	t.Parallel()
	proxied := newFixture(t, behindTLS)
	direct := newFixture(t, func(cfg *httpapi.Config) { cfg.PublicURL = "https://auth.example.com" })
	lan := newFixture(t, func(cfg *httpapi.Config) { cfg.PublicURL = "http://box.lan:8080" })
	local := newFixture(t)
	const proxy, stranger = "192.0.2.1:4711", "203.0.113.9:4711"
	auth := "Host: auth.example.com"
	for _, tc := range []struct {
		name    string
		f       *fixture
		remote  string
		headers []string
		tls     bool
		secure  bool
	}{
		{"loopback", local, stranger, nil, false, true},
		{"another loopback name", local, stranger, []string{"Host: 127.0.0.1:8080"}, false, true},
		{"plain http in the house", lan, stranger, []string{"Host: box.lan:8080"}, false, false},
		{"plain http, header from nowhere", lan, stranger, []string{"Host: box.lan:8080", "X-Forwarded-Proto: https"}, false, false},
		{"https ahead, no proxy named", direct, stranger, []string{auth, "X-Forwarded-Proto: https"}, false, false},
		{"own TLS", direct, stranger, []string{auth}, true, true},
		{"proxy says https", proxied, proxy, []string{auth, "X-Forwarded-Proto: https"}, false, true},
		{"proxy says HTTPS", proxied, proxy, []string{auth, "X-Forwarded-Proto: HTTPS"}, false, true},
		{"proxy says http", proxied, proxy, []string{auth, "X-Forwarded-Proto: http"}, false, false},
		{"proxy says http, over TLS", proxied, proxy, []string{auth, "X-Forwarded-Proto: http"}, true, false},
		{"proxy says a list", proxied, proxy, []string{auth, "X-Forwarded-Proto: https, http"}, false, false},
		{"proxy says both", proxied, proxy, []string{auth, "X-Forwarded-Proto: https", "X-Forwarded-Proto: http"}, false, false},
		{"proxy says nothing, public URL is https", proxied, proxy, []string{auth}, false, true},
		{"stranger says https", proxied, stranger, []string{auth, "X-Forwarded-Proto: https"}, false, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			for path, body := range map[string]string{
				"/auth/login":   `{"username":"nobody","password":"x"}`,
				"/auth/refresh": `{}`,
			} {
				q := post(path, body, append([]string{"X-Renewd-Client: x"}, tc.headers...)...)
				if path == "/auth/refresh" {
					q.headers = append(q.headers, cookie("garbage"))
				}
				q.remote = tc.remote
				r, w := q.build(), httptest.NewRecorder()
				if tc.tls {
					r.TLS = &tls.ConnectionState{}
				}
				tc.f.handler.ServeHTTP(w, r)
				if got := problemOf(t, w).Code == "insecure_origin"; got == tc.secure {
					t.Errorf("%s: got %d %s", path, w.Code, w.Body)
				}
				if hsts := w.Header().Get("Strict-Transport-Security"); tc.secure && tc.f != local && hsts != "max-age=31536000" || !tc.secure && hsts != "" {
					t.Errorf("%s: Strict-Transport-Security is %q", path, hsts)
				}
			}
		})
	}
}

func TestBodyModeNeedsNoTLS(t *testing.T) {
	t.Parallel()
	lan := newFixture(t, func(cfg *httpapi.Config) { cfg.PublicURL = "http://box.lan:8080" })
	mine := lan.signIn(t, renewd.ModeBody, false)
	check(t, lan.do(post("/auth/refresh", inBody(mine.RefreshToken), "Host: box.lan:8080")), 200, "")
}

func TestForwardedHostAndRequestID(t *testing.T) {
	t.Parallel()
	f := newFixture(t, behindTLS)
	const proxy, stranger = "192.0.2.1:4711", "203.0.113.9:4711"
	for _, tc := range []struct {
		name, remote string
		headers      []string
		ok           bool
	}{
		{"proxy renames the host", proxy, []string{"Host: 10.0.0.5:8080", "X-Forwarded-Host: auth.example.com"}, true},
		{"stranger does", stranger, []string{"Host: 10.0.0.5:8080", "X-Forwarded-Host: auth.example.com"}, false},
		{"proxy passes a wrong one on", proxy, []string{"Host: auth.example.com", "X-Forwarded-Host: evil.example"}, false},
		{"two of them", proxy, []string{"Host: auth.example.com", "X-Forwarded-Host: auth.example.com", "X-Forwarded-Host: auth.example.com"}, false},
		{"a list", proxy, []string{"Host: auth.example.com", "X-Forwarded-Host: auth.example.com, auth.example.com"}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			q := get("/auth/session", tc.headers...)
			q.remote = tc.remote
			if got := f.do(q).Code == 401; got != tc.ok {
				t.Errorf("answered: %v, want %v", got, tc.ok)
			}
		})
	}
	for _, tc := range []struct {
		remote, id string
		kept       bool
	}{
		{proxy, "0190f0c2-5f6e-7aaa-8bbb-1234567890ab", true},
		{stranger, "0190f0c2-5f6e-7aaa-8bbb-1234567890ab", false},
		{proxy, "short", false},
		{proxy, strings.Repeat("a", 65), false},
		{proxy, "evil id with blanks", false},
		{proxy, "rnw_rt_AAAAAAAAAAAAAAAA", false},
		{proxy, "eyJhbGciOi.eyJzdWIi.AAAA", false},
	} {
		q := get("/auth/session", "Host: auth.example.com", "X-Request-Id: "+tc.id)
		q.remote = tc.remote
		got := f.do(q).Header().Get("X-Request-Id")
		if (got == tc.id) != tc.kept || got == "" {
			t.Errorf("%s, %q: got %q", tc.remote, tc.id, got)
		}
	}
}

func TestEarlyData(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	mine := f.signIn(t, renewd.ModeBody, false)
	w := f.do(post("/auth/refresh", inBody(mine.RefreshToken), "Early-Data: 1"))
	check(t, w, http.StatusTooEarly, "too_early")
	if got := f.rows(t)[0].Generation; got != 1 {
		t.Errorf("the head is %d", got)
	}
	check(t, f.do(get("/auth/session", bearer(mine.AccessToken), "Early-Data: 1")), 200, "")
}
