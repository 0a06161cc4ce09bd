package renewd

import (
	"context"
	"time"

	"github.com/renewd/renewd/internal/atjwt"
	"github.com/renewd/renewd/store"
)

// keyring holds the signing keys in the clear, in memory only.
type keyring struct{}

func openKeyring(ctx context.Context, keys store.SigningKeys, algorithm string, secrets secretList, now time.Time) (*keyring, error) {
	return &keyring{}, nil
}

func (k *keyring) signer(now time.Time) (atjwt.Key, error) { return atjwt.Key{}, nil }

func (k *keyring) byID(id string) (atjwt.Key, bool) { return atjwt.Key{}, false }

// JWKS returns the public keys as a JWK Set (RFC 7517, Section 5).
func (m *Manager) JWKS() []byte { return nil }
