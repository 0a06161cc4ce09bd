package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/renewd/renewd/store"
)

type sessionRevokeCmd struct {
	ID   string `arg:"" optional:"" help:"Session id."`
	User string `placeholder:"NAME" help:"Every session of this person."`
	All  bool   `help:"Every session of everybody."`
	Yes  bool   `help:"Do not ask."`
	output
}

// Run revokes one session, those of a person, or all.
func (c *sessionRevokeCmd) Run(ctx context.Context, a *app) error {
	revoke, err := c.choose(a)
	if err != nil {
		return err
	}
	return a.withManager(ctx, func(d data) error {
		n, err := revoke(ctx, d)
		if err != nil {
			return err
		}
		return c.print(a, n)
	})
}

// choose returns what the command line asks for: exactly one thing.
func (c *sessionRevokeCmd) choose(a *app) (func(context.Context, data) (int, error), error) {
	given := 0
	for _, is := range []bool{c.ID != "", c.User != "", c.All} {
		if is {
			given++
		}
	}
	if given != 1 {
		return nil, usagef("name what to revoke: one session id, --user NAME, or --all")
	}
	switch {
	case c.User != "":
		return func(ctx context.Context, d data) (int, error) { return c.revokeUser(ctx, a, d) }, nil
	case c.All:
		return func(ctx context.Context, d data) (int, error) { return c.revokeAll(ctx, a, d) }, nil
	}
	id, err := parseSessionID(c.ID)
	return func(ctx context.Context, d data) (int, error) { return revokeOne(ctx, d, id) }, err
}

func revokeOne(ctx context.Context, d data, id store.SessionID) (int, error) {
	done, err := d.manager.Revoke(ctx, id, store.ReasonOperator)
	if err != nil {
		return 0, explainSession(id, err)
	}
	if !done {
		return 0, nil
	}
	return 1, nil
}

func (c *sessionRevokeCmd) revokeUser(ctx context.Context, a *app, d data) (int, error) {
	subject, err := d.subject(ctx, a, c.User)
	if err != nil {
		return 0, err
	}
	return d.manager.RevokeSubject(ctx, store.SubjectRevocation{Subject: subject, Reason: store.ReasonOperator})
}

func (c *sessionRevokeCmd) revokeAll(ctx context.Context, a *app, d data) (int, error) {
	if err := a.confirm(ctx, c.Yes, "Sign everybody out?"); err != nil {
		return 0, err
	}
	p := newProgress(a, "revoked")
	defer p.end()
	count, err := d.manager.RevokeAll(ctx, store.ReasonOperator, p.at)
	if err != nil {
		return count, fmt.Errorf("after %d sessions: %w: run the command again", count, err)
	}
	return count, nil
}

func (c *sessionRevokeCmd) print(a *app, n int) error {
	if c.JSON {
		return writeJSON(a.stdout, map[string]int{"revoked": n})
	}
	text := fmt.Sprintf("%d sessions revoked", n)
	switch {
	case n == 1:
		text = "1 session revoked"
	case n == 0:
		text = "no session revoked: there was none that lived"
	}
	_, err := fmt.Fprintln(a.stdout, text)
	return err
}

// progress shows on a terminal how far work has come that takes longer than a
// second.
type progress struct {
	w     io.Writer // nil when nobody watches
	now   func() time.Time
	what  string
	next  time.Time
	shown bool
}

func newProgress(a *app, what string) *progress {
	p := &progress{now: a.now, what: what, next: a.now().Add(time.Second)}
	if f, ok := a.stderr.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.w = f
	}
	return p
}

func (p *progress) at(n int) {
	if p.w == nil || p.now().Before(p.next) {
		return
	}
	fmt.Fprintf(p.w, "\r%d %s", n, p.what)
	p.next, p.shown = p.now().Add(200*time.Millisecond), true
}

func (p *progress) end() {
	if p.shown {
		fmt.Fprintln(p.w)
	}
}
