package renewd

import (
	"bytes"
	"testing"
	"time"

	"github.com/renewd/renewd/store"
)

// where is what a wrong rule looks at.
type where struct {
	row      *store.Session
	p        presented
	now      time.Time
	interval time.Duration
}

func (w where) soon() bool     { return w.interval > 0 && w.now.Sub(w.row.RotatedAt) < w.interval }
func (w where) previous() bool { return w.p.generation+1 == w.row.Generation }
func (w where) old() bool      { return w.p.generation < w.row.Generation }

// deciding is the rule under test with some of its verdicts changed.
func deciding(change func(right verdict, w where) verdict) rule {
	r := ruleUnderTest()
	r.decide = func(row *store.Session, p presented, now time.Time, interval time.Duration) (verdict, error) {
		v, err := decide(row, p, now, interval)
		return change(v, where{row, p, now, interval}), err
	}
	return r
}

// instead is the rule under test with one verdict in place of another.
func instead(of, wrong verdict) rule {
	return deciding(func(right verdict, _ where) verdict {
		if right == of {
			return wrong
		}
		return right
	})
}

// unless is the rule under test with another verdict where a condition holds,
// for sessions that live.
func unless(condition func(where) bool, wrong verdict) rule {
	return deciding(func(right verdict, w where) verdict {
		if right != refused && condition(w) {
			return wrong
		}
		return right
	})
}

// rotating is the rule under test with another effect of a rotation.
func rotating(spoil func(before store.Session, after *store.Session, key []byte)) rule {
	r := ruleUnderTest()
	r.rotate = func(row store.Session, rot store.Rotation) store.Session {
		after := rot.Apply(row)
		spoil(row, &after, rot.Attempt)
		return after
	}
	return r
}

// recovering is the rule under test with another effect of a recovery.
func recovering(spoil func(before store.Session, after *store.Session)) rule {
	r := ruleUnderTest()
	r.recover = func(row store.Session, rec store.Recovery) store.Session {
		after := rec.Apply(row)
		spoil(row, &after)
		return after
	}
	return r
}

func sliding() rule {
	r := ruleUnderTest()
	r.replay = func(row store.Session, now time.Time) store.Session {
		row.RotatedAt = now
		return row
	}
	return r
}

func forgiving() rule {
	r := ruleUnderTest()
	r.revoke = func(row store.Session, _ time.Time) store.Session { return row }
	return r
}

// wrongRules each break the guarantee of one exploration.
var wrongRules = []struct {
	name  string
	rule  rule
	where string // the exploration that has to notice
}{
	{"the interval slides", sliding(), "cookie, nothing slides"},
	{"the interval slides for clients without keys", sliding(), "body, no keys, nothing slides"},
	{"any old token is tolerated", instead(reused, replayed), "2 body, token copied"},
	{"the token before the head is tolerated however late", unless(where.previous, replayed), "2 body, token copied"},
	{
		"nothing equals nothing",
		unless(func(w where) bool { return w.previous() && bytes.Equal(w.row.Attempt, w.p.attempt) }, replayed),
		"2 body, token copied, no keys",
	},
	{
		"no key matches any key",
		unless(func(w where) bool { return w.previous() && len(w.p.attempt) == 0 }, replayed),
		"2 body, token copied",
	},
	{
		"a key matches however old the token is",
		unless(func(w where) bool { return w.old() && sameAttempt(w.row.Attempt, w.p.attempt) }, replayed),
		"2 body, token and key copied, the key never changes",
	},
	{"reuse does not revoke", forgiving(), "2 body, token copied"},
	{"reuse is judged before the attempt", unless(func(w where) bool { return w.old() && !w.soon() }, reused), "1 body, two tabs"},
	{"a late token is reuse", instead(late, reused), "1 body, two tabs"},
	{"a late token is answered", instead(late, replayed), "3 body, token copied, used at any time"},
	{
		"the interval is for anybody in body mode",
		unless(func(w where) bool { return w.previous() && w.soon() }, replayed),
		"3 body, token copied, used at any time",
	},
	{
		"the head of a cookie always rotates",
		unless(func(w where) bool { return w.p.generation == w.row.Generation }, rotated),
		"1 cookie, two tabs",
	},
	{
		"the head of a cookie never rotates",
		unless(func(w where) bool { return w.p.generation == w.row.Generation }, replayed),
		"cookie, nothing slides",
	},
	{"a token ahead is reuse", instead(recovered, reused), "1 body, restored"},
	{"a token ahead is refused", instead(recovered, refused), "1 cookie, restored"},
	{
		"a token ahead is recovered to itself",
		recovering(func(_ store.Session, after *store.Session) { after.Generation-- }),
		"1 body, restored",
	},
	{
		"recovered leaves the idle expiry alone",
		recovering(func(before store.Session, after *store.Session) {
			after.UsedAt, after.IdleExpiresAt = before.UsedAt, before.IdleExpiresAt
		}),
		"1 body, restored, pauses",
	},
	{
		"recovered leaves the rotation time alone",
		recovering(func(before store.Session, after *store.Session) { after.RotatedAt = before.RotatedAt }),
		"1 body, restored, no keys, nothing lost",
	},
	{
		"recovered keeps no attempt",
		recovering(func(_ store.Session, after *store.Session) { after.Attempt = nil }),
		"1 body, restored",
	},
	{
		"rotated leaves the rotation time alone",
		rotating(func(before store.Session, after *store.Session, _ []byte) { after.RotatedAt = before.RotatedAt }),
		"1 body, two tabs",
	},
	{
		"rotated leaves the idle expiry alone",
		rotating(func(before store.Session, after *store.Session, _ []byte) { after.IdleExpiresAt = before.IdleExpiresAt }),
		"1 body, one tab, pauses",
	},
	{
		"rotated keeps no attempt",
		rotating(func(_ store.Session, after *store.Session, _ []byte) { after.Attempt = nil }),
		"1 body, two tabs",
	},
	{
		"a key that never changes is kept",
		rotating(func(_ store.Session, after *store.Session, key []byte) { after.Attempt = key }),
		"2 body, token and key copied, the key never changes",
	},
}

