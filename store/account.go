package store

import (
	"context"
	"slices"
	"time"
)

// Account is a person who signs in with a name and a password.
type Account struct {
	Subject      string   // stable opaque id, 1 to 256 bytes; never used again after deletion
	Name         string   // what the person types, already in its canonical form, 1 to 256 bytes
	PasswordHash string   // PHC string
	Roles        []string // as they are copied into new sessions
	// Epoch starts at 1 and is raised by everything that ends the account's
	// sessions. A sign-in that began at an earlier epoch does not count.
	Epoch             int64
	CreatedAt         time.Time
	PasswordChangedAt time.Time
	DisabledAt        time.Time // zero while the account is enabled
}

// Disabled reports whether the account may not sign in.
func (a Account) Disabled() bool { return !a.DisabledAt.IsZero() }

// Clone returns a copy that shares no memory with a.
func (a Account) Clone() Account {
	a.Roles = slices.Clone(a.Roles)
	return a
}

// OwedRevocation says that the sessions of a subject that began below an epoch
// still have to be revoked. Sessions may live on another engine, so the debt is
// recorded with the change that causes it and settled afterwards, as often as
// it takes.
type OwedRevocation struct {
	ID      int64 // rises with every debt
	Subject string
	Epoch   int64 // sessions below it are to be revoked
	// Except is a session that stays; zero for none.
	Except SessionID
	Reason Reason
	At     time.Time
}

// Accounts keeps the people who sign in with a password.
type Accounts interface {
	Pinger

	// CreateAccount stores a new account. It returns [ErrExists] when the name
	// or the subject is taken.
	CreateAccount(ctx context.Context, a Account) error

	// CreateFirstAccount stores an account if this store never held one, and
	// returns [ErrConflict] otherwise, also when all of them were deleted since.
	CreateFirstAccount(ctx context.Context, a Account) error

	// HadAccount reports whether this store ever held an account.
	HadAccount(ctx context.Context) (bool, error)

	// Account returns the account of a subject, or [ErrNotFound].
	Account(ctx context.Context, subject string) (Account, error)

	// AccountByName returns the account with a name, or [ErrNotFound].
	AccountByName(ctx context.Context, name string) (Account, error)

	// ListAccounts returns accounts in the byte order of their names, those
	// after the given name, at most limit (1 to 1000).
	ListAccounts(ctx context.Context, after string, limit int) ([]Account, error)

	// SetPassword stores a new password hash, raises the epoch and records the
	// revocation of the sessions as owed ([ReasonPasswordChanged]), all of them or
	// all but one: zero excepts none. It returns the account afterwards, or
	// [ErrNotFound].
	SetPassword(ctx context.Context, subject, hash string, except SessionID, at time.Time) (Account, error)

	// UpgradePasswordHash replaces one hash of the same password by another. It
	// changes nothing else, and returns [ErrConflict] when the account is gone
	// or its hash is not old.
	UpgradePasswordHash(ctx context.Context, subject, old, hash string) error

	// DisableAccount keeps the person out, raises the epoch and records the
	// revocation of the sessions as owed ([ReasonDisabled]). A disabled account
	// stays as it is, with nothing owed anew. It returns the account
	// afterwards, or [ErrNotFound].
	DisableAccount(ctx context.Context, subject string, at time.Time) (Account, error)

	// EnableAccount lets the person in again and returns the account
	// afterwards, or [ErrNotFound]. Sessions revoked before stay revoked.
	EnableAccount(ctx context.Context, subject string) (Account, error)

	// DeleteAccount deletes the account and records the revocation of its
	// sessions as owed ([ReasonDeleted]), or returns [ErrNotFound].
	DeleteAccount(ctx context.Context, subject string, at time.Time) error

	// OwedRevocations returns what is owed, oldest first, at most limit.
	OwedRevocations(ctx context.Context, limit int) ([]OwedRevocation, error)

	// SettleRevocation forgets a debt that was paid. It returns nil when there
	// is none with this id.
	SettleRevocation(ctx context.Context, id int64) error
}
