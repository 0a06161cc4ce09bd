package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/renewd/renewd"
	"github.com/renewd/renewd/account"
	"github.com/renewd/renewd/store"
)

// Code names a problem for programs. Codes are stable. On refresh,
// [CodeInvalidToken], [CodeRefreshExpired], [CodeRefreshReused] and
// [CodeSessionRevoked] end the client's session; every other code, known or not,
// means: keep it and try again.
type Code string

// The codes. A code goes with one status, but for invalid_request, which is 400,
// or 405 for a method that a path does not have.
const (
	CodeInvalidRequest       Code = "invalid_request"        // 400, 405
	CodeInvalidCredentials   Code = "invalid_credentials"    // 401
	CodeMissingToken         Code = "missing_token"          // 401
	CodeInvalidToken         Code = "invalid_token"          // 401
	CodeRefreshExpired       Code = "refresh_expired"        // 401
	CodeRefreshReused        Code = "refresh_reused"         // 401
	CodeSessionRevoked       Code = "session_revoked"        // 401
	CodeCrossOrigin          Code = "cross_origin"           // 403
	CodeInsecureOrigin       Code = "insecure_origin"        // 400
	CodeNotFound             Code = "not_found"              // 404
	CodeConflict             Code = "conflict"               // 409
	CodeUnsupportedMediaType Code = "unsupported_media_type" // 415
	CodeTooEarly             Code = "too_early"              // 425
	CodeInternal             Code = "internal"               // 500
	CodeUnavailable          Code = "unavailable"            // 503
)

// What is wrong with a request before anybody else is asked. Those whose text
// has blanks come through fill.
var (
	errHost           = errors.New("host not allowed")
	errMethod         = errors.New("method not allowed")
	errNoRoute        = errors.New("no such path")
	errCrossOrigin    = errors.New("cross-origin request")
	errNoClientHeader = errors.New("cookie without a sign of its origin")
	errInsecureOrigin = errors.New("cookie mode without TLS")
	errMediaType      = errors.New("not JSON")
	errTooEarly       = errors.New("early data")
	errBodyTooLarge   = errors.New("body too large")
	errBodyUnread     = errors.New("body not read in full")
	errBodyForm       = errors.New("body of a wrong form")
	errMemberType     = errors.New("member of a wrong type")
	errMemberMissing  = errors.New("member missing")
	errMemberTooLong  = errors.New("member too long")
	errMemberValue    = errors.New("member of an unknown value")
	errTwoTokens      = errors.New("more than one token")
	errTwoCookies     = errors.New("more than one cookie")
	errTwoHeaders     = errors.New("header field repeated")
	errIdempotencyKey = errors.New("idempotency key of a wrong form")
	errBrowserBody    = errors.New("body mode asked by a browser")
	errMissingToken   = errors.New("no token")
	errNoSetup        = errors.New("nothing to set up")
)

// filled is an error with what its text leaves blank.
type filled struct {
	err   error
	blank []any
}

func fill(err error, blank ...any) error { return &filled{err, blank} }

// Error leaves the blanks out: they may hold what the caller sent.
func (f *filled) Error() string { return f.err.Error() }
func (f *filled) Unwrap() error { return f.err }

// answer is what an error becomes on the wire.
type answer struct {
	err    error
	status int
	code   Code
	detail text
}

