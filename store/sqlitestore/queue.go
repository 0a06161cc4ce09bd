package sqlitestore

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/renewd/renewd/store"
)

const (
	// maxBatch bounds how many writes share a transaction, and so how long the
	// first of them waits for the others.
	maxBatch = 128
	// maxWaiting bounds how many writes wait; more are refused at once.
	maxWaiting = 64 * maxBatch
	// maxWait bounds how long a caller waits for a disk that does not answer.
	maxWait = 10 * time.Second
)

var (
	errSlow = errors.New("no answer from the disk in " + maxWait.String())
	errFull = errors.New("too many writes wait for the disk")
)

// write is one caller's operation on its way through the queue.
type write struct {
	ctx context.Context
	// run makes the change. It may be called again, when another operation
	// spoilt the transaction, and must not hold on to what it did before.
	run func(transaction) error
	// several says that run is more than one statement, so that it needs a
	// savepoint to be undone alone.
	several bool

	err  error      // what run returned last
	done chan error // gets the result, once
}

// queue gathers writes while a transaction is in flight, so that they go out
// together in the next one. A goroutine drains it while it is not empty.
type queue struct {
	// commit makes the writes true, or not, and sends each its result.
	commit func([]*write)

	mu       sync.Mutex
	waiting  []*write
	draining bool
	drained  sync.Cond // draining became false
	closed   bool
}

func newQueue(commit func([]*write)) *queue {
	q := &queue{commit: commit}
	q.drained.L = &q.mu
	return q
}

// do runs one operation and returns its result. A context that is done before
// the operation is picked up takes it back; after that the caller waits for the
// commit, at most for maxWait in all.
func (q *queue) do(w *write) error {
	w.done = make(chan error, 1)
	if err := q.add(w); err != nil {
		return err
	}
	slow := time.NewTimer(maxWait)
	defer slow.Stop()
	select {
	case err := <-w.done:
		return err
	case <-w.ctx.Done():
		if q.takeBack(w) {
			return w.ctx.Err()
		}
	case <-slow.C:
		if q.takeBack(w) {
			return unavailable(errSlow)
		}
		return outcomeUnknown(errSlow)
	}
	select {
	case err := <-w.done:
		return err
	case <-slow.C:
		return outcomeUnknown(errSlow)
	}
}

func (q *queue) add(w *write) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return store.ErrClosed
	}
	if len(q.waiting) >= maxWaiting {
		return unavailable(errFull)
	}
	q.waiting = append(q.waiting, w)
	if !q.draining {
		q.draining = true
		go q.drain()
	}
	return nil
}

// takeBack removes an operation that was not picked up yet.
func (q *queue) takeBack(w *write) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, other := range q.waiting {
		if other == w {
			q.waiting = append(q.waiting[:i], q.waiting[i+1:]...)
			return true
		}
	}
	return false
}

func (q *queue) drain() {
	for {
		batch := q.pickUp()
		if batch == nil {
			return
		}
		q.commit(batch)
	}
}

// pickUp returns the operations of the next transaction, those aside whose
// callers have given up. It ends the draining, and returns nil, when there is
// none.
func (q *queue) pickUp() []*write {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waiting) > 0 {
		n := min(len(q.waiting), maxBatch)
		batch := make([]*write, 0, n)
		for _, w := range q.waiting[:n] {
			if err := w.ctx.Err(); err != nil {
				w.done <- err
			} else {
				batch = append(batch, w)
			}
		}
		q.waiting = append(q.waiting[:0], q.waiting[n:]...)
		if len(batch) > 0 {
			return batch
		}
	}
	q.waiting = nil
	q.draining = false
	q.drained.Broadcast()
	return nil
}

// close refuses further operations and waits for those accepted.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	for q.draining {
		q.drained.Wait()
	}
}
