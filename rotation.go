package renewd

import (
	"crypto/subtle"
	"time"

	"github.com/renewd/renewd/store"
)

// verdict is what the rotation rule says of a presented refresh token.
type verdict uint8

const (
	refused   verdict = iota // nothing changes, no token
	replayed                 // nothing changes, the head is answered
	rotated                  // the head is retired, its successor answered
	late                     // nothing changes, no token: try again with what you hold now
	recovered                // the head moves past a genuine token that is ahead of it
	reused                   // the session is revoked
	renewed                  // rotation is off: the token stays, the idle expiry moves
)

// presented is a genuine refresh token, and how it came.
type presented struct {
	generation uint64
	mode       store.Mode
	clientID   string
	attempt    []byte // keyed hash of the Idempotency-Key; nil for none
}

// decide is the rotation rule (RFC 9700, Section 4.14.2, made safe to repeat):
// the first case that matches decides. It is pure. row is nil when the session
// is unknown; now is taken once for a request and kept through every decision of
// it; an interval of 0 means that no token is ever judged leniently. A refusal
// comes with the error that says why.
//
// A rotation time in the future, from a clock that was moved back, counts as
// inside the interval: it must not sign anybody out.
func decide(row *store.Session, p presented, now time.Time, interval time.Duration) (verdict, error) {
	if err := refusal(row, p, now); err != nil {
		return refused, err
	}
	head := row.Generation
	soon := interval > 0 && now.Sub(row.RotatedAt) < interval
	cookie := row.Mode == store.ModeCookie
	switch {
	case row.RotationOff && p.generation == head:
		return renewed, nil
	case row.RotationOff:
		return refused, ErrInvalidToken
	case p.generation == head && cookie && soon:
		return replayed, nil
	case p.generation >= head && p.generation == store.MaxGeneration:
		return refused, ErrRefreshExpired // there is no generation after it
	case p.generation == head:
		return rotated, nil
	case p.generation+1 == head && sameAttempt(row.Attempt, p.attempt):
		return replayed, nil
	case p.generation+1 == head && soon && (cookie || noAttempt(row.Attempt, p.attempt)):
		return replayed, nil
	case p.generation < head && soon:
		return late, nil
	case p.generation > head:
		return recovered, nil
	}
	return reused, nil
}

// refusal tells why a token is refused whatever its generation, or nil. Idle
// expiry is not held against a token ahead of the head: the store lost the
// writes that moved it.
func refusal(row *store.Session, p presented, now time.Time) error {
	switch {
	case row == nil:
		return ErrRefreshExpired
	case row.Mode != p.mode || row.ClientID != p.clientID:
		return ErrInvalidToken
	case row.Revoked() && row.RevokeReason == store.ReasonReuse:
		return ErrRefreshReused
	case row.Revoked():
		return ErrSessionRevoked
	case !now.Before(row.ExpiresAt):
		return ErrRefreshExpired
	case !now.Before(row.IdleExpiresAt) && (p.generation <= row.Generation || row.RotationOff):
		return ErrRefreshExpired
	}
	return nil
}

// sameAttempt reports whether both name an attempt, and the same one: nothing
// never equals nothing.
func sameAttempt(kept, given []byte) bool {
	return len(kept) > 0 && len(given) > 0 && subtle.ConstantTimeCompare(kept, given) == 1
}

func noAttempt(kept, given []byte) bool { return len(kept) == 0 && len(given) == 0 }

// rotation is the compare-and-set that makes a rotated or renewed verdict true.
// It says the same as decide, in the terms of a store: a test holds the two
// together.
func (p presented) rotation(id store.SessionID, now time.Time, interval time.Duration, keyID uint8) store.Rotation {
	r := store.Rotation{
		ID:         id,
		Generation: p.generation,
		Mode:       p.mode,
		ClientID:   p.clientID,
		Now:        now,
		Attempt:    p.attempt,
		KeyID:      keyID,
	}
	if p.mode == store.ModeCookie && interval > 0 {
		r.RotatedBy = now.Add(-interval)
	}
	return r
}
