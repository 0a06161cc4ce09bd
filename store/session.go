package store

import (
	"bytes"
	"context"
	"encoding/base32"
	"errors"
	"slices"
	"strings"
	"time"
)

// MaxGeneration is the highest generation that a refresh token can carry: the
// largest integer below 2^53, which every JSON reader represents exactly.
const MaxGeneration = 1<<53 - 1

// SessionID identifies a session. It is derived from the session's secret and
// says nothing about it.
type SessionID [16]byte

const sessionIDPrefix = "ses_"

// base32 over 16 bytes leaves two spare bits, which ParseSessionID refuses when set.
var sessionIDEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// String returns "ses_" and the id in lower-case base32 without padding
// (RFC 4648, Section 6): 30 characters.
func (id SessionID) String() string {
	return sessionIDPrefix + sessionIDEncoding.EncodeToString(id[:])
}

// Compare orders ids by their bytes: -1, 0 or +1.
func (id SessionID) Compare(other SessionID) int { return bytes.Compare(id[:], other[:]) }

// IsZero reports whether the id is not set.
func (id SessionID) IsZero() bool { return id == SessionID{} }

// ErrSessionIDForm says that a text is not the canonical form of a session id.
var ErrSessionIDForm = errors.New(`a session id is "ses_" and 26 characters of a-z and 2-7`)

// ParseSessionID returns the id that s shows. It accepts exactly what
// [SessionID.String] returns, and fails with [ErrSessionIDForm] otherwise.
func ParseSessionID(s string) (SessionID, error) {
	var id SessionID
	text, ok := strings.CutPrefix(s, sessionIDPrefix)
	if !ok || len(text) != sessionIDEncoding.EncodedLen(len(id)) {
		return SessionID{}, ErrSessionIDForm
	}
	raw, err := sessionIDEncoding.DecodeString(text)
	if err != nil || copy(id[:], raw) != len(id) || id.String() != s {
		return SessionID{}, ErrSessionIDForm
	}
	return id, nil
}

// Mode says how a session's refresh token travels. It is fixed at sign-in.
type Mode uint8

const (
	// ModeCookie keeps the refresh token in an HttpOnly cookie.
	ModeCookie Mode = 1
	// ModeBody hands the refresh token to the client in the answer's body.
	ModeBody Mode = 2
)

// String returns "cookie" or "body".
func (m Mode) String() string {
	switch m {
	case ModeCookie:
		return "cookie"
	case ModeBody:
		return "body"
	}
	return "unknown"
}

// Reason says why a session was revoked.
type Reason string

// The reasons that renewd gives. A session keeps its first one.
const (
	ReasonSignOut         Reason = "sign_out"         // the person signed this session out
	ReasonReuse           Reason = "reuse"            // an old refresh token was used
	ReasonReplaced        Reason = "replaced"         // somebody signed in over it, in the same browser
	ReasonRecovered       Reason = "recovered"        // the store had lost writes, and policy says revoke
	ReasonOperator        Reason = "operator"         // an operator revoked it
	ReasonDisabled        Reason = "account_disabled" // the account was disabled
	ReasonDeleted         Reason = "account_deleted"  // the account was deleted
	ReasonPasswordChanged Reason = "password_changed" // the password was changed
	ReasonSignInOverrun   Reason = "sign_in_overrun"  // the account changed while the sign-in was under way
)

