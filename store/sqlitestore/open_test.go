package sqlitestore_test

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/renewd/renewd/store"
	"github.com/renewd/renewd/store/sqlitestore"
)

func TestOpenCreatesPrivateFiles(t *testing.T) {
	t.Parallel()
	// Characters that mean something in a URI, where SQLite takes the name from.
	path := filepath.Join(t.TempDir(), "a b?c=d#e%41&f.db")
	s := open(t, path)
	create(t, s, newRow(1))
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode(); got != 0o600 {
			t.Errorf("mode of %s: got %v, want -rw-------", filepath.Base(name), got)
		}
	}
	if s.SchemaVersion() < 1 || s.Backup() != "" {
		t.Errorf("new file: got schema %d, backup %q, want 1 or more, none", s.SchemaVersion(), s.Backup())
	}
}

func TestOpenTwice(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	a := open(t, path)
	create(t, a, newRow(1))
	b := open(t, path)
	rotateTo(t, b, 1, 2)
	rotateTo(t, a, 1, 3)
	if b.Backup() != "" || b.SchemaVersion() != a.SchemaVersion() {
		t.Errorf("second: got schema %d, backup %q, want %d, none", b.SchemaVersion(), b.Backup(), a.SchemaVersion())
	}
}

// TestOpenAtOnce has many programs start on a file that is not there yet.
func TestOpenAtOnce(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	var all sync.WaitGroup
	var created atomic.Int64
	for range 6 {
		all.Go(func() {
			s, err := sqlitestore.Open(t.Context(), sqlitestore.Options{Path: path})
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			if err := s.CreateSession(t.Context(), newRow(1)); err == nil {
				created.Add(1)
			} else if !errors.Is(err, store.ErrExists) {
				t.Errorf("create session: %v", err)
			}
		})
	}
	all.Wait()
	if n := created.Load(); n != 1 {
		t.Errorf("created: got %d, want 1", n)
	}
}

// TestTwoStoresRace rotates one head from two stores on one file, as two processes
// would.
func TestTwoStoresRace(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	stores := []*sqlitestore.Store{open(t, path), open(t, path)}
	create(t, stores[0], newRow(1))
	for head := uint64(1); head <= 20; head++ {
		var all sync.WaitGroup
		var rotated atomic.Int64
		for i := range 10 {
			all.Go(func() {
				_, err := stores[i%2].RotateSession(t.Context(), next(newRow(1).ID, head))
				if err == nil {
					rotated.Add(1)
				} else if !errors.Is(err, store.ErrConflict) {
					t.Errorf("rotate session: %v", err)
				}
			})
		}
		all.Wait()
		if n := rotated.Load(); n != 1 {
			t.Errorf("rotations of head %d: got %d, want 1", head, n)
		}
		for _, s := range stores {
			if row, err := s.Session(t.Context(), newRow(1).ID); err != nil || row.Generation != head+1 {
				t.Errorf("read session: got generation %d, %v, want %d", row.Generation, err, head+1)
			}
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		prepare func(t *testing.T, dir string) (path string)
		says    string
	}{
		{"a missing directory", func(t *testing.T, dir string) string {
			return filepath.Join(dir, "missing", "renewd.db")
		}, "does not exist: create it first"},
		{"a directory", func(t *testing.T, dir string) string { return dir }, "cannot be opened for writing"},
		{"a file that is no database", func(t *testing.T, dir string) string {
			path := filepath.Join(dir, "notes.txt")
			writeFile(t, path, strings.Repeat("not a database\n", 1000))
			return path
		}, "is not a SQLite database"},
		{"the database of another program", func(t *testing.T, dir string) string {
			path := filepath.Join(dir, "other.db")
			execIn(t, path, "CREATE TABLE albums (id INTEGER)")
			return path
		}, "of another program"},
		{"a marked database of another program", func(t *testing.T, dir string) string {
			path := filepath.Join(dir, "other.db")
			execIn(t, path, "PRAGMA application_id = 77")
			return path
		}, "of another program"},
		{"a newer schema", func(t *testing.T, dir string) string {
			path := filepath.Join(dir, "renewd.db")
			closeNow(t, path)
			execIn(t, path, "INSERT INTO schema_version (version_id, is_applied) VALUES (99, 1)")
			return path
		}, "start the newer version of renewd again"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			wantRefused(t, tt.prepare(t, t.TempDir()), tt.says)
		})
	}
}

