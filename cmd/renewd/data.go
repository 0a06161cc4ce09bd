package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/renewd/renewd"
	"github.com/renewd/renewd/account"
	"github.com/renewd/renewd/internal/settings"
	"github.com/renewd/renewd/store"
	"github.com/renewd/renewd/store/sqlitestore"
)

// engine is a store for everything.
type engine interface {
	store.Sessions
	store.Accounts
	store.SigningKeys
	io.Closer
}

// openStore opens the store that the settings name, which must be there.
func openStore(ctx context.Context, s *settings.Settings) (engine, error) {
	there, err := exists(storePath(s))
	if err != nil {
		return nil, err
	}
	if !there {
		return nil, fmt.Errorf("no data in %s: start the server there once with `renewd serve`, or name the right directory with --data", filepath.Dir(storePath(s)))
	}
	return connect(ctx, s)
}

// connect opens the store, and makes it if it is not there.
func connect(ctx context.Context, s *settings.Settings) (engine, error) {
	db, err := sqlitestore.Open(ctx, sqlitestore.Options{Path: storePath(s)})
	if err != nil {
		return nil, err
	}
	return db, nil
}

// storePath is the file of the store.
func storePath(s *settings.Settings) string { return sqlitePath(s.Store) }

// embedded reports whether the store is the one in the data directory.
func embedded(s *settings.Settings) bool { return storePath(s) == sqlitePath(s.EmbeddedStore()) }

func sqlitePath(dsn string) string { return absolute(strings.TrimPrefix(dsn, "sqlite:")) }

// prepare makes what the first start of a store needs, and checks that its
// directory takes what every start writes.
func prepare(s *settings.Settings) error {
	dir := filepath.Dir(storePath(s))
	there, err := exists(storePath(s))
	if err != nil {
		return err
	}
	if !there && embedded(s) {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return cannotWrite(dir, err)
		}
	}
	if err := probe(dir); err != nil {
		return err
	}
	if there || !makesSecret(s) {
		return nil
	}
	return makeSecret(s.SecretFile)
}

// probe writes to a directory and removes what it wrote: a directory that is
// full or read-only is noticed before the first request is.
func probe(dir string) error {
	f, err := os.CreateTemp(dir, ".probe-*")
	if err != nil {
		return cannotWrite(dir, err)
	}
	_, err = f.Write(make([]byte, 64<<10))
	err = errors.Join(err, f.Sync(), f.Close(), os.Remove(f.Name()))
	if err != nil {
		return cannotWrite(dir, err)
	}
	return nil
}

func cannotWrite(dir string, err error) error {
	todo := "make it writable for this user, or choose another with --data"
	if errors.Is(err, syscall.ENOSPC) {
		todo = "free some space, or choose another with --data"
	}
	return fmt.Errorf("cannot write to the directory %s: %w: %s", absolute(dir), err, todo)
}

// makesSecret reports whether a missing secret may be made: for the embedded
// store alone, which nobody else shares.
func makesSecret(s *settings.Settings) bool {
	return embedded(s) && s.Secret == "" && s.Source("secret-file").Kind == settings.FromDefault
}

// makeSecret writes a new master secret to a file that only its owner may read,
// and returns when it is on the disk. A secret that is there already stays. The
// file appears with its whole content, so that another process that starts at
// the same time reads the same secret.
func makeSecret(path string) error {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails: crypto/rand ends the program instead
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".secret-*") // mode 0600, O_EXCL
	if err != nil {
		return cannotWrite(dir, err)
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(base64.RawURLEncoding.EncodeToString(raw) + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return cannotWrite(dir, err)
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return cannotWrite(dir, err)
	}
	return syncDirectory(dir)
}

// syncDirectory makes a new name in a directory durable. Some systems cannot,
// and need not.
func syncDirectory(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return cannotWrite(dir, err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, syscall.EINVAL) {
		return cannotWrite(dir, err)
	}
	return nil
}

// secrets returns the master secrets, the current one first.
func secrets(s *settings.Settings) ([][]byte, error) {
	current := []byte(s.Secret)
	if len(current) == 0 {
		var err error
		if current, err = settings.ReadSecret(s.SecretFile); err != nil {
			return nil, noSecret(s, err)
		}
	}
	all := [][]byte{current}
	for _, path := range s.PreviousSecretFiles {
		secret, err := settings.ReadSecret(path)
		if err != nil {
			return nil, fmt.Errorf("previous secret: %w", err)
		}
		all = append(all, secret)
	}
	return all, nil
}

func noSecret(s *settings.Settings, err error) error {
	switch {
	case !errors.Is(err, settings.ErrNoSecret):
		return err
	case s.Source("secret-file").Kind != settings.FromDefault:
		return s.Wrong("secret-file", fmt.Sprintf("names %s, which is not there: put the secret there, or correct the name", s.SecretFile))
	case embedded(s):
		return fmt.Errorf("the secret %s is missing beside its database: restore it from where you keep secrets, or set RENEWD_SECRET; a new one would sign everybody out", absolute(s.SecretFile))
	}
	return errors.New("there is no secret: set RENEWD_SECRET to 32 or more random bytes, or name a file that holds them with --secret-file")
}

// newManager makes the Manager of a store. The current one of the master secrets
// comes first.
func newManager(ctx context.Context, a *app, s *settings.Settings, masters [][]byte, db engine, events renewd.EventRecorder) (*renewd.Manager, error) {
	m, err := renewd.New(ctx, renewd.Config{
		Issuer: s.Issuer, Audience: s.Audience, Sessions: db, SigningKeys: db, Secrets: masters,
		Algorithm: s.Algorithm, Policy: s.Policy, Events: events, Now: a.now,
	})
	if errors.Is(err, store.ErrWrongSecret) {
		return nil, errors.New("the secret is not the one that the store was made with: bring back the former one, or name its file with --previous-secret-file to change it")
	}
	return m, err
}

// newAccounts makes the account service of a store. Sessions are revoked by
// whatever revoker is given.
func newAccounts(a *app, db engine, revoker account.Revoker) (*account.Service, error) {
	return account.New(account.Config{Accounts: db, Sessions: revoker, Now: a.now})
}

func exists(path string) (bool, error) {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("cannot look into the data directory: %w: choose another with --data", err)
	}
	return true, nil
}

func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}
