package account_test

import (
	"context"
	"errors"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/renewd/renewd/account"
)

var admin = account.NewPerson{Name: "root", Password: goodPassword}

func openSetup(t *testing.T, w *world) (*account.Setup, string) {
	t.Helper()
	u, err := w.OpenSetup(t.Context())
	if err != nil || u == nil {
		t.Fatalf("got setup %v, error %v; want one", u, err)
	}
	return u, u.Secret()
}

func TestSetup(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if needed, err := w.NeedsSetup(t.Context()); !needed || err != nil {
		t.Errorf("empty store: got %t, error %v; want setup needed", needed, err)
	}
	u, secret := openSetup(t, w)
	if form := regexp.MustCompile(`^rnw_setup_[A-Za-z0-9_-]{43}$`); !form.MatchString(secret) {
		t.Errorf("got a secret of %d bytes that does not look like %s", len(secret), form)
	}
	if again := u.Secret(); again != "" {
		t.Error("the secret was told twice")
	}
	if want := noon.Add(time.Hour); !u.ExpiresAt().Equal(want) {
		t.Errorf("got expiry %v, want %v", u.ExpiresAt(), want)
	}
	p, err := u.Redeem(t.Context(), secret, admin)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"admin"}, p.Roles); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
	if _, err := w.Authenticate(t.Context(), "root", goodPassword); err != nil {
		t.Errorf("sign in: %v", err)
	}
	if _, err := u.Redeem(t.Context(), secret, account.NewPerson{Name: "eve", Password: goodPassword}); !errors.Is(err, account.ErrSetupDone) {
		t.Errorf("second time: got %v, want %v", err, account.ErrSetupDone)
	}
}

func TestSetupIsOverForGood(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(t, "ada")
	if err := w.Delete(t.Context(), "ada"); err != nil {
		t.Fatal(err)
	}
	if u, err := w.OpenSetup(t.Context()); u != nil || err != nil {
		t.Errorf("got setup %v, error %v; want neither", u, err)
	}
	if needed, err := w.NeedsSetup(t.Context()); needed || err != nil {
		t.Errorf("got needed %t, error %v; want false", needed, err)
	}
	if _, err := w.CreateFirst(t.Context(), admin); !errors.Is(err, account.ErrSetupDone) {
		t.Errorf("got %v, want %v", err, account.ErrSetupDone)
	}
}

func TestRedeemRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		secret func(genuine string) string
		before func(ctx context.Context, w *world) error
		want   error
	}{
		{"empty", func(string) string { return "" }, nil, account.ErrSetupLink},
		{"shorter", func(s string) string { return s[:len(s)-1] }, nil, account.ErrSetupLink},
		{"longer", func(s string) string { return s + "A" }, nil, account.ErrSetupLink},
		{"altered", flipLast, nil, account.ErrSetupLink},
		{"an hour later", nil, func(_ context.Context, w *world) error {
			w.clock = w.clock.Add(time.Hour)
			return nil
		}, account.ErrSetupLink},
		{"account meanwhile", nil, recreate, account.ErrSetupDone},
		{"account meanwhile, altered", flipLast, recreate, account.ErrSetupLink},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			u, secret := openSetup(t, w)
			if c.before != nil {
				if err := c.before(t.Context(), w); err != nil {
					t.Fatal(err)
				}
			}
			if c.secret != nil {
				secret = c.secret(secret)
			}
			if _, err := u.Redeem(t.Context(), secret, admin); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if _, err := w.Lookup(t.Context(), "root"); !errors.Is(err, account.ErrNotFound) {
				t.Errorf("look up: got %v, want %v", err, account.ErrNotFound)
			}
		})
	}
}

func flipLast(s string) string {
	last := s[len(s)-1]
	if last == 'A' {
		return s[:len(s)-1] + "B"
	}
	return s[:len(s)-1] + "A"
}

func TestSetupSurvivesBadInput(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u, secret := openSetup(t, w)
	for _, c := range []struct {
		person account.NewPerson
		want   error
	}{
		{account.NewPerson{Name: "a b", Password: goodPassword}, account.ErrInvalidName},
		{account.NewPerson{Name: "root", Password: "short"}, account.ErrInvalidPassword},
		{account.NewPerson{Name: "root", Password: goodPassword, Roles: []string{"No"}}, account.ErrInvalidRole},
	} {
		if _, err := u.Redeem(t.Context(), secret, c.person); !errors.Is(err, c.want) {
			t.Errorf("got %v, want %v", err, c.want)
		}
	}
	w.clock = w.clock.Add(time.Hour - time.Millisecond)
	person := account.NewPerson{Name: "root", Password: goodPassword, Roles: []string{"admin", "ops"}}
	p, err := u.Redeem(t.Context(), secret, person)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"admin", "ops"}, p.Roles); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
}

func TestOneRedeemWins(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u, secret := openSetup(t, w)
	const callers = 8
	errs := make([]error, callers)
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			_, errs[i] = u.Redeem(t.Context(), secret, account.NewPerson{Name: string(rune('a' + i)), Password: goodPassword})
		})
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, account.ErrSetupDone):
			t.Errorf("got %v, want %v", err, account.ErrSetupDone)
		}
	}
	people, err := w.List(t.Context(), "", 100)
	if won != 1 || len(people) != 1 || err != nil {
		t.Errorf("got %d winners and %d people, error %v; want 1 and 1", won, len(people), err)
	}
}
