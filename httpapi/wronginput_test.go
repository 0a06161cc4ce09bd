package httpapi_test

import (
	"io"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/renewd/renewd"
)

// wrongInput is a request that must change nothing.
type wrongInput struct {
	name   string
	req    request
	status int
	code   string
}

// canary is in everything that the requests below hold and no log may.
const canary = "canary7f3a"

// formCases are bodies and content types that no JSON route takes. member is one
// of its members, a string; typed is one with a value of the wrong type.
func formCases(path, member, typed string) []wrongInput {
	long := `{"` + member + `":"` + strings.Repeat("x", 16<<10) + canary + `"}`
	bad := func(name, body string, headers ...string) wrongInput {
		return wrongInput{name, post(path, body, headers...), 400, "invalid_request"}
	}
	media := func(name, body string, headers ...string) wrongInput {
		return wrongInput{name, post(path, body, headers...), 415, "unsupported_media_type"}
	}
	cases := []wrongInput{
		bad("wrong type", typed),
		bad("array", `["`+canary+`"]`),
		bad("string", `"`+canary+`"`),
		bad("null", `null`),
		bad("blank", ` `),
		bad("broken JSON", `{"`+member+`":"`+canary),
		bad("two values", `{} {"`+canary+`":1}`),
		bad("unknown member", `{"`+canary+`":1}`),
		bad("duplicate member", `{"`+member+`":"`+canary+`","`+member+`":"`+canary+`"}`),
		bad("other letter case", `{"`+strings.ToUpper(member)+`":"`+canary+`"}`),
		bad("not UTF-8", `{"`+member+`":"`+canary+"\xff"+`"}`),
		bad("lone surrogate", `{"`+member+`":"`+canary+`\ud800"}`),
		bad("deep", `{"`+member+`":`+strings.Repeat("[", 5000)+strings.Repeat("]", 5000)+`}`),
		bad("huge body", long),
		media("form", "a="+canary, "Content-Type: application/x-www-form-urlencoded"),
		media("multipart", "--"+canary, "Content-Type: multipart/form-data; boundary="+canary),
		media("plain text", `{}`, "Content-Type: text/plain"),
		media("JSON in disguise", `{}`, "Content-Type: text/plain; application/json"),
		media("no content type", `{}`, "Content-Type: none"),
		media("no content type, cookie", ``, cookie(canary), sameOrigin),
		media("two content types", `{}`, "Content-Type: application/json", "Content-Type: text/plain"),
		media("other charset", `{}`, "Content-Type: application/json; charset=utf-16"),
		media("malformed content type", `{}`, "Content-Type: application/json; ="+canary),
	}
	for _, method := range []string{"GET", "HEAD", "PUT", "PATCH", "DELETE", "TRACE", "OPTIONS", canary} {
		cases = append(cases, wrongInput{"method " + method, request{method: method, target: path}, 405, "invalid_request"})
	}
	return cases
}

// bearerCases are Authorization fields that no bearer route takes.
func bearerCases(req request, refresh, access string) []wrongInput {
	with := func(name string, status int, code string, headers ...string) wrongInput {
		r := req
		r.headers = headers
		return wrongInput{name, r, status, code}
	}
	query := req
	query.target += "?access_token=" + access
	altered := access[:len(access)-10] + "AAAA" + access[len(access)-6:]
	return []wrongInput{
		with("no token", 401, "missing_token"),
		{"token in the query", query, 401, "missing_token"},
		with("other scheme", 401, "missing_token", "Authorization: Basic "+canary),
		with("empty token", 401, "invalid_token", "Authorization: Bearer "),
		with("garbage", 401, "invalid_token", bearer(canary)),
		with("truncated access token", 401, "invalid_token", bearer(access[:len(access)-5])),
		with("altered access token", 401, "invalid_token", bearer(altered)),
		with("refresh token as bearer", 401, "invalid_token", bearer(refresh)),
		with("huge token", 401, "invalid_token", bearer(access+strings.Repeat("A", 8<<10))),
		with("two fields", 400, "invalid_request", bearer(access), bearer(access)),
		with("refresh cookie only", 401, "missing_token", cookie(refresh), sameOrigin),
	}
}

