package sqlitestore

import (
	"context"
	"database/sql"
	"time"

	"github.com/renewd/renewd/store"
)

const (
	accountColumns = `subject, name, password_hash, roles, epoch, created_at_ms, password_changed_at_ms, disabled_at_ms`

	insertAccount = `INSERT INTO accounts (` + accountColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`

	selectAccount       = `SELECT ` + accountColumns + ` FROM accounts WHERE subject = ?`
	selectAccountByName = `SELECT ` + accountColumns + ` FROM accounts WHERE name = ?`

	listAccounts = `SELECT ` + accountColumns + ` FROM accounts WHERE name > ? ORDER BY name LIMIT ?`

	setPassword = `UPDATE accounts SET password_hash = ?, password_changed_at_ms = ?, epoch = epoch + 1
		WHERE subject = ? RETURNING ` + accountColumns

	upgradePasswordHash = `UPDATE accounts SET password_hash = ? WHERE subject = ? AND password_hash = ?`

	disableAccount = `UPDATE accounts SET disabled_at_ms = ?, epoch = epoch + 1
		WHERE subject = ? AND disabled_at_ms IS NULL RETURNING ` + accountColumns

	enableAccount = `UPDATE accounts SET disabled_at_ms = NULL WHERE subject = ? RETURNING ` + accountColumns

	deleteAccount = `DELETE FROM accounts WHERE subject = ? RETURNING ` + accountColumns

	// The mark stays when every account is deleted.
	markHadAccount   = `INSERT INTO marks (name, value) VALUES ('had_account', 1) ON CONFLICT (name) DO NOTHING`
	selectHadAccount = `SELECT COUNT(*) FROM marks WHERE name = 'had_account'`

	insertOwed = `INSERT INTO owed_revocations (subject, epoch, except_id, reason, at_ms) VALUES (?, ?, ?, ?, ?)`
	selectOwed = `SELECT id, subject, epoch, except_id, reason, at_ms FROM owed_revocations ORDER BY id LIMIT ?`
	deleteOwed = `DELETE FROM owed_revocations WHERE id = ?`
)

func scanAccount(rows *sql.Rows) (store.Account, error) {
	var a store.Account
	err := rows.Scan(&a.Subject, &a.Name, &a.PasswordHash, (*listColumn)(&a.Roles), &a.Epoch,
		(*timeColumn)(&a.CreatedAt), (*timeColumn)(&a.PasswordChangedAt), (*timeColumn)(&a.DisabledAt))
	return a, err
}

// CreateAccount implements [store.Accounts].
func (s *Store) CreateAccount(ctx context.Context, a store.Account) error {
	return s.writeSeveral(ctx, func(tx transaction) error {
		if _, err := tx.exec(markHadAccount); err != nil {
			return err
		}
		return tx.addAccount(a)
	})
}

// CreateFirstAccount implements [store.Accounts].
func (s *Store) CreateFirstAccount(ctx context.Context, a store.Account) error {
	return s.writeSeveral(ctx, func(tx transaction) error {
		if err := conflictIfNone(tx.exec(markHadAccount)); err != nil {
			return err
		}
		return tx.addAccount(a)
	})
}

func (tx transaction) addAccount(a store.Account) error {
	_, err := tx.exec(insertAccount, a.Subject, a.Name, a.PasswordHash, listText(a.Roles), a.Epoch,
		a.CreatedAt.UnixMilli(), a.PasswordChangedAt.UnixMilli(), timeOrNull(a.DisabledAt))
	return existsIfTaken(err)
}

// HadAccount implements [store.Accounts].
func (s *Store) HadAccount(ctx context.Context) (bool, error) {
	return readOne(ctx, s, scanValue[bool], selectHadAccount)
}

// Account implements [store.Accounts].
func (s *Store) Account(ctx context.Context, subject string) (store.Account, error) {
	return readOne(ctx, s, scanAccount, selectAccount, subject)
}

// AccountByName implements [store.Accounts].
func (s *Store) AccountByName(ctx context.Context, name string) (store.Account, error) {
	return readOne(ctx, s, scanAccount, selectAccountByName, name)
}

// ListAccounts implements [store.Accounts].
func (s *Store) ListAccounts(ctx context.Context, after string, limit int) ([]store.Account, error) {
	return read(ctx, s, scanAccount, listAccounts, after, max(limit, 0))
}

// SetPassword implements [store.Accounts].
func (s *Store) SetPassword(ctx context.Context, subject, hash string, except store.SessionID, at time.Time) (store.Account, error) {
	return s.changeAccount(ctx, func(tx transaction) (store.Account, error) {
		a, err := tx.account(setPassword, hash, at.UnixMilli(), subject)
		if err != nil {
			return a, err
		}
		return a, tx.owe(a, a.Epoch, except, store.ReasonPasswordChanged, at)
	})
}

// UpgradePasswordHash implements [store.Accounts].
func (s *Store) UpgradePasswordHash(ctx context.Context, subject, old, hash string) error {
	return s.write(ctx, func(tx transaction) error {
		return conflictIfNone(tx.exec(upgradePasswordHash, hash, subject, old))
	})
}

// DisableAccount implements [store.Accounts].
func (s *Store) DisableAccount(ctx context.Context, subject string, at time.Time) (store.Account, error) {
	return s.changeAccount(ctx, func(tx transaction) (store.Account, error) {
		a, err := tx.account(selectAccount, subject)
		if err != nil || a.Disabled() {
			return a, err
		}
		if a, err = tx.account(disableAccount, at.UnixMilli(), subject); err != nil {
			return a, err
		}
		return a, tx.owe(a, a.Epoch, store.SessionID{}, store.ReasonDisabled, at)
	})
}

// EnableAccount implements [store.Accounts].
func (s *Store) EnableAccount(ctx context.Context, subject string) (store.Account, error) {
	return s.changeAccount(ctx, func(tx transaction) (store.Account, error) {
		return tx.account(enableAccount, subject)
	})
}

// DeleteAccount implements [store.Accounts].
func (s *Store) DeleteAccount(ctx context.Context, subject string, at time.Time) error {
	return s.writeSeveral(ctx, func(tx transaction) error {
		a, err := tx.account(deleteAccount, subject)
		if err != nil {
			return err
		}
		return tx.owe(a, a.Epoch+1, store.SessionID{}, store.ReasonDeleted, at)
	})
}

// OwedRevocations implements [store.Accounts].
func (s *Store) OwedRevocations(ctx context.Context, limit int) ([]store.OwedRevocation, error) {
	return read(ctx, s, scanOwed, selectOwed, max(limit, 0))
}

func scanOwed(rows *sql.Rows) (store.OwedRevocation, error) {
	var o store.OwedRevocation
	var reason string
	var except []byte
	err := rows.Scan(&o.ID, &o.Subject, &o.Epoch, &except, &reason, (*timeColumn)(&o.At))
	copy(o.Except[:], except)
	o.Reason = store.Reason(reason)
	return o, err
}

// SettleRevocation implements [store.Accounts].
func (s *Store) SettleRevocation(ctx context.Context, id int64) error {
	_, err := s.count(ctx, deleteOwed, id)
	return err
}

// changeAccount runs an operation that returns the account afterwards.
func (s *Store) changeAccount(
	ctx context.Context, change func(transaction) (store.Account, error),
) (store.Account, error) {
	var after store.Account
	err := s.writeSeveral(ctx, func(tx transaction) (err error) {
		after, err = change(tx)
		return err
	})
	if err != nil {
		return store.Account{}, err
	}
	return after, nil
}

// account runs a statement that returns one account, or fails with
// store.ErrNotFound.
func (tx transaction) account(statement string, args ...any) (store.Account, error) {
	found, err := query(tx, scanAccount, statement, args...)
	return first(found, err, store.ErrNotFound)
}

// owe records that the sessions of an account below an epoch, save one, are to be
// revoked.
func (tx transaction) owe(a store.Account, epoch int64, except store.SessionID, why store.Reason, at time.Time) error {
	var exceptID any
	if !except.IsZero() {
		exceptID = except[:]
	}
	_, err := tx.exec(insertOwed, a.Subject, epoch, exceptID, string(why), at.UnixMilli())
	return err
}
