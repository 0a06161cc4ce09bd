package sqlitestore_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/renewd/renewd/store"
	"github.com/renewd/renewd/store/sqlitestore"
)

// TestCloseLeavesOneFile shows that no connection outlives the store, not one that
// was given up either: the last to close removes the files beside the database.
func TestCloseLeavesOneFile(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	s := open(t, path)
	create(t, s, newRow(1))
	err := s.Write(t.Context(), func(exec sqlitestore.Exec) error {
		_, err := exec("ROLLBACK")
		return errors.Join(err, errors.New("the connection is not to be trusted"))
	})
	if !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("write: got %v, want %v", err, store.ErrUnavailable)
	}
	rotateTo(t, s, 1, 2)
	if _, err := s.Session(t.Context(), newRow(1).ID); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if found, err := filepath.Glob(path + "*"); err != nil || len(found) != 1 {
		t.Errorf("files after closing: got %q, %v, want the database alone", found, err)
	}
}

func TestWALStaysBounded(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	s := open(t, path)
	create(t, s, newRow(1))
	for head := range uint64(2500) {
		if _, err := s.RotateSession(t.Context(), next(newRow(1).ID, head+1)); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	// SQLite moves the WAL into the file at 1000 pages of 4 KiB.
	if limit := int64(6 << 20); info.Size() > limit || limit > sqlitestore.JournalSizeLimit {
		t.Errorf("WAL after 2500 rotations: got %d bytes, want at most %d", info.Size(), limit)
	}
}

func TestRowDoesNotGrow(t *testing.T) {
	t.Parallel()
	s := open(t, newPath(t))
	create(t, s, newRow(1))
	size := func() int64 {
		t.Helper()
		n, err := s.Number(t.Context(), "SELECT SUM(payload) FROM dbstat WHERE name LIKE '%session%'")
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	rotateTo(t, s, 1, 2)
	first := size()
	for head := range uint64(50) {
		rotateTo(t, s, 1, head+3)
	}
	if got := size(); got != first || got == 0 {
		t.Errorf("bytes after 50 more rotations: got %d, want %d", got, first)
	}
}