func wrongInputs(f *fixture, t *testing.T) map[string][]wrongInput {
	cookieTokens, bodyTokens := f.signIn(t, renewd.ModeCookie, true), f.signIn(t, renewd.ModeBody, false)
	inCookie, refresh, access := cookieTokens.RefreshToken, bodyTokens.RefreshToken, bodyTokens.AccessToken
	truncated, altered := refresh[:len(refresh)-1], swapLast(refresh)
	invalid := func(name string, req request) wrongInput { return wrongInput{name, req, 400, "invalid_request"} }
	notGenuine := func(name string, req request) wrongInput { return wrongInput{name, req, 401, "invalid_token"} }
	id := bodyTokens.Session.ID.String()
	deleteOne := request{method: "DELETE", target: "/auth/sessions/" + id}
	long := func(n int) string { return strings.Repeat("x", n-len(canary)) + canary }
	key := "Idempotency-Key: "
	return map[string][]wrongInput{
		"login": append(formCases("/auth/login", "username", `{"username":"`+canary+`","password":"x","remember":"`+canary+`"}`),
			invalid("no body", post("/auth/login", "", "Content-Type: application/json")),
			invalid("long name", post("/auth/login", `{"username":"`+long(257)+`","password":"x"}`)),
			invalid("long password", post("/auth/login", `{"username":"alice","password":"`+long(1025)+`"}`)),
			invalid("two cookies", post("/auth/login", `{"username":"alice","password":"`+canary+`"}`, cookie(refresh), cookie(refresh), sameOrigin)),
			wrongInput{"wrong password", post("/auth/login", `{"username":"alice","password":"`+canary+`"}`), 401, "invalid_credentials"},
			wrongInput{"name with line breaks", post("/auth/login", `{"username":"`+canary+`\r\nlevel=INFO","password":"x"}`), 401, "invalid_credentials"},
		),
		"refresh": append(formCases("/auth/refresh", "refresh_token", `{"refresh_token":["`+canary+`"]}`),
			wrongInput{"no body", post("/auth/refresh", ""), 401, "missing_token"},
			wrongInput{"null token", post("/auth/refresh", `{"refresh_token":null}`), 401, "missing_token"},
			wrongInput{"token in the query", post("/auth/refresh?refresh_token="+refresh, `{}`), 401, "missing_token"},
			wrongInput{"bearer only", post("/auth/refresh", `{}`, bearer(refresh)), 401, "missing_token"},
			notGenuine("empty token", post("/auth/refresh", inBody(""))),
			notGenuine("empty cookie", post("/auth/refresh", `{}`, cookie(""), sameOrigin)),
			notGenuine("truncated token", post("/auth/refresh", inBody(truncated))),
			notGenuine("altered token", post("/auth/refresh", inBody(altered))),
			notGenuine("access token in the body", post("/auth/refresh", inBody(access))),
			notGenuine("access token as a cookie", post("/auth/refresh", `{}`, cookie(access), sameOrigin)),
			notGenuine("huge token", post("/auth/refresh", inBody(refresh+strings.Repeat("A", 8<<10)))),
			notGenuine("token of the other mode, in the body", post("/auth/refresh", inBody(inCookie))),
			notGenuine("token of the other mode, as a cookie", post("/auth/refresh", `{}`, cookie(refresh), sameOrigin)),
			invalid("cookie and body", post("/auth/refresh", inBody(refresh), cookie(inCookie), sameOrigin)),
			invalid("two cookies", post("/auth/refresh", `{}`, cookie(inCookie), cookie(inCookie), sameOrigin)),
			invalid("two cookies in one field", post("/auth/refresh", `{}`, cookie(inCookie+"; __Host-renewd="+inCookie), sameOrigin)),
			invalid("short key", post("/auth/refresh", inBody(refresh), key+canary)),
			invalid("empty key", post("/auth/refresh", inBody(refresh), key)),
			invalid("long key", post("/auth/refresh", inBody(refresh), key+long(129))),
			invalid("two keys", post("/auth/refresh", inBody(refresh), key+long(22), key+long(22))),
			invalid("key with a blank", post("/auth/refresh", inBody(refresh), key+long(22)+" "+long(22))),
		),
		"logout": append(formCases("/auth/logout", "scope", `{"scope":7}`),
			invalid("unknown scope", post("/auth/logout", `{"scope":"`+canary+`"}`)),
			invalid("cookie and body", post("/auth/logout", inBody(refresh), cookie(inCookie), sameOrigin)),
			invalid("bearer and body", post("/auth/logout", inBody(refresh), bearer(access))),
			invalid("two cookies", post("/auth/logout", `{}`, cookie(inCookie), cookie(inCookie), sameOrigin)),
			invalid("two Authorization fields", post("/auth/logout", `{}`, bearer(access), bearer(access))),
			notGenuine("bad bearer", post("/auth/logout", `{}`, bearer(canary))),
			notGenuine("refresh token as bearer", post("/auth/logout", `{}`, bearer(refresh))),
			notGenuine("all, altered token", post("/auth/logout", `{"scope":"all","refresh_token":"`+altered+`"}`)),
			notGenuine("others, bad bearer", post("/auth/logout", `{"scope":"others"}`, bearer(canary))),
			wrongInput{"all, no token", post("/auth/logout", `{"scope":"all"}`), 401, "missing_token"},
			wrongInput{"altered token", post("/auth/logout", inBody(altered)), 204, ""},
			wrongInput{"empty cookie", post("/auth/logout", `{}`, cookie(""), sameOrigin), 204, ""},
			notGenuine("all, empty token", post("/auth/logout", `{"scope":"all","refresh_token":""}`)),
			notGenuine("empty bearer", post("/auth/logout", `{}`, bearer(""))),
			wrongInput{"access token as a cookie", post("/auth/logout", `{}`, cookie(access), sameOrigin), 204, ""},
		),
		"setup": append(formCases("/auth/setup", "secret", `{"secret":{"x":"`+canary+`"}}`),
			invalid("long secret", post("/auth/setup", `{"secret":"`+long(257)+`","username":"a","password":"x"}`)),
			invalid("no name", post("/auth/setup", `{"secret":"`+canary+`","password":"x"}`)),
			wrongInput{"nothing to set up", post("/auth/setup", `{"secret":"`+canary+`","username":"a","password":"x"}`), 404, "not_found"},
			wrongInput{"nothing to set up, well-formed secret", post("/auth/setup", `{"secret":"rnw_setup_`+long(43)+`","username":"a","password":"x"}`), 404, "not_found"},
		),
		"session":  bearerCases(get("/auth/session"), refresh, access),
		"sessions": bearerCases(get("/auth/sessions"), refresh, access),
		"delete": append(bearerCases(deleteOne, refresh, access),
			wrongInput{"unknown id", request{method: "DELETE", target: "/auth/sessions/ses_" + strings.Repeat("a", 26), headers: []string{bearer(access)}}, 404, "not_found"},
			wrongInput{"malformed id", request{method: "DELETE", target: "/auth/sessions/" + strings.ToUpper(id), headers: []string{bearer(access)}}, 404, "not_found"},
			wrongInput{"members", request{method: "DELETE", target: "/auth/sessions/" + id, body: `{"scope":"all"}`, headers: []string{bearer(access)}}, 400, "invalid_request"},
			wrongInput{"huge body", request{method: "DELETE", target: "/auth/sessions/" + id, body: strings.Repeat(" ", 17<<10), headers: []string{bearer(access)}}, 400, "invalid_request"},
			wrongInput{"form", request{method: "DELETE", target: "/auth/sessions/" + id, body: "a=b", headers: []string{bearer(access), "Content-Type: application/x-www-form-urlencoded"}}, 415, "unsupported_media_type"},
			wrongInput{"method", request{method: "POST", target: "/auth/sessions/" + id, headers: []string{bearer(access)}}, 405, "invalid_request"},
		),
		"paths": {
			{"unknown", get("/auth/" + canary), 404, "not_found"},
			{"trailing slash", post("/auth/login/", `{}`), 404, "not_found"},
			{"doubled slash", post("//auth/login", `{}`), 404, "not_found"},
			{"dots", post("/auth/x/../login", `{}`), 404, "not_found"},
			{"below", get("/auth/sessions/a/b"), 404, "not_found"},
			{"jwks, method", post("/.well-known/jwks.json", ""), 405, "invalid_request"},
			{"healthz, method", post("/healthz", ""), 405, "invalid_request"},
		},
	}
}

