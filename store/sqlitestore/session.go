package sqlitestore

import (
	"context"
	"database/sql"
	"time"

	"github.com/renewd/renewd/store"
)

const (
	sessionColumns = `id, subject, username, client_id, mode, remember, rotation_off, roles, scope, amr, acr, epoch,
		auth_time_ms, created_at_ms, generation, rotated_at_ms, attempt, key_id, idle_timeout_ms, used_at_ms,
		idle_expires_at_ms, expires_at_ms, revoked_at_ms, revoke_reason, user_agent, address`

	insertSession = `INSERT INTO sessions (` + sessionColumns + `)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

	selectSession = `SELECT ` + sessionColumns + ` FROM sessions WHERE id = ?`

	// store.Rotation.Applies and Apply, word for word.
	rotateSession = `UPDATE sessions SET
			generation = CASE WHEN rotation_off THEN generation ELSE generation + 1 END,
			rotated_at_ms = CASE WHEN rotation_off THEN rotated_at_ms ELSE ?1 END,
			attempt = CASE WHEN rotation_off THEN attempt ELSE NULLIF(?2, attempt) END,
			key_id = CASE WHEN rotation_off THEN key_id ELSE ?3 END,
			used_at_ms = ?1,
			idle_expires_at_ms = MIN(?1 + idle_timeout_ms, expires_at_ms)
		WHERE id = ?4 AND generation = ?5 AND mode = ?6 AND client_id = ?7 AND revoked_at_ms IS NULL
			AND ?1 < expires_at_ms AND ?1 < idle_expires_at_ms
			AND (rotation_off OR ?8 IS NULL OR rotated_at_ms <= ?8)
		RETURNING ` + sessionColumns

	// store.Recovery.Applies and Apply, word for word.
	recoverSession = `UPDATE sessions SET
			generation = ?8 + 1,
			rotated_at_ms = ?1,
			attempt = NULLIF(?2, attempt),
			key_id = ?3,
			used_at_ms = ?1,
			idle_expires_at_ms = MIN(?1 + idle_timeout_ms, expires_at_ms)
		WHERE id = ?4 AND generation = ?5 AND mode = ?6 AND client_id = ?7 AND revoked_at_ms IS NULL
			AND ?1 < expires_at_ms AND NOT rotation_off AND ?8 > generation
		RETURNING ` + sessionColumns

	revokeSession = `UPDATE sessions SET revoked_at_ms = ?, revoke_reason = ?
		WHERE id = ? AND revoked_at_ms IS NULL AND ? IN (0, generation)`

	selectRevoked = `SELECT revoked_at_ms IS NOT NULL FROM sessions WHERE id = ?`

	revokeSubject = `UPDATE sessions SET revoked_at_ms = ?1, revoke_reason = ?2
		WHERE subject = ?3 AND revoked_at_ms IS NULL AND id <> ?4 AND (?5 = 0 OR epoch < ?5)`

	listSessions = `SELECT ` + sessionColumns + ` FROM sessions WHERE id > ?1 AND ` + liveAt + ` ORDER BY id LIMIT ?3`

	listSessionsOfSubject = `SELECT ` + sessionColumns + ` FROM sessions
		WHERE subject = ?4 AND id > ?1 AND ` + liveAt + ` ORDER BY id LIMIT ?3`

	liveAt = `(?2 IS NULL OR (revoked_at_ms IS NULL AND ?2 < idle_expires_at_ms AND ?2 < expires_at_ms))`

	purgeSessions = `DELETE FROM sessions WHERE rowid IN (
		SELECT rowid FROM sessions WHERE expires_at_ms <= ? ORDER BY expires_at_ms LIMIT ?)`
)

func scanSession(rows *sql.Rows) (store.Session, error) {
	var s store.Session
	var mode, generation, keyID, idleMs int64
	var reason string
	err := rows.Scan((*idColumn)(&s.ID), &s.Subject, &s.Username, &s.ClientID, &mode, &s.Remember, &s.RotationOff,
		(*listColumn)(&s.Roles), &s.Scope, (*listColumn)(&s.AMR), &s.ACR, &s.Epoch,
		(*timeColumn)(&s.AuthTime), (*timeColumn)(&s.CreatedAt), &generation, (*timeColumn)(&s.RotatedAt),
		&s.Attempt, &keyID, &idleMs, (*timeColumn)(&s.UsedAt), (*timeColumn)(&s.IdleExpiresAt),
		(*timeColumn)(&s.ExpiresAt), (*timeColumn)(&s.RevokedAt), &reason, &s.UserAgent, &s.Address)
	s.Mode, s.Generation, s.KeyID = store.Mode(mode), uint64(generation), uint8(keyID)
	s.IdleTimeout, s.RevokeReason = time.Duration(idleMs)*time.Millisecond, store.Reason(reason)
	return s, err
}

// CreateSession implements [store.Sessions].
func (s *Store) CreateSession(ctx context.Context, r store.Session) error {
	return s.write(ctx, func(tx transaction) error {
		_, err := tx.exec(insertSession, r.ID[:], r.Subject, r.Username, r.ClientID, int64(r.Mode), r.Remember,
			r.RotationOff, listText(r.Roles), r.Scope, listText(r.AMR), r.ACR, r.Epoch,
			r.AuthTime.UnixMilli(), r.CreatedAt.UnixMilli(), int64(r.Generation), r.RotatedAt.UnixMilli(),
			bytesOrNull(r.Attempt), int64(r.KeyID), r.IdleTimeout.Milliseconds(), r.UsedAt.UnixMilli(),
			r.IdleExpiresAt.UnixMilli(), r.ExpiresAt.UnixMilli(), timeOrNull(r.RevokedAt),
			string(r.RevokeReason), r.UserAgent, r.Address)
		return existsIfTaken(err)
	})
}

// Session implements [store.Sessions].
func (s *Store) Session(ctx context.Context, id store.SessionID) (store.Session, error) {
	return readOne(ctx, s, scanSession, selectSession, id[:])
}

// RotateSession implements [store.Sessions].
func (s *Store) RotateSession(ctx context.Context, r store.Rotation) (store.Session, error) {
	return s.compareAndSet(ctx, rotateSession, r, timeOrNull(r.RotatedBy))
}

// RecoverSession implements [store.Sessions].
func (s *Store) RecoverSession(ctx context.Context, r store.Recovery) (store.Session, error) {
	return s.compareAndSet(ctx, recoverSession, r.Rotation, int64(r.Presented))
}

// compareAndSet runs one of the two statements that move the head. They differ in
// their last parameter.
func (s *Store) compareAndSet(ctx context.Context, statement string, r store.Rotation, last any) (store.Session, error) {
	var after store.Session
	err := s.write(ctx, func(tx transaction) error {
		rows, err := query(tx, scanSession, statement, r.Now.UnixMilli(), bytesOrNull(r.Attempt), int64(r.KeyID),
			r.ID[:], int64(r.Generation), int64(r.Mode), r.ClientID, last)
		after, err = first(rows, err, store.ErrConflict)
		return err
	})
	if err != nil {
		// After a timeout the operation may still be running: after is not ours.
		return store.Session{}, err
	}
	return after, nil
}

// RevokeSession implements [store.Sessions].
func (s *Store) RevokeSession(ctx context.Context, r store.Revocation) (bool, error) {
	var done bool
	err := s.write(ctx, func(tx transaction) error {
		changed, err := tx.exec(revokeSession, r.At.UnixMilli(), string(r.Reason), r.ID[:], int64(r.Generation))
		done = changed > 0
		if err != nil || done {
			return err
		}
		found, err := query(tx, scanValue[bool], selectRevoked, r.ID[:])
		revoked, err := first(found, err, store.ErrNotFound)
		if err == nil && !revoked {
			err = store.ErrConflict
		}
		return err
	})
	if err != nil {
		return false, err
	}
	return done, nil
}

// RevokeSubject implements [store.Sessions].
func (s *Store) RevokeSubject(ctx context.Context, r store.SubjectRevocation) (int, error) {
	return s.count(ctx, revokeSubject, r.At.UnixMilli(), string(r.Reason), r.Subject, r.Except[:], r.BelowEpoch)
}

// ListSessions implements [store.Sessions].
func (s *Store) ListSessions(ctx context.Context, q store.SessionQuery) ([]store.Session, error) {
	limit := max(q.Limit, 0)
	if q.Subject == "" {
		return read(ctx, s, scanSession, listSessions, q.After[:], timeOrNull(q.LiveAt), limit)
	}
	return read(ctx, s, scanSession, listSessionsOfSubject, q.After[:], timeOrNull(q.LiveAt), limit, q.Subject)
}

// PurgeSessions implements [store.Sessions].
func (s *Store) PurgeSessions(ctx context.Context, expiredBy time.Time, limit int) (int, error) {
	return s.count(ctx, purgeSessions, expiredBy.UnixMilli(), max(limit, 0))
}

// count runs one statement and returns how many rows it changed.
func (s *Store) count(ctx context.Context, statement string, args ...any) (int, error) {
	var changed int64
	err := s.write(ctx, func(tx transaction) (err error) {
		changed, err = tx.exec(statement, args...)
		return err
	})
	if err != nil {
		return 0, err
	}
	return int(changed), nil
}

const ping = `INSERT INTO marks (name, value) VALUES ('ping', 1)
	ON CONFLICT (name) DO UPDATE SET value = (value + 1) % 1024`

// Ping implements [store.Sessions]. It reads, and it commits a small write: a
// disk that is full or was made read-only shows in no other way.
func (s *Store) Ping(ctx context.Context) error {
	if _, err := readOne(ctx, s, scanValue[int64], `SELECT COUNT(*) FROM marks`); err != nil {
		return err
	}
	_, err := s.count(ctx, ping)
	return err
}
