package renewd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/renewd/renewd/store"
)

// Manager issues, renews and revokes sessions. It is safe for concurrent use,
// and any number of them may share one store.
type Manager struct {
	cfg     Config
	secrets secretList
	keys    *keyring
}

// New returns a Manager. It validates cfg (a [*ConfigError] names the field and
// its bound), compares the secret with the store's check value
// ([store.ErrWrongSecret]), and reads the signing keys, making the first one if
// there is none. It starts no goroutine.
func New(ctx context.Context, cfg Config) (*Manager, error) {
	if cfg.Algorithm == "" {
		cfg.Algorithm = "ES256"
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	secrets, err := deriveSecrets(cfg.Secrets)
	if err != nil {
		return nil, err
	}
	cfg.Secrets, cfg.Audience = nil, slices.Clone(cfg.Audience)
	m := &Manager{cfg: cfg, secrets: secrets}
	if err := cfg.SigningKeys.EnsureSecretCheck(ctx, secrets.checks()); err != nil {
		return nil, fmt.Errorf("check secret: %w", err)
	}
	if m.keys, err = openKeyring(ctx, cfg.SigningKeys, cfg.Algorithm, secrets, m.now()); err != nil {
		return nil, err
	}
	return m, nil
}

// now is the time that a call works with, in the resolution of the store.
func (m *Manager) now() time.Time { return m.cfg.Now().UTC().Truncate(time.Millisecond) }

// Policy returns the policy in force.
func (m *Manager) Policy() Policy { return m.cfg.Policy }

// Refresh applies the rotation rule to a presented refresh token.
//
// Errors: [ErrInvalidRequest] and [ErrInvalidToken] (nothing changed),
// [ErrRefreshExpired], [ErrSessionRevoked] and [ErrRefreshReused] (the session is
// over), [ErrConflict] (nothing changed: try again with the newest token held),
// [ErrUnavailable] (a retry with the same token and key is safe).
func (m *Manager) Refresh(ctx context.Context, req RefreshRequest) (Tokens, error) {
	now := m.now()
	if req.IdempotencyKey != "" {
		key, err := ParseIdempotencyKey(req.IdempotencyKey)
		if err != nil {
			return Tokens{}, err
		}
		req.IdempotencyKey = key
	}
	token, err := parseRefreshToken(req.RefreshToken, m.secrets)
	if err != nil {
		return Tokens{}, err
	}
	return refresh{m, req, token, token.secret.sessionID(), now}.run(ctx)
}

// Authenticate verifies an access token and that its session still lives: a
// revocation counts at once. It fails with [ErrInvalidToken], or with
// [ErrUnavailable] when the session cannot be read.
func (m *Manager) Authenticate(ctx context.Context, accessToken string) (Identity, error) {
	now := m.now()
	claims, id, err := m.verifyAccessToken(accessToken, now)
	if err != nil {
		return Identity{}, err
	}
	row, err := m.cfg.Sessions.Session(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return Identity{}, fmt.Errorf("%w: its session is gone", ErrInvalidToken)
	case err != nil:
		return Identity{}, storeError("read session", err)
	case row.Revoked():
		return Identity{}, fmt.Errorf("%w: its session was revoked", ErrInvalidToken)
	case !now.Before(row.ExpiresAt):
		return Identity{}, fmt.Errorf("%w: its session expired", ErrInvalidToken)
	case row.Subject != claims.Subject || row.ClientID != claims.ClientID:
		return Identity{}, fmt.Errorf("%w: it does not fit its session", ErrInvalidToken)
	}
	return Identity{Session: coarseView(row, now), TokenID: claims.TokenID, Scope: claims.Scope, ExpiresAt: claims.ExpiresAt}, nil
}

// Session returns one session of any subject, also one that is over.
// It fails with [ErrNotFound] or [ErrUnavailable].
func (m *Manager) Session(ctx context.Context, id store.SessionID) (Session, error) {
	row, err := m.cfg.Sessions.Session(ctx, id)
	if err != nil {
		return Session{}, storeError("read session", err)
	}
	return coarseView(row, m.now()), nil
}

const listPage = 1000

// Sessions returns the live sessions of a subject, the newest first. An empty
// subject is [ErrInvalidRequest].
func (m *Manager) Sessions(ctx context.Context, subject string) ([]Session, error) {
	if subject == "" {
		return nil, fmt.Errorf("list sessions: %w: no subject", ErrInvalidRequest)
	}
	var all []Session
	q := store.SessionQuery{Subject: subject, Limit: listPage, LiveAt: m.now()}
	for {
		page, err := m.cfg.Sessions.ListSessions(ctx, q)
		if err != nil {
			return nil, storeError("list sessions", err)
		}
		for _, row := range page {
			all = append(all, coarseView(row, q.LiveAt))
		}
		if len(page) < q.Limit {
			break
		}
		q.After = page[len(page)-1].ID
	}
	slices.SortFunc(all, func(a, b Session) int {
		if c := b.CreatedAt.Compare(a.CreatedAt); c != 0 {
			return c
		}
		return a.ID.Compare(b.ID)
	})
	return all, nil
}

// AllSessions returns a page of the live sessions of every subject, in the order
// of their ids, those after the given id; limit is 1 to 1000.
func (m *Manager) AllSessions(ctx context.Context, after store.SessionID, limit int) ([]Session, error) {
	if limit < 1 || limit > listPage {
		return nil, fmt.Errorf("list sessions: %w: limit must be 1 to %d", ErrInvalidRequest, listPage)
	}
	now := m.now()
	page, err := m.cfg.Sessions.ListSessions(ctx, store.SessionQuery{After: after, Limit: limit, LiveAt: now})
	if err != nil {
		return nil, storeError("list sessions", err)
	}
	views := make([]Session, len(page))
	for i, row := range page {
		views[i] = coarseView(row, now)
	}
	return views, nil
}

// RevokeAll revokes every session of everybody, also those that expired by
// idleness, which a token ahead of the store could bring back, and returns how
// many. It goes on until done or until ctx is; progress, unless it is nil, is
// called after each with the number so far. A session that begins meanwhile may
// be left. It fails with [ErrUnavailable], having revoked some: a retry does the
// rest.
func (m *Manager) RevokeAll(ctx context.Context, reason store.Reason, progress func(revoked int)) (int, error) {
	total := 0
	q := store.SessionQuery{Limit: listPage}
	for {
		page, err := m.cfg.Sessions.ListSessions(ctx, q)
		if err != nil {
			return total, storeError("list sessions", err)
		}
		for _, row := range page {
			if row.Revoked() {
				continue
			}
			done, err := m.revoke(ctx, store.Revocation{ID: row.ID, Reason: reason, At: m.now()})
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return total, err
			}
			if done {
				total++
			}
			if progress != nil {
				progress(total)
			}
		}
		if len(page) < q.Limit {
			return total, nil
		}
		q.After = page[len(page)-1].ID
	}
}

