// Package account knows the people who sign in with a name and a password.
//
// It owns names, passwords and the account's epoch. It imports package store and
// no engine; sessions it only revokes, through [Revoker]. Start with [New] and a
// [Config].
//
// # What everything promises
//
//   - An error of the store or a done context comes wrapped, and never looks like
//     a wrong password. Unless the method says otherwise nothing was changed, and
//     a retry is safe. After [store.ErrOutcomeUnknown] the change was made or not;
//     a retry is safe then too, and may find it made.
//   - No error, and no printed [Person], [NewPerson] or [Setup], holds a password,
//     a password hash or a setup secret.
package account

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/renewd/renewd/store"
)

// Errors of a [Service]. None of them but [ErrRevocationOwed] changes anything,
// and store errors come wrapped beside them.
var (
	// ErrInvalidCredentials says that the name is unknown or the password wrong.
	// Which of the two is not told, and takes the same time.
	ErrInvalidCredentials = errors.New("invalid credentials")
	// ErrDisabled says that the password was right and the account is disabled.
	ErrDisabled = errors.New("account disabled")
	// ErrBusy says that too many people sign in at this moment. A retry is safe.
	ErrBusy = errors.New("too many sign-ins at once")
	// ErrChanged says that the account was changed while a sign-in was under way.
	ErrChanged = errors.New("account changed meanwhile")
	// ErrInvalidName says that a name is not acceptable.
	ErrInvalidName = errors.New("invalid name")
	// ErrInvalidPassword says that a password is not acceptable.
	ErrInvalidPassword = errors.New("invalid password")
	// ErrInvalidRole says that a role, or their number, is not acceptable.
	ErrInvalidRole = errors.New("invalid role")
	// ErrNameTaken says that somebody has the name already.
	ErrNameTaken = errors.New("name taken")
	// ErrNotFound says that there is no such account.
	ErrNotFound = errors.New("account not found")
	// ErrSetupDone says that the first account was made before.
	ErrSetupDone = errors.New("set up already")
	// ErrSetupLink says that a setup secret is wrong or its time is over.
	ErrSetupLink = errors.New("setup link wrong or expired")
	// ErrRevocationOwed says that the change was made and durable, but the
	// sessions could not be revoked yet. The debt is kept: [Service.SettleOwed]
	// pays it, and so does a repetition of the call.
	ErrRevocationOwed = errors.New("the change is made, but signing out everywhere is still owed")
)

// ConfigError says which field of a [Config] is wrong, and what it must be.
type ConfigError struct {
	Field string // as in Go, for instance "Hash.MemoryKiB"
	Bound string // a sentence without the field, for instance "must be 1 to 1024, got -1"
}

func (e *ConfigError) Error() string { return fmt.Sprintf("account config: %s %s", e.Field, e.Bound) }

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
	Parallel int              // password hashes computed at once, 1 to 1024; zero: the number of processors
	Now      func() time.Time // nil: time.Now
}

const maxParallel = 1024

func (c Config) validate(floor HashParams) error {
	if c.Accounts == nil {
		return &ConfigError{"Accounts", "must be set"}
	}
	if c.Sessions == nil {
		return &ConfigError{"Sessions", "must be set"}
	}
	if c.Parallel < 1 || c.Parallel > maxParallel {
		return &ConfigError{"Parallel", fmt.Sprintf("must be 1 to %d, got %d", maxParallel, c.Parallel)}
	}
	return c.Hash.validate(floor)
}

// Person is an account as it may be shown: no password hash.
type Person struct {
	Subject   string   // opaque and stable: "usr_" and 26 characters of a-z and 2-7
	Name      string   // in its canonical form, 1 to 256 bytes
	Roles     []string // as they are copied into new sessions
	Epoch     int64    // what a sign-in with this Person counts as
	CreatedAt time.Time
	Disabled  bool
}

func personOf(a store.Account) Person {
	return Person{
		Subject:   a.Subject,
		Name:      a.Name,
		Roles:     a.Roles,
		Epoch:     a.Epoch,
		CreatedAt: a.CreatedAt,
		Disabled:  a.Disabled(),
	}
}

// Service signs people in and manages their accounts. It is safe for concurrent
// use, and any number of them may share one store.
type Service struct {
	cfg    Config
	hasher *hasher
}

// New returns a Service, or a [*ConfigError] that names the field and its bound.
// It starts no goroutine and asks the store nothing.
func New(cfg Config) (*Service, error) { return newService(cfg, DefaultHashParams()) }

func newService(cfg Config, floor HashParams) (*Service, error) {
	if cfg.Hash == (HashParams{}) {
		cfg.Hash = DefaultHashParams()
	}
	if cfg.Parallel == 0 {
		cfg.Parallel = min(runtime.GOMAXPROCS(0), maxParallel)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if err := cfg.validate(floor); err != nil {
		return nil, err
	}
	return &Service{cfg: cfg, hasher: newHasher(cfg.Hash, cfg.Parallel)}, nil
}

// now is the time that a call works with, in the resolution of the store.
func (s *Service) now() time.Time { return s.cfg.Now().UTC().Truncate(time.Millisecond) }
