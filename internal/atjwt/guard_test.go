package atjwt_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/renewd/renewd/internal/atjwt"
)

// genuine is a token with nothing wrong, in its three parts.
func genuine() (header64, payload64, signature64 string) {
	token := forge(edKey, header(edKey).String(), payload().String())
	parts := strings.Split(token, ".")
	return parts[0], parts[1], parts[2]
}

func TestT01_TypeMustBeAccessToken(t *testing.T) {
	t.Parallel()
	for _, typ := range []string{`"at+jwt"`, `"AT+JWT"`, `"At+Jwt"`, `"application/at+jwt"`, `"Application/AT+JWT"`} {
		wantAccepted(t, forge(esKey, header(esKey).with("typ", typ).String(), payload().String()))
	}
	for _, typ := range []string{
		`"JWT"`, `"jwt"`, `"logout+jwt"`, `"dpop+jwt"`, `"secevent+jwt"`, `"at+jwt "`, `"at+jwt;x=1"`,
		`"text/at+jwt"`, `"application/application/at+jwt"`, `""`, `null`, `["at+jwt"]`, `1`,
	} {
		wantRefused(t, forge(esKey, header(esKey).with("typ", typ).String(), payload().String()), "typ is not at+jwt")
	}
	wantRefused(t, forge(esKey, header(esKey).without("typ").String(), payload().String()), "typ is not at+jwt")
}

// The other kinds of token that renewd or its neighbours issue.
func TestT09_OtherKindsOfTokenAreRefused(t *testing.T) {
	t.Parallel()
	idToken := payload().with("nonce", `"n"`).without("client_id").without("sid")
	for name, token := range map[string]string{
		"refresh token": "rnw_rt_" + strings.Repeat("A", 56),
		"ID token":      forge(esKey, header(esKey).with("typ", `"JWT"`).String(), idToken.String()),
		"logout token":  forge(esKey, header(esKey).with("typ", `"logout+jwt"`).String(), payload().with("events", `{}`).String()),
		"id token that calls itself an access token": forge(esKey, header(esKey).String(), idToken.String()),
		"nothing":    "",
		"a password": "correct horse battery staple",
	} {
		if _, err := atjwt.Verify(token, lookup, expect()); !errors.Is(err, atjwt.ErrInvalid) {
			t.Errorf("%s: got %v, want ErrInvalid", name, err)
		}
	}
}

func TestT10_CriticalHeadersAreRefused(t *testing.T) {
	t.Parallel()
	for _, crit := range []string{`["x"]`, `["alg"]`, `["exp"]`, `["b64"]`, `[]`, `null`, `"x"`} {
		h := header(esKey).with("crit", crit).with("x", "1")
		wantRefused(t, forge(esKey, h.String(), payload().String()), "header: crit is not accepted")
	}
	for _, b64 := range []string{`false`, `true`, `null`} {
		wantRefused(t, forge(esKey, header(esKey).with("b64", b64).String(), payload().String()), "b64 is not accepted")
	}
}

// RFC 7515, Section 4: what is not understood and not critical is ignored.
func TestT10_UncriticalHeadersAreIgnored(t *testing.T) {
	t.Parallel()
	wantAccepted(t, forge(esKey, header(esKey).with("x-note", `"a"`).String(), payload().String()))
}

func TestT11_OnlyBase64URLAndDots(t *testing.T) {
	t.Parallel()
	h, p, s := genuine()
	const why = "a character outside"
	for name, token := range map[string]string{
		"line break at the end":    h + "." + p + "." + s + "\n",
		"line break in the header": h[:4] + "\n" + h[4:] + "." + p + "." + s,
		"CRLF in the signature":    h + "." + p + "." + s[:9] + "\r\n" + s[9:],
		"space before":             " " + h + "." + p + "." + s,
		"padding":                  h + "." + p + "." + s + "==",
		"standard alphabet":        h + "." + p + "." + s[:5] + "+/" + s[7:],
		"NUL":                      h + "." + p + "." + s + "\x00",
		"not ASCII":                h + "." + p + "é." + s,
		"percent":                  h + "%2E" + p + "." + s,
		"scheme left on":           "Bearer " + h + "." + p + "." + s,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantRefused(t, token, why)
		})
	}
}

