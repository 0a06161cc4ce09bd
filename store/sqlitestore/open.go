package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	_ "modernc.org/sqlite" // registers the driver "sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

const (
	applicationID = 1919842148 // "rnwd", set by the first migration

	busyTimeoutMs    = 5000
	journalSizeLimit = 16 << 20 // bytes that the WAL keeps after a burst
	maxReaders       = 4
)

// oldestEngine is the first SQLite without the bug that could corrupt a database
// whose WAL was reset while a checkpoint ran.
var oldestEngine = []int{3, 51, 3}

// Options says which file to open.
type Options struct {
	// Path is the file. It is created, for its owner only, in a directory that
	// must exist. SQLite keeps two more files beside it.
	Path string
	// Now names the backup that is written before a migration; nil is time.Now.
	Now func() time.Time
}

// Open opens the file and brings it to the newest schema. If it holds data of an
// older schema, a backup is written beside it first: [Store.Backup]. Several
// processes may open one file at once.
//
// It fails, having changed nothing, when the file cannot be read and written,
// when it is not a database or that of another program, when a newer version of
// renewd wrote it, or when there is no room for the backup. The error says what
// to do.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	s, err := open(ctx, o, migrations())
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", o.Path, err)
	}
	return s, nil
}

func open(ctx context.Context, o Options, files fs.FS) (*Store, error) {
	path, err := filepath.Abs(o.Path)
	if err != nil {
		return nil, err
	}
	if err := createFile(path); err != nil {
		return nil, err
	}
	s := &Store{writer: &writer{db: connect(path, 1)}, readers: connect(path, maxReaders, "query_only(1)")}
	s.reads = &statements{on: s.readers}
	s.queue = newQueue(s.writer.commit)
	m := migrator{db: s.writer.db, path: path, files: files, now: o.Now()}
	if s.schema, err = s.start(ctx, &m); err != nil {
		return nil, errors.Join(explain(err), s.Close())
	}
	s.backup = m.backup
	return s, nil
}

// createFile creates the database file with the mode that SQLite gives to the
// files beside it too.
func createFile(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return checkPrivate(path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the directory %s does not exist: create it first", filepath.Dir(path))
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// checkPrivate refuses a file that others than its owner may read: there are
// password hashes in it. SQLite gives its mode to the files beside it.
func checkPrivate(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("it is a link to a file that does not exist: create that file first, with mode 0600")
	}
	if err != nil {
		return err
	}
	const hasPermissions = runtime.GOOS != "windows"
	if hasPermissions && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("others may read the file: run chmod 600 %s", path)
	}
	return nil
}

// connect returns a pool of at most n connections. It opens none yet.
func connect(path string, n int, pragmas ...string) *sql.DB {
	values := url.Values{"_txlock": {"immediate"}, "_dqs": {"0"}, "_pragma": append(pragmas,
		fmt.Sprintf("busy_timeout(%d)", busyTimeoutMs),
		fmt.Sprintf("journal_size_limit(%d)", journalSizeLimit),
		"synchronous(FULL)",
		"foreign_keys(1)",
		"trusted_schema(0)",
	)}
	db, err := sql.Open("sqlite", "file:"+url.PathEscape(path)+"?"+values.Encode())
	if err != nil {
		panic(err) // the driver is linked in, and reads the name later
	}
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	return db
}

// start checks the engine and the file, migrates, and checks that both kinds of
// connection are set up as the rest relies on.
func (s *Store) start(ctx context.Context, m *migrator) (int64, error) {
	if err := checkEngine(ctx, m.db); err != nil {
		return 0, err
	}
	if err := checkOwner(ctx, m.db); err != nil {
		return 0, err
	}
	if err := useWAL(ctx, m.db); err != nil {
		return 0, err
	}
	version, err := m.run(ctx)
	if err != nil {
		return 0, err
	}
	err = errors.Join(checkPragmas(ctx, m.db, writerPragmas), checkPragmas(ctx, s.readers, readerPragmas))
	if err != nil {
		return 0, err
	}
	// SQLite opens what it cannot write for reading, without a word.
	return version, s.Ping(ctx)
}

