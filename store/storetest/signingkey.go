package storetest

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/renewd/renewd/store"
)

// keys is what a case for signing keys works with.
type keys struct {
	T
	store.SigningKeys
}

// newKey returns a key with every time set.
func newKey(id string) store.SigningKey {
	return store.SigningKey{
		ID: id, Algorithm: "ES256", Public: []byte("public of " + id), Wrapped: []byte("\x00wrapped of " + id),
		CreatedAt: start, ActiveAt: start.Add(tick), RetiresAt: start.Add(2 * tick), ExpiresAt: start.Add(3 * tick),
		RevokedAt: start.Add(4 * tick),
	}
}

// wantKeys checks which keys the store holds, in their order.
func (c keys) wantKeys(want ...store.SigningKey) {
	c.Helper()
	got, err := c.SigningKeys.SigningKeys(c.Context())
	if err != nil || len(got) != len(want) {
		c.Fatalf("signing keys: got %d, %v, want %d, nil", len(got), err, len(want))
	}
	for i := range want {
		wantSame(c, got[i], want[i])
	}
}

// wantError checks the error of a call; nil is no error.
func (c keys) wantError(what string, err, want error) {
	c.Helper()
	if !errors.Is(err, want) {
		c.Errorf("%s: got %v, want %v", what, err, want)
	}
}

// keyCases returns every promise about signing keys and secrets.
func keyCases() []testCase[keys] {
	return append(secretCases(), []testCase[keys]{
		{
			"add and read keys",
			"Keys are read as they were added, in the order of the time from which they sign, then of their ids.",
			"store.SigningKeys.SigningKeys",
			func(c keys) {
				c.wantKeys()
				a, b, early := newKey("a"), newKey("B"), newKey("z")
				early.ActiveAt = start
				early.RetiresAt, early.ExpiresAt, early.RevokedAt = time.Time{}, time.Time{}, time.Time{}
				for _, k := range []store.SigningKey{a, early, b} {
					c.wantError("add", c.AddSigningKey(c.Context(), k), nil)
				}
				c.wantKeys(early, b, a)
			},
		},
		{
			"add a key twice",
			"A second key with the same id is refused, and the first stays as it was.",
			"store.SigningKeys.AddSigningKey",
			func(c keys) {
				c.wantError("add", c.AddSigningKey(c.Context(), newKey("a")), nil)
				other := newKey("a")
				other.Public, other.Algorithm = []byte("other"), "EdDSA"
				c.wantError("add again", c.AddSigningKey(c.Context(), other), store.ErrExists)
				c.wantError("add first again", c.AddFirstSigningKey(c.Context(), other), store.ErrExists)
				c.wantKeys(newKey("a"))
			},
		},
		{
			"the first key of an algorithm",
			"A first key is added when there is none of its algorithm but revoked ones.",
			"store.SigningKeys.AddFirstSigningKey",
			func(c keys) {
				revoked, first, second, other := newKey("a"), newKey("b"), newKey("c"), newKey("d")
				first.RevokedAt = time.Time{}
				other.Algorithm = "EdDSA"
				c.wantError("revoked", c.AddFirstSigningKey(c.Context(), revoked), nil)
				c.wantError("first", c.AddFirstSigningKey(c.Context(), first), nil)
				c.wantError("second", c.AddFirstSigningKey(c.Context(), second), store.ErrConflict)
				c.wantError("other algorithm", c.AddFirstSigningKey(c.Context(), other), nil)
				c.wantKeys(revoked, first, other)
			},
		},
		{
			"the first key at once",
			"Of several instances that start at once, one adds the first key.",
			"store.SigningKeys.AddFirstSigningKey",
			func(c keys) {
				var added atomic.Int64
				together(10, func(i int) {
					k := newKey(string(rune('a' + i)))
					k.RevokedAt = time.Time{}
					err := c.AddFirstSigningKey(c.Context(), k)
					if err == nil {
						added.Add(1)
					} else {
						c.wantError("add first", err, store.ErrConflict)
					}
				})
				if n := added.Load(); n != 1 {
					c.Errorf("added: got %d, want 1", n)
				}
			},
		},
		{
			"keys share no memory",
			"What a caller does to a key it passed or got changes nothing in the store.",
			"store.SigningKey.Clone",
			func(c keys) {
				k := newKey("a")
				c.wantError("add", c.AddSigningKey(c.Context(), k), nil)
				clear(k.Public)
				clear(k.Wrapped)
				found, err := c.SigningKeys.SigningKeys(c.Context())
				c.wantError("read", err, nil)
				for _, k := range found {
					clear(k.Public)
					clear(k.Wrapped)
				}
				c.wantKeys(newKey("a"))
			},
		},
		{
			"a key call with a context that is done",
			"With a context that is done, every method returns the context's error and changes nothing.",
			contextRule,
			func(c keys) {
				checkDone(c, c.SigningKeys, keyCalls())
				c.wantKeys()
				c.wantError("another secret", c.EnsureSecretCheck(c.Context(), [][]byte{[]byte("other")}), nil)
			},
		},
		{
			"a key call after close",
			"After Close, every method says that the store is closed.",
			closedRule,
			func(c keys) { checkClosed(c, c.SigningKeys, keyCalls()) },
		},
	}...)
}

