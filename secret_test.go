package renewd

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/renewd/renewd/store"
)

func TestDeriveSecretsBounds(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		masters [][]byte
		ok      bool
	}{
		{"none", nil, false},
		{"an empty one", [][]byte{{}}, false},
		{"a byte too short", [][]byte{bytes.Repeat([]byte{'s'}, minSecretBytes-1)}, false},
		{"shortest", [][]byte{bytes.Repeat([]byte{'s'}, minSecretBytes)}, true},
		{"longest", [][]byte{bytes.Repeat([]byte{'s'}, maxSecretBytes)}, true},
		{"a byte too long", [][]byte{bytes.Repeat([]byte{'s'}, maxSecretBytes+1)}, false},
		{"two", [][]byte{[]byte(testMaster), []byte(testOldMaster)}, true},
		{"a second one too short", [][]byte{[]byte(testMaster), []byte("short")}, false},
		{"the same twice", [][]byte{[]byte(testMaster), []byte(testMaster)}, false},
		{"two of one key id", sameKeyID(t), false},
	} {
		list, err := deriveSecrets(tt.masters)
		if tt.ok {
			if err != nil || len(list) != len(tt.masters) {
				t.Errorf("%s: got %d secrets, %v; want %d", tt.name, len(list), err, len(tt.masters))
			}
			continue
		}
		var wrong *ConfigError
		if !errors.As(err, &wrong) || wrong.Field != "Secrets" || list != nil {
			t.Errorf("%s: got %d secrets, %v; want a ConfigError of Secrets", tt.name, len(list), err)
		}
		for _, m := range tt.masters {
			if len(m) > 4 && err != nil && strings.Contains(err.Error(), string(m)) {
				t.Errorf("%s: the error %q shows the secret", tt.name, err)
			}
		}
	}
}

// sameKeyID finds two secrets that differ in all but their key id: it has one
// byte.
func sameKeyID(t *testing.T) [][]byte {
	t.Helper()
	seen := map[uint8][]byte{}
	for i := range uint32(257) {
		master := binary.BigEndian.AppendUint32(bytes.Repeat([]byte{'s'}, minSecretBytes), i)
		s, err := deriveSecret(master)
		if err != nil {
			t.Fatal(err)
		}
		if other, ok := seen[s.keyID]; ok {
			return [][]byte{other, master}
		}
		seen[s.keyID] = master
	}
	t.Fatal("257 secrets have as many key ids")
	return nil
}

func TestDerivedKeysDiffer(t *testing.T) {
	t.Parallel()
	list := secretsOf(t, testMaster, testOldMaster)
	keys := map[string][]byte{}
	for i, of := range []string{" of the first", " of the second"} {
		s := list[i]
		for name, key := range map[string][]byte{"mac": s.mac, "attempt": s.attempt, "wrap": s.wrap, "check": s.check} {
			keys[name+of] = key
		}
		if len(s.mac) != 32 || len(s.attempt) != 32 || len(s.wrap) != 32 || len(s.check) != 16 {
			t.Errorf("the keys%s have %d, %d, %d and %d bytes, want 32, 32, 32 and 16", of, len(s.mac), len(s.attempt), len(s.wrap), len(s.check))
		}
	}
	for a, x := range keys {
		for b, y := range keys {
			if a != b && bytes.HasPrefix(x, y[:8]) {
				t.Errorf("%s and %s begin alike", a, b)
			}
		}
		if strings.Contains(testMaster+testOldMaster, string(x[:8])) {
			t.Errorf("%s is a piece of the secret", a)
		}
	}
}

func TestDerivationIsStable(t *testing.T) {
	t.Parallel()
	a, b := secretsOf(t, testMaster)[0], secretsOf(t, testMaster)[0]
	if a.keyID != b.keyID || !bytes.Equal(a.mac, b.mac) || !bytes.Equal(a.attempt, b.attempt) || !bytes.Equal(a.wrap, b.wrap) || !bytes.Equal(a.check, b.check) {
		t.Errorf("one master secret gives %+v and %+v", a, b)
	}
}

func TestSecretListFindsByKeyID(t *testing.T) {
	t.Parallel()
	list := secretsOf(t, testMaster, testOldMaster)
	if got := list.current(); got.keyID != secretsOf(t, testMaster)[0].keyID {
		t.Errorf("the current key id is %d, want that of the first secret", got.keyID)
	}
	for i, s := range list {
		got, ok := list.byKeyID(s.keyID)
		if !ok || !bytes.Equal(got.mac, s.mac) || !bytes.Equal(list.checks()[i], s.check) {
			t.Errorf("secret %d is not found by its key id", i)
		}
	}
	if _, ok := list.byKeyID(secretsOf(t, strangersMaster)[0].keyID); ok {
		t.Error("a secret that is not in the list is found")
	}
}

func TestAttemptHash(t *testing.T) {
	t.Parallel()
	s := secretsOf(t, testMaster)[0]
	one, two := store.SessionID{1}, store.SessionID{2}
	key := strings.Repeat("k", minIdempotencyKey)
	want := s.attemptHash(one, key)
	if len(want) != attemptBytes || !bytes.Equal(want, s.attemptHash(one, key)) {
		t.Errorf("got %x, then %x; want the same %d bytes", want, s.attemptHash(one, key), attemptBytes)
	}
	if got := s.attemptHash(one, ""); got != nil {
		t.Errorf("no key has the hash %x, want nil", got)
	}
	for name, got := range map[string][]byte{
		"another session":     s.attemptHash(two, key),
		"another key":         s.attemptHash(one, key+"k"),
		"another case":        s.attemptHash(one, strings.ToUpper(key)),
		"another secret":      secretsOf(t, testOldMaster)[0].attemptHash(one, key),
		"the tag of a token":  refreshTag(s.mac, append(one[:], key...)),
		"the key as it comes": []byte(key)[:attemptBytes],
	} {
		if sameAttempt(want, got) {
			t.Errorf("%s has the same hash", name)
		}
	}
}
