package renewd

import (
	"context"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/renewd/renewd/internal/atjwt"
	"github.com/renewd/renewd/store"
)

// keyring holds the signing keys in the clear, in memory only.
type keyring struct {
	algorithm string
	keys      []ringKey // neither revoked nor expired when they were read; in the order of ActiveAt, then ID
}

type ringKey struct {
	atjwt.Key
	activeAt, retiresAt, expiresAt time.Time
}

// openKeyring reads the signing keys, and makes the first one of the algorithm if
// there is none. Of several instances that do so at once one succeeds, and all of
// them read the same keys afterwards.
func openKeyring(ctx context.Context, keys store.SigningKeys, algorithm string, secrets secretList, now time.Time) (*keyring, error) {
	ring, err := readKeyring(ctx, keys, algorithm, secrets, now)
	if err != nil {
		return nil, err
	}
	if _, err := ring.signer(now); err == nil {
		return ring, nil
	}
	first, err := newSigningKey(algorithm, secrets.current(), now)
	if err != nil {
		return nil, err
	}
	if err := keys.AddFirstSigningKey(ctx, first); err != nil && !errors.Is(err, store.ErrConflict) {
		return nil, fmt.Errorf("store the first signing key: %w", err)
	}
	if ring, err = readKeyring(ctx, keys, algorithm, secrets, now); err != nil {
		return nil, err
	}
	_, err = ring.signer(now)
	return ring, err
}

func readKeyring(ctx context.Context, keys store.SigningKeys, algorithm string, secrets secretList, now time.Time) (*keyring, error) {
	rows, err := keys.SigningKeys(ctx)
	if err != nil {
		return nil, fmt.Errorf("read signing keys: %w", err)
	}
	ring := &keyring{algorithm: algorithm}
	for _, row := range rows {
		if s := stateAt(row, now); s == KeyRevoked || s == KeyExpired {
			continue
		}
		key, err := unwrapSigningKey(row, secrets)
		if err != nil {
			return nil, fmt.Errorf("signing key %s: %w", row.ID, err)
		}
		ring.keys = append(ring.keys, ringKey{key, row.ActiveAt, row.RetiresAt, row.ExpiresAt})
	}
	return ring, nil
}

// signer returns the newest key of the configured algorithm that signs at now.
// Where none does yet, the first to do so signs already: that is the key of
// another instance whose clock is ahead.
func (k *keyring) signer(now time.Time) (atjwt.Key, error) {
	var best *ringKey
	for i := range k.keys {
		key := &k.keys[i]
		if key.Algorithm != k.algorithm || passed(key.retiresAt, now) || passed(key.expiresAt, now) {
			continue
		}
		if best == nil || passed(key.activeAt, now) {
			best = key
		}
	}
	if best == nil {
		return atjwt.Key{}, fmt.Errorf("no signing key of algorithm %s signs now", k.algorithm)
	}
	return best.Key, nil
}

// byID returns a key that is neither revoked nor expired, as far as the ring
// knows.
func (k *keyring) byID(id string) (atjwt.Key, bool) {
	for _, key := range k.keys {
		if key.ID == id {
			return key.Key, true
		}
	}
	return atjwt.Key{}, false
}

// at returns the ring without the keys that have expired by now.
func (k *keyring) at(now time.Time) *keyring {
	expired := func(key ringKey) bool { return passed(key.expiresAt, now) }
	if !slices.ContainsFunc(k.keys, expired) {
		return k
	}
	return &keyring{k.algorithm, slices.DeleteFunc(slices.Clone(k.keys), expired)}
}

// passed reports whether t is set, and now is not before it.
func passed(t, now time.Time) bool { return !t.IsZero() && !now.Before(t) }

// JWKS returns the public keys as a JWK Set (RFC 7517, Section 5), the oldest
// first: those that sign, those that will, and those whose last tokens have not
// expired. Revoked keys are not among them.
func (m *Manager) JWKS() []byte {
	set := struct {
		Keys []atjwt.JWK `json:"keys"`
	}{Keys: []atjwt.JWK{}}
	for _, key := range m.keys.at(m.now()).keys {
		if jwk, err := key.JWK(); err == nil {
			set.Keys = append(set.Keys, jwk)
		}
	}
	text, _ := json.Marshal(set) // never fails: the set is strings only
	return text
}

// SigningKeyState says what a signing key is used for.
type SigningKeyState string

// The states of a signing key.
const (
	KeyUpcoming SigningKeyState = "upcoming" // published, does not sign yet
	KeyActive   SigningKeyState = "active"   // may sign; of several, the newest does
	KeyRetired  SigningKeyState = "retired"  // published, does not sign any more
	KeyExpired  SigningKeyState = "expired"  // its last token has expired
	KeyRevoked  SigningKeyState = "revoked"  // removed in an emergency: its tokens are refused
)

// SigningKeyInfo is what may be shown of a signing key.
type SigningKeyInfo struct {
	ID        string // "kid"
	Algorithm string
	State     SigningKeyState
	CreatedAt time.Time
	ActiveAt  time.Time
	RetiresAt time.Time // zero while nothing replaces it
	ExpiresAt time.Time // zero while it signs
	RevokedAt time.Time // zero while it is not revoked
}

