// Package httpapi serves sessions over HTTP: sign-in, refresh, sign-out, the list
// of a person's sessions, the keys that verify access tokens, and health.
//
// It owns what is HTTP: cookies, problem documents (RFC 9457), the checks of
// host, origin and content type, and the bounds of a request. Policy is the
// [renewd.Manager]'s. The package imports no engine. Start with [New] and a
// [Config].
//
// # What it does not trust
//
// Header fields that a proxy sets count only when the direct peer is one of
// Config.TrustedProxies: X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host and
// X-Request-Id. Such a proxy has to set each of them itself, or to drop what a
// client sent. The Forwarded field (RFC 7239) is not read.
//
// # Sizes
//
// A body is at most 16 KiB, a name 256 bytes, a password 1 KiB, a token 8 KiB.
// The header section is the server's to bound: set http.Server.MaxHeaderBytes to
// 32 KiB or less, and its timeouts.
package httpapi

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/renewd/renewd"
	"github.com/renewd/renewd/account"
)

// Config is what the handler needs.
type Config struct {
	// Manager and Accounts are required.
	Manager  *renewd.Manager
	Accounts *account.Service
	// Setup creates the first account; nil when there is nothing to set up.
	Setup *account.Setup
	// PublicURL is the issuer: an absolute http or https URL. Requests for its
	// host are answered; where that is a loopback host, those for localhost,
	// 127.0.0.1 and [::1] with the same port are answered too.
	PublicURL string
	// AllowedHosts are further hosts to answer for, "host" or "host:port".
	AllowedHosts []string
	// AllowedOrigins may call from pages of their own, cookies included: exact
	// origins as browsers send them, "scheme://host" or "scheme://host:port".
	AllowedOrigins []string
	// TrustedProxies are the direct peers whose forwarded header fields count.
	TrustedProxies []netip.Prefix
	// AllowBrowserBodyMode lets a browser ask for body mode. Its scripts, and
	// whatever is injected into them, then hold the refresh token.
	AllowBrowserBodyMode bool
	// Pages serves /login, /dashboard, /setup and /assets/; nil for none.
	Pages http.Handler
	// Ready returns nil when the server can serve; nil stands for always. It is
	// asked at most once a second.
	Ready func(context.Context) error
	// Logger takes a line for each request; nil stands for slog.Default().
	Logger *slog.Logger
	// Now is the clock; nil stands for time.Now.
	Now func() time.Time
}

func (c Config) validate() error {
	if c.Manager == nil {
		return &renewd.ConfigError{Field: "Manager", Bound: "must be set"}
	}
	if c.Accounts == nil {
		return &renewd.ConfigError{Field: "Accounts", Bound: "must be set"}
	}
	for _, p := range c.TrustedProxies {
		if !p.IsValid() || p.Addr().Is4In6() {
			return &renewd.ConfigError{Field: "TrustedProxies", Bound: fmt.Sprintf("must be IPv4 or IPv6 prefixes, got %v", p)}
		}
	}
	return nil
}

func parsePublicURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case text == "":
		return nil, &renewd.ConfigError{Field: "PublicURL", Bound: "must be set"}
	case err != nil || u.Hostname() == "" || u.User != nil || (u.Scheme != "https" && u.Scheme != "http"):
		return nil, &renewd.ConfigError{Field: "PublicURL", Bound: "must be an absolute http or https URL without user information"}
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, &renewd.ConfigError{Field: "PublicURL", Bound: "must have no query and no fragment"}
	}
	return u, nil
}

// server is the handler that [New] returns.
type server struct {
	cfg     Config
	proxies proxies
	hosts   hostList
	origins originList
	mux     *http.ServeMux

	readiness readiness
}

// New returns the handler, or a [*renewd.ConfigError] that names the field and
// its bound. It starts no goroutine. The handler is safe for concurrent use.
func New(cfg Config) (http.Handler, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	public, err := parsePublicURL(cfg.PublicURL)
	if err != nil {
		return nil, err
	}
	s := &server{cfg: cfg, proxies: proxies{trusted: cfg.TrustedProxies, publicHTTPS: public.Scheme == "https"}}
	if s.hosts, err = newHostList(public, cfg.AllowedHosts); err != nil {
		return nil, err
	}
	if s.origins, err = newOriginList(cfg.AllowedOrigins); err != nil {
		return nil, err
	}
	s.mux = s.routes()
	return s, nil
}

