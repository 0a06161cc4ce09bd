package memstore

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/renewd/renewd/store"
)

// CreateAccount implements [store.Accounts].
func (s *Store) CreateAccount(ctx context.Context, a store.Account) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	return s.addAccount(a)
}

// CreateFirstAccount implements [store.Accounts].
func (s *Store) CreateFirstAccount(ctx context.Context, a store.Account) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	if s.hadAccount {
		return store.ErrConflict
	}
	return s.addAccount(a)
}

func (s *Store) addAccount(a store.Account) error {
	_, subjectTaken := s.accounts[a.Subject]
	_, nameTaken := s.subjects[a.Name]
	if subjectTaken || nameTaken {
		return store.ErrExists
	}
	s.accounts[a.Subject] = a.Clone()
	s.subjects[a.Name] = a.Subject
	s.hadAccount = true
	return nil
}

// HadAccount implements [store.Accounts].
func (s *Store) HadAccount(ctx context.Context) (bool, error) {
	if err := s.lock(ctx); err != nil {
		return false, err
	}
	defer s.mu.Unlock()
	return s.hadAccount, nil
}

// Account implements [store.Accounts].
func (s *Store) Account(ctx context.Context, subject string) (store.Account, error) {
	if err := s.lock(ctx); err != nil {
		return store.Account{}, err
	}
	defer s.mu.Unlock()
	a, ok := s.accounts[subject]
	if !ok {
		return store.Account{}, store.ErrNotFound
	}
	return a.Clone(), nil
}

// AccountByName implements [store.Accounts].
func (s *Store) AccountByName(ctx context.Context, name string) (store.Account, error) {
	if err := s.lock(ctx); err != nil {
		return store.Account{}, err
	}
	defer s.mu.Unlock()
	subject, ok := s.subjects[name]
	if !ok {
		return store.Account{}, store.ErrNotFound
	}
	return s.accounts[subject].Clone(), nil
}

// ListAccounts implements [store.Accounts].
func (s *Store) ListAccounts(ctx context.Context, after string, limit int) ([]store.Account, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var found []store.Account
	for _, a := range s.accounts {
		if a.Name > after {
			found = append(found, a.Clone())
		}
	}
	slices.SortFunc(found, func(a, b store.Account) int { return strings.Compare(a.Name, b.Name) })
	return firstOf(found, limit), nil
}

// SetPassword implements [store.Accounts].
func (s *Store) SetPassword(ctx context.Context, subject, hash string, except store.SessionID, at time.Time) (store.Account, error) {
	return s.changeAccount(ctx, subject, func(a *store.Account) {
		a.PasswordHash, a.PasswordChangedAt = hash, at
		s.raiseEpoch(a, store.ReasonPasswordChanged, except, at)
	})
}

// UpgradePasswordHash implements [store.Accounts].
func (s *Store) UpgradePasswordHash(ctx context.Context, subject, old, hash string) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	a, ok := s.accounts[subject]
	if !ok || a.PasswordHash != old {
		return store.ErrConflict
	}
	a.PasswordHash = hash
	s.accounts[subject] = a
	return nil
}

// DisableAccount implements [store.Accounts].
func (s *Store) DisableAccount(ctx context.Context, subject string, at time.Time) (store.Account, error) {
	return s.changeAccount(ctx, subject, func(a *store.Account) {
		if a.Disabled() {
			return
		}
		a.DisabledAt = at
		s.raiseEpoch(a, store.ReasonDisabled, store.SessionID{}, at)
	})
}

// EnableAccount implements [store.Accounts].
func (s *Store) EnableAccount(ctx context.Context, subject string) (store.Account, error) {
	return s.changeAccount(ctx, subject, func(a *store.Account) { a.DisabledAt = time.Time{} })
}

// DeleteAccount implements [store.Accounts].
func (s *Store) DeleteAccount(ctx context.Context, subject string, at time.Time) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	a, ok := s.accounts[subject]
	if !ok {
		return store.ErrNotFound
	}
	s.raiseEpoch(&a, store.ReasonDeleted, store.SessionID{}, at)
	delete(s.accounts, subject)
	delete(s.subjects, a.Name)
	return nil
}

// OwedRevocations implements [store.Accounts].
func (s *Store) OwedRevocations(ctx context.Context, limit int) ([]store.OwedRevocation, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	return slices.Clone(firstOf(s.owed, limit)), nil
}

// SettleRevocation implements [store.Accounts].
func (s *Store) SettleRevocation(ctx context.Context, id int64) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	s.owed = slices.DeleteFunc(s.owed, func(o store.OwedRevocation) bool { return o.ID == id })
	return nil
}

// changeAccount returns the account as change leaves it.
func (s *Store) changeAccount(ctx context.Context, subject string, change func(*store.Account)) (store.Account, error) {
	if err := s.lock(ctx); err != nil {
		return store.Account{}, err
	}
	defer s.mu.Unlock()
	a, ok := s.accounts[subject]
	if !ok {
		return store.Account{}, store.ErrNotFound
	}
	change(&a)
	s.accounts[subject] = a
	return a.Clone(), nil
}

// raiseEpoch raises the epoch of a and records the revocation of the sessions
// below it as owed, save one.
func (s *Store) raiseEpoch(a *store.Account, why store.Reason, except store.SessionID, at time.Time) {
	a.Epoch++
	s.lastOwed++
	s.owed = append(s.owed, store.OwedRevocation{
		ID: s.lastOwed, Subject: a.Subject, Epoch: a.Epoch, Except: except, Reason: why, At: at,
	})
}
