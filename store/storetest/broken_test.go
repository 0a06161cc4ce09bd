package storetest

import (
	"context"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/renewd/renewd/store"
	"github.com/renewd/renewd/store/memstore"
)

// recorder stands in for *testing.T, and keeps what a case reports.
type recorder struct {
	*testing.T
	mu       sync.Mutex
	failures []string
}

func (r *recorder) Errorf(format string, _ ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, format)
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

// failuresOf runs one case, by its name, and returns what it reported.
func failuresOf[F any](t *testing.T, cases []testCase[F], name string, fixture func(T) F) []string {
	t.Helper()
	for _, c := range cases {
		if c.name != name {
			continue
		}
		r := &recorder{T: t}
		done := make(chan struct{})
		go func() { // Fatalf ends the goroutine it is called from
			defer close(done)
			c.check(fixture(r))
		}()
		<-done
		return r.failures
	}
	t.Fatalf("no case is named %q", name)
	return nil
}

// TestBrokenSessions shows that the suite can fail: each store breaks one promise,
// and the case named beside it must notice. The same case must accept a store that
// is whole.
func TestBrokenSessions(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		broken string
		fails  string
		store  func() store.Sessions
	}{
		{"loses an update", "one head and 100 callers", func() store.Sessions { return &losesUpdate{whole: whole{newWhole()}} }},
		{"rotates whatever the head", "rotate refuses an old head", func() store.Sessions { return anyHead{newWhole()} }},
		{"ignores letter case of clients", "clients are told apart", func() store.Sessions { return foldsClients{newWhole()} }},
		{"ignores letter case of subjects", "subjects are told apart", func() store.Sessions { return foldsSubjects{newWhole()} }},
		{"forgets to revoke", "revoke stops rotation", func() store.Sessions { return forgetsToRevoke{newWhole()} }},
		{"forgets to revoke a subject", "revoke a subject", func() store.Sessions { return forgetsToRevoke{newWhole()} }},
		{"forgets why it revoked", "revoke twice keeps the first", func() store.Sessions { return revokesAgain{whole{newWhole()}} }},
		{"revokes whatever the head", "revoke with a required head", func() store.Sessions { return revokesAnyHead{newWhole()} }},
		{"revokes the exception too", "revoke a subject except one session", func() store.Sessions { return noExceptions{newWhole()} }},
		{"revokes later sign-ins too", "revoke a subject below an epoch", func() store.Sessions { return noExceptions{newWhole()} }},
		{"revives a revoked session on a race", "revoke races rotate", func() store.Sessions { return &revives{whole: whole{newWhole()}} }},
		{"slides the interval", "rotate with rotation off", func() store.Sessions { return slidesInterval{whole{newWhole()}} }},
		{"ignores the interval", "rotate refuses a head too young", func() store.Sessions { return ignoresInterval{newWhole()} }},
		{"extends past the absolute expiry", "rotate never passes the absolute expiry", func() store.Sessions {
			return altersRotation{whole{newWhole()}, func(_, after *store.Session, r store.Rotation) {
				after.IdleExpiresAt = r.Now.Add(after.IdleTimeout)
			}}
		}},
		{"moves the absolute expiry", "rotate moves the head", func() store.Sessions {
			return altersRotation{whole{newWhole()}, func(_, after *store.Session, r store.Rotation) {
				after.ExpiresAt = r.Now.Add(absoluteTimeout)
			}}
		}},
		{"keeps an equal attempt", "rotate keeps an equal attempt as nothing", func() store.Sessions {
			return altersRotation{whole{newWhole()}, func(_, after *store.Session, r store.Rotation) {
				after.Attempt = r.Attempt
			}}
		}},
		{"keeps an old attempt", "rotate keeps no attempt when there is none", func() store.Sessions {
			return altersRotation{whole{newWhole()}, func(before, after *store.Session, r store.Rotation) {
				if r.Attempt == nil {
					after.Attempt = before.Attempt
				}
			}}
		}},
		{"leaves the idle expiry", "rotate moves the head", func() store.Sessions {
			return altersRotation{whole{newWhole()}, func(before, after *store.Session, _ store.Rotation) {
				after.IdleExpiresAt = before.IdleExpiresAt
			}}
		}},
		{"answers with the row before", "rotate moves the head", func() store.Sessions { return answersBefore{newWhole()} }},
		{"works on a context that is done", "a context that is done", func() store.Sessions { return deafToContext{newWhole()} }},
		{"works after close", "use after close", func() store.Sessions { return neverCloses{newWhole()} }},
		{"cuts milliseconds", "create to the millisecond", func() store.Sessions { return cutsTimes{newWhole()} }},
		{"cuts at a NUL byte", "a NUL byte cuts nothing", func() store.Sessions { return cutsSubjects{newWhole()} }},
		{"purges too early", "purge from the moment of expiry", func() store.Sessions { return purgesEarly{newWhole()} }},
		{"purges without bound", "purge in bounded steps", func() store.Sessions { return purgesAll{newWhole()} }},
		{"lists what is over", "list what is live", func() store.Sessions { return listsAll{newWhole()} }},
	} {
		t.Run(tt.broken, func(t *testing.T) {
			t.Parallel()
			run := func(s store.Sessions) []string {
				return failuresOf(t, sessionCases(), tt.fails, func(r T) sessions { return sessions{r, s} })
			}
			if got := run(tt.store()); len(got) == 0 {
				t.Errorf("case %q accepts a store that %s", tt.fails, tt.broken)
			}
			if got := run(newWhole()); len(got) > 0 {
				t.Errorf("case %q refuses a store that is whole: %s", tt.fails, strings.Join(got, "; "))
			}
		})
	}
}

