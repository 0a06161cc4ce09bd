package httpapi

import (
	"errors"
	"net/http"

	"github.com/renewd/renewd"
	"github.com/renewd/renewd/store"
)

type refreshRequest struct {
	RefreshToken *string `json:"refresh_token"`
}

// refresh applies the rotation rule to the token in the cookie or in the body.
func (s *server) refresh(w http.ResponseWriter, r *http.Request) error {
	var req refreshRequest
	if err := decode(w, r, &req); err != nil {
		return err
	}
	token, mode, err := presentedToken(r, req.RefreshToken)
	if err != nil {
		return err
	}
	if mode == renewd.ModeCookie {
		if err := checkCookieMode(r); err != nil {
			return err
		}
	}
	key, err := idempotencyKey(r)
	if err != nil {
		return err
	}
	tokens, err := s.rotate(r, token, mode, key)
	if err != nil {
		if mode == renewd.ModeCookie && s.over(r, token, err) {
			clearSessionCookies(w)
		}
		return err
	}
	s.answerTokens(w, mode, tokens, token)
	return nil
}

func (s *server) rotate(r *http.Request, token string, mode renewd.Mode, key string) (renewd.Tokens, error) {
	return s.cfg.Manager.Refresh(r.Context(), renewd.RefreshRequest{
		RefreshToken:   token,
		Mode:           mode,
		IdempotencyKey: key,
		UserAgent:      r.UserAgent(),
		Address:        exchangeOf(r).addressText(),
	})
}

// presentedToken returns the refresh token of a request, and the mode that its
// way of travelling says.
func presentedToken(r *http.Request, inBody *string) (string, renewd.Mode, error) {
	inCookie, hasCookie, err := cookieToken(r)
	switch {
	case err != nil:
		return "", 0, err
	case hasCookie && inBody != nil:
		return "", 0, errTwoTokens
	case hasCookie:
		return inCookie, renewd.ModeCookie, nil
	case inBody != nil:
		return *inBody, renewd.ModeBody, nil
	}
	return "", 0, errMissingToken
}

func idempotencyKey(r *http.Request) (string, error) {
	values := r.Header.Values("Idempotency-Key")
	switch len(values) {
	case 0:
		return "", nil
	case 1:
		key, err := renewd.ParseIdempotencyKey(values[0])
		if err != nil {
			return "", errIdempotencyKey
		}
		return key, nil
	}
	return "", fill(errTwoHeaders, "Idempotency-Key")
}

// over reports whether a refused cookie is to be deleted: its session has ended,
// and the browser cannot hold a newer one. It can when the session was revoked by
// a sign-in over it: then this request only lost a race with that sign-in, and
// deleting would hit the cookie that the sign-in has set. In doubt the cookie
// stays; it opens nothing.
func (s *server) over(r *http.Request, token string, err error) bool {
	switch {
	case errors.Is(err, renewd.ErrInvalidToken), errors.Is(err, renewd.ErrRefreshExpired), errors.Is(err, renewd.ErrRefreshReused):
		return true
	case !errors.Is(err, renewd.ErrSessionRevoked):
		return false
	}
	info, err := renewd.InspectRefreshToken(token)
	if err != nil {
		return false
	}
	session, err := s.cfg.Manager.Session(r.Context(), info.SessionID)
	return err == nil && session.RevokeReason != store.ReasonReplaced
}
