package renewd

import (
	"time"

	"github.com/renewd/renewd/store"
)

// Mode says how a session's refresh token travels; fixed at sign-in.
type Mode = store.Mode

// The modes of a session.
const (
	ModeCookie = store.ModeCookie
	ModeBody   = store.ModeBody
)

// DefaultClientID is the client of first-party sessions.
const DefaultClientID = "renewd"

// coarse is the step in which times of use are shown, so that a thief cannot
// time himself by them.
const coarse = 15 * time.Minute

// Session is one sign-in on one device, as it may be shown.
type Session struct {
	ID         store.SessionID
	Subject    string
	Username   string
	ClientID   string
	Mode       Mode
	Remember   bool
	Roles      []string
	Generation uint64 // the head; it tells when the owner refreshed: not for everybody
	AuthTime   time.Time
	CreatedAt  time.Time
	ExpiresAt  time.Time // absolute
	// Live says that it was neither revoked nor expired when it was read.
	Live bool
	// UsedAt and IdleExpiresAt are exact in the answers of SignIn and Refresh,
	// and in steps of 15 minutes elsewhere: UsedAt is the step before, and
	// IdleExpiresAt the step after, within CreatedAt and ExpiresAt.
	UsedAt        time.Time
	IdleExpiresAt time.Time
	RevokedAt     time.Time // zero while it is not revoked
	RevokeReason  store.Reason
	UserAgent     string // at sign-in
	Address       string // at sign-in
}

func exactView(s store.Session, now time.Time) Session {
	return Session{
		Live: !s.Revoked() && now.Before(s.IdleExpiresAt) && now.Before(s.ExpiresAt),
		ID:   s.ID, Subject: s.Subject, Username: s.Username, ClientID: s.ClientID,
		Mode: s.Mode, Remember: s.Remember, Roles: s.Roles, Generation: s.Generation,
		AuthTime: s.AuthTime, CreatedAt: s.CreatedAt, ExpiresAt: s.ExpiresAt,
		UsedAt: s.UsedAt, IdleExpiresAt: s.IdleExpiresAt,
		RevokedAt: s.RevokedAt, RevokeReason: s.RevokeReason,
		UserAgent: s.UserAgent, Address: s.Address,
	}
}

func coarseView(s store.Session, now time.Time) Session {
	v := exactView(s, now)
	v.UsedAt = v.UsedAt.Truncate(coarse)
	if v.UsedAt.Before(v.CreatedAt) {
		v.UsedAt = v.CreatedAt
	}
	v.IdleExpiresAt = v.IdleExpiresAt.Add(coarse - 1).Truncate(coarse)
	if v.IdleExpiresAt.After(v.ExpiresAt) {
		v.IdleExpiresAt = v.ExpiresAt
	}
	return v
}

// Tokens is what a sign-in or a refresh answers.
type Tokens struct {
	// AccessToken is a JWT of the profile of RFC 9068.
	AccessToken string
	// ExpiresIn is the access token's lifetime: never past the session's end,
	// in whole seconds.
	ExpiresIn time.Duration
	// RefreshToken is the session's head. Everybody who is answered with one
	// generation gets the same one.
	RefreshToken string
	Session      Session
	// Replayed says that the head was answered without a rotation.
	Replayed bool
}

// SignIn describes a person who has just proved who they are.
type SignIn struct {
	// Subject is the person's stable opaque id, 1 to 256 bytes.
	Subject string
	// Username is what they are called, at most 256 bytes. It is in the answers,
	// not in access tokens.
	Username string
	// Roles are copied into the session and its access tokens, which must stay
	// below 8 KiB; at most 64 of at most 256 bytes each.
	Roles []string
	// AMR says how they proved it (RFC 8176); "pwd" for a password.
	AMR []string
	// ACR says how well, in words agreed with who reads it (RFC 9068,
	// Section 2.2.1); at most 256 bytes, empty for none.
	ACR string
	// Scope is what the tokens may be used for: at most 1 KiB of space-separated
	// values (RFC 6749, Section 3.3), empty for none.
	Scope string
	// Epoch is the account's epoch when it was checked; 0 where there is none.
	Epoch int64
	// Mode is required.
	Mode Mode
	// ClientID is [DefaultClientID] when empty.
	ClientID string
	// Remember selects the longer timeouts.
	Remember bool
	// RotationOff keeps the refresh token the same for the whole session. A
	// stolen one is then never noticed: only for clients that cannot store a new
	// one, or that prove possession of a key.
	RotationOff bool
	// UserAgent and Address describe the device; they are cut to 512 and 64 bytes.
	UserAgent, Address string
	// Replaces is the refresh token that the browser held, if any: its session
	// is revoked.
	Replaces string
	// Confirm, when set, is called after the session is stored. An error revokes
	// the session and is returned as it is: it is how an account that was
	// disabled in the meantime keeps the person out.
	Confirm func() error
}

// RefreshRequest is a presented refresh token, and how it came.
type RefreshRequest struct {
	RefreshToken string
	// Mode is how it came; it must be the session's.
	Mode Mode
	// ClientID is [DefaultClientID] when empty; it must be the session's.
	ClientID string
	// IdempotencyKey names the attempt: 22 to 128 visible ASCII characters,
	// random, the same for every try of one generation. Empty for none.
	IdempotencyKey string
	// UserAgent and Address go into events only.
	UserAgent, Address string
}

// Identity is the bearer of a verified access token.
type Identity struct {
	Session Session
	// TokenID is the access token's "jti".
	TokenID string
	// Scope is what the token may be used for (RFC 6749, Section 3.3).
	Scope string
	// ExpiresAt is when the access token expires.
	ExpiresAt time.Time
}

// Scope says which sessions a sign-out ends.
type Scope string

// The scopes of a sign-out.
const (
	ScopeSession Scope = "session" // this one
	ScopeOthers  Scope = "others"  // every other one of the subject
	ScopeAll     Scope = "all"     // this one and every other
)

// SignOutRequest names a session by one of its tokens.
type SignOutRequest struct {
	// RefreshToken or AccessToken: exactly one of them.
	RefreshToken string
	AccessToken  string
	// Scope is [ScopeSession] when empty.
	Scope Scope
}
