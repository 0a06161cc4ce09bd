package sqlitestore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/renewd/renewd/store"
)

// maxReruns bounds how often a batch is begun again without the operation that
// spoilt it. An engine that fails twice is down for all of them.
const maxReruns = 1

// writer owns the one connection that writes. Only the goroutine that drains the
// queue uses it.
type writer struct {
	db    *sql.DB
	conn  *sql.Conn // nil until it is needed, and after it failed
	stmts *statements

	transactions atomic.Int64
}

// The calls of a writer are not bound to a caller's context: its transaction is
// that of many callers.
var background = context.Background()

// transaction is what an operation changes the file with.
type transaction struct{ w *writer }

// exec runs a statement and returns how many rows it changed.
func (tx transaction) exec(query string, args ...any) (int64, error) {
	stmt, err := tx.w.stmts.prepared(background, query)
	if err != nil {
		return 0, err
	}
	result, err := stmt.ExecContext(background, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// query runs a statement and returns what scan makes of its rows.
func query[T any](t transaction, scan func(*sql.Rows) (T, error), text string, args ...any) ([]T, error) {
	return collect(background, t.w.stmts, scan, text, args...)
}

// commit runs the operations in one transaction and sends each its result. When
// one of them breaks the transaction, the others run again without it.
func (w *writer) commit(batch []*write) {
	for rerun := 0; ; rerun++ {
		broken, err := w.try(batch)
		if broken < 0 || rerun == maxReruns {
			settle(batch, err)
			return
		}
		batch[broken].done <- err
		batch = slices.Delete(batch, broken, broken+1)
	}
}

// settle sends each operation its own result, or that of the whole transaction
// when it failed.
func settle(batch []*write, failed error) {
	for _, op := range batch {
		if failed != nil {
			op.done <- failed
		} else {
			op.done <- op.err
		}
	}
}

// try runs the operations in one transaction. It returns the index of the one
// that broke it, or -1; err is then of the whole transaction.
func (w *writer) try(batch []*write) (broken int, err error) {
	if err := w.begin(); err != nil {
		return -1, unavailable(err)
	}
	for i, op := range batch {
		op.err = w.run(op)
		if !answered(op.err) {
			w.rollback()
			return i, unavailable(op.err)
		}
	}
	if _, err := w.tx().exec("COMMIT"); err != nil {
		w.rollback()
		return -1, commitError(err)
	}
	w.transactions.Add(1)
	return -1, nil
}

// commitError tells what a failed commit means. One that could not get its lock
// has written nothing. Any other may have appended the commit to the WAL before
// it failed, so that a crash at that moment would bring it back.
func commitError(err error) error {
	if primaryCode(err) == sqlite3.SQLITE_BUSY {
		return unavailable(err)
	}
	return outcomeUnknown(err)
}

// run calls one operation. A panic in it is its own failure, not the queue's.
func (w *writer) run(op *write) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	if !op.several {
		return op.run(w.tx())
	}
	if _, err := w.tx().exec("SAVEPOINT operation"); err != nil {
		return err
	}
	err = op.run(w.tx())
	if err != nil && answered(err) {
		if _, undo := w.tx().exec("ROLLBACK TO operation"); undo != nil {
			return undo
		}
	}
	if _, release := w.tx().exec("RELEASE operation"); release != nil {
		return release
	}
	return err
}

func (w *writer) tx() transaction { return transaction{w} }

// begin starts a transaction that holds the write lock from the start, so that
// it cannot fail for having read too early.
func (w *writer) begin() error {
	if w.conn == nil {
		conn, err := w.db.Conn(background)
		if err != nil {
			return err
		}
		w.conn, w.stmts = conn, &statements{on: conn}
	}
	_, err := w.tx().exec("BEGIN IMMEDIATE")
	if err != nil && primaryCode(err) != sqlite3.SQLITE_BUSY {
		w.discard()
	}
	return err
}

// rollback undoes the transaction. Where SQLite did so already, or cannot, the
// connection is replaced: the next transaction must not inherit anything.
func (w *writer) rollback() {
	if _, err := w.tx().exec("ROLLBACK"); err != nil {
		w.discard()
	}
}

// discard closes the connection for good, by telling the pool that it is bad.
func (w *writer) discard() {
	_ = w.stmts.close()
	_ = w.conn.Raw(func(any) error { return driver.ErrBadConn })
	w.conn, w.stmts = nil, nil
}

func (w *writer) close() error {
	var err error
	if w.conn != nil {
		err = errors.Join(w.stmts.close(), w.conn.Close())
	}
	return errors.Join(err, w.db.Close())
}

// write runs an operation of one statement, or of one that changes something
// after others that only read.
func (s *Store) write(ctx context.Context, run func(transaction) error) error {
	return s.queue.do(&write{ctx: ctx, run: run})
}

// writeSeveral runs an operation of several statements, all or none.
func (s *Store) writeSeveral(ctx context.Context, run func(transaction) error) error {
	return s.queue.do(&write{ctx: ctx, run: run, several: true})
}

// conflictIfNone turns "no row changed" into store.ErrConflict.
func conflictIfNone(changed int64, err error) error {
	if err == nil && changed == 0 {
		return store.ErrConflict
	}
	return err
}
