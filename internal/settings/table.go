package settings

import (
	"slices"
	"strings"
	"time"

	"github.com/renewd/renewd"
)

// Setting is one row of the table of settings.
type Setting struct {
	// Name is the flag without its dashes, and the key in the file.
	Name string
	// Help says what it is for, in a phrase.
	Help string
	// Default is the value when nobody sets it, as one would write it.
	Default string
	// Derived says in words what the default is, where it follows from other
	// settings.
	Derived string
	// NotFlag keeps the setting off the command line, where every process on
	// the machine can read it.
	NotFlag bool
	// NotInFile keeps the setting out of the configuration file.
	NotInFile bool

	bind func(*Settings) value
}

// Variable returns the name of the environment variable.
func (s Setting) Variable() string {
	return "RENEWD_" + strings.ToUpper(strings.ReplaceAll(s.Name, "-", "_"))
}

// Accepts says what values the setting takes.
func (s Setting) Accepts() string { return s.bind(&Settings{}).accepts() }

// Placeholder stands for the value in a usage text; empty for a switch.
func (s Setting) Placeholder() string { return s.bind(&Settings{}).placeholder() }

// Repeatable reports whether the setting takes several values.
func (s Setting) Repeatable() bool { return s.bind(&Settings{}).repeatable() }

// Values returns the values in force, as one would write them. A secret is
// masked.
func (s Setting) Values(in *Settings) []string { return s.bind(in).texts() }

// The library's own defaults are those of the server.
var defaults = renewd.DefaultPolicy()

// Table returns every setting, in the order in which people look for them.
func Table() []Setting { return slices.Clone(table) }

