package renewd_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/renewd/renewd"
	"github.com/renewd/renewd/store"
	"github.com/renewd/renewd/store/memstore"
)

// fixture is a Manager on a fresh memory store, with a clock that stands still and
// a recorder of events.
type fixture struct {
	*renewd.Manager
	store  *memstore.Store
	cfg    renewd.Config
	mu     sync.Mutex
	clock  time.Time
	events []renewd.Event
}

func newFixture(t *testing.T, change ...func(*renewd.Config)) *fixture {
	t.Helper()
	b := &fixture{store: memstore.New(), clock: time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)}
	b.cfg = renewd.Config{
		Issuer:      "https://auth.example.com",
		Audience:    []string{"https://api.example.com"},
		Sessions:    b.store,
		SigningKeys: b.store,
		Secrets:     [][]byte{[]byte("a test secret of more than 32 bytes, number one")},
		Policy:      renewd.DefaultPolicy(),
		Events:      b,
		Now:         b.now,
	}
	for _, c := range change {
		c(&b.cfg)
	}
	b.Manager = b.start(t, b.cfg)
	return b
}

func (b *fixture) start(t *testing.T, cfg renewd.Config) *renewd.Manager {
	t.Helper()
	m, err := renewd.New(t.Context(), cfg)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return m
}

func (b *fixture) now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.clock
}

func (b *fixture) step(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clock = b.clock.Add(d)
}

func (b *fixture) RecordEvent(_ context.Context, e renewd.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.events = append(b.events, e)
}

// takeEvents returns the events since the last call.
func (b *fixture) takeEvents() []renewd.EventType {
	b.mu.Lock()
	defer b.mu.Unlock()
	var types []renewd.EventType
	for _, e := range b.events {
		types = append(types, e.Type)
	}
	b.events = nil
	return types
}

func (b *fixture) signIn(t *testing.T, in renewd.SignIn) renewd.Tokens {
	t.Helper()
	if in.Subject == "" {
		in.Subject = "usr_alice"
	}
	if in.Mode == 0 {
		in.Mode = renewd.ModeBody
	}
	got, err := b.SignIn(t.Context(), in)
	if err != nil {
		t.Fatalf("SignIn: %v", err)
	}
	return got
}

func body(token string, key ...string) renewd.RefreshRequest {
	r := renewd.RefreshRequest{RefreshToken: token, Mode: renewd.ModeBody}
	if len(key) > 0 {
		r.IdempotencyKey = key[0]
	}
	return r
}

func (b *fixture) refresh(t *testing.T, r renewd.RefreshRequest) renewd.Tokens {
	t.Helper()
	got, err := b.Refresh(t.Context(), r)
	if err != nil {
		t.Fatalf("Refresh: %v", err)
	}
	return got
}

func (b *fixture) wantRefreshError(t *testing.T, r renewd.RefreshRequest, want error) {
	t.Helper()
	if got, err := b.Refresh(t.Context(), r); !errors.Is(err, want) || got.RefreshToken != "" || got.AccessToken != "" {
		t.Fatalf("Refresh: got error %v and tokens %t, want %v and none", err, got.RefreshToken != "", want)
	}
}

const (
	keyA = "AAAAAAAAAAAAAAAAAAAAAA"
	keyB = "BBBBBBBBBBBBBBBBBBBBBB"
)

func TestRefresh_RotatesAndTheNewTokenWorks(t *testing.T) {
	t.Parallel()
	b := newFixture(t)
	first := b.signIn(t, renewd.SignIn{Username: "alice", Roles: []string{"admin"}, AMR: []string{"pwd"}})
	b.step(time.Hour)
	second := b.refresh(t, body(first.RefreshToken))
	if second.RefreshToken == first.RefreshToken || second.Session.Generation != 2 || second.Replayed {
		t.Errorf("got generation %d, replayed %t, same token %t; want a rotation to 2",
			second.Session.Generation, second.Replayed, second.RefreshToken == first.RefreshToken)
	}
	if second.Session.ID != first.Session.ID || !second.Session.ExpiresAt.Equal(first.Session.ExpiresAt) ||
		!second.Session.AuthTime.Equal(first.Session.AuthTime) {
		t.Error("a rotation must keep the session, its absolute expiry and its auth_time")
	}
	if want := b.now().Add(24 * time.Hour); !second.Session.IdleExpiresAt.Equal(want) {
		t.Errorf("idle expiry: got %v, want %v", second.Session.IdleExpiresAt, want)
	}
	who, err := b.Authenticate(t.Context(), second.AccessToken)
	if err != nil {
		t.Fatalf("Authenticate: %v", err)
	}
	if diff := cmp.Diff([]string{"admin"}, who.Session.Roles); diff != "" || who.Session.Username != "alice" {
		t.Errorf("identity: user %q, roles %s", who.Session.Username, diff)
	}
	want := []renewd.EventType{renewd.EventSessionCreated, renewd.EventSessionRenewed}
	if diff := cmp.Diff(want, b.takeEvents()); diff != "" {
		t.Error(diff)
	}
}

