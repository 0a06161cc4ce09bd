// Package sqlitestore keeps everything in one SQLite file, for one machine.
//
// It owns the file: its schema, its migrations and its connections. It imports
// package store and no other part of renewd.
//
// # What it promises
//
// A write that returned nil is on the disk: the file is in WAL mode with
// synchronous=FULL, so it survives a killed process and a power loss, as far as
// the disk keeps what it acknowledged. A read sees every write that returned
// before it began. Several processes on one machine may share the file; a
// network file system must not hold it.
//
// # What it costs
//
// Every transaction costs one fsync. One connection writes, and while it does,
// the writes that arrive wait together and share the next transaction (at most
// 128 of them). A server at rest adds no waiting by it, and a busy one pays one
// fsync for many writes. Each write still has its own result.
//
// # When the disk fails
//
// A write that fails before its commit was rolled back: [store.ErrUnavailable].
// When the commit itself fails, SQLite rolls back as well, but what it had
// appended by then may come back should the machine lose power at that moment:
// [store.ErrOutcomeUnknown]. The next write starts on a clean connection.
//
// Nobody waits longer than 10 seconds for a disk that does not answer. A write
// that was still in the queue then is [store.ErrUnavailable], one that had begun
// is [store.ErrOutcomeUnknown].
package sqlitestore
