package httpapi

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/renewd/renewd"
)

// hostList maps every accepted spelling of a host to its canonical one: lower
// case, without the scheme's own port.
type hostList map[string]string

func newHostList(public *url.URL, allowed []string) (hostList, error) {
	list := hostList{}
	defaultPort := map[string]string{"http": "80", "https": "443"}[public.Scheme]
	list.add(public.Hostname(), public.Port(), defaultPort)
	if loopback(public.Host) {
		for _, name := range []string{"localhost", "127.0.0.1", "::1"} {
			list.add(name, public.Port(), defaultPort)
		}
	}
	for _, host := range allowed {
		u, err := url.Parse("http://" + host)
		if err != nil || u.Host != host || u.Hostname() == "" || strings.ContainsAny(host, "*,") {
			return nil, &renewd.ConfigError{Field: "AllowedHosts", Bound: fmt.Sprintf(`must be "host" or "host:port" each, got %q`, host)}
		}
		list.add(u.Hostname(), u.Port(), "80", "443")
	}
	return list, nil
}

// add accepts a host; without a port it accepts the default ones as well.
func (l hostList) add(name, port string, defaultPorts ...string) {
	name = strings.ToLower(name)
	if strings.Contains(name, ":") {
		name = "[" + name + "]"
	}
	canonical := name
	for _, d := range defaultPorts {
		if port == "" || port == d {
			l[name] = canonical
			l[name+":"+d] = canonical
		}
	}
	if _, isDefault := l[name+":"+port]; port != "" && !isDefault {
		l[name+":"+port] = name + ":" + port
	}
}

// canonical returns host as it was given when it is not accepted.
func (l hostList) canonical(host string) (string, bool) {
	if c, ok := l[strings.ToLower(host)]; ok {
		return c, true
	}
	return host, false
}

// loopback reports whether a host, with or without a port, is one that browsers
// hold to be this machine.
func loopback(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.ToLower(strings.Trim(name, "[]"))
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(name)
	return err == nil && addr.IsLoopback()
}

// originList holds the foreign origins that may call, and the protection that
// knows of the same ones.
type originList struct {
	allowed    map[string]bool
	protection *http.CrossOriginProtection
}

func newOriginList(origins []string) (originList, error) {
	list := originList{allowed: make(map[string]bool), protection: http.NewCrossOriginProtection()}
	for _, origin := range origins {
		if !exactOrigin(origin) || list.protection.AddTrustedOrigin(origin) != nil {
			return originList{}, &renewd.ConfigError{
				Field: "AllowedOrigins",
				Bound: fmt.Sprintf(`must be "scheme://host" or "scheme://host:port" each, as browsers send it: lower case, no default port, no path, no *, got %q`, origin),
			}
		}
		list.allowed[origin] = true
	}
	return list, nil
}

// exactOrigin reports whether a browser can send origin in this very spelling
// (RFC 6454, Section 6.2).
func exactOrigin(origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Hostname() == "" || origin != strings.ToLower(u.Scheme+"://"+u.Host) || strings.ContainsAny(origin, "*,") {
		return false
	}
	switch u.Scheme + ":" + u.Port() {
	case "http:80", "https:443":
		return false
	}
	return !strings.HasSuffix(u.Host, ":")
}

// setHeaders answers the CORS protocol for allowed origins, on errors too. An
// origin is compared whole and never reflected unless it is on the list; "null"
// cannot be.
func (l originList) setHeaders(h http.Header, r *http.Request) {
	h.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if !l.allowed[origin] {
		return
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Credentials", "true")
	h.Set("Access-Control-Expose-Headers", "Date, Retry-After, WWW-Authenticate, X-Request-Id")
}

func preflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Origin") != "" && r.Header.Get("Access-Control-Request-Method") != ""
}

func (s *server) answerPreflight(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Add("Vary", "Access-Control-Request-Method, Access-Control-Request-Headers")
	if !s.origins.allowed[r.Header.Get("Origin")] {
		s.fail(w, r, errCrossOrigin)
		return
	}
	h.Set("Access-Control-Allow-Methods", "GET, POST, DELETE")
	h.Set("Access-Control-Allow-Headers", "Content-Type, Authorization, Idempotency-Key, X-Renewd-Client")
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
}

// checkCrossOrigin refuses what a page of another origin may have sent.
// [http.CrossOriginProtection] lets two things through that matter here: a page
// of http://host calling https://host from a browser without Sec-Fetch-Site, and
// a request that says nothing of its origin. The first is refused, the second
// too when it carries the cookie, unless it carries a header field that no
// foreign page can set unasked.
func (s *server) checkCrossOrigin(r *http.Request, x *exchange) error {
	if safe(r.Method) {
		return nil
	}
	if s.origins.protection.Check(r) != nil {
		return errCrossOrigin
	}
	if r.Header.Get("Sec-Fetch-Site") != "" {
		return nil
	}
	origin := r.Header.Get("Origin")
	switch {
	case origin == "":
		if hasCookie(r) && len(r.Header.Values("X-Renewd-Client")) == 0 {
			return errNoClientHeader
		}
		return nil
	case s.origins.allowed[origin], origin == "https://"+r.Host, origin == "http://"+r.Host && !x.secure:
		return nil
	}
	return errCrossOrigin
}

// safe reports whether a method never changes anything here (RFC 9110,
// Section 9.2.1).
func safe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// browser reports whether a browser sent the request.
func browser(r *http.Request) bool {
	return r.Header.Get("Sec-Fetch-Site") != "" || r.Header.Get("Origin") != ""
}

// checkCookieMode refuses cookies where a browser would silently drop them.
func checkCookieMode(r *http.Request) error {
	if exchangeOf(r).secure || loopback(r.Host) {
		return nil
	}
	return errInsecureOrigin
}
