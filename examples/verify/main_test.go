package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

func TestVerify(t *testing.T) {
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	ours, other := newKey(t, "1"), newKey(t, "1")
	keys := serveKeys(t, ours.Public())
	good := jwt.Claims{
		Issuer: issuer, Audience: jwt.Audience{audience}, Subject: "usr_1",
		IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(time.Minute)),
	}
	for _, tc := range []struct {
		name   string
		key    jose.JSONWebKey
		typ    jose.ContentType
		change func(*jwt.Claims)
		ok     bool
	}{
		{"good", ours, "at+jwt", func(*jwt.Claims) {}, true},
		{"of another type", ours, "JWT", func(*jwt.Claims) {}, false},
		{"of another key", other, "at+jwt", func(*jwt.Claims) {}, false},
		{"of another issuer", ours, "at+jwt", func(c *jwt.Claims) { c.Issuer += "/" }, false},
		{"for somebody else", ours, "at+jwt", func(c *jwt.Claims) { c.Audience = jwt.Audience{"other"} }, false},
		{"for nobody", ours, "at+jwt", func(c *jwt.Claims) { c.Audience = nil }, false},
		{"expired", ours, "at+jwt", func(c *jwt.Claims) { c.Expiry = jwt.NewNumericDate(now.Add(-time.Minute)) }, false},
		{"without expiry", ours, "at+jwt", func(c *jwt.Claims) { c.Expiry = nil }, false},
		{"without subject", ours, "at+jwt", func(c *jwt.Claims) { c.Subject = "" }, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			claims := good
			tc.change(&claims)
			got, err := verify(sign(t, tc.key, tc.typ, claims), keys, now)
			if (err == nil) != tc.ok || (got != nil) != tc.ok {
				t.Errorf("got %+v and error %v, want accepted: %v", got, err, tc.ok)
			}
		})
	}
}

func newKey(t *testing.T, id string) jose.JSONWebKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return jose.JSONWebKey{Key: key, KeyID: id, Algorithm: "ES256", Use: "sig"}
}

// serveKeys reads the keys as the program does, from a server.
func serveKeys(t *testing.T, public jose.JSONWebKey) *jose.JSONWebKeySet {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public}})
	}))
	t.Cleanup(server.Close)
	keys, err := readKeys(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func sign(t *testing.T, key jose.JSONWebKey, typ jose.ContentType, claims jwt.Claims) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, new(jose.SignerOptions).WithType(typ))
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}