// route is one method of one path.
type route struct {
	method, path string
	serve        http.Handler
}

func (s *server) routes() *http.ServeMux {
	all := []route{
		{http.MethodPost, "/auth/login", s.api(s.login)},
		{http.MethodPost, "/auth/refresh", s.api(s.refresh)},
		{http.MethodPost, "/auth/logout", s.api(s.logout)},
		{http.MethodPost, "/auth/setup", s.api(s.setup)},
		{http.MethodGet, "/auth/session", s.api(s.session)},
		{http.MethodGet, "/auth/sessions", s.api(s.sessions)},
		{http.MethodDelete, "/auth/sessions/{id}", s.api(s.deleteSession)},
		{http.MethodGet, "/.well-known/jwks.json", s.api(s.jwks)},
		{http.MethodGet, healthPath, s.api(s.health)},
		{http.MethodGet, readyPath, s.api(s.ready)},
	}
	if s.cfg.Pages != nil {
		for _, path := range []string{"/login", "/dashboard", "/setup", "/assets/"} {
			all = append(all, route{http.MethodGet, path, s.cfg.Pages})
		}
		all = append(all, route{http.MethodGet, "/{$}", http.RedirectHandler("/dashboard", http.StatusFound)})
	}
	mux := http.NewServeMux()
	for _, rt := range all {
		mux.Handle(rt.method+" "+rt.path, rt.serve)
		mux.Handle(rt.path, s.methodNotAllowed(rt.method))
	}
	mux.Handle("/", s.api(func(http.ResponseWriter, *http.Request) error { return errNoRoute }))
	return mux
}

// methodNotAllowed answers every method of a path but its own one.
func (s *server) methodNotAllowed(method string) http.Handler {
	allow := method
	if method == http.MethodGet {
		allow = "GET, HEAD"
	}
	return s.api(func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Allow", allow)
		return fill(errMethod, allow)
	})
}

// answerWithin bounds the work for one request, so that a store that hangs
// becomes a 503 while the caller still waits.
const answerWithin = 10 * time.Second

// api turns a function that returns its error into a handler that answers it.
func (s *server) api(serve func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), answerWithin)
		defer cancel()
		if err := serve(w, r.WithContext(ctx)); err != nil {
			s.fail(w, r, err)
		}
	})
}

// ServeHTTP implements [http.Handler].
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := s.newExchange(r)
	r = r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x))
	r.Host = x.host
	rec := &recorder{ResponseWriter: w}
	defer s.logRequest(rec, r, x)
	defer s.recoverPanic(rec, r, x)
	s.setHeaders(rec.Header(), r, x)
	if err := s.admit(r, x); err != nil {
		s.fail(rec, r, err)
		return
	}
	if preflight(r) {
		s.answerPreflight(rec, r)
		return
	}
	s.mux.ServeHTTP(rec, r)
}

// admit applies the checks that come before any work on a request.
func (s *server) admit(r *http.Request, x *exchange) error {
	switch {
	case !x.hostAllowed && r.URL.Path != healthPath && r.URL.Path != readyPath:
		return errHost
	case r.Header.Get("Early-Data") == "1" && !safe(r.Method):
		return errTooEarly // RFC 8470, Section 5.2
	case !cleanPath(r):
		return errNoRoute
	}
	return s.checkCrossOrigin(r, x)
}

// cleanPath reports whether the mux would take the path as it is; where it would
// not, it redirects, and nothing here should.
func cleanPath(r *http.Request) bool {
	p := r.URL.Path
	return strings.HasPrefix(p, "/") && !strings.Contains(p, "//") && !strings.Contains(p, "/./") && !strings.Contains(p, "/../") &&
		!strings.HasSuffix(p, "/.") && !strings.HasSuffix(p, "/..")
}

// setHeaders sets what every answer carries. Pages and public keys set their
// own values over some of them.
func (s *server) setHeaders(h http.Header, r *http.Request, x *exchange) {
	h.Set("X-Request-Id", x.id)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if x.secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	s.origins.setHeaders(h, r)
}
