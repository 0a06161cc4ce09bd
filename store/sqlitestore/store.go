package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"github.com/renewd/renewd/store"
)

var (
	_ store.Sessions    = (*Store)(nil)
	_ store.Accounts    = (*Store)(nil)
	_ store.SigningKeys = (*Store)(nil)
)

// Store keeps sessions, accounts and signing keys in a SQLite file. It is safe
// for concurrent use. It has no goroutine of its own while nothing is written.
type Store struct {
	writer  *writer
	queue   *queue
	readers *sql.DB
	reads   *statements

	// reading is held by every read, so that Close waits for them.
	reading sync.RWMutex
	closed  bool

	schema int64
	backup string
}

// SchemaVersion returns the version of the schema in the file, which is the
// newest that this program knows.
func (s *Store) SchemaVersion() int64 { return s.schema }

// Backup returns the path of the backup that [Open] wrote before it migrated the
// file, or "" when it wrote none.
func (s *Store) Backup() string { return s.backup }

// Close waits for the calls under way, and closes the file. Later calls fail
// with [store.ErrClosed]; closing again does nothing and returns nil.
func (s *Store) Close() error {
	s.queue.close()
	s.reading.Lock()
	defer s.reading.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	// The writer goes last: the last connection to close empties the WAL.
	return errors.Join(s.readers.Close(), s.writer.close())
}

// read runs a query on a reading connection and returns what scan makes of its
// rows.
func read[T any](ctx context.Context, s *Store, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	s.reading.RLock()
	defer s.reading.RUnlock()
	if s.closed {
		return nil, store.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	found, err := collect(ctx, s.reads, scan, query, args...)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, unavailable(err)
	}
	return found, nil
}

// readOne does the same for a query of one row, and returns store.ErrNotFound
// when there is none.
func readOne[T any](ctx context.Context, s *Store, scan func(*sql.Rows) (T, error), query string, args ...any) (T, error) {
	found, err := read(ctx, s, scan, query, args...)
	return first(found, err, store.ErrNotFound)
}

// first returns the first of the rows found, or none when there is no row.
func first[T any](found []T, err, none error) (T, error) {
	if err == nil && len(found) == 0 {
		err = none
	}
	if err != nil {
		var zero T
		return zero, err
	}
	return found[0], nil
}

// collect runs a prepared query and returns what scan makes of its rows. It
// always reads to the end: SQLite finishes a statement with its last row only.
func collect[T any](ctx context.Context, p *statements, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	stmt, err := p.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []T
	for rows.Next() {
		row, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("read row: %w", err)
		}
		found = append(found, row)
	}
	return found, rows.Err()
}

// statements are the prepared statements of a connection or a pool, by text.
type statements struct {
	on interface {
		PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
	}
	mu     sync.Mutex
	byText map[string]*sql.Stmt
}

func (p *statements) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if stmt, ok := p.byText[query]; ok {
		return stmt, nil
	}
	stmt, err := p.on.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	if p.byText == nil {
		p.byText = make(map[string]*sql.Stmt)
	}
	p.byText[query] = stmt
	return stmt, nil
}

// close finalizes statements that were prepared on one connection. database/sql
// does so for a pool only, and SQLite keeps a connection, and its file, open as
// long as it has any.
func (p *statements) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var failed error
	for _, stmt := range p.byText {
		failed = errors.Join(failed, stmt.Close())
	}
	p.byText = nil
	return failed
}