var (
	writerPragmas = map[string]string{
		"journal_mode":       "wal",
		"synchronous":        "2", // FULL
		"foreign_keys":       "1",
		"busy_timeout":       fmt.Sprint(busyTimeoutMs),
		"journal_size_limit": fmt.Sprint(journalSizeLimit),
		"query_only":         "0",
	}
	readerPragmas = map[string]string{
		"query_only":   "1",
		"busy_timeout": fmt.Sprint(busyTimeoutMs),
	}
)

func checkEngine(ctx context.Context, db *sql.DB) error {
	var version string
	if err := db.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version); err != nil {
		return err
	}
	return checkVersion(version)
}

func checkVersion(version string) error {
	found := make([]int, len(oldestEngine))
	if _, err := fmt.Sscanf(version, "%d.%d.%d", &found[0], &found[1], &found[2]); err != nil {
		return fmt.Errorf("read SQLite's version %q: %w", version, err)
	}
	if slices.Compare(found, oldestEngine) < 0 {
		return fmt.Errorf("SQLite %s can corrupt a database in WAL mode: build renewd with %s or newer",
			version, strings.Trim(strings.ReplaceAll(fmt.Sprint(oldestEngine), " ", "."), "[]"))
	}
	return nil
}

// checkOwner refuses the database of another program before anything is changed.
func checkOwner(ctx context.Context, db *sql.DB) error {
	var id, objects int64
	err := db.QueryRowContext(ctx, `SELECT (SELECT application_id FROM pragma_application_id), (SELECT COUNT(*)
		FROM sqlite_schema WHERE name <> ? AND name NOT LIKE 'sqlite~_%' ESCAPE '~')`, versionTable).Scan(&id, &objects)
	if err != nil {
		return err
	}
	if id != applicationID && (id != 0 || objects > 0) {
		return errors.New("the file is the database of another program: choose another path")
	}
	return nil
}

// useWAL switches the file to WAL mode. SQLite does not wait for a lock there, so
// it is tried again while another process does the same.
func useWAL(ctx context.Context, db *sql.DB) error {
	const pause = 20 * time.Millisecond
	for tries := busyTimeoutMs / pause.Milliseconds(); ; tries-- {
		var mode string
		err := db.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode)
		if primaryCode(err) != sqlite3.SQLITE_BUSY || tries == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// checkPragmas compares settings with what a connection says it has: SQLite
// ignores what it does not understand or cannot do.
func checkPragmas(ctx context.Context, db *sql.DB, want map[string]string) error {
	for name, value := range want {
		var got string
		if err := db.QueryRowContext(ctx, "PRAGMA "+name).Scan(&got); err != nil {
			return fmt.Errorf("read setting %s: %w", name, err)
		}
		if got != value {
			return fmt.Errorf("SQLite has %s = %s where it must be %s", name, got, value)
		}
	}
	return nil
}

// explain adds to an engine's error what can be done about it.
func explain(err error) error {
	advice := map[int]string{
		sqlite3.SQLITE_NOTADB:   "the file is not a SQLite database: choose another path, or put back a backup",
		sqlite3.SQLITE_CORRUPT:  "the file is damaged: put back a backup",
		sqlite3.SQLITE_READONLY: "the file or its directory cannot be written: change its owner or mode",
		sqlite3.SQLITE_CANTOPEN: "the file or its directory cannot be opened for writing: change its owner or mode",
		sqlite3.SQLITE_FULL:     "the disk is full: free some space",
		sqlite3.SQLITE_BUSY:     "another process keeps the file locked: wait for it, or end it",
	}
	if text, ok := advice[primaryCode(err)]; ok {
		return fmt.Errorf("%s: %w", text, err)
	}
	return err
}
