package renewd

import (
	"time"

	"github.com/renewd/renewd/store"
)

// rule is a rotation rule with its effects on the row: the one under test, or a
// wrong one that the explorer has to catch.
type rule struct {
	decide  func(row *store.Session, p presented, now time.Time, interval time.Duration) (verdict, error)
	rotate  func(row store.Session, r store.Rotation) store.Session
	recover func(row store.Session, r store.Recovery) store.Session
	replay  func(row store.Session, now time.Time) store.Session
	revoke  func(row store.Session, now time.Time) store.Session
}

func ruleUnderTest() rule {
	return rule{
		decide:  decide,
		rotate:  func(row store.Session, r store.Rotation) store.Session { return r.Apply(row) },
		recover: func(row store.Session, r store.Recovery) store.Session { return r.Apply(row) },
		replay:  func(row store.Session, _ time.Time) store.Session { return row },
		revoke: func(row store.Session, now time.Time) store.Session {
			row.RevokedAt, row.RevokeReason = now, store.ReasonReuse
			return row
		},
	}
}

// judge applies a rule to rows of the model. Calls with the same arguments have
// the same outcome, so each is made once.
type judge struct {
	rule     rule
	mode     Mode
	interval time.Duration
	known    map[call]ruling
}

type call struct {
	row modelRow
	gen int8
	key modelKey
}

type ruling struct {
	verdict verdict
	row     modelRow
	moved   int8 // by how much the head is further
}

func (r ruling) answered() bool {
	return r.verdict == replayed || r.verdict == rotated || r.verdict == recovered
}

const (
	unit      = time.Second
	idleHalf  = time.Hour
	modelHead = 1000 // far from both ends
)

var modelNow = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func (j *judge) of(c call) ruling {
	r, ok := j.known[c]
	if !ok {
		r = j.apply(c)
		j.known[c] = r
	}
	return r
}

func (j *judge) apply(c call) ruling {
	row := j.session(c.row)
	p := presented{generation: uint64(modelHead + int(c.gen)), mode: j.mode, clientID: DefaultClientID, attempt: c.key.bytes()}
	v, _ := j.rule.decide(&row, p, modelNow, j.interval)
	rotation := p.rotation(row.ID, modelNow, j.interval, 0)
	switch v {
	case rotated:
		row = j.rule.rotate(row, rotation)
	case recovered:
		rotation.Generation = row.Generation
		row = j.rule.recover(row, store.Recovery{Rotation: rotation, Presented: p.generation})
	case replayed:
		row = j.rule.replay(row, modelNow)
	case reused:
		row = j.rule.revoke(row, modelNow)
	}
	return j.ruling(v, c.row, row)
}

func (j *judge) session(r modelRow) store.Session {
	s := store.Session{
		ClientID: DefaultClientID, Mode: j.mode, Generation: modelHead, Attempt: r.attempt.bytes(),
		RotatedAt:     modelNow.Add(-time.Duration(r.age) * unit),
		IdleTimeout:   idleOver * idleHalf,
		IdleExpiresAt: modelNow.Add(time.Duration(idleOver-r.idle) * idleHalf),
		ExpiresAt:     modelNow.Add(1000 * idleHalf),
	}
	if r.revoked {
		s.RevokedAt, s.RevokeReason = modelNow, store.ReasonReuse
	}
	return s
}

func (j *judge) ruling(v verdict, before modelRow, s store.Session) ruling {
	moved := int8(int64(s.Generation) - modelHead)
	row := modelRow{
		attempt: keyOf(s.Attempt).shifted(moved),
		age:     int8(min(modelNow.Sub(s.RotatedAt)/unit, interval)),
		trueAge: before.trueAge,
		idle:    idleOver - int8(s.IdleExpiresAt.Sub(modelNow)/idleHalf),
		revoked: s.Revoked(),
	}
	if moved != 0 {
		row.trueAge = 0
	}
	return ruling{verdict: v, row: row, moved: moved}
}

// bytes stands in for the keyed hash: equal for equal keys, nil for none.
func (k modelKey) bytes() []byte {
	if k.kind == noKey {
		return nil
	}
	return []byte{byte(k.kind), byte(k.gen - ancient)}
}

func keyOf(b []byte) modelKey {
	if b == nil {
		return modelKey{}
	}
	return modelKey{kind: keyKind(b[0]), gen: int8(b[1]) + ancient}
}
