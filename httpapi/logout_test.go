package httpapi_test

import (
	"context"
	"testing"
	"time"

	"github.com/renewd/renewd"
	"github.com/renewd/renewd/store"
)

// TestSignOutScopes: the browser's session and another one of the same person,
// and who is still signed in afterwards.
func TestSignOutScopes(t *testing.T) {
	t.Parallel()
	const mineOver, otherOver = 1, 2
	for _, tc := range []struct {
		name    string
		body    string
		headers func(mine, other renewd.Tokens) []string
		status  int
		over    int
		clears  bool
	}{
		{"cookie", `{}`, withCookie, 204, mineOver, true},
		{"cookie and bearer", `{"scope":"session"}`, withBoth, 204, mineOver, true},
		{"cookie, and the bearer of another session", `{}`, func(mine, other renewd.Tokens) []string {
			return []string{cookie(mine.RefreshToken), bearer(other.AccessToken)}
		}, 204, mineOver, true},
		{"altered cookie and bearer", `{}`, func(mine, _ renewd.Tokens) []string {
			return []string{cookie(swapLast(mine.RefreshToken)), bearer(mine.AccessToken)}
		}, 204, mineOver, true},
		{"cookie and a bad bearer", `{}`, func(mine, _ renewd.Tokens) []string {
			return []string{cookie(mine.RefreshToken), bearer("bad")}
		}, 204, mineOver, true},
		{"bearer", ``, withBearer, 204, mineOver, true},
		{"others by cookie", `{"scope":"others"}`, withCookie, 204, otherOver, false},
		{"others by bearer", `{"scope":"others"}`, withBearer, 204, otherOver, false},
		{"all by cookie", `{"scope":"all"}`, withCookie, 204, mineOver | otherOver, true},
		{"all by both", `{"scope":"all"}`, withBoth, 204, mineOver | otherOver, true},
		{"all, bad bearer beside the cookie", `{"scope":"all"}`, func(mine, _ renewd.Tokens) []string {
			return []string{cookie(mine.RefreshToken), bearer("bad")}
		}, 401, 0, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			mine, other := f.signIn(t, renewd.ModeCookie, false), f.signIn(t, renewd.ModeBody, false)
			foreign := f.signInAs(t, "usr_eve", renewd.ModeBody, false)
			w := f.do(post("/auth/logout", tc.body, append(tc.headers(mine, other), sameOrigin)...))
			if w.Code != tc.status {
				t.Errorf("got %d, want %d: %s", w.Code, tc.status, w.Body)
			}
			if clears(w) != tc.clears {
				t.Errorf("cookies: %q, want cleared %v", setCookies(w), tc.clears)
			}
			got := [3]bool{f.revoked(t, mine.Session.ID), f.revoked(t, other.Session.ID), f.revoked(t, foreign.Session.ID)}
			want := [3]bool{tc.over&mineOver != 0, tc.over&otherOver != 0, false}
			if got != want {
				t.Errorf("over (mine, other, foreign): got %v, want %v", got, want)
			}
		})
	}
}

func withCookie(mine, _ renewd.Tokens) []string { return []string{cookie(mine.RefreshToken)} }
func withBearer(mine, _ renewd.Tokens) []string { return []string{bearer(mine.AccessToken)} }
func withBoth(mine, _ renewd.Tokens) []string {
	return []string{cookie(mine.RefreshToken), bearer(mine.AccessToken)}
}

func TestSignOutTakesAnyGenerationAndExpiredTokens(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	mine := f.signIn(t, renewd.ModeCookie, false)
	f.rotateTwice(t, mine, time.Minute)
	w := f.do(post("/auth/logout", `{"scope":"all"}`, sameOrigin, cookie(mine.RefreshToken)))
	check(t, w, 409, "conflict")
	if clears(w) || f.revoked(t, mine.Session.ID) {
		t.Error("an old cookie signed everything out, or lost its cookie")
	}
	check(t, f.do(post("/auth/logout", `{}`, sameOrigin, cookie(mine.RefreshToken))), 204, "")
	if got := f.revokeReason(t, mine.Session.ID); got != store.ReasonSignOut {
		t.Errorf("the reason is %q", got)
	}
	other := f.signIn(t, renewd.ModeBody, false)
	f.advance(time.Hour)
	check(t, f.do(post("/auth/logout", ``, bearer(other.AccessToken))), 204, "")
	if !f.revoked(t, other.Session.ID) {
		t.Error("an expired access token did not sign its session out")
	}
}

// TestSignOutLeavesTheCookieOfAnother: somebody has signed in over the session in
// another tab, and the page that still shows the old one signs out everywhere.
func TestSignOutLeavesTheCookieOfAnother(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before func(f *fixture, old renewd.Tokens)
		status int
	}{
		"of a session that lives":           {func(*fixture, renewd.Tokens) {}, 204},
		"of a session that was signed out":  {func(f *fixture, old renewd.Tokens) { f.do(post("/auth/logout", ``, bearer(old.AccessToken))) }, 204},
		"of a session that expired by then": {func(f *fixture, _ renewd.Tokens) { f.advance(time.Hour) }, 401},
	} {
		for _, scope := range []string{`{"scope":"all"}`, `{"scope":"others"}`} {
			t.Run(name+" "+scope, func(t *testing.T) {
				t.Parallel()
				f := newFixture(t)
				old := f.signInAs(t, "usr_bob", renewd.ModeCookie, false)
				now := f.signInAs(t, "usr_erin", renewd.ModeCookie, false)
				c.before(f, old)
				w := f.do(post("/auth/logout", scope, sameOrigin, cookie(now.RefreshToken), bearer(old.AccessToken)))
				if clears(w) || f.revoked(t, now.Session.ID) {
					t.Errorf("status %d: the cookie of another session was cleared (%v), or it was revoked", w.Code, clears(w))
				}
				if scope == `{"scope":"all"}` && w.Code != c.status {
					t.Errorf("got %d, want %d: %s", w.Code, c.status, w.Body)
				}
			})
		}
	}
}

// TestSignOutClearsWhenTheStoreIsDown: the person at the browser is gone, whatever
// the server could do.
func TestSignOutClearsWhenTheStoreIsDown(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	mine := f.signIn(t, renewd.ModeCookie, false)
	f.store.before = func(context.Context, string) error { return store.ErrUnavailable }
	for body, cleared := range map[string]bool{`{}`: true, `{"scope":"all"}`: true, `{"scope":"others"}`: false} {
		w := f.do(post("/auth/logout", body, sameOrigin, cookie(mine.RefreshToken)))
		check(t, w, 503, "unavailable")
		if clears(w) != cleared || w.Header().Get("Retry-After") != "1" {
			t.Errorf("%s: cookies %q, Retry-After %q", body, setCookies(w), w.Header().Get("Retry-After"))
		}
	}
}
