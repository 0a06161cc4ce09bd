package atjwt_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/renewd/renewd/internal/atjwt"
)

// strangerKey is an ES256 key that nobody trusts.
func strangerKey(t *testing.T) atjwt.Key {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	k, err := atjwt.NewKey(atjwt.ES256, private)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// wrongKeys are public keys by what is wrong with them, each with an algorithm
// that it claims.
func wrongKeys(t *testing.T) map[string]atjwt.Key {
	t.Helper()
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	key := func(algorithm string, public crypto.PublicKey) atjwt.Key {
		return atjwt.Key{ID: "k", Algorithm: algorithm, Public: public}
	}
	return map[string]atjwt.Key{
		"Ed25519 as ES256":  key(atjwt.ES256, edKey.Public),
		"P-256 as EdDSA":    key(atjwt.EdDSA, esKey.Public),
		"P-384 as ES256":    key(atjwt.ES256, &p384.PublicKey),
		"P-384 as ES384":    key("ES384", &p384.PublicKey),
		"P-256 as ES384":    key("ES384", esKey.Public),
		"Ed25519 by name":   key("Ed25519", edKey.Public),
		"RSA as RS256":      key("RS256", &rsaKey.PublicKey),
		"RSA as ES256":      key(atjwt.ES256, &rsaKey.PublicKey),
		"bytes as HS256":    key("HS256", []byte("0123456789abcdef0123456789abcdef")),
		"bytes as EdDSA":    key(atjwt.EdDSA, []byte(edKey.Public.(ed25519.PublicKey))),
		"bytes as none":     key("none", []byte{}),
		"P-256 by value":    key(atjwt.ES256, *esKey.Public.(*ecdsa.PublicKey)),
		"nil ECDSA":         key(atjwt.ES256, (*ecdsa.PublicKey)(nil)),
		"short Ed25519":     key(atjwt.EdDSA, edKey.Public.(ed25519.PublicKey)[:31]),
		"nothing":           key(atjwt.ES256, nil),
		"no algorithm":      key("", esKey.Public),
		"other letter case": key("es256", esKey.Public),
	}
}

// T-04, K-06, K-01: a key has one algorithm, and its type proves it.
func TestK06_KeyIsBoundToItsAlgorithm(t *testing.T) {
	t.Parallel()
	for name, k := range wrongKeys(t) {
		if _, err := atjwt.NewPublicKey("k", k.Algorithm, k.Public); err == nil {
			t.Errorf("NewPublicKey, %s: got no error", name)
		}
		k.Private = esKey.Private
		if _, err := atjwt.Sign(k, claims()); err == nil {
			t.Errorf("Sign, %s: got no error", name)
		}
		token := forge(esKey, header(esKey).with("alg", quote(k.Algorithm)).String(), payload().String())
		_, err := atjwt.Verify(token, func(string) (atjwt.Key, bool) { return k, true }, expect())
		if !errors.Is(err, atjwt.ErrInvalid) || !strings.Contains(err.Error(), "is not a key of algorithm") {
			t.Errorf("Verify, %s: got %v, want ErrInvalid for the key", name, err)
		}
	}
}

func TestK06_PointOffTheCurveIsRefused(t *testing.T) {
	t.Parallel()
	off := *esKey.Public.(*ecdsa.PublicKey)
	point, err := off.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	point[len(point)-1] ^= 1
	if _, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point); err == nil {
		t.Fatal("the changed point is on the curve")
	}
	off.Y = new(big.Int).SetBytes(point[33:]) //nolint:staticcheck // only the deprecated field can hold such a point
	if _, err := atjwt.NewPublicKey("k", atjwt.ES256, &off); err == nil {
		t.Error("NewPublicKey: got no error")
	}
}

// K-02: there is no way to sign or to verify with a shared secret, however long.
func TestK02_SharedSecretsAreRefused(t *testing.T) {
	t.Parallel()
	for _, secret := range [][]byte{{1}, make([]byte, 32), make([]byte, 64)} {
		for _, algorithm := range []string{"HS256", "HS384", "HS512", atjwt.ES256} {
			k := atjwt.Key{ID: "k", Algorithm: algorithm, Public: secret}
			if _, err := atjwt.Sign(k, claims()); err == nil {
				t.Errorf("Sign with %d bytes as %s: got no error", len(secret), algorithm)
			}
		}
	}
}

func TestK04_KeyIDsAreChecked(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"", "a b", "a.b", "../k", strings.Repeat("k", 65)} {
		if _, err := atjwt.NewPublicKey(id, atjwt.ES256, esKey.Public); err == nil {
			t.Errorf("NewPublicKey(%q): got no error", id)
		}
	}
	if _, err := atjwt.NewPublicKey(strings.Repeat("k", 64), atjwt.ES256, esKey.Public); err != nil {
		t.Errorf("NewPublicKey with 64 bytes: %v", err)
	}
}

// The vector of RFC 8037, Appendix A.3.
func TestThumbprintOfEd25519(t *testing.T) {
	t.Parallel()
	x, err := base64.RawURLEncoding.DecodeString("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
	if err != nil {
		t.Fatal(err)
	}
	got, err := atjwt.Thumbprint(ed25519.PublicKey(x))
	if want := "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"; err != nil || got != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}

// RFC 7638, Section 3, by hand: the required members of RFC 7518, Section 6.2.1,
// in lexicographic order.
func TestThumbprintOfP256(t *testing.T) {
	t.Parallel()
	point, err := esKey.Public.(*ecdsa.PublicKey).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	text := `{"crv":"P-256","kty":"EC","x":"` + encode(point[1:33]) + `","y":"` + encode(point[33:]) + `"}`
	sum := sha256.Sum256([]byte(text))
	if want := encode(sum[:]); esKey.ID != want {
		t.Errorf("got %s, want %s", esKey.ID, want)
	}
}

func TestK08_JWKHasPublicMembersOnly(t *testing.T) {
	t.Parallel()
	for _, k := range bothKeys {
		jwk, err := k.JWK()
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(jwk)
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]string
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		allowed := "kty crv x y kid use alg"
		for name := range got {
			if !strings.Contains(allowed, name) {
				t.Errorf("%s: member %q", k.Algorithm, name)
			}
		}
		if got["kid"] != k.ID || got["use"] != "sig" || got["alg"] != k.Algorithm {
			t.Errorf("%s: got %s", k.Algorithm, text)
		}
		if !publicFrom(t, got).(interface{ Equal(crypto.PublicKey) bool }).Equal(k.Public) {
			t.Errorf("%s: the members are those of another key", k.Algorithm)
		}
	}
}

// publicFrom reads a JWK with Go's cryptography alone.
func publicFrom(t *testing.T, jwk map[string]string) crypto.PublicKey {
	t.Helper()
	coordinate := func(name string) []byte {
		raw, err := base64.RawURLEncoding.Strict().DecodeString(jwk[name])
		if err != nil || len(raw) != 32 {
			t.Fatalf("%s: got %d bytes, %v, want 32", name, len(raw), err)
		}
		return raw
	}
	switch jwk["kty"] + " " + jwk["crv"] {
	case "OKP Ed25519":
		return ed25519.PublicKey(coordinate("x"))
	case "EC P-256":
		point := append(append([]byte{4}, coordinate("x")...), coordinate("y")...)
		public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
		if err != nil {
			t.Fatal(err)
		}
		return public
	}
	t.Fatalf("unknown kind of key: %s %s", jwk["kty"], jwk["crv"])
	return nil
}
