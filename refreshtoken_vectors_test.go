package renewd

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"maps"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the files of expected values anew")

const vectorFile = "testdata/vectors/refresh_token.json"

// vectors are what every implementation must agree on.
type vectors struct {
	About   string          `json:"about"`
	Secrets []string        `json:"master_secrets_hex"`
	Tokens  []tokenVector   `json:"tokens"`
	Refused []refusedVector `json:"refused"`
}

type tokenVector struct {
	Name          string `json:"name"`
	MasterSecret  string `json:"master_secret_hex"`
	SessionSecret string `json:"session_secret_hex"`
	Generation    uint64 `json:"generation"`
	KeyID         uint8  `json:"key_id"`
	SessionID     string `json:"session_id"`
	Token         string `json:"token"`
}

// refusedVector is a token that a server with the secrets of the file refuses.
type refusedVector struct {
	Name   string `json:"name"`
	Token  string `json:"token"`
	Code   string `json:"code"`   // of the answer
	Reason string `json:"reason"` // what is wrong with it
}

func makeVectors(t *testing.T) vectors {
	t.Helper()
	secrets := secretsOf(t, testMaster, testOldMaster)
	v := vectors{
		About:   "Refresh tokens. The secrets are text and of no use anywhere. A server that has them accepts the tokens and refuses the refused.",
		Secrets: []string{hex.EncodeToString([]byte(testMaster)), hex.EncodeToString([]byte(testOldMaster))},
	}
	for _, g := range []struct {
		name       string
		master     string
		session    string
		generation uint64
	}{
		{"the first of a session", testMaster, "session secret 1", 1},
		{"the second of a session", testMaster, "session secret 1", 2},
		{"of another session", testMaster, "session secret 2", 1},
		{"of the previous secret", testOldMaster, "session secret 1", 1},
		{"generation 0", testMaster, "session secret 1", 0},
		{"a generation above 2^32", testMaster, "session secret 1", 1<<32 + 1},
		{"the last generation", testMaster, "session secret 1", maxGen},
		{"a session secret of zeros", testMaster, strings.Repeat("\x00", secretBytes), 1},
		{"a session secret of ones", testMaster, strings.Repeat("\xff", secretBytes), 1},
	} {
		s := secretsOf(t, g.master)[0]
		token := refreshToken{keyID: s.keyID, secret: sessionSecret([]byte(g.session)), generation: g.generation}
		v.Tokens = append(v.Tokens, tokenVector{
			Name: g.name, MasterSecret: hex.EncodeToString([]byte(g.master)), SessionSecret: hex.EncodeToString([]byte(g.session)),
			Generation: g.generation, KeyID: s.keyID, SessionID: token.secret.sessionID().String(), Token: token.encode(s.mac),
		})
	}
	v.Refused = makeRefused(t, secrets)
	return v
}

func makeRefused(t *testing.T, secrets secretList) []refusedVector {
	t.Helper()
	bad := malformedTokens(t, secrets[0])
	maps.Copy(bad, forgedTokens(t, secrets[0]))
	stranger := secretsOf(t, strangersMaster)[0]
	invalid := func(name, reason string) refusedVector {
		token, ok := bad[name]
		if !ok {
			t.Fatalf("no malformed token is called %q", name)
		}
		return refusedVector{name, token, "invalid_token", reason}
	}
	return []refusedVector{
		invalid("empty", "wrong form"),
		invalid("no prefix", "wrong form"),
		invalid("prefix of an access token", "wrong form"),
		invalid("prefix in capitals", "wrong form"),
		invalid("one character short", "wrong form"),
		invalid("one character long", "wrong form"),
		invalid("padding", "wrong form"),
		invalid("line feed inside", "wrong form"),
		invalid("line feed at the end", "wrong form"),
		invalid("space before", "wrong form"),
		invalid("plus of standard base64", "wrong form"),
		invalid("not ASCII", "wrong form"),
		invalid("another version, right tag", "unknown version"),
		invalid("generation 2^53, right tag", "generation out of range"),
		invalid("tag of zeros", "wrong tag"),
		invalid("tag of another key", "wrong tag"),
		{"of a secret that is not configured", testToken(stranger).encode(stranger.mac), "unavailable", "no secret with its key id is configured"},
	}
}

// TestRefreshTokenVectors compares what the code makes with the file, which
// other implementations read too. With -update it writes the file.
func TestRefreshTokenVectors(t *testing.T) {
	t.Parallel()
	var want bytes.Buffer
	enc := json.NewEncoder(&want)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(makeVectors(t)); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(vectorFile, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(vectorFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Errorf("%s differs from what the code makes: a change here signs out everybody; if it is meant, run the test with -update", vectorFile)
	}
}

// TestRefreshTokenVectorsHold reads the file as another implementation would.
func TestRefreshTokenVectorsHold(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(vectorFile)
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Tokens) < 9 || len(v.Refused) < 17 {
		t.Errorf("got %d tokens and %d refused ones, want at least 9 and 17", len(v.Tokens), len(v.Refused))
	}
	secrets := secretsOf(t, unhex(t, v.Secrets[0]), unhex(t, v.Secrets[1]))
	for _, tt := range v.Tokens {
		want := refreshToken{keyID: tt.KeyID, secret: sessionSecret([]byte(unhex(t, tt.SessionSecret))), generation: tt.Generation}
		got, err := parseRefreshToken(tt.Token, secrets)
		if err != nil || got != want || got.secret.sessionID().String() != tt.SessionID {
			t.Errorf("%s: got %+v of session %v, %v; want %+v of %s", tt.Name, got, got.secret.sessionID(), err, want, tt.SessionID)
		}
	}
	codes := map[string]error{"invalid_token": ErrInvalidToken, "unavailable": ErrUnavailable}
	for _, tt := range v.Refused {
		_, err := parseRefreshToken(tt.Token, secrets)
		if !errors.Is(err, codes[tt.Code]) || err == nil || !strings.HasSuffix(err.Error(), tt.Reason) {
			t.Errorf("%s: got %v, want %s: %s", tt.Name, err, tt.Code, tt.Reason)
		}
	}
}

func unhex(t *testing.T, s string) string {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
