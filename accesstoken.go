package renewd

import (
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/renewd/renewd/internal/atjwt"
	"github.com/renewd/renewd/store"
)

// issueAccessToken signs an access token for a session. It expires no later
// than the session does, by idleness or at all.
func (m *Manager) issueAccessToken(row store.Session, now time.Time) (token string, expiresIn time.Duration, err error) {
	issued := now.Truncate(time.Second)
	expires := now.Add(m.cfg.Policy.AccessTokenLifetime)
	for _, end := range []time.Time{row.IdleExpiresAt, row.ExpiresAt} {
		if end.Before(expires) {
			expires = end
		}
	}
	expires = expires.Truncate(time.Second)
	id, err := uuid.NewV7()
	if err != nil {
		return "", 0, fmt.Errorf("make token id: %w", err)
	}
	key, err := m.keys.signer(now)
	if err != nil {
		return "", 0, err
	}
	token, err = atjwt.Sign(key, atjwt.Claims{
		Issuer: m.cfg.Issuer, Audience: m.cfg.Audience,
		Subject: row.Subject, ClientID: row.ClientID, SessionID: row.ID.String(),
		TokenID: id.String(), Scope: row.Scope, Roles: row.Roles, AMR: row.AMR, ACR: row.ACR,
		IssuedAt: issued, ExpiresAt: expires, AuthTime: row.AuthTime,
	})
	if err != nil {
		return "", 0, fmt.Errorf("sign access token: %w", err)
	}
	return token, max(expires.Sub(issued), 0), nil
}

// verifyAccessToken returns the claims of a genuine access token. An expired one
// fails with [ErrInvalidToken] too, and with [atjwt.ErrExpired] beside it; its
// claims are returned all the same.
func (m *Manager) verifyAccessToken(token string, now time.Time) (atjwt.Claims, store.SessionID, error) {
	claims, err := atjwt.Verify(token, m.keys.at(now).byID, atjwt.Expect{Issuer: m.cfg.Issuer, Audience: m.cfg.Audience[0], Now: now})
	if err != nil && !errors.Is(err, atjwt.ErrExpired) {
		return atjwt.Claims{}, store.SessionID{}, fmt.Errorf("%w: %w", ErrInvalidToken, err)
	}
	id, idErr := store.ParseSessionID(claims.SessionID)
	if idErr != nil {
		return atjwt.Claims{}, store.SessionID{}, fmt.Errorf("%w: %w", ErrInvalidToken, idErr)
	}
	if err != nil {
		return claims, id, fmt.Errorf("%w: %w", ErrInvalidToken, err)
	}
	return claims, id, nil
}
