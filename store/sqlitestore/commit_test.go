package sqlitestore_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/renewd/renewd/store"
	"github.com/renewd/renewd/store/sqlitestore"
)

// newRow returns a session that lasts.
func newRow(n byte) store.Session {
	return store.Session{
		ID: store.SessionID{15: n}, Subject: "subject", Username: "Ada", ClientID: "renewd", Mode: store.ModeBody,
		Roles: []string{"admin"}, AMR: []string{"pwd"}, Epoch: 1, AuthTime: origin, CreatedAt: origin,
		Generation: 1, RotatedAt: origin, IdleTimeout: time.Hour, UsedAt: origin,
		IdleExpiresAt: origin.Add(time.Hour), ExpiresAt: origin.AddDate(1, 0, 0), UserAgent: "Mozilla/5.0", Address: "::1",
	}
}

// next returns the rotation of a head, a second after its own.
func next(id store.SessionID, head uint64) store.Rotation {
	return store.Rotation{
		ID: id, Generation: head, Mode: store.ModeBody, ClientID: "renewd",
		Now: origin.Add(time.Duration(head) * time.Second), Attempt: []byte{15: byte(head)},
	}
}

func create(t *testing.T, s store.Sessions, rows ...store.Session) {
	t.Helper()
	for _, row := range rows {
		if err := s.CreateSession(t.Context(), row); err != nil {
			t.Fatal(err)
		}
	}
}

// hold keeps a transaction open until the function that it returns is called.
func hold(t *testing.T, s *sqlitestore.Store) (release func()) {
	t.Helper()
	held, released := make(chan struct{}), make(chan struct{})
	done := make(chan error, 1)
	go func() {
		done <- s.Write(context.WithoutCancel(t.Context()), func(sqlitestore.Exec) error {
			close(held)
			<-released
			return nil
		})
	}()
	<-held
	return sync.OnceFunc(func() {
		close(released)
		if err := <-done; err != nil {
			t.Errorf("held write: %v", err)
		}
	})
}

// waitFor waits until n writes are in the queue. They come from goroutines that
// are on their way there.
func waitFor(t *testing.T, s *sqlitestore.Store, n int) {
	t.Helper()
	for s.Waiting() < n {
		if t.Context().Err() != nil {
			t.Fatal(t.Context().Err())
		}
		runtime.Gosched()
	}
}

func TestWritesShareTransactions(t *testing.T) {
	t.Parallel()
	const callers = sqlitestore.MaxBatch + 10
	s := open(t, newPath(t))
	for n := range callers {
		create(t, s, newRow(byte(n)))
	}
	release := hold(t, s)
	defer release()
	before := s.Transactions()
	var all sync.WaitGroup
	for n := range callers {
		all.Go(func() {
			row, err := s.RotateSession(t.Context(), next(store.SessionID{15: byte(n)}, 1))
			if err != nil || row.ID != (store.SessionID{15: byte(n)}) || row.Generation != 2 {
				t.Errorf("caller %d: got %v at %d, %v", n, row.ID, row.Generation, err)
			}
		})
	}
	waitFor(t, s, callers)
	release()
	all.Wait()
	// The one that was held, a full batch, and the rest.
	if got := s.Transactions() - before; got != 3 {
		t.Errorf("transactions for %d rotations: got %d, want 3", callers, got)
	}
}

