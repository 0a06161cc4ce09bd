package renewd

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/renewd/renewd/store"
)

const (
	testHead     = 10
	testInterval = 10 * time.Second
)

var (
	testNow    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	testKey    = []byte("attempt of one holder")
	anotherKey = []byte("attempt of another...")
)

// decision is one presentation. Its zero values stand for the usual: a session
// whose head is testHead, and an interval of testInterval.
type decision struct {
	name      string
	row       string // of the rule
	mode      Mode
	head      uint64
	presented uint64
	since     time.Duration // from the rotation to now
	always    bool          // the interval is 0
	kept      []byte        // beside the head
	given     []byte        // by the client
	change    func(*store.Session)
	want      verdict
	wantErr   error
}

// decide returns what the rule says, and whether the condition of the stores
// holds: whether the first try of a refresh would rotate.
func (d decision) decide() (v verdict, applies bool, err error) {
	head := d.head
	if head == 0 {
		head = testHead
	}
	row := store.Session{
		ClientID: DefaultClientID, Mode: d.mode, Generation: head, Attempt: d.kept,
		RotatedAt: testNow.Add(-d.since), IdleTimeout: time.Hour,
		IdleExpiresAt: testNow.Add(time.Hour), ExpiresAt: testNow.Add(24 * time.Hour),
	}
	if d.change != nil {
		d.change(&row)
	}
	p := presented{generation: d.presented, mode: d.mode, clientID: DefaultClientID, attempt: d.given}
	interval := testInterval
	if d.always {
		interval = 0
	}
	v, err = decide(&row, p, testNow, interval)
	return v, p.rotation(row.ID, testNow, interval, 0).Applies(row), err
}

const (
	head     = testHead
	previous = testHead - 1
	older    = testHead - 2
	ahead    = testHead + 1

	justInside = testInterval - time.Millisecond
	longAfter  = 1000 * time.Hour
	clockBack  = -time.Minute
	maxGen     = uint64(store.MaxGeneration)
)

func revoked(why store.Reason) func(*store.Session) {
	return func(s *store.Session) { s.RevokedAt, s.RevokeReason = testNow, why }
}

func idleExpired(s *store.Session)     { s.IdleExpiresAt = testNow }
func idleLasts(s *store.Session)       { s.IdleExpiresAt = testNow.Add(time.Millisecond) }
func absoluteExpired(s *store.Session) { s.ExpiresAt = testNow }
func absoluteLasts(s *store.Session)   { s.ExpiresAt = testNow.Add(time.Millisecond) }
func rotationOff(s *store.Session)     { s.RotationOff = true }

func both(changes ...func(*store.Session)) func(*store.Session) {
	return func(s *store.Session) {
		for _, c := range changes {
			c(s)
		}
	}
}