func swapLast(token string) string {
	last := byte('A')
	if token[len(token)-1] == last {
		last = 'B'
	}
	return token[:len(token)-1] + string(last)
}

func TestWrongInputChangesNothingAndStaysOutOfTheLog(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	inputs := wrongInputs(f, t)
	before := f.rows(t)
	for route, cases := range inputs {
		for _, tc := range cases {
			t.Run(route+"/"+tc.name, func(t *testing.T) {
				w := f.do(tc.req)
				check(t, w, tc.status, tc.code)
				if w.Header().Get("Cache-Control") != "no-store" {
					t.Errorf("Cache-Control is %q", w.Header().Get("Cache-Control"))
				}
				if strings.Contains(w.Body.String(), canary) {
					t.Errorf("the answer repeats what was sent: %s", w.Body)
				}
				if got := w.Header().Get("WWW-Authenticate"); (got != "") != (tc.status == 401) {
					t.Errorf("WWW-Authenticate is %q", got)
				}
			})
		}
	}
	if diff := cmp.Diff(before, f.rows(t)); diff != "" {
		t.Errorf("the store changed (-before +after):\n%s", diff)
	}
	checkLog(t, f, canary)
}

// checkLog searches the log for secrets: these, and whatever looks like a token.
func checkLog(t *testing.T, f *fixture, secrets ...string) {
	t.Helper()
	log := f.logs.String()
	if !strings.Contains(log, `"msg":"request"`) {
		t.Error("nothing was logged")
	}
	for _, s := range append(slices.Clone(secrets), "rnw_rt_", "rnw_setup_", "eyJ", password) {
		if i := strings.Index(log, s); i >= 0 {
			t.Errorf("the log holds %q: ...%s...", s, log[max(0, i-200):min(len(log), i+100)])
		}
	}
}

