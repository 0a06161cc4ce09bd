package account_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/renewd/renewd/account"
	"github.com/renewd/renewd/store"
)

// Made by the reference implementation, github.com/P-H-C/phc-winner-argon2, from
// "password" and "somesalt"; its test.c lists them.
var referenceHashes = []string{
	"$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
	"$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
}

func TestReferenceHashesSignIn(t *testing.T) {
	t.Parallel()
	for _, hash := range referenceHashes {
		w := newWorld(t)
		w.seed(t, hash)
		if _, err := w.Authenticate(t.Context(), "ada", "password"); err != nil {
			t.Errorf("%s: right password: %v", hash, err)
		}
		if _, err := w.Authenticate(t.Context(), "ada", "Password"); !errors.Is(err, account.ErrInvalidCredentials) {
			t.Errorf("%s: wrong password: got %v, want %v", hash, err, account.ErrInvalidCredentials)
		}
	}
}

// seed stores the account ada with a hash made elsewhere.
func (w *world) seed(t *testing.T, hash string) {
	t.Helper()
	err := w.store.CreateAccount(t.Context(), store.Account{
		Subject: "usr_ada", Name: "ada", PasswordHash: hash, Epoch: 1, CreatedAt: noon, PasswordChangedAt: noon,
	})
	if err != nil {
		t.Fatal(err)
	}
}

func phc(params string, salt, key int) string {
	b64 := func(n int) string { return base64.RawStdEncoding.EncodeToString(make([]byte, n)) }
	return "$argon2id$v=19$" + params + "$" + b64(salt) + "$" + b64(key)
}

func TestHashesWithinBounds(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]string{
		"usual":    phc("m=19456,t=2,p=1", 16, 32),
		"smallest": phc("m=8,t=1,p=1", 8, 16),
		"largest":  phc("m=262144,t=16,p=16", 64, 64),
	} {
		if got, err := account.ReparseHash(s); err != nil || got != s {
			t.Errorf("%s: got %q, error %v; want %q", name, got, err, s)
		}
	}
}

func TestHostileHashesRefused(t *testing.T) {
	t.Parallel()
	good := phc("m=19456,t=2,p=1", 16, 32)
	for name, s := range map[string]string{
		"empty":               "",
		"other algorithm":     strings.Replace(good, "argon2id", "argon2i", 1),
		"other version":       strings.Replace(good, "v=19", "v=16", 1),
		"no version":          strings.Replace(good, "$v=19", "", 1),
		"terabytes":           phc("m=4294967295,t=2,p=1", 16, 32),
		"above the bound":     phc("m=262145,t=2,p=1", 16, 32),
		"does not fit":        phc("m=4294967296,t=2,p=1", 16, 32),
		"below 8 a lane":      phc("m=31,t=2,p=4", 16, 32),
		"no memory":           phc("m=0,t=2,p=1", 16, 32),
		"no iterations":       phc("m=19456,t=0,p=1", 16, 32),
		"many iterations":     phc("m=19456,t=17,p=1", 16, 32),
		"no lanes":            phc("m=19456,t=2,p=0", 16, 32),
		"many lanes":          phc("m=19456,t=2,p=17", 16, 32),
		"lanes do not fit":    phc("m=19456,t=2,p=257", 16, 32),
		"short salt":          phc("m=19456,t=2,p=1", 7, 32),
		"long salt":           phc("m=19456,t=2,p=1", 65, 32),
		"short key":           phc("m=19456,t=2,p=1", 16, 15),
		"long key":            phc("m=19456,t=2,p=1", 16, 65),
		"leading zero":        phc("m=019456,t=2,p=1", 16, 32),
		"sign":                phc("m=+19456,t=2,p=1", 16, 32),
		"underscore":          phc("m=19_456,t=2,p=1", 16, 32),
		"hexadecimal":         phc("m=0x4c00,t=2,p=1", 16, 32),
		"space":               phc("m= 19456,t=2,p=1", 16, 32),
		"other order":         phc("t=2,m=19456,p=1", 16, 32),
		"missing parameter":   phc("m=19456,t=2", 16, 32),
		"further parameter":   phc("m=19456,t=2,p=1,keyid=AA", 16, 32),
		"padding":             good + "=",
		"URL alphabet":        good[:len(good)-1] + "_",
		"spare bits":          good[:len(good)-1] + "B",
		"line break":          good + "\n",
		"further field":       good + "$AA",
		"no key":              good[:strings.LastIndex(good, "$")],
		"before the first $":  "x" + good,
		"longer than allowed": good + strings.Repeat("A", account.MaxHashBytes),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := account.ReparseHash(s); err == nil {
				t.Errorf("%q was accepted", s)
			}
			w := newWorld(t)
			w.seed(t, s)
			_, err := w.Authenticate(t.Context(), "ada", goodPassword)
			if err == nil || errors.Is(err, account.ErrInvalidCredentials) {
				t.Errorf("sign in: got %v, want an error that an operator notices", err)
			}
			if got := w.hashes.Load(); got != 0 {
				t.Errorf("sign in: got %d hashes, want none with such parameters", got)
			}
		})
	}
}

func FuzzParseHash(f *testing.F) {
	for _, s := range referenceHashes {
		f.Add(s)
	}
	f.Add(phc("m=262144,t=16,p=16", 64, 64))
	f.Add(phc("m=4294967295,t=2,p=1", 16, 32))
	f.Add("$argon2id$v=19$m=8,t=1,p=1$$")
	f.Fuzz(func(t *testing.T, s string) {
		again, err := account.ReparseHash(s)
		if err != nil {
			return
		}
		if again != s {
			t.Fatalf("got %q, want %q", again, s)
		}
		p, _, _, err := account.HashCost(s)
		if err != nil || p.MemoryKiB > 256<<10 || p.Iterations > 16 || p.Parallelism > 16 {
			t.Fatalf("%q costs %+v, error %v", s, p, err)
		}
	})
}
