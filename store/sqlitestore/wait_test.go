package sqlitestore_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/renewd/renewd/store"
	"github.com/renewd/renewd/store/sqlitestore"
)

// TestSlowDisk holds a transaction for longer than callers wait.
func TestSlowDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, filepath.Join(dir, "renewd.db"))
		create(t, s, newRow(1), newRow(2), newRow(3))
		began, release := make(chan struct{}), make(chan struct{})
		var all sync.WaitGroup
		all.Go(func() {
			err := s.Write(t.Context(), func(sqlitestore.Exec) error {
				close(began)
				<-release
				return nil
			})
			if !errors.Is(err, store.ErrOutcomeUnknown) {
				t.Errorf("picked up: got %v, want %v", err, store.ErrOutcomeUnknown)
			}
		})
		<-began
		all.Go(func() {
			if _, err := s.RotateSession(t.Context(), next(newRow(1).ID, 1)); !errors.Is(err, store.ErrUnavailable) {
				t.Errorf("waiting: got %v, want %v", err, store.ErrUnavailable)
			}
		})
		ctx, cancel := context.WithTimeout(t.Context(), sqlitestore.MaxWait/2)
		defer cancel()
		all.Go(func() {
			if _, err := s.RotateSession(ctx, next(newRow(2).ID, 1)); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("waiting with a deadline: got %v, want %v", err, context.DeadlineExceeded)
			}
		})
		start := time.Now()
		all.Wait()
		if waited := time.Since(start); waited != sqlitestore.MaxWait {
			t.Errorf("waited: got %v, want %v", waited, sqlitestore.MaxWait)
		}
		close(release)
		for n := byte(1); n <= 3; n++ { // none of them changed anything
			rotateTo(t, s, n, 2)
		}
	})
}

// TestCancelledWhileCommitting shows that a caller whose operation was picked up
// gets its result, whatever becomes of its context.
func TestCancelledWhileCommitting(t *testing.T) {
	t.Parallel()
	s := open(t, newPath(t))
	ctx, cancel := context.WithCancel(t.Context())
	err := s.Write(ctx, func(exec sqlitestore.Exec) error {
		cancel()
		_, err := exec("INSERT INTO marks (name, value) VALUES ('written', 1)")
		return err
	})
	if err != nil {
		t.Errorf("write: got %v, want nil", err)
	}
	if n, err := s.Number(t.Context(), "SELECT COUNT(*) FROM marks WHERE name = 'written'"); n != 1 || err != nil {
		t.Errorf("rows written: got %d, %v, want 1, nil", n, err)
	}
}

// TestCloseDrains shows that Close waits for what was accepted before it.
func TestCloseDrains(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	synctest.Test(t, func(t *testing.T) {
		s := open(t, path)
		create(t, s, newRow(1))
		release := hold(t, s)
		var all sync.WaitGroup
		var closed atomic.Bool
		all.Go(func() { rotateTo(t, s, 1, 2) })
		synctest.Wait()
		all.Go(func() {
			if err := s.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
			closed.Store(true)
		})
		synctest.Wait()
		if closed.Load() {
			t.Error("closed while two writes were under way")
		}
		if err := s.CreateSession(t.Context(), newRow(2)); !errors.Is(err, store.ErrClosed) {
			t.Errorf("create session: got %v, want %v", err, store.ErrClosed)
		}
		release()
		all.Wait()
	})
	rotateTo(t, open(t, path), 1, 3)
}