func TestRefresh_LostAnswerWithTheSameKeyIsReplayedDaysLater(t *testing.T) {
	t.Parallel()
	b := newFixture(t, func(c *renewd.Config) { c.Policy.IdleTimeout = 6 * 24 * time.Hour })
	first := b.signIn(t, renewd.SignIn{})
	lost := b.refresh(t, body(first.RefreshToken, keyA))
	b.step(5 * 24 * time.Hour)
	again := b.refresh(t, body(first.RefreshToken, keyA))
	if again.RefreshToken != lost.RefreshToken || !again.Replayed {
		t.Errorf("same token %t, replayed %t; want both", again.RefreshToken == lost.RefreshToken, again.Replayed)
	}
	quoted := b.refresh(t, body(first.RefreshToken, `"`+keyA+`"`))
	if quoted.RefreshToken != lost.RefreshToken {
		t.Error("a quoted key must be the same key")
	}
	if !again.Session.IdleExpiresAt.Equal(lost.Session.IdleExpiresAt) {
		t.Error("a replay must not move the idle expiry")
	}
	b.refresh(t, body(again.RefreshToken, keyB))
}

func TestRefresh_OldTokenEndsTheSessionAndSaysWhyEverAfter(t *testing.T) {
	t.Parallel()
	b := newFixture(t)
	first := b.signIn(t, renewd.SignIn{})
	second := b.refresh(t, body(first.RefreshToken, keyA))
	b.step(11 * time.Second)
	b.wantRefreshError(t, body(first.RefreshToken, keyB), renewd.ErrRefreshReused)
	b.wantRefreshError(t, body(second.RefreshToken, keyB), renewd.ErrRefreshReused)
	if _, err := b.Authenticate(t.Context(), second.AccessToken); !errors.Is(err, renewd.ErrInvalidToken) {
		t.Errorf("Authenticate after reuse: got %v, want %v", err, renewd.ErrInvalidToken)
	}
	want := []renewd.EventType{
		renewd.EventSessionCreated, renewd.EventSessionRenewed,
		renewd.EventTokenReuse, renewd.EventUseAfterExpire,
	}
	if diff := cmp.Diff(want, b.takeEvents()); diff != "" {
		t.Error(diff)
	}
}

func TestRefresh_LateTokenChangesNothing(t *testing.T) {
	t.Parallel()
	b := newFixture(t)
	first := b.signIn(t, renewd.SignIn{})
	second := b.refresh(t, body(first.RefreshToken, keyA))
	third := b.refresh(t, body(second.RefreshToken, keyB))
	before, _ := b.store.Session(t.Context(), third.Session.ID)
	b.wantRefreshError(t, body(first.RefreshToken, keyA), renewd.ErrConflict)
	after, _ := b.store.Session(t.Context(), third.Session.ID)
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("the row changed: %s", diff)
	}
	b.refresh(t, body(third.RefreshToken))
}

func TestRefresh_UnchangingKeyIsKeptOnceOnly(t *testing.T) {
	t.Parallel()
	b := newFixture(t)
	first := b.signIn(t, renewd.SignIn{})
	second := b.refresh(t, body(first.RefreshToken, keyA))
	b.refresh(t, body(second.RefreshToken, keyA))
	b.step(time.Minute)
	b.wantRefreshError(t, body(second.RefreshToken, keyA), renewd.ErrRefreshReused)
}

func TestRefresh_CookieRotatesAtMostOnceAnInterval(t *testing.T) {
	t.Parallel()
	b := newFixture(t)
	first := b.signIn(t, renewd.SignIn{Mode: renewd.ModeCookie})
	cookie := func(token string) renewd.RefreshRequest {
		return renewd.RefreshRequest{RefreshToken: token, Mode: renewd.ModeCookie}
	}
	b.step(5 * time.Second)
	if got := b.refresh(t, cookie(first.RefreshToken)); !got.Replayed || got.RefreshToken != first.RefreshToken {
		t.Errorf("inside the interval: replayed %t; want the same token", got.Replayed)
	}
	b.step(5 * time.Second)
	if got := b.refresh(t, cookie(first.RefreshToken)); got.Replayed || got.Session.Generation != 2 {
		t.Errorf("after the interval: generation %d; want a rotation", got.Session.Generation)
	}
}