// SigningKeys returns the signing keys in the store, the oldest first, revoked
// and expired ones included. It fails with [ErrUnavailable].
func (m *Manager) SigningKeys(ctx context.Context) ([]SigningKeyInfo, error) {
	rows, err := m.cfg.SigningKeys.SigningKeys(ctx)
	if err != nil {
		return nil, storeError("list signing keys", err)
	}
	now := m.now()
	infos := make([]SigningKeyInfo, len(rows))
	for i, row := range rows {
		infos[i] = SigningKeyInfo{
			ID: row.ID, Algorithm: row.Algorithm, State: stateAt(row, now),
			CreatedAt: row.CreatedAt, ActiveAt: row.ActiveAt, RetiresAt: row.RetiresAt,
			ExpiresAt: row.ExpiresAt, RevokedAt: row.RevokedAt,
		}
	}
	return infos, nil
}

func stateAt(row store.SigningKey, now time.Time) SigningKeyState {
	switch {
	case !row.RevokedAt.IsZero():
		return KeyRevoked
	case passed(row.ExpiresAt, now):
		return KeyExpired
	case passed(row.RetiresAt, now):
		return KeyRetired
	case passed(row.ActiveAt, now):
		return KeyActive
	}
	return KeyUpcoming
}

// newSigningKey makes a key that signs from now on.
func newSigningKey(algorithm string, s secret, now time.Time) (store.SigningKey, error) {
	private, err := generateKey(algorithm)
	if err != nil {
		return store.SigningKey{}, fmt.Errorf("make signing key: %w", err)
	}
	key, err := atjwt.NewKey(algorithm, private)
	if err != nil {
		return store.SigningKey{}, fmt.Errorf("make signing key: %w", err)
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public)
	if err != nil {
		return store.SigningKey{}, fmt.Errorf("encode public key: %w", err)
	}
	wrapped, err := wrapSigningKey(key, s)
	if err != nil {
		return store.SigningKey{}, err
	}
	return store.SigningKey{
		ID: key.ID, Algorithm: algorithm, Public: public, Wrapped: wrapped, CreatedAt: now, ActiveAt: now,
	}, nil
}

func generateKey(algorithm string) (crypto.Signer, error) {
	switch algorithm {
	case atjwt.ES256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case atjwt.EdDSA:
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return private, err
	}
	return nil, fmt.Errorf("unknown algorithm %q", algorithm)
}

// A wrapped key is: version (1 byte), key id of the master secret (1), then the
// random nonce (12) and the PKCS #8 form of the private key, sealed with
// AES-256-GCM.
const (
	wrapVersion     = 1
	wrapHeaderBytes = 2
)

func wrapSigningKey(key atjwt.Key, s secret) ([]byte, error) {
	plain, err := x509.MarshalPKCS8PrivateKey(key.Private)
	if err != nil {
		return nil, fmt.Errorf("encode private key: %w", err)
	}
	aead, err := keyWrapper(s)
	if err != nil {
		return nil, err
	}
	header := []byte{wrapVersion, s.keyID}
	return aead.Seal(header, nil, plain, wrapContext(header, key.Algorithm, key.ID)), nil
}

func keyWrapper(s secret) (cipher.AEAD, error) {
	block, err := aes.NewCipher(s.wrap)
	if err != nil {
		return nil, fmt.Errorf("key wrap: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("key wrap: %w", err)
	}
	return aead, nil
}

// wrapContext binds a wrapped key to its row, so that no two can be exchanged.
func wrapContext(header []byte, algorithm, id string) []byte {
	return append([]byte{header[0], header[1]}, algorithm+"\x00"+id...)
}

// unwrapSigningKey returns the key in the clear. The public part is taken from
// the private one: whoever can only write to the store cannot plant a key. Its
// errors tell nothing of the bytes.
func unwrapSigningKey(row store.SigningKey, secrets secretList) (atjwt.Key, error) {
	if len(row.Wrapped) < wrapHeaderBytes || row.Wrapped[0] != wrapVersion {
		return atjwt.Key{}, errors.New("wrapped in an unknown form: it was stored by a newer version, or damaged")
	}
	header, sealed := row.Wrapped[:wrapHeaderBytes], row.Wrapped[wrapHeaderBytes:]
	s, ok := secrets.byKeyID(header[1])
	if !ok {
		return atjwt.Key{}, errors.New("wrapped with a secret that is not configured: list the former secret after the current one")
	}
	aead, err := keyWrapper(s)
	if err != nil {
		return atjwt.Key{}, err
	}
	plain, err := aead.Open(nil, nil, sealed, wrapContext(header, row.Algorithm, row.ID))
	if err != nil {
		return atjwt.Key{}, errors.New("cannot be unwrapped: the secret is another one, or the row was changed")
	}
	return parseSigningKey(row, plain)
}

func parseSigningKey(row store.SigningKey, plain []byte) (atjwt.Key, error) {
	parsed, err := x509.ParsePKCS8PrivateKey(plain)
	private, ok := parsed.(crypto.Signer)
	if err != nil || !ok {
		return atjwt.Key{}, errors.New("not a private key in PKCS #8 form")
	}
	key, err := atjwt.NewKey(row.Algorithm, private)
	if err != nil {
		return atjwt.Key{}, err
	}
	if key.ID != row.ID {
		return atjwt.Key{}, errors.New("its id is not its thumbprint")
	}
	return key, nil
}
