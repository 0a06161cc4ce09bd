package renewd

import (
	"errors"
	"fmt"

	"github.com/renewd/renewd/store"
)

// What the holder of a token or of a session is told. Each says what became of
// the session and whether a retry is safe; the wire codes are in package httpapi.
var (
	// ErrInvalidRequest says that an argument is malformed or out of bounds.
	// Nothing changed, and a retry fails alike.
	ErrInvalidRequest = errors.New("invalid request")
	// ErrInvalidToken says that a token is not genuine, or not for this use.
	// Nothing changed, and a retry fails alike.
	ErrInvalidToken = errors.New("invalid token")
	// ErrRefreshExpired says that a genuine refresh token has no session any
	// more, or an expired one. The person has to sign in again.
	ErrRefreshExpired = errors.New("refresh token expired")
	// ErrRefreshReused says that an old refresh token was used, now or before,
	// and that the session was revoked for it.
	ErrRefreshReused = errors.New("refresh token reused")
	// ErrSessionRevoked says that the session was revoked. The person has to
	// sign in again.
	ErrSessionRevoked = errors.New("session revoked")
	// ErrConflict says that a retired token came in too soon after the rotation
	// to be called theft, and is not answered. Nothing changed: try again with
	// the newest token held.
	ErrConflict = errors.New("a newer refresh token was issued")
	// ErrNotFound says that there is no such session among those the caller may
	// see. Nothing changed.
	ErrNotFound = errors.New("session not found")
	// ErrUnavailable says that the server cannot decide now, or cannot say
	// whether it did. A retry with the same token and key is safe; nobody is
	// signed out.
	ErrUnavailable = errors.New("unavailable, try again")
)

// ConfigError says which field of a [Config] is wrong, and what it must be.
type ConfigError struct {
	Field string // as in Go, for instance "Policy.ReuseInterval"
	Bound string // a sentence without the field, for instance "must be 0 to 1m0s, got 2m0s"
}

func (e *ConfigError) Error() string { return fmt.Sprintf("config: %s %s", e.Field, e.Bound) }

// storeError wraps an error of the store for the caller. A done context and a
// store in trouble are both "try again"; what a caller expects, it tests before.
func storeError(op string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("%s: %w", op, ErrNotFound)
	}
	return fmt.Errorf("%s: %w: %w", op, ErrUnavailable, err)
}
