package atjwt_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/renewd/renewd/internal/atjwt"
)

const (
	issuer   = "https://id.example.com"
	audience = "https://api.example.com"
	// canary is in the claims of every token made here: no error may repeat it.
	canary = "canary-4f1c"
)

var (
	issuedAt = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	esKey    = newES256()
	edKey    = newEdDSA()
	bothKeys = []atjwt.Key{esKey, edKey}
)

// The keys are fixed, so that what a fuzzer found stays a finding.

func newES256() atjwt.Key {
	private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), bytes.Repeat([]byte{7}, 32))
	if err != nil {
		panic(err)
	}
	return must(atjwt.NewKey(atjwt.ES256, private))
}

func newEdDSA() atjwt.Key {
	return must(atjwt.NewKey(atjwt.EdDSA, ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32))))
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func lookup(kid string) (atjwt.Key, bool) {
	for _, k := range bothKeys {
		if k.ID == kid {
			return k, true
		}
	}
	return atjwt.Key{}, false
}

func expect() atjwt.Expect {
	return atjwt.Expect{Issuer: issuer, Audience: audience, Now: issuedAt.Add(time.Minute)}
}

func claims() atjwt.Claims {
	return atjwt.Claims{
		Issuer: issuer, Subject: canary, Audience: []string{audience}, ClientID: "web",
		TokenID: "token-1", SessionID: "session-1", Scope: "read write", Roles: []string{"admin"},
		AMR: []string{"pwd"}, ACR: "aal1",
		IssuedAt: issuedAt, ExpiresAt: issuedAt.Add(15 * time.Minute), AuthTime: issuedAt.Add(-time.Hour),
	}
}

// members are the members of an object as JSON texts.
type members map[string]string

func header(k atjwt.Key) members {
	return members{"alg": quote(k.Algorithm), "typ": `"at+jwt"`, "kid": quote(k.ID)}
}

func payload() members {
	iat := issuedAt.Unix()
	return members{
		"iss": quote(issuer), "sub": quote(canary), "aud": quote(audience), "client_id": `"web"`,
		"jti": `"token-1"`, "sid": `"session-1"`, "scope": `"read write"`, "roles": `["admin"]`,
		"amr": `["pwd"]`, "acr": `"aal1"`, "auth_time": fmt.Sprint(iat - 3600),
		"iat": fmt.Sprint(iat), "exp": fmt.Sprint(iat + 900),
	}
}

// with returns a copy with one member changed.
func (m members) with(name, value string) members {
	m = maps.Clone(m)
	m[name] = value
	return m
}

func (m members) without(name string) members {
	m = maps.Clone(m)
	delete(m, name)
	return m
}

func (m members) String() string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(m)) {
		list = append(list, quote(name)+":"+m[name])
	}
	return "{" + strings.Join(list, ",") + "}"
}

func quote(s string) string { return string(must(json.Marshal(s))) }

func encode[T string | []byte](b T) string { return base64.RawURLEncoding.EncodeToString([]byte(b)) }

// forge signs any header and any payload with a genuine key.
func forge(k atjwt.Key, header, payload string) string {
	signed := encode(header) + "." + encode(payload)
	return signed + "." + encode(rawSignature(k, signed))
}

// rawSignature uses Go's cryptography alone. It depends on nothing random.
func rawSignature(k atjwt.Key, signed string) []byte {
	if k.Algorithm == atjwt.EdDSA {
		return ed25519.Sign(k.Private.(ed25519.PrivateKey), []byte(signed))
	}
	sum := sha256.Sum256([]byte(signed))
	der := must(k.Private.Sign(nil, sum[:], crypto.SHA256))
	var rs struct{ R, S *big.Int }
	must(asn1.Unmarshal(der, &rs))
	raw := make([]byte, 64)
	rs.R.FillBytes(raw[:32])
	rs.S.FillBytes(raw[32:])
	return raw
}

// wantRefused fails the test unless the token is refused for the reason given,
// without a claim and without an echo.
func wantRefused(t *testing.T, token, why string) {
	t.Helper()
	wantRefusedAs(t, token, expect(), why)
}

func wantRefusedAs(t *testing.T, token string, e atjwt.Expect, why string) {
	t.Helper()
	got, err := atjwt.Verify(token, lookup, e)
	if !errors.Is(err, atjwt.ErrInvalid) || errors.Is(err, atjwt.ErrExpired) {
		t.Fatalf("Verify: got %v, want ErrInvalid alone", err)
	}
	if !strings.Contains(err.Error(), why) {
		t.Errorf("Verify: got %q, want a text with %q", err, why)
	}
	if diff := cmp.Diff(atjwt.Claims{}, got); diff != "" {
		t.Errorf("claims of a refused token (-want +got):\n%s", diff)
	}
	wantNoEcho(t, err, token)
}

func wantNoEcho(t *testing.T, err error, token string) {
	t.Helper()
	text := err.Error()
	for _, part := range append(strings.Split(token, "."), canary) {
		if len(part) >= 8 && strings.Contains(text, part) {
			t.Errorf("the error repeats the token: %q", text)
		}
	}
}

func wantAccepted(t *testing.T, token string) atjwt.Claims {
	t.Helper()
	got, err := atjwt.Verify(token, lookup, expect())
	if err != nil {
		t.Fatalf("Verify: %v", err)
	}
	return got
}
