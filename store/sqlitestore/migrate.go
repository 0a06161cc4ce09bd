package sqlitestore

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/pressly/goose/v3"
	sqlite3 "modernc.org/sqlite/lib"
)

//go:embed migrations/*.sql
var embedded embed.FS

const (
	versionTable = "schema_version"
	// maxRounds bounds how often another process may migrate between our look at
	// the file and our own try.
	maxRounds = 5
)

// migrator brings a file to the newest schema.
type migrator struct {
	db    *sql.DB // the one writing connection
	path  string
	files fs.FS
	now   time.Time // names the backup

	backup string // what was written before migrating
}

func migrations() fs.FS {
	files, err := fs.Sub(embedded, "migrations")
	if err != nil {
		panic(err) // the directory is part of this program
	}
	return files
}

// run migrates and returns the version reached. Another process may do the same
// at the same time: whoever comes second finds the work done and looks again.
func (m *migrator) run(ctx context.Context) (int64, error) {
	provider, err := goose.NewProvider(goose.DialectSQLite3, m.db, m.files,
		goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return 0, fmt.Errorf("read migrations: %w", err)
	}
	var failed error
	for range maxRounds {
		current, target, err := provider.GetVersions(ctx)
		switch {
		case err != nil:
			return 0, fmt.Errorf("read schema version: %w", err)
		case current == target:
			return current, nil
		case current > target:
			return 0, fmt.Errorf("the file has schema %d, and this program knows %d at most: "+
				"start the newer version of renewd again, or put back the backup it made before it migrated", current, target)
		}
		if err := m.backUp(ctx, provider, current); err != nil {
			return 0, err
		}
		if _, failed = provider.Up(ctx); failed != nil && ctx.Err() != nil {
			return 0, ctx.Err()
		}
	}
	return 0, fmt.Errorf("migrate: %w", failed)
}

// backUp writes a copy of the file beside it, unless there is nothing in it yet
// or it was done in an earlier round.
func (m *migrator) backUp(ctx context.Context, provider *goose.Provider, version int64) error {
	if version == 0 || m.backup != "" {
		return nil
	}
	name := fmt.Sprintf("%s.schema-%d.%s.backup", m.path, version, m.now.UTC().Format("20060102T150405.000Z"))
	err := writeBackup(ctx, m.db, name)
	if primaryCode(err) == sqlite3.SQLITE_FULL {
		return fmt.Errorf("no room for a backup of the file before migrating it, nothing was changed: "+
			"free as much as the file is large in %s and start again: %w", filepath.Dir(name), err)
	}
	if err != nil {
		return fmt.Errorf("back up the file before migrating it, nothing was changed: %w", err)
	}
	// Another process may have migrated meanwhile, having made its own backup:
	// then this one is not what its name says.
	if now, err := provider.GetDBVersion(ctx); err != nil || now != version {
		return errors.Join(err, os.Remove(name))
	}
	m.backup = name
	return nil
}

// writeBackup writes a consistent copy of the database to a new file, which only
// its owner may read, and returns when it is on the disk. It leaves no half of it
// behind.
func writeBackup(ctx context.Context, db *sql.DB, name string) (err error) {
	// SQLite would create the file for everybody to read; it takes an empty one.
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, f.Close())
		if err != nil {
			err = errors.Join(err, os.Remove(name))
		}
	}()
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", name); err != nil {
		return err
	}
	return f.Sync()
}