func TestA18_JSONSerializationIsRefused(t *testing.T) {
	t.Parallel()
	h, p, s := genuine()
	for _, token := range []string{
		`{"payload":"` + p + `","protected":"` + h + `","signature":"` + s + `"}`,
		`{"payload":"` + p + `","signatures":[{"protected":"` + h + `","signature":"` + s + `"}]}`,
		`{"x":"` + h + "." + p + "." + s + `"}`,
	} {
		wantRefused(t, token, "a character outside")
	}
}

func TestT11_ThreePartsOnly(t *testing.T) {
	t.Parallel()
	h, p, s := genuine()
	for name, token := range map[string]string{
		"one":             h,
		"two":             h + "." + p,
		"four":            h + "." + p + "." + s + "." + s,
		"dot at the end":  h + "." + p + "." + s + ".",
		"dot before":      "." + h + "." + p + "." + s,
		"dots only":       "...",
		"six":             h + "." + p + "." + s + "." + s + "." + s + "." + s,
		"empty":           "",
		"one dot":         ".",
		"detached, three": h + "." + s,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantRefused(t, token, "not three parts")
		})
	}
}

func TestT11_NoPartIsEmpty(t *testing.T) {
	t.Parallel()
	h, p, s := genuine()
	wantRefused(t, ".."+s, "the header is empty")
	wantRefused(t, "."+p+"."+s, "the header is empty")
	wantRefused(t, h+".."+s, "the payload is empty")
	wantRefused(t, h+"."+p+".", "the signature is empty")
}

func TestT12_SpareBitsAreRefused(t *testing.T) {
	t.Parallel()
	// 64 bytes leave four spare bits in the last of 86 characters, which is one of
	// A, Q, g and w: its neighbours differ from it in the spare bits only.
	h, p, s := genuine()
	last := s[len(s)-1]
	if !strings.ContainsRune("AQgw", rune(last)) {
		t.Fatalf("the last character is %q", last)
	}
	wantRefused(t, h+"."+p+"."+s[:len(s)-1]+string(last+1), "the signature is empty or not canonical")

	spoilt := func(text string) string { return text[:len(text)-1] + string(text[len(text)-1]+1) }
	odd := encode(`{"a":1}`) // seven bytes: two characters and four spare bits at the end
	wantRefused(t, spoilt(odd)+"."+p+"."+s, "the header is empty or not canonical")
	wantRefused(t, h+"."+spoilt(odd)+"."+s, "the payload is empty or not canonical")
	impossible := p + strings.Repeat("A", (5-len(p)%4)%4) // six bits are not a byte
	wantRefused(t, h+"."+impossible+"."+s, "the payload is empty or not canonical")
}

func TestT13_DuplicateMembersAreRefused(t *testing.T) {
	t.Parallel()
	h, p := header(edKey).String(), payload().String()
	for name, c := range map[string]struct{ header, payload, why string }{
		"alg":    {strings.Replace(h, "{", `{"alg":"none",`, 1), p, "header: invalid JSON: two members"},
		"kid":    {strings.Replace(h, "{", `{"kid":"other",`, 1), p, "header: invalid JSON: two members"},
		"equal":  {strings.Replace(h, "{", `{"typ":"at+jwt",`, 1), p, "header: invalid JSON: two members"},
		"exp":    {h, strings.Replace(p, "{", `{"exp":1,`, 1), "payload: invalid JSON: two members"},
		"sub":    {h, strings.Replace(p, "{", `{"sub":"root",`, 1), "payload: invalid JSON: two members"},
		"escape": {h, strings.Replace(p, "{", `{"\u0073ub":"root",`, 1), "payload: invalid JSON: two members"},
		"nested": {h, strings.Replace(p, "{", `{"cnf":{"jkt":"a","jkt":"b"},`, 1), "payload: invalid JSON: two members"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantRefused(t, forge(edKey, c.header, c.payload), c.why)
		})
	}
}

