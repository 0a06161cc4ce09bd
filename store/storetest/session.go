package storetest

import (
	"errors"
	"slices"
	"time"

	"github.com/renewd/renewd/store"
)

// recordCases are about what a store gives back.
func recordCases() []testCase[sessions] {
	return []testCase[sessions]{
		{
			"create and read",
			"A session is read as it was created, every field of it, with its times in UTC.",
			"store.Sessions.CreateSession",
			func(c sessions) {
				row := newSession(1)
				row.RevokedAt, row.RevokeReason, row.RotationOff = start.Add(time.Second), store.ReasonOperator, true
				c.have(row, newSession(2))
				c.wantRow(row)
				c.wantRow(newSession(2))
			},
		},
		{
			"create with little",
			"What is not set stays not set: zero times, no lists, no attempt, empty texts.",
			"package store: the zero time means \"not set\"",
			func(c sessions) {
				row := store.Session{ID: newSession(1).ID, Subject: "s", ClientID: "c", Mode: store.ModeCookie, Generation: 1}
				c.have(row)
				c.wantRow(row)
				if got := c.row(row.ID); !got.RotatedAt.IsZero() || got.Revoked() || got.Attempt != nil {
					c.Errorf("got %+v, want nothing set", got)
				}
			},
		},
		{
			"create to the millisecond",
			"Times keep their milliseconds, before 1970 and far ahead as well, and durations theirs.",
			"package store: times are UTC in whole milliseconds",
			func(c sessions) {
				row := newSession(1)
				row.AuthTime = time.Date(1969, time.December, 31, 23, 59, 59, 999e6, time.UTC)
				row.CreatedAt = time.Unix(0, 0).UTC()
				row.RotatedAt = start.Add(tick)
				row.UsedAt = start.Add(2 * tick)
				row.IdleTimeout = time.Hour + tick
				row.ExpiresAt = time.Date(9999, time.December, 31, 23, 59, 59, 999e6, time.UTC)
				c.have(row)
				c.wantRow(row)
			},
		},
		{
			"create twice",
			"A second session with the same id is refused, and the first stays as it was.",
			"store.Sessions.CreateSession",
			func(c sessions) {
				row := newSession(1)
				c.have(row)
				other := newSession(1)
				other.Subject, other.Generation = "subject-2", 9
				if err := c.CreateSession(c.Context(), other); !errors.Is(err, store.ErrExists) {
					c.Errorf("create session: got %v, want %v", err, store.ErrExists)
				}
				c.wantRow(row)
			},
		},
		{
			"read nothing",
			"A session that is not there is not found.",
			"store.Sessions.Session",
			func(c sessions) {
				c.have(newSession(1))
				if row, err := c.Session(c.Context(), newSession(2).ID); !errors.Is(err, store.ErrNotFound) {
					c.Errorf("read session: got %+v, %v, want %v", row, err, store.ErrNotFound)
				}
			},
		},
		{
			"records share no memory",
			"What a caller does to a record it passed or got changes nothing in the store.",
			"store.Session.Clone",
			func(c sessions) {
				row := newSession(1)
				c.have(row)
				want := newSession(1)
				scribble(row)
				scribble(c.row(want.ID))
				c.wantRow(want)
				r := rotationOf(want)
				returned := c.rotate(r)
				want = rotationOf(want).Apply(want)
				clear(r.Attempt)
				scribble(returned)
				c.wantRow(want)
				found, err := c.ListSessions(c.Context(), store.SessionQuery{Limit: 10})
				if err != nil || len(found) != 1 {
					c.Fatalf("list sessions: got %d, %v, want 1, nil", len(found), err)
				}
				scribble(found[0])
				c.wantRow(want)
			},
		},
		{
			"ping",
			"A store that serves says so, and a ping changes no session.",
			"store.Sessions.Ping",
			func(c sessions) {
				c.have(newSession(1))
				for range 2 {
					if err := c.Ping(c.Context()); err != nil {
						c.Errorf("ping: %v", err)
					}
				}
				c.wantList(store.SessionQuery{Limit: 10}, newSession(1))
			},
		},
	}
}

// scribble overwrites the memory that a record refers to.
func scribble(row store.Session) {
	clear(row.Roles)
	clear(row.AMR)
	clear(row.Attempt)
}

const queryApplies = "store.SessionQuery.Applies"

