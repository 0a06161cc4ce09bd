package account_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/renewd/renewd/account"
	"github.com/renewd/renewd/store"
)

// change is something that ends every session of ada.
type change struct {
	name   string
	reason store.Reason
	do     func(ctx context.Context, w *world) error
}

var changes = []change{
	{"set password", store.ReasonPasswordChanged, func(ctx context.Context, w *world) error {
		return w.SetPassword(ctx, "ada", "another password")
	}},
	{"disable", store.ReasonDisabled, func(ctx context.Context, w *world) error { return w.Disable(ctx, "ada") }},
	{"delete", store.ReasonDeleted, func(ctx context.Context, w *world) error { return w.Delete(ctx, "ada") }},
}

func TestChangesEndSessions(t *testing.T) {
	t.Parallel()
	for _, c := range changes {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			mine, other := w.signIn(t, w.create(t, "ada")), w.signIn(t, w.create(t, "bob"))
			w.clock = w.clock.Add(time.Minute)
			if err := c.do(t.Context(), w); err != nil {
				t.Fatal(err)
			}
			got := w.session(t, mine)
			if !got.RevokedAt.Equal(w.clock) || got.RevokeReason != c.reason {
				t.Errorf("got revoked at %v for %q, want %v for %q", got.RevokedAt, got.RevokeReason, w.clock, c.reason)
			}
			if w.session(t, other).Revoked() {
				t.Error("somebody else's session was revoked")
			}
			if debts := w.owed(t); len(debts) != 0 {
				t.Errorf("still owed: %+v", debts)
			}
		})
	}
}

func TestOwedWhileSessionsAreDown(t *testing.T) {
	t.Parallel()
	for _, c := range changes {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			id := w.signIn(t, w.create(t, "ada"))
			w.sessions.down = errDown

			err := c.do(t.Context(), w)
			if !errors.Is(err, account.ErrRevocationOwed) || !errors.Is(err, errDown) {
				t.Errorf("got %v, want %v and its cause", err, account.ErrRevocationOwed)
			}
			if _, err := w.Authenticate(t.Context(), "ada", goodPassword); err == nil {
				t.Error("the change is not made: the old password still signs in")
			}
			if n := len(w.owed(t)); n != 1 || w.session(t, id).Revoked() {
				t.Fatalf("got %d debts, want 1 with the session untouched", n)
			}
			if n, err := w.SettleOwed(t.Context()); n != 0 || !errors.Is(err, errDown) {
				t.Errorf("settling while down: got %d, error %v; want 0 and %v", n, err, errDown)
			}

			w.sessions.down = nil
			w.clock = w.clock.Add(time.Hour)
			if n, err := w.SettleOwed(t.Context()); n != 1 || err != nil {
				t.Errorf("settling: got %d, error %v; want 1", n, err)
			}
			if got := w.session(t, id).RevokedAt; !got.Equal(w.clock) || len(w.owed(t)) != 0 {
				t.Errorf("got revoked at %v, owed %v; want the time of the settling and nothing", got, w.owed(t))
			}
		})
	}
}

func TestChangeThatFails(t *testing.T) {
	t.Parallel()
	for _, c := range changes {
		for _, fault := range []struct{ cause, want error }{
			{store.ErrUnavailable, store.ErrUnavailable},
			{store.ErrOutcomeUnknown, store.ErrOutcomeUnknown},
			{store.ErrNotFound, account.ErrNotFound}, // somebody deleted it meanwhile
		} {
			w := newWorld(t)
			w.create(t, "ada")
			w.accounts.changeDown = fault.cause
			if err := c.do(t.Context(), w); !errors.Is(err, fault.want) || errors.Is(err, account.ErrRevocationOwed) {
				t.Errorf("%s: got %v, want %v alone", c.name, err, fault.want)
			}
		}
	}
}

func TestRepeatingTheChangeSettles(t *testing.T) {
	t.Parallel()
	for _, c := range changes {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			id := w.signIn(t, w.create(t, "ada"))
			w.sessions.down = errDown
			for range 2 {
				if err := c.do(t.Context(), w); !errors.Is(err, account.ErrRevocationOwed) {
					t.Errorf("down: got %v, want %v", err, account.ErrRevocationOwed)
				}
			}
			w.sessions.down = nil
			var want error
			if c.reason == store.ReasonDeleted {
				want = account.ErrNotFound
			}
			if err := c.do(t.Context(), w); !errors.Is(err, want) {
				t.Errorf("up: got %v, want %v", err, want)
			}
			if !w.session(t, id).Revoked() || len(w.owed(t)) != 0 {
				t.Error("the debt was not paid")
			}
		})
	}
}

