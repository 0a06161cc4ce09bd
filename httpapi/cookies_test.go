package httpapi_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/renewd/renewd"
	"github.com/renewd/renewd/httpapi"
	"github.com/renewd/renewd/store"
)

// TestCookiesOnTheWire reads Set-Cookie as a browser gets it.
func TestCookiesOnTheWire(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	server := httptest.NewServer(f.handler)
	defer server.Close()
	send := func(path, body string, headers ...string) []string {
		t.Helper()
		r, err := http.NewRequest("POST", server.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "localhost:8080"
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		for _, line := range headers {
			name, value, _ := strings.Cut(line, ": ")
			r.Header.Add(name, value)
		}
		resp, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		content, err := io.ReadAll(resp.Body)
		set := resp.Header.Values("Set-Cookie")
		if inBody := strings.Contains(string(content), "rnw_rt_"); err != nil || inBody && len(set) > 0 {
			t.Errorf("%s: the token came as a cookie and in the body, or %v", path, err)
		}
		return set
	}
	const host, hint = "; HttpOnly; Secure; SameSite=Strict", "; Secure; SameSite=Strict"
	cleared := []string{"__Host-renewd=; Path=/; Max-Age=0" + host, "__Host-renewd_hint=; Path=/; Max-Age=0" + hint}
	compare := func(what string, got, want []string) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}

	got := send("/auth/login", `{"username":"alice","password":"`+password+`"}`)
	token := valueOf(got)
	compare("sign in", got, []string{"__Host-renewd=" + token + "; Path=/" + host, "__Host-renewd_hint=1; Path=/" + hint})
	if n := len("__Host-renewd") + len(token); n > 4096 {
		t.Errorf("name and value have %d bytes", n)
	}

	f.advance(500 * time.Millisecond)
	remembered := f.signIn(t, renewd.ModeCookie, true)
	f.advance(time.Hour + 400*time.Millisecond)
	got = send("/auth/refresh", `{}`, cookie(remembered.RefreshToken))
	token = valueOf(got)
	left := "; Path=/; Max-Age=2588399" // 30 days less an hour and a part of a second
	compare("refresh, remembered", got, []string{"__Host-renewd=" + token + left + host, "__Host-renewd_hint=2" + left + hint})
	got = send("/auth/refresh", `{}`, cookie(remembered.RefreshToken))
	compare("replay", got, []string{"__Host-renewd=" + token + left + host, "__Host-renewd_hint=2" + left + hint})

	compare("sign out", send("/auth/logout", `{}`, cookie(token)), cleared)
	compare("refresh after it", send("/auth/refresh", `{}`, cookie(token)), cleared)
	compare("body mode", send("/auth/refresh", inBody(f.signIn(t, renewd.ModeBody, true).RefreshToken)), nil)
}

func valueOf(setCookie []string) string {
	if len(setCookie) == 0 {
		return ""
	}
	_, value, _ := strings.Cut(setCookie[0], "=")
	value, _, _ = strings.Cut(value, ";")
	return value
}

