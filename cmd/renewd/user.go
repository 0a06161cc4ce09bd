package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/renewd/renewd/account"
	"github.com/renewd/renewd/internal/settings"
)

type userCmds struct {
	Settings kong.Plugins `embed:""`

	Add     userAddCmd     `cmd:"" help:"Add a person; the first one may be added before the first start."`
	List    userListCmd    `cmd:"" help:"List people."`
	Show    userShowCmd    `cmd:"" help:"Show a person."`
	Disable userDisableCmd `cmd:"" help:"Keep a person out, and end their sessions."`
	Enable  userEnableCmd  `cmd:"" help:"Let a person in again."`
	Passwd  userPasswdCmd  `cmd:"" help:"Set a person's password, and end their sessions."`
	Delete  userDeleteCmd  `cmd:"" help:"Delete a person, and end their sessions."`
}

// withAccounts opens the store and calls do with its account service. Sessions
// are revoked in the store itself: these commands need no secret.
func (a *app) withAccounts(ctx context.Context, do func(*account.Service) error) error {
	s, err := a.settings()
	if err != nil {
		return err
	}
	return a.withAccountsOf(ctx, s, openStore, do)
}

func (a *app) withAccountsOf(ctx context.Context, s *settings.Settings, open func(context.Context, *settings.Settings) (engine, error), do func(*account.Service) error) (err error) {
	db, err := open(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	accounts, err := newAccounts(a, db, db)
	if err != nil {
		return err
	}
	return do(accounts)
}

// personName is the argument of the commands about one person.
type personName struct {
	Name string `arg:"" help:"The name that the person signs in with."`
}

// explain says of a failure which person it is about, and what to do.
func (p personName) explain(err error) error {
	switch {
	case errors.Is(err, account.ErrNotFound):
		return fmt.Errorf("there is no person named %q: see `renewd user list`", p.Name)
	case errors.Is(err, account.ErrNameTaken):
		return fmt.Errorf("there is a person named %q already: choose another name", p.Name)
	case errors.Is(err, account.ErrRevocationOwed):
		return fmt.Errorf("%w: run the command again; a running server does it within a minute", err)
	}
	return err
}

type userAddCmd struct {
	personName
	PasswordStdin bool     `help:"Read the password from the first line of standard input."`
	Role          []string `placeholder:"ROLE" sep:"none" help:"Role of the person, for instance admin; may be repeated."`
	output
}

// Run adds a person. It makes the store when it is not there yet.
func (c *userAddCmd) Run(ctx context.Context, a *app) error {
	password, err := a.newPassword(ctx, c.PasswordStdin)
	if err != nil {
		return err // before anything is made
	}
	s, err := a.settings()
	if err != nil {
		return err
	}
	if err := prepare(s); err != nil {
		return err
	}
	return a.withAccountsOf(ctx, s, connect, func(accounts *account.Service) error {
		p, err := accounts.Create(ctx, account.NewPerson{Name: c.Name, Password: password, Roles: c.Role})
		if err != nil {
			return c.explain(err)
		}
		return a.printPerson(p, c.JSON, "added")
	})
}

type userListCmd struct{ output }

const peoplePage = 1000

// Run lists everybody in the order of their names.
func (c *userListCmd) Run(ctx context.Context, a *app) error {
	return a.withAccounts(ctx, func(accounts *account.Service) error {
		out := newListing(a.stdout, c.JSON, "NAME", "ROLES", "STATE", "CREATED", "SUBJECT")
		after := ""
		for {
			page, err := accounts.List(ctx, after, peoplePage)
			if err != nil {
				return err
			}
			for _, p := range page {
				if err := out.add(personJSONOf(p), p.Name, orDash(strings.Join(p.Roles, ",")), personState(p), shown(p.CreatedAt), p.Subject); err != nil {
					return err
				}
			}
			if len(page) < peoplePage {
				return out.close()
			}
			after = page[len(page)-1].Name
		}
	})
}

type userShowCmd struct {
	personName
	output
}

// Run shows one person.
func (c *userShowCmd) Run(ctx context.Context, a *app) error {
	return a.withAccounts(ctx, func(accounts *account.Service) error {
		p, err := accounts.Lookup(ctx, c.Name)
		if err != nil {
			return c.explain(err)
		}
		return a.printPerson(p, c.JSON, "")
	})
}

type userDisableCmd struct {
	personName
	output
}

// Run disables a person.
func (c *userDisableCmd) Run(ctx context.Context, a *app) error {
	return c.change(ctx, a, c.JSON, "disabled", (*account.Service).Disable)
}

type userEnableCmd struct {
	personName
	output
}

// Run enables a person.
func (c *userEnableCmd) Run(ctx context.Context, a *app) error {
	return c.change(ctx, a, c.JSON, "enabled", (*account.Service).Enable)
}

// change changes a person and prints what became of them.
func (p personName) change(ctx context.Context, a *app, asJSON bool, done string, change func(*account.Service, context.Context, string) error) error {
	return a.withAccounts(ctx, func(accounts *account.Service) error {
		if err := change(accounts, ctx, p.Name); err != nil {
			return p.explain(err)
		}
		person, err := accounts.Lookup(ctx, p.Name)
		if err != nil {
			return p.explain(err)
		}
		return a.printPerson(person, asJSON, done)
	})
}

type userPasswdCmd struct {
	personName
	PasswordStdin bool `help:"Read the password from the first line of standard input."`
	output
}

// Run sets a password.
func (c *userPasswdCmd) Run(ctx context.Context, a *app) error {
	set := func(accounts *account.Service, ctx context.Context, name string) error {
		if _, err := accounts.Lookup(ctx, name); err != nil {
			return err // before a person types a password twice
		}
		password, err := a.newPassword(ctx, c.PasswordStdin)
		if err != nil {
			return err
		}
		return accounts.SetPassword(ctx, name, password)
	}
	return c.change(ctx, a, c.JSON, "password set, sessions ended", set)
}

type userDeleteCmd struct {
	personName
	Yes bool `help:"Do not ask."`
	output
}

// Run deletes a person.
func (c *userDeleteCmd) Run(ctx context.Context, a *app) error {
	return a.withAccounts(ctx, func(accounts *account.Service) error {
		p, err := accounts.Lookup(ctx, c.Name)
		if err != nil {
			return c.explain(err)
		}
		if err := a.confirm(ctx, c.Yes, fmt.Sprintf("Delete %s and end every session?", printable(p.Name))); err != nil {
			return err
		}
		if err := accounts.Delete(ctx, c.Name); err != nil {
			return c.explain(err)
		}
		return a.printPerson(p, c.JSON, "deleted")
	})
}

// personJSON is a person for programs.
type personJSON struct {
	Name      string    `json:"name"`
	Subject   string    `json:"subject"`
	Roles     []string  `json:"roles"`
	Disabled  bool      `json:"disabled"`
	CreatedAt time.Time `json:"created_at"`
}

func personJSONOf(p account.Person) personJSON {
	return personJSON{p.Name, p.Subject, append([]string{}, p.Roles...), p.Disabled, p.CreatedAt.UTC()}
}

func personState(p account.Person) string {
	if p.Disabled {
		return "disabled"
	}
	return "enabled"
}

// printPerson prints a person; done says what was done to them, for people.
func (a *app) printPerson(p account.Person, asJSON bool, done string) error {
	if asJSON {
		return writeJSON(a.stdout, personJSONOf(p))
	}
	if done != "" {
		_, err := fmt.Fprintf(a.stdout, "%s: %s\n", printable(p.Name), done)
		return err
	}
	t := newTable(a.stdout)
	t.row("name", p.Name)
	t.row("subject", p.Subject)
	t.row("roles", orDash(strings.Join(p.Roles, ",")))
	t.row("state", personState(p))
	t.row("created", shown(p.CreatedAt))
	return t.flush()
}
