// Renewd is a session server: `renewd serve` starts it, and the other commands
// work on its data while it runs or not.
//
// This package owns the command line and the choice of engines. Everything that
// decides about sessions is in the packages it puts together.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	status := run(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}
