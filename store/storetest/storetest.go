// Package storetest checks that an engine keeps the promises of package store.
//
// It owns the cases, and imports the standard library and package store only, so
// that an engine outside this repository can use it. Each case has a name, a
// sentence that says what must hold, and a source; it gets a store of its own,
// and no engine may leave one out.
//
// An engine's test is short:
//
//	func TestSessions(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) store.Sessions { return open(t) })
//	}
package storetest

import (
	"context"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/renewd/renewd/store"
)

// Run checks an engine for sessions. open returns an empty store, and arranges
// for its closing with t.Cleanup; it is called from several goroutines. A store
// that is an io.Closer is checked after its closing too.
func Run(t *testing.T, open func(t *testing.T) store.Sessions) {
	runCases(t, sessionCases(), func(t *testing.T) sessions { return sessions{T: t, Sessions: open(t)} })
}

// RunAccounts checks an engine for accounts, as [Run] does.
func RunAccounts(t *testing.T, open func(t *testing.T) store.Accounts) {
	runCases(t, accountCases(), func(t *testing.T) accounts { return accounts{T: t, Accounts: open(t)} })
}

// RunSigningKeys checks an engine for signing keys, as [Run] does.
func RunSigningKeys(t *testing.T, open func(t *testing.T) store.SigningKeys) {
	runCases(t, keyCases(), func(t *testing.T) keys { return keys{T: t, SigningKeys: open(t)} })
}

// Store is an engine for everything.
type Store interface {
	store.Sessions
	store.Accounts
	store.SigningKeys
}

// RunReopen checks an engine that keeps what it acknowledges. reopen closes the
// store it returned last, or open did, and opens another on the same data.
func RunReopen(t *testing.T, open func(t *testing.T) (s Store, reopen func() Store)) {
	runCases(t, reopenCases(), func(t *testing.T) reopening {
		s, reopen := open(t)
		return reopening{T: t, Store: s, reopen: reopen}
	})
}

// T is the part of *testing.T that a case needs. The tests of this package put a
// recorder in its place, to show that a broken store fails.
type T interface {
	Helper()
	Context() context.Context
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// testCase is one promise; F is what its check works with.
type testCase[F any] struct {
	name   string
	says   string // what must hold, in one sentence
	source string // who says so
	check  func(F)
}

func runCases[F any](t *testing.T, cases []testCase[F], open func(t *testing.T) F) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			t.Cleanup(func() {
				if t.Failed() {
					t.Logf("must hold: %s (%s)", c.says, c.source)
				}
			})
			c.check(open(t))
		})
	}
}

// start is when everything begins; its milliseconds are not zero on purpose.
var start = time.Date(2026, time.March, 14, 15, 9, 26, 535e6, time.UTC)

const (
	idleTimeout     = time.Hour
	absoluteTimeout = 24 * time.Hour
	tick            = time.Millisecond // the finest difference that a store keeps
)

// newSession returns a session that differs from others by its id, which ends in
// n. Every field is set that can be.
func newSession(n byte) store.Session {
	return store.Session{
		ID:       store.SessionID{0: 0xA5, 7: 0, 15: n},
		Subject:  "subject-1",
		Username: "Ada",
		ClientID: "renewd",
		Mode:     store.ModeBody,
		Remember: true,

		Roles: []string{"admin", "auditor"},
		Scope: "read write",
		AMR:   []string{"pwd"},
		ACR:   "urn:example:1",
		Epoch: 3,

		AuthTime:  start,
		CreatedAt: start.Add(tick),

		Generation: 1,
		RotatedAt:  start.Add(tick),
		Attempt:    []byte("attempt-0-------"),
		KeyID:      7,

		IdleTimeout:   idleTimeout,
		UsedAt:        start.Add(tick),
		IdleExpiresAt: start.Add(idleTimeout),
		ExpiresAt:     start.Add(absoluteTimeout),

		UserAgent: "Mozilla/5.0",
		Address:   "2001:db8::1",
	}
}

