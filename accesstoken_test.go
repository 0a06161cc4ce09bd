package renewd

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/renewd/renewd/internal/atjwt"
	"github.com/renewd/renewd/store/memstore"
)

// tokenFixture is a Manager on a fresh memory store with a clock to set.
type tokenFixture struct {
	*Manager
	cfg   Config
	clock time.Time
}

func newTokenFixture(t *testing.T, change ...func(*Config)) *tokenFixture {
	t.Helper()
	keep := memstore.New()
	f := &tokenFixture{clock: keyTime}
	f.cfg = Config{
		Issuer: "https://id.example.com", Audience: []string{"https://api.example.com"},
		Sessions: keep, SigningKeys: keep, Secrets: [][]byte{[]byte(strings.Repeat("one ", 32))},
		Policy: DefaultPolicy(), Now: func() time.Time { return f.clock },
	}
	for _, c := range change {
		c(&f.cfg)
	}
	m, err := New(t.Context(), f.cfg)
	if err != nil {
		t.Fatal(err)
	}
	f.Manager = m
	return f
}

func (f *tokenFixture) signIn(t *testing.T) Tokens {
	t.Helper()
	got, err := f.SignIn(t.Context(), SignIn{
		Subject: "usr_1", Username: "alice@example.com", Roles: []string{"admin"}, AMR: []string{"pwd"},
		Mode: ModeBody, UserAgent: "canary-agent", Address: "203.0.113.7",
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// claimsOf returns the payload of a token without checking anything.
func claimsOf(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("got %d parts, want 3", len(parts))
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(raw, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestT02_IssuedClaims(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"ES256", "EdDSA"} {
		f := newTokenFixture(t, func(c *Config) { c.Algorithm = algorithm })
		tokens := f.signIn(t)
		got := claimsOf(t, tokens.AccessToken)
		if id, _ := got["jti"].(string); len(id) != 36 {
			t.Errorf("jti: got %v, want a UUID", got["jti"])
		}
		delete(got, "jti")
		at := float64(keyTime.Unix())
		want := map[string]any{
			"iss": "https://id.example.com", "aud": "https://api.example.com", "sub": "usr_1", "client_id": "renewd",
			"sid": tokens.Session.ID.String(), "iat": at, "exp": at + 900, "auth_time": at,
			"amr": []any{"pwd"}, "roles": []any{"admin"},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: claims (-want +got):\n%s", algorithm, diff)
		}
		if _, _, err := f.verifyAccessToken(tokens.AccessToken, f.clock); err != nil {
			t.Errorf("%s: its own token: %v", algorithm, err)
		}
	}
}

func TestTokenIDsDiffer(t *testing.T) {
	t.Parallel()
	f := newTokenFixture(t)
	seen := make(map[any]bool)
	for range 20 {
		seen[claimsOf(t, f.signIn(t).AccessToken)["jti"]] = true
	}
	if len(seen) != 20 {
		t.Errorf("got %d token ids, want 20", len(seen))
	}
}

func TestP01_NothingPersonalInTheClaims(t *testing.T) {
	t.Parallel()
	claims := claimsOf(t, newTokenFixture(t).signIn(t).AccessToken)
	allowed := []string{"iss", "sub", "aud", "client_id", "iat", "exp", "jti", "sid", "auth_time", "amr", "acr", "scope", "roles"}
	for name := range maps.Keys(claims) {
		if !slices.Contains(allowed, name) {
			t.Errorf("claim %q is not on the list", name)
		}
	}
	text, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	for _, personal := range []string{"alice", "canary-agent", "203.0.113.7"} {
		if strings.Contains(string(text), personal) {
			t.Errorf("the claims hold %q: %s", personal, text)
		}
	}
}

// T-17, and that a token never outlives its session.
func TestT17_ExpiryOfAccessTokens(t *testing.T) {
	t.Parallel()
	policy := func(access, idle, absolute time.Duration) func(*Config) {
		return func(c *Config) {
			c.Policy.AccessTokenLifetime, c.Policy.IdleTimeout, c.Policy.AbsoluteTimeout = access, idle, absolute
		}
	}
	const late = 750 * time.Millisecond // past the whole second
	for name, c := range map[string]struct {
		policy func(*Config)
		wait   time.Duration // before a refresh; 0 for the token of the sign-in
		want   time.Duration
	}{
		"lifetime":                    {policy(15*time.Minute, time.Hour, 2*time.Hour), 0, 15 * time.Minute},
		"idle expiry is sooner":       {policy(15*time.Minute, time.Minute, time.Hour), 0, time.Minute},
		"absolute expiry is sooner":   {policy(15*time.Minute, time.Hour, time.Hour), 50 * time.Minute, 10 * time.Minute},
		"absolute expiry is at once":  {policy(time.Hour, time.Minute, time.Minute), 59500 * time.Millisecond, 0},
		"parts of a second are cut":   {policy(90*time.Second, 10500*time.Millisecond, time.Hour), 0, 11 * time.Second},
		"shortest lifetime":           {policy(time.Second, time.Hour, time.Hour), 0, time.Second},
		"lifetime after a late start": {policy(15*time.Minute, time.Hour, 2*time.Hour), 700 * time.Millisecond, 15 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newTokenFixture(t, c.policy)
			f.clock = f.clock.Add(late)
			got := f.signIn(t)
			if c.wait > 0 {
				f.clock = f.clock.Add(c.wait)
				got = f.refresh(t, got)
			}
			if got.ExpiresIn != c.want {
				t.Errorf("ExpiresIn: got %v, want %v", got.ExpiresIn, c.want)
			}
			claims := claimsOf(t, got.AccessToken)
			iat, exp := claims["iat"].(float64), claims["exp"].(float64)
			if exp-iat != got.ExpiresIn.Seconds() {
				t.Errorf("exp - iat: got %v, want ExpiresIn, %v", exp-iat, got.ExpiresIn.Seconds())
			}
			end := time.Unix(int64(exp), 0)
			if end.After(got.Session.IdleExpiresAt) || end.After(got.Session.ExpiresAt) {
				t.Errorf("exp %v is after the session's end, %v or %v", end, got.Session.IdleExpiresAt, got.Session.ExpiresAt)
			}
			if int64(iat) != f.clock.Unix() {
				t.Errorf("iat: got %v, want %v", iat, f.clock.Unix())
			}
		})
	}
}

func (f *tokenFixture) refresh(t *testing.T, held Tokens) Tokens {
	t.Helper()
	got, err := f.Refresh(t.Context(), RefreshRequest{RefreshToken: held.RefreshToken, Mode: ModeBody})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestT17_AbsurdLifetimesAreRefused(t *testing.T) {
	t.Parallel()
	for _, lifetime := range []time.Duration{-time.Minute, 0, time.Second - 1, 24*time.Hour + time.Millisecond} {
		f := newTokenFixture(t)
		f.cfg.Policy.AccessTokenLifetime = lifetime
		_, err := New(t.Context(), f.cfg)
		var config *ConfigError
		if !errors.As(err, &config) || config.Field != "Policy.AccessTokenLifetime" {
			t.Errorf("%v: got %v, want a ConfigError of Policy.AccessTokenLifetime", lifetime, err)
		}
	}
}

func TestT18_SignInDataStaysOverRefreshes(t *testing.T) {
	t.Parallel()
	f := newTokenFixture(t)
	tokens := f.signIn(t)
	first := claimsOf(t, tokens.AccessToken)
	for i := range 5 {
		f.clock = f.clock.Add(time.Hour)
		tokens = f.refresh(t, tokens)
		claims := claimsOf(t, tokens.AccessToken)
		for _, name := range []string{"auth_time", "amr", "acr", "sid", "sub", "client_id"} {
			if diff := cmp.Diff(first[name], claims[name]); diff != "" {
				t.Errorf("refresh %d: %s (-first +got):\n%s", i+1, name, diff)
			}
		}
		if claims["iat"] == first["iat"] || claims["jti"] == first["jti"] {
			t.Errorf("refresh %d: iat or jti did not move", i+1)
		}
	}
}

func TestVerifyAccessToken(t *testing.T) {
	t.Parallel()
	f := newTokenFixture(t)
	tokens := f.signIn(t)
	claims, id, err := f.verifyAccessToken(tokens.AccessToken, f.clock)
	if err != nil || claims.Subject != "usr_1" || id != tokens.Session.ID {
		t.Errorf("got %q, %v, %v", claims.Subject, id, err)
	}

	// There is no leeway where the session itself is at hand.
	end := f.clock.Add(tokens.ExpiresIn)
	if _, _, err := f.verifyAccessToken(tokens.AccessToken, end.Add(-time.Millisecond)); err != nil {
		t.Errorf("just before exp: %v", err)
	}
	claims, id, err = f.verifyAccessToken(tokens.AccessToken, end)
	if !errors.Is(err, ErrInvalidToken) || !errors.Is(err, atjwt.ErrExpired) {
		t.Errorf("at exp: got %v, want ErrInvalidToken with ErrExpired", err)
	}
	if claims.Subject != "usr_1" || id != tokens.Session.ID {
		t.Errorf("at exp: got the claims of %q and %v", claims.Subject, id)
	}
}

func TestVerifyAccessTokenRefuses(t *testing.T) {
	t.Parallel()
	f := newTokenFixture(t)
	key, err := f.keys.signer(f.clock)
	if err != nil {
		t.Fatal(err)
	}
	good := atjwt.Claims{
		Issuer: f.cfg.Issuer, Audience: f.cfg.Audience, Subject: "usr_1", ClientID: "renewd", TokenID: "t",
		SessionID: "ses_aaaaaaaaaaaaaaaaaaaaaaaaaa", IssuedAt: f.clock, ExpiresAt: f.clock.Add(time.Hour), AuthTime: f.clock,
	}
	sign := func(change func(*atjwt.Claims)) string {
		c := good
		change(&c)
		token, err := atjwt.Sign(key, c)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	if _, _, err := f.verifyAccessToken(sign(func(*atjwt.Claims) {}), f.clock); err != nil {
		t.Fatalf("nothing wrong: %v", err)
	}
	for name, token := range map[string]string{
		"refresh token":         f.signIn(t).RefreshToken, // T-09, A-40
		"nothing":               "",
		"another's key":         newTokenFixture(t).signIn(t).AccessToken, // T-05
		"another issuer":        sign(func(c *atjwt.Claims) { c.Issuer = "https://other.example.com" }),
		"another audience":      sign(func(c *atjwt.Claims) { c.Audience = []string{"other"} }), // T-06
		"sid of no session":     sign(func(c *atjwt.Claims) { c.SessionID = "ses_" }),
		"sid in capitals":       sign(func(c *atjwt.Claims) { c.SessionID = strings.ToUpper(c.SessionID) }),
		"sid, and it's expired": sign(func(c *atjwt.Claims) { c.SessionID, c.ExpiresAt = "x", c.IssuedAt }),
	} {
		claims, id, err := f.verifyAccessToken(token, f.clock)
		if !errors.Is(err, ErrInvalidToken) || errors.Is(err, atjwt.ErrExpired) {
			t.Errorf("%s: got %v, want ErrInvalidToken alone", name, err)
		}
		if diff := cmp.Diff(atjwt.Claims{}, claims); diff != "" || !id.IsZero() {
			t.Errorf("%s: got the claims and session of a refused token: %v %s", name, id, diff)
		}
	}
}

// A-40, the other way round: an access token is no refresh token.
func TestT09_AccessTokenIsNoRefreshToken(t *testing.T) {
	t.Parallel()
	f := newTokenFixture(t)
	_, err := f.Refresh(t.Context(), RefreshRequest{RefreshToken: f.signIn(t).AccessToken, Mode: ModeBody})
	if !errors.Is(err, ErrInvalidToken) {
		t.Errorf("Refresh: got %v, want ErrInvalidToken", err)
	}
}

// An instance that starts later takes the tokens of the others, also those of
// another algorithm.
func TestInstancesTakeEachOthersTokens(t *testing.T) {
	t.Parallel()
	f := newTokenFixture(t)
	token := f.signIn(t).AccessToken
	for _, algorithm := range []string{"ES256", "EdDSA"} {
		cfg := f.cfg
		cfg.Algorithm = algorithm
		m, err := New(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Authenticate(t.Context(), token); err != nil {
			t.Errorf("%s: %v", algorithm, err)
		}
	}
}