// secretCases are about the check values of the master secret.
func secretCases() []testCase[keys] {
	const source = "store.SigningKeys.EnsureSecretCheck"
	one, two, three := []byte("check-1"), []byte("check-2"), []byte("check-3")
	return []testCase[keys]{
		{
			"the secret stays the same",
			"The first secret is taken; afterwards it is right, and another is not.",
			source,
			func(c keys) {
				for range 2 {
					c.wantError("the same", c.EnsureSecretCheck(c.Context(), [][]byte{one}), nil)
				}
				c.wantError("another", c.EnsureSecretCheck(c.Context(), [][]byte{two}), store.ErrWrongSecret)
				c.wantError("two others", c.EnsureSecretCheck(c.Context(), [][]byte{two, three}), store.ErrWrongSecret)
				c.wantError("the first still", c.EnsureSecretCheck(c.Context(), [][]byte{one}), nil)
			},
		},
		{
			"the secret changes",
			"A new secret beside the old one is taken, and is right alone afterwards; one that was only listed as old is not taken.",
			source,
			func(c keys) {
				c.wantError("first", c.EnsureSecretCheck(c.Context(), [][]byte{one, three}), nil)
				c.wantError("only listed", c.EnsureSecretCheck(c.Context(), [][]byte{three}), store.ErrWrongSecret)
				c.wantError("new and old", c.EnsureSecretCheck(c.Context(), [][]byte{two, one}), nil)
				c.wantError("new alone", c.EnsureSecretCheck(c.Context(), [][]byte{two}), nil)
				c.wantError("old alone", c.EnsureSecretCheck(c.Context(), [][]byte{one}), nil)
			},
		},
		{
			"no secret",
			"No secret is the wrong secret, also for an empty store.",
			source,
			func(c keys) {
				c.wantError("none", c.EnsureSecretCheck(c.Context(), nil), store.ErrWrongSecret)
				c.wantError("first", c.EnsureSecretCheck(c.Context(), [][]byte{one}), nil)
				c.wantError("none again", c.EnsureSecretCheck(c.Context(), nil), store.ErrWrongSecret)
			},
		},
		{
			"secrets at once",
			"Of several instances that start at once with different secrets, one has the right one.",
			source,
			func(c keys) {
				var right atomic.Int64
				together(10, func(i int) {
					err := c.EnsureSecretCheck(c.Context(), [][]byte{{byte(i)}})
					if err == nil {
						right.Add(1)
					} else {
						c.wantError("check", err, store.ErrWrongSecret)
					}
				})
				if n := right.Load(); n != 1 {
					c.Errorf("right: got %d, want 1", n)
				}
			},
		},
	}
}

// keyCalls returns a call of each method.
func keyCalls() []call[store.SigningKeys] {
	return []call[store.SigningKeys]{
		{"AddSigningKey", func(ctx context.Context, s store.SigningKeys) error {
			return s.AddSigningKey(ctx, newKey("new"))
		}},
		{"AddFirstSigningKey", func(ctx context.Context, s store.SigningKeys) error {
			return s.AddFirstSigningKey(ctx, newKey("first"))
		}},
		{"SigningKeys", func(ctx context.Context, s store.SigningKeys) error {
			_, err := s.SigningKeys(ctx)
			return err
		}},
		{"EnsureSecretCheck", func(ctx context.Context, s store.SigningKeys) error {
			return s.EnsureSecretCheck(ctx, [][]byte{[]byte("check")})
		}},
	}
}
