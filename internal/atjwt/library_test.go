package atjwt_test

import (
	"crypto/elliptic"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/renewd/renewd/internal/atjwt"
)

// Why there is a guard: the parser alone accepts all of these. A case that fails
// because the parser has learnt to refuse may go, and the guard stays.
func TestGuardRefusesWhatTheParserAccepts(t *testing.T) {
	t.Parallel()
	h, p := header(esKey), payload()
	good := forge(esKey, h.String(), p.String())
	dot := strings.LastIndexByte(good, '.')
	for name, token := range map[string]string{
		"T-01 wrong typ":               forge(esKey, h.with("typ", `"JWT"`).String(), p.String()),
		"T-07 no exp":                  forge(esKey, h.String(), p.without("exp").String()),
		"T-07 fraction":                forge(esKey, h.String(), p.with("exp", "1772367300.5").String()),
		"T-08 iat far ahead":           forge(esKey, h.String(), p.with("iat", fmt.Sprint(issuedAt.Unix()+86400)).String()),
		"T-10 unknown crit":            forge(esKey, h.with("crit", `["x"]`).with("x", "1").String(), p.String()),
		"T-10 b64":                     forge(esKey, h.with("b64", "false").String(), p.String()),
		"T-11 line break":              good[:dot+9] + "\n" + good[dot+9:],
		"T-12 spare bits":              good[:len(good)-1] + string(good[len(good)-1]+1),
		"T-13 two algs":                forge(esKey, strings.Replace(h.String(), "{", `{"alg":"none",`, 1), p.String()),
		"T-13 two subs":                forge(esKey, h.String(), strings.Replace(p.String(), "{", `{"sub":"root",`, 1)),
		"T-14 SUB beside sub":          forge(esKey, h.String(), p.with("SUB", `"root"`).String()),
		"T-15 long":                    forge(esKey, h.String(), p.with("x", quote(strings.Repeat("x", 1<<20))).String()),
		"T-28 not UTF-8":               forge(esKey, rawString(h), rawString(p.with("sub", "\"\xff\""))),
		"K-04 kid of any form":         forge(esKey, h.with("kid", `"../../x"`).String(), p.String()),
		"K-05 jku":                     forge(esKey, h.with("jku", `"http://127.0.0.1:1/"`).String(), p.String()),
		"nothing but a signature":      forge(esKey, `{"alg":"ES256"}`, `{}`),
		"T-06 aud that nobody expects": forge(esKey, h.String(), p.with("aud", `"other"`).String()),
	} {
		if err := parseAlone(token); err != nil {
			t.Errorf("%s: the parser alone: %v", name, err)
		}
		if _, err := atjwt.Verify(token, lookup, expect()); err == nil {
			t.Errorf("%s: Verify accepts it", name)
		}
	}
}

// parseAlone is what the documentation of the parser shows, and no option more.
func parseAlone(token string) error {
	_, err := jwt.Parse(token, func(*jwt.Token) (any, error) { return esKey.Public, nil },
		jwt.WithTimeFunc(func() time.Time { return expect().Now }))
	return err
}

func TestLibraryFactsBehindTheGuard(t *testing.T) {
	t.Parallel()
	good := forge(esKey, header(esKey).String(), payload().String())
	dot := strings.LastIndexByte(good, '.')

	// T-11: strict decoding is no help against line breaks.
	broken := good[:dot+9] + "\n" + good[dot+9:]
	if _, err := jwt.NewParser(jwt.WithStrictDecoding(), jwt.WithoutClaimsValidation()).Parse(broken,
		func(*jwt.Token) (any, error) { return esKey.Public, nil }); err != nil {
		t.Errorf("line break with strict decoding: %v", err)
	}

	// the second signature of ECDSA.
	raw := rawSignature(esKey, good[:dot])
	s := new(big.Int).SetBytes(raw[32:])
	new(big.Int).Sub(elliptic.P256().Params().N, s).FillBytes(raw[32:])
	if err := parseAlone(good[:dot+1] + encode(raw)); err != nil {
		t.Errorf("second signature: %v", err)
	}

	// K-02: a secret of one byte signs.
	if _, err := jwt.New(jwt.SigningMethodHS256).SignedString([]byte{1}); err != nil {
		t.Errorf("one-byte secret: %v", err)
	}

	// K-06: whoever returns bytes verifies with the public key as the secret.
	public := must(esKey.Public.(interface{ Bytes() ([]byte, error) }).Bytes())
	confused := must(jwt.New(jwt.SigningMethodHS256).SignedString(public))
	if _, err := jwt.Parse(confused, func(*jwt.Token) (any, error) { return public, nil }); err != nil {
		t.Errorf("public key as secret: %v", err)
	}
}
