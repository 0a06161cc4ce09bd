// Command testsummary runs go test with the arguments it is given and shows what
// came of it: each package as it ends, failures in full, and at the end one line
// for each thing that could not be tested here, with how to enable it.
//
// go test alone shows why a test was skipped only together with every line of
// every other test. It imports the standard library only.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Getenv, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

var (
	errFailed    = errors.New("tests failed")
	errNotTested = errors.New("RENEWD_TEST_REQUIRE=all, and some things were not tested")
)

func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-json"}, args...)...)
	cmd.Stderr = stderr
	events, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("run go test: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("run go test: %w", err)
	}
	s := newSummary(stdout)
	readErr := s.read(events)
	waitErr := cmd.Wait()
	s.finish()
	switch {
	case readErr != nil:
		return fmt.Errorf("read the output of go test: %w", readErr)
	case waitErr != nil:
		return fmt.Errorf("%w: go test: %w", errFailed, waitErr)
	case s.failed > 0:
		return errFailed
	case len(s.notes) > 0 && getenv("RENEWD_TEST_REQUIRE") == "all":
		return errNotTested
	}
	return nil
}
