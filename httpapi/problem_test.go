package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/renewd/renewd"
	"github.com/renewd/renewd/account"
	"github.com/renewd/renewd/httpapi"
	"github.com/renewd/renewd/store"
)

// sentinels are the exported errors by their names. The test below reads the
// source, and fails when one is missing here.
var sentinels = map[string]map[string]error{
	"..": {
		"ErrInvalidRequest": renewd.ErrInvalidRequest,
		"ErrInvalidToken":   renewd.ErrInvalidToken,
		"ErrRefreshExpired": renewd.ErrRefreshExpired,
		"ErrRefreshReused":  renewd.ErrRefreshReused,
		"ErrSessionRevoked": renewd.ErrSessionRevoked,
		"ErrConflict":       renewd.ErrConflict,
		"ErrNotFound":       renewd.ErrNotFound,
		"ErrUnavailable":    renewd.ErrUnavailable,
	},
	"../account": {
		"ErrInvalidCredentials": account.ErrInvalidCredentials,
		"ErrDisabled":           account.ErrDisabled,
		"ErrChanged":            account.ErrChanged,
		"ErrInvalidName":        account.ErrInvalidName,
		"ErrInvalidPassword":    account.ErrInvalidPassword,
		"ErrInvalidRole":        account.ErrInvalidRole,
		"ErrNameTaken":          account.ErrNameTaken,
		"ErrNotFound":           account.ErrNotFound,
		"ErrSetupDone":          account.ErrSetupDone,
		"ErrSetupLink":          account.ErrSetupLink,
		"ErrRevocationOwed":     account.ErrRevocationOwed,
		"ErrBusy":               account.ErrBusy,
	},
}

func TestEverySentinelIsMapped(t *testing.T) {
	t.Parallel()
	for dir, known := range sentinels {
		for _, name := range exportedErrors(t, dir) {
			err, ok := known[name]
			if !ok {
				t.Errorf("%s/%s is new: add it to the table of answers and here", dir, name)
				continue
			}
			if _, code, _ := httpapi.AnswerOf(fmt.Errorf("wrapped: %w", err), "en"); code == httpapi.CodeInternal {
				t.Errorf("%s/%s is not in the table of answers", dir, name)
			}
		}
	}
}

// exportedErrors returns the names of the package-level variables that begin
// with Err.
func exportedErrors(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatal(err, files)
	}
	var names []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range parsed.Decls {
			names = append(names, errorNames(decl)...)
		}
	}
	return names
}

func errorNames(decl ast.Decl) []string {
	vars, ok := decl.(*ast.GenDecl)
	if !ok || vars.Tok != token.VAR {
		return nil
	}
	var names []string
	for _, spec := range vars.Specs {
		for _, ident := range spec.(*ast.ValueSpec).Names {
			if strings.HasPrefix(ident.Name, "Err") {
				names = append(names, ident.Name)
			}
		}
	}
	return names
}

