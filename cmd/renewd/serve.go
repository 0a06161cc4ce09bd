package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/alecthomas/kong"
	"golang.org/x/sync/errgroup"

	"github.com/renewd/renewd"
	"github.com/renewd/renewd/account"
	"github.com/renewd/renewd/httpapi"
	"github.com/renewd/renewd/internal/settings"
	"github.com/renewd/renewd/store/memstore"
	"github.com/renewd/renewd/webui"
)

// drainWithin bounds how long requests under way may take once the server is to
// end.
const drainWithin = 10 * time.Second

type serveCmd struct {
	Demo     bool         `help:"Serve a throw-away store in memory, with a person named demo."`
	Settings kong.Plugins `embed:""`
}

// Run serves until ctx is done.
func (c *serveCmd) Run(ctx context.Context, a *app) (err error) {
	s, err := a.settings()
	if err != nil {
		return err
	}
	if err := c.checkDemo(s); err != nil {
		return err
	}
	ls, err := openListeners(ctx, s)
	if err != nil {
		return err
	}
	defer ls.close()
	db, masters, err := c.open(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	srv, err := newServer(ctx, a, s, masters, db)
	if err != nil {
		return err
	}
	if err := srv.announce(ctx, ls, c.Demo); err != nil {
		return err
	}
	srv.maintenance().settle(ctx) // before anybody can use what is owed
	return srv.serve(ctx, ls)
}

// open returns the store and the master secrets. A store is made only when there
// is a secret for it.
func (c *serveCmd) open(ctx context.Context, s *settings.Settings) (engine, [][]byte, error) {
	if c.Demo {
		return memstore.New(), demoSecrets(), nil
	}
	if err := prepare(s); err != nil {
		return nil, nil, err
	}
	masters, err := secrets(s)
	if err != nil {
		return nil, nil, err
	}
	db, err := connect(ctx, s)
	return db, masters, err
}

// listeners are the listeners of a server.
type listeners struct{ public, operator []net.Listener }

// openListeners listens, and tells the settings what address it came to. Nobody is
// answered yet.
func openListeners(ctx context.Context, s *settings.Settings) (*listeners, error) {
	public, err := listen(ctx, "listen", s.Listen)
	if err != nil {
		return nil, err
	}
	s.ListensOn(cameTo(s.Listen, public))
	operator, err := listenOperator(ctx, s)
	if err != nil {
		closeAll(public)
		return nil, err
	}
	return &listeners{public, operator}, nil
}

func (d *listeners) close() {
	closeAll(d.public)
	closeAll(d.operator)
}

// server is a server that is put together.
type server struct {
	app      *app
	settings *settings.Settings
	log      *slog.Logger
	db       engine
	manager  *renewd.Manager
	accounts *account.Service
	setup    *account.Setup
	handler  http.Handler
}

func newServer(ctx context.Context, a *app, s *settings.Settings, masters [][]byte, db engine) (*server, error) {
	srv := &server{app: a, settings: s, db: db, log: newLogger(a.stderr, s)}
	var err error
	if srv.manager, err = newManager(ctx, a, s, masters, db, eventLog{srv.log}); err != nil {
		return nil, err
	}
	if srv.accounts, err = newAccounts(a, db, srv.manager); err != nil {
		return nil, err
	}
	if srv.setup, err = srv.accounts.OpenSetup(ctx); err != nil {
		return nil, fmt.Errorf("open setup: %w", err)
	}
	pages, err := webui.New(webui.Config{})
	if err != nil {
		return nil, err
	}
	srv.handler, err = httpapi.New(httpapi.Config{
		Manager: srv.manager, Accounts: srv.accounts, Setup: srv.setup,
		PublicURL: s.Issuer, AllowedHosts: s.AllowedHosts, AllowedOrigins: s.AllowedOrigins,
		TrustedProxies: s.TrustedProxies, AllowBrowserBodyMode: s.AllowBrowserBodyMode,
		Pages: pages, Ready: db.Ping, Logger: srv.log, Now: a.now,
	})
	return srv, err
}

// serve answers until ctx is done or a listener fails, and then lets the
// requests under way come to their end.
func (srv *server) serve(ctx context.Context, d *listeners) error {
	public := srv.httpServer(srv.handler, 30*time.Second)
	hosts := []string{"localhost"}
	for _, host := range srv.settings.AllowedHosts {
		hosts = append(hosts, withoutPort(host))
	}
	// A profile takes as long as it is asked to.
	operator := srv.httpServer(operatorHandler(srv.db.Ping, hosts), 3*time.Minute)

	group, ctx := errgroup.WithContext(ctx)
	for _, l := range d.public {
		group.Go(func() error { return serveOn(public, l) })
	}
	for _, l := range d.operator {
		group.Go(func() error { return serveOn(operator, l) })
	}
	group.Go(func() error {
		srv.maintenance().run(ctx)
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		srv.log.Info("stopping")
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainWithin)
		defer cancel()
		return drain(ctx, public, operator)
	})
	return group.Wait()
}

func (srv *server) maintenance() maintenance {
	return maintenance{srv.manager, srv.accounts, srv.log}
}

func (srv *server) httpServer(h http.Handler, writeTimeout time.Duration) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(srv.log.Handler(), slog.LevelWarn),
	}
}

func serveOn(s *http.Server, l net.Listener) error {
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve on %s: %w", l.Addr(), err)
	}
	return nil
}

// drain stops accepting, waits for the requests under way until ctx is done, and
// cuts off those that take longer.
func drain(ctx context.Context, servers ...*http.Server) error {
	var group errgroup.Group
	for _, s := range servers {
		group.Go(func() error {
			err := s.Shutdown(ctx)
			if errors.Is(err, context.DeadlineExceeded) {
				return s.Close() // whoever sends half a request must not spoil the stop
			}
			return err
		})
	}
	return group.Wait()
}