func TestRefresh_RestoredBackupKeepsPeopleSignedIn(t *testing.T) {
	t.Parallel()
	for _, revoke := range []bool{false, true} {
		t.Run(fmt.Sprintf("revoke=%t", revoke), func(t *testing.T) {
			t.Parallel()
			b := newFixture(t, func(c *renewd.Config) { c.Policy.RevokeRecovered = revoke })
			first := b.signIn(t, renewd.SignIn{})
			backup, _ := b.store.Session(t.Context(), first.Session.ID)
			second := b.refresh(t, body(first.RefreshToken))
			b.step(20 * time.Second)
			third := b.refresh(t, body(second.RefreshToken))

			restored := memstore.New()
			if err := restored.CreateSession(t.Context(), backup); err != nil {
				t.Fatal(err)
			}
			cfg := b.cfg
			cfg.Sessions = restored
			b.Manager = b.start(t, cfg)
			b.step(25 * time.Hour) // the restored row's idle expiry is long past
			if revoke {
				b.wantRefreshError(t, body(third.RefreshToken), renewd.ErrSessionRevoked)
				b.wantRefreshError(t, body(third.RefreshToken), renewd.ErrSessionRevoked)
				return
			}
			fourth := b.refresh(t, body(third.RefreshToken))
			if fourth.Session.Generation != 4 {
				t.Errorf("generation: got %d, want 4", fourth.Session.Generation)
			}
			b.takeEvents()
			b.step(time.Minute)
			b.wantRefreshError(t, body(third.RefreshToken), renewd.ErrRefreshReused)
		})
	}
}

func TestRefresh_RotationOffKeepsTheToken(t *testing.T) {
	t.Parallel()
	b := newFixture(t)
	first := b.signIn(t, renewd.SignIn{RotationOff: true})
	for range 3 {
		b.step(23 * time.Hour)
		got := b.refresh(t, body(first.RefreshToken))
		if got.RefreshToken != first.RefreshToken || !got.Session.IdleExpiresAt.Equal(b.now().Add(24*time.Hour)) {
			t.Fatalf("same token %t, idle expiry %v", got.RefreshToken == first.RefreshToken, got.Session.IdleExpiresAt)
		}
	}
	b.step(4 * 24 * time.Hour)
	b.wantRefreshError(t, body(first.RefreshToken), renewd.ErrRefreshExpired)
}

func TestRefresh_TimeoutsEndTheSession(t *testing.T) {
	t.Parallel()
	b := newFixture(t)
	idle := b.signIn(t, renewd.SignIn{})
	busy := b.signIn(t, renewd.SignIn{})
	remembered := b.signIn(t, renewd.SignIn{Remember: true})
	for range 7 {
		b.step(24*time.Hour - time.Second)
		busy = b.refresh(t, body(busy.RefreshToken))
	}
	b.wantRefreshError(t, body(idle.RefreshToken), renewd.ErrRefreshExpired)
	if left := busy.Session.ExpiresAt.Sub(b.now()); busy.ExpiresIn != left || left != 7*time.Second {
		t.Errorf("the last access token lives %v, the session %v; want 7s", busy.ExpiresIn, left)
	}
	b.step(7 * time.Second)
	b.wantRefreshError(t, body(busy.RefreshToken), renewd.ErrRefreshExpired)
	b.refresh(t, body(remembered.RefreshToken))
}

func TestRefresh_WrongModeOrClientIsAnInvalidToken(t *testing.T) {
	t.Parallel()
	b := newFixture(t)
	first := b.signIn(t, renewd.SignIn{Mode: renewd.ModeCookie, ClientID: "app"})
	wrongMode, wrongClient := body(first.RefreshToken), body(first.RefreshToken)
	wrongMode.ClientID = "app"
	wrongClient.Mode = renewd.ModeCookie
	b.wantRefreshError(t, wrongMode, renewd.ErrInvalidToken)
	b.wantRefreshError(t, wrongClient, renewd.ErrInvalidToken)
	if row, _ := b.store.Session(t.Context(), first.Session.ID); row.Generation != 1 || row.Revoked() {
		t.Error("the row must not change")
	}
}

