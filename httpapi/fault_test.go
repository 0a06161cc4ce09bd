package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/renewd/renewd"
	"github.com/renewd/renewd/httpapi"
	"github.com/renewd/renewd/store"
)

// TestPanicIsAClean500: the value of the panic holds what the request sent, and
// neither the answer nor the log may.
func TestPanicIsAClean500(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		value func(secret string) any
		want  string // in the log
	}{
		{"text", func(secret string) any { return "bad token " + secret }, `a value of type string`},
		{"error", func(secret string) any { return errors.New(secret) }, `a value of type *errors.errorString`},
		{"runtime error", nil, `index out of range [0] with length 0`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			mine := f.signIn(t, renewd.ModeBody, false)
			f.store.before = func(context.Context, string) error {
				if tc.value == nil {
					var empty []error
					return empty[len(f.logs.String())]
				}
				panic(tc.value(mine.RefreshToken + password + canary))
			}
			w := f.do(post("/auth/refresh", inBody(mine.RefreshToken), "Idempotency-Key: "+strings.Repeat(canary, 3)))
			check(t, w, 500, "internal")
			log := f.logs.String()
			for _, want := range []string{tc.want, `"msg":"panic"`, "fault_test.go", `"code":"internal"`, w.Header().Get("X-Request-Id")} {
				if !strings.Contains(log, want) {
					t.Errorf("the log has no %q: %s", want, log)
				}
			}
			checkLog(t, f, canary)
			if got := problemOf(t, w).Instance; got != "urn:renewd:request:"+w.Header().Get("X-Request-Id") {
				t.Errorf("the instance is %q", got)
			}
		})
	}
}

// TestPanicAfterTheAnswerBegan: half an answer must not look like a whole one.
func TestPanicAfterTheAnswerBegan(t *testing.T) {
	t.Parallel()
	for name, page := range map[string]http.HandlerFunc{
		"panic": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("half"))
			panic("broken")
		},
		"abort": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, func(cfg *httpapi.Config) { cfg.Pages = page })
			defer func() {
				if got := recover(); got != http.ErrAbortHandler { //nolint:errorlint // the server compares it so
					t.Errorf("panicked with %v, want http.ErrAbortHandler", got)
				}
				if logged := strings.Contains(f.logs.String(), `"msg":"panic"`); logged != (name == "panic") {
					t.Errorf("logged: %v", logged)
				}
				if !strings.Contains(f.logs.String(), `"route":"GET /login"`) {
					t.Errorf("no line for the request: %s", f.logs)
				}
			}()
			f.do(get("/login"))
		})
	}
}

// TestHangingStoreIsA503: the caller is told before it gives up.
func TestHangingStoreIsA503(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		mine := f.signIn(t, renewd.ModeCookie, false)
		f.store.before = func(ctx context.Context, _ string) error {
			<-ctx.Done()
			return ctx.Err()
		}
		started := time.Now()
		w := f.do(post("/auth/refresh", `{}`, sameOrigin, cookie(mine.RefreshToken)))
		check(t, w, 503, "unavailable")
		if got := time.Since(started); got > 10*time.Second {
			t.Errorf("it took %v", got)
		}
		if w.Header().Get("Retry-After") != "1" || len(setCookies(w)) > 0 {
			t.Errorf("Retry-After %q, cookies %q", w.Header().Get("Retry-After"), setCookies(w))
		}
	})
}

// TestStoreFailures: each call while the store fails, and afterwards.
func TestStoreFailures(t *testing.T) {
	t.Parallel()
	for _, failure := range []error{store.ErrUnavailable, store.ErrOutcomeUnknown, store.ErrClosed, context.DeadlineExceeded, errBroken} {
		t.Run(failure.Error(), func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			mine := f.signIn(t, renewd.ModeCookie, false)
			me := bearer(mine.AccessToken)
			f.store.before = func(context.Context, string) error { return fmt.Errorf("engine: %w", failure) }
			for _, q := range []request{
				post("/auth/refresh", `{}`, cookie(mine.RefreshToken), sameOrigin),
				post("/auth/logout", `{}`, cookie(mine.RefreshToken), sameOrigin),
				get("/auth/session", me),
				get("/auth/sessions", me),
				{method: "DELETE", target: "/auth/sessions/" + mine.Session.ID.String(), headers: []string{me}},
			} {
				w := f.do(q)
				check(t, w, 503, "unavailable")
				if w.Header().Get("Retry-After") != "1" || strings.Contains(w.Body.String(), "engine") {
					t.Errorf("%s: Retry-After %q, %s", q.target, w.Header().Get("Retry-After"), w.Body)
				}
			}
			if !strings.Contains(f.logs.String(), "engine: ") {
				t.Error("the cause is not in the log")
			}
			f.store.before = nil
			check(t, f.do(post("/auth/refresh", `{}`, cookie(mine.RefreshToken), sameOrigin)), 200, "")
		})
	}
}

