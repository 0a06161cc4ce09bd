package renewd

import (
	"os"
	"testing"

	"github.com/renewd/renewd/store"
)

const (
	cookie = store.ModeCookie
	body   = store.ModeBody
)

// deepVariable asks for the larger worlds, which take minutes.
const deepVariable = "RENEWD_TEST_EXPLORE_DEEP"

// explored is a scenario and how much of it was seen when this was written: a
// search that sees less has lost a part of its world.
type explored struct {
	scenario
	states, transitions int
}

// explorations are the guarantees of the package documentation, one scenario for
// each world in which they have to hold.
var explorations = []explored{
	{scenario{name: "1 cookie, one tab, pauses", mode: cookie, tabs: 1, inFlight: 3, idle: true}, 23972, 158299},
	{scenario{name: "1 cookie, two tabs", mode: cookie, tabs: 2, inFlight: 3}, 87103, 680304},
	{scenario{name: "1 cookie, no interval", mode: cookie, always: true, tabs: 2, inFlight: 1, idle: true}, 907, 3556},
	{scenario{name: "1 body, one tab, pauses", mode: body, tabs: 1, inFlight: 3, idle: true}, 11300, 73727},
	{scenario{name: "1 body, two tabs", mode: body, tabs: 2, inFlight: 3}, 41740, 333264},
	{scenario{name: "1 body, no interval", mode: body, always: true, tabs: 2, inFlight: 1, idle: true}, 811, 3246},
	{scenario{name: "1 body, no keys, nothing lost", mode: body, keys: keyless, tabs: 2, inFlight: 3, lossless: true}, 6985, 23171},
	{scenario{name: "1 cookie, no keys, nothing lost, head sets no cookie", mode: cookie, keys: keyless, tabs: 2, inFlight: 3, lossless: true, quietHead: true}, 4770, 14532},

	{scenario{name: "1 cookie, restored", mode: cookie, tabs: 2, inFlight: 2, restore: true}, 73881, 502012},
	{scenario{name: "1 cookie, restored, pauses", mode: cookie, tabs: 1, inFlight: 2, restore: true, idle: true}, 60097, 356027},
	{scenario{name: "1 cookie, restored, no interval", mode: cookie, always: true, tabs: 2, inFlight: 1, restore: true, idle: true}, 21515, 104830},
	{scenario{name: "1 body, restored", mode: body, tabs: 2, inFlight: 2, restore: true}, 130825, 929283},
	{scenario{name: "1 body, restored, pauses", mode: body, tabs: 1, inFlight: 2, restore: true, idle: true}, 62630, 385130},
	{scenario{name: "1 body, restored, no interval", mode: body, always: true, tabs: 2, inFlight: 1, restore: true, idle: true}, 19177, 95044},
	{scenario{name: "1 body, restored, no keys, nothing lost", mode: body, keys: keyless, tabs: 2, inFlight: 2, restore: true, lossless: true}, 8937, 22931},

	{copied("2 cookie, token copied", cookie), 188623, 969185},
	{copied("2 cookie, token copied, no interval", cookie, noInterval), 8278, 27817},
	{copied("2 cookie, token copied, no keys", cookie, noKeys), 161109, 822036},
	{copied("2 body, token copied", body), 53411, 263637},
	{copied("2 body, token copied, no interval", body, noInterval), 8005, 25631},
	{copied("2 body, token copied, no keys", body, noKeys), 50513, 244894},
	{copied("2 cookie, token and key copied", cookie, withKey), 462176, 2336270},
	{copied("2 cookie, token and key copied, no interval", cookie, withKey, noInterval), 8722, 29905},
	{copied("2 body, token and key copied", body, withKey), 166436, 772668},
	{copied("2 body, token and key copied, no interval", body, withKey, noInterval), 8449, 27719},
	{copied("2 body, token and key copied, the key never changes", body, withKey, func(s *scenario) { s.keys = keyForever }), 196550, 955035},

	{scenario{name: "3 body, token copied, used at any time", mode: body, tabs: 2, inFlight: 3, thief: true, guarantee: intervalGivesNothing}, 314814, 2977462},

	{scenario{name: "cookie, nothing slides", mode: cookie, tabs: 1, inFlight: 2, thief: true, stolenKey: true, guarantee: nothingSlides}, 103691, 1020474},
	{scenario{name: "body, no keys, nothing slides", mode: body, keys: keyless, tabs: 2, inFlight: 2, thief: true, guarantee: nothingSlides}, 91199, 760382},
}

// copied is a world in which owner and thief use the token further apart than
// the interval.
func copied(name string, mode Mode, change ...func(*scenario)) scenario {
	s := scenario{name: name, mode: mode, tabs: 2, inFlight: 2, thief: true, apart: true, maxLost: 1, guarantee: secondPartyEndsIt}
	for _, c := range change {
		c(&s)
	}
	return s
}

func noInterval(s *scenario) { s.always, s.inFlight = true, 1 }
func noKeys(s *scenario)     { s.keys = keyless }
func withKey(s *scenario)    { s.stolenKey = true }

// deeper returns the same world with more tabs, more messages under way or more
// answers lost.
func deeper(s scenario) scenario {
	s.tabs = 2
	switch {
	case s.apart:
		s.maxLost++
	case !s.always:
		s.inFlight = min(s.inFlight+1, slots)
	}
	return s
}

// TestGuarantees explores every history of every scenario, however long, and
// finds none that breaks a guarantee.
func TestGuarantees(t *testing.T) {
	t.Parallel()
	deep := os.Getenv(deepVariable) != ""
	var states, transitions int
	for _, e := range explorations {
		t.Run(e.name, func(t *testing.T) {
			s := e.scenario
			if deep {
				s = deeper(s)
			}
			got := explore(s, ruleUnderTest())
			t.Logf("%d states, %d transitions, verdicts %v, changes of hand by answers lost %v", got.states, got.transitions, got.verdicts, got.changes)
			states, transitions = states+got.states, transitions+got.transitions
			if got.broken != "" {
				t.Fatalf("a guarantee is broken:\n%v", got)
			}
			if got.states < e.states || got.transitions < e.transitions {
				t.Errorf("saw %d states and %d transitions, want at least %d and %d", got.states, got.transitions, e.states, e.transitions)
			}
		})
	}
	t.Logf("saw %d states and %d transitions in %d scenarios; every history, of any length, is a path through them", states, transitions, len(explorations))
}
