package renewd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/renewd/renewd/internal/atjwt"
	"github.com/renewd/renewd/store"
)

// SignOut ends the session that a token names, and others as the scope says. It
// takes any generation of a refresh token and never counts as reuse, and it takes
// an expired access token; signing out twice is no error. [ScopeOthers] and
// [ScopeAll] need a live session: a valid access token, or the head.
//
// Errors: [ErrInvalidRequest]; [ErrInvalidToken] when the token is not genuine;
// for the wider scopes also [ErrConflict] (try again with the newest token held),
// [ErrRefreshExpired], [ErrSessionRevoked] and [ErrRefreshReused]; and
// [ErrUnavailable] (a retry is safe).
func (m *Manager) SignOut(ctx context.Context, req SignOutRequest) error {
	now := m.now()
	id, generation, err := m.signOutToken(req, now)
	if err != nil {
		return err
	}
	switch req.Scope {
	case "", ScopeSession:
		return m.signOutOne(ctx, id, now)
	case ScopeOthers, ScopeAll:
		return m.signOutMany(ctx, id, generation, req.Scope, now)
	}
	return fmt.Errorf("sign out: %w: scope must be session, others or all", ErrInvalidRequest)
}

// signOutToken returns the session of a genuine token; the generation is 0 for
// an access token.
func (m *Manager) signOutToken(req SignOutRequest, now time.Time) (store.SessionID, uint64, error) {
	if (req.RefreshToken == "") == (req.AccessToken == "") {
		return store.SessionID{}, 0, fmt.Errorf("sign out: %w: one token is needed", ErrInvalidRequest)
	}
	if req.RefreshToken != "" {
		t, err := parseRefreshToken(req.RefreshToken, m.secrets)
		return t.secret.sessionID(), t.generation, err
	}
	_, id, err := m.verifyAccessToken(req.AccessToken, now)
	if errors.Is(err, atjwt.ErrExpired) && (req.Scope == "" || req.Scope == ScopeSession) {
		err = nil
	}
	return id, 0, err
}

func (m *Manager) signOutOne(ctx context.Context, id store.SessionID, now time.Time) error {
	_, err := m.revoke(ctx, store.Revocation{ID: id, Reason: store.ReasonSignOut, At: now})
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

func (m *Manager) signOutMany(ctx context.Context, id store.SessionID, generation uint64, scope Scope, now time.Time) error {
	row, err := m.cfg.Sessions.Session(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return ErrRefreshExpired
	}
	if err != nil {
		return storeError("read session", err)
	}
	if row.RevokeReason == store.ReasonSignOut && scope == ScopeAll {
		return nil // it was done before: signing out twice is no error
	}
	p := presented{generation: generation, mode: row.Mode, clientID: row.ClientID}
	if err := refusal(&row, p, now); err != nil {
		return err
	}
	if generation != 0 && generation != row.Generation {
		m.record(ctx, Event{
			Type: EventSessionLate, Time: now, Session: id, Subject: row.Subject,
			Presented: generation, Head: row.Generation, Age: now.Sub(row.RotatedAt),
		})
		return ErrConflict
	}
	r := store.SubjectRevocation{Subject: row.Subject, Reason: store.ReasonSignOut, At: now}
	if scope == ScopeOthers {
		r.Except = id
	}
	_, err = m.RevokeSubject(ctx, r)
	return err
}
