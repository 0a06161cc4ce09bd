package renewd

import (
	"fmt"
	"net/url"
	"time"

	"github.com/renewd/renewd/store"
)

// Bounds of a [Policy].
const (
	MinAccessTokenLifetime = time.Second
	MaxAccessTokenLifetime = 24 * time.Hour
	MaxReuseInterval       = time.Minute
	MaxAbsoluteTimeout     = 400 * 24 * time.Hour // what browsers keep a cookie for
)

// Policy is how long things last, and what happens when they do not. Changing
// it never lengthens a session that was issued before.
type Policy struct {
	// AccessTokenLifetime is 1s to 24h; minutes are usual. It is also how long a
	// revocation may go unnoticed by an API that does not follow revocations.
	AccessTokenLifetime time.Duration
	// IdleTimeout ends a session that is not used; at most AbsoluteTimeout.
	IdleTimeout time.Duration
	// AbsoluteTimeout ends a session however much it is used; at most 9600h.
	AbsoluteTimeout time.Duration
	// RememberIdleTimeout is the IdleTimeout of people who asked to be kept
	// signed in.
	RememberIdleTimeout time.Duration
	// RememberAbsoluteTimeout is their AbsoluteTimeout.
	RememberAbsoluteTimeout time.Duration
	// ReuseInterval is how long after a rotation tokens are judged leniently:
	// 0 (never) to 1m.
	ReuseInterval time.Duration
	// RevokeRecovered revokes a session whose token is ahead of the store, which
	// proves that the store lost writes or that a key leaked. The default, false,
	// keeps people signed in after a restored backup.
	RevokeRecovered bool
}

// DefaultPolicy returns the policy that `renewd serve` starts with.
func DefaultPolicy() Policy {
	const day = 24 * time.Hour
	return Policy{
		AccessTokenLifetime:     15 * time.Minute,
		IdleTimeout:             day,
		AbsoluteTimeout:         7 * day,
		RememberIdleTimeout:     14 * day,
		RememberAbsoluteTimeout: 30 * day,
		ReuseInterval:           10 * time.Second,
	}
}

func (p Policy) validate() error {
	for _, f := range []struct {
		field         string
		got, min, max time.Duration
	}{
		{"AccessTokenLifetime", p.AccessTokenLifetime, MinAccessTokenLifetime, MaxAccessTokenLifetime},
		{"AbsoluteTimeout", p.AbsoluteTimeout, time.Second, MaxAbsoluteTimeout},
		{"IdleTimeout", p.IdleTimeout, time.Second, p.AbsoluteTimeout},
		{"RememberAbsoluteTimeout", p.RememberAbsoluteTimeout, time.Second, MaxAbsoluteTimeout},
		{"RememberIdleTimeout", p.RememberIdleTimeout, time.Second, p.RememberAbsoluteTimeout},
		{"ReuseInterval", p.ReuseInterval, 0, MaxReuseInterval},
	} {
		if f.got < f.min || f.got > f.max {
			return &ConfigError{"Policy." + f.field, fmt.Sprintf("must be %v to %v, got %v", f.min, f.max, f.got)}
		}
		if f.got%time.Millisecond != 0 {
			return &ConfigError{"Policy." + f.field, fmt.Sprintf("must be whole milliseconds, got %v", f.got)}
		}
	}
	return nil
}

func (p Policy) timeouts(remember bool) (idle, absolute time.Duration) {
	if remember {
		return p.RememberIdleTimeout, p.RememberAbsoluteTimeout
	}
	return p.IdleTimeout, p.AbsoluteTimeout
}

// Config is what a [Manager] needs. There is no default store, issuer, audience
// or secret: [New] fails without them.
type Config struct {
	// Issuer is the "iss" of access tokens (RFC 9068, Section 2.2): an absolute
	// http or https URL without query or fragment, at most 256 bytes.
	Issuer string
	// Audience is the "aud" of access tokens: at least one value, each 1 to 256
	// bytes. The first is what this Manager requires of the tokens it verifies.
	Audience []string
	// Sessions keeps the sessions.
	Sessions store.Sessions
	// SigningKeys keeps the keys that access tokens are signed with.
	SigningKeys store.SigningKeys
	// Secrets are the master secrets, 32 to 1024 bytes each, the current one
	// first. What was made under the others still counts.
	Secrets [][]byte
	// Algorithm signs access tokens: "ES256" (the default) or "EdDSA".
	Algorithm string
	// Policy is required; start from [DefaultPolicy].
	Policy Policy
	// Events takes events; nil drops them.
	Events EventRecorder
	// Now is the clock; nil stands for time.Now.
	Now func() time.Time
}

const (
	maxIssuerBytes = 256
	maxNameBytes   = 256
)

func (c Config) validate() error {
	if err := c.validateIssuer(); err != nil {
		return err
	}
	if len(c.Audience) == 0 {
		return &ConfigError{"Audience", "must have at least one value"}
	}
	for _, a := range c.Audience {
		if a == "" || len(a) > maxNameBytes {
			return &ConfigError{"Audience", fmt.Sprintf("values must be 1 to %d bytes, got %d", maxNameBytes, len(a))}
		}
	}
	if c.Sessions == nil {
		return &ConfigError{"Sessions", "must be set"}
	}
	if c.SigningKeys == nil {
		return &ConfigError{"SigningKeys", "must be set"}
	}
	if c.Algorithm != "ES256" && c.Algorithm != "EdDSA" {
		return &ConfigError{"Algorithm", fmt.Sprintf(`must be "ES256" or "EdDSA", got %q`, c.Algorithm)}
	}
	return c.Policy.validate()
}

func (c Config) validateIssuer() error {
	u, err := url.Parse(c.Issuer)
	switch {
	case c.Issuer == "":
		return &ConfigError{"Issuer", "must be set"}
	case len(c.Issuer) > maxIssuerBytes:
		return &ConfigError{"Issuer", fmt.Sprintf("must be at most %d bytes, got %d", maxIssuerBytes, len(c.Issuer))}
	case err != nil || u.Host == "" || u.User != nil || (u.Scheme != "https" && u.Scheme != "http"):
		return &ConfigError{"Issuer", "must be an absolute http or https URL without user information"}
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return &ConfigError{"Issuer", "must have no query and no fragment"}
	}
	return nil
}