func TestT14_MemberNamesKeepTheirCase(t *testing.T) {
	t.Parallel()
	h, p := header(edKey), payload()
	for name, c := range map[string]struct {
		header, payload members
		why             string
	}{
		"SUB beside sub":        {h, p.with("SUB", `"root"`), "payload: invalid JSON: two members"},
		"Sub alone":             {h, p.without("sub").with("Sub", `"root"`), "sub is not a string"},
		"ſub alone":             {h, p.without("sub").with("ſub", `"root"`), "sub is not a string"},
		"EXP alone":             {h, p.without("exp").with("EXP", p["exp"]), "exp is not a whole number"},
		"ALG beside alg":        {h.with("ALG", `"none"`), p, "header: invalid JSON: two members"},
		"Kid alone":             {h.without("kid").with("Kid", h["kid"]), p, "kid is missing"},
		"Kelvin sign beside it": {h.with("\u212Aid", `"x"`), p, "header: invalid JSON: two members"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantRefused(t, forge(edKey, c.header.String(), c.payload.String()), c.why)
		})
	}
}

func TestT15_LongTokensAreRefusedBeforeParsing(t *testing.T) {
	h, p, s := genuine()
	const megabyte = 1 << 20
	for name, token := range map[string]string{
		"dots":        strings.Repeat(".", megabyte),
		"characters":  strings.Repeat("A", megabyte),
		"one too far": h + "." + p + "." + s + strings.Repeat("A", atjwt.MaxTokenBytes+1-len(h+p+s)-2),
		"long header": strings.Repeat("A", megabyte) + "." + p + "." + s,
	} {
		wantRefused(t, token, "longer than 8192 bytes")
		// The error and its wrapping; nothing that grows with the token.
		if got := testing.AllocsPerRun(10, func() { _, _ = atjwt.Verify(token, lookup, expect()) }); got > 20 {
			t.Errorf("%s: got %v allocations, want at most 20", name, got)
		}
	}
	wantRefused(t, strings.Repeat(".", atjwt.MaxTokenBytes), "not three parts")
}

func TestA16_DeepJSONIsRefused(t *testing.T) {
	t.Parallel()
	for _, depth := range []int{9, 2000} {
		deep := strings.Repeat("[", depth) + strings.Repeat("]", depth)
		wantRefused(t, forge(edKey, header(edKey).with("x", deep).String(), payload().String()), "header: invalid JSON: nested too deep")
		wantRefused(t, forge(edKey, header(edKey).String(), payload().with("x", deep).String()), "payload: invalid JSON: nested too deep")
	}
	huge := strings.Repeat("9", 4000)
	wantRefused(t, forge(edKey, header(edKey).String(), payload().with("x", huge).String()), "payload: invalid JSON: a number out of range")
}

func TestT16_EncryptedTokensAreRefused(t *testing.T) {
	t.Parallel()
	h, p, s := genuine()
	jwe := encode(`{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":2147483647,"p2s":"AA"}`)
	wantRefused(t, jwe+"."+p+"."+s+"."+p+"."+s, "five parts: encrypted")
	wantRefused(t, h+"."+p+"."+s+"."+p+"."+s, "five parts: encrypted")
	wantRefused(t, encode(`{"alg":"dir","enc":"A256GCM"}`)+"."+"."+p+"."+p+"."+s, "five parts: encrypted")
	for _, name := range []string{"enc", "zip"} {
		wantRefused(t, forge(edKey, header(edKey).with(name, `"DEF"`).String(), payload().String()), name+" is not accepted")
	}
}