// Session is one sign-in on one device: one row, and one chain of refresh
// tokens. Its size does not depend on how often it is refreshed.
type Session struct {
	ID       SessionID
	Subject  string // stable opaque id of the person, 1 to 256 bytes
	Username string // what the person is called, at most 256 bytes; for showing only
	ClientID string // RFC 6749, Section 2.2; 1 to 256 bytes
	Mode     Mode
	Remember bool // the person asked to be kept signed in
	// RotationOff fixes at sign-in that the refresh token never changes.
	RotationOff bool

	Roles []string // copied from the account at sign-in
	Scope string   // RFC 6749, Section 3.3: space-separated, may be empty
	AMR   []string // RFC 8176
	ACR   string
	Epoch int64 // the account's epoch at sign-in

	AuthTime  time.Time // when the person proved who they are; never moves
	CreatedAt time.Time

	Generation uint64    // the head; starts at 1, at most MaxGeneration
	RotatedAt  time.Time // when the generation before the head was retired; starts as CreatedAt
	Attempt    []byte    // keyed hash of the Idempotency-Key of the rotation that made the head, or nil
	KeyID      uint8     // which MAC key the head was made with

	IdleTimeout   time.Duration // fixed at sign-in
	UsedAt        time.Time     // last rotation, or last use where rotation is off
	IdleExpiresAt time.Time     // never after ExpiresAt
	ExpiresAt     time.Time     // absolute; never moves

	RevokedAt    time.Time // zero while the session is not revoked
	RevokeReason Reason

	UserAgent string // at sign-in, at most 512 bytes
	Address   string // at sign-in, at most 64 bytes
}

// Revoked reports whether the session was revoked.
func (s Session) Revoked() bool { return !s.RevokedAt.IsZero() }

// Clone returns a copy that shares no memory with s.
func (s Session) Clone() Session {
	s.Roles, s.AMR, s.Attempt = slices.Clone(s.Roles), slices.Clone(s.AMR), bytes.Clone(s.Attempt)
	return s
}

// Rotation asks an engine to retire the head of a session and to make the next
// one, in one compare-and-set. [Rotation.Applies] and [Rotation.Apply] define
// it; an engine does the same in its own language.
type Rotation struct {
	ID         SessionID
	Generation uint64 // what the head must be; below MaxGeneration
	Mode       Mode
	ClientID   string
	Now        time.Time
	// RotatedBy is the latest RotatedAt the row may have; zero sets no bound.
	// It does not bind a session whose rotation is off.
	RotatedBy time.Time
	Attempt   []byte // what to keep beside the new head; nil for nothing
	KeyID     uint8  // which MAC key the new head is made with
}

// Applies reports whether r may change row: the head, the mode and the client
// are as required, and the session is neither revoked nor expired.
func (r Rotation) Applies(row Session) bool {
	return r.fits(row) && row.Generation == r.Generation && r.Now.Before(row.IdleExpiresAt) &&
		(row.RotationOff || r.RotatedBy.IsZero() || !row.RotatedAt.After(r.RotatedBy))
}

func (r Rotation) fits(row Session) bool {
	return row.ID == r.ID && row.Mode == r.Mode && row.ClientID == r.ClientID &&
		!row.Revoked() && r.Now.Before(row.ExpiresAt)
}

// Apply returns row as r leaves it: the generation is one more, RotatedAt is
// now, the idle expiry moves up to the absolute one, and the attempt is kept
// unless the row holds the same one already, which leaves nothing. Where
// rotation is off, only UsedAt and the idle expiry move.
func (r Rotation) Apply(row Session) Session {
	row = row.Clone()
	if !row.RotationOff {
		row = r.advance(row, row.Generation+1)
	}
	return r.extend(row)
}

func (r Rotation) advance(row Session, generation uint64) Session {
	if bytes.Equal(r.Attempt, row.Attempt) {
		row.Attempt = nil
	} else {
		row.Attempt = bytes.Clone(r.Attempt)
	}
	row.Generation, row.RotatedAt, row.KeyID = generation, r.Now, r.KeyID
	return row
}

func (r Rotation) extend(row Session) Session {
	row.UsedAt = r.Now
	row.IdleExpiresAt = r.Now.Add(row.IdleTimeout)
	if row.IdleExpiresAt.After(row.ExpiresAt) {
		row.IdleExpiresAt = row.ExpiresAt
	}
	return row
}

// Recovery asks an engine to move the head past a genuine token that is ahead
// of it. Rotation.Generation is the head as the caller read it. The idle expiry
// and RotatedBy do not bind it.
type Recovery struct {
	Rotation
	Presented uint64 // above the head, below MaxGeneration
}

