package renewd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/renewd/renewd/store"
)

// maxDecisions bounds how often one call may lose the race for its row.
const maxDecisions = 16

// refresh is one call of [Manager.Refresh]: the effects around [decide].
type refresh struct {
	m     *Manager
	req   RefreshRequest
	token refreshToken
	id    store.SessionID
	now   time.Time // taken once, and kept through every decision
}

// run tries the rotation first, because that is what almost every call comes to:
// one compare-and-set, with no read before it. A call that loses reads the row
// and decides again.
func (r refresh) run(ctx context.Context) (Tokens, error) {
	if r.token.generation < store.MaxGeneration {
		row, err := r.rotate(ctx)
		if !errors.Is(err, store.ErrConflict) {
			return r.answer(ctx, outcome{verdict: rotated, after: row}, err)
		}
	}
	for range maxDecisions {
		out, err := r.decideAndAct(ctx)
		if !errors.Is(err, store.ErrConflict) {
			return r.answer(ctx, out, err)
		}
	}
	return Tokens{}, fmt.Errorf("refresh: %w: lost %d races for the session", ErrUnavailable, maxDecisions)
}

// outcome is a verdict that has become true.
type outcome struct {
	verdict verdict
	refusal error          // of a refused verdict
	before  *store.Session // as it was read; nil where the first try succeeded
	after   store.Session
	attempt bool // the presented attempt is the one that made the head
}

// decideAndAct reads the row, decides, and makes the verdict true with a
// compare-and-set on what was read. It fails with [store.ErrConflict] when
// somebody was faster.
func (r refresh) decideAndAct(ctx context.Context) (outcome, error) {
	row, err := r.read(ctx)
	if err != nil {
		return outcome{}, err
	}
	p, err := r.presented(row)
	if err != nil {
		return outcome{}, err
	}
	v, why := decide(row, p, r.now, r.m.cfg.Policy.ReuseInterval)
	out := outcome{verdict: v, refusal: why, before: row}
	if row != nil {
		out.attempt = sameAttempt(row.Attempt, p.attempt)
		out.after, err = r.act(ctx, v, *row)
	}
	return out, err
}

// read returns the row, or nil when there is none.
func (r refresh) read(ctx context.Context) (*store.Session, error) {
	row, err := r.m.cfg.Sessions.Session(ctx, r.id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return &row, err
}

// presented hashes the attempt as the row's head was: with the secret of its
// time.
func (r refresh) presented(row *store.Session) (presented, error) {
	p := presented{generation: r.token.generation, mode: r.req.Mode, clientID: clientID(r.req.ClientID)}
	if row == nil || r.req.IdempotencyKey == "" {
		return p, nil
	}
	s, ok := r.m.secrets.byKeyID(row.KeyID)
	if !ok {
		return p, fmt.Errorf("%w: the session's key id is of no configured secret", ErrUnavailable)
	}
	p.attempt = s.attemptHash(r.id, r.req.IdempotencyKey)
	return p, nil
}

func (r refresh) act(ctx context.Context, v verdict, row store.Session) (store.Session, error) {
	switch v {
	case rotated, renewed:
		return r.rotate(ctx)
	case recovered:
		return r.recover(ctx, row)
	case reused:
		return row, r.revokeAt(ctx, row, store.ReasonReuse)
	}
	return row, nil
}

func (r refresh) rotate(ctx context.Context) (store.Session, error) {
	return r.m.cfg.Sessions.RotateSession(ctx, r.rotation())
}

func (r refresh) rotation() store.Rotation {
	s := r.m.secrets.current()
	p := presented{
		generation: r.token.generation, mode: r.req.Mode, clientID: clientID(r.req.ClientID),
		attempt: s.attemptHash(r.id, r.req.IdempotencyKey),
	}
	return p.rotation(r.id, r.now, r.m.cfg.Policy.ReuseInterval, s.keyID)
}

func (r refresh) recover(ctx context.Context, row store.Session) (store.Session, error) {
	if r.m.cfg.Policy.RevokeRecovered {
		return row, r.revokeAt(ctx, row, store.ReasonRecovered)
	}
	rec := store.Recovery{Rotation: r.rotation(), Presented: r.token.generation}
	rec.Generation = row.Generation
	return r.m.cfg.Sessions.RecoverSession(ctx, rec)
}

// revokeAt revokes the session if it still is as it was read. It is committed
// although the request fails.
func (r refresh) revokeAt(ctx context.Context, row store.Session, why store.Reason) error {
	done, err := r.m.cfg.Sessions.RevokeSession(ctx, store.Revocation{
		ID: r.id, Reason: why, At: r.now, Generation: row.Generation,
	})
	if err == nil && !done || errors.Is(err, store.ErrNotFound) {
		return store.ErrConflict
	}
	return err
}

// answer turns an outcome into what the caller gets, and records it.
func (r refresh) answer(ctx context.Context, out outcome, err error) (Tokens, error) {
	if err != nil {
		return Tokens{}, storeError("refresh", err)
	}
	r.record(ctx, out)
	switch out.verdict {
	case refused:
		return Tokens{}, out.refusal
	case late:
		return Tokens{}, ErrConflict
	case reused:
		return Tokens{}, ErrRefreshReused
	case recovered:
		if r.m.cfg.Policy.RevokeRecovered {
			return Tokens{}, ErrSessionRevoked
		}
	}
	tokens, err := r.m.tokens(out.after, r.token.secret, r.now)
	tokens.Replayed = out.verdict == replayed
	return tokens, err
}

var eventOf = map[verdict]EventType{
	rotated:   EventSessionRenewed,
	renewed:   EventSessionRenewed,
	replayed:  EventSessionReplayed,
	late:      EventSessionLate,
	recovered: EventSessionRecovered,
	reused:    EventTokenReuse,
	refused:   EventUseAfterExpire,
}

func (r refresh) record(ctx context.Context, out outcome) {
	if errors.Is(out.refusal, ErrInvalidToken) {
		return
	}
	e := Event{
		Type: eventOf[out.verdict], Time: r.now, Session: r.id,
		Subject: out.after.Subject, Presented: r.token.generation, Head: out.after.Generation,
		SameAttempt: out.attempt, UserAgent: r.req.UserAgent, Address: r.req.Address,
	}
	if out.before != nil {
		e.Age = r.now.Sub(out.before.RotatedAt)
	}
	switch out.verdict {
	case reused:
		e.Reason, e.Count = store.ReasonReuse, 1
	case recovered:
		if r.m.cfg.Policy.RevokeRecovered {
			e.Reason, e.Count = store.ReasonRecovered, 1
		}
	case refused:
		e.Reason = out.after.RevokeReason
	}
	r.m.record(ctx, e)
}