func TestRefresh_HundredCallersOneRotation(t *testing.T) {
	t.Parallel()
	for _, r := range []renewd.RefreshRequest{
		{Mode: renewd.ModeBody},
		{Mode: renewd.ModeBody, IdempotencyKey: keyA},
		{Mode: renewd.ModeCookie},
	} {
		t.Run(fmt.Sprintf("%v key=%t", r.Mode, r.IdempotencyKey != ""), func(t *testing.T) {
			t.Parallel()
			b := newFixture(t)
			first := b.signIn(t, renewd.SignIn{Mode: r.Mode})
			r.RefreshToken = first.RefreshToken
			b.step(time.Minute)
			got := make([]renewd.Tokens, 100)
			errs := make([]error, len(got))
			var wg sync.WaitGroup
			for i := range got {
				wg.Go(func() { got[i], errs[i] = b.Refresh(context.Background(), r) })
			}
			wg.Wait()
			rotations := 0
			for i := range got {
				if errs[i] != nil || got[i].RefreshToken != got[0].RefreshToken || got[i].Session.Generation != 2 {
					t.Fatalf("caller %d: error %v, generation %d", i, errs[i], got[i].Session.Generation)
				}
				if !got[i].Replayed {
					rotations++
				}
			}
			if rotations != 1 {
				t.Errorf("rotations: got %d, want 1", rotations)
			}
		})
	}
}

func TestRefresh_SecretsChangeWithoutSigningOut(t *testing.T) {
	t.Parallel()
	b := newFixture(t)
	first := b.signIn(t, renewd.SignIn{})
	lost := b.refresh(t, body(first.RefreshToken, keyA))
	cfg := b.cfg
	cfg.Secrets = [][]byte{[]byte("a test secret of more than 32 bytes, number two"), b.cfg.Secrets[0]}
	b.Manager = b.start(t, cfg)
	b.step(time.Hour)
	again := b.refresh(t, body(first.RefreshToken, keyA))
	if again.RefreshToken != lost.RefreshToken {
		t.Error("a replay across a change of the secret must answer the same head")
	}
	third := b.refresh(t, body(again.RefreshToken, keyB))

	// The old secret is dropped, and the signing key that it wrapped with it.
	cfg.Secrets, cfg.SigningKeys = cfg.Secrets[:1], memstore.New()
	b.Manager = b.start(t, cfg)
	b.wantRefreshError(t, body(again.RefreshToken, keyB), renewd.ErrUnavailable)
	b.refresh(t, body(third.RefreshToken, keyA))
}

func TestSignIn_ReplacesAndConfirms(t *testing.T) {
	t.Parallel()
	b := newFixture(t)
	first := b.signIn(t, renewd.SignIn{})
	b.signIn(t, renewd.SignIn{Replaces: first.RefreshToken})
	b.wantRefreshError(t, body(first.RefreshToken), renewd.ErrSessionRevoked)
	b.signIn(t, renewd.SignIn{Replaces: "rnw_rt_not a token"})

	overrun := errors.New("account disabled meanwhile")
	got, err := b.SignIn(t.Context(), renewd.SignIn{
		Subject: "usr_bob", Mode: renewd.ModeBody, Confirm: func() error { return overrun },
	})
	if !errors.Is(err, overrun) || got.RefreshToken != "" {
		t.Errorf("got error %v, tokens %t; want the error of Confirm and no tokens", err, got.RefreshToken != "")
	}
	if live, _ := b.Sessions(t.Context(), "usr_bob"); len(live) != 0 {
		t.Errorf("live sessions: got %d, want 0", len(live))
	}
}

func TestSignIn_ThatFailsSignsNobodyOut(t *testing.T) {
	t.Parallel()
	b := newFixture(t)
	held := b.signIn(t, renewd.SignIn{})
	in := renewd.SignIn{Subject: "usr_alice", Mode: renewd.ModeBody, Replaces: held.RefreshToken}
	in.Confirm = func() error { return errors.New("no") }
	if _, err := b.SignIn(t.Context(), in); err == nil {
		t.Error("got no error of Confirm")
	}
	cfg := b.cfg
	cfg.Sessions = failing{b.store}
	in.Confirm = nil
	if _, err := b.start(t, cfg).SignIn(t.Context(), in); !errors.Is(err, renewd.ErrUnavailable) {
		t.Errorf("got %v, want %v", err, renewd.ErrUnavailable)
	}
	b.refresh(t, body(held.RefreshToken))
}

