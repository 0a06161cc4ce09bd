package httpapi

import (
	"fmt"
	"net/http"

	"github.com/renewd/renewd"
)

// Probes reach these by address, so the host is not checked for them.
const (
	healthPath = "/healthz"
	readyPath  = "/readyz"
)

// jwks publishes the keys that access tokens are verified with (RFC 7517,
// Section 5): to everybody, and to be kept for five minutes.
func (s *server) jwks(w http.ResponseWriter, _ *http.Request) error {
	h := w.Header()
	h.Set("Content-Type", "application/jwk-set+json")
	h.Set("Cache-Control", "public, max-age=300")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Access-Control-Allow-Origin", "*")
	h.Del("Access-Control-Allow-Credentials")
	_, _ = w.Write(s.cfg.Manager.JWKS()) // the caller is gone, and nobody is left to tell
	return nil
}

type healthAnswer struct {
	Status string `json:"status"`
}

// health says that the process answers.
func (s *server) health(w http.ResponseWriter, _ *http.Request) error {
	writeAnswer(w, http.StatusOK, healthAnswer{"ok"})
	return nil
}

// ready says that it can serve.
func (s *server) ready(w http.ResponseWriter, r *http.Request) error {
	if s.cfg.Ready != nil {
		if err := s.cfg.Ready(r.Context()); err != nil {
			return fmt.Errorf("%w: %w", renewd.ErrUnavailable, err)
		}
	}
	writeAnswer(w, http.StatusOK, healthAnswer{"ok"})
	return nil
}
