// Package account knows the people who sign in with a name and a password.
//
// It owns names, passwords and the account's epoch. It imports package store and
// no engine; sessions it only revokes, through [Revoker].
package account

import (
	"context"
	"errors"
	"time"

	"github.com/renewd/renewd/store"
)

// Errors of a [Service]. None of them changes anything, and store errors come
// wrapped beside them.
var (
	// ErrInvalidCredentials says that the name is unknown or the password wrong.
	// Which of the two is not told, and takes the same time.
	ErrInvalidCredentials = errors.New("invalid credentials")
	// ErrDisabled says that the password was right and the account is disabled.
	ErrDisabled = errors.New("account disabled")
	// ErrChanged says that the account was changed while a sign-in was under way.
	ErrChanged = errors.New("account changed meanwhile")
	// ErrInvalidName says that a name is not acceptable.
	ErrInvalidName = errors.New("invalid name")
	// ErrInvalidPassword says that a password is not acceptable.
	ErrInvalidPassword = errors.New("invalid password")
	// ErrNameTaken says that somebody has the name already.
	ErrNameTaken = errors.New("name taken")
	// ErrNotFound says that there is no such account.
	ErrNotFound = errors.New("account not found")
	// ErrSetupDone says that the first account was made before.
	ErrSetupDone = errors.New("set up already")
)

// Revoker revokes the sessions of a subject. A [store.Sessions] is one, and so is
// a renewd.Manager, which also records the event.
type Revoker interface {
	RevokeSubject(ctx context.Context, r store.SubjectRevocation) (int, error)
}

// Config is what a [Service] needs.
type Config struct {
	Accounts store.Accounts
	Sessions Revoker
	Hash     HashParams       // zero: DefaultHashParams
	Parallel int              // password hashes computed at once; zero: the number of processors
	Now      func() time.Time // nil: time.Now
}

// HashParams are the parameters of argon2id.
type HashParams struct {
	MemoryKiB   uint32
	Iterations  uint32
	Parallelism uint8
}

// Person is an account as it may be shown: no password hash.
type Person struct {
	Subject   string
	Name      string
	Roles     []string
	Epoch     int64
	CreatedAt time.Time
	Disabled  bool
}

// Service signs people in and manages their accounts.
type Service struct{}

// New returns a Service.
func New(cfg Config) (*Service, error) { return nil, errors.New("account") }

// Authenticate returns the person with this name and password.
func (s *Service) Authenticate(ctx context.Context, name, password string) (Person, error) {
	return Person{}, ErrInvalidCredentials
}

// Unchanged returns nil while the account is as it was when p was read: enabled,
// and at the same epoch. It returns ErrChanged otherwise.
func (s *Service) Unchanged(ctx context.Context, p Person) error { return ErrChanged }

// NewPerson is an account to be created.
type NewPerson struct {
	Name     string
	Password string
	Roles    []string
}

// Create stores a new account.
func (s *Service) Create(ctx context.Context, n NewPerson) (Person, error) {
	return Person{}, ErrInvalidName
}

// CreateFirst stores the store's first account; ErrSetupDone if there ever was one.
func (s *Service) CreateFirst(ctx context.Context, n NewPerson) (Person, error) {
	return Person{}, ErrSetupDone
}

// NeedsSetup reports whether the store never held an account.
func (s *Service) NeedsSetup(ctx context.Context) (bool, error) { return false, nil }

// Lookup returns the person with this name.
func (s *Service) Lookup(ctx context.Context, name string) (Person, error) {
	return Person{}, ErrNotFound
}

// List returns people in the order of their names, after the given one.
func (s *Service) List(ctx context.Context, after string, limit int) ([]Person, error) {
	return nil, nil
}

// SetPassword changes the password and ends every session.
func (s *Service) SetPassword(ctx context.Context, name, password string) error { return ErrNotFound }

// Disable keeps a person out and ends every session.
func (s *Service) Disable(ctx context.Context, name string) error { return ErrNotFound }

// Enable lets a person in again.
func (s *Service) Enable(ctx context.Context, name string) error { return ErrNotFound }

// Delete deletes an account and ends every session.
func (s *Service) Delete(ctx context.Context, name string) error { return ErrNotFound }

// SettleOwed revokes the sessions that are owed from earlier changes, and returns
// how many debts were paid.
func (s *Service) SettleOwed(ctx context.Context) (int, error) { return 0, nil }
