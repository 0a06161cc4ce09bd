package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/renewd/renewd"
	"github.com/renewd/renewd/account"
	"github.com/renewd/renewd/internal/settings"
	"github.com/renewd/renewd/store"
	"github.com/renewd/renewd/store/memstore"
)

func loadSettings(t *testing.T, flags map[string][]string) *settings.Settings {
	t.Helper()
	s, err := settings.Load(settings.Input{Flags: flags, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// newMaintenance returns what maintains a store in memory whose sessions last
// half a minute.
func newMaintenance(t *testing.T, log io.Writer) (maintenance, *memstore.Store) {
	t.Helper()
	db := memstore.New()
	policy := renewd.DefaultPolicy()
	policy.IdleTimeout, policy.AbsoluteTimeout = 30*time.Second, 30*time.Second
	m, err := renewd.New(t.Context(), renewd.Config{
		Issuer: "https://a.example", Audience: []string{"a"}, Sessions: db, SigningKeys: db,
		Secrets: [][]byte{[]byte("0123456789abcdefghijklmnopqrstuv")}, Policy: policy,
	})
	if err != nil {
		t.Fatal(err)
	}
	accounts, err := account.New(account.Config{Accounts: db, Sessions: m})
	if err != nil {
		t.Fatal(err)
	}
	return maintenance{m, accounts, slog.New(slog.NewTextHandler(log, nil))}, db
}

func TestMaintenanceRunsEveryMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		m, db := newMaintenance(t, &log)
		tokens, err := m.manager.SignIn(t.Context(), renewd.SignIn{Subject: "usr_a", Mode: renewd.ModeBody, Epoch: 1})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			m.run(ctx)
			close(done)
		}()
		synctest.Wait()
		if err := db.CreateAccount(ctx, store.Account{Subject: "usr_a", Name: "a", PasswordHash: "x", Epoch: 1}); err != nil {
			t.Fatal(err)
		}
		if _, err := db.DisableAccount(ctx, "usr_a", time.Now()); err != nil {
			t.Fatal(err)
		}
		if _, err := m.manager.Session(ctx, tokens.Session.ID); err != nil {
			t.Fatalf("the session is gone before its time: %v", err)
		}
		<-time.After(maintenanceInterval + time.Second)
		if _, err := m.manager.Session(ctx, tokens.Session.ID); !errors.Is(err, renewd.ErrNotFound) {
			t.Errorf("an expired session was not purged: %v", err)
		}
		if owed, err := db.OwedRevocations(ctx, 10); err != nil || len(owed) > 0 {
			t.Errorf("still owed: %v %v", owed, err)
		}
		stop()
		<-done
		for _, want := range []string{`msg="owed revocations settled" count=1`, `msg="sessions purged" count=1`} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("the log has no %s:\n%s", want, &log)
			}
		}
	})
}

func TestMaintenanceGoesOnAfterFailure(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	m, db := newMaintenance(t, &log)
	db.Close()
	m.settle(t.Context())
	m.purge(t.Context())
	if got := strings.Count(log.String(), "level=ERROR"); got != 2 {
		t.Errorf("got %d errors in the log, want 2:\n%s", got, &log)
	}
}

// TestShutdownDrains asks a server to end while it reads a request: the request
// must be answered, and the server end well.
func TestShutdownDrains(t *testing.T) {
	t.Parallel()
	p := startServer(t, t.TempDir())
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	body := `{"username":"nobody","password":"correct horse battery staple"}`
	fmt.Fprintf(conn, "POST /auth/login HTTP/1.1\r\nHost: %s\r\nX-Renewd-Client: test\r\nContent-Type: application/json\r\n"+
		"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n", conn.RemoteAddr(), len(body))
	// The server says so when it begins to read the body (RFC 9110, Section 10.1.1).
	answer := bufio.NewReader(conn)
	if line, err := answer.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("got %q, %v", line, err)
	}
	if line, err := answer.ReadString('\n'); err != nil || strings.TrimSpace(line) != "" {
		t.Fatalf("got %q, %v", line, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- p.stop() }()
	awaitRefusal(t, conn.RemoteAddr().String())
	fmt.Fprint(conn, body)
	res, err := http.ReadResponse(answer, nil)
	if err != nil {
		t.Fatalf("the request under way was cut off: %v", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusUnauthorized {
		t.Errorf("got status %d", res.StatusCode)
	}
	if err := <-ended; err != nil {
		t.Errorf("the server ended with %v:\n%s", err, p.stderr.String())
	}
}

// TestDrainCutsOff has somebody send half a request: the stop is clean all the
// same.
func TestDrainCutsOff(t *testing.T) {
	t.Parallel()
	began := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(began)
		_, _ = io.ReadAll(r.Body)
	}))
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nx")
	<-began
	ctx, cancel := context.WithDeadline(t.Context(), time.Now())
	defer cancel()
	if err := drain(ctx, server.Config); err != nil {
		t.Errorf("drain: %v", err)
	}
}

// awaitRefusal waits until nobody listens on an address any more.
func awaitRefusal(t *testing.T, address string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return
		}
		conn.Close()
		if time.Now().After(deadline) {
			t.Fatalf("somebody still listens on %s", address)
		}
	}
}

func TestListen(t *testing.T) {
	t.Parallel()
	ls, err := listen(t.Context(), "listen", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(ls)
	_, port, _ := net.SplitHostPort(ls[0].Addr().String())
	for i, host := range []string{"127.0.0.1", "::1"}[:len(ls)] {
		if got := ls[i].Addr().String(); got != net.JoinHostPort(host, port) {
			t.Errorf("listens on %s, want %s", got, net.JoinHostPort(host, port))
		}
	}
	if got := cameTo("localhost:0", ls); got != "localhost:"+port {
		t.Errorf("came to %s", got)
	}
	if _, err := listen(t.Context(), "listen", "localhost:"+port); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("listened twice: %v", err)
	}
}

