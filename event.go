package renewd

import (
	"context"
	"time"

	"github.com/renewd/renewd/store"
)

// EventType names what happened, in the words of the OWASP Logging Vocabulary
// where it has one.
type EventType string

// The events of a [Manager]. A call leads to at most one of them, save that a
// sign-in that replaces a session leads to two.
const (
	EventSessionCreated   EventType = "session_created"          // a person signed in
	EventSessionRenewed   EventType = "session_renewed"          // a refresh token was rotated, or used where rotation is off
	EventSessionReplayed  EventType = "session_replayed"         // a token was answered with the head, without a rotation
	EventSessionLate      EventType = "session_late"             // a retired token was refused inside the reuse interval, or for a wider sign-out
	EventSessionRecovered EventType = "session_recovered"        // the store had lost writes, or a key leaked
	EventTokenReuse       EventType = "authn_token_reuse"        // an old token was used: the session was revoked
	EventUseAfterExpire   EventType = "session_use_after_expire" // a genuine token of a session that is over
	EventSessionRevoked   EventType = "authn_token_revoked"      // a session, or several, were revoked
)

// Event is something that an operator may want to know. It holds no token, key
// or other secret.
type Event struct {
	Type    EventType
	Time    time.Time
	Session store.SessionID // zero where several sessions are meant
	Subject string          // empty where it is not known
	Reason  store.Reason    // of a revocation
	Count   int             // how many sessions a revocation ended

	Presented uint64        // generation of the token that was presented; 0 for none
	Head      uint64        // generation of the head afterwards
	Age       time.Duration // since the rotation before this call; 0 where a rotation went through at once
	// SameAttempt says that a replay named the attempt that made the head; a
	// replay without it may be a second holder of the token.
	SameAttempt bool

	UserAgent, Address string // of this request, as the caller gave them
}

// EventRecorder takes events. It is called after the change is durable, on the
// caller's goroutine: it must return soon, and must not call the Manager.
type EventRecorder interface {
	RecordEvent(ctx context.Context, e Event)
}

func (m *Manager) record(ctx context.Context, e Event) {
	if m.cfg.Events != nil {
		m.cfg.Events.RecordEvent(ctx, e)
	}
}
