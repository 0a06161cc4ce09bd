package sqlitestore

import "context"

// What the external tests see of the inside.
var (
	CheckVersion = checkVersion
	Migrations   = migrations
	OpenWith     = open
)

const (
	MaxBatch         = maxBatch
	MaxWait          = maxWait
	JournalSizeLimit = journalSizeLimit
)

// Transactions returns how many transactions were committed.
func (s *Store) Transactions() int64 { return s.writer.transactions.Load() }

// Waiting returns how many writes wait for the next transaction.
func (s *Store) Waiting() int {
	s.queue.mu.Lock()
	defer s.queue.mu.Unlock()
	return len(s.queue.waiting)
}

// Exec runs a statement in the transaction of an operation.
type Exec func(query string, args ...any) (int64, error)

// Write queues an operation.
func (s *Store) Write(ctx context.Context, run func(Exec) error) error {
	return s.write(ctx, func(tx transaction) error { return run(tx.exec) })
}

// WriteSeveral queues an operation of several statements.
func (s *Store) WriteSeveral(ctx context.Context, run func(Exec) error) error {
	return s.writeSeveral(ctx, func(tx transaction) error { return run(tx.exec) })
}

// Number returns what a query of one number finds.
func (s *Store) Number(ctx context.Context, query string) (int64, error) {
	return readOne(ctx, s, scanValue[int64], query)
}
