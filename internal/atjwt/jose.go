package atjwt

import (
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

var methods = map[string]jwt.SigningMethod{
	ES256: jwt.SigningMethodES256,
	EdDSA: jwt.SigningMethodEdDSA,
}

// signCompact returns the compact serialization of a payload (RFC 7515,
// Section 7.1).
func signCompact(k Key, p payload) (string, error) {
	token := jwt.NewWithClaims(methods[k.Algorithm], p)
	token.Header["typ"], token.Header["kid"] = "at+jwt", k.ID
	signed, err := token.SignedString(k.Private)
	if err != nil {
		return "", fmt.Errorf("sign with key %s: %w", k.ID, err)
	}
	return signed, nil
}

// verifyCompact checks the signature of a token that everything else was checked
// of, with a key that keyFor returned. What the parser says of the claims is a
// second opinion, by coarser rules: whether a token has expired is decided
// already.
func verifyCompact(token string, k Key, e Expect) error {
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{k.Algorithm}), jwt.WithStrictDecoding(),
		jwt.WithIssuer(e.Issuer), jwt.WithAudience(e.Audience),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
		jwt.WithLeeway(max(e.Leeway, MaxAhead)), jwt.WithTimeFunc(func() time.Time { return e.Now }),
	)
	_, err := parser.Parse(token, func(*jwt.Token) (any, error) { return k.Public, nil })
	switch {
	case err == nil, errors.Is(err, jwt.ErrTokenExpired):
		return nil
	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return refuse("the signature is wrong")
	}
	return refuse("the token or its claims are wrong") // the parser's text may repeat the token
}

// The claims as the signer of the library wants them; it checks none of them.

func (p payload) GetExpirationTime() (*jwt.NumericDate, error) { return nil, nil }
func (p payload) GetIssuedAt() (*jwt.NumericDate, error)       { return nil, nil }
func (p payload) GetNotBefore() (*jwt.NumericDate, error)      { return nil, nil }
func (p payload) GetIssuer() (string, error)                   { return p.Issuer, nil }
func (p payload) GetSubject() (string, error)                  { return p.Subject, nil }
func (p payload) GetAudience() (jwt.ClaimStrings, error)       { return nil, nil }