// TestNeighbours shows that an operation that fails takes nothing from those that
// share its transaction.
func TestNeighbours(t *testing.T) {
	t.Parallel()
	someError := errors.New("some error of the engine")
	for _, tt := range []struct {
		name string
		fail func(ctx context.Context, s *sqlitestore.Store) error
		want error
	}{
		{"finds a reason not to, half way", func(ctx context.Context, s *sqlitestore.Store) error {
			return s.WriteSeveral(ctx, func(exec sqlitestore.Exec) error {
				if _, err := exec("DELETE FROM sessions"); err != nil {
					return err
				}
				return store.ErrConflict
			})
		}, store.ErrConflict},
		{"breaks a constraint, half way", func(ctx context.Context, s *sqlitestore.Store) error {
			return s.WriteSeveral(ctx, func(exec sqlitestore.Exec) error {
				if _, err := exec("UPDATE sessions SET generation = generation + 5"); err != nil {
					return err
				}
				_, err := exec("INSERT INTO marks (name, value) VALUES ('x', NULL)")
				return err
			})
		}, store.ErrUnavailable},
		{"is the engine's", func(ctx context.Context, s *sqlitestore.Store) error {
			return s.Write(ctx, func(exec sqlitestore.Exec) error {
				if _, err := exec("DELETE FROM sessions"); err != nil {
					return err
				}
				return someError
			})
		}, store.ErrUnavailable},
		{"ended the transaction", func(ctx context.Context, s *sqlitestore.Store) error {
			return s.Write(ctx, func(exec sqlitestore.Exec) error {
				if _, err := exec("ROLLBACK"); err != nil {
					return err
				}
				return someError
			})
		}, store.ErrUnavailable},
		{"is a panic", func(ctx context.Context, s *sqlitestore.Store) error {
			return s.Write(ctx, func(exec sqlitestore.Exec) error {
				if _, err := exec("DELETE FROM sessions"); err != nil {
					return err
				}
				panic("at the disco")
			})
		}, store.ErrUnavailable},
		{"is a panic, half way", func(ctx context.Context, s *sqlitestore.Store) error {
			return s.WriteSeveral(ctx, func(exec sqlitestore.Exec) error {
				if _, err := exec("DELETE FROM sessions"); err != nil {
					return err
				}
				panic("at the disco")
			})
		}, store.ErrUnavailable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := open(t, newPath(t))
			create(t, s, newRow(1), newRow(2))
			release := hold(t, s)
			defer release()
			var all sync.WaitGroup
			for waiting, call := range []func(){
				func() { rotateTo(t, s, 1, 2) },
				func() {
					if err := tt.fail(t.Context(), s); !errors.Is(err, tt.want) {
						t.Errorf("got %v, want %v", err, tt.want)
					}
				},
				func() { rotateTo(t, s, 2, 2) },
			} {
				all.Go(call)
				waitFor(t, s, waiting+1)
			}
			release()
			all.Wait()
			rotateTo(t, s, 1, 3)
			rotateTo(t, s, 2, 3)
		})
	}
}

// rotateTo rotates a session and checks which generation it gets to.
func rotateTo(t *testing.T, s store.Sessions, n byte, want uint64) {
	t.Helper()
	row, err := s.RotateSession(t.Context(), next(store.SessionID{15: n}, want-1))
	if err != nil || row.Generation != want {
		t.Errorf("rotate session %d: got generation %d, %v, want %d", n, row.Generation, err, want)
	}
}

// TestFailedCommit makes a commit fail, with a foreign key that is checked last.
func TestFailedCommit(t *testing.T) {
	t.Parallel()
	s := open(t, newPath(t))
	create(t, s, newRow(1))
	release := hold(t, s)
	defer release()
	var all sync.WaitGroup
	all.Go(func() {
		err := s.Write(t.Context(), func(exec sqlitestore.Exec) error {
			_, err1 := exec("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
			_, err2 := exec("CREATE TABLE child (id INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED)")
			_, err3 := exec("INSERT INTO child VALUES (1)")
			return errors.Join(err1, err2, err3)
		})
		if !errors.Is(err, store.ErrOutcomeUnknown) {
			t.Errorf("write: got %v, want %v", err, store.ErrOutcomeUnknown)
		}
	})
	waitFor(t, s, 1)
	all.Go(func() {
		if _, err := s.RotateSession(t.Context(), next(newRow(1).ID, 1)); !errors.Is(err, store.ErrOutcomeUnknown) {
			t.Errorf("its neighbour: got %v, want %v", err, store.ErrOutcomeUnknown)
		}
	})
	waitFor(t, s, 2)
	release()
	all.Wait()
	rotateTo(t, s, 1, 2) // the same again: nothing was changed, and the connection works
}

// TestDiskFull lets the file not grow any more.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	s := open(t, newPath(t))
	create(t, s, newRow(1))
	limit := func(pages string) {
		err := s.Write(t.Context(), func(exec sqlitestore.Exec) error {
			_, err := exec("PRAGMA max_page_count = " + pages)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	limit("1") // SQLite takes the present size
	big := newRow(2)
	big.Roles = []string{string(make([]byte, 1<<20))}
	if err := s.CreateSession(t.Context(), big); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("create session: got %v, want %v", err, store.ErrUnavailable)
	}
	rotateTo(t, s, 1, 2)
	limit("100000")
	create(t, s, big)
}

func TestPingNoticesReadOnly(t *testing.T) {
	t.Parallel()
	s := open(t, newPath(t))
	if err := s.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := s.Write(t.Context(), func(exec sqlitestore.Exec) error {
		_, err := exec("PRAGMA query_only = 1")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Ping(t.Context()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("ping: got %v, want %v", err, store.ErrUnavailable)
	}
}