// TestAccountChangedDuringSignIn: the session that was made meanwhile is over.
func TestAccountChangedDuringSignIn(t *testing.T) {
	t.Parallel()
	accounts, err := newAccounts("carol")
	if err != nil {
		t.Fatal(err)
	}
	f := newFixture(t, func(cfg *httpapi.Config) { cfg.Accounts = accounts })
	f.store.before = func(ctx context.Context, method string) error {
		if method == "CreateSession" {
			return accounts.Disable(ctx, "carol")
		}
		return nil
	}
	w := f.do(post("/auth/login", `{"username":"carol","password":"`+password+`"}`, sameOrigin))
	check(t, w, 401, "invalid_credentials")
	if rows := f.rows(t); len(rows) != 1 || rows[0].RevokeReason != store.ReasonSignInOverrun || len(setCookies(w)) > 0 {
		t.Errorf("rows %+v, cookies %q", rows, setCookies(w))
	}
	if !strings.Contains(f.logs.String(), `"msg":"authn_login_fail","reason":"changed"`) {
		t.Errorf("the log says nothing of it: %s", f.logs)
	}
}

// TestSecretsStayOutOfTheLog drives every flow with secrets that can be found.
func TestSecretsStayOutOfTheLog(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	login := func(name, pass string) *httptest.ResponseRecorder {
		return f.do(post("/auth/login?password="+canary, `{"username":"`+name+`","password":"`+pass+`"}`,
			sameOrigin, "Authorization: Basic "+canary, "User-Agent: "+canary, "Referer: http://x/"+canary, "X-Request-Id: "+canary))
	}
	mine := tokensOf(t, login("alice", password))
	login(canary, canary)
	login("alice", canary)
	login("bob", password)
	key := "Idempotency-Key: " + strings.Repeat(canary, 3)
	f.advance(time.Minute)
	next := tokensOf(t, f.do(post("/auth/refresh", `{}`, sameOrigin, cookie(mine.Refresh), key)))
	f.do(post("/auth/refresh", `{"refresh_token":"`+canary+`"}`, key))
	f.do(get("/auth/session?access_token="+next.Access, bearer(next.Access)))
	f.do(get("/auth/sessions", bearer(next.Access)))
	f.do(request{method: "DELETE", target: "/auth/sessions/" + next.Refresh, headers: []string{bearer(next.Access)}})
	f.do(get("/"+next.Refresh+"?token="+next.Refresh, "Host: "+canary))
	f.do(request{method: canary, target: "/auth/login"})
	f.do(post("/auth/setup", `{"secret":"rnw_setup_`+canary+`","username":"`+canary+`","password":"`+canary+`"}`))
	f.do(post("/auth/logout", `{"scope":"all"}`, sameOrigin, cookie(next.Refresh), bearer(next.Access)))
	f.store.before = func(context.Context, string) error { return errors.New("row of " + next.Refresh) }
	f.do(post("/auth/refresh", `{}`, sameOrigin, cookie(next.Refresh), key))
	checkLog(t, f, canary, mine.Refresh, next.Refresh, next.Access)
	for _, reason := range []string{"credentials", "disabled"} {
		if !strings.Contains(f.logs.String(), `"msg":"authn_login_fail","reason":"`+reason+`"`) {
			t.Errorf("no failed sign-in with the reason %q", reason)
		}
	}
}

// TestLogLine fixes what a line says.
func TestLogLine(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	w := f.do(get("/auth/session?a=b"))
	var line map[string]any
	if err := json.Unmarshal(bytes.TrimSpace([]byte(f.logs.String())), &line); err != nil {
		t.Fatal(err)
	}
	delete(line, "time")
	want := map[string]any{
		"level": "INFO", "msg": "request", "method": "GET", "route": "GET /auth/session", "status": 401.0, "code": "missing_token",
		"request_id": w.Header().Get("X-Request-Id"), "address": "203.0.113.9", "duration": 0.0, "bytes": float64(w.Body.Len()),
	}
	if got, want := fmt.Sprint(line), fmt.Sprint(want); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
