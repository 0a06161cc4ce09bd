package account_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/renewd/renewd/account"
	"github.com/renewd/renewd/store"
	"github.com/renewd/renewd/store/memstore"
)

const goodPassword = "correct horse battery"

var (
	cheap   = account.HashParams{MemoryKiB: 16, Iterations: 1, Parallelism: 1}
	cheaper = account.HashParams{MemoryKiB: 8, Iterations: 1, Parallelism: 1}
	noon    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	errDown = errors.New("engine down")
)

// world is a Service on a store in memory, with its clock and its faults.
type world struct {
	*account.Service

	store    *memstore.Store
	accounts *faultyAccounts
	sessions *faultySessions
	clock    time.Time
	hashes   atomic.Int64
}

func newWorld(t *testing.T) *world {
	t.Helper()
	mem := memstore.New()
	w := &world{
		store:    mem,
		accounts: &faultyAccounts{Accounts: mem},
		sessions: &faultySessions{Sessions: mem},
		clock:    noon,
	}
	w.Service = w.service(t, cheap)
	return w
}

// service returns another Service on the same stores.
func (w *world) service(t *testing.T, hash account.HashParams) *account.Service {
	t.Helper()
	s, err := account.NewCheap(account.Config{
		Accounts: w.accounts,
		Sessions: w.sessions,
		Hash:     hash,
		// What a real clock gives: another zone, and finer than the store keeps.
		Now: func() time.Time { return w.clock.Add(999 * time.Microsecond).In(time.FixedZone("KST", 9*60*60)) },
	}, func(account.HashParams) { w.hashes.Add(1) })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// create makes an account with the good password.
func (w *world) create(t *testing.T, name string) account.Person {
	t.Helper()
	p, err := w.Create(t.Context(), account.NewPerson{Name: name, Password: goodPassword})
	if err != nil {
		t.Fatalf("create %q: %v", name, err)
	}
	return p
}

// signIn stores a session of p, as it would be after Authenticate.
func (w *world) signIn(t *testing.T, p account.Person) store.SessionID {
	t.Helper()
	n := w.sessions.made.Add(1)
	s := store.Session{
		ID: store.SessionID{byte(n)}, Subject: p.Subject, Epoch: p.Epoch, ClientID: "test", Mode: store.ModeBody,
		Generation: 1, CreatedAt: w.clock, IdleExpiresAt: w.clock.Add(time.Hour), ExpiresAt: w.clock.Add(time.Hour),
	}
	if err := w.store.CreateSession(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	return s.ID
}

func (w *world) session(t *testing.T, id store.SessionID) store.Session {
	t.Helper()
	s, err := w.store.Session(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (w *world) owed(t *testing.T) []store.OwedRevocation {
	t.Helper()
	debts, err := w.store.OwedRevocations(t.Context(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	return debts
}

func (w *world) stored(t *testing.T, subject string) store.Account {
	t.Helper()
	a, err := w.store.Account(t.Context(), subject)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// faultyAccounts fails to read while down is set, to change while changeDown is,
// and so on.
type faultyAccounts struct {
	store.Accounts

	down, changeDown, settleDown, upgradeDown error
}

func (f *faultyAccounts) AccountByName(ctx context.Context, name string) (store.Account, error) {
	if f.down != nil {
		return store.Account{}, f.down
	}
	return f.Accounts.AccountByName(ctx, name)
}

func (f *faultyAccounts) Account(ctx context.Context, subject string) (store.Account, error) {
	if f.down != nil {
		return store.Account{}, f.down
	}
	return f.Accounts.Account(ctx, subject)
}

func (f *faultyAccounts) SetPassword(ctx context.Context, subject, hash string, except store.SessionID, at time.Time) (store.Account, error) {
	if f.changeDown != nil {
		return store.Account{}, f.changeDown
	}
	return f.Accounts.SetPassword(ctx, subject, hash, except, at)
}

func (f *faultyAccounts) DisableAccount(ctx context.Context, subject string, at time.Time) (store.Account, error) {
	if f.changeDown != nil {
		return store.Account{}, f.changeDown
	}
	return f.Accounts.DisableAccount(ctx, subject, at)
}

func (f *faultyAccounts) DeleteAccount(ctx context.Context, subject string, at time.Time) error {
	if f.changeDown != nil {
		return f.changeDown
	}
	return f.Accounts.DeleteAccount(ctx, subject, at)
}

func (f *faultyAccounts) UpgradePasswordHash(ctx context.Context, subject, old, hash string) error {
	if f.upgradeDown != nil {
		return f.upgradeDown
	}
	return f.Accounts.UpgradePasswordHash(ctx, subject, old, hash)
}

func (f *faultyAccounts) SettleRevocation(ctx context.Context, id int64) error {
	if f.settleDown != nil {
		return f.settleDown
	}
	return f.Accounts.SettleRevocation(ctx, id)
}

// faultySessions fails to revoke while down is set, and remembers what it was
// asked to revoke.
type faultySessions struct {
	store.Sessions

	down  error
	asked []store.SubjectRevocation
	made  atomic.Int64
}

func (f *faultySessions) RevokeSubject(ctx context.Context, r store.SubjectRevocation) (int, error) {
	if f.down != nil {
		return 0, f.down
	}
	f.asked = append(f.asked, r)
	return f.Sessions.RevokeSubject(ctx, r)
}