// A crash between revoking and settling repeats the revocation; by then the
// person may have signed in again.
func TestLateRepeatSparesNewSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old := w.signIn(t, w.create(t, "ada"))
	w.accounts.settleDown = errDown
	if err := w.SetPassword(t.Context(), "ada", "another password"); !errors.Is(err, account.ErrRevocationOwed) {
		t.Fatalf("got %v, want %v", err, account.ErrRevocationOwed)
	}
	if !w.session(t, old).Revoked() || len(w.owed(t)) != 1 {
		t.Fatal("want the old session revoked and the debt kept")
	}
	p, err := w.Authenticate(t.Context(), "ada", "another password")
	if err != nil {
		t.Fatal(err)
	}
	fresh := w.signIn(t, p)

	w.accounts.settleDown = nil
	if n, err := w.SettleOwed(t.Context()); n != 1 || err != nil {
		t.Errorf("got %d, error %v; want 1", n, err)
	}
	if w.session(t, fresh).Revoked() {
		t.Error("the new session was revoked")
	}
	if len(w.owed(t)) != 0 {
		t.Error("the debt was not settled")
	}
}

func TestSettleOwedOldestFirstBeyondAPage(t *testing.T) {
	t.Parallel()
	const debts = 250
	w := newWorld(t)
	ada := w.create(t, "ada")
	var want []store.SubjectRevocation
	for i := range debts {
		if _, err := w.store.SetPassword(t.Context(), ada.Subject, "hash", store.SessionID{}, noon); err != nil {
			t.Fatal(err)
		}
		want = append(want, store.SubjectRevocation{
			Subject: ada.Subject, Reason: store.ReasonPasswordChanged, At: noon, BelowEpoch: int64(i) + 2,
		})
	}
	if n, err := w.SettleOwed(t.Context()); n != debts || err != nil {
		t.Errorf("got %d, error %v; want %d", n, err, debts)
	}
	if diff := cmp.Diff(want, w.sessions.asked); diff != "" {
		t.Errorf("revocations (-want +got):\n%s", diff)
	}
	if n, err := w.SettleOwed(t.Context()); n != 0 || err != nil {
		t.Errorf("again: got %d, error %v; want 0", n, err)
	}
}

func TestSetPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.create(t, "ada")
	if err := w.SetPassword(t.Context(), "ADA", "another password"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Authenticate(t.Context(), "ada", goodPassword); !errors.Is(err, account.ErrInvalidCredentials) {
		t.Errorf("old password: got %v, want %v", err, account.ErrInvalidCredentials)
	}
	p, err := w.Authenticate(t.Context(), "ada", "another password")
	if err != nil || p.Epoch != ada.Epoch+1 {
		t.Errorf("new password: got epoch %d, error %v; want %d", p.Epoch, err, ada.Epoch+1)
	}
}

func TestDisableTwiceRevokesOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(t, "ada")
	for range 2 {
		if err := w.Disable(t.Context(), "ada"); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(w.sessions.asked); n != 1 {
		t.Errorf("got %d revocations, want 1", n)
	}
	if p, err := w.Lookup(t.Context(), "ada"); err != nil || !p.Disabled || p.Epoch != 2 {
		t.Errorf("got %+v, error %v; want disabled at epoch 2", p, err)
	}
}

func TestChangesOfNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	enable := change{name: "enable", do: func(ctx context.Context, w *world) error { return w.Enable(ctx, "ada") }}
	for _, c := range append([]change{enable}, changes...) {
		if err := c.do(t.Context(), w); !errors.Is(err, account.ErrNotFound) {
			t.Errorf("%s: got %v, want %v", c.name, err, account.ErrNotFound)
		}
	}
}

func TestDeletedNameIsAnotherPersonAfterwards(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := w.create(t, "ada")
	if err := w.Delete(t.Context(), "ada"); err != nil {
		t.Fatal(err)
	}
	if after := w.create(t, "ada"); after.Subject == before.Subject {
		t.Errorf("got subject %q twice", after.Subject)
	}
}
