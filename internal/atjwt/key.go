package atjwt

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
)

// The algorithms of access tokens (RFC 7518, Section 3.1; RFC 8037, Section 3.1).
const (
	ES256 = "ES256" // ECDSA with P-256 and SHA-256
	EdDSA = "EdDSA" // Ed25519
)

// Key is a key with the one algorithm it is used with. [NewKey] and
// [NewPublicKey] make one; [Sign] and [Verify] refuse one whose type does not fit
// its algorithm.
type Key struct {
	ID        string        // "kid": 1 to 64 of A-Z, a-z, 0-9, "-" and "_"
	Algorithm string        // [ES256] or [EdDSA]
	Private   crypto.Signer // nil in a key that only verifies
	Public    crypto.PublicKey
}

// NewKey returns a key that signs. Its id is the thumbprint of its public part.
func NewKey(algorithm string, private crypto.Signer) (Key, error) {
	id, err := Thumbprint(private.Public())
	if err != nil {
		return Key{}, err
	}
	k, err := NewPublicKey(id, algorithm, private.Public())
	if err != nil {
		return Key{}, err
	}
	k.Private = private
	return k, nil
}

// NewPublicKey returns a key that verifies. It fails unless public is a valid key
// of the algorithm: P-256 for ES256, Ed25519 for EdDSA.
func NewPublicKey(id, algorithm string, public crypto.PublicKey) (Key, error) {
	k := Key{ID: id, Algorithm: algorithm, Public: public}
	if _, err := k.JWK(); err != nil {
		return Key{}, err
	}
	return k, nil
}

// check binds the type of the key to its algorithm.
func (k Key) check() error {
	if !validKeyID(k.ID) {
		return errors.New("key: no valid id")
	}
	fits := false
	switch public := k.Public.(type) {
	case *ecdsa.PublicKey:
		fits = k.Algorithm == ES256 && public != nil && public.Curve == elliptic.P256()
	case ed25519.PublicKey:
		fits = k.Algorithm == EdDSA && len(public) == ed25519.PublicKeySize
	}
	if !fits {
		return fmt.Errorf("key %s: a %T is not a key of algorithm %q", k.ID, k.Public, k.Algorithm)
	}
	return nil
}

// signs reports whether k has the private part of its public one.
func (k Key) signs() bool {
	public, ok := k.Public.(interface{ Equal(crypto.PublicKey) bool })
	return ok && k.Private != nil && public.Equal(k.Private.Public())
}

const maxKeyIDBytes = 64

func validKeyID(id string) bool {
	for i := range len(id) {
		if !isBase64URL(id[i]) {
			return false
		}
	}
	return id != "" && len(id) <= maxKeyIDBytes
}

// JWK is the public part of a key (RFC 7517, Section 4), with the members of
// RFC 7518, Section 6.2 or RFC 8037, Section 2.
type JWK struct {
	KeyType   string `json:"kty"`
	Curve     string `json:"crv"`
	X         string `json:"x"`
	Y         string `json:"y,omitempty"`
	KeyID     string `json:"kid"`
	Use       string `json:"use"`
	Algorithm string `json:"alg"`
}

// JWK returns the public part of k, and fails if k is not a key of its algorithm.
func (k Key) JWK() (JWK, error) {
	if err := k.check(); err != nil {
		return JWK{}, err
	}
	jwk, err := publicMembers(k.Public)
	jwk.KeyID, jwk.Use, jwk.Algorithm = k.ID, "sig", k.Algorithm
	return jwk, err
}

func publicMembers(public crypto.PublicKey) (JWK, error) {
	encode := base64.RawURLEncoding.EncodeToString
	switch public := public.(type) {
	case *ecdsa.PublicKey:
		point, err := public.Bytes() // fails unless the point is on the curve
		if err != nil || public.Curve != elliptic.P256() {
			return JWK{}, errors.New("key: not a point of P-256")
		}
		x, y := point[1:33], point[33:]
		return JWK{KeyType: "EC", Curve: "P-256", X: encode(x), Y: encode(y)}, nil
	case ed25519.PublicKey:
		return JWK{KeyType: "OKP", Curve: "Ed25519", X: encode(public)}, nil
	}
	return JWK{}, fmt.Errorf("key: a %T is of no supported algorithm", public)
}

// Thumbprint returns the JWK Thumbprint of a public key with SHA-256, in
// base64url: 43 characters (RFC 7638, Section 3).
func Thumbprint(public crypto.PublicKey) (string, error) {
	jwk, err := publicMembers(public)
	if err != nil {
		return "", err
	}
	// The required members in lexicographic order, without white space.
	text, err := json.Marshal(struct {
		Curve   string `json:"crv"`
		KeyType string `json:"kty"`
		X       string `json:"x"`
		Y       string `json:"y,omitempty"`
	}{jwk.Curve, jwk.KeyType, jwk.X, jwk.Y})
	if err != nil {
		return "", fmt.Errorf("key: %w", err)
	}
	sum := sha256.Sum256(text)
	return base64.RawURLEncoding.EncodeToString(sum[:]), nil
}
