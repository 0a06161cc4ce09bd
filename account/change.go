package account

import (
	"context"
	"errors"
	"fmt"

	"github.com/renewd/renewd/store"
)

// SetPassword changes the password and ends every session.
//
// Errors: [ErrNotFound] and [ErrInvalidPassword] (nothing changed);
// [ErrRevocationOwed] (the new password counts).
func (s *Service) SetPassword(ctx context.Context, name, password string) error {
	prepared, err := prepareNewPassword(password)
	if err != nil {
		return err
	}
	a, err := s.find(ctx, name)
	if err != nil {
		return err
	}
	hash, err := s.hasher.hash(ctx, prepared)
	if err != nil {
		return err
	}
	_, err = s.cfg.Accounts.SetPassword(ctx, a.Subject, hash, store.SessionID{}, s.now())
	return s.afterChange(ctx, "set password", err)
}

// Disable keeps a person out and ends every session. A person who is disabled
// already stays so, and what is still owed is settled.
//
// Errors: [ErrNotFound] (nothing changed); [ErrRevocationOwed] (the person is
// disabled).
func (s *Service) Disable(ctx context.Context, name string) error {
	a, err := s.find(ctx, name)
	if err != nil {
		return err
	}
	_, err = s.cfg.Accounts.DisableAccount(ctx, a.Subject, s.now())
	return s.afterChange(ctx, "disable account", err)
}

// Enable lets a person in again, or returns [ErrNotFound]. Sessions that were
// revoked stay revoked.
func (s *Service) Enable(ctx context.Context, name string) error {
	a, err := s.find(ctx, name)
	if err != nil {
		return err
	}
	_, err = s.cfg.Accounts.EnableAccount(ctx, a.Subject)
	return storeError("enable account", err)
}

// Delete deletes an account and ends every session.
//
// Errors: [ErrNotFound] (there is no such account, and nothing is owed);
// [ErrRevocationOwed] (the account is gone).
func (s *Service) Delete(ctx context.Context, name string) error {
	a, err := s.find(ctx, name)
	if err == nil {
		err = s.cfg.Accounts.DeleteAccount(ctx, a.Subject, s.now())
		return s.afterChange(ctx, "delete account", err)
	}
	if errors.Is(err, ErrNotFound) {
		// An earlier call may have deleted the account and left its debt.
		if owed := s.settle(ctx); owed != nil {
			return owed
		}
	}
	return err
}

// afterChange settles what a change of an account owes. The change and its debt
// are durable before, so that nothing is lost if this is not reached.
func (s *Service) afterChange(ctx context.Context, op string, err error) error {
	if err != nil {
		return storeError(op, err)
	}
	return s.settle(ctx)
}

func (s *Service) settle(ctx context.Context) error {
	if _, err := s.SettleOwed(ctx); err != nil {
		return fmt.Errorf("%w: %w", ErrRevocationOwed, err)
	}
	return nil
}

func storeError(op string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrNotFound):
		return ErrNotFound
	}
	return fmt.Errorf("%s: %w", op, err)
}

const settlePage = 100

// SettleOwed revokes the sessions that are owed from earlier changes, oldest
// first, and returns how many debts were paid. It stops at the first error; what
// was not paid stays owed, and a retry is safe. Several may run at once. A debt
// paid twice, after a crash for instance, ends no session that began after the
// change.
func (s *Service) SettleOwed(ctx context.Context) (int, error) {
	paid := 0
	for {
		debts, err := s.cfg.Accounts.OwedRevocations(ctx, settlePage)
		if err != nil {
			return paid, fmt.Errorf("read owed revocations: %w", err)
		}
		for _, debt := range debts {
			if err := s.pay(ctx, debt); err != nil {
				return paid, err
			}
			paid++
		}
		if len(debts) < settlePage {
			return paid, nil
		}
	}
}

func (s *Service) pay(ctx context.Context, debt store.OwedRevocation) error {
	_, err := s.cfg.Sessions.RevokeSubject(ctx, store.SubjectRevocation{
		Subject: debt.Subject,
		Reason:  debt.Reason,
		// Not the time of the change: an access token may have been issued since.
		At:         s.now(),
		BelowEpoch: debt.Epoch,
		Except:     debt.Except,
	})
	if err != nil {
		return fmt.Errorf("revoke sessions: %w", err)
	}
	if err := s.cfg.Accounts.SettleRevocation(ctx, debt.ID); err != nil {
		return fmt.Errorf("settle revocation: %w", err)
	}
	return nil
}