// answers is the one table from errors to answers: the first that matches wins.
// What is not in it is an internal error.
var answers = []answer{
	{errHost, 400, CodeInvalidRequest, textHost},
	{errMethod, 405, CodeInvalidRequest, textMethod},
	{errNoRoute, 404, CodeNotFound, textNoRoute},
	{errCrossOrigin, 403, CodeCrossOrigin, textCrossOrigin},
	{errNoClientHeader, 403, CodeCrossOrigin, textNoClientHeader},
	{errInsecureOrigin, 400, CodeInsecureOrigin, textInsecureOrigin},
	{errMediaType, 415, CodeUnsupportedMediaType, textMediaType},
	{errTooEarly, 425, CodeTooEarly, textTooEarly},
	{errBodyTooLarge, 400, CodeInvalidRequest, textBodyTooLarge},
	{errBodyUnread, 400, CodeInvalidRequest, textBodyUnread},
	{errBodyForm, 400, CodeInvalidRequest, textBodyForm},
	{errMemberType, 400, CodeInvalidRequest, textMemberType},
	{errMemberMissing, 400, CodeInvalidRequest, textMemberMissing},
	{errMemberTooLong, 400, CodeInvalidRequest, textMemberTooLong},
	{errMemberValue, 400, CodeInvalidRequest, textMemberValue},
	{errTwoTokens, 400, CodeInvalidRequest, textTwoTokens},
	{errTwoCookies, 400, CodeInvalidRequest, textTwoCookies},
	{errTwoHeaders, 400, CodeInvalidRequest, textTwoHeaders},
	{errIdempotencyKey, 400, CodeInvalidRequest, textIdempotencyKey},
	{errBrowserBody, 400, CodeInvalidRequest, textBrowserBody},
	{errMissingToken, 401, CodeMissingToken, textMissingToken},
	{errNoSetup, 404, CodeNotFound, textNoSetup},

	{renewd.ErrUnavailable, 503, CodeUnavailable, textUnavailable},
	{renewd.ErrInvalidRequest, 400, CodeInvalidRequest, textInvalidRequest},
	{renewd.ErrInvalidToken, 401, CodeInvalidToken, textInvalidToken},
	{renewd.ErrRefreshExpired, 401, CodeRefreshExpired, textRefreshExpired},
	{renewd.ErrRefreshReused, 401, CodeRefreshReused, textRefreshReused},
	{renewd.ErrSessionRevoked, 401, CodeSessionRevoked, textSessionRevoked},
	{renewd.ErrConflict, 409, CodeConflict, textConflict},
	{renewd.ErrNotFound, 404, CodeNotFound, textNoSession},

	{account.ErrInvalidCredentials, 401, CodeInvalidCredentials, textInvalidCredentials},
	{account.ErrDisabled, 401, CodeInvalidCredentials, textDisabled},
	{account.ErrChanged, 401, CodeInvalidCredentials, textChanged},
	{account.ErrInvalidName, 400, CodeInvalidRequest, textInvalidName},
	{account.ErrInvalidPassword, 400, CodeInvalidRequest, textInvalidPassword},
	{account.ErrInvalidRole, 400, CodeInvalidRequest, textInvalidRole},
	{account.ErrNameTaken, 409, CodeConflict, textNameTaken},
	{account.ErrNotFound, 404, CodeNotFound, textNoAccount},
	{account.ErrSetupDone, 409, CodeConflict, textSetupDone},
	{account.ErrSetupLink, 404, CodeNotFound, textNoSetup},
	{account.ErrRevocationOwed, 503, CodeUnavailable, textRevocationOwed},
	{account.ErrBusy, 503, CodeUnavailable, textUnavailable},

	{store.ErrUnavailable, 503, CodeUnavailable, textUnavailable},
	{store.ErrOutcomeUnknown, 503, CodeUnavailable, textUnavailable},
	{store.ErrClosed, 503, CodeUnavailable, textUnavailable},
	{context.Canceled, 503, CodeUnavailable, textUnavailable},
	{context.DeadlineExceeded, 503, CodeUnavailable, textUnavailable},
}

func answerOf(err error) answer {
	for _, a := range answers {
		if errors.Is(err, a.err) {
			return a
		}
	}
	return answer{err, http.StatusInternalServerError, CodeInternal, textInternal}
}

// problem is a problem document (RFC 9457, Section 3). Instance is set where
// there is something in the log to find.
type problem struct {
	Type     string `json:"type"`
	Title    string `json:"title"`
	Status   int    `json:"status"`
	Code     Code   `json:"code"`
	Detail   string `json:"detail"`
	Instance string `json:"instance,omitempty"`
}

// retryAfterSeconds is for a store that is down: clients add their own back-off.
const retryAfterSeconds = 1

// fail answers an error. Its cause goes to the log only, and only where it is the
// server's.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	a, x, lang := answerOf(err), exchangeOf(r), languageOf(r)
	x.code = a.code
	p := problem{
		Type: "urn:renewd:problem:" + string(a.code), Title: titles[a.code].in(lang),
		Status: a.status, Code: a.code, Detail: a.detail.in(lang),
	}
	var f *filled
	if errors.As(err, &f) {
		p.Detail = fmt.Sprintf(p.Detail, f.blank...)
	}
	h := w.Header()
	switch {
	case a.status >= 500:
		x.cause = err
		p.Instance = "urn:renewd:request:" + x.id
		if a.status == http.StatusServiceUnavailable {
			h.Set("Retry-After", strconv.Itoa(retryAfterSeconds))
		}
	case a.status == http.StatusUnauthorized:
		h.Set("WWW-Authenticate", challenge(a.code))
	}
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "Accept-Language")
	h.Set("Content-Language", lang.String())
	writeJSON(w, a.status, "application/problem+json", p)
}

// challenge is a Bearer challenge (RFC 6750, Section 3.1): it has no error code
// when the request had no token.
func challenge(code Code) string {
	if code == CodeMissingToken || code == CodeInvalidCredentials {
		return "Bearer"
	}
	return `Bearer error="invalid_token"`
}

// writeJSON writes what always can be marshalled.
func writeJSON(w http.ResponseWriter, status int, contentType string, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("marshal %T: %v", v, err))
	}
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)+1))
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // the caller is gone, and nobody is left to tell
}

func writeAnswer(w http.ResponseWriter, status int, v any) {
	writeJSON(w, status, "application/json", v)
}
