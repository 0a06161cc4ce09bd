package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/renewd/renewd"
	"github.com/renewd/renewd/httpapi"
	"github.com/renewd/renewd/store"
)

var update = flag.Bool("update", false, "write testdata/golden anew")

// step is one request of a scenario, and its answer as the golden file has it.
type step struct {
	Request string            `json:"request"`
	Status  int               `json:"status"`
	Header  map[string]string `json:"header"`
	Body    json.RawMessage   `json:"body,omitempty"`
}

// scenario is a transcript under way.
type scenario struct {
	*fixture
	t     *testing.T
	steps []step
}

// randomForms are replaced by their names: they are new in each run.
var randomForms = []struct{ form, name string }{
	{`rnw_rt_[A-Za-z0-9_-]+`, "(refresh token)"},
	{`eyJ[A-Za-z0-9_.-]+`, "(access token)"},
	{`ses_[a-z2-7]{26}`, "(session id)"},
	{`usr_[a-z2-7]{26}`, "(subject)"},
	{`urn:renewd:request:[A-Z0-9]+`, "urn:renewd:request:(id)"},
	{`"(kid|x|y)":"[^"]+"`, `"$1":"($1)"`},
}

func normalize(s string) string {
	for _, r := range randomForms {
		s = regexp.MustCompile(r.form).ReplaceAllString(s, r.name)
	}
	return s
}

// goldenHeaders are the fields that the transcripts show.
var goldenHeaders = []string{
	"Allow", "Cache-Control", "Content-Language", "Content-Type", "Retry-After", "Set-Cookie", "Vary", "WWW-Authenticate",
}

func (s *scenario) send(what string, q request) *httptest.ResponseRecorder {
	s.t.Helper()
	w := s.do(q)
	got := step{Request: what, Status: w.Code, Header: map[string]string{}}
	for _, name := range goldenHeaders {
		if values := w.Header().Values(name); len(values) > 0 {
			got.Header[name] = normalize(strings.Join(values, " | "))
		}
	}
	if w.Body.Len() > 0 {
		got.Body = json.RawMessage(normalize(w.Body.String()))
	}
	s.steps = append(s.steps, got)
	return w
}

// end compares the transcript with its golden file.
func (s *scenario) end() {
	s.t.Helper()
	var got bytes.Buffer
	enc := json.NewEncoder(&got)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(s.steps); err != nil {
		s.t.Fatal(err)
	}
	_, name, _ := strings.Cut(s.t.Name(), "/")
	file := filepath.Join("testdata", "golden", name+".json")
	if *update {
		if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
			s.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		s.t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		s.t.Errorf("%s (-want +got), -update writes it anew:\n%s", file, diff)
	}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, run := range map[string]func(*scenario){
		"cookie_session":  cookieSession,
		"body_session":    bodySession,
		"sign_in_refused": signInRefused,
		"sign_out":        signOut,
		"my_sessions":     mySessions,
		"problems_korean": problemsKorean,
		"service":         service,
		"setup":           setup,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &scenario{fixture: newFixture(t), t: t}
			run(s)
			s.end()
		})
	}
}

func cookieSession(s *scenario) {
	w := s.send("sign in, remembered", post("/auth/login",
		`{"username":"Alice","password":"`+password+`","remember":true}`, sameOrigin, "User-Agent: "+chrome))
	first := tokensOf(s.t, w)
	s.send("who am I", get("/auth/session", bearer(first.Access)))
	s.advance(time.Second)
	s.send("refresh inside the reuse interval: the same token", post("/auth/refresh", `{}`, sameOrigin, cookie(first.Refresh)))
	s.advance(time.Minute)
	w = s.send("refresh after it: rotated", post("/auth/refresh", `{}`, sameOrigin, cookie(first.Refresh)))
	second := tokensOf(s.t, w)
	s.send("the old cookie again, soon: the head", post("/auth/refresh", `{}`, sameOrigin, cookie(first.Refresh)))
	s.send("no token", post("/auth/refresh", `{}`, sameOrigin))
	s.send("two tokens", post("/auth/refresh", inBody(second.Refresh), sameOrigin, cookie(second.Refresh)))
	s.advance(time.Minute)
	s.send("the old cookie, too late: reuse", post("/auth/refresh", `{}`, sameOrigin, cookie(first.Refresh)))
	s.send("the head of the revoked session", post("/auth/refresh", `{}`, sameOrigin, cookie(second.Refresh)))
	s.send("its access token", get("/auth/session", bearer(second.Access)))
}

