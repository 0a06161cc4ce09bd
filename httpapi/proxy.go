package httpapi

import (
	"net/http"
	"net/netip"
	"strings"
)

// proxies knows which direct peers may speak for somebody else.
type proxies struct {
	trusted     []netip.Prefix
	publicHTTPS bool // PublicURL is https
}

// peer is what a request says of its other end, as far as it can be trusted.
type peer struct {
	client    netip.Addr
	secure    bool
	host      string
	requestID string // empty unless a trusted proxy gave a well-formed one
}

func (p proxies) peerOf(r *http.Request) peer {
	direct := directPeer(r)
	if !p.trusts(direct) {
		return peer{client: direct, secure: r.TLS != nil, host: r.Host}
	}
	return peer{
		client:    p.client(direct, r.Header.Values("X-Forwarded-For")),
		secure:    p.secure(r),
		host:      forwardedHost(r),
		requestID: forwardedRequestID(r),
	}
}

// directPeer returns an invalid address for what has none, such as a Unix socket.
func directPeer(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap().WithZone("")
}

func (p proxies) trusts(addr netip.Addr) bool {
	for _, prefix := range p.trusted {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// secure reports whether the browser spoke TLS, for a request from a trusted
// proxy. This is the whole rule: a request that comes from anybody else is secure
// when its own connection is TLS, whatever its header fields say. For one from a
// trusted proxy, X-Forwarded-Proto decides: exactly one value "https" is secure,
// every other value is not, also where the proxy speaks TLS to us. Without the
// field, it is secure when the connection is TLS or when PublicURL is https,
// because then the proxy is what makes it so.
func (p proxies) secure(r *http.Request) bool {
	proto := r.Header.Values("X-Forwarded-Proto")
	if len(proto) == 0 {
		return r.TLS != nil || p.publicHTTPS
	}
	return len(proto) == 1 && strings.EqualFold(proto[0], "https")
}

// maxHops bounds how many proxies are believed in a row.
const maxHops = 32

// client returns the right-most hop of X-Forwarded-For that is no trusted proxy.
// Whatever stands left of it was written by somebody unknown. Where a hop is no
// address, it is the proxy that passed it on.
func (p proxies) client(direct netip.Addr, forwarded []string) netip.Addr {
	addr, hops := direct, strings.Join(forwarded, ",")
	for range maxHops {
		if hops == "" || !p.trusts(addr) {
			break
		}
		last := strings.LastIndexByte(hops, ',')
		hop, ok := parseHop(hops[last+1:])
		if !ok {
			break
		}
		addr, hops = hop, hops[:max(last, 0)]
	}
	return addr
}

// parseHop reads an address with or without a port, and with or without brackets.
func parseHop(text string) (netip.Addr, bool) {
	text = strings.Trim(text, " \t")
	if ap, err := netip.ParseAddrPort(text); err == nil {
		return ap.Addr().Unmap().WithZone(""), true
	}
	if inner, ok := strings.CutPrefix(text, "["); ok {
		text, ok = strings.CutSuffix(inner, "]")
		if !ok {
			return netip.Addr{}, false
		}
	}
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}, false
	}
	return addr.Unmap().WithZone(""), true
}

// forwardedHost returns nothing, which no host list allows, when there are
// several.
func forwardedHost(r *http.Request) string {
	switch forwarded := r.Header.Values("X-Forwarded-Host"); len(forwarded) {
	case 0:
		return r.Host
	case 1:
		return forwarded[0]
	}
	return ""
}

// forwardedRequestID takes 8 to 64 letters, digits and hyphens: too narrow for a
// token, which has an underscore or dots.
func forwardedRequestID(r *http.Request) string {
	values := r.Header.Values("X-Request-Id")
	if len(values) != 1 || len(values[0]) < 8 || len(values[0]) > 64 {
		return ""
	}
	for _, c := range []byte(values[0]) {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-') {
			return ""
		}
	}
	return values[0]
}
