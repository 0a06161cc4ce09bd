package httpapi_test

import (
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/renewd/renewd"
	"github.com/renewd/renewd/httpapi"
)

// FuzzHeaders sends header fields that outsiders write. Whatever they say, the
// server has no error of its own, no foreign origin is let in, no session ends,
// and the log stays one line of JSON a request.
func FuzzHeaders(f *testing.F) {
	f.Add("localhost:8080", "http://localhost:5173", "198.51.100.1, 192.0.2.2", "ko;q=0.9", "a=b; __Host-renewd=x", "Bearer x", "https", "same-origin")
	f.Add("[::1]:8080", "null", "[2001:db9::7]:1, \"unknown\"", "en-US,*;q=0.1", "__Host-renewd=\"x\"; __Host-renewd=y", "bearer", "http", "")
	f.Add("localhost:8080\x00", "http://localhost:8080", ",,,", "\xff-\x00", "__Host-renewd", "Basic x", "https, http", "cross-site")
	server := newFixture(f, allowSPA, func(cfg *httpapi.Config) { cfg.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} })
	server.signIn(f, renewd.ModeCookie, true)
	f.Fuzz(func(t *testing.T, host, origin, forwarded, language, cookies, authorization, proto, site string) {
		server.logs.buf.Reset()
		for _, path := range []string{"/auth/refresh", "/auth/logout"} {
			r := httptest.NewRequest("POST", path, strings.NewReader("{}"))
			r.Host, r.RemoteAddr = host, "192.0.2.1:1"
			for name, value := range map[string]string{
				"Content-Type": "application/json", "Origin": origin, "X-Forwarded-For": forwarded, "Accept-Language": language,
				"Cookie": cookies, "Authorization": authorization, "X-Forwarded-Proto": proto, "Sec-Fetch-Site": site,
			} {
				r.Header.Set(name, value)
			}
			w := httptest.NewRecorder()
			server.handler.ServeHTTP(w, r)
			if w.Code >= 500 {
				t.Errorf("%s: %d %s", path, w.Code, w.Body)
			}
			if allowed := w.Header().Get("Access-Control-Allow-Origin"); allowed != "" && (allowed != origin || origin != spa) {
				t.Errorf("%s: origin %q lets %q in", path, origin, allowed)
			}
		}
		if rows := server.rows(t); rows[0].Revoked() || rows[0].Generation != 1 {
			t.Errorf("the session changed: %+v", rows[0])
		}
		if lines := strings.Count(server.logs.String(), "\n"); lines != 2 {
			t.Errorf("%d lines in the log: %s", lines, server.logs)
		}
	})
}

// FuzzBody sends bodies to each route that reads one. None of them can be right.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{
		`{}`, `null`, `{"refresh_token":"rnw_rt_AAAA"}`, `{"username":"","password":"x","remember":1}`, `{"scope":"others"}`,
		`{"secret":"x","username":"y","password":"z"}`, `{"refresh_token":null,"Refresh_Token":""}`, `[[[[`, "\xff", `{"a":"\ud800"}`,
	} {
		f.Add(seed, "application/json")
	}
	f.Add("a=b", "text/plain; charset=\"")
	server := newFixture(f)
	mine := server.signIn(f, renewd.ModeBody, true)
	f.Fuzz(func(t *testing.T, body, contentType string) {
		if strings.Contains(body, `"password"`) && strings.Contains(body, `"username"`) {
			contentType = "text/plain" // hashing would take all the time
		}
		for _, path := range []string{"/auth/refresh", "/auth/logout", "/auth/setup", "/auth/login"} {
			r := httptest.NewRequest("POST", path, strings.NewReader(body))
			r.Host = "localhost:8080"
			r.Header.Set("Content-Type", contentType)
			w := httptest.NewRecorder()
			server.handler.ServeHTTP(w, r)
			if signedOut := path == "/auth/logout" && w.Code == 204; !signedOut && (w.Code < 400 || w.Code >= 500) {
				t.Errorf("%s: %d %s", path, w.Code, w.Body)
			}
			if !utf8.ValidString(w.Body.String()) {
				t.Errorf("%s: the answer is not UTF-8: %q", path, w.Body)
			}
		}
		if server.touched(t, mine) {
			t.Error("the session is over")
		}
	})
}

func (f *fixture) touched(t *testing.T, tokens renewd.Tokens) bool {
	t.Helper()
	return f.rows(t)[0].Revoked() || f.rows(t)[0].Generation != tokens.Session.Generation
}

// FuzzClientAddress: the address is the direct peer's or one of the hops, and
// never a trusted proxy's while an untrusted hop stands right of it.
func FuzzClientAddress(f *testing.F) {
	f.Add("192.0.2.1", "10.9.9.9, 198.51.100.1, 192.0.2.2")
	f.Add("192.0.2.1", "[::ffff:192.0.2.9]:80,, x")
	f.Add("203.0.113.9", "192.0.2.2")
	prefix := netip.MustParsePrefix("192.0.2.0/24")
	proxies := httpapi.NewProxies(httpapi.Config{TrustedProxies: []netip.Prefix{prefix}})
	f.Fuzz(func(t *testing.T, direct, forwarded string) {
		peer, err := netip.ParseAddr(direct)
		if err != nil {
			return
		}
		got := httpapi.ClientAddress(proxies, peer, []string{forwarded})
		if !prefix.Contains(peer) && got != peer {
			t.Errorf("a stranger's header counts: %v became %v", peer, got)
		}
		if got != peer && (got.Is4In6() || got.Zone() != "") {
			t.Errorf("%v is not canonical", got)
		}
		// What stands left of an untrusted hop does not matter.
		if again := httpapi.ClientAddress(proxies, peer, []string{"198.51.100.77", forwarded}); !prefix.Contains(got) && again != got {
			t.Errorf("a hop on the left turned %v into %v", got, again)
		}
	})
}

// FuzzDevice: what a user agent says of itself is short, or nothing.
func FuzzDevice(f *testing.F) {
	f.Add(chrome)
	f.Add("curl/8.14.1")
	f.Add("Mozilla/5.0 (((;;)")
	f.Fuzz(func(t *testing.T, userAgent string) {
		if got := httpapi.DeviceOf(userAgent); len(got) > 80 {
			t.Errorf("%d bytes: %q", len(got), got)
		}
	})
}
