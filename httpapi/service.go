package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

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
	if err := s.readiness.check(r.Context(), s.cfg.Now(), s.cfg.Ready); err != nil {
		return fmt.Errorf("%w: %w", renewd.ErrUnavailable, err)
	}
	writeAnswer(w, http.StatusOK, healthAnswer{"ok"})
	return nil
}

// readyFor is how long an answer of Config.Ready holds: everybody may ask, and a
// store may have to write to know.
const readyFor = time.Second

// readiness remembers what Config.Ready said last.
type readiness struct {
	mu  sync.Mutex
	at  time.Time
	err error
}

func (r *readiness) check(ctx context.Context, now time.Time, ask func(context.Context) error) error {
	if ask == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if age := now.Sub(r.at); age >= 0 && age < readyFor {
		return r.err
	}
	err := ask(ctx)
	if ctx.Err() == nil { // who went away must not speak for the others
		r.at, r.err = now, err
	}
	return err
}
