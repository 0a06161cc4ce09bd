package sqlitestore_test

import (
	"path/filepath"
	"testing"

	"github.com/renewd/renewd/store"
	"github.com/renewd/renewd/store/sqlitestore"
	"github.com/renewd/renewd/store/storetest"
)

// open opens a store and closes it when the test ends.
func open(t *testing.T, path string) *sqlitestore.Store {
	t.Helper()
	s, err := sqlitestore.Open(t.Context(), sqlitestore.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

func newPath(t *testing.T) string { return filepath.Join(t.TempDir(), "renewd.db") }

func TestSessions(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) store.Sessions { return open(t, newPath(t)) })
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	storetest.RunAccounts(t, func(t *testing.T) store.Accounts { return open(t, newPath(t)) })
}

func TestSigningKeys(t *testing.T) {
	t.Parallel()
	storetest.RunSigningKeys(t, func(t *testing.T) store.SigningKeys { return open(t, newPath(t)) })
}

func TestReopen(t *testing.T) {
	t.Parallel()
	storetest.RunReopen(t, func(t *testing.T) (storetest.Store, func() storetest.Store) {
		path := newPath(t)
		s := open(t, path)
		return s, func() storetest.Store {
			if err := s.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
			s = open(t, path)
			return s
		}
	})
}
