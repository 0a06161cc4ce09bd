package httpapi

import (
	"net/http"
	"strings"
	"time"

	"github.com/mileusna/useragent"

	"github.com/renewd/renewd"
	"github.com/renewd/renewd/store"
)

// identify returns who holds the request's bearer token.
func (s *server) identify(r *http.Request) (renewd.Identity, error) {
	token, present, err := bearer(r)
	if err != nil {
		return renewd.Identity{}, err
	}
	if !present {
		return renewd.Identity{}, errMissingToken
	}
	return s.cfg.Manager.Authenticate(r.Context(), token)
}

// sessionAnswer is a session as its own person sees it.
type sessionAnswer struct {
	sessionSummary
	ClientID string    `json:"client_id"`
	Mode     string    `json:"mode"`
	Remember bool      `json:"remember"`
	Roles    []string  `json:"roles"`
	AuthTime time.Time `json:"auth_time"`
	UsedAt   time.Time `json:"used_at"`
	Device   string    `json:"device"`
	Address  string    `json:"address,omitempty"`
}

func (s *server) session(w http.ResponseWriter, r *http.Request) error {
	who, err := s.identify(r)
	if err != nil {
		return err
	}
	v := who.Session
	writeAnswer(w, http.StatusOK, struct {
		Session              sessionAnswer `json:"session"`
		AccessTokenExpiresAt time.Time     `json:"access_token_expires_at"`
	}{
		Session: sessionAnswer{
			sessionSummary: summaryOf(v),
			ClientID:       v.ClientID, Mode: v.Mode.String(), Remember: v.Remember,
			Roles: append([]string{}, v.Roles...), AuthTime: v.AuthTime.UTC(), UsedAt: v.UsedAt.UTC(),
			Device: deviceOf(v.UserAgent), Address: v.Address,
		},
		AccessTokenExpiresAt: who.ExpiresAt.UTC(),
	})
	return nil
}

// listedSession is one of a person's sessions.
type listedSession struct {
	ID            string    `json:"id"`
	Current       bool      `json:"current"` // the one that asks
	ClientID      string    `json:"client_id"`
	Mode          string    `json:"mode"`
	Remember      bool      `json:"remember"`
	CreatedAt     time.Time `json:"created_at"`
	UsedAt        time.Time `json:"used_at"`
	IdleExpiresAt time.Time `json:"idle_expires_at"`
	ExpiresAt     time.Time `json:"expires_at"`
	Device        string    `json:"device"`
	Address       string    `json:"address,omitempty"`
}

func (s *server) sessions(w http.ResponseWriter, r *http.Request) error {
	who, err := s.identify(r)
	if err != nil {
		return err
	}
	live, err := s.cfg.Manager.Sessions(r.Context(), who.Session.Subject)
	if err != nil {
		return err
	}
	list := make([]listedSession, len(live))
	for i, v := range live {
		list[i] = listedSession{
			ID: v.ID.String(), Current: v.ID == who.Session.ID,
			ClientID: v.ClientID, Mode: v.Mode.String(), Remember: v.Remember,
			CreatedAt: v.CreatedAt.UTC(), UsedAt: v.UsedAt.UTC(),
			IdleExpiresAt: v.IdleExpiresAt.UTC(), ExpiresAt: v.ExpiresAt.UTC(),
			Device: deviceOf(v.UserAgent), Address: v.Address,
		}
	}
	writeAnswer(w, http.StatusOK, struct {
		Sessions []listedSession `json:"sessions"`
	}{list})
	return nil
}

// deleteSession signs one of the person's own sessions out. An id of somebody
// else's, an unknown and a malformed one look the same.
func (s *server) deleteSession(w http.ResponseWriter, r *http.Request) error {
	if err := decode(w, r, &struct{}{}); err != nil {
		return err
	}
	who, err := s.identify(r)
	if err != nil {
		return err
	}
	id, err := store.ParseSessionID(r.PathValue("id"))
	if err != nil {
		return renewd.ErrNotFound
	}
	if err := s.cfg.Manager.RevokeOwn(r.Context(), who.Session.Subject, id); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

const maxDeviceBytes = 64

// deviceOf says in a few words what a user agent is, "Chrome, Windows" for
// instance; it is empty for what is not known. It is a claim of the client.
func deviceOf(userAgent string) string {
	if userAgent == "" {
		return ""
	}
	ua := useragent.Parse(userAgent)
	name, system := ua.Name, ua.OS
	switch {
	case name == "" || len(name)+len(system) > maxDeviceBytes || strings.ContainsFunc(name, notPlain):
		return system
	case system == "":
		return name
	}
	return name + ", " + system
}

// notPlain keeps out what could disguise a name where it is shown.
func notPlain(r rune) bool { return r < ' ' || r > '~' }
