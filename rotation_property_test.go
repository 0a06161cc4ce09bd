package renewd

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/renewd/renewd/store"
)

// situation is a row and a presentation near every boundary of the rule.
type situation struct {
	row      store.Session
	p        presented
	now      time.Time
	interval time.Duration
}

func (s situation) soon() bool {
	return s.interval > 0 && s.now.Sub(s.row.RotatedAt) < s.interval
}

func (s situation) decide() (verdict, error) { return decide(&s.row, s.p, s.now, s.interval) }

func (s situation) rotation() store.Rotation { return s.p.rotation(s.row.ID, s.now, s.interval, 7) }

// after returns the row as the verdict leaves it.
func (s situation) after(v verdict) store.Session {
	switch v {
	case rotated, renewed:
		return s.rotation().Apply(s.row)
	case recovered:
		r := store.Recovery{Rotation: s.rotation(), Presented: s.p.generation}
		r.Generation = s.row.Generation
		return r.Apply(s.row)
	}
	return s.row
}

func situations() *rapid.Generator[situation] {
	keys := rapid.SampledFrom([][]byte{nil, {}, testKey, anotherKey})
	modes := rapid.SampledFrom([]Mode{cookie, body})
	clients := rapid.SampledFrom([]string{"a", "a", "a", "A"})
	return rapid.Custom(func(t *rapid.T) situation {
		s := situation{now: testNow, interval: rapid.SampledFrom([]time.Duration{0, time.Millisecond, testInterval}).Draw(t, "interval")}
		s.row = sessions(t, s.now, s.interval)
		s.row.Mode, s.row.ClientID = modes.Draw(t, "mode"), clients.Draw(t, "client")
		s.row.Attempt = keys.Draw(t, "kept")
		s.p = presented{
			generation: near(t, s.row.Generation), attempt: keys.Draw(t, "given"),
			mode: s.row.Mode, clientID: s.row.ClientID,
		}
		if rapid.IntRange(0, 9).Draw(t, "stranger") == 0 {
			s.p.mode, s.p.clientID = modes.Draw(t, "mode"), clients.Draw(t, "client")
		}
		return s
	})
}

func sessions(t *rapid.T, now time.Time, interval time.Duration) store.Session {
	around := func(of time.Duration, label string) time.Duration {
		return of + time.Millisecond*time.Duration(rapid.IntRange(-1, 1).Draw(t, label))
	}
	far := rapid.SampledFrom([]time.Duration{-time.Hour, 0, interval, time.Hour})
	s := store.Session{
		ID: store.SessionID{1}, Generation: rapid.OneOf(rapid.Uint64Range(1, 4), rapid.Uint64Range(maxGen-3, maxGen)).Draw(t, "head"),
		RotationOff: rapid.IntRange(0, 5).Draw(t, "rotation off") == 0,
		AMR:         []string{"pwd"}, AuthTime: now.Add(-48 * time.Hour), CreatedAt: now.Add(-48 * time.Hour),
		RotatedAt:   now.Add(-around(far.Draw(t, "since"), "since, more exactly")),
		IdleTimeout: time.Duration(rapid.IntRange(1, 48).Draw(t, "idle timeout")) * time.Hour,
		ExpiresAt:   now.Add(around(rapid.SampledFrom([]time.Duration{0, time.Hour, 24 * time.Hour}).Draw(t, "left"), "left, more exactly")),
	}
	s.UsedAt = s.RotatedAt
	s.IdleExpiresAt = now.Add(around(rapid.SampledFrom([]time.Duration{0, time.Hour}).Draw(t, "idle left"), "idle left, more exactly"))
	if s.IdleExpiresAt.After(s.ExpiresAt) {
		s.IdleExpiresAt = s.ExpiresAt
	}
	if rapid.IntRange(0, 9).Draw(t, "revoked") == 0 {
		s.RevokedAt, s.RevokeReason = now.Add(-time.Minute), rapid.SampledFrom([]store.Reason{store.ReasonReuse, store.ReasonSignOut}).Draw(t, "reason")
	}
	return s
}

func near(t *rapid.T, head uint64) uint64 {
	low, high := uint64(0), min(head+3, maxGen)
	if head > 3 {
		low = head - 3
	}
	return rapid.Uint64Range(low, high).Draw(t, "presented")
}

// TestRotationAppliesWhenDecided holds the compare-and-set of the stores and the
// rule together: the first try of a refresh is right without a read.
func TestRotationAppliesWhenDecided(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := situations().Draw(t, "situation")
		if s.p.generation == maxGen {
			t.Skip("a refresh does not try to rotate the last generation")
		}
		v, _ := s.decide()
		got, want := s.rotation().Applies(s.row), v == rotated || v == renewed
		if got != want {
			t.Fatalf("the store's condition holds: %v; the rule says %s", got, verdictNames[v])
		}
	})
}

