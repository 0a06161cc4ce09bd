package httpapi

import (
	"crypto/rand"
	"net/http"
	"net/netip"
	"time"
)

// exchange is what is known about a request beside the request itself, and what
// the log says of its answer.
type exchange struct {
	id          string
	address     netip.Addr // of the client; invalid where the peer has none
	secure      bool       // the browser spoke TLS
	host        string     // in lower case, without a default port, once allowed
	hostAllowed bool
	started     time.Time

	code  Code  // of the problem that was answered
	cause error // of a problem that is the server's
}

type exchangeKey struct{}

func (s *server) newExchange(r *http.Request) *exchange {
	peer := s.proxies.peerOf(r)
	x := &exchange{
		id:      peer.requestID,
		address: peer.client,
		secure:  peer.secure,
		started: s.cfg.Now(),
	}
	x.host, x.hostAllowed = s.hosts.canonical(peer.host)
	if x.id == "" {
		x.id = rand.Text()
	}
	return x
}

// exchangeOf is only for requests that came through [server.ServeHTTP].
func exchangeOf(r *http.Request) *exchange {
	return r.Context().Value(exchangeKey{}).(*exchange)
}

func (x *exchange) addressText() string {
	if !x.address.IsValid() {
		return ""
	}
	return x.address.String()
}
