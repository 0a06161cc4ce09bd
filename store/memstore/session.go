package memstore

import (
	"context"
	"slices"
	"time"

	"github.com/renewd/renewd/store"
)

// CreateSession implements [store.Sessions].
func (s *Store) CreateSession(ctx context.Context, session store.Session) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	if _, taken := s.sessions[session.ID]; taken {
		return store.ErrExists
	}
	s.sessions[session.ID] = session.Clone()
	return nil
}

// Session implements [store.Sessions].
func (s *Store) Session(ctx context.Context, id store.SessionID) (store.Session, error) {
	if err := s.lock(ctx); err != nil {
		return store.Session{}, err
	}
	defer s.mu.Unlock()
	row, ok := s.sessions[id]
	if !ok {
		return store.Session{}, store.ErrNotFound
	}
	return row.Clone(), nil
}

// change is what [store.Rotation] and [store.Recovery] have in common.
type change interface {
	Applies(row store.Session) bool
	Apply(row store.Session) store.Session
}

// RotateSession implements [store.Sessions].
func (s *Store) RotateSession(ctx context.Context, r store.Rotation) (store.Session, error) {
	return s.compareAndSet(ctx, r.ID, r)
}

// RecoverSession implements [store.Sessions].
func (s *Store) RecoverSession(ctx context.Context, r store.Recovery) (store.Session, error) {
	return s.compareAndSet(ctx, r.ID, r)
}

func (s *Store) compareAndSet(ctx context.Context, id store.SessionID, c change) (store.Session, error) {
	if err := s.lock(ctx); err != nil {
		return store.Session{}, err
	}
	defer s.mu.Unlock()
	row, ok := s.sessions[id]
	if !ok || !c.Applies(row) {
		return store.Session{}, store.ErrConflict
	}
	row = c.Apply(row)
	s.sessions[id] = row
	return row.Clone(), nil
}

// RevokeSession implements [store.Sessions].
func (s *Store) RevokeSession(ctx context.Context, r store.Revocation) (bool, error) {
	if err := s.lock(ctx); err != nil {
		return false, err
	}
	defer s.mu.Unlock()
	row, ok := s.sessions[r.ID]
	switch {
	case !ok:
		return false, store.ErrNotFound
	case row.Revoked():
		return false, nil
	case r.Generation != 0 && r.Generation != row.Generation:
		return false, store.ErrConflict
	}
	row.RevokedAt, row.RevokeReason = r.At, r.Reason
	s.sessions[r.ID] = row
	return true, nil
}

// RevokeSubject implements [store.Sessions].
func (s *Store) RevokeSubject(ctx context.Context, r store.SubjectRevocation) (int, error) {
	if err := s.lock(ctx); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	revoked := 0
	for id, row := range s.sessions {
		if r.Applies(row) {
			row.RevokedAt, row.RevokeReason = r.At, r.Reason
			s.sessions[id] = row
			revoked++
		}
	}
	return revoked, nil
}

// ListSessions implements [store.Sessions].
func (s *Store) ListSessions(ctx context.Context, q store.SessionQuery) ([]store.Session, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var found []store.Session
	for _, row := range s.sessions {
		if q.Applies(row) {
			found = append(found, row.Clone())
		}
	}
	slices.SortFunc(found, func(a, b store.Session) int { return a.ID.Compare(b.ID) })
	return firstOf(found, q.Limit), nil
}

// PurgeSessions implements [store.Sessions].
func (s *Store) PurgeSessions(ctx context.Context, expiredBy time.Time, limit int) (int, error) {
	if err := s.lock(ctx); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	purged := 0
	for id, row := range s.sessions {
		if purged < limit && !row.ExpiresAt.After(expiredBy) {
			delete(s.sessions, id)
			purged++
		}
	}
	return purged, nil
}

// Ping implements [store.Sessions].
func (s *Store) Ping(ctx context.Context) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	s.mu.Unlock()
	return nil
}