func TestRecoveryAppliesWhenDecided(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := situations().Draw(t, "situation")
		if s.p.generation == maxGen {
			t.Skip("nothing comes after the last generation")
		}
		v, _ := s.decide()
		r := store.Recovery{Rotation: s.rotation(), Presented: s.p.generation}
		r.Generation = s.row.Generation
		if got, want := r.Applies(s.row), v == recovered; got != want {
			t.Fatalf("the store's condition holds: %v; the rule says %s", got, verdictNames[v])
		}
	})
}

func TestVerdictMovesTheRow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := situations().Draw(t, "situation")
		before := s.row.Clone()
		v, _ := s.decide()
		if diff := cmp.Diff(before, s.row); diff != "" {
			t.Fatalf("decide changed the row (-before +after):\n%s", diff)
		}
		after := s.after(v)
		wantHead := map[verdict]uint64{rotated: before.Generation + 1, recovered: s.p.generation + 1}
		if want, moves := wantHead[v]; moves && after.Generation != want || !moves && after.Generation != before.Generation {
			t.Fatalf("%s: the head went from %d to %d", verdictNames[v], before.Generation, after.Generation)
		}
		checkUntouched(t, before, after)
		if v == rotated || v == recovered {
			checkAdvanced(t, s, before, after)
		}
	})
}

// checkUntouched looks at what no refresh may move.
func checkUntouched(t *rapid.T, before, after store.Session) {
	if !after.ExpiresAt.Equal(before.ExpiresAt) || !after.AuthTime.Equal(before.AuthTime) || !cmp.Equal(after.AMR, before.AMR) {
		t.Fatalf("expiry, time of sign-in or amr moved: %v, %v", before, after)
	}
	if after.IdleExpiresAt.After(after.ExpiresAt) {
		t.Fatalf("the idle expiry %v is after the absolute one, %v", after.IdleExpiresAt, after.ExpiresAt)
	}
}

// checkAdvanced looks at what a new head brings with it.
func checkAdvanced(t *rapid.T, s situation, before, after store.Session) {
	if !after.RotatedAt.Equal(s.now) || !after.UsedAt.Equal(s.now) {
		t.Fatalf("rotated at %v and used at %v, want %v", after.RotatedAt, after.UsedAt, s.now)
	}
	want := s.p.attempt
	if bytes.Equal(want, before.Attempt) {
		want = nil // a client that never changes its key
	}
	if !bytes.Equal(after.Attempt, want) {
		t.Fatalf("kept the attempt %q, want %q", after.Attempt, want)
	}
}

func TestNothingNeverEqualsNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := situations().Draw(t, "situation")
		if len(s.row.Attempt) > 0 && len(s.p.attempt) > 0 {
			t.Skip("both have a key")
		}
		if sameAttempt(s.row.Attempt, s.p.attempt) {
			t.Fatal("a missing key matches")
		}
		v, _ := s.decide()
		if v == replayed && !s.soon() {
			t.Fatal("a missing key is answered after the interval")
		}
	})
}

func TestNoIntervalIsNeverLenient(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := situations().Draw(t, "situation")
		s.interval = 0
		v, _ := s.decide()
		if v == late || v == replayed && !sameAttempt(s.row.Attempt, s.p.attempt) {
			t.Fatalf("got %s without an interval", verdictNames[v])
		}
	})
}

func TestOldTokenOfAnotherAttemptIsReuse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := situations().Draw(t, "situation")
		again := s.p.generation+1 == s.row.Generation && sameAttempt(s.row.Attempt, s.p.attempt)
		live := refusal(&s.row, s.p, s.now) == nil && !s.row.RotationOff
		want := live && s.p.generation < s.row.Generation && !s.soon() && !again
		v, _ := s.decide()
		if got := v == reused; got != want {
			t.Fatalf("got %s, want reused: %v", verdictNames[v], want)
		}
	})
}

func TestRefusalHasAReason(t *testing.T) {
	t.Parallel()
	reasons := []error{ErrInvalidToken, ErrRefreshExpired, ErrRefreshReused, ErrSessionRevoked}
	rapid.Check(t, func(t *rapid.T) {
		s := situations().Draw(t, "situation")
		v, err := s.decide()
		if (v == refused) != (err != nil) {
			t.Fatalf("got %s with the error %v", verdictNames[v], err)
		}
		known := err == nil
		for _, r := range reasons {
			known = known || errors.Is(err, r)
		}
		if !known {
			t.Fatalf("refused with %v, want one of %v", err, reasons)
		}
	})
}
