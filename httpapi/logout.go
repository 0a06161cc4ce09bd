package httpapi

import (
	"errors"
	"net/http"

	"github.com/renewd/renewd"
)

type logoutRequest struct {
	Scope        string  `json:"scope"`
	RefreshToken *string `json:"refresh_token"`
}

func (l logoutRequest) scope() (renewd.Scope, error) {
	switch scope := renewd.Scope(l.Scope); scope {
	case "":
		return renewd.ScopeSession, nil
	case renewd.ScopeSession, renewd.ScopeOthers, renewd.ScopeAll:
		return scope, nil
	}
	return "", fill(errMemberValue, "scope", "session, others, all")
}

// credentials are the tokens of a sign-out. A page may well send two: the cookie,
// which the browser adds, and a bearer token.
type credentials struct {
	refresh    string // from the cookie or the body
	hasRefresh bool
	access     string
	hasAccess  bool
}

func credentialsOf(r *http.Request, inBody *string) (credentials, error) {
	var c credentials
	var err error
	if c.access, c.hasAccess, err = bearer(r); err != nil {
		return c, err
	}
	if c.hasAccess && inBody != nil {
		return c, errTwoTokens
	}
	c.refresh, _, err = presentedToken(r, inBody)
	switch {
	case errors.Is(err, errMissingToken):
		return c, nil
	case err != nil:
		return c, err
	}
	c.hasRefresh = true
	return c, nil
}

// logout ends this session, the others, or all of them. The scope "session" goes
// by the refresh token if there is a genuine one, since it names the session of this
// very browser, else by the bearer token; with no token at all there is nothing to do,
// and that is no error. The wider scopes go by the bearer token if there is one,
// and need one of the two. The Clear-Site-Data field is not sent: it would empty
// the cookies of every other application on the site.
func (s *server) logout(w http.ResponseWriter, r *http.Request) error {
	var req logoutRequest
	if err := decode(w, r, &req); err != nil {
		return err
	}
	scope, err := req.scope()
	if err != nil {
		return err
	}
	c, err := credentialsOf(r, req.RefreshToken)
	if err != nil {
		return err
	}
	if scope == renewd.ScopeSession {
		clearSessionCookies(w)
		err = s.signOutOne(r, c)
	} else if err = s.signOutMany(r, c, scope); s.leaves(r, c, scope, err) {
		clearSessionCookies(w)
	}
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// leaves reports whether the browser's own session is over, or is to be: also
// when the server could not say whether it is. The bearer token may be of another
// session than the cookie, when somebody has signed in over it in another tab: then
// the cookie stays unless its own session is over.
func (s *server) leaves(r *http.Request, c credentials, scope renewd.Scope, err error) bool {
	switch {
	case errors.Is(err, renewd.ErrUnavailable):
		return scope == renewd.ScopeAll
	case err == nil && scope == renewd.ScopeOthers, err != nil && !ended(err):
		return false
	}
	return !c.hasAccess || !c.hasRefresh || s.dead(r, c.refresh)
}

func ended(err error) bool {
	return errors.Is(err, renewd.ErrRefreshExpired) || errors.Is(err, renewd.ErrRefreshReused) || errors.Is(err, renewd.ErrSessionRevoked)
}

// dead reports whether a refresh token is of a session that is over, or of none.
// In doubt it is not.
func (s *server) dead(r *http.Request, token string) bool {
	info, err := renewd.InspectRefreshToken(token)
	if err != nil {
		return true
	}
	session, err := s.cfg.Manager.Session(r.Context(), info.SessionID)
	if err != nil {
		return errors.Is(err, renewd.ErrNotFound)
	}
	return !session.RevokedAt.IsZero() || !s.cfg.Now().Before(session.ExpiresAt)
}

// signOutOne takes a refresh token that is not genuine for no token: whoever
// wanted to be signed out of it, is.
func (s *server) signOutOne(r *http.Request, c credentials) error {
	if c.hasRefresh {
		err := s.signOut(r, renewd.SignOutRequest{RefreshToken: c.refresh})
		if !errors.Is(err, renewd.ErrInvalidToken) {
			return err
		}
	}
	if c.hasAccess {
		return s.signOut(r, renewd.SignOutRequest{AccessToken: c.access})
	}
	return nil
}

func (s *server) signOutMany(r *http.Request, c credentials, scope renewd.Scope) error {
	req := renewd.SignOutRequest{Scope: scope}
	switch {
	case c.hasAccess:
		req.AccessToken = c.access
	case c.hasRefresh:
		req.RefreshToken = c.refresh
	default:
		return errMissingToken
	}
	return s.signOut(r, req)
}

func (s *server) signOut(r *http.Request, req renewd.SignOutRequest) error {
	if req.AccessToken == "" && req.RefreshToken == "" {
		return renewd.ErrInvalidToken // an empty cookie, for instance
	}
	return s.cfg.Manager.SignOut(r.Context(), req)
}