// rotationOf returns a rotation that applies to row, a second after the last.
func rotationOf(row store.Session) store.Rotation {
	return store.Rotation{
		ID: row.ID, Generation: row.Generation, Mode: row.Mode, ClientID: row.ClientID,
		Now: row.RotatedAt.Add(time.Second), Attempt: []byte("attempt-1-------"), KeyID: 9,
	}
}

// recoveryOf returns a recovery that applies to row, from a token 5 ahead.
func recoveryOf(row store.Session) store.Recovery {
	return store.Recovery{Rotation: rotationOf(row), Presented: row.Generation + 5}
}

// wantSame reports the fields in which two records differ. No list and an empty
// one are the same.
func wantSame(t T, got, want any) {
	t.Helper()
	g, w := reflect.ValueOf(got), reflect.ValueOf(want)
	for i := range g.NumField() {
		a, b := g.Field(i), w.Field(i)
		if a.Kind() == reflect.Slice && a.Len() == 0 && b.Len() == 0 {
			continue
		}
		if !reflect.DeepEqual(a.Interface(), b.Interface()) {
			t.Errorf("%s: got %v, want %v", g.Type().Field(i).Name, a, b)
		}
	}
}

// sessions is what a case for sessions works with.
type sessions struct {
	T
	store.Sessions
}

// have creates sessions.
func (c sessions) have(rows ...store.Session) {
	c.Helper()
	for _, row := range rows {
		if err := c.CreateSession(c.Context(), row); err != nil {
			c.Fatalf("create session %v: %v", row.ID, err)
		}
	}
}

// row reads a session that must be there.
func (c sessions) row(id store.SessionID) store.Session {
	c.Helper()
	row, err := c.Session(c.Context(), id)
	if err != nil {
		c.Fatalf("read session %v: %v", id, err)
	}
	return row
}

// rotate makes a rotation that must succeed.
func (c sessions) rotate(r store.Rotation) store.Session {
	c.Helper()
	row, err := c.RotateSession(c.Context(), r)
	if err != nil {
		c.Fatalf("rotate session: %v", err)
	}
	return row
}

// recover makes a recovery that must succeed.
func (c sessions) recover(r store.Recovery) store.Session {
	c.Helper()
	row, err := c.RecoverSession(c.Context(), r)
	if err != nil {
		c.Fatalf("recover session: %v", err)
	}
	return row
}

// revoke revokes a session, which must do it or find it done, as told.
func (c sessions) revoke(r store.Revocation, want bool) {
	c.Helper()
	done, err := c.RevokeSession(c.Context(), r)
	if err != nil || done != want {
		c.Fatalf("revoke session: got %v, %v, want %v, nil", done, err, want)
	}
}

// wantRow checks that the store holds want, and that what a call returned, if
// there is any, is the same.
func (c sessions) wantRow(want store.Session, returned ...store.Session) {
	c.Helper()
	for _, got := range append(returned, c.row(want.ID)) {
		wantSame(c, got, want)
	}
}

// wantList checks which sessions a query finds, in their order.
func (c sessions) wantList(q store.SessionQuery, want ...store.Session) {
	c.Helper()
	found, err := c.ListSessions(c.Context(), q)
	if err != nil {
		c.Fatalf("list sessions: %v", err)
	}
	if got, want := idsOf(found), idsOf(want); !slices.Equal(got, want) {
		c.Errorf("list of %+v: got %v, want %v", q, got, want)
		return
	}
	for i := range want {
		wantSame(c, found[i], want[i])
	}
}

func idsOf(rows []store.Session) []string {
	var ids []string
	for _, row := range rows {
		ids = append(ids, row.ID.String())
	}
	return ids
}

// sessionCases returns every promise about sessions.
func sessionCases() []testCase[sessions] {
	return slices.Concat(recordCases(), rotationCases(), recoveryCases(), revocationCases(),
		listCases(), purgeCases(), identifierCases(), raceCases(), sessionCallCases())
}
