package sqlitestore

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/renewd/renewd/store"
)

// unavailable says of an engine's error that nothing was changed.
func unavailable(err error) error {
	return fmt.Errorf("%w: sqlite: %w", store.ErrUnavailable, err)
}

// outcomeUnknown says of an engine's error that a write may have taken effect.
func outcomeUnknown(err error) error {
	return fmt.Errorf("%w: sqlite: %w", store.ErrOutcomeUnknown, err)
}

// code returns SQLite's extended result code, or 0 for an error of another kind.
func code(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code()
	}
	return 0
}

// primaryCode returns SQLite's result code without its extension.
func primaryCode(err error) int { return code(err) & 0xff }

// taken reports whether a row with this key is there already.
func taken(err error) bool {
	c := code(err)
	return c == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY || c == sqlite3.SQLITE_CONSTRAINT_UNIQUE
}

// existsIfTaken names the one constraint that callers may run into.
func existsIfTaken(err error) error {
	if taken(err) {
		return store.ErrExists
	}
	return err
}

// answered reports whether an operation came to its own end: it did what it was
// to do, or found a reason not to. Anything else is the engine's failure.
func answered(err error) bool {
	return err == nil || errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrNotFound) ||
		errors.Is(err, store.ErrExists) || errors.Is(err, store.ErrWrongSecret)
}
