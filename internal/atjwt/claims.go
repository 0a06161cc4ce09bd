package atjwt

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// payload is the payload of a token, in the order of its members.
type payload struct {
	Issuer    string   `json:"iss"`
	Subject   string   `json:"sub"`
	Audience  any      `json:"aud"`
	ClientID  string   `json:"client_id"`
	IssuedAt  int64    `json:"iat"`
	ExpiresAt int64    `json:"exp"`
	TokenID   string   `json:"jti"`
	SessionID string   `json:"sid"`
	AuthTime  int64    `json:"auth_time"`
	AMR       []string `json:"amr,omitempty"`
	ACR       string   `json:"acr,omitempty"`
	Scope     string   `json:"scope,omitempty"`
	Roles     []string `json:"roles,omitempty"`
}

func payloadOf(c Claims) payload {
	p := payload{
		Issuer: c.Issuer, Subject: c.Subject, Audience: c.Audience, ClientID: c.ClientID,
		IssuedAt: c.IssuedAt.Unix(), ExpiresAt: c.ExpiresAt.Unix(), TokenID: c.TokenID,
		SessionID: c.SessionID, AuthTime: c.AuthTime.Unix(),
		AMR: c.AMR, ACR: c.ACR, Scope: c.Scope, Roles: c.Roles,
	}
	if len(c.Audience) == 1 {
		p.Audience = c.Audience[0]
	}
	return p
}

// check refuses what [Verify] would refuse, and what encoding/json would change
// silently.
func (c Claims) check() error {
	required := slices.Concat([]string{c.Issuer, c.Subject, c.ClientID, c.TokenID, c.SessionID}, c.Audience)
	if len(c.Audience) == 0 || slices.Contains(required, "") {
		return fmt.Errorf("%w: iss, sub, aud, client_id, jti and sid must be set", ErrClaims)
	}
	for _, s := range slices.Concat(required, []string{c.Scope, c.ACR}, c.Roles, c.AMR) {
		if !utf8.ValidString(s) {
			return fmt.Errorf("%w: not UTF-8", ErrClaims)
		}
	}
	for _, t := range []time.Time{c.IssuedAt, c.ExpiresAt, c.AuthTime} {
		if t.Unix() < 0 || t.Unix() > maxSeconds {
			return fmt.Errorf("%w: iat, exp and auth_time must be set, and before the year 10000", ErrClaims)
		}
	}
	return nil
}

// maxSeconds is the last second of the year 9999.
const maxSeconds = 253402300799

// reader reads claims and keeps its first error.
type reader struct {
	members object
	err     error
}

func (r *reader) fail(name, want string) {
	if r.err == nil {
		r.err = refuse("%s is not %s", name, want)
	}
}

// text reads a string. One that is missing is "" unless it is required, and then
// it may not be empty either.
func (r *reader) text(name string, required bool) string {
	if _, ok := r.members[name]; !ok && !required {
		return ""
	}
	s, ok := r.members.text(name)
	if !ok || required && s == "" {
		r.fail(name, "a string that is not empty")
	}
	return s
}

// texts reads an array of strings, or nothing.
func (r *reader) texts(name string) []string {
	raw, ok := r.members[name]
	if !ok {
		return nil
	}
	var list []*string // null among them would go unnoticed as ""
	if err := json.Unmarshal(raw, &list); err != nil || list == nil {
		r.fail(name, "an array of strings")
		return nil
	}
	texts := make([]string, len(list))
	for i, s := range list {
		if s == nil {
			r.fail(name, "an array of strings")
			return nil
		}
		texts[i] = *s
	}
	return texts
}

// audience reads a string or an array of them (RFC 7519, Section 4.1.3).
func (r *reader) audience() []string {
	if s, ok := r.members.text("aud"); ok {
		return []string{s}
	}
	return r.texts("aud")
}

// seconds reads a time in whole seconds. RFC 7519 allows fractions; renewd issues
// none, and two readers may round them differently.
func (r *reader) seconds(name string, required bool) time.Time {
	raw, ok := r.members[name]
	if !ok && !required {
		return time.Time{}
	}
	n, err := strconv.ParseUint(string(raw), 10, 63)
	if err != nil || n > maxSeconds {
		r.fail(name, fmt.Sprintf("a whole number of seconds, 0 to %d", int64(maxSeconds)))
		return time.Time{}
	}
	return time.Unix(int64(n), 0).UTC()
}

// checkClaims returns the claims that are expected. Expiry is looked at last, so
// that [ErrExpired] means that no other claim is wrong.
func checkClaims(members object, e Expect) (Claims, error) {
	r := &reader{members: members}
	c := Claims{
		Issuer:    r.text("iss", true),
		Subject:   r.text("sub", true),
		Audience:  r.audience(),
		ClientID:  r.text("client_id", true),
		TokenID:   r.text("jti", true),
		SessionID: r.text("sid", true),
		Scope:     r.text("scope", false),
		Roles:     r.texts("roles"),
		AMR:       r.texts("amr"),
		ACR:       r.text("acr", false),
		IssuedAt:  r.seconds("iat", true),
		ExpiresAt: r.seconds("exp", true),
		AuthTime:  r.seconds("auth_time", false),
	}
	notBefore := r.seconds("nbf", false)
	if r.err != nil {
		return Claims{}, r.err
	}
	if err := c.fit(e, notBefore); err != nil {
		return Claims{}, err
	}
	// On the second of its expiry it is over (RFC 7519, Section 4.1.4).
	if !e.Now.Before(c.ExpiresAt.Add(e.Leeway)) {
		return c, fmt.Errorf("%w: %w", ErrInvalid, ErrExpired)
	}
	return c, nil
}

// fit holds the claims against what is expected, expiry aside.
func (c Claims) fit(e Expect, notBefore time.Time) error {
	latest := e.Now.Add(MaxAhead)
	switch {
	case c.Issuer != e.Issuer:
		return refuse("iss is not the expected issuer")
	case !slices.Contains(c.Audience, e.Audience):
		return refuse("aud does not hold the expected audience")
	case c.IssuedAt.After(latest):
		return refuse("iat is more than %v ahead", MaxAhead)
	case notBefore.After(latest):
		return refuse("nbf is more than %v ahead", MaxAhead)
	}
	return nil
}
