package storetest

import (
	"errors"
	"time"

	"github.com/renewd/renewd/store"
)

const (
	revokeSession = "store.Sessions.RevokeSession"
	revokeSubject = "store.SubjectRevocation.Applies"
)

// revocationCases are about ending sessions.
func revocationCases() []testCase[sessions] {
	return append(subjectCases(), []testCase[sessions]{
		{
			"revoke ends one session",
			"A revocation sets its time and reason, and touches nothing else and no other session.",
			revokeSession,
			func(c sessions) {
				row := newSession(1)
				c.have(row, newSession(2))
				at := start.Add(time.Minute)
				c.revoke(store.Revocation{ID: row.ID, Reason: store.ReasonSignOut, At: at}, true)
				row.RevokedAt, row.RevokeReason = at, store.ReasonSignOut
				c.wantRow(row)
				c.wantRow(newSession(2))
			},
		},
		{
			"revoke stops rotation",
			"Once a revocation returned, no rotation and no recovery of the session succeeds.",
			"RFC 9700, Section 4.14.2; " + revokeSession,
			func(c sessions) {
				row := newSession(1)
				c.have(row)
				c.revoke(store.Revocation{ID: row.ID, Reason: store.ReasonSignOut, At: start}, true)
				c.wantConflict(rotationOf(row))
				if _, err := c.RecoverSession(c.Context(), recoveryOf(row)); !errors.Is(err, store.ErrConflict) {
					c.Errorf("recover session: got %v, want %v", err, store.ErrConflict)
				}
			},
		},
		{
			"revoke after a rotation",
			"A session that was rotated first is revoked all the same, with the head it has now.",
			revokeSession,
			func(c sessions) {
				row := newSession(1)
				c.have(row)
				row = c.rotate(rotationOf(row))
				c.revoke(store.Revocation{ID: row.ID, Reason: store.ReasonSignOut, At: start}, true)
				c.wantConflict(rotationOf(row))
				row.RevokedAt, row.RevokeReason = start, store.ReasonSignOut
				c.wantRow(row)
			},
		},
		{
			"revoke twice keeps the first",
			"A session revoked before keeps its first time and reason, whatever head the second call requires.",
			revokeSession,
			func(c sessions) {
				row := newSession(1)
				c.have(row)
				c.revoke(store.Revocation{ID: row.ID, Reason: store.ReasonReuse, At: start}, true)
				later := start.Add(time.Minute)
				c.revoke(store.Revocation{ID: row.ID, Reason: store.ReasonSignOut, At: later}, false)
				c.revoke(store.Revocation{ID: row.ID, Reason: store.ReasonSignOut, At: later, Generation: 99}, false)
				if n := c.revokeSubject(store.SubjectRevocation{Subject: row.Subject, Reason: store.ReasonOperator, At: later}); n != 0 {
					c.Errorf("revoked again: got %d, want 0", n)
				}
				row.RevokedAt, row.RevokeReason = start, store.ReasonReuse
				c.wantRow(row)
			},
		},
		{
			"revoke with a required head",
			"A revocation that requires a head does nothing when the head is another.",
			revokeSession,
			func(c sessions) {
				row := newSession(1)
				c.have(row)
				row = c.rotate(rotationOf(row))
				r := store.Revocation{ID: row.ID, Reason: store.ReasonReuse, At: start}
				for _, other := range []uint64{row.Generation - 1, row.Generation + 1} {
					r.Generation = other
					if done, err := c.RevokeSession(c.Context(), r); done || !errors.Is(err, store.ErrConflict) {
						c.Errorf("head %d: got %v, %v, want false, %v", other, done, err, store.ErrConflict)
					}
				}
				c.wantRow(row)
				r.Generation = row.Generation
				c.revoke(r, true)
			},
		},
		{
			"revoke nothing",
			"A session that is not there is told apart from one that was revoked before.",
			revokeSession,
			func(c sessions) {
				c.have(newSession(1))
				for _, generation := range []uint64{0, 1} {
					r := store.Revocation{ID: newSession(2).ID, Reason: store.ReasonSignOut, At: start, Generation: generation}
					if done, err := c.RevokeSession(c.Context(), r); done || !errors.Is(err, store.ErrNotFound) {
						c.Errorf("got %v, %v, want false, %v", done, err, store.ErrNotFound)
					}
				}
				c.wantRow(newSession(1))
			},
		},
	}...)
}

// subjectCases are about ending the sessions of a person.
func subjectCases() []testCase[sessions] {
	revoked := func(row store.Session, r store.SubjectRevocation) store.Session {
		row.RevokedAt, row.RevokeReason = r.At, r.Reason
		return row
	}
	return []testCase[sessions]{
		{
			"revoke a subject",
			"Every session of the subject is revoked, those of others stay, and the number is what this call did.",
			revokeSubject,
			func(c sessions) {
				a, b, other := newSession(1), newSession(2), newSession(3)
				other.Subject = "subject-2"
				c.have(a, b, other)
				r := store.SubjectRevocation{Subject: a.Subject, Reason: store.ReasonOperator, At: start.Add(tick)}
				if n := c.revokeSubject(r); n != 2 {
					c.Errorf("revoked: got %d, want 2", n)
				}
				c.wantRow(revoked(a, r))
				c.wantRow(revoked(b, r))
				c.wantRow(other)
				if n := c.revokeSubject(r); n != 0 {
					c.Errorf("revoked again: got %d, want 0", n)
				}
			},
		},
		{
			"revoke a subject except one session",
			"The session excepted stays as it is.",
			revokeSubject,
			func(c sessions) {
				a, b := newSession(1), newSession(2)
				c.have(a, b)
				r := store.SubjectRevocation{Subject: a.Subject, Reason: store.ReasonSignOut, At: start, Except: a.ID}
				if n := c.revokeSubject(r); n != 1 {
					c.Errorf("revoked: got %d, want 1", n)
				}
				c.wantRow(a)
				c.wantRow(revoked(b, r))
			},
		},
		{
			"revoke a subject below an epoch",
			"Sessions signed in at the epoch or a later one stay.",
			revokeSubject,
			func(c sessions) {
				below, at, above := newSession(1), newSession(2), newSession(3)
				below.Epoch, at.Epoch, above.Epoch = 4, 5, 6
				c.have(below, at, above)
				r := store.SubjectRevocation{Subject: below.Subject, Reason: store.ReasonDisabled, At: start, BelowEpoch: 5}
				if n := c.revokeSubject(r); n != 1 {
					c.Errorf("revoked: got %d, want 1", n)
				}
				c.wantRow(revoked(below, r))
				c.wantRow(at)
				c.wantRow(above)
			},
		},
		{
			"revoke a subject without sessions",
			"There being nothing to revoke is no error.",
			revokeSubject,
			func(c sessions) {
				if n := c.revokeSubject(store.SubjectRevocation{Subject: "nobody", Reason: store.ReasonOperator, At: start}); n != 0 {
					c.Errorf("revoked: got %d, want 0", n)
				}
			},
		},
	}
}

// revokeSubject makes a revocation that must succeed.
func (c sessions) revokeSubject(r store.SubjectRevocation) int {
	c.Helper()
	n, err := c.RevokeSubject(c.Context(), r)
	if err != nil {
		c.Fatalf("revoke subject: %v", err)
	}
	return n
}
