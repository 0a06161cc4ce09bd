package store

import (
	"bytes"
	"context"
	"time"
)

// SigningKey is a key that access tokens are signed with. Its private part is
// wrapped: an engine never sees it.
type SigningKey struct {
	ID        string // key id, "kid" in RFC 7517, Section 4.5
	Algorithm string // RFC 7518, Section 3.1: "ES256" or "EdDSA"
	Public    []byte // SubjectPublicKeyInfo, DER
	Wrapped   []byte // private key, encrypted under the master secret
	CreatedAt time.Time
	// ActiveAt is when the key begins to sign; it is published before.
	ActiveAt time.Time
	// RetiresAt is when the key stops to sign; zero while nothing replaces it.
	RetiresAt time.Time
	// ExpiresAt is when the last token signed with it has expired; zero while
	// it signs.
	ExpiresAt time.Time
	// RevokedAt is set when the key was removed in an emergency.
	RevokedAt time.Time
}

// Clone returns a copy that shares no memory with k.
func (k SigningKey) Clone() SigningKey {
	k.Public, k.Wrapped = bytes.Clone(k.Public), bytes.Clone(k.Wrapped)
	return k
}

// SigningKeys keeps the signing keys, shared by every instance, and the check
// values that tell whether the master secret is the right one.
type SigningKeys interface {
	Pinger

	// AddSigningKey stores a key, or returns [ErrExists].
	AddSigningKey(ctx context.Context, k SigningKey) error

	// AddFirstSigningKey stores a key if there is none of its algorithm that
	// is not revoked, and returns [ErrConflict] otherwise. Of several instances
	// that start at once, one succeeds.
	AddFirstSigningKey(ctx context.Context, k SigningKey) error

	// SigningKeys returns every key in the order of ActiveAt, then ID.
	SigningKeys(ctx context.Context) ([]SigningKey, error)

	// EnsureSecretCheck compares the check values of the caller's master
	// secrets, the current one first, with those in the store. If the store has
	// none, or has one of them, it keeps the current one as well and returns
	// nil. Otherwise it returns [ErrWrongSecret].
	EnsureSecretCheck(ctx context.Context, checks [][]byte) error
}
