package storetest

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/renewd/renewd/store"
	"github.com/renewd/renewd/store/memstore"
)

// TestBrokenAccounts does for accounts what TestBrokenSessions does.
func TestBrokenAccounts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		broken string
		fails  string
		store  func() store.Accounts
	}{
		{"forgets what is owed", "set a password", func() store.Accounts { return owesNothing{newWhole()} }},
		{"owes twice", "disable an account", func() store.Accounts { return &owesTwice{Store: newWhole()} }},
		{"forgets that there was an account", "no first account after another", func() store.Accounts { return forgetful{newWhole()} }},
		{"ignores letter case of names", "names are told apart", func() store.Accounts { return foldsNames{newWhole()} }},
		{"upgrades any hash", "upgrade a password hash", func() store.Accounts { return upgradesAny{newWhole()} }},
		{"lists from the start again", "list accounts in pages", func() store.Accounts { return firstPage{newWhole()} }},
	} {
		t.Run(tt.broken, func(t *testing.T) {
			t.Parallel()
			run := func(s store.Accounts) []string {
				return failuresOf(t, accountCases(), tt.fails, func(r T) accounts { return accounts{r, s} })
			}
			if got := run(tt.store()); len(got) == 0 {
				t.Errorf("case %q accepts a store that %s", tt.fails, tt.broken)
			}
			if got := run(newWhole()); len(got) > 0 {
				t.Errorf("case %q refuses a store that is whole: %s", tt.fails, strings.Join(got, "; "))
			}
		})
	}
}

// TestBrokenSigningKeys does for signing keys what TestBrokenSessions does.
func TestBrokenSigningKeys(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		broken string
		fails  string
		store  func() store.SigningKeys
	}{
		{"adds a first key beside another", "the first key of an algorithm", func() store.SigningKeys { return manyFirst{newWhole()} }},
		{"takes any secret", "the secret stays the same", func() store.SigningKeys { return anySecret{newWhole()} }},
		{"keeps every secret listed", "the secret changes", func() store.SigningKeys { return keepsAll{newWhole()} }},
	} {
		t.Run(tt.broken, func(t *testing.T) {
			t.Parallel()
			run := func(s store.SigningKeys) []string {
				return failuresOf(t, keyCases(), tt.fails, func(r T) keys { return keys{r, s} })
			}
			if got := run(tt.store()); len(got) == 0 {
				t.Errorf("case %q accepts a store that %s", tt.fails, tt.broken)
			}
			if got := run(newWhole()); len(got) > 0 {
				t.Errorf("case %q refuses a store that is whole: %s", tt.fails, strings.Join(got, "; "))
			}
		})
	}
}

// TestBrokenReopen shows that a store that keeps nothing is noticed.
func TestBrokenReopen(t *testing.T) {
	t.Parallel()
	for _, c := range reopenCases() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := failuresOf(t, reopenCases(), c.name, func(r T) reopening {
				return reopening{T: r, Store: newWhole(), reopen: func() Store { return newWhole() }}
			})
			if len(got) == 0 {
				t.Error("accepts a store that keeps nothing")
			}
		})
	}
}

// TestCasesSayWhatTheyCheck holds the suite to its own rule: every case has a name
// of its own, a sentence and a source.
func TestCasesSayWhatTheyCheck(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	check := func(name, says, source string) {
		if name == "" || source == "" || !strings.HasSuffix(says, ".") || seen[name] {
			t.Errorf("case %q: says %q, source %q, named before: %v", name, says, source, seen[name])
		}
		seen[name] = true
	}
	for _, c := range sessionCases() {
		check(c.name, c.says, c.source)
	}
	for _, c := range accountCases() {
		check(c.name, c.says, c.source)
	}
	for _, c := range keyCases() {
		check(c.name, c.says, c.source)
	}
	for _, c := range reopenCases() {
		check(c.name, c.says, c.source)
	}
}

type owesNothing struct{ *memstore.Store }

func (s owesNothing) OwedRevocations(context.Context, int) ([]store.OwedRevocation, error) {
	return nil, nil
}

// owesTwice records a debt for an account that is disabled already.
type owesTwice struct {
	*memstore.Store
	calls int
}

func (s *owesTwice) DisableAccount(ctx context.Context, subject string, at time.Time) (store.Account, error) {
	if s.calls++; s.calls > 1 {
		_, _ = s.EnableAccount(ctx, subject)
	}
	return s.Store.DisableAccount(ctx, subject, at)
}

// forgetful asks whether there is an account, not whether there was.
type forgetful struct{ *memstore.Store }

func (s forgetful) HadAccount(ctx context.Context) (bool, error) {
	found, err := s.ListAccounts(ctx, "", 1)
	return len(found) > 0, err
}

type foldsNames struct{ *memstore.Store }

func (s foldsNames) CreateAccount(ctx context.Context, a store.Account) error {
	found, _ := s.ListAccounts(ctx, "", 1000)
	for _, other := range found {
		if strings.EqualFold(other.Name, a.Name) {
			return store.ErrExists
		}
	}
	return s.Store.CreateAccount(ctx, a)
}

type upgradesAny struct{ *memstore.Store }

func (s upgradesAny) UpgradePasswordHash(ctx context.Context, subject, old, hash string) error {
	if a, err := s.Account(ctx, subject); err == nil {
		old = a.PasswordHash
	}
	return s.Store.UpgradePasswordHash(ctx, subject, old, hash)
}

type firstPage struct{ *memstore.Store }

func (s firstPage) ListAccounts(ctx context.Context, _ string, limit int) ([]store.Account, error) {
	return s.Store.ListAccounts(ctx, "", limit)
}

type manyFirst struct{ *memstore.Store }

func (s manyFirst) AddFirstSigningKey(ctx context.Context, k store.SigningKey) error {
	return s.AddSigningKey(ctx, k)
}

type anySecret struct{ *memstore.Store }

func (s anySecret) EnsureSecretCheck(context.Context, [][]byte) error { return nil }

type keepsAll struct{ *memstore.Store }

func (s keepsAll) EnsureSecretCheck(ctx context.Context, checks [][]byte) error {
	for i := range checks {
		if err := s.Store.EnsureSecretCheck(ctx, append([][]byte{checks[i]}, checks...)); err != nil {
			return err
		}
	}
	return nil
}