// decisions has every row of the rule, and both sides of every condition in it.
var decisions = []decision{
	{name: "revoked for reuse", row: "1", mode: body, presented: head, change: revoked(store.ReasonReuse), want: refused, wantErr: ErrRefreshReused},
	{name: "revoked by signing out", row: "1", mode: body, presented: head, change: revoked(store.ReasonSignOut), want: refused, wantErr: ErrSessionRevoked},
	{name: "revoked as replaced", row: "1", mode: body, presented: head, change: revoked(store.ReasonReplaced), want: refused, wantErr: ErrSessionRevoked},
	{name: "revoked as recovered", row: "1", mode: body, presented: head, change: revoked(store.ReasonRecovered), want: refused, wantErr: ErrSessionRevoked},
	{name: "revoked by an operator", row: "1", mode: body, presented: head, change: revoked(store.ReasonOperator), want: refused, wantErr: ErrSessionRevoked},
	{name: "revoked with a disabled account", row: "1", mode: body, presented: head, change: revoked(store.ReasonDisabled), want: refused, wantErr: ErrSessionRevoked},
	{name: "revoked with a deleted account", row: "1", mode: body, presented: head, change: revoked(store.ReasonDeleted), want: refused, wantErr: ErrSessionRevoked},
	{name: "revoked with a changed password", row: "1", mode: body, presented: head, change: revoked(store.ReasonPasswordChanged), want: refused, wantErr: ErrSessionRevoked},
	{name: "revoked by an overrun sign-in", row: "1", mode: body, presented: head, change: revoked(store.ReasonSignInOverrun), want: refused, wantErr: ErrSessionRevoked},
	{name: "revoked, a token ahead", row: "1", mode: body, presented: ahead, change: revoked(store.ReasonSignOut), want: refused, wantErr: ErrSessionRevoked},
	{name: "revoked, an old token", row: "1", mode: body, presented: older, since: longAfter, change: revoked(store.ReasonSignOut), want: refused, wantErr: ErrSessionRevoked},
	{name: "revoked, the same attempt", row: "1", mode: body, presented: previous, kept: testKey, given: testKey, change: revoked(store.ReasonReuse), want: refused, wantErr: ErrRefreshReused},
	{name: "revoked and expired", row: "1", mode: body, presented: head, change: both(revoked(store.ReasonSignOut), absoluteExpired), want: refused, wantErr: ErrSessionRevoked},
	{name: "absolutely expired", row: "1", mode: body, presented: head, since: longAfter, change: absoluteExpired, want: refused, wantErr: ErrRefreshExpired},
	{name: "absolutely expired, a cookie soon after", row: "1", mode: cookie, presented: head, change: absoluteExpired, want: refused, wantErr: ErrRefreshExpired},
	{name: "absolutely expired, a token ahead", row: "1", mode: body, presented: ahead, change: absoluteExpired, want: refused, wantErr: ErrRefreshExpired},
	{name: "absolutely expired, an old token", row: "1", mode: body, presented: older, since: longAfter, change: absoluteExpired, want: refused, wantErr: ErrRefreshExpired},
	{name: "a millisecond before the absolute expiry", row: "1", mode: body, presented: head, change: absoluteLasts, want: rotated},
	{name: "idle expired", row: "1", mode: body, presented: head, since: longAfter, change: idleExpired, want: refused, wantErr: ErrRefreshExpired},
	{name: "idle expired, the same attempt", row: "1", mode: body, presented: previous, since: longAfter, kept: testKey, given: testKey, change: idleExpired, want: refused, wantErr: ErrRefreshExpired},
	{name: "idle expired, an old token", row: "1", mode: body, presented: older, since: longAfter, change: idleExpired, want: refused, wantErr: ErrRefreshExpired},
	{name: "a millisecond before the idle expiry", row: "1", mode: body, presented: head, change: idleLasts, want: rotated},
	{name: "idle expired, a token ahead", row: "1 and 6", mode: body, presented: ahead, since: longAfter, change: idleExpired, want: recovered},
	{name: "idle expired, a cookie ahead", row: "1 and 6", mode: cookie, presented: ahead, since: longAfter, change: idleExpired, want: recovered},
	{name: "another mode", row: "1", mode: body, presented: head, change: func(s *store.Session) { s.Mode = cookie }, want: refused, wantErr: ErrInvalidToken},
	{name: "a cookie's session in a body's place", row: "1", mode: cookie, presented: head, change: func(s *store.Session) { s.Mode = body }, want: refused, wantErr: ErrInvalidToken},
	{name: "another client", row: "1", mode: body, presented: head, change: func(s *store.Session) { s.ClientID = "other" }, want: refused, wantErr: ErrInvalidToken},
	{name: "another client, an old token", row: "1", mode: body, presented: older, since: longAfter, change: func(s *store.Session) { s.ClientID = "other" }, want: refused, wantErr: ErrInvalidToken},
	{name: "another client, revoked", row: "1", mode: body, presented: head, change: both(func(s *store.Session) { s.ClientID = "other" }, revoked(store.ReasonReuse)), want: refused, wantErr: ErrInvalidToken},
	{name: "a client id in another case", row: "1", mode: body, presented: head, change: func(s *store.Session) { s.ClientID = "Renewd" }, want: refused, wantErr: ErrInvalidToken},

	{name: "a cookie at once", row: "2", mode: cookie, presented: head, want: replayed},
	{name: "a cookie just inside", row: "2", mode: cookie, presented: head, since: justInside, want: replayed},
	{name: "a cookie, the clock moved back", row: "2", mode: cookie, presented: head, since: clockBack, want: replayed},
	{name: "a cookie with the key of the head", row: "2", mode: cookie, presented: head, kept: testKey, given: testKey, want: replayed},
	{name: "a cookie with another key", row: "2", mode: cookie, presented: head, kept: testKey, given: anotherKey, want: replayed},
	{name: "a cookie at the very interval", row: "3", mode: cookie, presented: head, since: testInterval, want: rotated},
	{name: "a cookie, no interval", row: "3", mode: cookie, presented: head, always: true, want: rotated},
	{name: "a cookie, no interval, the clock moved back", row: "3", mode: cookie, presented: head, since: clockBack, always: true, want: rotated},
	{name: "a cookie much later", row: "3", mode: cookie, presented: head, since: longAfter, want: rotated},
	{name: "a body at once", row: "3", mode: body, presented: head, want: rotated},
	{name: "a body, the clock moved back", row: "3", mode: body, presented: head, since: clockBack, want: rotated},
	{name: "a body with the key of the head", row: "3", mode: body, presented: head, kept: testKey, given: testKey, want: rotated},
	{name: "a body with another key", row: "3", mode: body, presented: head, kept: testKey, given: anotherKey, want: rotated},
	{name: "the first generation", row: "3", mode: body, head: 1, presented: 1, want: rotated},

	{name: "the same attempt at once, body", row: "4", mode: body, presented: previous, kept: testKey, given: testKey, want: replayed},
	{name: "the same attempt at the very interval, body", row: "4", mode: body, presented: previous, since: testInterval, kept: testKey, given: testKey, want: replayed},
	{name: "the same attempt much later, body", row: "4", mode: body, presented: previous, since: longAfter, kept: testKey, given: testKey, want: replayed},
	{name: "the same attempt much later, cookie", row: "4", mode: cookie, presented: previous, since: longAfter, kept: testKey, given: testKey, want: replayed},
	{name: "the same attempt, no interval", row: "4", mode: body, presented: previous, kept: testKey, given: testKey, always: true, want: replayed},
	{name: "the same attempt, the clock moved back", row: "4", mode: body, presented: previous, since: clockBack, kept: testKey, given: testKey, want: replayed},
	{name: "no keys, body, just inside", row: "4", mode: body, presented: previous, since: justInside, want: replayed},
	{name: "no keys, body, the clock moved back", row: "4", mode: body, presented: previous, since: clockBack, want: replayed},
	{name: "empty keys, body, just inside", row: "4", mode: body, presented: previous, since: justInside, kept: []byte{}, given: []byte{}, want: replayed},
	{name: "no keys, cookie, just inside", row: "4", mode: cookie, presented: previous, since: justInside, want: replayed},
	{name: "another key, cookie, just inside", row: "4", mode: cookie, presented: previous, since: justInside, kept: testKey, given: anotherKey, want: replayed},
	{name: "a key to none, cookie, just inside", row: "4", mode: cookie, presented: previous, since: justInside, given: testKey, want: replayed},
	{name: "no key to one, cookie, just inside", row: "4", mode: cookie, presented: previous, since: justInside, kept: testKey, want: replayed},

	{name: "another key, body", row: "5", mode: body, presented: previous, kept: testKey, given: anotherKey, want: late},
	{name: "a longer key, body", row: "5", mode: body, presented: previous, kept: testKey, given: append(testKey[:len(testKey):len(testKey)], 0), want: late},
	{name: "a key to none, body, just inside", row: "5", mode: body, presented: previous, since: justInside, given: testKey, want: late},
	{name: "no key to one, body, just inside", row: "5", mode: body, presented: previous, since: justInside, kept: testKey, want: late},
	{name: "two before the head, body", row: "5", mode: body, presented: older, since: justInside, want: late},
	{name: "two before the head, cookie", row: "5", mode: cookie, presented: older, since: justInside, want: late},
	{name: "two before the head, the attempt of the head", row: "5", mode: body, presented: older, kept: testKey, given: testKey, want: late},
	{name: "two before the head, the clock moved back", row: "5", mode: body, presented: older, since: clockBack, want: late},
	{name: "the first of a long chain", row: "5", mode: body, presented: 1, since: justInside, want: late},
	{name: "generation 0", row: "5", mode: body, presented: 0, since: justInside, want: late},

	{name: "one ahead, body", row: "6", mode: body, presented: ahead, want: recovered},
	{name: "one ahead, cookie", row: "6", mode: cookie, presented: ahead, want: recovered},
	{name: "one ahead, no interval", row: "6", mode: body, presented: ahead, always: true, want: recovered},
	{name: "one ahead, the attempt of the head", row: "6", mode: body, presented: ahead, kept: testKey, given: testKey, want: recovered},
	{name: "far ahead", row: "6", mode: body, presented: maxGen - 1, since: longAfter, want: recovered},
	{name: "as far ahead as a token can be", row: "6", mode: body, presented: maxGen, since: longAfter, want: refused, wantErr: ErrRefreshExpired},

	{name: "no keys, body, at the very interval", row: "7", mode: body, presented: previous, since: testInterval, want: reused},
	{name: "no keys, cookie, at the very interval", row: "7", mode: cookie, presented: previous, since: testInterval, want: reused},
	{name: "empty keys much later", row: "7", mode: body, presented: previous, since: longAfter, kept: []byte{}, given: []byte{}, want: reused},
	{name: "no keys, no interval", row: "7", mode: body, presented: previous, always: true, want: reused},
	{name: "no keys, no interval, cookie", row: "7", mode: cookie, presented: previous, always: true, want: reused},
	{name: "no keys, no interval, the clock moved back", row: "7", mode: body, presented: previous, since: clockBack, always: true, want: reused},
	{name: "another key much later", row: "7", mode: body, presented: previous, since: longAfter, kept: testKey, given: anotherKey, want: reused},
	{name: "a key to none much later", row: "7", mode: body, presented: previous, since: longAfter, given: testKey, want: reused},
	{name: "no key to one much later", row: "7", mode: cookie, presented: previous, since: longAfter, kept: testKey, want: reused},
	{name: "two before the head at the very interval", row: "7", mode: body, presented: older, since: testInterval, want: reused},
	{name: "two before the head, no interval", row: "7", mode: body, presented: older, always: true, want: reused},
	{name: "two before the head, the attempt of the head, much later", row: "7", mode: body, presented: older, since: longAfter, kept: testKey, given: testKey, want: reused},
	{name: "generation 0 much later", row: "7", mode: body, presented: 0, since: longAfter, want: reused},

	{name: "the head", row: "off", mode: body, presented: head, change: rotationOff, want: renewed},
	{name: "the head, cookie, at once", row: "off", mode: cookie, presented: head, change: rotationOff, want: renewed},
	{name: "the head, the last generation", row: "off", mode: body, head: maxGen, presented: maxGen, change: rotationOff, want: renewed},
	{name: "before the head", row: "off", mode: body, presented: previous, change: rotationOff, want: refused, wantErr: ErrInvalidToken},
	{name: "before the head, the same attempt", row: "off", mode: body, presented: previous, kept: testKey, given: testKey, change: rotationOff, want: refused, wantErr: ErrInvalidToken},
	{name: "ahead", row: "off", mode: body, presented: ahead, change: rotationOff, want: refused, wantErr: ErrInvalidToken},
	{name: "ahead, idle expired", row: "off", mode: body, presented: ahead, change: both(rotationOff, idleExpired), want: refused, wantErr: ErrRefreshExpired},
	{name: "the head, idle expired", row: "off", mode: body, presented: head, change: both(rotationOff, idleExpired), want: refused, wantErr: ErrRefreshExpired},
	{name: "revoked", row: "off", mode: body, presented: head, change: both(rotationOff, revoked(store.ReasonSignOut)), want: refused, wantErr: ErrSessionRevoked},

	{name: "rotates to the last", row: "bound", mode: body, head: maxGen - 1, presented: maxGen - 1, want: rotated},
	{name: "the last cannot rotate", row: "bound", mode: body, head: maxGen, presented: maxGen, want: refused, wantErr: ErrRefreshExpired},
	{name: "the last is replayed, cookie", row: "bound", mode: cookie, head: maxGen, presented: maxGen, want: replayed},
	{name: "the last cannot rotate, cookie", row: "bound", mode: cookie, head: maxGen, presented: maxGen, since: testInterval, want: refused, wantErr: ErrRefreshExpired},
	{name: "before the last, the same attempt", row: "bound", mode: body, head: maxGen, presented: maxGen - 1, since: longAfter, kept: testKey, given: testKey, want: replayed},
	{name: "before the last, much later", row: "bound", mode: body, head: maxGen, presented: maxGen - 1, since: longAfter, want: reused},
}

