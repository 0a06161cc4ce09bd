package atjwt

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/renewd/renewd/internal/strictjson"
)

// parts are the decoded parts of a token in compact serialization (RFC 7515,
// Section 7.1). The signature is left to what verifies it.
type parts struct{ header, payload []byte }

// split refuses everything but the one canonical form. It looks at the length
// first, and goes through the token once.
func split(token string) (parts, error) {
	if len(token) > MaxTokenBytes {
		return parts{}, refuse("longer than %d bytes", MaxTokenBytes)
	}
	for i := range len(token) {
		if token[i] != '.' && !isBase64URL(token[i]) {
			return parts{}, refuse("a character outside the base64url alphabet")
		}
	}
	switch strings.Count(token, ".") {
	case 2:
	case 4:
		return parts{}, refuse("five parts: encrypted tokens are not accepted")
	default:
		return parts{}, refuse("not three parts")
	}
	var decoded [3][]byte
	for i, text := range strings.Split(token, ".") {
		raw, err := strictEncoding.DecodeString(text)
		if err != nil || len(raw) == 0 {
			return parts{}, refuse("the %s is empty or not canonical base64url", [3]string{"header", "payload", "signature"}[i])
		}
		decoded[i] = raw
	}
	return parts{decoded[0], decoded[1]}, nil
}

// Strict refuses spare bits that are set; it would take line breaks.
var strictEncoding = base64.RawURLEncoding.Strict()

func isBase64URL(c byte) bool {
	return 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_'
}

// object holds the members of a JSON object by their exact names.
type object map[string]json.RawMessage

func parseObject(what string, data []byte) (object, error) {
	if err := strictjson.Check(data); err != nil {
		return nil, refuse("%s: %w", what, err)
	}
	var members object
	if err := json.Unmarshal(data, &members); err != nil || members == nil {
		return nil, refuse("%s: not an object", what)
	}
	return members, nil
}

// text returns a member that is a string, and false for anything else.
func (o object) text(name string) (string, bool) {
	raw := o[name]
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	var s string
	err := json.Unmarshal(raw, &s)
	return s, err == nil
}

// Header members that name another key, change what is signed, or belong to an
// encrypted token. Others are ignored, as RFC 7515, Section 4 has it.
var refusedMembers = []string{
	"jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256", "crit", "b64", "zip", "enc",
}

// keyFor returns the key that a header names, if the header is what it must be.
// The algorithm is the key's own; the token merely has to agree.
func keyFor(header []byte, key func(kid string) (Key, bool)) (Key, error) {
	members, err := parseObject("header", header)
	if err != nil {
		return Key{}, err
	}
	for _, name := range refusedMembers {
		if _, ok := members[name]; ok {
			return Key{}, refuse("header: %s is not accepted", name)
		}
	}
	if typ, ok := members.text("typ"); !ok || !isAccessTokenType(typ) {
		return Key{}, refuse("header: typ is not at+jwt")
	}
	kid, ok := members.text("kid")
	if !ok || !validKeyID(kid) {
		return Key{}, refuse("header: kid is missing or malformed")
	}
	k, ok := key(kid)
	if !ok {
		return Key{}, refuse("header: kid names no known key")
	}
	if err := k.check(); err != nil {
		return Key{}, refuse("%w", err)
	}
	if alg, ok := members.text("alg"); !ok || alg != k.Algorithm {
		return Key{}, refuse("header: alg is not the key's own, %s", k.Algorithm)
	}
	return k, nil
}

// isAccessTokenType compares a media type (RFC 9068, Section 4; RFC 7515,
// Section 4.1.9).
func isAccessTokenType(typ string) bool {
	return strings.EqualFold(typ, "at+jwt") || strings.EqualFold(typ, "application/at+jwt")
}
