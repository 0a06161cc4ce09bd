package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/renewd/renewd/internal/settings"
)

// announce says where the server is and what a person needs to begin, and warns
// of settings that are likely mistakes.
func (srv *server) announce(ctx context.Context, d *listeners, demo bool) error {
	srv.warn()
	out, s := srv.app.stdout, srv.settings
	fmt.Fprintf(out, "renewd is listening on http://%s\n", settings.Reachable(cameTo(s.Listen, d.public)))
	if s.Source("issuer").Kind != settings.FromDefault {
		fmt.Fprintf(out, "Issuer: %s\n", s.Issuer)
	}
	fmt.Fprintf(out, "Operator: http://%s (health, profiles)\n", settings.Reachable(cameTo(s.AdminListen, d.operator)))
	if demo {
		return srv.announceDemo(ctx)
	}
	fmt.Fprintf(out, "Data: %s\n", absolute(s.Data))
	if !embedded(s) {
		fmt.Fprintf(out, "Store: %s\n", storePath(s))
	}
	if db, ok := srv.db.(interface{ Backup() string }); ok && db.Backup() != "" {
		fmt.Fprintf(out, "The store was migrated. A backup of it as it was is in %s\n", db.Backup())
	}
	if srv.setup != nil {
		fmt.Fprintf(out, "\nThere is no account yet. Make the first administrator within an hour at\n  %s/setup#%s\nor with\n  %s\n",
			strings.TrimSuffix(s.Issuer, "/"), srv.setup.Secret(), userAddCommand(s))
	}
	return nil
}

// userAddCommand is what does the same as the link.
func userAddCommand(s *settings.Settings) string {
	command := "renewd user add NAME --role admin"
	if s.Source("data").Kind == settings.FromFlag {
		command += " --data " + shellQuote(s.Data)
	}
	if s.Source("store").Kind == settings.FromFlag {
		command += " --store " + shellQuote(s.Store)
	}
	return command
}

// shellQuote writes a word as a POSIX shell reads it.
func shellQuote(s string) string {
	plain := func(r rune) bool {
		return r == '/' || r == '.' || r == '-' || r == '_' || r == ':' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	}
	if s != "" && strings.TrimFunc(s, plain) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func (srv *server) warn() {
	s := srv.settings
	if l := s.Policy.AccessTokenLifetime; l < time.Minute || l > time.Hour {
		srv.log.Warn("access-token-lifetime is outside 1m to 1h: shorter ones cost a refresh each, longer ones outlive a revocation where nobody follows revocations",
			slog.String("access_token_lifetime", settings.FormatDuration(l)))
	}
	if s.Source("issuer").Kind == settings.FromDefault && !loopback(s.Listen) {
		srv.log.Warn("the issuer follows from the listening address: set --issuer to the URL by which people reach the server",
			slog.String("issuer", s.Issuer))
	}
	if s.InsecureAdminListen && !loopback(s.AdminListen) {
		srv.log.Warn("the operator's listener is open to other machines, without any sign-in",
			slog.String("admin_listen", s.AdminListen))
	}
}
