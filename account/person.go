package account

import (
	"context"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/renewd/renewd/store"
)

// NewPerson is an account to be created. Printed or logged, it shows only its
// name.
type NewPerson struct {
	// Name is 1 to 256 bytes, before and after it is brought into its canonical
	// form (UsernameCaseMapped, RFC 8265, Section 3.3): letter case does not
	// count, and there are no spaces.
	Name string
	// Password is at least 8 characters and at most 1024 bytes.
	Password string
	// Roles are at most 64, each 1 to 64 characters of a-z 0-9 _ . : -
	Roles []string
}

// Format implements [fmt.Formatter].
func (n NewPerson) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, n.Name) }

// MarshalText implements [encoding.TextMarshaler], for logs in JSON.
func (n NewPerson) MarshalText() ([]byte, error) { return []byte(n.Name), nil }

// Create stores a new account.
//
// Errors: [ErrInvalidName], [ErrInvalidPassword], [ErrInvalidRole], each with a
// sentence on what to do; [ErrNameTaken], also when an earlier try whose outcome
// was unknown had succeeded.
func (s *Service) Create(ctx context.Context, n NewPerson) (Person, error) {
	a, err := s.newAccount(ctx, n)
	if err != nil {
		return Person{}, err
	}
	err = s.cfg.Accounts.CreateAccount(ctx, a)
	if errors.Is(err, store.ErrExists) {
		return Person{}, ErrNameTaken
	}
	if err != nil {
		return Person{}, fmt.Errorf("create account: %w", err)
	}
	return personOf(a), nil
}

// CreateFirst stores the store's first account. Its errors are those of
// [Service.Create], with [ErrSetupDone] if there ever was one.
func (s *Service) CreateFirst(ctx context.Context, n NewPerson) (Person, error) {
	a, err := s.newAccount(ctx, n)
	if err != nil {
		return Person{}, err
	}
	err = s.cfg.Accounts.CreateFirstAccount(ctx, a)
	if errors.Is(err, store.ErrConflict) {
		return Person{}, ErrSetupDone
	}
	if err != nil {
		return Person{}, fmt.Errorf("create first account: %w", err)
	}
	return personOf(a), nil
}

func (s *Service) newAccount(ctx context.Context, n NewPerson) (store.Account, error) {
	name, err := canonicalName(n.Name)
	if err != nil {
		return store.Account{}, err
	}
	if err := validateRoles(n.Roles); err != nil {
		return store.Account{}, err
	}
	password, err := prepareNewPassword(n.Password)
	if err != nil {
		return store.Account{}, err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return store.Account{}, err
	}
	now := s.now()
	return store.Account{
		Subject:           newSubject(),
		Name:              name,
		PasswordHash:      hash,
		Roles:             slices.Clone(n.Roles),
		Epoch:             1,
		CreatedAt:         now,
		PasswordChangedAt: now,
	}, nil
}

var subjectEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// newSubject returns 128 random bits: a subject says nothing about the person,
// and never comes up twice.
func newSubject() string { return "usr_" + subjectEncoding.EncodeToString(randomBytes(16)) }

// NeedsSetup reports whether the store never held an account.
func (s *Service) NeedsSetup(ctx context.Context) (bool, error) {
	had, err := s.cfg.Accounts.HadAccount(ctx)
	if err != nil {
		return false, fmt.Errorf("look for accounts: %w", err)
	}
	return !had, nil
}

// Lookup returns the person with this name, or [ErrNotFound].
func (s *Service) Lookup(ctx context.Context, name string) (Person, error) {
	a, err := s.find(ctx, name)
	if err != nil {
		return Person{}, err
	}
	return personOf(a), nil
}

const maxList = 1000

// List returns people in the byte order of their names, those after the given
// one, at most limit. A limit outside 1 to 1000 stands for the nearest bound.
func (s *Service) List(ctx context.Context, after string, limit int) ([]Person, error) {
	rows, err := s.cfg.Accounts.ListAccounts(ctx, after, min(max(limit, 1), maxList))
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	people := make([]Person, len(rows))
	for i, a := range rows {
		people[i] = personOf(a)
	}
	return people, nil
}