// newWhole returns a store that keeps every promise.
func newWhole() *memstore.Store { return memstore.New() }

// whole adds to a store what the broken ones need: to overwrite a row as it is.
type whole struct{ *memstore.Store }

func (s whole) put(ctx context.Context, row store.Session) {
	rows, _ := s.ListSessions(ctx, store.SessionQuery{Limit: 1000})
	_, _ = s.PurgeSessions(ctx, start.AddDate(1000, 0, 0), 1000)
	for _, other := range rows {
		if other.ID == row.ID {
			other = row
		}
		_ = s.CreateSession(ctx, other)
	}
}

// losesUpdate reads, decides and writes in three steps, with room for another
// caller in between.
type losesUpdate struct {
	whole
	mu sync.Mutex
}

func (s *losesUpdate) RotateSession(ctx context.Context, r store.Rotation) (store.Session, error) {
	row, err := s.Session(ctx, r.ID)
	if err != nil || !r.Applies(row) {
		return row, store.ErrConflict
	}
	for range 100 {
		runtime.Gosched()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	row = r.Apply(row)
	s.put(ctx, row)
	return row, nil
}

func (s *losesUpdate) Session(ctx context.Context, id store.SessionID) (store.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Store.Session(ctx, id)
}

type anyHead struct{ *memstore.Store }

func (s anyHead) RotateSession(ctx context.Context, r store.Rotation) (store.Session, error) {
	if row, err := s.Session(ctx, r.ID); err == nil {
		r.Generation = row.Generation
	}
	return s.Store.RotateSession(ctx, r)
}

type foldsClients struct{ *memstore.Store }

func (s foldsClients) RotateSession(ctx context.Context, r store.Rotation) (store.Session, error) {
	if row, err := s.Session(ctx, r.ID); err == nil && strings.EqualFold(row.ClientID, r.ClientID) {
		r.ClientID = row.ClientID
	}
	return s.Store.RotateSession(ctx, r)
}

type foldsSubjects struct{ *memstore.Store }

func (s foldsSubjects) ListSessions(ctx context.Context, q store.SessionQuery) ([]store.Session, error) {
	rows, err := s.Store.ListSessions(ctx, store.SessionQuery{After: q.After, Limit: 1000, LiveAt: q.LiveAt})
	var found []store.Session
	for _, row := range rows {
		if q.Subject == "" || strings.EqualFold(row.Subject, q.Subject) {
			found = append(found, row)
		}
	}
	return found[:min(q.Limit, len(found))], err
}

type forgetsToRevoke struct{ *memstore.Store }

func (s forgetsToRevoke) RevokeSession(context.Context, store.Revocation) (bool, error) {
	return true, nil
}

func (s forgetsToRevoke) RevokeSubject(_ context.Context, r store.SubjectRevocation) (int, error) {
	return 2, nil
}

type revokesAgain struct{ whole }

func (s revokesAgain) RevokeSession(ctx context.Context, r store.Revocation) (bool, error) {
	done, err := s.Store.RevokeSession(ctx, r)
	if row, found := s.Session(ctx, r.ID); found == nil {
		row.RevokedAt, row.RevokeReason = r.At, r.Reason
		s.put(ctx, row)
	}
	return done, err
}

type revokesAnyHead struct{ *memstore.Store }

func (s revokesAnyHead) RevokeSession(ctx context.Context, r store.Revocation) (bool, error) {
	r.Generation = 0
	return s.Store.RevokeSession(ctx, r)
}

type noExceptions struct{ *memstore.Store }

func (s noExceptions) RevokeSubject(ctx context.Context, r store.SubjectRevocation) (int, error) {
	r.Except, r.BelowEpoch = store.SessionID{}, 0
	return s.Store.RevokeSubject(ctx, r)
}

// revives compares the head and writes the row as it was read, so that a
// revocation in between is undone.
type revives struct {
	whole
	mu sync.Mutex
}

func (s *revives) RotateSession(ctx context.Context, r store.Rotation) (store.Session, error) {
	read, err := s.Session(ctx, r.ID)
	if err != nil || !r.Applies(read) {
		return read, store.ErrConflict
	}
	runtime.Gosched()
	s.mu.Lock()
	defer s.mu.Unlock()
	if now, err := s.Store.Session(ctx, r.ID); err != nil || now.Generation != r.Generation {
		return now, store.ErrConflict
	}
	row := r.Apply(read)
	s.put(ctx, row)
	return row, nil
}

func (s *revives) Session(ctx context.Context, id store.SessionID) (store.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Store.Session(ctx, id)
}

func (s *revives) RevokeSession(ctx context.Context, r store.Revocation) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Store.RevokeSession(ctx, r)
}

