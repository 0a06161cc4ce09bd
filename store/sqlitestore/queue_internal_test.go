package sqlitestore

import (
	"context"
	"errors"
	"testing"
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
