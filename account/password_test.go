package account_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/renewd/renewd/account"
)

func TestNewPasswords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, password, says string
	}{
		{"eight", "abcdefgh", ""},
		{"eight spaces", "        ", ""},
		{"eight of four bytes", strings.Repeat("😀", 8), ""},
		{"sixty-four and more", strings.Repeat("long ", 20), ""},
		{"most", strings.Repeat("a", 1024), ""},
		{"empty", "", "at least"},
		{"seven", "abcdefg", "at least 8 characters"},
		{"seven of four bytes", strings.Repeat("😀", 7), "at least 8 characters"},
		{"seven letters in fourteen characters", strings.Repeat("e\u0301", 7), "at least 8 characters"},
		{"too long", strings.Repeat("a", 1025), "at most 1024 bytes"},
		{"control", "abcdefgh\t", "visible characters"},
		{"not UTF-8", "abcdefgh\xff", "UTF-8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.create(t, "ada")
			_, created := w.Create(t.Context(), account.NewPerson{Name: "bob", Password: c.password})
			changed := w.SetPassword(t.Context(), "ada", c.password)
			for op, err := range map[string]error{"create": created, "set": changed} {
				if c.says == "" && err != nil {
					t.Errorf("%s: %v", op, err)
				}
				if c.says != "" && (!errors.Is(err, account.ErrInvalidPassword) || !strings.Contains(err.Error(), c.says)) {
					t.Errorf("%s: got %v, want %v saying %q", op, err, account.ErrInvalidPassword, c.says)
				}
			}
		})
	}
}

func TestWholePasswordCounts(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789abcdef", 64)
	for _, c := range []struct {
		name, set, typed string
		want             error
	}{
		{"composed, then decomposed", "caf\u00e9 caf\u00e9", "cafe\u0301 cafe\u0301", nil},
		{"decomposed, then composed", "\u1112\u1161\u11ab\u1100\u1173\u11af\u1112\u1161\u11ab\u1100\u1173\u11af\u1112\u1161\u11ab\u1100\u1173\u11af\u1112\u1161\u11ab\u1100\u1173\u11af", "한글한글한글한글", nil},
		{"space of another kind", "correct horse", "correct\u00a0horse", nil},
		{"letter case", "correct horse", "Correct horse", account.ErrInvalidCredentials},
		{"trailing space", "correct horse", "correct horse ", account.ErrInvalidCredentials},
		{"full width", "correct horse", "ｃorrect horse", account.ErrInvalidCredentials},
		{"after the 72nd byte", long, long[:len(long)-1] + "!", account.ErrInvalidCredentials},
		{"all of it", long, long, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if _, err := w.Create(t.Context(), account.NewPerson{Name: "ada", Password: c.set}); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Authenticate(t.Context(), "ada", c.typed); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

// What is hashed does not depend on how often it was prepared.
func FuzzPreparePassword(f *testing.F) {
	for _, s := range []string{"correct horse", "e\u0301", "\u1112\u1161\u11ab", "\u3000\u00a0", "\u1e9b\u0323", "\xff", "\x00", "😀"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		prepared, err := account.PreparePassword(s)
		if err != nil {
			if !errors.Is(err, account.ErrInvalidPassword) {
				t.Fatalf("got %v, want %v", err, account.ErrInvalidPassword)
			}
			return
		}
		// NFC may lengthen a text, but never beyond three times its bytes.
		if prepared == "" || len(prepared) > 3*1024 {
			t.Fatalf("%q: got %d bytes, want 1 to 3072", s, len(prepared))
		}
		if again, err := account.PreparePassword(prepared); len(prepared) <= 1024 && (err != nil || again != prepared) {
			t.Fatalf("%q: got %q, then %q, error %v; want no change", s, prepared, again, err)
		}
	})
}