var table = []Setting{
	{
		Name: "config", Default: "renewd.toml", NotInFile: true,
		Help: "configuration file; the default one need not exist",
		bind: func(s *Settings) value { return text{&s.Config, "FILE", "a path", anyText} },
	},
	{
		Name: "listen", Default: "localhost:8080",
		Help: "address of the public listener; port 0 takes a free one",
		bind: func(s *Settings) value { return address(&s.Listen) },
	},
	{
		Name: "data", Default: "./renewd-data",
		Help: "data directory: the embedded store and its secret",
		bind: func(s *Settings) value { return text{&s.Data, "DIR", "a path", anyText} },
	},
	{
		Name: "store", Derived: "`sqlite:DATA/renewd.db`",
		Help: "where accounts and sessions are kept",
		bind: func(s *Settings) value { return text{&s.Store, "DSN", "sqlite:PATH", storeDSN} },
	},
	{
		Name: "issuer", Derived: "`http://` and the address of the public listener",
		Help: "URL by which people reach the server, and the issuer of its tokens",
		bind: func(s *Settings) value {
			return text{&s.Issuer, "URL", "an absolute http or https URL of at most 256 bytes, without user, query and fragment", issuerURL}
		},
	},
	{
		Name: "audience", Derived: "the issuer",
		Help: "audience of access tokens; the first is the one that renewd itself requires",
		bind: func(s *Settings) value { return list{&s.Audience, "NAME", "1 to 256 bytes", shortText} },
	},
	{
		Name: "admin-listen", Default: "127.0.0.1:8081",
		Help: "address of the operator's listener: health and profiles; loopback only",
		bind: func(s *Settings) value { return address(&s.AdminListen) },
	},
	{
		Name: "insecure-admin-listen",
		Help: "let the operator's listener leave the loopback interface, without any sign-in",
		bind: func(s *Settings) value { return toggle{&s.InsecureAdminListen} },
	},
	{
		Name: "allowed-origin",
		Help: "origin whose pages may call the server from the browser",
		bind: func(s *Settings) value {
			return list{&s.AllowedOrigins, "ORIGIN", "scheme, host and port as browsers send them, without a slash at the end, for instance https://app.example.com", origin}
		},
	},
	{
		Name: "allowed-host", Derived: "the issuer's host, with every name of the loopback interface where it is one",
		Help: "further host that requests may be addressed to; without a port, at the default ones",
		bind: func(s *Settings) value {
			return list{&s.AllowedHosts, "HOST", "a host name or host:port, in lower case", hostName}
		},
	},
	{
		Name: "trusted-proxy",
		Help: "network of the proxies whose forwarding headers count",
		bind: func(s *Settings) value { return networks{&s.TrustedProxies} },
	},
	{
		Name: "allow-browser-body-mode",
		Help: "hand refresh tokens to scripts in browsers that ask for them",
		bind: func(s *Settings) value { return toggle{&s.AllowBrowserBodyMode} },
	},
	{
		Name: "secret", NotFlag: true, NotInFile: true, Derived: "read from the secret file",
		Help: "master secret",
		bind: func(s *Settings) value { return masked{&s.Secret} },
	},
	{
		Name: "secret-file", Derived: "`DATA/secret`, made on the first start of the embedded store",
		Help: "file with the master secret, readable by its owner only",
		bind: func(s *Settings) value { return text{&s.SecretFile, "FILE", "a path", anyText} },
	},
	{
		Name: "previous-secret-file",
		Help: "file with an earlier master secret, which still verifies",
		bind: func(s *Settings) value { return list{&s.PreviousSecretFiles, "FILE", "a path", anyText} },
	},
	{
		Name: "algorithm", Default: "ES256",
		Help: "algorithm that signs access tokens",
		bind: func(s *Settings) value { return choice{&s.Algorithm, []string{"ES256", "EdDSA"}} },
	},
	{
		Name: "access-token-lifetime", Default: FormatDuration(defaults.AccessTokenLifetime),
		Help: "how long an access token is accepted",
		bind: func(s *Settings) value {
			return duration{&s.Policy.AccessTokenLifetime, renewd.MinAccessTokenLifetime, renewd.MaxAccessTokenLifetime}
		},
	},
	{
		Name: "idle-timeout", Default: FormatDuration(defaults.IdleTimeout),
		Help: "end of a session that is not used; at most the absolute timeout",
		bind: func(s *Settings) value {
			return duration{&s.Policy.IdleTimeout, time.Second, renewd.MaxAbsoluteTimeout}
		},
	},
	{
		Name: "absolute-timeout", Default: FormatDuration(defaults.AbsoluteTimeout),
		Help: "end of a session regardless of use",
		bind: func(s *Settings) value {
			return duration{&s.Policy.AbsoluteTimeout, time.Second, renewd.MaxAbsoluteTimeout}
		},
	},
	{
		Name: "remember-idle-timeout", Default: FormatDuration(defaults.RememberIdleTimeout),
		Help: "idle timeout of those who asked to be kept signed in",
		bind: func(s *Settings) value {
			return duration{&s.Policy.RememberIdleTimeout, time.Second, renewd.MaxAbsoluteTimeout}
		},
	},
	{
		Name: "remember-absolute-timeout", Default: FormatDuration(defaults.RememberAbsoluteTimeout),
		Help: "absolute timeout of those who asked to be kept signed in",
		bind: func(s *Settings) value {
			return duration{&s.Policy.RememberAbsoluteTimeout, time.Second, renewd.MaxAbsoluteTimeout}
		},
	},
	{
		Name: "reuse-interval", Default: FormatDuration(defaults.ReuseInterval),
		Help: "how long after a rotation tokens are judged leniently; 0 for never",
		bind: func(s *Settings) value { return duration{&s.Policy.ReuseInterval, 0, renewd.MaxReuseInterval} },
	},
	{
		Name: "on-recovered", Default: "continue",
		Help: "what becomes of a session whose token is ahead of the store",
		bind: func(s *Settings) value { return switched{&s.Policy.RevokeRecovered, "continue", "revoke"} },
	},
	{
		Name: "log-format", Default: "text",
		Help: "form of the log",
		bind: func(s *Settings) value { return choice{&s.LogFormat, []string{"text", "json"}} },
	},
	{
		Name: "log-level", Default: "info",
		Help: "least level that is logged",
		bind: func(s *Settings) value { return level{&s.LogLevel} },
	},
}
