package renewd

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/renewd/renewd/store"
	"github.com/renewd/renewd/store/memstore"
)

// chain is one session twice: in a Manager over a store, and as a row that the
// rule moves alone.
type chain struct {
	m      *Manager
	now    time.Time
	secret sessionSecret
	row    store.Session
}

func newChain(t *rapid.T, policy Policy, mode Mode, rotationOff bool) *chain {
	c := &chain{now: testNow}
	engine := memstore.New()
	m, err := New(context.Background(), Config{
		Issuer: "https://id.example", Audience: []string{"https://api.example"}, Algorithm: "EdDSA",
		Sessions: engine, SigningKeys: engine, Secrets: [][]byte{[]byte(testMaster)},
		Policy: policy, Now: func() time.Time { return c.now },
	})
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := m.SignIn(context.Background(), SignIn{Subject: "subject", Mode: mode, AMR: []string{"pwd"}, RotationOff: rotationOff})
	if err != nil {
		t.Fatal(err)
	}
	token, err := parseRefreshToken(tokens.RefreshToken, m.secrets)
	if err != nil {
		t.Fatal(err)
	}
	c.m, c.secret = m, token.secret
	c.row = c.stored(t)
	return c
}

func (c *chain) stored(t *rapid.T) store.Session {
	row, err := c.m.cfg.Sessions.Session(context.Background(), c.secret.sessionID())
	if err != nil {
		t.Fatal(err)
	}
	return row
}

func (c *chain) token(generation uint64) string {
	s := c.m.secrets.current()
	return refreshToken{keyID: s.keyID, secret: c.secret, generation: generation}.encode(s.mac)
}

// expect moves the row as the rule says, and returns the verdict.
func (c *chain) expect(generation uint64, key string) (verdict, error) {
	s := c.m.secrets.current()
	p := presented{generation: generation, mode: c.row.Mode, clientID: DefaultClientID, attempt: s.attemptHash(c.row.ID, key)}
	interval := c.m.cfg.Policy.ReuseInterval
	v, err := decide(&c.row, p, c.now, interval)
	rotation := p.rotation(c.row.ID, c.now, interval, s.keyID)
	switch v {
	case rotated, renewed:
		c.row = rotation.Apply(c.row)
	case recovered:
		rotation.Generation = c.row.Generation
		c.row = store.Recovery{Rotation: rotation, Presented: generation}.Apply(c.row)
	case late:
		err = ErrConflict
	case reused:
		c.row.RevokedAt, c.row.RevokeReason = c.now, store.ReasonReuse
		err = ErrRefreshReused
	}
	return v, err
}

// refresh does the same to both, and compares them.
func (c *chain) refresh(t *rapid.T, generation uint64, key string) verdict {
	v, wantErr := c.expect(generation, key)
	got, err := c.m.Refresh(context.Background(), RefreshRequest{RefreshToken: c.token(generation), Mode: c.row.Mode, IdempotencyKey: key})
	if !errors.Is(err, wantErr) || (err == nil) != (wantErr == nil) {
		t.Fatalf("generation %d: got %v, want %s, %v", generation, err, verdictNames[v], wantErr)
	}
	if diff := cmp.Diff(c.row, c.stored(t)); diff != "" {
		t.Fatalf("generation %d, %s: the row differs (-rule +store):\n%s", generation, verdictNames[v], diff)
	}
	if err != nil {
		if got.RefreshToken != "" || got.AccessToken != "" {
			t.Fatalf("generation %d: tokens beside the error %v", generation, err)
		}
		return v
	}
	if got.RefreshToken != c.token(c.row.Generation) || got.Replayed != (v == replayed) || got.Session.Generation != c.row.Generation {
		t.Fatalf("generation %d: got generation %d, replayed %v; want the head %d by %s", generation, got.Session.Generation, got.Replayed, c.row.Generation, verdictNames[v])
	}
	issued := c.now.Truncate(time.Second)
	if end := issued.Add(got.ExpiresIn); got.AccessToken == "" || end.After(c.row.ExpiresAt) || end.After(c.row.IdleExpiresAt) {
		t.Fatalf("the access token lasts until %v, the session until %v and %v", end, c.row.IdleExpiresAt, c.row.ExpiresAt)
	}
	return v
}

// TestRefreshFollowsTheRule drives one session through a Manager and a store,
// and through the rule alone.
func TestRefreshFollowsTheRule(t *testing.T) {
	t.Parallel()
	seen := map[verdict]int{}
	keys := rapid.SampledFrom([]string{"", "an-attempt-of-the-owner", "an-attempt-of-a-thief.."})
	rapid.Check(t, func(t *rapid.T) {
		policy := DefaultPolicy()
		policy.ReuseInterval = rapid.SampledFrom([]time.Duration{0, testInterval, testInterval}).Draw(t, "interval")
		mode := rapid.SampledFrom([]Mode{cookie, body}).Draw(t, "mode")
		c := newChain(t, policy, mode, rapid.IntRange(0, 4).Draw(t, "rotation off") == 0)
		pauses := rapid.SampledFrom([]time.Duration{
			0, 0, time.Millisecond, testInterval - time.Millisecond, testInterval, time.Hour, -time.Minute,
			policy.IdleTimeout - time.Millisecond, policy.IdleTimeout,
		})
		// From two behind the head to two ahead of it, mostly about the head.
		steps := rapid.SampledFrom([]int{-2, -1, -1, 0, 0, 0, 0, 1, 2})
		for range rapid.IntRange(1, 20).Draw(t, "calls") {
			c.now = c.now.Add(pauses.Draw(t, "pause"))
			generation := max(int(c.row.Generation)+steps.Draw(t, "from the head"), 0)
			seen[c.refresh(t, uint64(generation), keys.Draw(t, "key"))]++
		}
	})
	for v, name := range verdictNames {
		if seen[verdict(v)] == 0 && !t.Failed() {
			t.Errorf("no call was %s: %v", name, seen)
		}
	}
}
