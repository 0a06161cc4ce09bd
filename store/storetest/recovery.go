package storetest

import (
	"errors"
	"time"

	"github.com/renewd/renewd/store"
)

const (
	recoveryApplies = "store.Recovery.Applies"
	recoveryApply   = "store.Recovery.Apply"
)

// recoveryCases are about tokens ahead of the head.
func recoveryCases() []testCase[sessions] {
	return append(recoveryRefusals(), []testCase[sessions]{
		{
			"recover moves past what was presented",
			"The head becomes one more than what was presented; all else is as in a rotation.",
			recoveryApply,
			func(c sessions) {
				row := newSession(1)
				c.have(row)
				r := recoveryOf(row)
				got := c.recover(r)
				row.Generation, row.RotatedAt, row.UsedAt, row.Attempt, row.KeyID = 7, r.Now, r.Now, r.Attempt, r.KeyID
				row.IdleExpiresAt = r.Now.Add(idleTimeout)
				c.wantRow(row, got)
			},
		},
		{
			"recover an idle session",
			"The idle expiry does not bind a recovery: the store lost the writes that moved it. Nor does a bound on the last rotation.",
			recoveryApplies,
			func(c sessions) {
				row := newSession(1)
				c.have(row)
				r := recoveryOf(row)
				r.Now = row.ExpiresAt.Add(-tick)
				r.RotatedBy = row.RotatedAt.Add(-time.Hour)
				row.Generation, row.RotatedAt, row.UsedAt, row.Attempt, row.KeyID = 7, r.Now, r.Now, r.Attempt, r.KeyID
				row.IdleExpiresAt = row.ExpiresAt
				c.wantRow(row, c.recover(r))
			},
		},
		{
			"recover the highest generation",
			"A generation is exact up to the highest one.",
			"store.MaxGeneration",
			func(c sessions) {
				row := newSession(1)
				c.have(row)
				r := recoveryOf(row)
				r.Presented = store.MaxGeneration - 1
				if got := c.recover(r).Generation; got != store.MaxGeneration {
					c.Errorf("generation: got %d, want %d", got, uint64(store.MaxGeneration))
				}
			},
		},
	}...)
}

// recoveryRefusals are the conditions of a recovery, each broken alone.
func recoveryRefusals() []testCase[sessions] {
	cases := []testCase[sessions]{
		recoveryRefusal("a head that moved", "The head must be as the caller read it.",
			func(row *store.Session, _ *store.Recovery) { row.Generation++ }),
		recoveryRefusal("the head itself", "The head is not ahead of itself.",
			func(row *store.Session, r *store.Recovery) { r.Presented = row.Generation }),
		recoveryRefusal("a session with rotation off", "Where rotation is off, there is one generation.",
			func(row *store.Session, _ *store.Recovery) { row.RotationOff = true }),
	}
	for _, f := range headRefusals {
		cases = append(cases, recoveryRefusal(f.name, f.says,
			func(row *store.Session, r *store.Recovery) { f.change(row, &r.Rotation) }))
	}
	return cases
}

func recoveryRefusal(name, says string, change func(*store.Session, *store.Recovery)) testCase[sessions] {
	return testCase[sessions]{
		"recover refuses " + name, says, recoveryApplies,
		func(c sessions) {
			row := newSession(1)
			r := recoveryOf(row)
			change(&row, &r)
			c.have(row)
			if got, err := c.RecoverSession(c.Context(), r); !errors.Is(err, store.ErrConflict) {
				c.Errorf("recover session: got %+v, %v, want %v", got, err, store.ErrConflict)
			}
			c.wantRow(row)
		},
	}
}
