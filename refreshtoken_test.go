package renewd

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/renewd/renewd/store"
)

// The keys of these tests. They are text, so that nobody takes them for secrets.
const (
	testMaster      = "renewd test secret one, not for any use"
	testOldMaster   = "renewd test secret two, not for any use"
	strangersMaster = "renewd test secret of somebody else altogether"
)

func secretsOf(tb testing.TB, masters ...string) secretList {
	tb.Helper()
	var raw [][]byte
	for _, m := range masters {
		raw = append(raw, []byte(m))
	}
	list, err := deriveSecrets(raw)
	if err != nil {
		tb.Fatal(err)
	}
	return list
}

func testToken(s secret) refreshToken {
	return refreshToken{keyID: s.keyID, secret: sessionSecret([]byte("session secret 1")), generation: 7}
}

// tokenOf returns the text of raw bytes, whatever they are.
func tokenOf(raw []byte) string {
	return RefreshTokenPrefix + base64.RawURLEncoding.EncodeToString(raw)
}

// signed returns the text of the content with the tag that belongs to it.
func signed(s secret, content []byte) string {
	return tokenOf(append(bytes.Clone(content), refreshTag(s.mac, content)...))
}

func rawOf(tb testing.TB, token string) []byte {
	tb.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(token, RefreshTokenPrefix))
	if err != nil {
		tb.Fatal(err)
	}
	return raw
}

func TestRefreshTokenRoundTrip(t *testing.T) {
	t.Parallel()
	secrets := secretsOf(t, testMaster, testOldMaster)
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SampledFrom(secrets).Draw(t, "secret")
		want := refreshToken{keyID: s.keyID, generation: rapid.Uint64Range(0, maxGen).Draw(t, "generation")}
		copy(want.secret[:], rapid.SliceOfN(rapid.Byte(), secretBytes, secretBytes).Draw(t, "session secret"))
		got, err := parseRefreshToken(want.encode(s.mac), secrets)
		if err != nil || got != want {
			t.Fatalf("got %+v, %v; want %+v", got, err, want)
		}
	})
}

// swap returns token with one character replaced.
func swap(token string, at int, by string) string { return token[:at] + by + token[at+1:] }

func malformedTokens(tb testing.TB, s secret) map[string]string {
	good := testToken(s).encode(s.mac)
	text, content := strings.TrimPrefix(good, RefreshTokenPrefix), rawOf(tb, good)[:tagOffset]
	version, generation := bytes.Clone(content), bytes.Clone(content)
	version[0]++
	copy(generation[secretBytes+2:], []byte{0, 0x20, 0, 0, 0, 0, 0, 0})
	return map[string]string{
		"empty":                        "",
		"prefix only":                  RefreshTokenPrefix,
		"no prefix":                    text,
		"prefix of an access token":    "rnw_at_" + text,
		"prefix in capitals":           strings.ToUpper(RefreshTokenPrefix) + text,
		"prefix twice":                 RefreshTokenPrefix + RefreshTokenPrefix + text,
		"one character short":          good[:len(good)-1],
		"one character long":           good + "A",
		"a whole group short":          good[:len(good)-4],
		"a whole group long":           good + "AAAA",
		"padding":                      good + "=",
		"padding inside":               swap(good, len(good)-1, "="),
		"line feed inside":             swap(good, 20, "\n"),
		"line feed inserted":           good[:20] + "\n" + good[20:],
		"line feed, length kept":       good[:20] + "\n" + good[20:len(good)-1],
		"carriage return at the end":   swap(good, len(good)-1, "\r"),
		"line feed at the end":         good + "\n",
		"space before":                 " " + good,
		"space after":                  good + " ",
		"zero byte":                    swap(good, 20, "\x00"),
		"plus of standard base64":      swap(good, 20, "+"),
		"slash of standard base64":     swap(good, 20, "/"),
		"not ASCII":                    swap(good, 20, "é"),
		"not UTF-8":                    swap(good, 20, "\xff"),
		"quoted":                       `"` + good + `"`,
		"another version, right tag":   signed(s, version),
		"generation 2^53, right tag":   signed(s, generation),
		"no tag":                       tokenOf(content),
		"tag too long":                 tokenOf(append(rawOf(tb, good), 0)),
		"a JWT":                        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.",
		"a very long text":             RefreshTokenPrefix + strings.Repeat("A", 1<<20),
		"a hint cookie":                "7",
		"an id of a session":           testToken(s).secret.sessionID().String(),
		"the prefix without underline": "rnwrt" + text,
	}
}

