package storetest

import (
	"bytes"
	"errors"
	"time"

	"github.com/renewd/renewd/store"
)

const (
	rotationApplies = "store.Rotation.Applies"
	rotationApply   = "store.Rotation.Apply"
)

// rotationCases are the rows of the rotation rule as a store sees them.
func rotationCases() []testCase[sessions] {
	return append(rotationRefusals(), []testCase[sessions]{
		{
			"rotate moves the head",
			"A rotation makes the next generation with its time, attempt and key, and moves nothing else but last use and idle expiry.",
			"RFC 9700, Section 4.14.2; " + rotationApply,
			func(c sessions) {
				row := newSession(1)
				c.have(row, newSession(2))
				r := rotationOf(row)
				got := c.rotate(r)
				row.Generation, row.RotatedAt, row.UsedAt, row.Attempt, row.KeyID = 2, r.Now, r.Now, r.Attempt, r.KeyID
				row.IdleExpiresAt = r.Now.Add(idleTimeout)
				c.wantRow(row, got)
				c.wantRow(newSession(2))
			},
		},
		{
			"rotate chains",
			"Each rotation starts from the head that the last one made, and a retired head stays retired.",
			"RFC 9700, Section 4.14.2",
			func(c sessions) {
				row := newSession(1)
				c.have(row)
				for range 20 {
					first := rotationOf(row)
					row = c.rotate(first)
					c.wantConflict(first)
				}
				if row.Generation != 21 {
					c.Errorf("generation after 20 rotations: got %d, want 21", row.Generation)
				}
			},
		},
		{
			"rotate keeps no attempt when there is none",
			"A rotation without an attempt leaves none beside the head.",
			rotationApply,
			func(c sessions) { c.wantAttempt(1, []byte("attempt-0-------"), nil, nil) },
		},
		{
			"rotate keeps a new attempt",
			"A rotation with an attempt keeps it beside the head, whether or not there was another.",
			rotationApply,
			func(c sessions) {
				c.wantAttempt(1, []byte("attempt-0-------"), []byte("attempt-1-------"), []byte("attempt-1-------"))
				c.wantAttempt(2, nil, []byte("attempt-1-------"), []byte("attempt-1-------"))
				c.wantAttempt(3, []byte{0, 0}, []byte{0}, []byte{0})
			},
		},
		{
			"rotate keeps an equal attempt as nothing",
			"A client that never changes its attempt gets no replay for it: the same one again leaves none beside the head.",
			rotationApply,
			func(c sessions) {
				c.wantAttempt(1, []byte("attempt-0-------"), []byte("attempt-0-------"), nil)
				c.wantAttempt(2, nil, nil, nil)
			},
		},
		{
			"rotate never passes the absolute expiry",
			"The idle expiry moves up to the absolute one and not beyond, and the absolute one does not move.",
			rotationApply,
			func(c sessions) {
				row := newSession(1)
				row.IdleExpiresAt = row.ExpiresAt
				c.have(row)
				r := rotationOf(row)
				r.Now = row.ExpiresAt.Add(-idleTimeout + tick)
				after := c.rotate(r)
				if !after.IdleExpiresAt.Equal(row.ExpiresAt) || !after.ExpiresAt.Equal(row.ExpiresAt) {
					c.Errorf("expiry: got %v and %v, want both %v", after.IdleExpiresAt, after.ExpiresAt, row.ExpiresAt)
				}
				c.wantRow(after)
			},
		},
		{
			"rotate at the last moment",
			"A session can be used until just before it expires, and a bound is met by the time it names.",
			rotationApplies,
			func(c sessions) {
				idle, absolute, bound := newSession(1), newSession(2), newSession(3)
				absolute.IdleExpiresAt = absolute.ExpiresAt
				c.have(idle, absolute, bound)
				r := rotationOf(idle)
				r.Now = idle.IdleExpiresAt.Add(-tick)
				c.rotate(r)
				r = rotationOf(absolute)
				r.Now = absolute.ExpiresAt.Add(-tick)
				c.rotate(r)
				r = rotationOf(bound)
				r.RotatedBy = bound.RotatedAt
				c.rotate(r)
			},
		},
		{
			"rotate with rotation off",
			"Where rotation is off, the head stays with all that belongs to it, last use and idle expiry move, and no bound binds.",
			rotationApply,
			func(c sessions) {
				row := newSession(1)
				row.RotationOff = true
				c.have(row)
				r := rotationOf(row)
				r.RotatedBy = row.RotatedAt.Add(-time.Minute)
				for range 2 {
					got := c.rotate(r)
					row.UsedAt, row.IdleExpiresAt = r.Now, r.Now.Add(idleTimeout)
					c.wantRow(row, got)
					r.Now = r.Now.Add(time.Minute)
				}
			},
		},
		{
			"rotate after the clock moved back",
			"The caller's time is taken as it is, also when it is before the last rotation.",
			"package store: time is a parameter",
			func(c sessions) {
				row := newSession(1)
				row.RotatedAt = start.Add(10 * time.Minute)
				c.have(row)
				r := rotationOf(row)
				r.Now = start.Add(-time.Hour)
				got := c.rotate(r)
				row = r.Apply(row)
				c.wantRow(row, got)
				if !got.RotatedAt.Equal(r.Now) || !got.IdleExpiresAt.Equal(r.Now.Add(idleTimeout)) {
					c.Errorf("times: got %v and %v, want the caller's", got.RotatedAt, got.IdleExpiresAt)
				}
			},
		},
		{
			"rotate the highest generations",
			"A generation is exact up to the highest one.",
			"store.MaxGeneration",
			func(c sessions) {
				row := newSession(1)
				row.Generation = store.MaxGeneration - 1
				c.have(row)
				if got := c.rotate(rotationOf(row)).Generation; got != store.MaxGeneration {
					c.Errorf("generation: got %d, want %d", got, uint64(store.MaxGeneration))
				}
			},
		},
	}...)
}