// TestExplorerCatchesWrongRules shows that the exploration can fail: each rule
// is wrong in one way, and a history proves it.
func TestExplorerCatchesWrongRules(t *testing.T) {
	t.Parallel()
	for _, tt := range wrongRules {
		t.Run(tt.name, func(t *testing.T) {
			wantBroken(t, exploration(t, tt.where), tt.rule)
		})
	}
}

func wantBroken(t *testing.T, s scenario, r rule) {
	t.Helper()
	got := explore(s, r)
	if got.broken == "" {
		t.Fatalf("%q: %d states and no broken guarantee, want one", s.name, got.states)
	}
	t.Logf("%q, after %d transitions:\n%v", s.name, got.transitions, got)
}

func exploration(t *testing.T, name string) scenario {
	t.Helper()
	for _, e := range explorations {
		if e.name == name {
			return e.scenario
		}
	}
	t.Fatalf("no exploration is called %q", name)
	return scenario{}
}

// TestExplorerSeesTheLimits shows that what the guarantees leave out does
// happen: they promise no less than they could, and the explorer is not blind.
func TestExplorerSeesTheLimits(t *testing.T) {
	t.Parallel()
	for _, s := range []scenario{
		{name: "an answer to a client without keys gets lost", mode: body, keys: keyless, tabs: 1, inFlight: 2},
		{name: "a cookie client without keys loses nothing, and the head sets a cookie", mode: cookie, keys: keyless, tabs: 2, inFlight: 2, lossless: true},
		{name: "a cookie client forgets the key of the generation before", mode: cookie, keys: keyOfNewestOnly, tabs: 2, inFlight: 2},
		{name: "a client never changes its key", mode: body, keys: keyForever, tabs: 1, inFlight: 2},
		{name: "a thief acts within the interval of the owner, cookie", mode: cookie, tabs: 1, inFlight: 2, thief: true, guarantee: intervalGivesNothing},
		{name: "a thief acts within the interval of the owner, no keys", mode: body, keys: keyless, tabs: 1, inFlight: 2, thief: true, guarantee: intervalGivesNothing},
		copied("body, one change of hand fewer", body, withKey, stricter),
		copied("cookie, one change of hand fewer", cookie, withKey, stricter),
	} {
		t.Run(s.name, func(t *testing.T) {
			wantBroken(t, s, ruleUnderTest())
		})
	}
}

func stricter(s *scenario) { s.fewer = 1 }
