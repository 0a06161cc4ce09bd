package renewd

import (
	"fmt"

	"github.com/renewd/renewd/store"
)

func (m *model) restoreSteps(w world) {
	switch b := w.backup; {
	case !b.taken:
		w.backup = backup{taken: true, row: w.row}
		m.add(action{what: "a backup is made"}, w, "")
	case !b.used && !(m.lossless && (!w.quiet() || w.waiting != [2]int8{})):
		// What is under way across a restore is not guaranteed: there is nothing.
		w.messages, w.waiting = [slots]message{}, [2]int8{}
		w.row = b.row
		w.backup = backup{taken: true, used: true}
		m.add(action{what: "the backup is restored", moved: b.head}, w, "")
	}
}

// thiefSteps are the copy, and then a use of it by somebody who is as patient
// as it takes and sends whatever key he likes.
func (m *model) thiefSteps(w world) {
	if !w.theft.copied {
		if w.quiet() { // at rest
			m.add(action{what: "the token is copied", about: aToken, gen: w.held}, m.copy(w), "")
		}
		return
	}
	if m.apart && (!w.quiet() || w.theft.presenter != thief && w.theft.since < interval) {
		return
	}
	keys := []modelKey{{}, {thiefsKey, w.theft.held}, {kind: sharedKey}}
	if !m.stolenKey {
		keys = keys[:2]
	}
	for _, key := range keys {
		m.steal(w, key)
	}
}

func (m *model) copy(w world) world {
	w.theft = theft{copied: true, held: w.held, origin: w.held}
	if !m.apart {
		w.theft.since = interval // it does not matter
	}
	if !m.stolenKey {
		return w
	}
	rename := func(k *modelKey) {
		if *k == (modelKey{ownersKey, w.held}) {
			*k = modelKey{kind: sharedKey}
		}
	}
	rename(&w.row.attempt)
	for i := range w.messages {
		rename(&w.messages[i].key)
	}
	return w
}

// steal presents the newest token that the thief has. What a thief does not
// keep is a lost answer.
func (m *model) steal(w world, key modelKey) {
	held := w.theft.held
	r := m.judge.of(call{w.row, held, key})
	a := action{what: "the thief presents", about: aRuling, gen: held, key: key, verdict: r.verdict, moved: r.moved}
	broken := m.tooLong(w, held, key, r)
	if w.theft.presenter == owner {
		broken = m.brokenBySecond(r)
	}
	w = m.presented(w, thief, held, r)
	if broken == "" {
		broken = m.brokenBy(w, r)
	}
	if r.answered() {
		lost := a
		lost.what = "the thief presents, and the answer gets lost"
		m.add(lost, m.countLost(w), broken)
		w.theft.held = r.moved
	}
	m.add(a, w, broken)
}

// presented makes a ruling true, and counts it.
func (m *model) presented(w world, by party, gen int8, r ruling) world {
	w.row = r.row
	w.judged = w.judged || r.verdict == reused
	if !w.theft.copied || !m.counts(gen, r) {
		return w
	}
	w.theft.presenter = by
	if m.apart {
		w.theft.since = 0
	}
	if r.answered() {
		if w.theft.answered != nobody && w.theft.answered != by {
			w.theft.changes = min(w.theft.changes+1, maxChanges)
		}
		w.theft.answered = by
	}
	return w
}

// counts reports whether a presentation is a use of the token. A cookie that
// comes back as it was is none, where the first change of hand has to be the
// last.
func (m *model) counts(gen int8, r ruling) bool {
	switch m.guarantee {
	case secondPartyEndsIt:
		return m.stolenKey || r.verdict != replayed || gen != r.moved
	case intervalGivesNothing:
		return true
	}
	return false
}

// judgeOwner tells what a ruling on a request of the owner breaks.
func (m *model) judgeOwner(w world, msg message, r ruling) string {
	switch {
	case m.guarantee == honestStaySignedIn && r.verdict == reused:
		return "an honest holder is called a thief"
	case m.guarantee == honestStaySignedIn && r.verdict == refused && w.shown > 0:
		return "an honest holder is signed out before the idle expiry that was shown"
	case w.theft.presenter == thief:
		return m.brokenBySecond(r)
	}
	return m.tooLong(w, msg.gen, msg.key, r)
}

// tooLong tells whether a replay comes more than an interval after the rotation
// and is not of the same attempt.
func (m *model) tooLong(w world, gen int8, key modelKey, r ruling) string {
	same := gen == -1 && key.kind != noKey && key == w.row.attempt
	if m.guarantee != nothingSlides || r.verdict != replayed || same || w.row.trueAge < m.interval() {
		return ""
	}
	return "a token is answered without a rotation after the interval"
}

// brokenBySecond tells what a ruling breaks on a presentation that comes from
// the other party than the one before.
func (m *model) brokenBySecond(r ruling) string {
	if m.guarantee == secondPartyEndsIt && !m.stolenKey && (r.verdict != reused || !r.row.revoked) {
		return "the second party's first presentation does not end the session"
	}
	return ""
}

// brokenBy tells what a ruling breaks whoever it is for; w is the world after it.
func (m *model) brokenBy(w world, r ruling) string {
	switch limit := m.changesAllowed(w); {
	case r.answered() && w.row.idle >= idleOver:
		return "the answer is for a session that is over"
	case r.answered() && r.verdict != replayed && w.row.idle > 0:
		return "a session that was used does not get its idle timeout anew"
	case r.answered() && w.judged:
		return "a token is answered after reuse was found"
	case m.guarantee == secondPartyEndsIt && w.theft.changes > limit:
		return fmt.Sprintf("the session changed hands %d times with %d answers lost", w.theft.changes, w.theft.lost)
	case m.guarantee == intervalGivesNothing && w.theft.changes > 0:
		return "both parties are answered"
	}
	return ""
}

// changesAllowed is how often a session may change hands.
func (m *model) changesAllowed(w world) int8 {
	switch {
	case !m.stolenKey:
		return 0
	case m.mode == store.ModeCookie:
		return 3 + w.theft.lost - m.fewer
	}
	return 2 + w.theft.lost - m.fewer
}
