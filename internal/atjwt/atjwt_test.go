package atjwt_test

import (
	"crypto"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/renewd/renewd/internal/atjwt"
)

func TestSignedTokenIsAccepted(t *testing.T) {
	t.Parallel()
	for _, k := range bothKeys {
		t.Run(k.Algorithm, func(t *testing.T) {
			t.Parallel()
			token, err := atjwt.Sign(k, claims())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(claims(), wantAccepted(t, token)); diff != "" {
				t.Errorf("claims (-want +got):\n%s", diff)
			}
		})
	}
}

// What forge makes is accepted, so that the refusals elsewhere are due to the one
// thing that each of them changes.
func TestForgedTokenIsAcceptedWhenNothingIsWrong(t *testing.T) {
	t.Parallel()
	for _, k := range bothKeys {
		got := wantAccepted(t, forge(k, header(k).String(), payload().String()))
		if diff := cmp.Diff(claims(), got); diff != "" {
			t.Errorf("%s: claims (-want +got):\n%s", k.Algorithm, diff)
		}
	}
}

func TestT02_IssuedToken(t *testing.T) {
	t.Parallel()
	several := claims()
	several.Audience = []string{audience, "other"}
	bare := claims()
	bare.Scope, bare.Roles, bare.AMR, bare.ACR = "", nil, nil, ""
	const start = `{"iss":"https://id.example.com","sub":"canary-4f1c",`
	const middle = `"client_id":"web","iat":1772366400,"exp":1772367300,"jti":"token-1","sid":"session-1","auth_time":1772362800`
	const end = `,"amr":["pwd"],"acr":"aal1","scope":"read write","roles":["admin"]}`
	for name, c := range map[string]struct {
		claims atjwt.Claims
		want   string
	}{
		"one audience":      {claims(), start + `"aud":"https://api.example.com",` + middle + end},
		"several audiences": {several, start + `"aud":["https://api.example.com","other"],` + middle + end},
		"nothing optional":  {bare, start + `"aud":"https://api.example.com",` + middle + "}"},
	} {
		for _, k := range bothKeys {
			token, err := atjwt.Sign(k, c.claims)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			gotHeader, gotPayload := decode(t, token)
			if want := `{"alg":"` + k.Algorithm + `","kid":"` + k.ID + `","typ":"at+jwt"}`; gotHeader != want {
				t.Errorf("%s: header: got %s, want %s", name, gotHeader, want)
			}
			if gotPayload != c.want {
				t.Errorf("%s: payload: got %s, want %s", name, gotPayload, c.want)
			}
		}
	}
}

func decode(t *testing.T, token string) (header, payload string) {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("got %d parts, want 3", len(parts))
	}
	h, err := base64.RawURLEncoding.DecodeString(parts[0])
	if err != nil {
		t.Fatal(err)
	}
	p, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	return string(h), string(p)
}

// What would be refused is not issued.
func TestSignRefusesWhatVerifyRefuses(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*atjwt.Claims){
		"no issuer":        func(c *atjwt.Claims) { c.Issuer = "" },
		"no subject":       func(c *atjwt.Claims) { c.Subject = "" },
		"no audience":      func(c *atjwt.Claims) { c.Audience = nil },
		"empty audience":   func(c *atjwt.Claims) { c.Audience = []string{audience, ""} },
		"no client":        func(c *atjwt.Claims) { c.ClientID = "" },
		"no token id":      func(c *atjwt.Claims) { c.TokenID = "" },
		"no session id":    func(c *atjwt.Claims) { c.SessionID = "" },
		"no iat":           func(c *atjwt.Claims) { c.IssuedAt = time.Time{} },
		"no exp":           func(c *atjwt.Claims) { c.ExpiresAt = time.Time{} },
		"no auth_time":     func(c *atjwt.Claims) { c.AuthTime = time.Time{} },
		"year 10000":       func(c *atjwt.Claims) { c.ExpiresAt = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"subject not UTF8": func(c *atjwt.Claims) { c.Subject = "a\xff" },
		"role not UTF8":    func(c *atjwt.Claims) { c.Roles = []string{"a\xff"} },
		"too long":         func(c *atjwt.Claims) { c.Roles = []string{strings.Repeat("r", atjwt.MaxTokenBytes)} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := claims()
			spoil(&c)
			if token, err := atjwt.Sign(esKey, c); !errors.Is(err, atjwt.ErrClaims) || token != "" {
				t.Errorf("Sign: got %q, %v, want %v and no token", token, err, atjwt.ErrClaims)
			}
		})
	}
}

func TestSignNeedsAPrivateKey(t *testing.T) {
	t.Parallel()
	public, err := atjwt.NewPublicKey("k", atjwt.ES256, esKey.Public)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := atjwt.Sign(public, claims()); err == nil {
		t.Error("Sign without a private key: got no error")
	}
	for _, private := range []crypto.Signer{edKey.Private, strangerKey(t).Private} {
		public.Private = private
		if _, err := atjwt.Sign(public, claims()); err == nil {
			t.Errorf("Sign with another's private key, %T: got no error", private)
		}
	}
	if _, err := atjwt.Sign(atjwt.Key{}, claims()); err == nil {
		t.Error("Sign with no key: got no error")
	}
}

// An expectation that was not set must not mean that nothing is checked.
func TestVerifyNeedsAnExpectation(t *testing.T) {
	t.Parallel()
	token, err := atjwt.Sign(esKey, claims())
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*atjwt.Expect){
		"no issuer":       func(e *atjwt.Expect) { e.Issuer = "" },
		"no audience":     func(e *atjwt.Expect) { e.Audience = "" },
		"no time":         func(e *atjwt.Expect) { e.Now = time.Time{} },
		"negative leeway": func(e *atjwt.Expect) { e.Leeway = -time.Second },
		"long leeway":     func(e *atjwt.Expect) { e.Leeway = atjwt.MaxLeeway + 1 },
	} {
		e := expect()
		spoil(&e)
		if _, err := atjwt.Verify(token, lookup, e); !errors.Is(err, atjwt.ErrInvalid) {
			t.Errorf("%s: got %v, want ErrInvalid", name, err)
		}
	}
}