func TestSignIn_KeepsScopeAndACR(t *testing.T) {
	t.Parallel()
	b := newFixture(t)
	first := b.signIn(t, renewd.SignIn{Scope: "read write", ACR: "aal1", UserAgent: "a\u009b31m\u202eb\x00"})
	second := b.refresh(t, body(first.RefreshToken))
	who, err := b.Authenticate(t.Context(), second.AccessToken)
	if err != nil || who.Scope != "read write" {
		t.Errorf("scope: got %q, %v", who.Scope, err)
	}
	if row, _ := b.store.Session(t.Context(), first.Session.ID); row.ACR != "aal1" || row.UserAgent != "a31mb" {
		t.Errorf("got acr %q, user agent %q", row.ACR, row.UserAgent)
	}
}

func TestSignIn_RefusesWhatIsOutOfBounds(t *testing.T) {
	t.Parallel()
	b := newFixture(t)
	long := string(make([]byte, 257))
	for name, in := range map[string]renewd.SignIn{
		"no subject":    {Mode: renewd.ModeBody},
		"long subject":  {Subject: long, Mode: renewd.ModeBody},
		"long username": {Subject: "a", Username: long, Mode: renewd.ModeBody},
		"long client":   {Subject: "a", ClientID: long, Mode: renewd.ModeBody},
		"no mode":       {Subject: "a"},
		"long ACR":      {Subject: "a", Mode: renewd.ModeBody, ACR: long},
		"long scope":    {Subject: "a", Mode: renewd.ModeBody, Scope: strings.Repeat("s", 1025)},
		"two spaces":    {Subject: "a", Mode: renewd.ModeBody, Scope: "read  write"},
		"quoted scope":  {Subject: "a", Mode: renewd.ModeBody, Scope: `read "write"`},
		"empty role":    {Subject: "a", Mode: renewd.ModeBody, Roles: []string{""}},
		"not UTF-8":     {Subject: "a\xff", Mode: renewd.ModeBody},
		"long roles":    {Subject: "a", Mode: renewd.ModeBody, Roles: slices.Repeat([]string{strings.Repeat("r", 256)}, 64)},
		"many roles":    {Subject: "a", Mode: renewd.ModeBody, Roles: make([]string, 65)},
	} {
		if _, err := b.SignIn(t.Context(), in); !errors.Is(err, renewd.ErrInvalidRequest) {
			t.Errorf("%s: got %v, want %v", name, err, renewd.ErrInvalidRequest)
		}
	}
	if all, _ := b.AllSessions(t.Context(), store.SessionID{}, 10); len(all) != 0 {
		t.Errorf("sessions: got %d, want 0", len(all))
	}
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	type held struct{ old, head, other renewd.Tokens }
	for name, c := range map[string]struct {
		request func(held) renewd.SignOutRequest
		want    error
		live    int // of the two sessions
	}{
		"head":           {func(h held) renewd.SignOutRequest { return renewd.SignOutRequest{RefreshToken: h.head.RefreshToken} }, nil, 1},
		"old generation": {func(h held) renewd.SignOutRequest { return renewd.SignOutRequest{RefreshToken: h.old.RefreshToken} }, nil, 1},
		"access token":   {func(h held) renewd.SignOutRequest { return renewd.SignOutRequest{AccessToken: h.head.AccessToken} }, nil, 1},
		"others by head": {func(h held) renewd.SignOutRequest {
			return renewd.SignOutRequest{RefreshToken: h.head.RefreshToken, Scope: renewd.ScopeOthers}
		}, nil, 1},
		"all by head": {func(h held) renewd.SignOutRequest {
			return renewd.SignOutRequest{RefreshToken: h.head.RefreshToken, Scope: renewd.ScopeAll}
		}, nil, 0},
		"all by access token": {func(h held) renewd.SignOutRequest {
			return renewd.SignOutRequest{AccessToken: h.head.AccessToken, Scope: renewd.ScopeAll}
		}, nil, 0},
		"all by old generation": {func(h held) renewd.SignOutRequest {
			return renewd.SignOutRequest{RefreshToken: h.old.RefreshToken, Scope: renewd.ScopeAll}
		}, renewd.ErrConflict, 2},
		"others by old": {func(h held) renewd.SignOutRequest {
			return renewd.SignOutRequest{RefreshToken: h.old.RefreshToken, Scope: renewd.ScopeOthers}
		}, renewd.ErrConflict, 2},
		"no token": {func(held) renewd.SignOutRequest { return renewd.SignOutRequest{} }, renewd.ErrInvalidRequest, 2},
		"two tokens": {func(h held) renewd.SignOutRequest {
			return renewd.SignOutRequest{RefreshToken: h.head.RefreshToken, AccessToken: h.head.AccessToken}
		}, renewd.ErrInvalidRequest, 2},
		"unknown scope": {func(h held) renewd.SignOutRequest {
			return renewd.SignOutRequest{RefreshToken: h.head.RefreshToken, Scope: "world"}
		}, renewd.ErrInvalidRequest, 2},
		"access token as refresh": {func(h held) renewd.SignOutRequest { return renewd.SignOutRequest{RefreshToken: h.head.AccessToken} }, renewd.ErrInvalidToken, 2},
		"refresh token as access": {func(h held) renewd.SignOutRequest { return renewd.SignOutRequest{AccessToken: h.head.RefreshToken} }, renewd.ErrInvalidToken, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newFixture(t)
			old := b.signIn(t, renewd.SignIn{})
			h := held{old, b.refresh(t, body(old.RefreshToken)), b.signIn(t, renewd.SignIn{})}
			for range 2 { // signing out twice is no error
				if err := b.SignOut(t.Context(), c.request(h)); !errors.Is(err, c.want) {
					t.Fatalf("SignOut: got %v, want %v", err, c.want)
				}
				if c.live == 0 && c.request(h).AccessToken != "" {
					break // the wider scopes need a live session where they name it by an access token
				}
			}
			live, err := b.Sessions(t.Context(), "usr_alice")
			if err != nil || len(live) != c.live {
				t.Errorf("live sessions: got %d (error %v), want %d", len(live), err, c.live)
			}
		})
	}
}