// TestDecide also holds the condition of the stores and the rule together.
func TestDecide(t *testing.T) {
	t.Parallel()
	for _, d := range decisions {
		t.Run("row "+d.row+": "+d.name, func(t *testing.T) {
			got, applies, err := d.decide()
			if got != d.want || !errors.Is(err, d.wantErr) || (err == nil) != (d.wantErr == nil) {
				t.Errorf("got %s, %v; want %s, %v", verdictNames[got], err, verdictNames[d.want], d.wantErr)
			}
			if d.presented < maxGen && applies != (d.want == rotated || d.want == renewed) {
				t.Errorf("the condition of the stores holds: %v, want it as the verdict: %s", applies, verdictNames[d.want])
			}
		})
	}
}

func TestDecideUnknownSession(t *testing.T) {
	t.Parallel()
	for _, mode := range []Mode{cookie, body} {
		p := presented{generation: 1, mode: mode, clientID: DefaultClientID}
		got, err := decide(nil, p, testNow, testInterval)
		if got != refused || !errors.Is(err, ErrRefreshExpired) {
			t.Errorf("%v: got %s, %v; want refused, %v", mode, verdictNames[got], err, ErrRefreshExpired)
		}
	}
}

func TestDecideRefusesOneWayForEachMismatch(t *testing.T) {
	t.Parallel()
	var texts []string
	for _, change := range []func(*store.Session){
		func(s *store.Session) { s.Mode = cookie },
		func(s *store.Session) { s.ClientID = "other" },
	} {
		_, _, err := decision{mode: body, presented: head, change: change}.decide()
		texts = append(texts, fmt.Sprint(err))
	}
	if texts[0] != texts[1] {
		t.Errorf("a wrong mode says %q and a wrong client %q, want one answer", texts[0], texts[1])
	}
}
