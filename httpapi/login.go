package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/renewd/renewd"
	"github.com/renewd/renewd/account"
)

type loginRequest struct {
	Username string `json:"username"`
	Password string `json:"password"`
	Remember bool   `json:"remember"`
	Mode     string `json:"mode"`
}

func (l loginRequest) validate() error {
	if err := requireText("username", l.Username, maxUsernameBytes); err != nil {
		return err
	}
	return requireText("password", l.Password, maxPasswordBytes)
}

func (l loginRequest) mode() (renewd.Mode, error) {
	switch l.Mode {
	case "", renewd.ModeCookie.String():
		return renewd.ModeCookie, nil
	case renewd.ModeBody.String():
		return renewd.ModeBody, nil
	}
	return 0, fill(errMemberValue, "mode", "cookie, body")
}

// login starts a session. It is always a new one, and the session that the
// browser held is revoked: whoever planted that cookie gains nothing.
func (s *server) login(w http.ResponseWriter, r *http.Request) error {
	var req loginRequest
	if err := decode(w, r, &req); err != nil {
		return err
	}
	if err := req.validate(); err != nil {
		return err
	}
	mode, err := s.loginMode(r, req)
	if err != nil {
		return err
	}
	old, hadCookie, err := cookieToken(r)
	if err != nil {
		return err
	}
	person, err := s.cfg.Accounts.Authenticate(r.Context(), req.Username, req.Password)
	if err != nil {
		s.logLoginFailure(r, err)
		return err
	}
	tokens, err := s.signIn(r, person, mode, req.Remember, old)
	if err != nil {
		s.logLoginFailure(r, err)
		return err
	}
	if hadCookie && mode == renewd.ModeBody {
		clearSessionCookies(w)
	}
	s.answerTokens(w, mode, tokens, "")
	return nil
}

func (s *server) loginMode(r *http.Request, req loginRequest) (renewd.Mode, error) {
	mode, err := req.mode()
	switch {
	case err != nil:
		return 0, err
	case mode == renewd.ModeCookie:
		return mode, checkCookieMode(r)
	case browser(r) && !s.cfg.AllowBrowserBodyMode:
		return 0, errBrowserBody
	}
	return mode, nil
}

func (s *server) signIn(r *http.Request, p account.Person, mode renewd.Mode, remember bool, old string) (renewd.Tokens, error) {
	return s.cfg.Manager.SignIn(r.Context(), renewd.SignIn{
		Subject:   p.Subject,
		Username:  p.Name,
		Roles:     p.Roles,
		AMR:       []string{"pwd"},
		Epoch:     p.Epoch,
		Mode:      mode,
		Remember:  remember,
		UserAgent: r.UserAgent(),
		Address:   exchangeOf(r).addressText(),
		Replaces:  old,
		Confirm:   func() error { return s.cfg.Accounts.Unchanged(r.Context(), p) },
	})
}

// loginFailures are what an operator counts (the OWASP Logging Vocabulary calls
// the event authn_login_fail). A store that is down is none of them.
var loginFailures = []struct {
	err    error
	reason string
}{
	{account.ErrInvalidCredentials, "credentials"},
	{account.ErrDisabled, "disabled"},
	{account.ErrChanged, "changed"},
}

// logLoginFailure says why, and not who: people type passwords into the field for
// their name.
func (s *server) logLoginFailure(r *http.Request, err error) {
	x := exchangeOf(r)
	for _, f := range loginFailures {
		if errors.Is(err, f.err) {
			s.cfg.Logger.LogAttrs(context.WithoutCancel(r.Context()), slog.LevelWarn, "authn_login_fail",
				slog.String("reason", f.reason), slog.String("request_id", x.id), slog.String("address", x.addressText()))
			return
		}
	}
}

// tokensAnswer answers a sign-in and a refresh (RFC 6749, Section 5.1).
type tokensAnswer struct {
	AccessToken  string         `json:"access_token"`
	TokenType    string         `json:"token_type"`
	ExpiresIn    int64          `json:"expires_in"` // seconds
	RefreshToken string         `json:"refresh_token,omitempty"`
	Session      grantedSession `json:"session"`
}

// grantedSession is a session in the answer of a sign-in or a refresh. Only
// there is the generation shown: elsewhere it would tell a thief when the owner
// refreshes.
type grantedSession struct {
	sessionSummary
	Generation uint64 `json:"generation"`
}

type sessionSummary struct {
	ID            string    `json:"id"`
	Subject       string    `json:"subject"`
	Username      string    `json:"username"`
	CreatedAt     time.Time `json:"created_at"`
	ExpiresAt     time.Time `json:"expires_at"`
	IdleExpiresAt time.Time `json:"idle_expires_at"`
}

// answerTokens hands the refresh token over where the session's mode says: as a
// cookie or in the body, never both. held is the refresh token that the caller
// presented. A browser that is answered with the same one keeps its cookie as it
// is: set again, it could undo a newer one that arrives before this answer.
func (s *server) answerTokens(w http.ResponseWriter, mode renewd.Mode, t renewd.Tokens, held string) {
	body := tokensAnswer{
		AccessToken: t.AccessToken,
		TokenType:   "Bearer",
		ExpiresIn:   int64(t.ExpiresIn / time.Second),
		Session:     grantedSession{summaryOf(t.Session), t.Session.Generation},
	}
	if mode == renewd.ModeBody {
		body.RefreshToken = t.RefreshToken
	} else if t.RefreshToken != held {
		setSessionCookies(w, t, s.cfg.Now())
	}
	writeAnswer(w, http.StatusOK, body)
}

func summaryOf(v renewd.Session) sessionSummary {
	return sessionSummary{
		ID: v.ID.String(), Subject: v.Subject, Username: v.Username,
		CreatedAt: v.CreatedAt.UTC(), ExpiresAt: v.ExpiresAt.UTC(), IdleExpiresAt: v.IdleExpiresAt.UTC(),
	}
}
