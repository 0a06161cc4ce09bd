package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/renewd/renewd"
	"github.com/renewd/renewd/store"
)

type sessionCmd struct {
	Settings kong.Plugins `embed:""`

	List   sessionListCmd   `cmd:"" help:"List the sessions that live."`
	Show   sessionShowCmd   `cmd:"" help:"Show a session, also one that is over."`
	Revoke sessionRevokeCmd `cmd:"" help:"Revoke sessions."`
}

// data is an open store and the Manager over it.
type data struct {
	db      engine
	manager *renewd.Manager
}

// withManager opens the store and calls do with its Manager.
func (a *app) withManager(ctx context.Context, do func(data) error) (err error) {
	s, err := a.settings()
	if err != nil {
		return err
	}
	db, err := openStore(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	masters, err := secrets(s)
	if err != nil {
		return err
	}
	m, err := newManager(ctx, a, s, masters, db, nil)
	if err != nil {
		return err
	}
	return do(data{db, m})
}

// subject returns the subject of the person with a name.
func (d data) subject(ctx context.Context, a *app, name string) (string, error) {
	accounts, err := newAccounts(a, d.db, d.db)
	if err != nil {
		return "", err
	}
	p, err := accounts.Lookup(ctx, name)
	if err != nil {
		return "", personName{name}.explain(err)
	}
	return p.Subject, nil
}

type sessionListCmd struct {
	User string `placeholder:"NAME" help:"Only the sessions of this person."`
	output
}

// Run lists the sessions that live.
func (c *sessionListCmd) Run(ctx context.Context, a *app) error {
	return a.withManager(ctx, func(d data) error {
		out := newListing(a.stdout, c.JSON, "ID", "USER", "DEVICE", "ADDRESS", "USED", "EXPIRES")
		add := func(s renewd.Session) error {
			return out.add(sessionJSONOf(s), s.ID.String(), s.Username, device(s.UserAgent), orDash(s.Address), shown(s.UsedAt), shown(s.ExpiresAt))
		}
		if err := c.each(ctx, a, d, add); err != nil {
			return err
		}
		return out.close()
	})
}

func (c *sessionListCmd) each(ctx context.Context, a *app, d data, do func(renewd.Session) error) error {
	if c.User == "" {
		return d.eachSession(ctx, do)
	}
	subject, err := d.subject(ctx, a, c.User)
	if err != nil {
		return err
	}
	sessions, err := d.manager.Sessions(ctx, subject)
	for _, s := range sessions {
		if err := do(s); err != nil {
			return err
		}
	}
	return err
}

const sessionPage = 1000

// eachSession calls do with every live session.
func (d data) eachSession(ctx context.Context, do func(renewd.Session) error) error {
	var after store.SessionID
	for {
		page, err := d.manager.AllSessions(ctx, after, sessionPage)
		if err != nil {
			return err
		}
		for _, s := range page {
			if err := do(s); err != nil {
				return err
			}
		}
		if len(page) < sessionPage {
			return nil
		}
		after = page[len(page)-1].ID
	}
}

type sessionShowCmd struct {
	ID string `arg:"" help:"Session id."`
	output
}

// Run shows one session.
func (c *sessionShowCmd) Run(ctx context.Context, a *app) error {
	id, err := parseSessionID(c.ID)
	if err != nil {
		return err
	}
	return a.withManager(ctx, func(d data) error {
		s, err := d.manager.Session(ctx, id)
		if err != nil {
			return explainSession(id, err)
		}
		if c.JSON {
			return writeJSON(a.stdout, sessionJSONOf(s))
		}
		return showSession(a, s)
	})
}

func parseSessionID(text string) (store.SessionID, error) {
	id, err := store.ParseSessionID(text)
	if err != nil {
		return id, usagef("%q is not a session id: %v", text, err)
	}
	return id, nil
}

func explainSession(id store.SessionID, err error) error {
	if errors.Is(err, renewd.ErrNotFound) {
		return fmt.Errorf("there is no session %s: it may have expired; see `renewd session list`", id)
	}
	return err
}

func showSession(a *app, s renewd.Session) error {
	t := newTable(a.stdout)
	t.row("id", s.ID.String())
	t.row("user", orDash(s.Username))
	t.row("subject", s.Subject)
	t.row("state", sessionState(s))
	t.row("client", s.ClientID)
	t.row("mode", s.Mode.String())
	t.row("remember", strconv.FormatBool(s.Remember))
	t.row("roles", orDash(strings.Join(s.Roles, ",")))
	t.row("generation", strconv.FormatUint(s.Generation, 10))
	t.row("created", shown(s.CreatedAt))
	t.row("used", shown(s.UsedAt))
	t.row("idle expiry", shown(s.IdleExpiresAt))
	t.row("expires", shown(s.ExpiresAt))
	t.row("address", orDash(s.Address))
	t.row("device", orDash(s.UserAgent))
	return t.flush()
}

func sessionState(s renewd.Session) string {
	switch {
	case s.Live:
		return "live"
	case !s.RevokedAt.IsZero():
		return fmt.Sprintf("revoked at %s: %s", shown(s.RevokedAt), s.RevokeReason)
	}
	return "expired"
}

// device is what fits into a column of a user agent.
func device(userAgent string) string {
	const most = 40
	if r := []rune(userAgent); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return orDash(userAgent)
}

// sessionJSON is a session for programs. Times of use are in steps of 15
// minutes, as everywhere outside the answers of sign-in and refresh.
type sessionJSON struct {
	ID            string       `json:"id"`
	Subject       string       `json:"subject"`
	Username      string       `json:"username"`
	ClientID      string       `json:"client_id"`
	Mode          string       `json:"mode"`
	Remember      bool         `json:"remember"`
	Roles         []string     `json:"roles"`
	Generation    uint64       `json:"generation"`
	CreatedAt     time.Time    `json:"created_at"`
	UsedAt        time.Time    `json:"used_at"`
	IdleExpiresAt time.Time    `json:"idle_expires_at"`
	ExpiresAt     time.Time    `json:"expires_at"`
	RevokedAt     *time.Time   `json:"revoked_at"`
	RevokeReason  store.Reason `json:"revoke_reason,omitempty"`
	UserAgent     string       `json:"user_agent"`
	Address       string       `json:"address"`
}

func sessionJSONOf(s renewd.Session) sessionJSON {
	return sessionJSON{
		ID: s.ID.String(), Subject: s.Subject, Username: s.Username, ClientID: s.ClientID,
		Mode: s.Mode.String(), Remember: s.Remember, Roles: append([]string{}, s.Roles...), Generation: s.Generation,
		CreatedAt: s.CreatedAt.UTC(), UsedAt: s.UsedAt.UTC(), IdleExpiresAt: s.IdleExpiresAt.UTC(), ExpiresAt: s.ExpiresAt.UTC(),
		RevokedAt: jsonTime(s.RevokedAt), RevokeReason: s.RevokeReason, UserAgent: s.UserAgent, Address: s.Address,
	}
}
