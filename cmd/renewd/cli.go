package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/renewd/renewd/internal/settings"
)

// The exit statuses.
const (
	statusDone   = 0
	statusFailed = 1
	statusUsage  = 2
)

// grammar is the command line. The settings among the flags come from the table
// in package settings.
type grammar struct {
	Help helpFlag `short:"h" help:"Show help."`

	Serve   serveCmd   `cmd:"" help:"Start the server."`
	User    userCmds   `cmd:"" help:"Manage the people who sign in with a password."`
	Session sessionCmd `cmd:"" help:"List and revoke sessions."`
	Key     keyCmds    `cmd:"" help:"Show signing keys."`
	Token   tokenCmds  `cmd:"" help:"Look into tokens."`
	Config  configCmd  `cmd:"" help:"Print the settings in force, and where they came from."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

// output is the choice of every command that prints something.
type output struct {
	JSON bool `name:"json" help:"Print JSON, for programs."`
}

func newGrammar() *grammar {
	return &grammar{
		Serve:   serveCmd{Settings: settingFlags(settings.Table())},
		Config:  configCmd{Settings: settingFlags(settings.Table())},
		User:    userCmds{Settings: settingFlags(dataSettings())},
		Session: sessionCmd{Settings: settingFlags(dataSettings())},
		Key:     keyCmds{Settings: settingFlags(dataSettings())},
	}
}

// app is what a command works with.
type app struct {
	flags   map[string][]string // the settings given as flags
	environ []string
	stdin   io.Reader
	stdout  io.Writer
	stderr  io.Writer
	now     func() time.Time
}

// settings returns the settings in force.
func (a *app) settings() (*settings.Settings, error) {
	return settings.Load(settings.Input{Flags: a.flags, Environ: a.environ, Dir: "."})
}

// usageError says that the command line is wrong.
type usageError struct{ problem string }

func (e *usageError) Error() string { return e.problem }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...)}
}

// run carries out one command line and returns the exit status.
func run(ctx context.Context, args, environ []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{environ: environ, stdin: stdin, stdout: stdout, stderr: stderr, now: time.Now}
	err := a.run(ctx, args)
	if err != nil && !errors.Is(err, errHelp) {
		fmt.Fprintf(stderr, "renewd: %v\n", err)
	}
	return statusOf(err)
}

func (a *app) run(ctx context.Context, args []string) error {
	parser, err := kong.New(newGrammar(),
		kong.Name("renewd"),
		kong.Description("Keeps people signed in, safely: access tokens, rotating refresh tokens, sessions that can be ended everywhere at once."),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Writers(a.stdout, a.stderr),
		kong.NoDefaultHelp(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.ValueFormatter(func(v *kong.Value) string { return v.Help }),
	)
	if err != nil {
		return fmt.Errorf("command line: %w", err)
	}
	parsed, err := parser.Parse(args)
	if err != nil && !errors.Is(err, errHelp) {
		return usagef("%v: see %s", err, helpCommand(err))
	}
	if err != nil {
		return err
	}
	a.flags = givenSettings(parsed)
	return parsed.Run(a)
}

// helpCommand is the command that explains what went wrong.
func helpCommand(err error) string {
	var parse *kong.ParseError
	if errors.As(err, &parse) && parse.Context != nil {
		if command := parse.Context.Selected(); command != nil {
			path, _, _ := strings.Cut(command.FullPath(), " <")
			return "`" + path + " --help`"
		}
	}
	return "`renewd --help`"
}

func statusOf(err error) int {
	var usage *usageError
	var setting *settings.Error
	switch {
	case err == nil || errors.Is(err, errHelp):
		return statusDone
	case errors.As(err, &usage), errors.As(err, &setting) && setting.Source.Kind == settings.FromFlag:
		return statusUsage
	}
	return statusFailed
}

// errHelp ends a command line that only asked for help.
var errHelp = errors.New("help was shown")

type helpFlag bool

// BeforeReset runs before the rest of the command line is validated.
func (helpFlag) BeforeReset(ctx *kong.Context) error {
	if err := ctx.PrintUsage(false); err != nil {
		return err
	}
	return errHelp
}
