package atjwt_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/renewd/renewd/internal/atjwt"
)

func TestT03_NoneIsRefused(t *testing.T) {
	t.Parallel()
	for _, alg := range []string{"none", "None", "NONE", "nOnE", ""} {
		h := header(esKey).with("alg", quote(alg)).String()
		unsigned := encode(h) + "." + encode(payload().String()) + "."
		wantRefused(t, unsigned, "the signature is empty")
		wantRefused(t, unsigned+"AAAA", "alg is not the key's own")
		wantRefused(t, forge(esKey, h, payload().String()), "alg is not the key's own")
	}
	for _, alg := range []string{`null`, `0`, `["ES256"]`} {
		wantRefused(t, forge(esKey, header(esKey).with("alg", alg).String(), payload().String()), "alg is not the key's own")
	}
	wantRefused(t, forge(esKey, header(esKey).without("alg").String(), payload().String()), "alg is not the key's own")
}

// A-03, and the other way round: the right key under another name.
func TestT04_AlgorithmIsTheKeysOwn(t *testing.T) {
	t.Parallel()
	for _, k := range bothKeys {
		for _, alg := range []string{
			"ES256", "ES384", "ES512", "ES256K", "EdDSA", "Ed25519", "Ed448", "RS256", "PS256",
			"HS256", "HS384", "HS512", "es256", "EDDSA", "ES256 ", "ES256\x00",
		} {
			if alg == k.Algorithm {
				continue
			}
			token := forge(k, header(k).with("alg", quote(alg)).String(), payload().String())
			wantRefused(t, token, "alg is not the key's own, "+k.Algorithm)
		}
	}
}

// K-03: of the two names that RFC 8037 and RFC 9864 give Ed25519, the one that
// the key is published with.
func TestK03_OneNameForEd25519(t *testing.T) {
	t.Parallel()
	wantAccepted(t, forge(edKey, header(edKey).String(), payload().String()))
	wantRefused(t, forge(edKey, header(edKey).with("alg", `"Ed25519"`).String(), payload().String()), "alg is not the key's own")
}

func TestA02_PublicKeyIsNoSecret(t *testing.T) {
	t.Parallel()
	for _, k := range bothKeys {
		for name, secret := range publicForms(t, k) {
			for _, alg := range []string{"HS256", k.Algorithm} {
				signed := encode(header(k).with("alg", quote(alg)).String()) + "." + encode(payload().String())
				mac := hmac.New(sha256.New, secret)
				mac.Write([]byte(signed))
				sum := mac.Sum(nil)
				why := "the signature is"
				if alg != k.Algorithm {
					why = "alg is not the key's own"
				}
				t.Run(k.Algorithm+" "+name+" "+alg, func(t *testing.T) {
					t.Parallel()
					wantRefused(t, signed+"."+encode(sum), why)
					wantRefused(t, signed+"."+encode(append(sum, sum...)), why)
				})
			}
		}
	}
}

// publicForms are the bytes in which a public key gets around.
func publicForms(t *testing.T, k atjwt.Key) map[string][]byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(k.Public)
	if err != nil {
		t.Fatal(err)
	}
	jwk, err := k.JWK()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(jwk)
	if err != nil {
		t.Fatal(err)
	}
	var raw []byte
	switch public := k.Public.(type) {
	case ed25519.PublicKey:
		raw = public
	case *ecdsa.PublicKey:
		if raw, err = public.Bytes(); err != nil {
			t.Fatal(err)
		}
	}
	return map[string][]byte{
		"DER": der, "PEM": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}),
		"JWK": text, "raw": raw, "kid": []byte(k.ID), "nothing": {},
	}
}

func TestK10_SignatureOfZeroIsRefused(t *testing.T) {
	t.Parallel()
	order := elliptic.P256().Params().N
	one, n := make([]byte, 32), order.FillBytes(make([]byte, 32))
	one[31] = 1
	zero := make([]byte, 32)
	for _, k := range bothKeys {
		signed := encode(header(k).String()) + "." + encode(payload().String())
		for name, raw := range map[string][]byte{
			"r=0 s=0": append(zero[:32:32], zero...), "r=0 s=1": append(zero[:32:32], one...),
			"r=1 s=0": append(one[:32:32], zero...), "r=n s=n": append(n[:32:32], n...),
			"r=n s=1": append(n[:32:32], one...), "all ones": []byte(strings.Repeat("\xff", 64)),
		} {
			t.Run(k.Algorithm+" "+name, func(t *testing.T) {
				t.Parallel()
				wantRefused(t, signed+"."+encode(raw), "the signature is wrong")
			})
		}
	}
}

func TestA11_SignatureOfAnotherLengthIsRefused(t *testing.T) {
	t.Parallel()
	for _, k := range bothKeys {
		signed := encode(header(k).String()) + "." + encode(payload().String())
		raw := rawSignature(k, signed)
		for _, bad := range [][]byte{raw[:63], raw[:32], raw[:1], append(raw[:64:64], 0), append([]byte{0}, raw...), append(raw[:64:64], raw...)} {
			wantRefused(t, signed+"."+encode(bad), "the signature is")
		}
		wantRefused(t, signed+".", "the signature is empty")
	}
	// RFC 7518, Section 3.4 wants r and s side by side, not ASN.1.
	signed := encode(header(esKey).String()) + "." + encode(payload().String())
	sum := sha256.Sum256([]byte(signed))
	der, err := ecdsa.SignASN1(nil, esKey.Private.(*ecdsa.PrivateKey), sum[:])
	if err != nil {
		t.Fatal(err)
	}
	wantRefused(t, signed+"."+encode(der), "the signature is")
}

// ECDSA has a second signature for every first one, and Go accepts both: tokens
// have to be denied by sid or jti, never by their bytes (V-02).
func TestA12_SecondSignatureIsTheSameToken(t *testing.T) {
	t.Parallel()
	token := forge(esKey, header(esKey).String(), payload().String())
	dot := strings.LastIndexByte(token, '.')
	raw := rawSignature(esKey, token[:dot])
	s := new(big.Int).SetBytes(raw[32:])
	new(big.Int).Sub(elliptic.P256().Params().N, s).FillBytes(raw[32:])
	second := token[:dot+1] + encode(raw)
	if second == token {
		t.Fatal("the second signature is the first")
	}
	first, again := wantAccepted(t, token), wantAccepted(t, second)
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("claims (-first +second):\n%s", diff)
	}
}

func TestSignatureOfAnotherKeyIsRefused(t *testing.T) {
	t.Parallel()
	thief := strangerKey(t)
	token := forge(thief, header(esKey).String(), payload().String())
	wantRefused(t, token, "the signature is wrong")

	// A genuine signature of another payload.
	mine, other := forge(edKey, header(edKey).String(), payload().String()), forge(edKey, header(edKey).String(), payload().with("sub", `"root"`).String())
	swapped := other[:strings.LastIndexByte(other, '.')] + mine[strings.LastIndexByte(mine, '.'):]
	wantRefused(t, swapped, "the signature is wrong")
}

// Every character counts, in each of the three parts.
func TestAnyChangedCharacterIsRefused(t *testing.T) {
	t.Parallel()
	for _, k := range bothKeys {
		token := forge(k, header(k).String(), payload().String())
		for i := range len(token) {
			changed := []byte(token)
			changed[i] ^= 1
			if _, err := atjwt.Verify(string(changed), lookup, expect()); err == nil {
				t.Errorf("%s: character %d changed: accepted", k.Algorithm, i)
			}
		}
	}
}
