package account_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/renewd/renewd/account"
	"github.com/renewd/renewd/store"
	"github.com/renewd/renewd/store/memstore"
)

func TestAuthenticate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made, err := w.Create(t.Context(), account.NewPerson{Name: "Ada", Password: goodPassword, Roles: []string{"admin", "dev"}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := w.Authenticate(t.Context(), "ada", goodPassword)
	if err != nil {
		t.Fatal(err)
	}
	want := account.Person{Subject: made.Subject, Name: "ada", Roles: []string{"admin", "dev"}, Epoch: 1, CreatedAt: noon}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("person (-want +got):\n%s", diff)
	}
}

// Nobody can tell these apart: one error value, and one hash with current
// parameters each.
func TestRefusalsAreAlike(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, typed, password string
		hashes                int
	}{
		{"unknown name", "nobody", goodPassword, 1},
		{"wrong password", "ada", "wrong password", 1},
		{"empty password", "ada", "", 1},
		{"password nobody can have", "ada", "wrong\x00password", 1},
		{"password nobody can have, unknown name", "nobody", "wrong\x00password", 1},
		{"malformed name", "a da", goodPassword, 1},
		{"empty name", "", goodPassword, 1},
		{"disabled, wrong password", "bob", "wrong password", 1},
		{"name too long", strings.Repeat("a", 257), goodPassword, 0},
		{"password too long", "ada", strings.Repeat("a", 1025), 0},
		{"password too long, unknown name", "nobody", strings.Repeat("a", 1025), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.create(t, "ada")
			w.create(t, "bob")
			if err := w.Disable(t.Context(), "bob"); err != nil {
				t.Fatal(err)
			}
			var costs []account.HashParams
			s, err := account.NewCheap(account.Config{Accounts: w.accounts, Sessions: w.sessions, Hash: cheap},
				func(p account.HashParams) { costs = append(costs, p) })
			if err != nil {
				t.Fatal(err)
			}
			p, err := s.Authenticate(t.Context(), c.typed, c.password)
			if err != account.ErrInvalidCredentials {
				t.Errorf("got error %v, want exactly %v", err, account.ErrInvalidCredentials)
			}
			if diff := cmp.Diff(account.Person{}, p); diff != "" {
				t.Errorf("person (-want +got):\n%s", diff)
			}
			want := []account.HashParams{cheap}[:c.hashes]
			if len(costs) != len(want) || (len(want) == 1 && costs[0] != want[0]) {
				t.Errorf("got hashes %+v, want %+v", costs, want)
			}
		})
	}
}

func TestDisabledIsToldToTheOwnerOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(t, "ada")
	if err := w.Disable(t.Context(), "ada"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Authenticate(t.Context(), "ada", goodPassword); !errors.Is(err, account.ErrDisabled) {
		t.Errorf("right password: got %v, want %v", err, account.ErrDisabled)
	}
	if err := w.Enable(t.Context(), "ada"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Authenticate(t.Context(), "ada", goodPassword); err != nil {
		t.Errorf("enabled again: %v", err)
	}
}

func TestStoreTroubleIsNotAWrongPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.create(t, "ada")
	w.accounts.down = store.ErrUnavailable
	for op, call := range map[string]func() error{
		"authenticate": func() error { _, err := w.Authenticate(t.Context(), "ada", goodPassword); return err },
		"look up":      func() error { _, err := w.Lookup(t.Context(), "ada"); return err },
		"unchanged":    func() error { return w.Unchanged(t.Context(), ada) },
		"set password": func() error { return w.SetPassword(t.Context(), "ada", goodPassword) },
		"disable":      func() error { return w.Disable(t.Context(), "ada") },
		"enable":       func() error { return w.Enable(t.Context(), "ada") },
		"delete":       func() error { return w.Delete(t.Context(), "ada") },
	} {
		err := call()
		if !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("%s: got %v, want %v", op, err, store.ErrUnavailable)
		}
		for _, verdict := range []error{account.ErrInvalidCredentials, account.ErrNotFound, account.ErrChanged, account.ErrRevocationOwed} {
			if errors.Is(err, verdict) {
				t.Errorf("%s: got %v, which is %v too", op, err, verdict)
			}
		}
	}
}