func TestT28_OnlyUTF8(t *testing.T) {
	t.Parallel()
	h, p := header(edKey), payload()
	const notUTF8, half = "invalid JSON: not UTF-8", "invalid JSON: a lone surrogate"
	for name, c := range map[string]struct {
		header, payload members
		why             string
	}{
		"claim":               {h, p.with("sub", "\"a\xff\""), notUTF8},
		"claim name":          {h, p.with("x\xc3", "1"), notUTF8},
		"overlong":            {h, p.with("sub", "\"\xc0\xaf\""), notUTF8},
		"surrogate in bytes":  {h, p.with("sub", "\"\xed\xa0\x80\""), notUTF8},
		"header":              {h.with("x", "\"\xff\""), p, notUTF8},
		"surrogate in escape": {h, p.with("sub", `"\ud800"`), half},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantRefused(t, forge(edKey, rawString(c.header), rawString(c.payload)), c.why)
		})
	}
}

// rawString writes names as they are: encoding/json would repair them.
func rawString(m members) string {
	var list []string
	for name, value := range m {
		list = append(list, `"`+name+`":`+value)
	}
	return "{" + strings.Join(list, ",") + "}"
}

func TestHeaderAndPayloadMustBeObjects(t *testing.T) {
	t.Parallel()
	h, p := header(edKey).String(), payload().String()
	for _, bad := range []string{"null", "[]", `"x"`, "1", "true"} {
		wantRefused(t, forge(edKey, bad, p), "header: not an object")
		wantRefused(t, forge(edKey, h, bad), "payload: not an object")
	}
	for _, bad := range []string{"{", "{}{}", "{} x", "{'a':1}", `{"a":1,}`, "\ufeff{}", `{"a":01}`, "NaN"} {
		wantRefused(t, forge(edKey, bad, p), "header: invalid JSON")
		wantRefused(t, forge(edKey, h, bad), "payload: invalid JSON")
	}
}

func TestK04_KeyIDSelectsAmongGivenKeysOnly(t *testing.T) {
	t.Parallel()
	for _, kid := range []string{
		"", "../../dev/null", "/etc/passwd", "k' OR '1'='1", "*)(uid=*", "a\x00b", "http://evil.example", "a b", "é",
		strings.Repeat("k", 65), strings.Repeat("k", 5000),
	} {
		token := forge(edKey, header(edKey).with("kid", quote(kid)).String(), payload().String())
		asked := false
		_, err := atjwt.Verify(token, func(string) (atjwt.Key, bool) { asked = true; return edKey, true }, expect())
		if !errors.Is(err, atjwt.ErrInvalid) || asked {
			t.Errorf("kid %.20q: got %v, looked up %v; want ErrInvalid without a look-up", kid, err, asked)
		}
	}
	for _, kid := range []string{`null`, `7`, `["` + edKey.ID + `"]`, `{}`} {
		wantRefused(t, forge(edKey, header(edKey).with("kid", kid).String(), payload().String()), "kid is missing or malformed")
	}
	wantRefused(t, forge(edKey, header(edKey).without("kid").String(), payload().String()), "kid is missing or malformed")
	wantRefused(t, forge(edKey, header(edKey).with("kid", `"unknown"`).String(), payload().String()), "kid names no known key")
}

func TestK05_HeadersNeverSupplyTheKey(t *testing.T) {
	t.Parallel()
	thief := strangerKey(t)
	jwk, err := thief.JWK()
	if err != nil {
		t.Fatal(err)
	}
	own, err := json.Marshal(jwk)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"jwk": string(own), "jku": `"http://127.0.0.1:1/jwks.json"`, "x5u": `"http://127.0.0.1:1/cert.pem"`,
		"x5c": `["MIIB"]`, "x5t": `"AAAA"`, "x5t#S256": `"AAAA"`,
	} {
		for _, kid := range []string{esKey.ID, thief.ID} {
			token := forge(thief, header(thief).with("kid", quote(kid)).with(name, value).String(), payload().String())
			wantRefused(t, token, "header: "+name+" is not accepted")
		}
		wantRefused(t, forge(thief, header(thief).with(name, "null").String(), payload().String()), "header: "+name+" is not accepted")
	}
}
