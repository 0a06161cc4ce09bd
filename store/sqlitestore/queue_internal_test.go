package sqlitestore

import (
	"context"
	"errors"
	"testing"

	"github.com/renewd/renewd/store"
)

// TestQueueDropsWhoGaveUp queues a write whose context is done, without its caller
// taking it back: it must not be picked up either.
func TestQueueDropsWhoGaveUp(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	q := newQueue(func(batch []*write) {
		for _, w := range batch {
			w.done <- errors.New("picked up")
		}
	})
	w := &write{ctx: ctx, done: make(chan error, 1)}
	if err := q.add(w); err != nil {
		t.Fatal(err)
	}
	if err := <-w.done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	q.close()
}

// TestQueueIsBounded lets the disk stand still: what is too much is refused at
// once, and nothing of it is done.
func TestQueueIsBounded(t *testing.T) {
	t.Parallel()
	still := make(chan struct{})
	q := newQueue(func(batch []*write) {
		<-still
		for _, w := range batch {
			w.done <- nil
		}
	})
	accepted := 0
	var err error
	for err == nil && accepted <= maxWaiting+maxBatch {
		if err = q.add(&write{ctx: t.Context(), done: make(chan error, 1)}); err == nil {
			accepted++
		}
	}
	if !errors.Is(err, store.ErrUnavailable) || accepted < maxWaiting {
		t.Errorf("after %d writes: got %v, want %v", accepted, err, store.ErrUnavailable)
	}
	close(still)
	q.close()
}
