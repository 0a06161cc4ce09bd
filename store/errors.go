package store

import (
	"context"
	"errors"
)

// Pinger is part of every role, since each may live on an engine of its own.
type Pinger interface {
	// Ping returns nil when the engine can serve reads and writes.
	Ping(ctx context.Context) error
}

var (
	// ErrNotFound says that there is no such record. Nothing was changed.
	ErrNotFound = errors.New("not found")
	// ErrExists says that a record with this identifier is there already.
	// Nothing was changed.
	ErrExists = errors.New("exists already")
	// ErrConflict says that the record is not, or no longer, as the caller
	// required. Nothing was changed: read it and decide again.
	ErrConflict = errors.New("conflict")
	// ErrUnavailable says that the engine cannot serve now. Nothing was changed,
	// and repeating the call is safe.
	ErrUnavailable = errors.New("store unavailable")
	// ErrOutcomeUnknown says that a write was sent and its fate is not known.
	// Repeating the call is safe.
	ErrOutcomeUnknown = errors.New("outcome unknown")
	// ErrClosed says that the store was closed. Nothing was changed.
	ErrClosed = errors.New("store closed")
	// ErrWrongSecret says that the store was made with another master secret.
	// Nothing was changed.
	ErrWrongSecret = errors.New("the store belongs to another secret")
)
