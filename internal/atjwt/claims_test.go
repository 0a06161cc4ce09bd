package atjwt_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/renewd/renewd/internal/atjwt"
)

func forgeClaims(p members) string { return forge(edKey, header(edKey).String(), p.String()) }

func TestT02_RequiredClaims(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"iss", "sub", "client_id", "jti", "sid"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			why := name + " is not a string"
			wantRefused(t, forgeClaims(payload().without(name)), why)
			for _, value := range []string{`null`, `""`, `1`, `true`, `["` + issuer + `"]`, `{}`} {
				wantRefused(t, forgeClaims(payload().with(name, value)), why)
			}
		})
	}
	for _, name := range []string{"iat", "exp"} {
		wantRefused(t, forgeClaims(payload().without(name)), name+" is not a whole number")
	}
	wantRefused(t, forgeClaims(payload().without("aud")), "aud does not hold")
}

func TestOptionalClaims(t *testing.T) {
	t.Parallel()
	p := payload()
	want := claims()
	want.Scope, want.Roles, want.AMR, want.ACR, want.AuthTime = "", nil, nil, "", time.Time{}
	for _, name := range []string{"scope", "roles", "amr", "acr", "auth_time"} {
		p = p.without(name)
	}
	if diff := cmp.Diff(want, wantAccepted(t, forgeClaims(p.with("note", `{"a":[1,null]}`)))); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
	for _, name := range []string{"scope", "acr"} {
		for _, value := range []string{`null`, `1`, `["a"]`} {
			wantRefused(t, forgeClaims(payload().with(name, value)), name+" is not a string")
		}
	}
	for _, name := range []string{"roles", "amr"} {
		for _, value := range []string{`null`, `"admin"`, `[1]`, `["a",null]`, `{}`} {
			wantRefused(t, forgeClaims(payload().with(name, value)), name+" is not an array of strings")
		}
	}
	wantRefused(t, forgeClaims(payload().with("auth_time", `"1"`)), "auth_time is not a whole number")
}

func TestT05_IssuerIsExact(t *testing.T) {
	t.Parallel()
	for _, iss := range []string{
		issuer + "/", "https://ID.example.com", "HTTPS://id.example.com", "http://id.example.com", issuer + ":443",
		issuer + "/tenant", "https://other.example.com", " " + issuer, issuer + "\x00",
	} {
		wantRefused(t, forgeClaims(payload().with("iss", quote(iss))), "iss is not the expected issuer")
	}
	e := expect()
	e.Issuer = "https://other.example.com"
	wantRefusedAs(t, forgeClaims(payload()), e, "iss is not the expected issuer")

	// The key of another issuer is not among this one's.
	thief := strangerKey(t)
	wantRefused(t, forge(thief, header(thief).String(), payload().String()), "kid names no known key")
}

func TestT06_AudienceHoldsTheExpectedOne(t *testing.T) {
	t.Parallel()
	for _, aud := range []string{quote(audience), `["` + audience + `"]`, `["other","` + audience + `"]`} {
		wantAccepted(t, forgeClaims(payload().with("aud", aud)))
	}
	for _, aud := range []string{`"other"`, `""`, `[]`, `[""]`, `["other"]`, quote(audience + "/"), quote(strings.ToUpper(audience)), quote(audience + " other")} {
		wantRefused(t, forgeClaims(payload().with("aud", aud)), "aud does not hold the expected audience")
	}
	for _, aud := range []string{`null`, `1`, `true`, `{"a":"` + audience + `"}`, `["` + audience + `",1]`, `["` + audience + `",null]`, `[["` + audience + `"]]`} {
		wantRefused(t, forgeClaims(payload().with("aud", aud)), "aud is not an array of strings")
	}
}

func TestT07_TimesAreWholeSeconds(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"exp", "iat", "nbf", "auth_time"} {
		for _, value := range []string{
			`null`, `"1772367300"`, `1772367300.0`, `1772367300.5`, `1.7723673e9`, `1e300`, `-1`, `-0`, `-1772367300`,
			`253402300800`, `9223372036854775807`, `9223372036854775808`, `18446744073709551616`, `true`, `[1772367300]`, `{}`,
		} {
			wantRefused(t, forgeClaims(payload().with(name, value)), name+" is not a whole number of seconds")
		}
		// Beyond what a float64 holds it is not even JSON that everybody reads.
		wantRefused(t, forgeClaims(payload().with(name, `1e999`)), "a number out of range")
	}
}

