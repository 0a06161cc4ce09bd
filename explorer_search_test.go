package renewd

import (
	"fmt"
	"strings"
)

// visit is a world that was reached, and how it was reached first.
type visit struct {
	world  world
	from   int32
	action action
}

// search is what an exploration saw.
type search struct {
	states      int
	transitions int
	verdicts    map[verdict]int
	changes     map[int8]int8 // the most changes of hand for each number of lost answers
	broken      string
	history     []visit // to the broken guarantee, from the start; shortest first
}

// explore sees every history of a scenario, shortest first, until a guarantee
// breaks.
func explore(s scenario, r rule) search {
	m := newModel(s, r)
	found := search{verdicts: map[verdict]int{}, changes: map[int8]int8{}}
	visits := []visit{{world: m.start().canonical(m.tabs), from: -1}}
	seen := map[world]struct{}{visits[0].world: {}}
	for at := 0; at < len(visits); at++ {
		for _, st := range m.next(visits[at].world) {
			if st.to.theft.lost > m.maxLost {
				continue
			}
			found.count(st)
			if st.broken != "" {
				found.broken = st.broken
				found.history = historyTo(visits, visit{st.to, int32(at), st.action})
				return found
			}
			if _, known := seen[st.to]; !known {
				seen[st.to] = struct{}{}
				visits = append(visits, visit{st.to, int32(at), st.action})
			}
		}
	}
	found.states = len(visits)
	return found
}

func (s *search) count(st step) {
	s.transitions++
	if st.action.about == aRuling {
		s.verdicts[st.action.verdict]++
	}
	lost := st.to.theft.lost
	s.changes[lost] = max(s.changes[lost], st.to.theft.changes)
}

func historyTo(visits []visit, last visit) []visit {
	history := []visit{last}
	for from := last.from; from >= 0; from = visits[from].from {
		history = append([]visit{visits[from]}, history...)
	}
	return history
}

// String tells the history to a broken guarantee, with true generations.
func (s search) String() string {
	var b strings.Builder
	head := 1
	for i, v := range s.history {
		if i > 0 {
			fmt.Fprintf(&b, "%3d. %s\n", i, v.action.tell(head))
			head += int(v.action.moved)
		}
	}
	fmt.Fprintf(&b, "     %s", s.broken)
	return b.String()
}

var verdictNames = [...]string{"refused", "replayed", "rotated", "late", "recovered", "reused", "renewed"}

func (a action) tell(head int) string {
	text := a.what
	if a.about != justThat {
		text += fmt.Sprintf(": generation %d", head+int(a.gen))
	}
	if a.key != (modelKey{}) {
		text += ", key: " + a.key.tell(head)
	}
	if a.about == aRuling {
		text += fmt.Sprintf(": %s, the head is %d", verdictNames[a.verdict], head+int(a.moved))
	}
	return text
}

func (k modelKey) tell(head int) string {
	switch k.kind {
	case ownersKey:
		return fmt.Sprintf("the owner's of %d", head+int(k.gen))
	case thiefsKey:
		return fmt.Sprintf("the thief's of %d", head+int(k.gen))
	case sharedKey:
		return "the shared one"
	}
	return "none"
}
