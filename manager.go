package renewd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/renewd/renewd/internal/atjwt"
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

// SignIn starts a session for a person who has just proved who they are, and
// returns its first tokens.
//
// Errors: [ErrInvalidRequest] (nothing changed), [ErrUnavailable] (a session may
// have been made, but nobody holds its tokens: a retry is safe), or what Confirm
// returned (the session is revoked).
func (m *Manager) SignIn(ctx context.Context, in SignIn) (Tokens, error) {
	if err := in.validate(); err != nil {
		return Tokens{}, err
	}
	now := m.now()
	if err := m.revokeReplaced(ctx, in.Replaces, now); err != nil {
		return Tokens{}, err
	}
	h := newSessionSecret()
	row := m.newSession(in, h, now)
	if err := m.cfg.Sessions.CreateSession(ctx, row); err != nil {
		return Tokens{}, storeError("create session", err)
	}
	if in.Confirm != nil {
		if err := in.Confirm(); err != nil {
			return Tokens{}, m.undoSignIn(ctx, row.ID, err)
		}
	}
	m.record(ctx, Event{
		Type: EventSessionCreated, Time: now, Session: row.ID, Subject: row.Subject,
		Head: row.Generation, UserAgent: in.UserAgent, Address: in.Address,
	})
	return m.tokens(row, h, now)
}

func (m *Manager) newSession(in SignIn, h sessionSecret, now time.Time) store.Session {
	idle, absolute := m.cfg.Policy.timeouts(in.Remember)
	return store.Session{
		ID: h.sessionID(), Subject: in.Subject, Username: in.Username, ClientID: clientID(in.ClientID),
		Mode: in.Mode, Remember: in.Remember, RotationOff: in.RotationOff,
		Roles: in.Roles, AMR: in.AMR, Epoch: in.Epoch,
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

// Refresh applies the rotation rule to a presented refresh token.
//
// Errors: [ErrInvalidRequest] and [ErrInvalidToken] (nothing changed),
// [ErrRefreshExpired], [ErrSessionRevoked] and [ErrRefreshReused] (the session is
// over), [ErrConflict] (nothing changed: try again with the newest token held),
// [ErrUnavailable] (a retry with the same token and key is safe).
func (m *Manager) Refresh(ctx context.Context, req RefreshRequest) (Tokens, error) {
	now := m.now()
	if req.IdempotencyKey != "" {
		if _, err := ParseIdempotencyKey(req.IdempotencyKey); err != nil {
			return Tokens{}, err
		}
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
	return Identity{Session: coarseView(row), TokenID: claims.TokenID, Scope: claims.Scope, ExpiresAt: claims.ExpiresAt}, nil
}

// Session returns one session of any subject, also one that is over.
// It fails with [ErrNotFound] or [ErrUnavailable].
func (m *Manager) Session(ctx context.Context, id store.SessionID) (Session, error) {
	row, err := m.cfg.Sessions.Session(ctx, id)
	if err != nil {
		return Session{}, storeError("read session", err)
	}
	return coarseView(row), nil
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
			all = append(all, coarseView(row))
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
	page, err := m.cfg.Sessions.ListSessions(ctx, store.SessionQuery{After: after, Limit: limit, LiveAt: m.now()})
	if err != nil {
		return nil, storeError("list sessions", err)
	}
	views := make([]Session, len(page))
	for i, row := range page {
		views[i] = coarseView(row)
	}
	return views, nil
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
	if done && r.Reason != store.ReasonReuse {
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
		Session:      exactView(row),
	}, nil
}

const (
	maxUserAgentBytes = 512
	maxAddressBytes   = 64
	maxRoles          = 64
)

func (in SignIn) validate() error {
	bad := func(what string) error { return fmt.Errorf("sign in: %w: %s", ErrInvalidRequest, what) }
	switch {
	case in.Subject == "" || len(in.Subject) > maxNameBytes:
		return bad(fmt.Sprintf("Subject must be 1 to %d bytes", maxNameBytes))
	case len(in.Username) > maxNameBytes:
		return bad(fmt.Sprintf("Username must be at most %d bytes", maxNameBytes))
	case len(in.ClientID) > maxNameBytes:
		return bad(fmt.Sprintf("ClientID must be at most %d bytes", maxNameBytes))
	case in.Mode != ModeCookie && in.Mode != ModeBody:
		return bad("Mode must be ModeCookie or ModeBody")
	case !shortList(in.Roles) || !shortList(in.AMR):
		return bad(fmt.Sprintf("Roles and AMR must be at most %d values of 1 to %d bytes", maxRoles, maxNameBytes))
	}
	return nil
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

// cut shortens s to at most n bytes of valid UTF-8.
func cut(s string, n int) string {
	if len(s) > n {
		s = s[:n]
	}
	return strings.ToValidUTF8(s, "")
}

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
		return nil
	}
	p := presented{generation: generation, mode: row.Mode, clientID: row.ClientID}
	if err := refusal(&row, p, now); err != nil {
		return err
	}
	if generation != 0 && generation != row.Generation {
		return ErrConflict
	}
	r := store.SubjectRevocation{Subject: row.Subject, Reason: store.ReasonSignOut, At: now}
	if scope == ScopeOthers {
		r.Except = id
	}
	_, err = m.RevokeSubject(ctx, r)
	return err
}
