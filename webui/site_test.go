package webui_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/renewd/renewd"
	"github.com/renewd/renewd/account"
	"github.com/renewd/renewd/httpapi"
	"github.com/renewd/renewd/store"
	"github.com/renewd/renewd/store/memstore"
	"github.com/renewd/renewd/webui"
)

const (
	personName     = "mina"
	personPassword = "correct horse battery"
)

// site is a whole server on loopback, with its store in memory.
type site struct {
	url      string
	inner    http.Handler // the server behind the faults
	manager  *renewd.Manager
	accounts *account.Service
	setup    *account.Setup
	// ahead moves the server's clock forward.
	ahead atomic.Int64
	// fault, when set, may answer a request before the server sees it.
	fault atomic.Pointer[func(http.ResponseWriter, *http.Request) bool]

	mu        sync.Mutex
	refreshes []refreshCall
}

// refreshCall is what a page sent with a refresh.
type refreshCall struct{ token, key string }

// newSite starts a site where one person has an account, unless it is empty and
// waits to be set up.
func newSite(t *testing.T, empty bool, change func(*renewd.Policy)) *site {
	t.Helper()
	s := &site{}
	server := httptest.NewUnstartedServer(nil)
	s.url = "http://localhost:" + port(server)
	policy := renewd.DefaultPolicy()
	if change != nil {
		change(&policy)
	}
	data, now := memstore.New(), func() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) }
	var err error
	s.manager, err = renewd.New(t.Context(), renewd.Config{
		Issuer: s.url, Audience: []string{s.url}, Sessions: data, SigningKeys: data,
		Secrets: [][]byte{make([]byte, 32)}, Policy: policy, Now: now,
	})
	must(t, err)
	s.accounts, err = account.New(account.Config{Accounts: data, Sessions: s.manager, Now: now})
	must(t, err)
	if empty {
		s.setup, err = s.accounts.OpenSetup(t.Context())
	} else {
		s.add(t, personName)
	}
	must(t, err)
	pages, err := webui.New(webui.Config{})
	must(t, err)
	s.inner, err = httpapi.New(httpapi.Config{
		Manager: s.manager, Accounts: s.accounts, Setup: s.setup, PublicURL: s.url, Pages: pages,
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: now,
	})
	must(t, err)
	server.Config.Handler = s.watch(s.inner)
	server.Start()
	t.Cleanup(server.Close)
	t.Cleanup(func() { s.checkKeys(t) })
	return s
}

func port(server *httptest.Server) string {
	_, port, _ := strings.Cut(server.Listener.Addr().String(), ":")
	return port
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (s *site) watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/auth/refresh" {
			token := ""
			if c, err := r.Cookie("__Host-renewd"); err == nil {
				token = c.Value
			}
			s.mu.Lock()
			s.refreshes = append(s.refreshes, refreshCall{token, r.Header.Get("Idempotency-Key")})
			s.mu.Unlock()
		}
		if fault := s.fault.Load(); fault != nil && (*fault)(w, r) {
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *site) refreshCount() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.refreshes)
}

// checkKeys holds for every test: all tries to refresh one token, from every tab,
// carried one key, and that key went with no other token. A page goes on without a
// key where the browser's store is slow to answer; that is the exception.
func (s *site) checkKeys(t *testing.T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	keyOf, tokenOf := map[string]string{}, map[string]string{}
	for _, call := range s.refreshes {
		if call.key == "" {
			continue
		}
		if len(call.key) != 22 {
			t.Errorf("a refresh had the Idempotency-Key %q, want 128 bits in base64url", call.key)
		}
		if other, ok := keyOf[call.token]; ok && other != call.key {
			t.Error("one token was refreshed with two keys")
		}
		if other, ok := tokenOf[call.key]; ok && other != call.token {
			t.Error("one key went with two tokens")
		}
		keyOf[call.token], tokenOf[call.key] = call.key, call.token
	}
	if len(s.refreshes) > 0 && len(keyOf) == 0 {
		t.Errorf("got %d refreshes, none of them with an Idempotency-Key", len(s.refreshes))
	}
}

// failWith lets requests for a path fail until the returned function is called.
func (s *site) failWith(path string, answer http.HandlerFunc) (restore func()) {
	fault := func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != path {
			return false
		}
		answer(w, r)
		return true
	}
	s.fault.Store(&fault)
	return func() { s.fault.Store(nil) }
}

// add creates an account.
func (s *site) add(t *testing.T, name string) {
	t.Helper()
	_, err := s.accounts.Create(t.Context(), account.NewPerson{Name: name, Password: personPassword, Roles: []string{"editor"}})
	must(t, err)
}

// sessions returns the live sessions of everybody.
func (s *site) sessions(t *testing.T) []renewd.Session {
	t.Helper()
	sessions, err := s.manager.AllSessions(t.Context(), store.SessionID{}, 10)
	must(t, err)
	return sessions
}