func TestWeakHashIsUpgraded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		before   account.HashParams
		password string
		upgrade  bool
	}{
		{"less memory", account.HashParams{MemoryKiB: 8, Iterations: 3, Parallelism: 1}, goodPassword, true},
		{"less memory, wrong password", account.HashParams{MemoryKiB: 8, Iterations: 3, Parallelism: 1}, "wrong password", false},
		{"fewer iterations", account.HashParams{MemoryKiB: 32, Iterations: 1, Parallelism: 1}, goodPassword, true},
		{"the same", account.HashParams{MemoryKiB: 16, Iterations: 2, Parallelism: 1}, goodPassword, false},
		{"stronger", account.HashParams{MemoryKiB: 32, Iterations: 3, Parallelism: 1}, goodPassword, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.Service = w.service(t, c.before)
			ada := w.create(t, "ada")
			before := w.stored(t, ada.Subject)

			now := account.HashParams{MemoryKiB: 16, Iterations: 2, Parallelism: 1}
			w.Service = w.service(t, now)
			_, _ = w.Authenticate(t.Context(), "ada", c.password)
			after := w.stored(t, ada.Subject)
			if got := after.PasswordHash != before.PasswordHash; got != c.upgrade {
				t.Fatalf("got upgraded %t, want %t", got, c.upgrade)
			}
			if !c.upgrade {
				return
			}
			if p, _, _, err := account.HashCost(after.PasswordHash); err != nil || p != now {
				t.Errorf("got %+v, error %v; want %+v", p, err, now)
			}
			if after.Epoch != before.Epoch || len(w.owed(t)) != 0 {
				t.Error("the upgrade counts as a change of the password")
			}
			if _, err := w.Authenticate(t.Context(), "ada", goodPassword); err != nil {
				t.Errorf("the next sign-in: %v", err)
			}
		})
	}
}

func TestShortSaltIsUpgraded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed(t, referenceHashes[0])
	if _, err := w.Authenticate(t.Context(), "ada", "password"); err != nil {
		t.Fatal(err)
	}
	_, salt, _, err := account.HashCost(w.stored(t, "usr_ada").PasswordHash)
	if err != nil || salt != 16 {
		t.Errorf("got %d bytes of salt, error %v; want 16", salt, err)
	}
}

func TestFailedUpgradeStillSignsIn(t *testing.T) {
	t.Parallel()
	for _, trouble := range []error{store.ErrUnavailable, store.ErrConflict, store.ErrOutcomeUnknown} {
		w := newWorld(t)
		w.Service = w.service(t, cheaper)
		ada := w.create(t, "ada")
		w.accounts.upgradeDown = trouble
		got, err := w.service(t, cheap).Authenticate(t.Context(), "ada", goodPassword)
		if err != nil || got.Subject != ada.Subject {
			t.Errorf("%v: got subject %q, error %v; want %q", trouble, got.Subject, err, ada.Subject)
		}
	}
}

func TestUnchanged(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(ctx context.Context, w *world) error
		want   error
	}{
		{"nothing", func(context.Context, *world) error { return nil }, nil},
		{"another account", func(ctx context.Context, w *world) error { return w.Disable(ctx, "bob") }, nil},
		{"password", func(ctx context.Context, w *world) error { return w.SetPassword(ctx, "ada", "another password") }, account.ErrChanged},
		{"disabled", func(ctx context.Context, w *world) error { return w.Disable(ctx, "ada") }, account.ErrChanged},
		{"disabled and enabled", func(ctx context.Context, w *world) error {
			return errors.Join(w.Disable(ctx, "ada"), w.Enable(ctx, "ada"))
		}, account.ErrChanged},
		{"deleted", func(ctx context.Context, w *world) error { return w.Delete(ctx, "ada") }, account.ErrChanged},
		{"deleted and made anew", func(ctx context.Context, w *world) error {
			return errors.Join(w.Delete(ctx, "ada"), recreate(ctx, w))
		}, account.ErrChanged},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.create(t, "ada")
			w.create(t, "bob")
			p, err := w.Authenticate(t.Context(), "ada", goodPassword)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.change(t.Context(), w); err != nil {
				t.Fatal(err)
			}
			if err := w.Unchanged(t.Context(), p); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestHashesAreBounded(t *testing.T) {
	t.Parallel()
	for name, stored := range map[string]account.HashParams{
		"current":       cheap,
		"cheaper":       cheaper,
		"over the slot": {MemoryKiB: 64, Iterations: 1, Parallelism: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { testHashesAreBounded(t, stored) })
		})
	}
}

