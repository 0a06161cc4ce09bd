package account

import (
	"context"
	"errors"
	"fmt"

	"github.com/renewd/renewd/store"
)

// Authenticate returns the person with this name and password.
//
// A hash that is weaker than the current parameters is replaced; if that fails,
// the next sign-in tries again.
//
// Errors, none of which changes anything: [ErrInvalidCredentials] for a name that
// is unknown or not acceptable and for a wrong password, each at the price of one
// hash with current parameters (an account's older hash costs what it was made
// with), save that a name over 256 or a password over 1024 bytes is refused at
// once; [ErrDisabled] when the password was right; [ErrBusy] when too many wait to
// hash; the context's error when ctx was done while waiting.
func (s *Service) Authenticate(ctx context.Context, name, password string) (Person, error) {
	if len(name) > maxNameBytes || len(password) > maxPasswordBytes {
		return Person{}, ErrInvalidCredentials
	}
	a, hash, err := s.candidate(ctx, name)
	if err != nil {
		return Person{}, fmt.Errorf("authenticate: %w", err)
	}
	prepared, err := preparePassword(password)
	if err != nil {
		prepared, hash = password, s.hasher.decoy
	}
	genuine, err := s.hasher.matches(ctx, prepared, hash)
	switch {
	case err != nil:
		return Person{}, fmt.Errorf("authenticate: %w", err)
	case !genuine || a.Subject == "":
		return Person{}, ErrInvalidCredentials
	case a.Disabled():
		return Person{}, ErrDisabled
	}
	s.upgradeHash(ctx, a, hash, prepared)
	return personOf(a), nil
}

// candidate returns the account with this name and its password hash; where
// there is none, an empty account and the decoy.
func (s *Service) candidate(ctx context.Context, name string) (store.Account, passwordHash, error) {
	a, err := s.find(ctx, name)
	if errors.Is(err, ErrNotFound) {
		return store.Account{}, s.hasher.decoy, nil
	}
	if err != nil {
		return store.Account{}, passwordHash{}, err
	}
	hash, err := parseHash(a.PasswordHash)
	return a, hash, err
}

// upgradeHash drops its errors: the person has signed in, and a hash that was
// not replaced, or was replaced by somebody else, does no harm.
func (s *Service) upgradeHash(ctx context.Context, a store.Account, old passwordHash, password string) {
	if !old.outdated(s.hasher.params) {
		return
	}
	hash, err := s.hasher.hash(ctx, password)
	if err == nil {
		_ = s.cfg.Accounts.UpgradePasswordHash(ctx, a.Subject, a.PasswordHash, hash)
	}
}

// Unchanged returns nil while the account is as it was when p was read: enabled,
// and at the same epoch. It returns [ErrChanged] otherwise, also when the account
// is gone: a session made from p must then be revoked.
func (s *Service) Unchanged(ctx context.Context, p Person) error {
	a, err := s.cfg.Accounts.Account(ctx, p.Subject)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return ErrChanged
	case err != nil:
		return fmt.Errorf("read account: %w", err)
	case a.Disabled() || a.Epoch != p.Epoch:
		return ErrChanged
	}
	return nil
}

// find returns the account with a name as it was typed, or [ErrNotFound], also
// for a name that nobody can have.
func (s *Service) find(ctx context.Context, name string) (store.Account, error) {
	canonical, err := canonicalName(name)
	if err != nil {
		return store.Account{}, ErrNotFound
	}
	a, err := s.cfg.Accounts.AccountByName(ctx, canonical)
	if errors.Is(err, store.ErrNotFound) {
		return store.Account{}, ErrNotFound
	}
	if err != nil {
		return store.Account{}, fmt.Errorf("read account: %w", err)
	}
	return a, nil
}
