// Package memstore keeps everything in memory, for tests and demonstrations.
//
// It owns an implementation of every interface of package store that is nothing
// but the definition: the records' own Applies and Apply under one lock. The
// other engines are tested against it. It imports package store and the standard
// library only.
//
// Nothing is durable: what a write promises holds until the process ends.
package memstore

import (
	"context"
	"sync"

	"github.com/renewd/renewd/store"
)

var (
	_ store.Sessions    = (*Store)(nil)
	_ store.Accounts    = (*Store)(nil)
	_ store.SigningKeys = (*Store)(nil)
)

// Store keeps sessions, accounts and signing keys in memory. It is safe for
// concurrent use. Every method takes time in proportion to what is stored, or
// less.
type Store struct {
	mu     sync.Mutex
	closed bool

	sessions map[store.SessionID]store.Session

	accounts   map[string]store.Account // by subject
	subjects   map[string]string        // by name
	hadAccount bool
	owed       []store.OwedRevocation // oldest first
	lastOwed   int64

	keys   map[string]store.SigningKey // by id
	checks [][]byte
}

// New returns an empty Store.
func New() *Store {
	return &Store{
		sessions: make(map[store.SessionID]store.Session),
		accounts: make(map[string]store.Account),
		subjects: make(map[string]string),
		keys:     make(map[string]store.SigningKey),
	}
}

// Close makes every later call fail with [store.ErrClosed]. It returns nil, and
// may be called more than once.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}

// lock takes the lock for a call. When it fails, the lock is not held.
func (s *Store) lock(ctx context.Context) error {
	s.mu.Lock()
	err := ctx.Err()
	if s.closed {
		err = store.ErrClosed
	}
	if err != nil {
		s.mu.Unlock()
	}
	return err
}

// firstOf returns at most limit of the values.
func firstOf[T any](values []T, limit int) []T {
	return values[:max(0, min(limit, len(values)))]
}
