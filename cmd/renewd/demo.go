package main

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/renewd/renewd/account"
	"github.com/renewd/renewd/internal/settings"
)

const demoName = "demo"

// checkDemo refuses what does not go with a demonstration: other machines, and
// data that is to stay.
func (c *serveCmd) checkDemo(s *settings.Settings) error {
	if !c.Demo {
		return nil
	}
	if !loopback(s.Listen) {
		return usagef("--demo serves this machine only: --listen must be a loopback address, got %q", s.Listen)
	}
	for _, name := range []string{"data", "store", "secret-file"} {
		if s.Source(name).Kind == settings.FromFlag {
			return usagef("--demo keeps nothing: leave out --%s", name)
		}
	}
	return nil
}

// demoSecrets returns a master secret that nobody keeps.
func demoSecrets() [][]byte { return [][]byte{[]byte(rand.Text() + rand.Text())} }

// announceDemo makes the person who tries the server out.
func (srv *server) announceDemo(ctx context.Context) error {
	password := rand.Text()
	_, err := srv.accounts.Create(ctx, account.NewPerson{Name: demoName, Password: password})
	if err != nil {
		return fmt.Errorf("make the person %s: %w", demoName, err)
	}
	fmt.Fprintf(srv.app.stdout, "Data: in memory, gone when the server ends\n\nSign in at\n  %s/login\nas %s with the password %s\n",
		srv.settings.Issuer, demoName, password)
	return nil
}
