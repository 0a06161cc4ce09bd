package account_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/renewd/renewd/account"
	"github.com/renewd/renewd/store"
	"github.com/renewd/renewd/store/memstore"
)

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	mem := memstore.New()
	hash := func(m, i uint32, p uint8) account.HashParams {
		return account.HashParams{MemoryKiB: m, Iterations: i, Parallelism: p}
	}
	for _, c := range []struct {
		name  string
		cfg   account.Config
		field string
		bound string
	}{
		{"no accounts", account.Config{Sessions: mem}, "Accounts", "must be set"},
		{"no sessions", account.Config{Accounts: mem}, "Sessions", "must be set"},
		{"parallel below", account.Config{Accounts: mem, Sessions: mem, Parallel: -1}, "Parallel", "1 to 1024, got -1"},
		{"parallel above", account.Config{Accounts: mem, Sessions: mem, Parallel: 1025}, "Parallel", "1 to 1024, got 1025"},
		{"memory below", account.Config{Accounts: mem, Sessions: mem, Hash: hash(19455, 2, 1)}, "Hash.MemoryKiB", "19456 to 262144, got 19455"},
		{"memory above", account.Config{Accounts: mem, Sessions: mem, Hash: hash(262145, 2, 1)}, "Hash.MemoryKiB", "got 262145"},
		{"iterations below", account.Config{Accounts: mem, Sessions: mem, Hash: hash(19456, 1, 1)}, "Hash.Iterations", "2 to 16, got 1"},
		{"iterations above", account.Config{Accounts: mem, Sessions: mem, Hash: hash(19456, 17, 1)}, "Hash.Iterations", "got 17"},
		{"no lanes", account.Config{Accounts: mem, Sessions: mem, Hash: hash(19456, 2, 0)}, "Hash.Parallelism", "1 to 16, got 0"},
		{"lanes above", account.Config{Accounts: mem, Sessions: mem, Hash: hash(19456, 2, 17)}, "Hash.Parallelism", "got 17"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := account.New(c.cfg)
			var bad *account.ConfigError
			if !errors.As(err, &bad) {
				t.Fatalf("got error %v, want a ConfigError", err)
			}
			if bad.Field != c.field || !strings.Contains(bad.Bound, c.bound) {
				t.Errorf("got %q %q, want %q with %q", bad.Field, bad.Bound, c.field, c.bound)
			}
			if !strings.Contains(err.Error(), c.field) {
				t.Errorf("got message %q, want it to name %s", err, c.field)
			}
		})
	}
}

func TestStoreErrorsAreWrapped(t *testing.T) {
	t.Parallel()
	closed := newWorld(t)
	if err := closed.store.Close(); err != nil {
		t.Fatal(err)
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name string
		w    *world
		ctx  context.Context
		want error
	}{
		{"closed store", closed, t.Context(), store.ErrClosed},
		{"context done", newWorld(t), done, context.Canceled},
	} {
		for op, call := range map[string]func() error{
			"create":       func() error { _, err := c.w.Create(c.ctx, admin); return err },
			"create first": func() error { _, err := c.w.CreateFirst(c.ctx, admin); return err },
			"needs setup":  func() error { _, err := c.w.NeedsSetup(c.ctx); return err },
			"open setup":   func() error { _, err := c.w.OpenSetup(c.ctx); return err },
			"list":         func() error { _, err := c.w.List(c.ctx, "", 10); return err },
			"settle":       func() error { _, err := c.w.SettleOwed(c.ctx); return err },
			"delete":       func() error { return c.w.Delete(c.ctx, "ada") },
			"authenticate": func() error { _, err := c.w.Authenticate(c.ctx, "ada", goodPassword); return err },
		} {
			err := call()
			if !errors.Is(err, c.want) || err == c.want {
				t.Errorf("%s: %s: got %v, want %v with the operation", c.name, op, err, c.want)
			}
		}
	}
}

// The only test that pays for real hashes.
func TestDefaultsHash(t *testing.T) {
	t.Parallel()
	mem := memstore.New()
	s, err := account.New(account.Config{Accounts: mem, Sessions: mem})
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.Create(t.Context(), account.NewPerson{Name: "ada", Password: goodPassword})
	if err != nil {
		t.Fatal(err)
	}
	a, err := mem.Account(t.Context(), p.Subject)
	if err != nil {
		t.Fatal(err)
	}
	params, salt, key, err := account.HashCost(a.PasswordHash)
	want := account.HashParams{MemoryKiB: 19456, Iterations: 2, Parallelism: 1}
	if err != nil || params != want || salt != 16 || key != 32 {
		t.Errorf("got %+v, %d bytes of salt, %d of key, error %v; want %+v, 16, 32", params, salt, key, err, want)
	}
	if _, err := s.Authenticate(t.Context(), "ada", goodPassword); err != nil {
		t.Errorf("right password: %v", err)
	}
	if _, err := s.Authenticate(t.Context(), "ada", goodPassword+"!"); !errors.Is(err, account.ErrInvalidCredentials) {
		t.Errorf("wrong password: got %v, want %v", err, account.ErrInvalidCredentials)
	}
}
