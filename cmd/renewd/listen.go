package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"

	"github.com/renewd/renewd/internal/settings"
)

// listen listens on an address. "localhost" stands for both loopback addresses,
// as it does in a browser: the second one is left out only where the machine has
// no IPv6. A port of 0 takes a free one, the same for both.
func listen(ctx context.Context, flag, address string) ([]net.Listener, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	if host != "localhost" {
		l, err := listenOne(ctx, flag, address)
		if err != nil {
			return nil, err
		}
		return []net.Listener{l}, nil
	}
	// The port that is free on one address may be taken on the other.
	for tries := 0; ; tries++ {
		ls, err := listenLoopback(ctx, flag, port)
		if port != "0" || tries == maxPorts || !errors.Is(err, syscall.EADDRINUSE) {
			return ls, err
		}
	}
}

// maxPorts bounds how many free ports are tried.
const maxPorts = 10

func listenLoopback(ctx context.Context, flag, port string) ([]net.Listener, error) {
	v4, err := listenOne(ctx, flag, net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		return nil, err
	}
	_, port, _ = net.SplitHostPort(v4.Addr().String())
	v6, err := listenOne(ctx, flag, net.JoinHostPort("::1", port))
	if errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT) {
		return []net.Listener{v4}, nil
	}
	if err != nil {
		return nil, errors.Join(err, v4.Close())
	}
	return []net.Listener{v4, v6}, nil
}

func listenOne(ctx context.Context, flag, address string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s is in use (%w): stop the program that listens there, or choose another address with --%s", address, err, flag)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("this user may not listen on %s (%w): choose a port above 1023 with --%s", address, err, flag)
	case err != nil:
		return nil, fmt.Errorf("cannot listen on %s: %w: choose another address with --%s", address, err, flag)
	}
	return l, nil
}

// listenOperator listens for the operator. If the default port is taken and
// nobody asked for it, any other will do.
func listenOperator(ctx context.Context, s *settings.Settings) ([]net.Listener, error) {
	if !loopback(s.AdminListen) && !s.InsecureAdminListen {
		return nil, s.Wrong("admin-listen", fmt.Sprintf("must be a loopback address, got %q: whoever reaches it needs no sign-in (--insecure-admin-listen allows it all the same)", s.AdminListen))
	}
	ls, err := listen(ctx, "admin-listen", s.AdminListen)
	if errors.Is(err, syscall.EADDRINUSE) && s.Source("admin-listen").Kind == settings.FromDefault {
		return listen(ctx, "admin-listen", "127.0.0.1:0")
	}
	return ls, err
}

// loopback reports whether only this machine reaches an address.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// cameTo is the address as it was asked for, with the port that it came to.
func cameTo(asked string, ls []net.Listener) string {
	host, _, _ := net.SplitHostPort(asked)
	_, port, _ := net.SplitHostPort(ls[0].Addr().String())
	return net.JoinHostPort(host, port)
}

func closeAll(ls []net.Listener) {
	for _, l := range ls {
		l.Close()
	}
}
