package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

const maxPasswordBytes = 1024

// terminal returns the terminal that a person sits at, if there is one.
func (a *app) terminal() (int, bool) {
	f, ok := a.stdin.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	return int(f.Fd()), true
}

// newPassword reads a password: a line of standard input if that was asked for,
// otherwise twice from the terminal.
func (a *app) newPassword(ctx context.Context, fromStdin bool) (string, error) {
	if fromStdin {
		return a.passwordFromStdin(ctx)
	}
	fd, ok := a.terminal()
	if !ok {
		return "", usagef("there is no terminal to ask for a password: use --password-stdin and write the password to standard input")
	}
	first, err := a.askPassword(ctx, fd, "Password: ")
	if err != nil {
		return "", err
	}
	second, err := a.askPassword(ctx, fd, "Again: ")
	if err != nil {
		return "", err
	}
	if first != second {
		return "", errors.New("the two passwords differ: try again")
	}
	return first, nil
}

func (a *app) passwordFromStdin(ctx context.Context) (string, error) {
	password, err := a.readLine(ctx, maxPasswordBytes)
	if err == nil && password == "" {
		return "", errors.New("standard input holds no password: write one line to it")
	}
	return password, err
}

func (a *app) askPassword(ctx context.Context, fd int, prompt string) (string, error) {
	state, err := term.GetState(fd)
	if err != nil {
		return "", fmt.Errorf("read password: %w", err)
	}
	fmt.Fprint(a.stderr, prompt)
	password, err := interruptible(ctx, func() ([]byte, error) { return term.ReadPassword(fd) })
	fmt.Fprintln(a.stderr)
	if ctx.Err() != nil {
		term.Restore(fd, state) // the read is still waiting, with the echo off
	}
	if err != nil {
		return "", fmt.Errorf("read password: %w", err)
	}
	return string(password), nil
}

// confirm asks a person for a yes. Without a terminal only the flag --yes is one.
func (a *app) confirm(ctx context.Context, yes bool, question string) error {
	if yes {
		return nil
	}
	if _, ok := a.terminal(); !ok {
		return usagef("there is no terminal to ask: add --yes if you are sure")
	}
	fmt.Fprintf(a.stderr, "%s [y/N] ", question)
	answer, err := a.readLine(ctx, maxPasswordBytes)
	if err != nil {
		return err
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return errors.New("nothing was done: the answer was not yes")
}

// readLine returns the first line of standard input, without its end. A longer
// one is refused, so that nothing is cut off unseen.
func (a *app) readLine(ctx context.Context, most int) (string, error) {
	line, err := interruptible(ctx, func() ([]byte, error) {
		r := bufio.NewReader(io.LimitReader(a.stdin, int64(most)+2))
		text, err := r.ReadBytes('\n')
		if err == io.EOF {
			err = nil
		}
		return bytes.TrimRight(text, "\r\n"), err
	})
	switch {
	case err != nil:
		return "", fmt.Errorf("read standard input: %w", err)
	case len(line) > most:
		return "", fmt.Errorf("the line on standard input is longer than %d bytes: give a shorter one", most)
	}
	return string(line), nil
}

// interruptible runs a read that knows no context. When ctx is done first, the
// read is left behind: the program is about to end.
func interruptible(ctx context.Context, read func() ([]byte, error)) ([]byte, error) {
	type result struct {
		text []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		text, err := read()
		done <- result{text, err}
	}()
	select {
	case <-ctx.Done():
		return nil, errors.New("interrupted")
	case r := <-done:
		return r.text, r.err
	}
}
