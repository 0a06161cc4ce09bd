package storetest

import (
	"errors"
	"sync"
	"sync/atomic"

	"github.com/renewd/renewd/store"
)

// together calls f from n goroutines that start at the same moment, and returns
// when all have.
func together(n int, f func(i int)) {
	var ready, done sync.WaitGroup
	gate := make(chan struct{})
	ready.Add(n)
	for i := range n {
		done.Go(func() {
			ready.Done()
			<-gate
			f(i)
		})
	}
	ready.Wait()
	close(gate)
	done.Wait()
}

// tally counts the calls that succeeded, and reports those that failed with
// another error than the one expected.
func (c sessions) tally(succeeded *atomic.Int64, err, expected error) {
	c.Helper()
	if err == nil {
		succeeded.Add(1)
	} else if !errors.Is(err, expected) {
		c.Errorf("got %v, want nil or %v", err, expected)
	}
}

// raceCases are about calls at the same time.
func raceCases() []testCase[sessions] {
	return []testCase[sessions]{
		{
			"one head and 100 callers",
			"Of any number of rotations of one head, exactly one succeeds, and the head moves by one.",
			"store.Sessions.RotateSession",
			func(c sessions) {
				row := newSession(1)
				c.have(row)
				for head := uint64(1); head <= 3; head++ {
					r := rotationOf(row)
					r.Generation = head
					var succeeded atomic.Int64
					together(100, func(int) {
						_, err := c.RotateSession(c.Context(), r)
						c.tally(&succeeded, err, store.ErrConflict)
					})
					if n := succeeded.Load(); n != 1 {
						c.Errorf("rotations of head %d: got %d, want 1", head, n)
					}
					if got := c.row(row.ID).Generation; got != head+1 {
						c.Errorf("head: got %d, want %d", got, head+1)
					}
				}
			},
		},
		{
			"recover races rotate",
			"Of rotations and recoveries from one head, exactly one succeeds.",
			"store.Sessions.RecoverSession",
			func(c sessions) {
				row := newSession(1)
				c.have(row)
				var succeeded atomic.Int64
				together(20, func(i int) {
					var err error
					if i%2 == 0 {
						_, err = c.RotateSession(c.Context(), rotationOf(row))
					} else {
						_, err = c.RecoverSession(c.Context(), recoveryOf(row))
					}
					c.tally(&succeeded, err, store.ErrConflict)
				})
				if n := succeeded.Load(); n != 1 {
					c.Errorf("succeeded: got %d, want 1", n)
				}
			},
		},
		{
			"revoke races rotate",
			"No rotation that begins after a revocation returned succeeds, and none brings the session back.",
			"store.Sessions.RevokeSession",
			func(c sessions) { c.raceRotations(c.revokeOne) },
		},
		{
			"revoke a subject races rotate",
			"No rotation that begins after the subject's revocation returned succeeds, and none brings a session back.",
			"store.Sessions.RevokeSubject",
			func(c sessions) { c.raceRotations(c.revokeAll) },
		},
		{
			"revoke at once",
			"Of any number of revocations of one session, exactly one says that it did it.",
			"store.Sessions.RevokeSession",
			func(c sessions) {
				c.have(newSession(1))
				var done atomic.Int64
				together(20, func(i int) {
					did, err := c.RevokeSession(c.Context(), store.Revocation{
						ID: newSession(1).ID, Reason: store.ReasonSignOut, At: start,
					})
					if err != nil {
						c.Errorf("revoke session: %v", err)
					}
					if did {
						done.Add(1)
					}
				})
				if n := done.Load(); n != 1 {
					c.Errorf("revocations that did it: got %d, want 1", n)
				}
			},
		},
		{
			"create at once",
			"Of any number of sessions with one id, exactly one is created, whole.",
			"store.Sessions.CreateSession",
			func(c sessions) {
				var succeeded atomic.Int64
				together(20, func(i int) {
					row := newSession(1)
					row.Generation, row.KeyID = uint64(i+1), uint8(i+1)
					c.tally(&succeeded, c.CreateSession(c.Context(), row), store.ErrExists)
				})
				row := c.row(newSession(1).ID)
				if n := succeeded.Load(); n != 1 || row.Generation != uint64(row.KeyID) {
					c.Errorf("created: got %d with generation %d and key %d, want one caller's row", n, row.Generation, row.KeyID)
				}
			},
		},
		{
			"neighbours do not mix",
			"Rotations of different sessions at the same time each get their own row, also beside calls that fail.",
			"package store: each method is atomic",
			func(c sessions) {
				together(32, func(i int) {
					row := newSession(byte(i))
					if err := c.CreateSession(c.Context(), row); err != nil {
						c.Errorf("create session: %v", err)
						return
					}
					for range 10 {
						r := rotationOf(row)
						row = r.Apply(row)
						got, err := c.RotateSession(c.Context(), r)
						if err != nil {
							c.Errorf("rotate session: %v", err)
							return
						}
						wantSame(c, got, row)
						c.wantConflict(r)
					}
				})
			},
		},
	}
}

func (c sessions) revokeOne(row store.Session) error {
	_, err := c.RevokeSession(c.Context(), store.Revocation{ID: row.ID, Reason: store.ReasonSignOut, At: start})
	return err
}

func (c sessions) revokeAll(row store.Session) error {
	_, err := c.RevokeSubject(c.Context(), store.SubjectRevocation{
		Subject: row.Subject, Reason: store.ReasonSignOut, At: start,
	})
	return err
}

// maxTries bounds how long a store that rotates nothing keeps the revocation
// waiting.
const maxTries = 100

// raceRotations lets callers rotate a session as fast as they can, each from the
// head that it has seen, while another revokes it.
func (c sessions) raceRotations(revoke func(store.Session) error) {
	c.Helper()
	for n := range byte(5) {
		row := newSession(n)
		c.have(row)
		var revoked atomic.Bool
		var head atomic.Uint64
		head.Store(row.Generation)
		var once sync.Once
		begin := make(chan struct{}) // let some rotations pass before the revocation
		together(4, func(i int) {
			if i == 0 {
				<-begin
				if err := revoke(row); err != nil {
					c.Errorf("revoke: %v", err)
				}
				revoked.Store(true)
				return
			}
			defer once.Do(func() { close(begin) })
			for tries := 0; c.rotateOnce(row, &head, &revoked); tries++ {
				if head.Load() >= uint64(n)+2 || tries == maxTries {
					once.Do(func() { close(begin) })
				}
			}
		})
		after := c.row(row.ID)
		if !after.Revoked() || after.Generation != head.Load() {
			c.Errorf("afterwards: got %+v, want it revoked at head %d", after, head.Load())
		}
	}
}

// rotateOnce makes one rotation of the newest head known, and reports whether to
// go on: until one fails that began after the revocation had returned.
func (c sessions) rotateOnce(row store.Session, head *atomic.Uint64, revoked *atomic.Bool) bool {
	wasRevoked := revoked.Load()
	r := rotationOf(row)
	r.Generation = head.Load()
	after, err := c.RotateSession(c.Context(), r)
	switch {
	case err == nil && wasRevoked:
		c.Errorf("rotated a session after its revocation had returned: %+v", after)
		return false
	case err == nil:
		head.Store(after.Generation)
	case !errors.Is(err, store.ErrConflict):
		c.Errorf("rotate session: %v", err)
		return false
	}
	return !wasRevoked
}