// refusal is a condition that is broken alone.
type refusal struct {
	name, says string
	change     func(row *store.Session, r *store.Rotation)
}

// headRefusals are the conditions of everything that moves the head.
var headRefusals = []refusal{
	{
		"another mode", "The mode is fixed at sign-in.",
		func(_ *store.Session, r *store.Rotation) { r.Mode = store.ModeCookie },
	},
	{
		"another client", "A refresh token is bound to its client (RFC 6749, Section 6).",
		func(_ *store.Session, r *store.Rotation) { r.ClientID = "other" },
	},
	{
		"another session", "There must be such a session.",
		func(_ *store.Session, r *store.Rotation) { r.ID[0]++ },
	},
	{
		"a revoked session", "A revoked session is never used again.",
		func(row *store.Session, _ *store.Rotation) {
			row.RevokedAt, row.RevokeReason = start, store.ReasonSignOut
		},
	},
	{
		"an expired session", "The absolute expiry is the first moment at which the session is over, whatever its idle expiry.",
		func(row *store.Session, r *store.Rotation) {
			row.IdleExpiresAt, r.Now = row.ExpiresAt.Add(time.Hour), row.ExpiresAt
		},
	},
}

// rotationRefusals are the conditions of a rotation, each broken alone.
func rotationRefusals() []testCase[sessions] {
	var cases []testCase[sessions]
	for _, refusal := range append([]refusal{
		{
			"an old head", "A retired generation is not the head.",
			func(row *store.Session, _ *store.Rotation) { row.Generation++ },
		},
		{
			"a head to come", "A generation that was not made yet is not the head.",
			func(_ *store.Session, r *store.Rotation) { r.Generation++ },
		},
		{
			"an idle session", "The idle expiry is the first moment at which the session is over.",
			func(row *store.Session, r *store.Rotation) { r.Now = row.IdleExpiresAt },
		},
		{
			"a head too young", "A bound on the last rotation holds to the millisecond.",
			func(row *store.Session, r *store.Rotation) { r.RotatedBy = row.RotatedAt.Add(-tick) },
		},
		{
			"an old head with rotation off", "Where rotation is off, there is one generation.",
			func(row *store.Session, r *store.Rotation) {
				row.RotationOff = true
				r.Generation++
			},
		},
	}, headRefusals...) {
		cases = append(cases, testCase[sessions]{
			"rotate refuses " + refusal.name, refusal.says, rotationApplies,
			func(c sessions) {
				row := newSession(1)
				r := rotationOf(row)
				refusal.change(&row, &r)
				c.have(row)
				c.wantConflict(r)
				c.wantRow(row)
			},
		})
	}
	return cases
}

// wantConflict makes a rotation that must be refused.
func (c sessions) wantConflict(r store.Rotation) {
	c.Helper()
	if row, err := c.RotateSession(c.Context(), r); !errors.Is(err, store.ErrConflict) {
		c.Errorf("rotate session: got %+v, %v, want %v", row, err, store.ErrConflict)
	}
}

// wantAttempt rotates one session and recovers another, which keep an attempt,
// with the attempt given, and checks what they keep afterwards.
func (c sessions) wantAttempt(n byte, kept, given, want []byte) {
	c.Helper()
	a, b := newSession(n), newSession(n+0x80)
	a.Attempt, b.Attempt = kept, kept
	c.have(a, b)
	rotation, recovery := rotationOf(a), recoveryOf(b)
	rotation.Attempt, recovery.Attempt = given, given
	for _, after := range []store.Session{c.rotate(rotation), c.recover(recovery), c.row(a.ID), c.row(b.ID)} {
		if !bytes.Equal(after.Attempt, want) || (len(want) == 0 && after.Attempt != nil) {
			c.Errorf("attempt: got %q, want %q", after.Attempt, want)
		}
	}
}