// wantRefused opens a file that must be refused with a sentence, and left alone.
func wantRefused(t *testing.T, path, says string) {
	t.Helper()
	before := contents(t, path)
	s, err := sqlitestore.Open(t.Context(), sqlitestore.Options{Path: path})
	if err == nil {
		_ = s.Close()
	}
	if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), path) {
		t.Errorf("open: got %v, want an error that names the file and says %q", err, says)
	}
	if contents(t, path) != before {
		t.Error("the file was changed")
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// contents returns what is in a file, or nothing when there is none.
func contents(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if info, _ := os.Stat(path); err != nil && info != nil && !info.IsDir() {
		t.Fatal(err)
	}
	return string(text)
}

// closeNow makes an empty store.
func closeNow(t *testing.T, path string) {
	t.Helper()
	if err := open(t, path).Close(); err != nil {
		t.Fatal(err)
	}
}

// execIn changes a database behind the store's back.
func execIn(t *testing.T, path, statement string) {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		writeFile(t, path, "")
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func TestEngineVersion(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]string{
		"3.51.3": "", "3.53.0": "", "4.0.0": "",
		"3.51.2": "3.51.3 or newer", "3.50.9": "3.51.3 or newer", "2.99.99": "3.51.3 or newer",
		"new": "read SQLite's version",
	} {
		err := sqlitestore.CheckVersion(version)
		if (err == nil) != (want == "") || (err != nil && !strings.Contains(err.Error(), want)) {
			t.Errorf("version %q: got %v, want %q", version, err, want)
		}
	}
}

// laterMigrations are those of this program, and one more.
func laterMigrations(t *testing.T, statement string) fs.FS {
	t.Helper()
	files := fstest.MapFS{"99999_later.sql": {Data: []byte("-- +goose Up\n" + statement + ";\n")}}
	names, err := fs.Glob(sqlitestore.Migrations(), "*.sql")
	if err != nil || len(names) == 0 {
		t.Fatalf("migrations: got %q, %v", names, err)
	}
	for _, name := range names {
		data, err := fs.ReadFile(sqlitestore.Migrations(), name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: data}
	}
	return files
}

var backupTime = time.Date(2026, time.July, 4, 5, 6, 7, 89e6, time.UTC)

// openLater opens a file with a program that knows one migration more.
func openLater(t *testing.T, path, statement string) (*sqlitestore.Store, error) {
	t.Helper()
	s, err := sqlitestore.OpenWith(t.Context(), sqlitestore.Options{
		Path: path, Now: func() time.Time { return backupTime },
	}, laterMigrations(t, statement))
	if err == nil {
		t.Cleanup(func() { _ = s.Close() })
	}
	return s, err
}

// backups returns the paths of the backups beside a file.
func backups(t *testing.T, path string) []string {
	t.Helper()
	found, err := filepath.Glob(path + ".*.backup*")
	if err != nil {
		t.Fatal(err)
	}
	return found
}

const addColumn = "ALTER TABLE sessions ADD COLUMN colour TEXT"

func TestBackupBeforeMigrating(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	old := open(t, path)
	create(t, old, newRow(1))
	// The older instance still serves while the newer one migrates.
	s, err := openLater(t, path, addColumn)
	if err != nil {
		t.Fatal(err)
	}
	rotateTo(t, old, 1, 2)
	rotateTo(t, s, 1, 3)
	want := fmt.Sprintf("%s.schema-%d.20260704T050607.089Z.backup", path, old.SchemaVersion())
	if s.Backup() != want || s.SchemaVersion() != 99999 {
		t.Fatalf("got backup %q, schema %d, want %q, 99999", s.Backup(), s.SchemaVersion(), want)
	}
	if info, err := os.Stat(want); err != nil || info.Mode() != 0o600 {
		t.Errorf("backup: got %v, %v, want mode -rw-------", info, err)
	}
	kept := open(t, want)
	if kept.SchemaVersion() != old.SchemaVersion() {
		t.Errorf("schema of the backup: got %d, want %d", kept.SchemaVersion(), old.SchemaVersion())
	}
	rotateTo(t, kept, 1, 2)
}

func TestNoBackupOfNothing(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	s, err := openLater(t, path, addColumn)
	if err != nil {
		t.Fatal(err)
	}
	if got := backups(t, path); s.Backup() != "" || len(got) != 0 {
		t.Errorf("new file: got backup %q and files %q, want none", s.Backup(), got)
	}
}

// TestBackupIsNeverOverwritten has a file with the backup's name there already.
func TestBackupIsNeverOverwritten(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	closeNow(t, path)
	name := fmt.Sprintf("%s.schema-1.20260704T050607.089Z.backup", path)
	writeFile(t, name, "precious")
	_, err := openLater(t, path, addColumn)
	if !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), "nothing was changed") {
		t.Errorf("open: got %v, want %v, and that nothing was changed", err, fs.ErrExist)
	}
	if got := contents(t, name); got != "precious" {
		t.Errorf("backup: got %q, want what was there", got)
	}
	if got := open(t, path).SchemaVersion(); got != 1 {
		t.Errorf("schema: got %d, want 1", got)
	}
}

// TestFailedMigration shows that a migration that fails leaves the file as it was.
func TestFailedMigration(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	s := open(t, path)
	create(t, s, newRow(1))
	_, err := openLater(t, path, addColumn+"; INSERT INTO nowhere VALUES (1)")
	if err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("open: got %v, want an error that names what is wrong", err)
	}
	if got := backups(t, path); len(got) != 1 {
		t.Errorf("backups: got %q, want one", got)
	}
	rotateTo(t, open(t, path), 1, 2)
}

// TestMigrateAtOnce has several newer programs start on an older file.
func TestMigrateAtOnce(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	create(t, open(t, path), newRow(1))
	files := laterMigrations(t, addColumn)
	var all sync.WaitGroup
	for i := range 5 {
		all.Go(func() {
			now := backupTime.Add(time.Duration(i) * time.Second)
			s, err := sqlitestore.OpenWith(t.Context(), sqlitestore.Options{
				Path: path, Now: func() time.Time { return now },
			}, files)
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			if s.SchemaVersion() != 99999 {
				t.Errorf("schema: got %d, want 99999", s.SchemaVersion())
			}
		})
	}
	all.Wait()
	if got := backups(t, path); len(got) == 0 {
		t.Error("no backup was written")
	}
	for _, name := range backups(t, path) {
		if got := open(t, name).SchemaVersion(); got != 1 {
			t.Errorf("schema of %s: got %d, want 1", filepath.Base(name), got)
		}
	}
}
