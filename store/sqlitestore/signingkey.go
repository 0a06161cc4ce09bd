package sqlitestore

import (
	"bytes"
	"context"
	"database/sql"
	"slices"

	"github.com/renewd/renewd/store"
)

const (
	keyColumns = `id, algorithm, public_key, wrapped_key, created_at_ms, active_at_ms, retires_at_ms, expires_at_ms,
		revoked_at_ms`

	insertKey = `INSERT INTO signing_keys (` + keyColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`

	insertFirstKey = `INSERT INTO signing_keys (` + keyColumns + `) SELECT ?, ?2, ?, ?, ?, ?, ?, ?, ?
		WHERE NOT EXISTS (SELECT 1 FROM signing_keys WHERE algorithm = ?2 AND revoked_at_ms IS NULL)`

	selectKeys = `SELECT ` + keyColumns + ` FROM signing_keys ORDER BY active_at_ms, id`

	selectChecks = `SELECT check_value FROM secret_checks`
	insertCheck  = `INSERT INTO secret_checks (check_value) VALUES (?) ON CONFLICT (check_value) DO NOTHING`
)

func keyValues(k store.SigningKey) []any {
	return []any{
		k.ID, k.Algorithm, notNull(k.Public), notNull(k.Wrapped), k.CreatedAt.UnixMilli(), k.ActiveAt.UnixMilli(),
		timeOrNull(k.RetiresAt), timeOrNull(k.ExpiresAt), timeOrNull(k.RevokedAt),
	}
}

func scanKey(rows *sql.Rows) (store.SigningKey, error) {
	var k store.SigningKey
	err := rows.Scan(&k.ID, &k.Algorithm, &k.Public, &k.Wrapped, (*timeColumn)(&k.CreatedAt), (*timeColumn)(&k.ActiveAt),
		(*timeColumn)(&k.RetiresAt), (*timeColumn)(&k.ExpiresAt), (*timeColumn)(&k.RevokedAt))
	return k, err
}

// AddSigningKey implements [store.SigningKeys].
func (s *Store) AddSigningKey(ctx context.Context, k store.SigningKey) error {
	values := keyValues(k.Clone())
	return s.write(ctx, func(tx transaction) error {
		_, err := tx.exec(insertKey, values...)
		return existsIfTaken(err)
	})
}

// AddFirstSigningKey implements [store.SigningKeys].
func (s *Store) AddFirstSigningKey(ctx context.Context, k store.SigningKey) error {
	values := keyValues(k.Clone())
	return s.write(ctx, func(tx transaction) error {
		return existsIfTaken(conflictIfNone(tx.exec(insertFirstKey, values...)))
	})
}

// SigningKeys implements [store.SigningKeys].
func (s *Store) SigningKeys(ctx context.Context) ([]store.SigningKey, error) {
	return read(ctx, s, scanKey, selectKeys)
}

// EnsureSecretCheck implements [store.SigningKeys].
func (s *Store) EnsureSecretCheck(ctx context.Context, checks [][]byte) error {
	if len(checks) == 0 {
		return store.ErrWrongSecret
	}
	return s.write(ctx, func(tx transaction) error {
		kept, err := query(tx, scanValue[[]byte], selectChecks)
		if err != nil {
			return err
		}
		known := func(k []byte) bool {
			return slices.ContainsFunc(checks, func(c []byte) bool { return bytes.Equal(c, k) })
		}
		if len(kept) > 0 && !slices.ContainsFunc(kept, known) {
			return store.ErrWrongSecret
		}
		_, err = tx.exec(insertCheck, notNull(checks[0]))
		return err
	})
}

// notNull keeps a driver from storing an empty value as NULL.
func notNull(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