func TestT07_Expiry(t *testing.T) {
	t.Parallel()
	token := forgeClaims(payload())
	exp := claims().ExpiresAt
	const leeway = 30 * time.Second
	for _, c := range []struct {
		now     time.Time
		leeway  time.Duration
		expired bool
	}{
		{exp.Add(-time.Second), 0, false},
		{exp.Add(-time.Millisecond), 0, false},
		{exp, 0, true},
		{exp.Add(time.Second), 0, true},
		{exp, leeway, false},
		{exp.Add(leeway - time.Millisecond), leeway, false},
		{exp.Add(leeway), leeway, true},
		{exp.Add(leeway + time.Second), leeway, true},
		{exp.Add(atjwt.MaxLeeway - time.Second), atjwt.MaxLeeway, false},
		{exp.Add(atjwt.MaxLeeway), atjwt.MaxLeeway, true},
		{exp.Add(1000 * time.Hour), 0, true},
	} {
		e := expect()
		e.Now, e.Leeway = c.now, c.leeway
		got, err := atjwt.Verify(token, lookup, e)
		if errors.Is(err, atjwt.ErrExpired) != c.expired || errors.Is(err, atjwt.ErrInvalid) != c.expired {
			t.Errorf("exp%+v with a leeway of %v: got %v, want expired %v", c.now.Sub(exp), c.leeway, err, c.expired)
		}
		if diff := cmp.Diff(claims(), got); diff != "" {
			t.Errorf("exp%+v: claims (-want +got):\n%s", c.now.Sub(exp), diff)
		}
	}
}

// An expired token with another fault is not called expired.
func TestExpiredMeansRightOtherwise(t *testing.T) {
	t.Parallel()
	e := expect()
	e.Now = issuedAt.Add(time.Hour)
	good := payload()
	wrong := forgeClaims(good)
	wrong = wrong[:len(wrong)-4] + "AAAA"
	for why, token := range map[string]string{
		"the signature is":         wrong,
		"iss is not":               forgeClaims(good.with("iss", `"x"`)),
		"aud does not":             forgeClaims(good.with("aud", `"x"`)),
		"sub is not":               forgeClaims(good.without("sub")),
		"roles is not":             forgeClaims(good.with("roles", `"x"`)),
		"iat is more than":         forgeClaims(good.with("iat", fmt.Sprint(e.Now.Unix()+61))),
		"alg is not":               forge(edKey, header(edKey).with("alg", `"ES256"`).String(), good.String()),
		"crit is not accepted":     forge(edKey, header(edKey).with("crit", `["x"]`).String(), good.String()),
		"kid names no known key":   forge(edKey, header(edKey).with("kid", `"x"`).String(), good.String()),
		"nbf is more than 1m0s ah": forgeClaims(good.with("nbf", fmt.Sprint(e.Now.Unix()+61))),
	} {
		t.Run(why, func(t *testing.T) {
			t.Parallel()
			wantRefusedAs(t, token, e, why)
		})
	}
}

// T-08, and A-33: clocks differ by seconds, not by minutes.
func TestT08_TimesAhead(t *testing.T) {
	t.Parallel()
	now := expect().Now.Unix()
	for _, name := range []string{"iat", "nbf"} {
		for _, ahead := range []int64{-86400, 0, 5, 59, 60} {
			wantAccepted(t, forgeClaims(payload().with(name, fmt.Sprint(now+ahead))))
		}
		for _, ahead := range []int64{61, 86400} {
			wantRefused(t, forgeClaims(payload().with(name, fmt.Sprint(now+ahead))), name+" is more than 1m0s ahead")
		}
	}
	// The leeway is for expiry alone.
	e := expect()
	e.Leeway = atjwt.MaxLeeway
	wantRefusedAs(t, forgeClaims(payload().with("nbf", fmt.Sprint(now+61))), e, "nbf is more than")
}
