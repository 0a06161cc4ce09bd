package httpapi

import (
	"net/http"
	"strconv"
	"time"

	"github.com/renewd/renewd"
)

// The cookies of a session. The prefix makes browsers insist on Secure, Path=/
// and no Domain, so that no sibling host can set or shadow them.
const (
	refreshCookie = "__Host-renewd"      // the refresh token
	hintCookie    = "__Host-renewd_hint" // the generation, for scripts; no secret
)

// hostCookie is the only maker of cookies, and sets every attribute itself: the
// prefix demands some of them, and net/http checks none (RFC 6265bis). maxAge is
// as in [http.Cookie]: 0 lets the browser keep it until it closes, below 0
// deletes it.
func hostCookie(name, value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name:     name,
		Value:    value,
		Path:     "/",
		MaxAge:   maxAge,
		Secure:   true,
		HttpOnly: name != hintCookie,
		SameSite: http.SameSiteStrictMode,
	}
}

// setSessionCookies hands a session to the browser. A cookie never outlives its
// session.
func setSessionCookies(w http.ResponseWriter, t renewd.Tokens, now time.Time) {
	maxAge := 0
	if t.Session.Remember {
		maxAge = int(t.Session.ExpiresAt.Sub(now) / time.Second)
		if maxAge <= 0 {
			maxAge = -1
		}
	}
	http.SetCookie(w, hostCookie(refreshCookie, t.RefreshToken, maxAge))
	http.SetCookie(w, hostCookie(hintCookie, strconv.FormatUint(t.Session.Generation, 10), maxAge))
}

func clearSessionCookies(w http.ResponseWriter) {
	http.SetCookie(w, hostCookie(refreshCookie, "", -1))
	http.SetCookie(w, hostCookie(hintCookie, "", -1))
}

func hasCookie(r *http.Request) bool { return len(r.CookiesNamed(refreshCookie)) > 0 }

// cookieToken returns the refresh token that a request carries as a cookie. Of
// two cookies of one name nobody can tell which is ours, so both are refused.
func cookieToken(r *http.Request) (token string, present bool, err error) {
	switch cookies := r.CookiesNamed(refreshCookie); len(cookies) {
	case 0:
		return "", false, nil
	case 1:
		return cookies[0].Value, true, nil
	}
	return "", false, errTwoCookies
}
