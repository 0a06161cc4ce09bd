package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/renewd/renewd"
)

type tokenCmds struct {
	Inspect tokenInspectCmd `cmd:"" help:"Say what a token is, offline and without its secrets."`
}

type tokenInspectCmd struct {
	Token string `arg:"" help:"The token, or - to read it from standard input, where the shell's history does not keep it."`
	output
}

const maxTokenBytes = 8 << 10

// tokenInfo is what a token says of itself. Nothing of it is verified.
type tokenInfo struct {
	Kind       string         `json:"kind"` // "refresh_token", "access_token" or "unknown"
	Verified   bool           `json:"verified"`
	SessionID  string         `json:"session_id,omitempty"`
	Generation uint64         `json:"generation,omitempty"`
	KeyID      *uint8         `json:"key_id,omitempty"`
	Header     map[string]any `json:"header,omitempty"`
	Claims     map[string]any `json:"claims,omitempty"`
}

var errUnknownToken = errors.New("this is no token of renewd: neither a whole refresh token (rnw_rt_...) nor a signed access token")

// Run prints what the token says. A text that is no token is a failure, and is
// not repeated: it may be a secret of another kind.
func (c *tokenInspectCmd) Run(ctx context.Context, a *app) error {
	token := c.Token
	if token == "-" {
		var err error
		if token, err = a.readLine(ctx, maxTokenBytes); err != nil {
			return err
		}
	}
	info := inspectToken(strings.TrimSpace(token))
	if c.JSON {
		if err := writeJSON(a.stdout, info); err != nil {
			return err
		}
	} else if err := a.printToken(info); err != nil {
		return err
	}
	if info.Kind == "unknown" {
		return errUnknownToken
	}
	return nil
}

func inspectToken(token string) tokenInfo {
	if len(token) > maxTokenBytes {
		return tokenInfo{Kind: "unknown"}
	}
	if t, err := renewd.InspectRefreshToken(token); err == nil {
		return tokenInfo{Kind: "refresh_token", SessionID: t.SessionID.String(), Generation: t.Generation, KeyID: &t.KeyID}
	}
	// The third part, the signature, is never looked at.
	if parts := strings.Split(token, "."); len(parts) == 3 {
		header, claims := decodePart(parts[0]), decodePart(parts[1])
		if header["alg"] != nil && claims != nil {
			return tokenInfo{Kind: "access_token", Header: header, Claims: claims}
		}
	}
	return tokenInfo{Kind: "unknown"}
}

// decodePart returns the JSON object that a part of a compact token holds, or
// nil. Numbers stay as they are written.
func decodePart(part string) map[string]any {
	raw, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return nil
	}
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	var object map[string]any
	if d.Decode(&object) != nil {
		return nil
	}
	return object
}

func (a *app) printToken(info tokenInfo) error {
	t := newTable(a.stdout)
	switch info.Kind {
	case "refresh_token":
		t.row("kind", "refresh token")
		t.row("session", info.SessionID)
		t.row("generation", strconv.FormatUint(info.Generation, 10))
		t.row("key id", strconv.Itoa(int(*info.KeyID)))
		t.row("verified", "no: only its form was looked at")
	case "access_token":
		t.row("kind", "access token")
		a.printMembers(t, "header", info.Header)
		a.printMembers(t, "claim", info.Claims)
		t.row("verified", "no: the signature was not looked at")
	default:
		t.row("kind", "unknown")
	}
	return t.flush()
}

// printMembers prints the members of an object, and times of a JWT (RFC 7519,
// Section 2, NumericDate) as people read them.
func (a *app) printMembers(t table, what string, object map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		text, ok := object[name].(string)
		if !ok {
			raw, _ := json.Marshal(object[name]) // never fails: it was decoded from JSON
			text = string(raw)
		}
		if at, ok := numericDate(name, object[name]); ok {
			text = fmt.Sprintf("%s (%s)", text, shown(at))
			if name == "exp" && !a.now().Before(at) {
				text += ", expired"
			}
		}
		t.row(what+" "+name, text)
	}
}

func numericDate(name string, v any) (time.Time, bool) {
	if !slices.Contains([]string{"iat", "exp", "nbf", "auth_time"}, name) {
		return time.Time{}, false
	}
	n, ok := v.(json.Number)
	if !ok {
		return time.Time{}, false
	}
	seconds, err := n.Int64()
	const year9999 = 253402300799
	return time.Unix(seconds, 0), err == nil && seconds >= 0 && seconds <= year9999
}