// forgedTokens have the form of a token, and not its tag.
func forgedTokens(tb testing.TB, s secret) map[string]string {
	good := testToken(s).encode(s.mac)
	content := rawOf(tb, good)[:tagOffset]
	return map[string]string{
		"tag of zeros":       tokenOf(append(bytes.Clone(content), make([]byte, tagBytes)...)),
		"tag of another key": tokenOf(append(bytes.Clone(content), refreshTag(s.attempt, content)...)),
		"tag in capitals":    good[:len(good)-20] + strings.ToUpper(good[len(good)-20:]),
	}
}

func TestRefreshTokenMalformed(t *testing.T) {
	t.Parallel()
	secrets := secretsOf(t, testMaster, testOldMaster)
	tokens := malformedTokens(t, secrets[0])
	maps.Copy(tokens, forgedTokens(t, secrets[0]))
	for name, token := range tokens {
		got, err := parseRefreshToken(token, secrets)
		if !errors.Is(err, ErrInvalidToken) || got != (refreshToken{}) {
			t.Errorf("%s: got %+v, %v; want nothing and %v", name, got, err, ErrInvalidToken)
		}
		if err != nil && len(token) > 10 && strings.Contains(err.Error(), token[10:]) {
			t.Errorf("%s: the error %q shows the token", name, err)
		}
	}
}

