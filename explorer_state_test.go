package renewd

import (
	"cmp"
	"slices"
)

// The explorer's world, in numbers small enough to see all of it. Generations
// are counted from the head, so that histories of any length lead to finitely
// many states: 0 is the head, -1 the one before it, and ancient stands for every
// one that is as old or older.
const (
	quarter    = 2           // units of time; a message takes less
	interval   = 4 * quarter // the reuse interval
	idleOver   = 2           // the idle timeout, in halves of it
	ancient    = -4
	slots      = 4 // messages under way at once
	maxChanges = 7
	maxBack    = 3 // rotations that a restored backup may undo
	noTab      = 2 // sent a message that nobody waits for any more
)

// keyKind says whose Idempotency-Key it is.
type keyKind int8

const (
	noKey     keyKind = iota
	ownersKey         // one for each generation
	thiefsKey         // one for each generation
	sharedKey         // the one that was copied, or that a client never changes
)

type modelKey struct {
	kind keyKind
	gen  int8 // which generation it was made for; 0 for sharedKey and noKey
}

type modelRow struct {
	attempt modelKey
	age     int8 // units since RotatedAt, at most the interval
	trueAge int8 // units since the head was made, whatever RotatedAt says
	idle    int8 // halves of the idle timeout since the last use
	revoked bool
}

type messageKind int8

const (
	noMessage messageKind = iota
	request
	answer
)

// message is under way between a tab of the owner and the server.
type message struct {
	kind messageKind
	gen  int8 // what it presents or carries
	key  modelKey
	age  int8
	tab  int8
	idle int8 // halves of the idle timeout that an answer shows to be left
	same bool // an answer that carries the token that was presented
}

// backup is a copy of the row that may be put back once.
type backup struct {
	taken, used bool
	head        int8
	row         modelRow
}

type party int8

const (
	nobody party = iota
	owner
	thief
)

// theft is what became of the copy of a token, and what is counted since.
type theft struct {
	copied    bool
	held      int8  // the newest token the thief has
	origin    int8  // the generation that was copied
	presenter party // the last to present a token
	since     int8  // units since then, at most the interval
	answered  party // the last to be answered
	changes   int8  // how often that changed
	lost      int8  // answers lost
}

// world is one state of everything. Two worlds that are equal have the same
// future.
type world struct {
	row      modelRow
	judged   bool    // reuse was found
	held     int8    // what is in the jar, or the store of a body client
	newest   int8    // the newest generation the owner ever held, where clients keep the key of that one only
	shown    int8    // halves of the idle timeout left, as the owner knows it
	waiting  [2]int8 // for each tab, units since it sent its try, plus one; 0 when it waits for nothing
	messages [slots]message
	backup   backup
	theft    theft
}

func (k modelKey) shifted(by int8) modelKey {
	if k.kind == ownersKey || k.kind == thiefsKey {
		k.gen = shifted(k.gen, by)
	}
	return k
}

func shifted(gen, by int8) int8 { return max(gen-by, ancient) }

// shift counts every generation from a head that is by further.
func (w world) shift(by int8) world {
	if by == 0 {
		return w
	}
	w.held, w.newest = shifted(w.held, by), shifted(w.newest, by)
	for i := range w.messages {
		if m := &w.messages[i]; m.kind != noMessage {
			m.gen, m.key = shifted(m.gen, by), m.key.shifted(by)
		}
	}
	if w.backup.taken && !w.backup.used {
		w.backup.head -= by
		if w.backup.head < -maxBack {
			w.backup = backup{taken: true, used: true}
		}
	}
	if w.theft.copied {
		w.theft.held, w.theft.origin = shifted(w.theft.held, by), shifted(w.theft.origin, by)
	}
	return w
}

// pass lets units of time go by.
func (w world) pass(units int8) world {
	w.row.age, w.row.trueAge = min(w.row.age+units, interval), min(w.row.trueAge+units, interval)
	for i := range w.messages {
		if w.messages[i].kind != noMessage {
			w.messages[i].age += units
		}
	}
	for tab, since := range w.waiting {
		if since == 0 {
			continue
		}
		w.waiting[tab] = since + units
		if w.waiting[tab] > quarter {
			w = w.giveUp(int8(tab))
		}
	}
	if w.backup.taken && !w.backup.used {
		w.backup.row.age = min(w.backup.row.age+units, interval)
		w.backup.row.trueAge = min(w.backup.row.trueAge+units, interval)
	}
	if w.theft.copied {
		w.theft.since = min(w.theft.since+units, interval)
	}
	return w
}

// giveUp makes a tab forget its try. What it sent is still under way.
func (w world) giveUp(tab int8) world {
	w.waiting[tab] = 0
	for i := range w.messages {
		if m := &w.messages[i]; m.kind != noMessage && m.tab == tab {
			m.tab = noTab
		}
	}
	return w
}

// canonical puts the messages in order, and two tabs as well, which are alike.
func (w world) canonical(tabs int) world {
	slices.SortFunc(w.messages[:], message.compare)
	if tabs < 2 {
		return w
	}
	o := w
	o.waiting[0], o.waiting[1] = w.waiting[1], w.waiting[0]
	for i := range o.messages {
		if m := &o.messages[i]; m.kind != noMessage && m.tab != noTab {
			m.tab = 1 - m.tab
		}
	}
	slices.SortFunc(o.messages[:], message.compare)
	if slices.Compare(o.waiting[:], w.waiting[:]) < 0 ||
		o.waiting == w.waiting && slices.CompareFunc(o.messages[:], w.messages[:], message.compare) < 0 {
		return o
	}
	return w
}

func (m message) compare(o message) int { return cmp.Compare(m.rank(), o.rank()) }

func (m message) rank() int64 {
	r := int64(m.kind)
	for _, part := range []int8{m.gen, int8(m.key.kind), m.key.gen, m.age, m.tab, m.idle} {
		r = r<<4 | int64(part-ancient)
	}
	if m.same {
		return r<<1 | 1
	}
	return r << 1
}

// slot returns where one more message fits, or -1 when most are under way.
func (w world) slot(most int) int {
	free, under := -1, 0
	for i, m := range w.messages {
		if m.kind == noMessage {
			free = i
		} else {
			under++
		}
	}
	if under >= most {
		return -1
	}
	return free
}

func (w world) quiet() bool {
	return !slices.ContainsFunc(w.messages[:], func(m message) bool { return m.kind != noMessage })
}

// mustMove reports whether a message has taken as long as messages may take.
func (w world) mustMove() bool {
	return slices.ContainsFunc(w.messages[:], func(m message) bool { return m.kind != noMessage && m.age == quarter-1 })
}
