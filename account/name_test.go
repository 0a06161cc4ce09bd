package account_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/renewd/renewd/account"
)

func TestCanonicalName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, typed, want string }{
		{"as it is", "alice", "alice"},
		{"letter case", "ALICE", "alice"},
		{"e-mail", "Ada.Lovelace+x@Example.ORG", "ada.lovelace+x@example.org"},
		{"digits and signs", "r2_d2-x", "r2_d2-x"},
		{"Korean", "김민준", "김민준"},
		{"Korean, decomposed", "\u1100\u1175\u11b7", "김"},
		{"accent, decomposed", "Zoe\u0308", "zoë"},
		{"full width", "ａｌｉｃｅ", "alice"},
		{"Hebrew", "אבי", "אבי"},
		{"longest", strings.Repeat("a", 256), strings.Repeat("a", 256)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := account.CanonicalName(c.typed)
			if err != nil || got != c.want {
				t.Errorf("got %q, error %v; want %q", got, err, c.want)
			}
		})
	}
}

func TestNamesRefused(t *testing.T) {
	t.Parallel()
	for name, typed := range map[string]string{
		"empty":            "",
		"too long":         strings.Repeat("a", 257),
		"too long after":   strings.Repeat("Ⱥ", 128), // two bytes; three in lower case
		"space":            "ada lovelace",
		"trailing space":   "ada ",
		"control":          "ada\x00",
		"line":             "ada\n",
		"not UTF-8":        "ada\xff",
		"zero width space": "ada\u200b",
		"mixed direction":  "אa",
		"emoji":            "ada😀",
		"lone jamo":        "\u1100",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			_, err := w.Create(t.Context(), account.NewPerson{Name: typed, Password: goodPassword})
			if !errors.Is(err, account.ErrInvalidName) {
				t.Errorf("create: got %v, want %v", err, account.ErrInvalidName)
			}
			if got := w.hashes.Load(); got != 0 {
				t.Errorf("create: got %d hashes, want none before the name is checked", got)
			}
			if _, err := w.Lookup(t.Context(), typed); !errors.Is(err, account.ErrNotFound) {
				t.Errorf("look up: got %v, want %v", err, account.ErrNotFound)
			}
			if _, err := w.Authenticate(t.Context(), typed, goodPassword); err != account.ErrInvalidCredentials {
				t.Errorf("sign in: got %v, want %v", err, account.ErrInvalidCredentials)
			}
		})
	}
}

func TestLetterCaseIsOnePerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := w.create(t, "Alice")
	if alice.Name != "alice" {
		t.Errorf("got name %q, want %q", alice.Name, "alice")
	}
	_, err := w.Create(t.Context(), account.NewPerson{Name: "aLICE", Password: goodPassword})
	if !errors.Is(err, account.ErrNameTaken) {
		t.Errorf("second of the name: got %v, want %v", err, account.ErrNameTaken)
	}
	got, err := w.Authenticate(t.Context(), "ALICE", goodPassword)
	if err != nil || got.Subject != alice.Subject {
		t.Errorf("got subject %q, error %v; want %q", got.Subject, err, alice.Subject)
	}
}

func TestRoles(t *testing.T) {
	t.Parallel()
	many := strings.Split(strings.Repeat("r,", 64)+"r", ",")
	for _, c := range []struct {
		name  string
		roles []string
		want  error
	}{
		{"none", nil, nil},
		{"usual", []string{"admin", "app:read-only", "a.b_c9"}, nil},
		{"longest", []string{strings.Repeat("r", 64)}, nil},
		{"as many as may be", many[:64], nil},
		{"too many", many, account.ErrInvalidRole},
		{"too long", []string{strings.Repeat("r", 65)}, account.ErrInvalidRole},
		{"empty", []string{"admin", ""}, account.ErrInvalidRole},
		{"capital", []string{"Admin"}, account.ErrInvalidRole},
		{"space", []string{"a b"}, account.ErrInvalidRole},
		{"not ASCII", []string{"역할"}, account.ErrInvalidRole},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			_, err := w.Create(t.Context(), account.NewPerson{Name: "ada", Password: goodPassword, Roles: c.roles})
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

// What is stored can be typed again, and nothing longer than allowed gets there.
func FuzzCanonicalName(f *testing.F) {
	for _, s := range []string{"alice", "ＡＬＩＣＥ", "김민준", "\u1100\u1175", "ΑΣ", "ǅ", "İ", "a\u0301\u0323", "\xff", "אב"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name, err := account.CanonicalName(s)
		if err != nil {
			if !errors.Is(err, account.ErrInvalidName) {
				t.Fatalf("%q: got %v, want %v", s, err, account.ErrInvalidName)
			}
			return
		}
		if name == "" || len(name) > 256 {
			t.Fatalf("%q: got %d bytes, want 1 to 256", s, len(name))
		}
		if again, err := account.CanonicalName(name); err != nil || again != name {
			t.Fatalf("%q: got %q, then %q, error %v; want no change", s, name, again, err)
		}
	})
}
