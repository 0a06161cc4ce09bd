package memstore

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"github.com/renewd/renewd/store"
)

// AddSigningKey implements [store.SigningKeys].
func (s *Store) AddSigningKey(ctx context.Context, k store.SigningKey) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	return s.addKey(k)
}

// AddFirstSigningKey implements [store.SigningKeys].
func (s *Store) AddFirstSigningKey(ctx context.Context, k store.SigningKey) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	for _, other := range s.keys {
		if other.Algorithm == k.Algorithm && other.RevokedAt.IsZero() {
			return store.ErrConflict
		}
	}
	return s.addKey(k)
}

func (s *Store) addKey(k store.SigningKey) error {
	if _, taken := s.keys[k.ID]; taken {
		return store.ErrExists
	}
	s.keys[k.ID] = k.Clone()
	return nil
}

// SigningKeys implements [store.SigningKeys].
func (s *Store) SigningKeys(ctx context.Context) ([]store.SigningKey, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var keys []store.SigningKey
	for _, k := range s.keys {
		keys = append(keys, k.Clone())
	}
	slices.SortFunc(keys, func(a, b store.SigningKey) int {
		return cmp.Or(a.ActiveAt.Compare(b.ActiveAt), cmp.Compare(a.ID, b.ID))
	})
	return keys, nil
}

// EnsureSecretCheck implements [store.SigningKeys].
func (s *Store) EnsureSecretCheck(ctx context.Context, checks [][]byte) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	if len(checks) == 0 || len(s.checks) > 0 && !slices.ContainsFunc(checks, s.hasCheck) {
		return store.ErrWrongSecret
	}
	if !s.hasCheck(checks[0]) {
		s.checks = append(s.checks, bytes.Clone(checks[0]))
	}
	return nil
}

func (s *Store) hasCheck(check []byte) bool {
	return slices.ContainsFunc(s.checks, func(kept []byte) bool { return bytes.Equal(kept, check) })
}
