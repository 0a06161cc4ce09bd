package atjwt_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/renewd/renewd/internal/atjwt"
)

// Whatever is accepted has one form: no other text is the same token.
func FuzzVerify(f *testing.F) {
	for _, k := range bothKeys {
		token := forge(k, header(k).String(), payload().String())
		f.Add(token)
		f.Add(token + "\n")
		f.Add(token[:len(token)-1])
		f.Add(forge(k, header(k).with("crit", `["x"]`).String(), payload().String()))
	}
	f.Add("..")
	f.Add("a.b.c.d.e")
	f.Add(`{"payload":"","signature":""}`)
	f.Fuzz(func(t *testing.T, token string) {
		got, err := atjwt.Verify(token, lookup, expect())
		if err != nil {
			if !errors.Is(err, atjwt.ErrInvalid) {
				t.Fatalf("got %v, want ErrInvalid", err)
			}
			return
		}
		if got.Issuer != issuer || strings.Count(token, ".") != 2 || len(token) > atjwt.MaxTokenBytes {
			t.Fatalf("accepted: %q", token)
		}
		for i := range len(token) {
			changed := []byte(token)
			changed[i] ^= 1
			if _, err := atjwt.Verify(string(changed), lookup, expect()); err == nil {
				t.Fatalf("accepted with character %d changed", i)
			}
		}
	})
}

// Behind a genuine signature: any payload is either refused, or its claims can be
// signed again and come back the same.
func FuzzClaims(f *testing.F) {
	f.Add(payload().String())
	f.Add(payload().with("aud", `["a","`+audience+`"]`).with("nbf", "0").String())
	f.Add(payload().with("exp", "1e3").String())
	f.Add(payload().with("SUB", `"root"`).String())
	f.Add(payload().with("roles", `[]`).without("auth_time").String())
	f.Fuzz(func(t *testing.T, text string) {
		got, err := atjwt.Verify(forge(edKey, header(edKey).String(), text), lookup, expect())
		if err != nil {
			if !errors.Is(err, atjwt.ErrInvalid) {
				t.Fatalf("got %v, want ErrInvalid", err)
			}
			return
		}
		if got.AuthTime.IsZero() {
			got.AuthTime = got.IssuedAt // optional in a token, required in an issued one
		}
		again, err := atjwt.Sign(edKey, got)
		if err != nil {
			return // escapes may make it longer than it came; an unused audience may be ""
		}
		back, err := atjwt.Verify(again, lookup, expect())
		if err != nil {
			t.Fatalf("signed again: %v", err)
		}
		if diff := cmp.Diff(got, back, equateEmpty); diff != "" {
			t.Fatalf("claims (-first +again):\n%s", diff)
		}
	})
}

var equateEmpty = cmp.FilterValues(
	func(a, b []string) bool { return len(a) == 0 && len(b) == 0 },
	cmp.Comparer(func(_, _ []string) bool { return true }),
)