func bodySession(s *scenario) {
	w := s.send("sign in", post("/auth/login", `{"username":"alice","password":"`+password+`","mode":"body"}`, "User-Agent: curl/8.14.1"))
	first := tokensOf(s.t, w)
	s.advance(time.Second)
	w = s.send("refresh", post("/auth/refresh", inBody(first.Refresh)))
	second := tokensOf(s.t, w)
	w = s.send("the same call again: the same token", post("/auth/refresh", inBody(first.Refresh)))
	if got := tokensOf(s.t, w).Refresh; got != second.Refresh {
		s.t.Errorf("the same call again got %q, want %q", got, second.Refresh)
	}
	s.send("with a key, it is somebody else: late", post("/auth/refresh", inBody(first.Refresh), `Idempotency-Key: "0123456789abcdef012345"`))
	s.send("as a cookie", post("/auth/refresh", `{}`, sameOrigin, cookie(second.Refresh)))
	s.advance(15 * 24 * time.Hour)
	s.send("after the session's end", post("/auth/refresh", inBody(second.Refresh)))
	s.send("not a token", post("/auth/refresh", inBody("rnw_rt_AAAA")))
	fresh := s.signIn(s.t, renewd.ModeBody, false)
	if _, err := s.manager.Revoke(context.Background(), fresh.Session.ID, store.ReasonOperator); err != nil {
		s.t.Fatal(err)
	}
	s.send("revoked by an operator", post("/auth/refresh", inBody(fresh.RefreshToken)))
}

func signInRefused(s *scenario) {
	s.send("wrong password", post("/auth/login", `{"username":"alice","password":"wrong password"}`))
	s.send("unknown name", post("/auth/login", `{"username":"nobody","password":"wrong password"}`))
	s.send("disabled, wrong password", post("/auth/login", `{"username":"bob","password":"wrong password"}`))
	s.send("disabled, right password", post("/auth/login", `{"username":"bob","password":"`+password+`"}`))
	s.send("no name", post("/auth/login", `{"password":"x"}`))
	s.send("no password", post("/auth/login", `{"username":"alice"}`))
	s.send("unknown mode", post("/auth/login", `{"username":"alice","password":"x","mode":"both"}`))
	s.send("a browser asks for body mode", post("/auth/login", `{"username":"alice","password":"x","mode":"body"}`, sameOrigin))
	s.send("unknown member", post("/auth/login", `{"username":"alice","password":"x","role":"admin"}`))
}

func signOut(s *scenario) {
	mine := s.signIn(s.t, renewd.ModeCookie, true)
	other := s.signIn(s.t, renewd.ModeBody, false)
	s.send("with nothing", post("/auth/logout", ""))
	s.send("everywhere with nothing", post("/auth/logout", `{"scope":"all"}`))
	s.send("unknown scope", post("/auth/logout", `{"scope":"world"}`))
	s.send("with a bad bearer token", post("/auth/logout", "", bearer("eyJ.bad.token")))
	s.send("with an altered cookie", post("/auth/logout", `{}`, sameOrigin, cookie(mine.RefreshToken+"A")))
	s.send("the others", post("/auth/logout", `{"scope":"others"}`, sameOrigin, cookie(mine.RefreshToken), bearer(mine.AccessToken)))
	s.send("the other one is over", post("/auth/refresh", inBody(other.RefreshToken)))
	s.send("this one", post("/auth/logout", `{}`, sameOrigin, cookie(mine.RefreshToken)))
	s.send("this one again", post("/auth/logout", `{}`, sameOrigin, cookie(mine.RefreshToken)))
	s.send("its access token", get("/auth/session", bearer(mine.AccessToken)))
}