// slidesInterval moves the time of the last rotation with every use.
type slidesInterval struct{ whole }

func (s slidesInterval) RotateSession(ctx context.Context, r store.Rotation) (store.Session, error) {
	row, err := s.Store.RotateSession(ctx, r)
	if err == nil {
		row.RotatedAt = r.Now
		s.put(ctx, row)
	}
	return row, err
}

type ignoresInterval struct{ *memstore.Store }

func (s ignoresInterval) RotateSession(ctx context.Context, r store.Rotation) (store.Session, error) {
	r.RotatedBy = time.Time{}
	return s.Store.RotateSession(ctx, r)
}

// altersRotation leaves another row behind than a rotation should.
type altersRotation struct {
	whole
	alter func(before, after *store.Session, r store.Rotation)
}

func (s altersRotation) RotateSession(ctx context.Context, r store.Rotation) (store.Session, error) {
	before, _ := s.Session(ctx, r.ID)
	after, err := s.Store.RotateSession(ctx, r)
	if err == nil {
		s.alter(&before, &after, r)
		s.put(ctx, after)
	}
	return after, err
}

type answersBefore struct{ *memstore.Store }

func (s answersBefore) RotateSession(ctx context.Context, r store.Rotation) (store.Session, error) {
	before, _ := s.Session(ctx, r.ID)
	_, err := s.Store.RotateSession(ctx, r)
	return before, err
}

// deafToContext returns the context's error, having done the work.
type deafToContext struct{ *memstore.Store }

func (s deafToContext) RotateSession(ctx context.Context, r store.Rotation) (store.Session, error) {
	row, err := s.Store.RotateSession(context.WithoutCancel(ctx), r)
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return row, err
}

type neverCloses struct{ *memstore.Store }

func (s neverCloses) Close() error { return nil }

type cutsTimes struct{ *memstore.Store }

func (s cutsTimes) CreateSession(ctx context.Context, row store.Session) error {
	row.RotatedAt = row.RotatedAt.Truncate(time.Second)
	return s.Store.CreateSession(ctx, row)
}

type cutsSubjects struct{ *memstore.Store }

func (s cutsSubjects) CreateSession(ctx context.Context, row store.Session) error {
	row.Subject, _, _ = strings.Cut(row.Subject, "\x00")
	return s.Store.CreateSession(ctx, row)
}

type purgesEarly struct{ *memstore.Store }

func (s purgesEarly) PurgeSessions(ctx context.Context, expiredBy time.Time, limit int) (int, error) {
	return s.Store.PurgeSessions(ctx, expiredBy.Add(tick), limit)
}

type purgesAll struct{ *memstore.Store }

func (s purgesAll) PurgeSessions(ctx context.Context, expiredBy time.Time, _ int) (int, error) {
	return s.Store.PurgeSessions(ctx, expiredBy, 1000)
}

type listsAll struct{ *memstore.Store }

func (s listsAll) ListSessions(ctx context.Context, q store.SessionQuery) ([]store.Session, error) {
	q.LiveAt = time.Time{}
	return s.Store.ListSessions(ctx, q)
}