// testHashesAreBounded holds hashes up while six people sign in, where two
// hashes with the current parameters may be computed at once.
func testHashesAreBounded(t *testing.T, stored account.HashParams) {
	const parallel, people = 2, 6
	mem := memstore.New()
	cfg := account.Config{Accounts: mem, Sessions: mem, Hash: stored}
	maker, err := account.NewCheap(cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := maker.Create(t.Context(), account.NewPerson{Name: "ada", Password: goodPassword}); err != nil {
		t.Fatal(err)
	}

	running, most := make(chan uint32, people), uint32(0)
	release := make(chan struct{})
	cfg.Hash, cfg.Parallel = cheap, parallel
	s, err := account.NewCheap(cfg, func(p account.HashParams) {
		running <- p.MemoryKiB
		<-release
	})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, people)
	for range people {
		go func() {
			_, err := s.Authenticate(t.Context(), "ada", "wrong password")
			done <- err
		}()
	}
	for answered := 0; answered < people; {
		synctest.Wait()
		most = max(most, uint32(len(running)))
		for range len(running) {
			<-running
			release <- struct{}{}
			if err := <-done; !errors.Is(err, account.ErrInvalidCredentials) {
				t.Errorf("got %v, want %v", err, account.ErrInvalidCredentials)
			}
			answered++
		}
	}
	want := uint32(parallel)
	if stored.MemoryKiB > cheap.MemoryKiB*parallel {
		want = 1
	}
	if most != want {
		t.Errorf("got %d hashes at once, want %d", most, want)
	}
}

// TestTooManyWaitersAreRefused lets hashing stand still while people keep coming:
// those whom nobody could serve in time are told so at once.
func TestTooManyWaitersAreRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mem := memstore.New()
		release := make(chan struct{})
		s, err := account.NewCheap(account.Config{Accounts: mem, Sessions: mem, Hash: cheap, Parallel: 1},
			func(account.HashParams) { <-release })
		if err != nil {
			t.Fatal(err)
		}
		const people = 100
		errs := make(chan error, people)
		for range people {
			go func() {
				_, err := s.Authenticate(t.Context(), "ada", goodPassword)
				errs <- err
			}()
		}
		synctest.Wait()
		refused := len(errs)
		close(release)
		for i := range people {
			want := account.ErrInvalidCredentials
			if i < refused {
				want = account.ErrBusy
			}
			if err := <-errs; !errors.Is(err, want) {
				t.Fatalf("answer %d: got %v, want %v", i, err, want)
			}
		}
		if refused == 0 || refused == people {
			t.Errorf("got %d of %d refused at once", refused, people)
		}
	})
}

func TestWaitingForAHashEndsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mem := memstore.New()
		release := make(chan struct{})
		s, err := account.NewCheap(account.Config{Accounts: mem, Sessions: mem, Hash: cheap, Parallel: 1},
			func(account.HashParams) { <-release })
		if err != nil {
			t.Fatal(err)
		}
		first := make(chan error)
		go func() {
			_, err := s.Authenticate(t.Context(), "ada", goodPassword)
			first <- err
		}()
		synctest.Wait()

		ctx, cancel := context.WithCancel(t.Context())
		second := make(chan error)
		go func() {
			_, err := s.Authenticate(ctx, "ada", goodPassword)
			second <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-second; !errors.Is(err, context.Canceled) || errors.Is(err, account.ErrInvalidCredentials) {
			t.Errorf("waiting: got %v, want %v alone", err, context.Canceled)
		}
		close(release)
		if err := <-first; !errors.Is(err, account.ErrInvalidCredentials) {
			t.Errorf("hashing: got %v, want %v", err, account.ErrInvalidCredentials)
		}
	})
}

func recreate(ctx context.Context, w *world) error {
	_, err := w.Create(ctx, account.NewPerson{Name: "ada", Password: goodPassword})
	return err
}