// listCases are about finding sessions.
func listCases() []testCase[sessions] {
	return []testCase[sessions]{
		{
			"list in the order of ids",
			"Sessions are listed in the order of the bytes of their ids, whenever they were created.",
			"store.Sessions.ListSessions",
			func(c sessions) {
				rows := []store.Session{newSession(0), newSession(1), newSession(0x7F), newSession(0x80), newSession(0xFF)}
				for _, i := range []int{3, 0, 4, 2, 1} {
					c.have(rows[i])
				}
				c.wantList(store.SessionQuery{Limit: 1000}, rows...)
				c.wantList(store.SessionQuery{Limit: 1000, Subject: "subject-1"}, rows...)
			},
		},
		{
			"list in pages",
			"Pages that start after the last id of the one before show every session once.",
			queryApplies,
			func(c sessions) {
				var rows []store.Session
				for n := range byte(7) {
					rows = append(rows, newSession(n))
				}
				c.have(rows...)
				for _, subject := range []string{"", "subject-1"} {
					q := store.SessionQuery{Subject: subject, Limit: 3}
					for page := range slices.Chunk(rows, q.Limit) {
						c.wantList(q, page...)
						q.After = page[len(page)-1].ID
					}
					c.wantList(q)
				}
			},
		},
		{
			"list by subject",
			"A list for a subject shows the sessions of that subject.",
			queryApplies,
			func(c sessions) {
				a, b := newSession(1), newSession(2)
				b.Subject = "subject-2"
				c.have(a, b)
				c.wantList(store.SessionQuery{Limit: 10, Subject: a.Subject}, a)
				c.wantList(store.SessionQuery{Limit: 10, Subject: b.Subject}, b)
				c.wantList(store.SessionQuery{Limit: 10, Subject: "nobody"})
				c.wantList(store.SessionQuery{Limit: 10}, a, b)
			},
		},
		{
			"list what is live",
			"With a time, the list leaves out what is revoked or over at that time, which is from the very moment of expiry.",
			queryApplies,
			func(c sessions) {
				live, revoked, idle, expired := newSession(1), newSession(2), newSession(3), newSession(4)
				now := start.Add(time.Minute)
				live.IdleExpiresAt, live.ExpiresAt = now.Add(tick), now.Add(tick)
				revoked.RevokedAt, revoked.RevokeReason = now.Add(time.Hour), store.ReasonSignOut
				idle.IdleExpiresAt = now
				expired.ExpiresAt = now
				c.have(live, revoked, idle, expired)
				for _, subject := range []string{"", "subject-1"} {
					c.wantList(store.SessionQuery{Subject: subject, Limit: 10, LiveAt: now}, live)
					c.wantList(store.SessionQuery{Subject: subject, Limit: 10}, live, revoked, idle, expired)
					c.wantList(store.SessionQuery{Subject: subject, Limit: 1, LiveAt: now, After: live.ID})
				}
			},
		},
	}
}

// purgeCases are about deleting what is over.
func purgeCases() []testCase[sessions] {
	return []testCase[sessions]{
		{
			"purge from the moment of expiry",
			"A purge deletes sessions from the moment of their absolute expiry on, and no other: not idle ones, not revoked ones.",
			"store.Sessions.PurgeSessions",
			func(c sessions) {
				before, at, after, idle, revoked := newSession(1), newSession(2), newSession(3), newSession(4), newSession(5)
				now := start.Add(absoluteTimeout)
				before.ExpiresAt, at.ExpiresAt, after.ExpiresAt = now.Add(-tick), now, now.Add(tick)
				idle.ExpiresAt, idle.IdleExpiresAt = now.Add(time.Hour), start
				revoked.ExpiresAt, revoked.RevokedAt = now.Add(time.Hour), start
				c.have(before, at, after, idle, revoked)
				if n := c.purge(now, 100); n != 2 {
					c.Errorf("purged: got %d, want 2", n)
				}
				c.wantList(store.SessionQuery{Limit: 10}, after, idle, revoked)
				if _, err := c.Session(c.Context(), at.ID); !errors.Is(err, store.ErrNotFound) {
					c.Errorf("read a purged session: got %v, want %v", err, store.ErrNotFound)
				}
			},
		},
		{
			"purge in bounded steps",
			"A purge deletes no more than it was allowed to, and repeated purges delete everything that is over.",
			"store.Sessions.PurgeSessions",
			func(c sessions) {
				for n := range byte(7) {
					c.have(newSession(n))
				}
				late := newSession(100)
				late.ExpiresAt = late.ExpiresAt.Add(tick)
				c.have(late)
				for _, want := range []int{3, 3, 1, 0} {
					if n := c.purge(start.Add(absoluteTimeout), 3); n != want {
						c.Errorf("purged: got %d, want %d", n, want)
					}
				}
				c.wantList(store.SessionQuery{Limit: 10}, late)
			},
		},
		{
			"create again after a purge",
			"The id of a purged session is free.",
			"store.Sessions.PurgeSessions",
			func(c sessions) {
				c.have(newSession(1))
				c.purge(start.Add(absoluteTimeout), 1)
				c.have(newSession(1))
				c.wantRow(newSession(1))
			},
		},
	}
}

func (c sessions) purge(expiredBy time.Time, limit int) int {
	c.Helper()
	n, err := c.PurgeSessions(c.Context(), expiredBy, limit)
	if err != nil {
		c.Fatalf("purge sessions: %v", err)
	}
	return n
}
