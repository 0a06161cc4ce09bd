package renewd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/renewd/renewd/internal/atjwt"
	"github.com/renewd/renewd/store"
)

// SignIn starts a session for a person who has just proved who they are, and
// returns its first tokens. They are made before the session is stored, so that
// what cannot be signed leaves nothing behind, and handed out after.
//
// Errors: [ErrInvalidRequest] (nothing changed), [ErrUnavailable] (a session may
// have been made, but nobody holds its tokens: a retry is safe), or what Confirm
// returned (the session is revoked). The session that Replaces names is revoked
// last, so that a sign-in that fails signs nobody out.
func (m *Manager) SignIn(ctx context.Context, in SignIn) (Tokens, error) {
	if err := in.validate(); err != nil {
		return Tokens{}, err
	}
	now := m.now()
	h := newSessionSecret()
	row := m.newSession(in, h, now)
	tokens, err := m.firstTokens(row, h, now)
	if err != nil {
		return Tokens{}, err
	}
	if err := m.cfg.Sessions.CreateSession(ctx, row); err != nil {
		return Tokens{}, storeError("create session", err)
	}
	if in.Confirm != nil {
		if err := in.Confirm(); err != nil {
			return Tokens{}, m.undoSignIn(ctx, row.ID, err)
		}
	}
	if err := m.revokeReplaced(ctx, in.Replaces, now); err != nil {
		return Tokens{}, m.undoSignIn(ctx, row.ID, err)
	}
	m.record(ctx, Event{
		Type: EventSessionCreated, Time: now, Session: row.ID, Subject: row.Subject,
		Head: row.Generation, UserAgent: in.UserAgent, Address: in.Address,
	})
	return tokens, nil
}

func (m *Manager) firstTokens(row store.Session, h sessionSecret, now time.Time) (Tokens, error) {
	tokens, err := m.tokens(row, h, now)
	if errors.Is(err, atjwt.ErrClaims) {
		return Tokens{}, fmt.Errorf("sign in: %w: %w", ErrInvalidRequest, err)
	}
	return tokens, err
}

func (m *Manager) newSession(in SignIn, h sessionSecret, now time.Time) store.Session {
	idle, absolute := m.cfg.Policy.timeouts(in.Remember)
	return store.Session{
		ID: h.sessionID(), Subject: in.Subject, Username: in.Username, ClientID: clientID(in.ClientID),
		Mode: in.Mode, Remember: in.Remember, RotationOff: in.RotationOff,
		Roles: in.Roles, Scope: in.Scope, AMR: in.AMR, ACR: in.ACR, Epoch: in.Epoch,
		AuthTime: now, CreatedAt: now,
		Generation: 1, RotatedAt: now, KeyID: m.secrets.current().keyID,
		IdleTimeout: idle, UsedAt: now, IdleExpiresAt: now.Add(idle), ExpiresAt: now.Add(absolute),
		UserAgent: cut(in.UserAgent, maxUserAgentBytes), Address: cut(in.Address, maxAddressBytes),
	}
}

// revokeReplaced ends the session that a browser held before it signed in again.
// What is not a genuine token is nobody's session.
func (m *Manager) revokeReplaced(ctx context.Context, token string, now time.Time) error {
	if token == "" {
		return nil
	}
	t, err := parseRefreshToken(token, m.secrets)
	if err != nil {
		return nil
	}
	_, err = m.revoke(ctx, store.Revocation{ID: t.secret.sessionID(), Reason: store.ReasonReplaced, At: now})
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// undoSignIn revokes a session whose tokens were never handed out. Should that
// fail, nobody can use it either.
func (m *Manager) undoSignIn(ctx context.Context, id store.SessionID, cause error) error {
	_, err := m.revoke(context.WithoutCancel(ctx), store.Revocation{ID: id, Reason: store.ReasonSignInOverrun, At: m.now()})
	return errors.Join(cause, err)
}

const (
	maxUserAgentBytes = 512
	maxAddressBytes   = 64
	maxRoles          = 64
	maxScopeBytes     = 1 << 10
)

func (in SignIn) validate() error {
	bad := func(what string) error { return fmt.Errorf("sign in: %w: %s", ErrInvalidRequest, what) }
	switch {
	case in.Subject == "" || len(in.Subject) > maxNameBytes:
		return bad(fmt.Sprintf("Subject must be 1 to %d bytes", maxNameBytes))
	case len(in.Username) > maxNameBytes || !utf8.ValidString(in.Username):
		return bad(fmt.Sprintf("Username must be at most %d bytes of UTF-8", maxNameBytes))
	case len(in.ClientID) > maxNameBytes:
		return bad(fmt.Sprintf("ClientID must be at most %d bytes", maxNameBytes))
	case in.Mode != ModeCookie && in.Mode != ModeBody:
		return bad("Mode must be ModeCookie or ModeBody")
	case len(in.ACR) > maxNameBytes:
		return bad(fmt.Sprintf("ACR must be at most %d bytes", maxNameBytes))
	case !validScope(in.Scope):
		return bad(fmt.Sprintf("Scope must be at most %d bytes of space-separated values", maxScopeBytes))
	case !shortList(in.Roles) || !shortList(in.AMR):
		return bad(fmt.Sprintf("Roles and AMR must be at most %d values of 1 to %d bytes", maxRoles, maxNameBytes))
	}
	return nil
}

// validScope reports whether s is empty or a scope (RFC 6749, Section 3.3).
func validScope(s string) bool {
	for value := range strings.SplitSeq(s, " ") {
		if s != "" && (value == "" || strings.ContainsFunc(value, func(r rune) bool {
			return r <= ' ' || r > '~' || r == '"' || r == '\\'
		})) {
			return false
		}
	}
	return len(s) <= maxScopeBytes
}

func shortList(values []string) bool {
	return len(values) <= maxRoles && !slices.ContainsFunc(values, func(v string) bool {
		return v == "" || len(v) > maxNameBytes
	})
}

func clientID(id string) string {
	if id == "" {
		return DefaultClientID
	}
	return id
}

// cut shortens s to at most n bytes of valid UTF-8 without characters that are
// not shown: a terminal may obey them, and they can disguise what is.
func cut(s string, n int) string {
	if len(s) > n {
		s = s[:n]
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}