// TestOnlyTheEndOfASessionClears goes through what a refresh can answer.
func TestOnlyTheEndOfASessionClears(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	revoked := func(reason store.Reason) func(*testing.T, *fixture, renewd.Tokens) {
		return func(t *testing.T, f *fixture, mine renewd.Tokens) {
			if _, err := f.manager.Revoke(ctx, mine.Session.ID, reason); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, tc := range []struct {
		name    string
		prepare func(*testing.T, *fixture, renewd.Tokens)
		headers []string
		status  int
		code    string
		clears  bool
	}{
		{"refreshed", nil, nil, 200, "", false},
		{"expired", func(_ *testing.T, f *fixture, _ renewd.Tokens) { f.advance(25 * time.Hour) }, nil, 401, "refresh_expired", true},
		{"signed out", revoked(store.ReasonSignOut), nil, 401, "session_revoked", true},
		{"revoked by an operator", revoked(store.ReasonOperator), nil, 401, "session_revoked", true},
		{"reused before", revoked(store.ReasonReuse), nil, 401, "refresh_reused", true},
		{"signed in over", revoked(store.ReasonReplaced), nil, 401, "session_revoked", false},
		{"reused now", func(t *testing.T, f *fixture, mine renewd.Tokens) { f.rotateTwice(t, mine, time.Minute) }, nil, 401, "refresh_reused", true},
		{"late", func(t *testing.T, f *fixture, mine renewd.Tokens) { f.rotateTwice(t, mine, time.Second) }, nil, 409, "conflict", false},
		{"bad key", nil, []string{"Idempotency-Key: short"}, 400, "invalid_request", false},
		{"wrong content type", nil, []string{"Content-Type: text/plain"}, 415, "unsupported_media_type", false},
		{"early data", nil, []string{"Early-Data: 1"}, 425, "too_early", false},
		{"store down", func(_ *testing.T, f *fixture, _ renewd.Tokens) {
			f.store.before = func(context.Context, string) error { return store.ErrUnavailable }
		}, nil, 503, "unavailable", false},
		{"panic", func(_ *testing.T, f *fixture, _ renewd.Tokens) {
			f.store.before = func(context.Context, string) error { panic("broken") }
		}, nil, 500, "internal", false},
		{"revoked, and the reason cannot be read", func(t *testing.T, f *fixture, mine renewd.Tokens) {
			revoked(store.ReasonSignOut)(t, f, mine)
			reads := 0
			f.store.before = func(_ context.Context, method string) error {
				if method == "Session" {
					reads++
				}
				if reads > 1 {
					return store.ErrUnavailable
				}
				return nil
			}
		}, nil, 401, "session_revoked", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			mine := f.signIn(t, renewd.ModeCookie, false)
			if tc.prepare != nil {
				tc.prepare(t, f, mine)
			}
			w := f.do(post("/auth/refresh", `{}`, append([]string{cookie(mine.RefreshToken), sameOrigin}, tc.headers...)...))
			check(t, w, tc.status, tc.code)
			if clears(w) != tc.clears {
				t.Errorf("cookies: %q, want cleared %v", setCookies(w), tc.clears)
			}
			if tc.status != 200 && !tc.clears && len(setCookies(w)) > 0 {
				t.Errorf("cookies: %q, want none", setCookies(w))
			}
		})
	}
}

// rotateTwice leaves mine two generations behind, its head so old.
func (f *fixture) rotateTwice(t *testing.T, mine renewd.Tokens, ago time.Duration) {
	t.Helper()
	token := mine.RefreshToken
	for range 2 {
		f.advance(time.Minute)
		tokens, err := f.manager.Refresh(context.Background(), renewd.RefreshRequest{RefreshToken: token, Mode: renewd.ModeCookie})
		if err != nil {
			t.Fatal(err)
		}
		token = tokens.RefreshToken
	}
	f.advance(ago)
}

// TestLostRaceWithASignIn: a refresh that arrives after a sign-in over its
// session must leave the new cookie alone, whatever its generation.
func TestLostRaceWithASignIn(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	mine := f.signIn(t, renewd.ModeCookie, false)
	w := f.do(post("/auth/login", `{"username":"alice","password":"`+password+`"}`, sameOrigin, cookie(mine.RefreshToken)))
	fresh := tokensOf(t, w)
	if fresh.Session.ID == mine.Session.ID.String() || fresh.Refresh == mine.RefreshToken {
		t.Error("the sign-in went on with the session that the browser held")
	}
	if got := f.revokeReason(t, mine.Session.ID); got != store.ReasonReplaced {
		t.Errorf("the old session's reason is %q", got)
	}
	w = f.do(post("/auth/refresh", `{}`, sameOrigin, cookie(mine.RefreshToken)))
	check(t, w, 401, "session_revoked")
	if len(setCookies(w)) > 0 {
		t.Errorf("the loser set cookies: %q", setCookies(w))
	}
	check(t, f.do(post("/auth/refresh", `{}`, sameOrigin, cookie(fresh.Refresh))), 200, "")
}

// TestPlantedCookie: whoever plants a cookie before a sign-in gains nothing.
func TestPlantedCookie(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	planted := f.signInAs(t, "usr_mallory", renewd.ModeCookie, false)
	for _, old := range []string{planted.RefreshToken, "fixed", swapLast(planted.RefreshToken)} {
		w := f.do(post("/auth/login", `{"username":"alice","password":"`+password+`"}`, sameOrigin, cookie(old)))
		if got := tokensOf(t, w); got.Refresh == old || got.Refresh == "" {
			t.Errorf("signed in with the token %q", got.Refresh)
		}
	}
	if got := f.revokeReason(t, planted.Session.ID); got != store.ReasonReplaced {
		t.Errorf("the planted session's reason is %q", got)
	}
}

// TestRefusedSignInKeepsTheOldSession: a wrong password must not sign anybody out.
func TestRefusedSignInKeepsTheOldSession(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	mine := f.signIn(t, renewd.ModeCookie, false)
	w := f.do(post("/auth/login", `{"username":"alice","password":"wrong"}`, sameOrigin, cookie(mine.RefreshToken)))
	check(t, w, 401, "invalid_credentials")
	if len(setCookies(w)) > 0 || f.rows(t)[0].Revoked() {
		t.Errorf("the session was touched: %q", setCookies(w))
	}
}

func TestBrowserBodyMode(t *testing.T) {
	t.Parallel()
	body := `{"username":"alice","password":"` + password + `","mode":"body"}`
	for _, sign := range []string{"Sec-Fetch-Site: same-origin", "Origin: http://localhost:8080"} {
		check(t, newFixture(t).do(post("/auth/login", body, sign)), 400, "invalid_request")
	}
	f := newFixture(t, func(cfg *httpapi.Config) { cfg.AllowBrowserBodyMode = true })
	old := f.signIn(t, renewd.ModeCookie, false)
	w := f.do(post("/auth/login", body, sameOrigin, cookie(old.RefreshToken)))
	if got := tokensOf(t, w); !strings.HasPrefix(got.Refresh, "rnw_rt_") {
		t.Errorf("no refresh token in the body: %s", w.Body)
	}
	if !clears(w) || !f.revoked(t, old.Session.ID) {
		t.Errorf("the session of the cookie was not ended: %q", setCookies(w))
	}
}

func (f *fixture) revoked(t *testing.T, id store.SessionID) bool { return f.revokeReason(t, id) != "" }