// Applies reports whether r may change row.
func (r Recovery) Applies(row Session) bool {
	return r.fits(row) && !row.RotationOff && row.Generation == r.Generation && r.Presented > row.Generation
}

// Apply returns row as r leaves it: the head is one past what was presented,
// everything else as in a rotation.
func (r Recovery) Apply(row Session) Session {
	return r.extend(r.advance(row.Clone(), r.Presented+1))
}

// Revocation asks an engine to revoke one session.
type Revocation struct {
	ID     SessionID
	Reason Reason
	At     time.Time
	// Generation is what the head must be; 0 stands for any.
	Generation uint64
}

// SubjectRevocation asks an engine to revoke the sessions of a subject.
type SubjectRevocation struct {
	Subject string
	Reason  Reason
	At      time.Time
	// Except is a session that stays; zero for none.
	Except SessionID
	// BelowEpoch leaves alone the sessions signed in at this epoch or a later
	// one; 0 stands for no bound.
	BelowEpoch int64
}

// Applies reports whether r may revoke row.
func (r SubjectRevocation) Applies(row Session) bool {
	return row.Subject == r.Subject && !row.Revoked() && row.ID != r.Except &&
		(r.BelowEpoch == 0 || row.Epoch < r.BelowEpoch)
}

// SessionQuery selects sessions, in the order of their ids.
type SessionQuery struct {
	Subject string    // empty for every subject
	After   SessionID // only ids above this one
	Limit   int       // 1 to 1000
	// LiveAt, when set, leaves out what is revoked or expired at that time.
	LiveAt time.Time
}

// Applies reports whether row is among what q selects, its limit aside.
func (q SessionQuery) Applies(row Session) bool {
	if (q.Subject != "" && row.Subject != q.Subject) || row.ID.Compare(q.After) <= 0 {
		return false
	}
	return q.LiveAt.IsZero() || (!row.Revoked() && q.LiveAt.Before(row.IdleExpiresAt) && q.LiveAt.Before(row.ExpiresAt))
}

// Sessions keeps the sessions. It may live on another engine than the rest.
type Sessions interface {
	Pinger

	// CreateSession stores a new session. It returns [ErrExists], and leaves
	// the old row as it was, when the id is taken.
	CreateSession(ctx context.Context, s Session) error

	// Session returns a session, revoked and expired ones included, or
	// [ErrNotFound]. It sees every write that returned before it was called.
	Session(ctx context.Context, id SessionID) (Session, error)

	// RotateSession changes the row as [Rotation.Apply] says if
	// [Rotation.Applies], in one compare-and-set and one round trip, and
	// returns the row as it is afterwards. Otherwise, also when there is no
	// such session, it returns [ErrConflict]. Of any number of calls for one
	// head at once, exactly one succeeds.
	RotateSession(ctx context.Context, r Rotation) (Session, error)

	// RecoverSession does the same for a [Recovery].
	RecoverSession(ctx context.Context, r Recovery) (Session, error)

	// RevokeSession revokes a session and reports whether this call did it: a
	// session revoked before keeps its first time and reason. It returns
	// [ErrNotFound] when there is none, and [ErrConflict] when the session is
	// not revoked and its head is not the one required. Once it returned nil,
	// no rotation or recovery of that session succeeds.
	RevokeSession(ctx context.Context, r Revocation) (bool, error)

	// RevokeSubject revokes every session for which
	// [SubjectRevocation.Applies], and returns how many. Each of them is revoked
	// atomically; an engine that spreads the sessions of a subject may revoke some
	// and fail, and a repetition does the rest. Once it returned nil, none that was
	// created before the call is left.
	RevokeSubject(ctx context.Context, r SubjectRevocation) (int, error)

	// ListSessions returns the sessions for which [SessionQuery.Applies], in
	// the order of their ids, at most q.Limit.
	ListSessions(ctx context.Context, q SessionQuery) ([]Session, error)

	// PurgeSessions deletes at most limit sessions whose ExpiresAt is not after
	// the given time, and returns how many.
	PurgeSessions(ctx context.Context, expiredBy time.Time, limit int) (int, error)
}