func TestSignOut_ExpiredAccessTokenStillEndsItsSession(t *testing.T) {
	t.Parallel()
	b := newFixture(t)
	first := b.signIn(t, renewd.SignIn{})
	b.step(time.Hour)
	if err := b.SignOut(t.Context(), renewd.SignOutRequest{AccessToken: first.AccessToken, Scope: renewd.ScopeAll}); !errors.Is(err, renewd.ErrInvalidToken) {
		t.Errorf("all: got %v, want %v", err, renewd.ErrInvalidToken)
	}
	if err := b.SignOut(t.Context(), renewd.SignOutRequest{AccessToken: first.AccessToken}); err != nil {
		t.Fatal(err)
	}
	b.wantRefreshError(t, body(first.RefreshToken), renewd.ErrSessionRevoked)
}

func TestRevoke_OwnAndOthers(t *testing.T) {
	t.Parallel()
	b := newFixture(t)
	alice, bob := b.signIn(t, renewd.SignIn{}), b.signIn(t, renewd.SignIn{Subject: "usr_bob"})
	if err := b.RevokeOwn(t.Context(), "usr_alice", bob.Session.ID); !errors.Is(err, renewd.ErrNotFound) {
		t.Errorf("somebody else's session: got %v, want %v", err, renewd.ErrNotFound)
	}
	if err := b.RevokeOwn(t.Context(), "usr_alice", store.SessionID{}); !errors.Is(err, renewd.ErrNotFound) {
		t.Errorf("no session: got %v, want %v", err, renewd.ErrNotFound)
	}
	if err := b.RevokeOwn(t.Context(), "usr_alice", alice.Session.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Authenticate(t.Context(), bob.AccessToken); err != nil {
		t.Errorf("bob must stay signed in: %v", err)
	}
	done, err := b.Revoke(t.Context(), alice.Session.ID, store.ReasonOperator)
	if done || err != nil {
		t.Errorf("revoked before: got %t, %v; want false, nil", done, err)
	}
	if got, _ := b.Session(t.Context(), alice.Session.ID); got.RevokeReason != store.ReasonSignOut {
		t.Errorf("reason: got %q, want the first one", got.RevokeReason)
	}
	if _, err := b.Manager.RevokeSubject(t.Context(), store.SubjectRevocation{}); !errors.Is(err, renewd.ErrInvalidRequest) {
		t.Errorf("no subject: got %v, want %v", err, renewd.ErrInvalidRequest)
	}
	if _, err := b.Sessions(t.Context(), ""); !errors.Is(err, renewd.ErrInvalidRequest) {
		t.Errorf("no subject: got %v, want %v", err, renewd.ErrInvalidRequest)
	}
}

// A token ahead of the store brings an idle session back: an operator who ends
// them all means those too.
func TestRevokeAll_EndsWhatIsIdleToo(t *testing.T) {
	t.Parallel()
	b := newFixture(t)
	first := b.signIn(t, renewd.SignIn{Subject: "usr_bob"})
	backup, _ := b.store.Session(t.Context(), first.Session.ID)
	ahead := b.refresh(t, body(first.RefreshToken))
	restored := memstore.New()
	if err := restored.CreateSession(t.Context(), backup); err != nil {
		t.Fatal(err)
	}
	cfg := b.cfg
	cfg.Sessions = restored
	b.Manager = b.start(t, cfg)
	b.step(25 * time.Hour)
	b.signIn(t, renewd.SignIn{})
	told := 0
	n, err := b.RevokeAll(t.Context(), store.ReasonOperator, func(n int) { told = n })
	if n != 2 || told != 2 || err != nil {
		t.Errorf("got %d, told %d, error %v; want 2", n, told, err)
	}
	b.wantRefreshError(t, body(ahead.RefreshToken), renewd.ErrSessionRevoked)
	if n, err := b.RevokeAll(t.Context(), store.ReasonOperator, nil); n != 0 || err != nil {
		t.Errorf("again: got %d, %v; want 0", n, err)
	}
}

func TestSessions_ShowUseInStepsOfFifteenMinutes(t *testing.T) {
	t.Parallel()
	b := newFixture(t)
	b.step(7 * time.Minute)
	first := b.signIn(t, renewd.SignIn{})
	list, err := b.Sessions(t.Context(), "usr_alice")
	if err != nil || len(list) != 1 {
		t.Fatalf("got %d sessions, error %v", len(list), err)
	}
	noon := b.now().Add(-7 * time.Minute)
	if got := list[0]; !got.UsedAt.Equal(got.CreatedAt) || !got.IdleExpiresAt.Equal(noon.Add(24*time.Hour+15*time.Minute)) || !got.Live {
		t.Errorf("at first: used %v, idle expiry %v, live %t", got.UsedAt, got.IdleExpiresAt, got.Live)
	}
	b.step(30 * time.Minute)
	second := b.refresh(t, body(first.RefreshToken))
	if !second.Session.UsedAt.Equal(b.now()) {
		t.Errorf("answered %v, want %v", second.Session.UsedAt, b.now())
	}
	got, err := b.Session(t.Context(), first.Session.ID)
	if err != nil || !got.UsedAt.Equal(noon.Add(30*time.Minute)) || !got.IdleExpiresAt.Equal(noon.Add(24*time.Hour+45*time.Minute)) {
		t.Errorf("later: used %v, idle expiry %v, error %v", got.UsedAt, got.IdleExpiresAt, err)
	}
	b.step(24 * time.Hour) // past the idle expiry, before what is shown
	if got, _ := b.Session(t.Context(), first.Session.ID); got.Live {
		t.Error("an idle session is shown as live")
	}
}

func TestPurge_DeletesWhatIsOver(t *testing.T) {
	t.Parallel()
	b := newFixture(t)
	first := b.signIn(t, renewd.SignIn{})
	kept := b.signIn(t, renewd.SignIn{Remember: true})
	b.step(7*24*time.Hour - time.Millisecond)
	if n, err := b.Purge(t.Context()); n != 0 || err != nil {
		t.Errorf("before the end: got %d, %v; want 0", n, err)
	}
	b.step(time.Millisecond)
	if n, err := b.Purge(t.Context()); n != 1 || err != nil {
		t.Errorf("at the end: got %d, %v; want 1", n, err)
	}
	b.wantRefreshError(t, body(first.RefreshToken), renewd.ErrRefreshExpired)
	b.refresh(t, body(kept.RefreshToken))
}

// failing is a store that cannot serve.
type failing struct{ store.Sessions }

func (failing) RotateSession(context.Context, store.Rotation) (store.Session, error) {
	return store.Session{}, store.ErrOutcomeUnknown
}

func (failing) Session(context.Context, store.SessionID) (store.Session, error) {
	return store.Session{}, store.ErrUnavailable
}

func (failing) CreateSession(context.Context, store.Session) error { return store.ErrUnavailable }

func TestManager_StoreInTroubleSaysTryAgain(t *testing.T) {
	t.Parallel()
	b := newFixture(t)
	first := b.signIn(t, renewd.SignIn{})
	cfg := b.cfg
	cfg.Sessions = failing{b.store}
	b.Manager = b.start(t, cfg)
	b.wantRefreshError(t, body(first.RefreshToken), renewd.ErrUnavailable)
	if _, err := b.Authenticate(t.Context(), first.AccessToken); !errors.Is(err, renewd.ErrUnavailable) {
		t.Errorf("Authenticate: got %v, want %v", err, renewd.ErrUnavailable)
	}
	if _, err := b.SignIn(t.Context(), renewd.SignIn{Subject: "a", Mode: renewd.ModeBody}); !errors.Is(err, renewd.ErrUnavailable) {
		t.Errorf("SignIn: got %v, want %v", err, renewd.ErrUnavailable)
	}
}

func TestNew_RefusesWithFieldAndBound(t *testing.T) {
	t.Parallel()
	for field, change := range map[string]func(*renewd.Config){
		"Issuer":                         func(c *renewd.Config) { c.Issuer = "" },
		"Issuer ":                        func(c *renewd.Config) { c.Issuer = "auth.example.com" },
		"Issuer  ":                       func(c *renewd.Config) { c.Issuer = "https://auth.example.com/?tenant=1" },
		"Audience":                       func(c *renewd.Config) { c.Audience = nil },
		"Audience ":                      func(c *renewd.Config) { c.Audience = []string{""} },
		"Sessions":                       func(c *renewd.Config) { c.Sessions = nil },
		"SigningKeys":                    func(c *renewd.Config) { c.SigningKeys = nil },
		"Secrets":                        func(c *renewd.Config) { c.Secrets = nil },
		"Secrets ":                       func(c *renewd.Config) { c.Secrets = [][]byte{[]byte("short")} },
		"Algorithm":                      func(c *renewd.Config) { c.Algorithm = "none" },
		"Policy.AccessTokenLifetime":     func(c *renewd.Config) { c.Policy.AccessTokenLifetime = 25 * time.Hour },
		"Policy.IdleTimeout":             func(c *renewd.Config) { c.Policy.IdleTimeout = 8 * 24 * time.Hour },
		"Policy.AbsoluteTimeout":         func(c *renewd.Config) { c.Policy = renewd.Policy{AccessTokenLifetime: time.Minute} },
		"Policy.RememberIdleTimeout":     func(c *renewd.Config) { c.Policy.RememberIdleTimeout = 0 },
		"Policy.RememberAbsoluteTimeout": func(c *renewd.Config) { c.Policy.RememberAbsoluteTimeout = 401 * 24 * time.Hour },
		"Policy.ReuseInterval":           func(c *renewd.Config) { c.Policy.ReuseInterval = time.Minute + time.Millisecond },
		"Policy.ReuseInterval ":          func(c *renewd.Config) { c.Policy.ReuseInterval = -time.Second },
		"Policy.IdleTimeout ":            func(c *renewd.Config) { c.Policy.IdleTimeout = time.Hour + time.Microsecond },
	} {
		s := memstore.New()
		cfg := renewd.Config{
			Issuer: "https://a.example", Audience: []string{"b"}, Sessions: s, SigningKeys: s,
			Secrets: [][]byte{make([]byte, 32)}, Policy: renewd.DefaultPolicy(),
		}
		change(&cfg)
		_, err := renewd.New(t.Context(), cfg)
		var bad *renewd.ConfigError
		if !errors.As(err, &bad) || bad.Field != strings.TrimSpace(field) || bad.Bound == "" {
			t.Errorf("%s: got %v", field, err)
		}
	}
}

func TestNew_WrongSecretIsRefused(t *testing.T) {
	t.Parallel()
	b := newFixture(t)
	cfg := b.cfg
	cfg.Secrets = [][]byte{[]byte("some other secret of more than 32 bytes, surely")}
	if _, err := renewd.New(t.Context(), cfg); !errors.Is(err, store.ErrWrongSecret) {
		t.Errorf("got %v, want %v", err, store.ErrWrongSecret)
	}
}

func TestPolicy_ChangeNeverLengthensASession(t *testing.T) {
	t.Parallel()
	b := newFixture(t)
	first := b.signIn(t, renewd.SignIn{})
	cfg := b.cfg
	cfg.Policy.IdleTimeout, cfg.Policy.AbsoluteTimeout = 48*time.Hour, 14*24*time.Hour
	b.Manager = b.start(t, cfg)
	b.step(time.Hour)
	second := b.refresh(t, body(first.RefreshToken))
	if !second.Session.ExpiresAt.Equal(first.Session.ExpiresAt) || !second.Session.IdleExpiresAt.Equal(b.now().Add(24*time.Hour)) {
		t.Errorf("expires %v, idle %v: want them as at sign-in", second.Session.ExpiresAt, second.Session.IdleExpiresAt)
	}
}
