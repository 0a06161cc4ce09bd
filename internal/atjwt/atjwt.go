// Package atjwt signs and verifies access tokens: JWTs of the profile of
// RFC 9068.
//
// It owns the form of the tokens, of their keys and of the JWK Set, and the guard
// around what parses them. It imports neither the root package nor store, so that
// a resource server can use it without them.
package atjwt

import (
	"errors"
	"fmt"
	"time"
)

// Bounds of a token.
const (
	MaxTokenBytes = 8 << 10
	// MaxAhead is how far in the future "iat" and "nbf" may be, for clocks that
	// differ.
	MaxAhead = time.Minute
	// MaxLeeway bounds [Expect.Leeway].
	MaxLeeway = 2 * time.Minute
)

// ErrInvalid says that a token is refused. Its text says why and repeats nothing
// of the token.
var ErrInvalid = errors.New("invalid access token")

// ErrExpired says that a token is right in every other way.
var ErrExpired = errors.New("access token expired")

// ErrClaims says that claims make no token that [Verify] would accept. A retry
// fails alike.
var ErrClaims = errors.New("unfit claims")

func refuse(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrInvalid, fmt.Errorf(format, args...))
}

// Claims are the claims of an access token (RFC 9068, Section 2.2). Times are in
// whole seconds. Scope, Roles, AMR and ACR may be empty, and are then left out.
type Claims struct {
	Issuer    string
	Subject   string
	Audience  []string
	ClientID  string
	TokenID   string // jti
	SessionID string // sid
	Scope     string
	Roles     []string
	AMR       []string
	ACR       string
	IssuedAt  time.Time
	ExpiresAt time.Time
	AuthTime  time.Time
}

// Expect is what a token must be.
type Expect struct {
	Issuer   string        // exactly; required
	Audience string        // among the token's; required
	Now      time.Time     // required
	Leeway   time.Duration // how long after its expiry a token is still taken; 0 to [MaxLeeway]
}

// Nothing expected would mean that nothing is checked.
func (e Expect) check() error {
	if e.Issuer == "" || e.Audience == "" || e.Now.IsZero() || e.Leeway < 0 || e.Leeway > MaxLeeway {
		return refuse("the verifier expects no issuer, audience or time, or has a leeway out of bounds")
	}
	return nil
}

// Sign returns the compact form of a token that [Verify] accepts: it fails for
// claims that are incomplete, not UTF-8, or too long together, with [ErrClaims]. The header holds
// alg, kid and typ, nothing else.
func Sign(k Key, c Claims) (string, error) {
	if err := k.check(); err != nil {
		return "", err
	}
	if !k.signs() {
		return "", fmt.Errorf("key %s: no private part, or that of another key", k.ID)
	}
	if err := c.check(); err != nil {
		return "", err
	}
	token, err := signCompact(k, payloadOf(c))
	if err != nil {
		return "", err
	}
	if len(token) > MaxTokenBytes {
		return "", fmt.Errorf("%w: they make a token of %d bytes, at most %d are accepted", ErrClaims, len(token), MaxTokenBytes)
	}
	return token, nil
}

// Verify returns the claims of a token. key returns the issuer's key with an id;
// no other source of keys counts. It fails with [ErrInvalid]; if the token is
// merely expired, with [ErrExpired] beside it and the claims all the same.
//
// Everything else is checked before the signature, because it costs less; of a
// token that is not genuine nothing is returned (RFC 9068, Section 4; RFC 8725,
// Section 3).
func Verify(token string, key func(kid string) (Key, bool), e Expect) (Claims, error) {
	if err := e.check(); err != nil {
		return Claims{}, err
	}
	parts, err := split(token)
	if err != nil {
		return Claims{}, err
	}
	k, err := keyFor(parts.header, key)
	if err != nil {
		return Claims{}, err
	}
	members, err := parseObject("payload", parts.payload)
	if err != nil {
		return Claims{}, err
	}
	c, err := checkClaims(members, e)
	if err != nil && !errors.Is(err, ErrExpired) {
		return Claims{}, err
	}
	if err := verifyCompact(token, k, e); err != nil {
		return Claims{}, err
	}
	return c, err
}