func TestRefreshTokenLastGeneration(t *testing.T) {
	t.Parallel()
	secrets := secretsOf(t, testMaster)
	want := testToken(secrets[0])
	want.generation = maxGen
	got, err := parseRefreshToken(want.encode(secrets[0].mac), secrets)
	if err != nil || got != want {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
}

// TestRefreshTokenKeyID tells a token of a key that is not configured, which may
// well be genuine, from a forged one.
func TestRefreshTokenKeyID(t *testing.T) {
	t.Parallel()
	secrets := secretsOf(t, testMaster, testOldMaster)
	stranger := secretsOf(t, strangersMaster)[0]
	for _, tt := range []struct {
		name string
		made secret
		want error
	}{
		{"current", secrets[0], nil},
		{"previous", secrets[1], nil},
		{"unknown", stranger, ErrUnavailable},
		{"known id, another key", secret{keyID: secrets[0].keyID, mac: stranger.mac}, ErrInvalidToken},
	} {
		_, err := parseRefreshToken(testToken(tt.made).encode(tt.made.mac), secrets)
		if !errors.Is(err, tt.want) || errors.Is(err, ErrInvalidToken) != (tt.want == ErrInvalidToken) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
	}
}

func TestRefreshTokenEveryBitCounts(t *testing.T) {
	t.Parallel()
	secrets := secretsOf(t, testMaster, testOldMaster)
	good := testToken(secrets[0]).encode(secrets[0].mac)
	refusedToken := func(what, token string) {
		got, err := parseRefreshToken(token, secrets)
		if err == nil || got != (refreshToken{}) {
			t.Errorf("%s: got %+v, %v; want an error", what, got, err)
		}
	}
	for i := range len(good) * 8 {
		flipped := []byte(good)
		flipped[i/8] ^= 1 << (i % 8)
		refusedToken(fmt.Sprintf("bit %d of character %d", i%8, i/8), string(flipped))
	}
	raw := rawOf(t, good)
	for i := range len(raw) * 8 {
		flipped := bytes.Clone(raw)
		flipped[i/8] ^= 1 << (i % 8)
		refusedToken(fmt.Sprintf("bit %d of byte %d", i%8, i/8), tokenOf(flipped))
	}
}

func TestInspectRefreshToken(t *testing.T) {
	t.Parallel()
	s := secretsOf(t, testMaster)[0]
	token := testToken(s)
	want := RefreshTokenInfo{SessionID: token.secret.sessionID(), Generation: token.generation, KeyID: s.keyID}
	texts := forgedTokens(t, s)
	texts["genuine"] = token.encode(s.mac)
	for name, text := range texts {
		got, err := InspectRefreshToken(text)
		if err != nil || got != want {
			t.Errorf("%s: got %+v, %v; want %+v", name, got, err, want)
		}
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		shown := fmt.Sprintf(format, want)
		for _, secret := range []string{string(token.secret[:]), hex.EncodeToString(token.secret[:]), strings.Trim(fmt.Sprint(token.secret), "[]")} {
			if strings.Contains(shown, secret) {
				t.Errorf("%s shows the session secret: %s", format, shown)
			}
		}
	}
	for name, text := range malformedTokens(t, s) {
		if got, err := InspectRefreshToken(text); !errors.Is(err, ErrInvalidToken) {
			t.Errorf("%s: got %+v, %v; want %v", name, got, err, ErrInvalidToken)
		}
	}
}

// TestSessionIDShowsNothing looks for pieces of one in the other: the store
// holds ids, and must not be able to make tokens of them.
func TestSessionIDShowsNothing(t *testing.T) {
	t.Parallel()
	s := secretsOf(t, testMaster)[0]
	seen := map[store.SessionID]bool{}
	for range 100 {
		token := refreshToken{keyID: s.keyID, secret: newSessionSecret(), generation: 1}
		id, raw := token.secret.sessionID(), rawOf(t, token.encode(s.mac))
		for i := range len(id) - 3 {
			if bytes.Contains(raw, id[i:i+4]) {
				t.Errorf("bytes %d to %d of the session id are in the token", i, i+3)
			}
		}
		if seen[id] {
			t.Fatalf("session id %v came twice", id)
		}
		seen[id] = true
	}
}

func TestParseIdempotencyKey(t *testing.T) {
	t.Parallel()
	key := strings.Repeat("k", minIdempotencyKey)
	longest := strings.Repeat("~", maxIdempotencyKey)
	for _, tt := range []struct{ name, header, want string }{
		{"shortest", key, key},
		{"shortest, quoted", `"` + key + `"`, key},
		{"longest", longest, longest},
		{"longest, quoted", `"` + longest + `"`, longest},
		{"every visible character", "!#$%&'()*+,-./0123456789:;<=>?@[]^_`{|}~", "!#$%&'()*+,-./0123456789:;<=>?@[]^_`{|}~"},
		{"empty", "", ""},
		{"a lone quote", `"`, ""},
		{"empty, quoted", `""`, ""},
		{"too short", key[1:], ""},
		{"too short, the quotes do not count", `"` + key[2:] + `"`, ""},
		{"too long", longest + "k", ""},
		{"too long, quoted", `"` + longest + `k"`, ""},
		{"open quote", `"` + key, ""},
		{"closing quote", key + `"`, ""},
		{"quote inside", key + `"` + key, ""},
		{"quoted twice", `""` + key + `""`, ""},
		{"backslash", key + `\`, ""},
		{"space inside", key + " " + key, ""},
		{"space before", " " + key, ""},
		{"space after", key + " ", ""},
		{"tab", key + "\t", ""},
		{"line feed", key + "\n", ""},
		{"zero byte", key + "\x00", ""},
		{"delete", key + "\x7f", ""},
		{"not ASCII", key + "é", ""},
	} {
		got, err := ParseIdempotencyKey(tt.header)
		if got != tt.want || (err == nil) != (tt.want != "") || err != nil && !errors.Is(err, ErrInvalidRequest) {
			t.Errorf("%s: got %q, %v; want %q", tt.name, got, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), key) {
			t.Errorf("%s: the error %q shows the key", tt.name, err)
		}
	}
}

func FuzzParseRefreshToken(f *testing.F) {
	secrets := secretsOf(f, testMaster, testOldMaster)
	for _, s := range secrets {
		f.Add(testToken(s).encode(s.mac))
	}
	for _, token := range malformedTokens(f, secrets[0]) {
		if len(token) < 1024 {
			f.Add(token)
		}
	}
	for _, token := range forgedTokens(f, secrets[0]) {
		f.Add(token)
	}
	f.Fuzz(func(t *testing.T, text string) {
		token, err := parseRefreshToken(text, secrets)
		if err == nil {
			key, ok := secrets.byKeyID(token.keyID)
			if !ok || token.encode(key.mac) != text {
				t.Fatalf("%q parses to %+v, which is %q", text, token, token.encode(key.mac))
			}
		} else if !errors.Is(err, ErrInvalidToken) && !errors.Is(err, ErrUnavailable) {
			t.Fatalf("%q: unexpected error %v", text, err)
		}
		// Nobody guesses a tag: what has the form shows that the form is one.
		raw, err := decodeRefreshToken(text)
		if err != nil {
			return
		}
		if tokenOf(raw) != text {
			t.Fatalf("%q decodes to %x, which is %q", text, raw, tokenOf(raw))
		}
		if c := contentOf(raw); signed(secrets[0], raw[:tagOffset]) != c.encode(secrets[0].mac) {
			t.Fatalf("%x does not hold its content %+v", raw, c)
		}
	})
}

func FuzzParseIdempotencyKey(f *testing.F) {
	for _, header := range []string{"", `"`, `""`, strings.Repeat("k", 22), `"` + strings.Repeat("k", 128) + `"`, strings.Repeat("é", 11)} {
		f.Add(header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		key, err := ParseIdempotencyKey(header)
		if err != nil {
			if key != "" || !errors.Is(err, ErrInvalidRequest) {
				t.Fatalf("%q: got %q, %v", header, key, err)
			}
			return
		}
		if header != key && header != `"`+key+`"` {
			t.Fatalf("%q was changed to %q", header, key)
		}
		for _, again := range []string{key, `"` + key + `"`} {
			if got, err := ParseIdempotencyKey(again); got != key || err != nil {
				t.Fatalf("%q: got %q, %v; want %q", again, got, err, key)
			}
		}
	})
}
