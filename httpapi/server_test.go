package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/renewd/renewd"
	"github.com/renewd/renewd/account"
	"github.com/renewd/renewd/httpapi"
	"github.com/renewd/renewd/store"
	"github.com/renewd/renewd/store/memstore"
)

const (
	publicURL = "http://localhost:8080"
	password  = "correct horse battery staple"
	chrome    = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// clock is the time of a test.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// logBuffer keeps what the server logs.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// people are accounts that the tests share, since each password hash takes its
// time: alice, and bob, who is disabled. Nobody changes them.
var people = sync.OnceValue(func() *account.Service {
	accounts, err := newAccounts("alice", "bob")
	if err == nil {
		err = accounts.Disable(context.Background(), "bob")
	}
	if err != nil {
		panic(err)
	}
	return accounts
})

func newAccounts(names ...string) (*account.Service, error) {
	db := memstore.New()
	accounts, err := account.New(account.Config{Accounts: db, Sessions: db, Parallel: 2})
	for _, name := range names {
		if err == nil {
			_, err = accounts.Create(context.Background(), account.NewPerson{Name: name, Password: password})
		}
	}
	return accounts, err
}

// sessions lets a test see and break what the store does.
type sessions struct {
	store.Sessions
	// before is called with the name of a method; its error takes the place of
	// the call. It may panic.
	before func(ctx context.Context, method string) error
}

func (s *sessions) hook(ctx context.Context, method string) error {
	if s.before == nil {
		return nil
	}
	return s.before(ctx, method)
}

func (s *sessions) CreateSession(ctx context.Context, row store.Session) error {
	if err := s.hook(ctx, "CreateSession"); err != nil {
		return err
	}
	return s.Sessions.CreateSession(ctx, row)
}

func (s *sessions) Session(ctx context.Context, id store.SessionID) (store.Session, error) {
	if err := s.hook(ctx, "Session"); err != nil {
		return store.Session{}, err
	}
	return s.Sessions.Session(ctx, id)
}

func (s *sessions) RotateSession(ctx context.Context, r store.Rotation) (store.Session, error) {
	if err := s.hook(ctx, "RotateSession"); err != nil {
		return store.Session{}, err
	}
	return s.Sessions.RotateSession(ctx, r)
}

func (s *sessions) RevokeSession(ctx context.Context, r store.Revocation) (bool, error) {
	if err := s.hook(ctx, "RevokeSession"); err != nil {
		return false, err
	}
	return s.Sessions.RevokeSession(ctx, r)
}

func (s *sessions) RevokeSubject(ctx context.Context, r store.SubjectRevocation) (int, error) {
	if err := s.hook(ctx, "RevokeSubject"); err != nil {
		return 0, err
	}
	return s.Sessions.RevokeSubject(ctx, r)
}

func (s *sessions) ListSessions(ctx context.Context, q store.SessionQuery) ([]store.Session, error) {
	if err := s.hook(ctx, "ListSessions"); err != nil {
		return nil, err
	}
	return s.Sessions.ListSessions(ctx, q)
}

// fixture is a server with everything around it in reach.
type fixture struct {
	*clock
	manager *renewd.Manager
	store   *sessions
	logs    *logBuffer
	handler http.Handler
}

func newFixture(t testing.TB, change ...func(*httpapi.Config)) *fixture {
	t.Helper()
	db := memstore.New()
	f := &fixture{clock: &clock{t: epoch}, store: &sessions{Sessions: db}, logs: &logBuffer{}}
	var err error
	f.manager, err = renewd.New(context.Background(), renewd.Config{
		Issuer: publicURL, Audience: []string{publicURL},
		Sessions: f.store, SigningKeys: db,
		Secrets: [][]byte{[]byte("a secret for tests, 32 bytes or more")},
		Policy:  renewd.DefaultPolicy(), Now: f.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	cfg := httpapi.Config{
		Manager: f.manager, Accounts: people(), PublicURL: publicURL, Now: f.now,
		Logger: slog.New(slog.NewJSONHandler(f.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, c := range change {
		c(&cfg)
	}
	if f.handler, err = httpapi.New(cfg); err != nil {
		t.Fatal(err)
	}
	return f
}

func behindTLS(cfg *httpapi.Config) {
	cfg.PublicURL = "https://auth.example.com"
	cfg.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::/32")}
}

// signIn makes a session without the cost of a password.
func (f *fixture) signIn(t testing.TB, mode renewd.Mode, remember bool) renewd.Tokens {
	t.Helper()
	return f.signInAs(t, "usr_alice", mode, remember)
}

func (f *fixture) signInAs(t testing.TB, subject string, mode renewd.Mode, remember bool) renewd.Tokens {
	t.Helper()
	tokens, err := f.manager.SignIn(context.Background(), renewd.SignIn{
		Subject: subject, Username: strings.TrimPrefix(subject, "usr_"), AMR: []string{"pwd"},
		Mode: mode, Remember: remember, UserAgent: chrome, Address: "192.0.2.7",
	})
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

// rows are the sessions as the store has them.
func (f *fixture) rows(t testing.TB) []store.Session {
	t.Helper()
	rows, err := f.store.Sessions.ListSessions(context.Background(), store.SessionQuery{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func (f *fixture) revokeReason(t testing.TB, id store.SessionID) store.Reason {
	t.Helper()
	row, err := f.store.Sessions.Session(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	return row.RevokeReason
}

// request is what a test sends. Headers are "Name: value" lines; a body that is
// not empty is JSON unless a Content-Type says otherwise.
type request struct {
	method, target string
	headers        []string
	body           string
	remote         string // of the direct peer
}

func post(target, body string, headers ...string) request {
	return request{method: "POST", target: target, body: body, headers: headers}
}

func get(target string, headers ...string) request {
	return request{method: "GET", target: target, headers: headers}
}

func (q request) build() *http.Request {
	var body io.Reader
	if q.body != "" {
		body = strings.NewReader(q.body)
	}
	r := httptest.NewRequest(q.method, q.target, body)
	r.Host, r.RemoteAddr = "localhost:8080", "203.0.113.9:5555"
	if q.remote != "" {
		r.RemoteAddr = q.remote
	}
	for _, line := range q.headers {
		name, value, _ := strings.Cut(line, ": ")
		if name == "Host" {
			r.Host = value
			continue
		}
		r.Header.Add(name, value)
	}
	if q.body != "" && r.Header.Values("Content-Type") == nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if r.Header.Get("Content-Type") == "none" {
		r.Header.Del("Content-Type")
	}
	return r
}

func (f *fixture) do(q request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, q.build())
	return w
}

func bearer(token string) string { return "Authorization: Bearer " + token }

// cookie is the header line of a browser that holds the session.
func cookie(token string) string { return "Cookie: __Host-renewd=" + token }

const sameOrigin = "Sec-Fetch-Site: same-origin"

// inBody is the body that presents a refresh token.
func inBody(token string) string {
	b, err := json.Marshal(map[string]string{"refresh_token": token})
	if err != nil {
		panic(err)
	}
	return string(b)
}

// problemOf decodes a problem document; an empty one is none.
type problem struct {
	Type, Title, Code, Detail, Instance string
	Status                              int
}

func problemOf(t testing.TB, w *httptest.ResponseRecorder) problem {
	t.Helper()
	var p problem
	if w.Header().Get("Content-Type") == "application/problem+json" {
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			t.Fatalf("problem document: %v", err)
		}
	}
	return p
}

// check compares status and code.
func check(t testing.TB, w *httptest.ResponseRecorder, status int, code string) {
	t.Helper()
	if p := problemOf(t, w); w.Code != status || p.Code != code || (code != "" && p.Status != status) {
		t.Errorf("got %d %q, want %d %q: %s", w.Code, p.Code, status, code, w.Body)
	}
}

// clears says whether an answer deletes both cookies.
func clears(w *httptest.ResponseRecorder) bool {
	deleted := 0
	for _, c := range w.Result().Cookies() {
		if c.MaxAge < 0 && c.Value == "" {
			deleted++
		}
	}
	return deleted == 2
}

func setCookies(w *httptest.ResponseRecorder) []string { return w.Header().Values("Set-Cookie") }

// tokensOf reads the answer of a sign-in or a refresh; the refresh token of a
// cookie answer is taken from the cookie.
type tokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	Session struct {
		ID         string
		Generation uint64
	}
}

func tokensOf(t testing.TB, w *httptest.ResponseRecorder) tokens {
	t.Helper()
	if w.Code != http.StatusOK {
		t.Fatalf("got %d: %s", w.Code, w.Body)
	}
	var got tokens
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	for _, c := range w.Result().Cookies() {
		if c.Name == "__Host-renewd" && c.Value != "" {
			got.Refresh = c.Value
		}
	}
	return got
}

var errBroken = errors.New("disk on fire")
