package httpapi

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strings"

	"github.com/renewd/renewd/internal/strictjson"
)

// Bounds of what a request may hold, checked before any work on it. Tokens are
// bounded by those who read them.
const (
	maxBodyBytes     = 16 << 10
	maxUsernameBytes = 256
	maxPasswordBytes = 1 << 10
	maxSecretBytes   = 256
)

// decode reads the body, one strict JSON object, into the struct that into
// points to. An empty body stands for an empty object.
func decode(w http.ResponseWriter, r *http.Request, into any) error {
	if err := checkContentType(r); err != nil {
		return err
	}
	if r.ContentLength > maxBodyBytes {
		return fill(errBodyTooLarge, maxBodyBytes)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBodyBytes))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return fill(errBodyTooLarge, maxBodyBytes)
	case err != nil:
		return errBodyUnread
	case len(body) == 0:
		return nil
	}
	if strictjson.Unmarshal(body, into) != nil {
		return formError(body, into)
	}
	return nil
}

// checkContentType asks for JSON wherever a form of a foreign page could do harm:
// such a form cannot send it unasked. A bare POST with neither a body nor the
// cookie, and a DELETE, which no form sends, need no content type.
func checkContentType(r *http.Request) error {
	types := r.Header.Values("Content-Type")
	if len(types) == 0 && r.ContentLength == 0 && (r.Method != http.MethodPost || !hasCookie(r)) {
		return nil
	}
	if len(types) != 1 {
		return errMediaType
	}
	media, params, err := mime.ParseMediaType(types[0])
	if err != nil || media != "application/json" {
		return errMediaType
	}
	if charset, ok := params["charset"]; ok && !strings.EqualFold(charset, "utf-8") {
		return errMediaType
	}
	return nil
}

// formError says what is wrong with a body that was refused. It names members
// that exist, and repeats nothing of what was sent.
func formError(body []byte, into any) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(json.Unmarshal(body, into), &wrong) && wrong.Field != "" {
		return fill(errMemberType, wrong.Field)
	}
	return fill(errBodyForm, members(into))
}

// members names the members that a body may have.
func members(into any) string {
	var names []string
	for _, f := range reflect.VisibleFields(reflect.TypeOf(into).Elem()) {
		names = append(names, f.Tag.Get("json"))
	}
	if len(names) == 0 {
		return "-"
	}
	return strings.Join(names, ", ")
}

// requireText checks a member that must be there, and its bound.
func requireText(member, value string, maxBytes int) error {
	switch {
	case value == "":
		return fill(errMemberMissing, member)
	case len(value) > maxBytes:
		return fill(errMemberTooLong, member, maxBytes)
	}
	return nil
}

// bearer returns the access token of the Authorization header field (RFC 6750,
// Section 2.1), and whether there is one. Tokens in a query are not looked for.
// Another scheme is no token.
func bearer(r *http.Request) (token string, present bool, err error) {
	values := r.Header.Values("Authorization")
	if len(values) > 1 {
		return "", false, fill(errTwoHeaders, "Authorization")
	}
	if len(values) == 0 {
		return "", false, nil
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", false, nil
	}
	return strings.Trim(token, " "), true, nil
}