// streamed hides the length of a body, as chunked coding does.
type streamed struct{ io.Reader }

func TestBodyWithoutLengthIsBounded(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, tc := range []struct {
		name   string
		body   io.Reader
		status int
		code   string
		detail string
	}{
		{"too large", strings.NewReader(strings.Repeat(" ", 16<<10-1) + "{}"), 400, "invalid_request", "The body must be at most 16384 bytes."},
		{"just right", strings.NewReader(strings.Repeat(" ", 16<<10-2) + "{}"), 401, "missing_token", "A token is required."},
		{"broken off", io.MultiReader(strings.NewReader(`{}`), brokenReader{}), 400, "invalid_request", "The body did not arrive in full."},
		{"empty", strings.NewReader(""), 401, "missing_token", "A token is required."},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := httptest.NewRequest("POST", "/auth/refresh", streamed{tc.body})
			r.Host = "localhost:8080"
			r.Header.Set("Content-Type", "application/json; charset=UTF-8")
			w := httptest.NewRecorder()
			f.handler.ServeHTTP(w, r)
			check(t, w, tc.status, tc.code)
			if got := problemOf(t, w).Detail; got != tc.detail {
				t.Errorf("got %q, want %q", got, tc.detail)
			}
		})
	}
}

func TestBodyOfAHugeLengthIsNotRead(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("POST", "/auth/refresh", unreadable{t})
	r.Host, r.ContentLength = "localhost:8080", 1<<40
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	newFixture(t).handler.ServeHTTP(w, r)
	check(t, w, 400, "invalid_request")
}

type unreadable struct{ t *testing.T }

func (u unreadable) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