func mySessions(s *scenario) {
	mine := s.signIn(s.t, renewd.ModeCookie, true)
	s.advance(time.Minute)
	other := s.signIn(s.t, renewd.ModeBody, false)
	foreign := s.signInAs(s.t, "usr_mallory", renewd.ModeBody, false)
	me := bearer(mine.AccessToken)
	s.send("without a token", get("/auth/sessions"))
	s.send("list", get("/auth/sessions", me))
	s.send("sign somebody else's out", request{method: "DELETE", target: "/auth/sessions/" + foreign.Session.ID.String(), headers: []string{me}})
	s.send("sign a malformed one out", request{method: "DELETE", target: "/auth/sessions/ses_1", headers: []string{me}})
	s.send("sign the other one out", request{method: "DELETE", target: "/auth/sessions/" + other.Session.ID.String(), headers: []string{me}})
	s.send("it is over", post("/auth/refresh", inBody(other.RefreshToken)))
	s.send("list again", get("/auth/sessions", me))
}

func problemsKorean(s *scenario) {
	const ko = "Accept-Language: ko-KR,ko;q=0.9,en;q=0.8"
	s.send("unknown path", get("/auth/nothing", ko))
	s.send("wrong method", get("/auth/login", ko))
	s.send("wrong type", post("/auth/login", `{"username":"alice","password":"x","remember":"yes"}`, ko))
	s.send("wrong password", post("/auth/login", `{"username":"alice","password":"wrong password"}`, ko))
	s.send("other host", get("/auth/session", "Host: evil.example", ko))
	s.send("no token", get("/auth/session", ko))
	s.store.before = func(context.Context, string) error { return store.ErrUnavailable }
	s.send("store down", post("/auth/refresh", inBody(s.someToken()), ko))
	s.store.before = func(context.Context, string) error { panic("broken") }
	s.send("panic", post("/auth/refresh", inBody(s.someToken()), ko))
}

// someToken is a genuine token while the store is broken.
func (s *scenario) someToken() string {
	before := s.store.before
	s.store.before = nil
	defer func() { s.store.before = before }()
	return s.signIn(s.t, renewd.ModeBody, false).RefreshToken
}

func service(s *scenario) {
	s.send("keys", get("/.well-known/jwks.json"))
	s.send("alive", get("/healthz", "Host: 10.0.0.7:8080"))
	s.send("ready", get("/readyz"))
	down := &scenario{t: s.t, fixture: newFixture(s.t, func(cfg *httpapi.Config) {
		cfg.Ready = func(context.Context) error { return errBroken }
	})}
	down.send("not ready", get("/readyz"))
	s.steps = append(s.steps, down.steps...)
	s.send("no pages", get("/dashboard"))
	s.send("no root", get("/"))
}

func setup(s *scenario) {
	s.send("nothing to set up", post("/auth/setup", `{"secret":"x","username":"alice","password":"`+password+`"}`))
	accounts, err := newAccounts()
	if err != nil {
		s.t.Fatal(err)
	}
	open, err := accounts.OpenSetup(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	f := &scenario{t: s.t, fixture: newFixture(s.t, func(cfg *httpapi.Config) { cfg.Accounts, cfg.Setup = accounts, open })}
	secret := open.Secret()
	body := func(secret, name, password string) string {
		return `{"secret":"` + secret + `","username":"` + name + `","password":"` + password + `"}`
	}
	f.send("wrong secret", post("/auth/setup", body("rnw_setup_wrong", "ada", password)))
	f.send("no secret", post("/auth/setup", body("", "ada", password)))
	f.send("bad name", post("/auth/setup", body(secret, "a da", password)))
	f.send("short password", post("/auth/setup", body(secret, "ada", "short")))
	f.send("done", post("/auth/setup", body(secret, "Ada", password)))
	f.send("again", post("/auth/setup", body(secret, "eve", password)))
	w := f.send("sign in", post("/auth/login", `{"username":"ada","password":"`+password+`","mode":"body"}`))
	f.send("who am I", get("/auth/session", bearer(tokensOf(s.t, w).Access)))
	s.steps = append(s.steps, f.steps...)
}
