package renewd

import (
	"time"

	"github.com/renewd/renewd/store"
)

// guarantee is what a scenario checks; the numbers are those of the package
// documentation.
type guarantee int8

const (
	honestStaySignedIn   guarantee = iota // 1, also after a restore
	secondPartyEndsIt                     // 2, without and with the copied key
	intervalGivesNothing                  // 3
	nothingSlides                         // a retired token without its key lives for one interval, whoever uses it
)

// clientKeys says what keys the owner's clients send.
type clientKeys int8

const (
	keyPerGeneration clientKeys = iota
	keyOfNewestOnly             // forgets the key of a generation when it stores a newer one
	keyForever                  // never changes it
	keyless
)

// scenario says who is in the world, and what may happen in it.
type scenario struct {
	name      string
	mode      Mode
	always    bool // no reuse interval
	keys      clientKeys
	tabs      int
	inFlight  int  // at most so many messages under way at once
	lossless  bool // nothing gets lost, and no tab gives up or is reloaded
	idle      bool // long pauses, up to the idle timeout
	restore   bool // a backup is made at some moment, and put back at another
	thief     bool
	stolenKey bool // the thief copies the key with the token
	apart     bool // owner and thief present tokens further apart than the interval
	maxLost   int8 // how many answers may get lost after the theft
	// quietHead says that the answer to a cookie's head sets no cookie.
	quietHead bool
	guarantee guarantee
	// fewer is by how many changes of hand the guarantee is stricter.
	fewer int8
}

func (s scenario) interval() int8 {
	if s.always {
		return 0
	}
	return interval
}

// action is one step of a history.
type action struct {
	what    string
	about   about
	gen     int8
	key     modelKey
	verdict verdict
	moved   int8 // by how much the head is further afterwards
}

// about says what of an action there is to tell.
type about int8

const (
	justThat about = iota
	aToken
	aRuling
)

// step is a step that can be taken in a world: where it leads, and which
// guarantee it breaks, if any.
type step struct {
	action action
	to     world
	broken string
}

// model lists what can happen next.
type model struct {
	scenario
	judge judge
	steps []step
}

func newModel(s scenario, r rule) *model {
	return &model{scenario: s, judge: judge{rule: r, mode: s.mode, interval: unit * time.Duration(s.interval()), known: map[call]ruling{}}}
}

// start is the moment after a sign-in.
func (m *model) start() world {
	return world{shown: idleOver}
}

func (m *model) next(w world) []step {
	m.steps = m.steps[:0]
	if w.row.revoked {
		return nil
	}
	for tab := range int8(m.tabs) {
		m.tabSteps(w, tab)
	}
	for i, msg := range w.messages {
		if i > 0 && msg == w.messages[i-1] {
			continue
		}
		switch msg.kind {
		case request:
			m.requestSteps(w, i)
		case answer:
			m.answerSteps(w, i)
		}
	}
	m.timeSteps(w)
	if m.restore {
		m.restoreSteps(w)
	}
	if m.thief {
		m.thiefSteps(w)
	}
	return m.steps
}

func (m *model) add(a action, to world, broken string) {
	to = to.shift(a.moved)
	if m.keys != keyOfNewestOnly {
		to.newest = 0 // it does not matter
	}
	m.steps = append(m.steps, step{a, to.canonical(m.tabs), broken})
}

func (m *model) tabSteps(w world, tab int8) {
	if w.waiting[tab] > 0 {
		if !m.lossless {
			m.add(action{what: "a tab is reloaded, or gives up"}, m.forget(w.giveUp(tab)), "")
		}
		return
	}
	slot := w.slot(m.inFlight)
	if slot < 0 || (m.apart && w.theft.presenter == thief && w.theft.since < interval-quarter) {
		return
	}
	msg := message{kind: request, gen: w.held, key: m.ownersKey(w), tab: tab}
	w.messages[slot] = msg
	w.waiting[tab] = 1
	m.add(action{what: "a tab sends a request", about: aToken, gen: msg.gen, key: msg.key}, w, "")
}

// ownersKey is the key that the owner's clients send with what they hold.
func (m *model) ownersKey(w world) modelKey {
	switch {
	case m.keys == keyless:
		return modelKey{}
	case m.keys == keyForever, m.stolenKey && w.theft.copied && w.theft.origin == w.held:
		return modelKey{kind: sharedKey}
	case m.keys == keyOfNewestOnly:
		return modelKey{ownersKey, w.newest}
	}
	return modelKey{ownersKey, w.held}
}

