package renewd

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/renewd/renewd/store"
)

// RefreshTokenPrefix begins every refresh token, so that secret scanners find a
// leaked one.
const RefreshTokenPrefix = "rnw_rt_"

const (
	refreshVersion = 1
	tagBytes       = 16
	secretBytes    = 16
	tagOffset      = 1 + 1 + secretBytes + 8
	tokenBytes     = tagOffset + tagBytes
	refreshLabel   = "renewd refresh token\x00"
	sessionLabel   = "renewd session"
)

// Whole groups of three bytes leave no spare bits: every text decodes to
// different bytes, and there is one text for each token.
var tokenEncoding = base64.RawURLEncoding.Strict()

var refreshTokenLen = len(RefreshTokenPrefix) + tokenEncoding.EncodedLen(tokenBytes)

// sessionSecret is what a session's refresh tokens have in common. Only they
// hold it: the store knows the session id, which is derived from it.
type sessionSecret [secretBytes]byte

func newSessionSecret() sessionSecret {
	var h sessionSecret
	_, _ = rand.Read(h[:]) // never fails: crypto/rand ends the program instead
	return h
}

func (h sessionSecret) sessionID() store.SessionID {
	sum := sha256.Sum256(append([]byte(sessionLabel), h[:]...))
	return store.SessionID(sum[:16])
}

// refreshToken is the content of a refresh token: the tag is made and checked
// at the edge.
type refreshToken struct {
	keyID      uint8
	secret     sessionSecret
	generation uint64 // at most store.MaxGeneration
}

// encode returns the token's one form: it depends on nothing else, so that
// everybody who is answered with a generation gets the same token.
func (t refreshToken) encode(macKey []byte) string {
	raw := make([]byte, 0, tokenBytes)
	raw = append(raw, refreshVersion, t.keyID)
	raw = append(raw, t.secret[:]...)
	raw = binary.BigEndian.AppendUint64(raw, t.generation)
	raw = append(raw, refreshTag(macKey, raw)...)
	return RefreshTokenPrefix + tokenEncoding.EncodeToString(raw)
}

func refreshTag(macKey, content []byte) []byte {
	h := hmac.New(sha256.New, macKey)
	h.Write([]byte(refreshLabel))
	h.Write([]byte(RefreshTokenPrefix))
	h.Write(content)
	return h.Sum(nil)[:tagBytes]
}

// parseRefreshToken returns what s holds. It fails with [ErrInvalidToken] unless
// s is the canonical form with a right tag, and with [ErrUnavailable] when the
// key is one this server does not know: then the token may well be genuine.
func parseRefreshToken(s string, secrets secretList) (refreshToken, error) {
	raw, err := decodeRefreshToken(s)
	if err != nil {
		return refreshToken{}, err
	}
	key, ok := secrets.byKeyID(raw[1])
	if !ok {
		return refreshToken{}, fmt.Errorf("refresh token: %w: no secret with its key id is configured", ErrUnavailable)
	}
	if !hmac.Equal(raw[tagOffset:], refreshTag(key.mac, raw[:tagOffset])) {
		return refreshToken{}, fmt.Errorf("refresh token: %w: wrong tag", ErrInvalidToken)
	}
	return contentOf(raw), nil
}

// decodeRefreshToken checks the form: everything but the tag.
func decodeRefreshToken(s string) ([]byte, error) {
	text, ok := strings.CutPrefix(s, RefreshTokenPrefix)
	// Go's strict decoding still skips line breaks, hence the length.
	if !ok || len(s) != refreshTokenLen || strings.ContainsAny(text, "\r\n") {
		return nil, fmt.Errorf("refresh token: %w: wrong form", ErrInvalidToken)
	}
	raw, err := tokenEncoding.DecodeString(text)
	if err != nil || len(raw) != tokenBytes {
		return nil, fmt.Errorf("refresh token: %w: wrong form", ErrInvalidToken)
	}
	if raw[0] != refreshVersion {
		return nil, fmt.Errorf("refresh token: %w: unknown version", ErrInvalidToken)
	}
	if contentOf(raw).generation > store.MaxGeneration {
		return nil, fmt.Errorf("refresh token: %w: generation out of range", ErrInvalidToken)
	}
	return raw, nil
}

func contentOf(raw []byte) refreshToken {
	return refreshToken{
		keyID:      raw[1],
		secret:     sessionSecret(raw[2 : 2+secretBytes]),
		generation: binary.BigEndian.Uint64(raw[2+secretBytes : tagOffset]),
	}
}

// RefreshTokenInfo is what a refresh token says of itself without its secrets.
type RefreshTokenInfo struct {
	SessionID  store.SessionID
	Generation uint64
	KeyID      uint8
}

// InspectRefreshToken says what s holds, offline and without checking the tag:
// for support, never for a decision. It fails with [ErrInvalidToken] when s does
// not have the form of a refresh token.
func InspectRefreshToken(s string) (RefreshTokenInfo, error) {
	raw, err := decodeRefreshToken(s)
	if err != nil {
		return RefreshTokenInfo{}, err
	}
	t := contentOf(raw)
	return RefreshTokenInfo{SessionID: t.secret.sessionID(), Generation: t.generation, KeyID: t.keyID}, nil
}

// Bounds of an Idempotency-Key: room for 128 random bits in base64url, and no
// more than a header should carry.
const (
	minIdempotencyKey = 22
	maxIdempotencyKey = 128
)

// ParseIdempotencyKey returns the key that a header value holds: 22 to 128
// visible ASCII characters, bare or in double quotes. It fails with
// [ErrInvalidRequest]. The key is a secret: it goes into no log.
func ParseIdempotencyKey(header string) (string, error) {
	key := header
	if len(key) >= 2 && key[0] == '"' && key[len(key)-1] == '"' {
		key = key[1 : len(key)-1]
	}
	if len(key) < minIdempotencyKey || len(key) > maxIdempotencyKey {
		return "", fmt.Errorf("idempotency key: %w: must be %d to %d characters", ErrInvalidRequest, minIdempotencyKey, maxIdempotencyKey)
	}
	for i := range len(key) {
		if c := key[i]; c <= ' ' || c > '~' || c == '"' || c == '\\' {
			return "", fmt.Errorf("idempotency key: %w: must be visible ASCII without quotes or backslashes", ErrInvalidRequest)
		}
	}
	return key, nil
}
