// Package settings finds out how renewd is to run: what the command line, the
// environment, .env and the configuration file say, in this order.
//
// It owns the table of settings, from which the flags, the variables, the keys
// of the file and the reference in docs/config.md all come. It imports the root
// package for the policy, and no engine.
package settings

import (
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"
	"strings"

	"github.com/renewd/renewd"
)

// Settings are the settings in force.
type Settings struct {
	Config               string // path of the configuration file
	Listen               string // host:port of the public listener
	AdminListen          string // host:port of the operator's listener
	Data                 string // the data directory
	Store                string // sqlite:PATH
	Issuer               string
	Audience             []string
	AllowedOrigins       []string
	AllowedHosts         []string
	TrustedProxies       []netip.Prefix
	AllowBrowserBodyMode bool
	Secret               string // as it was given; empty when it is in a file
	SecretFile           string
	PreviousSecretFiles  []string
	Algorithm            string
	Policy               renewd.Policy
	LogFormat            string // "text" or "json"
	LogLevel             slog.Level
	InsecureAdminListen  bool

	sources map[string]Source
}

// Source returns where the value of a setting came from.
func (s *Settings) Source(name string) Source { return s.sources[name] }

// EmbeddedStore returns the DSN of the store in the data directory, which is
// the default.
func (s *Settings) EmbeddedStore() string {
	return "sqlite:" + filepath.Join(s.Data, "renewd.db")
}

// ListensOn makes the defaults that follow from the address of the public
// listener: the issuer, and the audience after it.
func (s *Settings) ListensOn(address string) {
	if s.Source("issuer").Kind == FromDefault {
		s.Issuer = "http://" + Reachable(address)
	}
	if s.Source("audience").Kind == FromDefault {
		s.Audience = []string{s.Issuer}
	}
}

// Reachable returns the address by which this machine reaches a listener: one
// that listens everywhere is reached as localhost.
func Reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if host == "" || net.ParseIP(host).IsUnspecified() {
		host = "localhost"
	}
	if port == "80" {
		return strings.TrimSuffix(net.JoinHostPort(host, ""), ":")
	}
	return net.JoinHostPort(host, port)
}

// derive fills in the defaults that follow from other settings.
func (s *Settings) derive() {
	if s.Store == "" {
		s.Store = s.EmbeddedStore()
	}
	if s.SecretFile == "" {
		s.SecretFile = filepath.Join(s.Data, "secret")
	}
	s.ListensOn(s.Listen)
}
