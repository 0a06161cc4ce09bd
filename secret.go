package renewd

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"

	"github.com/renewd/renewd/store"
)

const (
	minSecretBytes = 32
	maxSecretBytes = 1024
	attemptBytes   = 16
)

// secret is what is derived from one master secret (RFC 5869). The master
// secret itself is not kept.
type secret struct {
	keyID   uint8  // names the secret in tokens and rows; says nothing about it
	mac     []byte // protects refresh tokens
	attempt []byte // hashes idempotency keys
	wrap    []byte // AES-256 key that wraps signing keys at rest
	check   []byte // kept in the store, to notice a wrong secret
}

func deriveSecret(master []byte) (secret, error) {
	if len(master) < minSecretBytes || len(master) > maxSecretBytes {
		return secret{}, &ConfigError{"Secrets", fmt.Sprintf("must be %d to %d bytes each, got %d", minSecretBytes, maxSecretBytes, len(master))}
	}
	var err error
	derive := func(purpose string, n int) []byte {
		key, e := hkdf.Key(sha256.New, master, nil, "renewd v1 "+purpose, n)
		if e != nil {
			err = fmt.Errorf("derive %s key: %w", purpose, e)
		}
		return key
	}
	s := secret{
		mac:     derive("refresh token", 32),
		attempt: derive("idempotency key", 32),
		wrap:    derive("signing key wrap", 32),
		check:   derive("secret check", 16),
	}
	id := derive("key id", 1)
	if err != nil {
		return secret{}, err
	}
	s.keyID = id[0]
	return s, nil
}

// attemptHash names an attempt without revealing its key. The session id keeps
// equal keys of different sessions apart.
func (s secret) attemptHash(id store.SessionID, key string) []byte {
	if key == "" {
		return nil
	}
	h := hmac.New(sha256.New, s.attempt)
	h.Write(id[:])
	h.Write([]byte(key))
	return h.Sum(nil)[:attemptBytes]
}

// secretList holds the secrets, the current one first, with distinct key ids.
type secretList []secret

func deriveSecrets(masters [][]byte) (secretList, error) {
	if len(masters) == 0 {
		return nil, &ConfigError{"Secrets", "must have at least one secret"}
	}
	var list secretList
	for _, master := range masters {
		s, err := deriveSecret(master)
		if err != nil {
			return nil, err
		}
		if _, taken := list.byKeyID(s.keyID); taken {
			return nil, &ConfigError{"Secrets", "must differ from each other; two of them have the same key id: make a new current secret"}
		}
		list = append(list, s)
	}
	return list, nil
}

func (l secretList) current() secret { return l[0] }

func (l secretList) byKeyID(id uint8) (secret, bool) {
	for _, s := range l {
		if s.keyID == id {
			return s, true
		}
	}
	return secret{}, false
}

func (l secretList) checks() [][]byte {
	checks := make([][]byte, len(l))
	for i, s := range l {
		checks[i] = s.check
	}
	return checks
}