// TestAnswers fixes status and code of what comes from elsewhere.
func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		err    error
		status int
		code   httpapi.Code
	}{
		{renewd.ErrInvalidRequest, 400, "invalid_request"},
		{renewd.ErrInvalidToken, 401, "invalid_token"},
		{renewd.ErrRefreshExpired, 401, "refresh_expired"},
		{renewd.ErrRefreshReused, 401, "refresh_reused"},
		{renewd.ErrSessionRevoked, 401, "session_revoked"},
		{renewd.ErrConflict, 409, "conflict"},
		{renewd.ErrNotFound, 404, "not_found"},
		{renewd.ErrUnavailable, 503, "unavailable"},
		{account.ErrInvalidCredentials, 401, "invalid_credentials"},
		{account.ErrDisabled, 401, "invalid_credentials"},
		{account.ErrChanged, 401, "invalid_credentials"},
		{account.ErrInvalidName, 400, "invalid_request"},
		{account.ErrInvalidPassword, 400, "invalid_request"},
		{account.ErrNameTaken, 409, "conflict"},
		{account.ErrSetupDone, 409, "conflict"},
		{account.ErrSetupLink, 404, "not_found"},
		{account.ErrRevocationOwed, 503, "unavailable"},
		{account.ErrBusy, 503, "unavailable"},
		{store.ErrOutcomeUnknown, 503, "unavailable"},
		{store.ErrClosed, 503, "unavailable"},
		{fmt.Errorf("read account: %w", store.ErrUnavailable), 503, "unavailable"},
		{fmt.Errorf("wait: %w", context.Canceled), 503, "unavailable"},
		{fmt.Errorf("wait: %w", context.DeadlineExceeded), 503, "unavailable"},
		{errors.Join(account.ErrChanged, renewd.ErrUnavailable), 503, "unavailable"},
		{store.ErrWrongSecret, 500, "internal"},
		{errors.New("something else"), 500, "internal"},
	} {
		if status, code, _ := httpapi.AnswerOf(tc.err, "en"); status != tc.status || code != tc.code {
			t.Errorf("%v: got %d %s, want %d %s", tc.err, status, code, tc.status, tc.code)
		}
	}
}

// TestTextsInBothLanguages: every text is there twice, leaves the same blanks,
// ends as a sentence does, and tells no time, address or device.
func TestTextsInBothLanguages(t *testing.T) {
	t.Parallel()
	texts := httpapi.Texts()
	if len(texts) < 40 {
		t.Fatalf("only %d texts", len(texts))
	}
	for _, text := range texts {
		en, ko := text[0], text[1]
		if strings.ContainsFunc(en, isHangul) || !strings.ContainsFunc(ko, isHangul) {
			t.Errorf("not in English and Korean: %q, %q", en, ko)
		}
		for _, verb := range []string{"%s", "%d", "%v", "%q"} {
			if strings.Count(en, verb) != strings.Count(ko, verb) {
				t.Errorf("other blanks: %q, %q", en, ko)
			}
		}
		if strings.Contains(en, ". ") && (!strings.HasSuffix(en, ".") || !strings.HasSuffix(ko, ".")) {
			t.Errorf("no end: %q, %q", en, ko)
		}
	}
}

func isHangul(r rune) bool { return unicode.Is(unicode.Hangul, r) }

func TestLanguage(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, tc := range []struct{ accept, want string }{
		{"", "en"},
		{"ko", "ko"},
		{"ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", "ko"},
		{"en-US,en;q=0.9,ko;q=0.8", "en"},
		{"fr,ko;q=0.5,en;q=0.1", "ko"},
		{"ja", "en"},
		{"ko;q=0", "en"},
		{"*", "en"},
		{"\x00;;;q=", "en"},
		{strings.Repeat("ko,", 1000), "en"},
	} {
		w := f.do(get("/auth/session", "Accept-Language: "+tc.accept))
		if got := w.Header().Get("Content-Language"); got != tc.want {
			t.Errorf("%.40q: got %q, want %q", tc.accept, got, tc.want)
		}
		if korean := strings.ContainsFunc(problemOf(t, w).Detail, isHangul); korean != (tc.want == "ko") {
			t.Errorf("%.40q: the detail is %q", tc.accept, problemOf(t, w).Detail)
		}
	}
}

// TestUnknownNameAndWrongPasswordLookAlike compares the answers byte by byte.
func TestUnknownNameAndWrongPasswordLookAlike(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	answer := func(name string) string {
		w := f.do(post("/auth/login", `{"username":"`+name+`","password":"wrong"}`))
		w.Header().Del("X-Request-Id")
		return fmt.Sprint(w.Code, w.Header(), w.Body)
	}
	want := answer("alice")
	for _, name := range []string{"nobody", "bob", "a b", strings.Repeat("x", 256)} {
		if got := answer(name); got != want {
			t.Errorf("%.20q: got %s, want %s", name, got, want)
		}
	}
}