// forget drops what nobody waits for: an answer in a body is lost when the tab
// is gone. One that sets a cookie is not.
func (m *model) forget(w world) world {
	if m.mode == store.ModeCookie {
		return w
	}
	for i, msg := range w.messages {
		if msg.kind == answer && msg.tab == noTab {
			w = m.lose(w, i)
		}
	}
	return w
}

// lose drops a message.
func (m *model) lose(w world, i int) world {
	if w.messages[i].kind == answer {
		w = m.countLost(w)
	}
	w.messages[i] = message{}
	return w
}

func (m *model) countLost(w world) world {
	if w.theft.copied && m.guarantee == secondPartyEndsIt {
		w.theft.lost++
	}
	return w
}

func (m *model) requestSteps(w world, i int) {
	if !m.apart || w.theft.presenter != thief || w.theft.since == interval {
		m.arrive(w, i)
	}
	if !m.lossless {
		m.add(action{what: "a request gets lost, or the server crashes before it commits", about: aToken, gen: w.messages[i].gen, key: w.messages[i].key}, m.lose(w, i), "")
	}
}

// arrive takes a request to the server: once, or with a duplicate still on its
// way; and the server may crash between commit and answer.
func (m *model) arrive(w world, i int) {
	msg := w.messages[i]
	r := m.judge.of(call{w.row, msg.gen, msg.key})
	a := action{what: "a request arrives", about: aRuling, gen: msg.gen, key: msg.key, verdict: r.verdict, moved: r.moved}
	broken := m.judgeOwner(w, msg, r)
	w = m.presented(w, owner, msg.gen, r)
	if broken == "" {
		broken = m.brokenBy(w, r)
	}
	slot, again := w.slot(m.inFlight), w
	w.messages[i] = message{}
	m.add(a, m.reply(w, i, msg, r), broken)
	if r.answered() && !m.lossless {
		a.what = "a request arrives, and the server crashes between commit and answer"
		m.add(a, m.countLost(w), broken)
	}
	if slot >= 0 {
		a.what = "a request arrives, and a duplicate is on its way"
		m.add(a, m.reply(again, slot, msg, r), broken)
	}
}

// reply sends what the server says: an answer, or a refusal, which changes
// nothing for the client but that it waits no more.
func (m *model) reply(w world, slot int, msg message, r ruling) world {
	if !r.answered() {
		if msg.tab != noTab {
			w.waiting[msg.tab] = 0
		}
		if r.verdict == refused {
			w.row.revoked = true // over for good: nothing can follow
		}
		return w
	}
	w.messages[slot] = message{kind: answer, gen: r.moved, tab: msg.tab, idle: idleOver - w.row.idle, same: r.moved == msg.gen}
	return m.forget(w)
}

func (m *model) answerSteps(w world, i int) {
	msg := w.messages[i]
	if !m.lossless {
		m.add(action{what: "an answer gets lost", about: aToken, gen: msg.gen}, m.lose(w, i), "")
	}
	w.messages[i] = message{}
	if msg.tab != noTab {
		w.waiting[msg.tab] = 0
	}
	w.shown = msg.idle
	switch {
	case m.mode == store.ModeBody:
		w.held = max(w.held, msg.gen)
	case !m.quietHead || !msg.same:
		w.held = msg.gen
	}
	if m.keys == keyOfNewestOnly {
		w.newest = max(w.newest, msg.gen)
	}
	m.add(action{what: "an answer is delivered", about: aToken, gen: msg.gen}, w, "")
}

func (m *model) timeSteps(w world) {
	if !w.quiet() {
		if !w.mustMove() && !(m.lossless && max(w.waiting[0], w.waiting[1]) == quarter) {
			m.add(action{what: "a little time passes"}, m.forget(w.pass(1)), "")
		}
		return
	}
	if m.lossless && w.waiting != [2]int8{} {
		return
	}
	if !m.always && w.row.age < interval-1 {
		m.add(action{what: "the interval is almost over"}, w.pass(interval-1-w.row.age), "")
	}
	if !m.always {
		m.add(action{what: "a little time passes"}, w.pass(1), "")
		m.add(action{what: "more than the interval passes"}, w.pass(interval), "")
	}
	if m.idle && w.row.idle < idleOver {
		w = w.pass(interval)
		w.row.idle++
		w.shown = max(w.shown-1, 0)
		if w.backup.taken && !w.backup.used {
			w.backup.row.idle = min(w.backup.row.idle+1, idleOver)
		}
		m.add(action{what: "half the idle timeout passes"}, w, "")
	}
}