// Revoke revokes one session. It reports whether this call did it: a session
// revoked before keeps its reason. It fails with [ErrNotFound] or [ErrUnavailable].
func (m *Manager) Revoke(ctx context.Context, id store.SessionID, reason store.Reason) (bool, error) {
	done, err := m.revoke(ctx, store.Revocation{ID: id, Reason: reason, At: m.now()})
	if errors.Is(err, store.ErrNotFound) {
		return false, ErrNotFound
	}
	return done, err
}

// RevokeOwn revokes a session if it belongs to the subject, and fails with
// [ErrNotFound] otherwise. A session that is over already is no error.
func (m *Manager) RevokeOwn(ctx context.Context, subject string, id store.SessionID) error {
	row, err := m.cfg.Sessions.Session(ctx, id)
	if err != nil {
		return storeError("read session", err)
	}
	if row.Subject != subject {
		return ErrNotFound
	}
	_, err = m.revoke(ctx, store.Revocation{ID: id, Reason: store.ReasonSignOut, At: m.now()})
	return err
}

// RevokeSubject revokes the sessions that r names and returns how many. A zero
// r.At stands for now. An empty subject is [ErrInvalidRequest].
func (m *Manager) RevokeSubject(ctx context.Context, r store.SubjectRevocation) (int, error) {
	if r.Subject == "" {
		return 0, fmt.Errorf("revoke sessions: %w: no subject", ErrInvalidRequest)
	}
	if r.At.IsZero() {
		r.At = m.now()
	}
	n, err := m.cfg.Sessions.RevokeSubject(ctx, r)
	if err != nil {
		return n, storeError("revoke sessions", err)
	}
	if n > 0 {
		m.record(ctx, Event{Type: EventSessionRevoked, Time: r.At, Subject: r.Subject, Reason: r.Reason, Count: n})
	}
	return n, nil
}

// Purge deletes the sessions whose absolute expiry has passed, in bounded steps,
// and returns how many. It goes on until done or until ctx is.
func (m *Manager) Purge(ctx context.Context) (int, error) {
	const step = 1000
	now := m.now()
	total := 0
	for {
		n, err := m.cfg.Sessions.PurgeSessions(ctx, now, step)
		total += n
		if err != nil {
			return total, storeError("purge sessions", err)
		}
		if n < step {
			return total, nil
		}
	}
}

// revoke keeps the errors of the store: its callers tell "not found" apart.
func (m *Manager) revoke(ctx context.Context, r store.Revocation) (bool, error) {
	done, err := m.cfg.Sessions.RevokeSession(ctx, r)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrConflict) {
		return false, err
	}
	if err != nil {
		return false, storeError("revoke session", err)
	}
	if done {
		m.record(ctx, Event{Type: EventSessionRevoked, Time: r.At, Session: r.ID, Reason: r.Reason, Count: 1})
	}
	return done, nil
}

// tokens makes the answer for a row as it is now.
func (m *Manager) tokens(row store.Session, h sessionSecret, now time.Time) (Tokens, error) {
	key, ok := m.secrets.byKeyID(row.KeyID)
	if !ok {
		return Tokens{}, fmt.Errorf("%w: the session's key id is of no configured secret", ErrUnavailable)
	}
	access, expiresIn, err := m.issueAccessToken(row, now)
	if err != nil {
		return Tokens{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return Tokens{
		AccessToken:  access,
		ExpiresIn:    expiresIn,
		RefreshToken: refreshToken{keyID: key.keyID, secret: h, generation: row.Generation}.encode(key.mac),
		Session:      exactView(row, now),
	}, nil
}