func TestListenOperatorTakesAnotherPort(t *testing.T) {
	t.Parallel()
	// Should this fail, somebody else has the port, which does as well.
	if l, err := net.Listen("tcp", "127.0.0.1:8081"); err == nil {
		defer l.Close()
	}
	ls, err := listenOperator(t.Context(), loadSettings(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(ls)
	if addr := ls[0].Addr().(*net.TCPAddr); addr.Port == 8081 || !addr.IP.IsLoopback() {
		t.Errorf("listens on %v", addr)
	}
	_, err = listenOperator(t.Context(), loadSettings(t, map[string][]string{"admin-listen": {"127.0.0.1:8081"}}))
	if !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a port that was asked for was replaced: %v", err)
	}
}

func TestListenOperatorStaysOnLoopback(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"0.0.0.0:0", ":0", "[::]:0", "example.com:1", "192.0.2.1:0"} {
		s := loadSettings(t, map[string][]string{"admin-listen": {address}})
		ls, err := listenOperator(t.Context(), s)
		if wrong, ok := errors.AsType[*settings.Error](err); !ok || wrong.Setting != "admin-listen" {
			t.Errorf("%s: got %v, %v", address, ls, err)
			closeAll(ls)
		}
	}
	// An address that no machine has (RFC 5737): it is tried, and nobody listens.
	s := loadSettings(t, map[string][]string{"admin-listen": {"192.0.2.1:0"}, "insecure-admin-listen": {"true"}})
	ls, err := listenOperator(t.Context(), s)
	closeAll(ls)
	if err == nil || !strings.HasPrefix(err.Error(), "cannot listen on 192.0.2.1:0: ") {
		t.Errorf("asked for, and not tried: %v", err)
	}
}

func TestOperatorHandler(t *testing.T) {
	t.Parallel()
	down := errors.New("the disk is gone")
	for _, tc := range []struct {
		method, host, path string
		ready              error
		want               int
	}{
		{"GET", "127.0.0.1:8081", "/healthz", down, 200},
		{"GET", "127.0.0.1:8081", "/readyz", nil, 200},
		{"GET", "127.0.0.1:8081", "/readyz", down, 503},
		{"GET", "localhost:8081", "/debug/pprof/", nil, 200},
		{"GET", "localhost", "/debug/pprof/goroutine", nil, 200},
		{"GET", "[::1]:8081", "/healthz", nil, 200},
		{"GET", "ops.example:1", "/healthz", nil, 200},
		{"GET", "evil.example:8081", "/healthz", nil, 421},
		{"GET", "localhost.evil.example", "/debug/pprof/", nil, 421},
		{"GET", "", "/healthz", nil, 421},
		{"POST", "localhost", "/healthz", nil, 405},
		{"GET", "localhost", "/", nil, 404},
	} {
		h := operatorHandler(func(context.Context) error { return tc.ready }, []string{"localhost", "ops.example"})
		r := httptest.NewRequestWithContext(t.Context(), tc.method, tc.path, nil)
		r.Host = tc.host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != tc.want {
			t.Errorf("%s %s at %q: got %d, want %d", tc.method, tc.path, tc.host, w.Code, tc.want)
		}
	}
}

// A page of another site must not start a profile.
func TestOperatorHandlerRefusesOtherSites(t *testing.T) {
	t.Parallel()
	h := operatorHandler(func(context.Context) error { return nil }, []string{"localhost"})
	for site, want := range map[string]int{"": 200, "none": 200, "same-origin": 200, "same-site": 403, "cross-site": 403} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/debug/pprof/cmdline", nil)
		r.Host = "localhost:8081"
		if site != "" {
			r.Header.Set("Sec-Fetch-Site", site)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%q: got %d, want %d", site, w.Code, want)
		}
	}
}

func TestEventLog(t *testing.T) {
	t.Parallel()
	id := store.SessionID{1}
	for name, tc := range map[string]struct {
		event renewd.Event
		want  string // without time; empty for nothing at level info
	}{
		"renewed": {renewd.Event{Type: renewd.EventSessionRenewed, Session: id, Presented: 3, Head: 4}, ""},
		"again":   {renewd.Event{Type: renewd.EventSessionReplayed, Session: id, Presented: 3, Head: 4, SameAttempt: true}, ""},
		"replayed": {
			renewd.Event{Type: renewd.EventSessionReplayed, Session: id, Subject: "usr_a", Presented: 3, Head: 4, Age: time.Second, Address: "192.0.2.1"},
			"level=INFO msg=session_replayed session=" + id.String() + " subject=usr_a presented=3 same_attempt=false head=4 age=1s address=192.0.2.1\n",
		},
		"reuse": {
			renewd.Event{Type: renewd.EventTokenReuse, Session: id, Reason: store.ReasonReuse, Count: 1, Presented: 1, Head: 4, UserAgent: "x\ny"},
			"level=WARN msg=authn_token_reuse session=" + id.String() + ` reason=reuse presented=1 same_attempt=false head=4 user_agent="x\ny"` + "\n",
		},
		"revoked": {
			renewd.Event{Type: renewd.EventSessionRevoked, Subject: "usr_a", Reason: store.ReasonDisabled, Count: 3},
			"level=INFO msg=authn_token_revoked subject=usr_a reason=account_disabled count=3\n",
		},
	} {
		var b bytes.Buffer
		log := slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{ReplaceAttr: withoutTime}))
		eventLog{log}.RecordEvent(t.Context(), tc.event)
		if diff := cmp.Diff(tc.want, b.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func withoutTime(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}
