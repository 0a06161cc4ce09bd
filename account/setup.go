package account

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"slices"
	"sync/atomic"
	"time"
)

const (
	setupPrefix      = "rnw_setup_"
	setupSecretBytes = 32
	setupLifetime    = time.Hour
	adminRole        = "admin"
)

// Setup is the one chance to create the first administrator without an account:
// whoever holds its secret, within an hour. It lives in memory only; a server
// that starts again opens another. It is safe for concurrent use.
type Setup struct {
	service *Service
	sum     [sha256.Size]byte
	expires time.Time
	// secret is forgotten as soon as it was told. A pointer keeps it out of what
	// package fmt prints.
	secret atomic.Pointer[string]
}

// OpenSetup returns a Setup, or nil when the store ever held an account.
func (s *Service) OpenSetup(ctx context.Context) (*Setup, error) {
	needed, err := s.NeedsSetup(ctx)
	if err != nil || !needed {
		return nil, err
	}
	secret := setupPrefix + base64.RawURLEncoding.EncodeToString(randomBytes(setupSecretBytes))
	u := &Setup{service: s, sum: sha256.Sum256([]byte(secret)), expires: s.now().Add(setupLifetime)}
	u.secret.Store(&secret)
	return u, nil
}

// Secret returns the secret at its first call, and an empty string at every
// later one: "rnw_setup_" and 43 characters of base64url (RFC 4648, Section 5).
func (u *Setup) Secret() string {
	if secret := u.secret.Swap(nil); secret != nil {
		return *secret
	}
	return ""
}

// ExpiresAt is when the secret ceases to count.
func (u *Setup) ExpiresAt() time.Time { return u.expires }

// Redeem creates the first account, with the role "admin" besides those of n.
//
// Errors: [ErrSetupLink] when the secret is wrong or its hour is over;
// [ErrSetupDone] when there is or was an account meanwhile; those of
// [Service.Create], after which the secret still counts.
func (u *Setup) Redeem(ctx context.Context, secret string, n NewPerson) (Person, error) {
	if len(secret) != len(setupPrefix)+base64.RawURLEncoding.EncodedLen(setupSecretBytes) {
		return Person{}, ErrSetupLink
	}
	sum := sha256.Sum256([]byte(secret))
	if subtle.ConstantTimeCompare(sum[:], u.sum[:]) != 1 || !u.service.now().Before(u.expires) {
		return Person{}, ErrSetupLink
	}
	if !slices.Contains(n.Roles, adminRole) {
		n.Roles = append(slices.Clone(n.Roles), adminRole)
	}
	return u.service.CreateFirst(ctx, n)
}
