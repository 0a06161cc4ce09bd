package sqlitestore_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/renewd/renewd/store"
	"github.com/renewd/renewd/store/memstore"
	"github.com/renewd/renewd/store/sqlitestore"
	"github.com/renewd/renewd/store/storetest"
)

// TestModel makes the same random calls to the store and to the reference model,
// and compares every answer. The values are few, so that calls meet.
func TestModel(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files := 0
	rapid.Check(t, func(rt *rapid.T) {
		files++
		s, err := sqlitestore.Open(t.Context(), sqlitestore.Options{Path: filepath.Join(dir, fmt.Sprint(files))})
		if err != nil {
			rt.Fatal(err)
		}
		defer s.Close()
		p := pair{ctx: t.Context(), got: s, want: memstore.New()}
		rt.Repeat(map[string]func(*rapid.T){
			"sessions": p.session, "rotations": p.rotation, "revocations": p.revocation,
			"accounts": p.account, "keys": p.key, "everything": p.compare,
		})
		p.compare(rt)
	})
}

// pair is a store and its model.
type pair struct {
	ctx       context.Context
	got, want storetest.Store
}

// both makes one call to either and compares what it returns.
func (p pair) both(t *rapid.T, call func(s storetest.Store) (any, error)) {
	t.Helper()
	got, gotErr := call(p.got)
	want, wantErr := call(p.want)
	if (gotErr == nil) != (wantErr == nil) || (wantErr != nil && !errors.Is(gotErr, wantErr)) {
		t.Fatalf("got error %v, want %v", gotErr, wantErr)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("answer (-want +got):\n%s", diff)
	}
}

// compare reads everything.
func (p pair) compare(t *rapid.T) {
	p.both(t, func(s storetest.Store) (any, error) {
		return s.ListSessions(p.ctx, store.SessionQuery{Limit: 1000})
	})
	p.both(t, func(s storetest.Store) (any, error) { return s.ListAccounts(p.ctx, "", 1000) })
	p.both(t, func(s storetest.Store) (any, error) { return s.OwedRevocations(p.ctx, 1000) })
	p.both(t, func(s storetest.Store) (any, error) { return s.SigningKeys(p.ctx) })
}

var (
	origin = time.Date(2026, time.May, 1, 0, 0, 0, 0, time.UTC)

	ids        = rapid.Map(rapid.Uint8Range(1, 4), func(n byte) store.SessionID { return store.SessionID{n} })
	subjects   = rapid.SampledFrom([]string{"ada", "Ada", "ada "})
	clients    = rapid.SampledFrom([]string{"web", "Web"})
	modes      = rapid.SampledFrom([]store.Mode{store.ModeCookie, store.ModeBody})
	heads      = rapid.Uint64Range(1, 4)
	epochs     = rapid.Int64Range(0, 3)
	attempts   = rapid.SampledFrom([][]byte{nil, {1}, {2}})
	durations  = rapid.SampledFrom([]time.Duration{time.Millisecond, time.Second, time.Minute, time.Hour})
	reasons    = rapid.SampledFrom([]store.Reason{store.ReasonSignOut, store.ReasonReuse})
	algorithms = rapid.SampledFrom([]string{"ES256", "EdDSA"})
	checks     = rapid.SliceOfN(rapid.SliceOfN(rapid.ByteRange(1, 3), 1, 1), 0, 2)

	// Times are close to each other, and some are the same.
	times = rapid.Custom(func(t *rapid.T) time.Time {
		return origin.Add(time.Duration(rapid.IntRange(-1, 2).Draw(t, "ms"))*time.Millisecond +
			rapid.SampledFrom([]time.Duration{0, time.Second, time.Minute, time.Hour}).Draw(t, "after"))
	})
	timesOrNone = rapid.OneOf(rapid.Just(time.Time{}), times)
)

func drawSession(t *rapid.T) store.Session {
	return store.Session{
		ID: ids.Draw(t, "id"), Subject: subjects.Draw(t, "subject"), ClientID: clients.Draw(t, "client"),
		Mode: modes.Draw(t, "mode"), RotationOff: rapid.Bool().Draw(t, "rotation off"),
		Roles: []string{"a\"b", "ü"}, Epoch: epochs.Draw(t, "epoch"),
		AuthTime: origin, CreatedAt: origin, UsedAt: origin,
		Generation: heads.Draw(t, "generation"), RotatedAt: times.Draw(t, "rotated at"),
		Attempt: attempts.Draw(t, "attempt"), KeyID: rapid.Byte().Draw(t, "key id"),
		IdleTimeout: durations.Draw(t, "idle timeout"), IdleExpiresAt: times.Draw(t, "idle expires at"),
		ExpiresAt: times.Draw(t, "expires at"),
	}
}

func (p pair) session(t *rapid.T) {
	row, id, at := drawSession(t), ids.Draw(t, "other id"), times.Draw(t, "at")
	switch rapid.IntRange(0, 5).Draw(t, "method") {
	case 0, 1, 2:
		p.both(t, func(s storetest.Store) (any, error) { return nil, s.CreateSession(p.ctx, row) })
	case 3:
		p.both(t, func(s storetest.Store) (any, error) { return s.Session(p.ctx, id) })
	case 4:
		p.both(t, func(s storetest.Store) (any, error) { return s.PurgeSessions(p.ctx, at, 1000) })
	case 5:
		q := store.SessionQuery{
			Subject: rapid.OneOf(rapid.Just(""), subjects).Draw(t, "of"), After: id,
			Limit: rapid.IntRange(1, 3).Draw(t, "limit"), LiveAt: timesOrNone.Draw(t, "live at"),
		}
		p.both(t, func(s storetest.Store) (any, error) { return s.ListSessions(p.ctx, q) })
	}
}

// rotation draws what fits the row more often than not.
func (p pair) rotation(t *rapid.T) {
	r := store.Recovery{
		Rotation: store.Rotation{
			ID: ids.Draw(t, "id"), Generation: heads.Draw(t, "generation"), Mode: modes.Draw(t, "mode"),
			ClientID: clients.Draw(t, "client"), Now: times.Draw(t, "now"), RotatedBy: timesOrNone.Draw(t, "rotated by"),
			Attempt: attempts.Draw(t, "attempt"), KeyID: rapid.Byte().Draw(t, "key id"),
		},
		Presented: heads.Draw(t, "presented"),
	}
	if row, err := p.want.Session(p.ctx, r.ID); err == nil && rapid.IntRange(0, 3).Draw(t, "fit") > 0 {
		r.Generation, r.Mode, r.ClientID = row.Generation, row.Mode, row.ClientID
	}
	if rapid.Bool().Draw(t, "recover") {
		p.both(t, func(s storetest.Store) (any, error) { return s.RecoverSession(p.ctx, r) })
		return
	}
	p.both(t, func(s storetest.Store) (any, error) { return s.RotateSession(p.ctx, r.Rotation) })
}

func (p pair) revocation(t *rapid.T) {
	at, reason, id := times.Draw(t, "at"), reasons.Draw(t, "reason"), ids.Draw(t, "id")
	if rapid.Bool().Draw(t, "one") {
		r := store.Revocation{ID: id, Reason: reason, At: at, Generation: rapid.Uint64Range(0, 4).Draw(t, "generation")}
		p.both(t, func(s storetest.Store) (any, error) { return s.RevokeSession(p.ctx, r) })
		return
	}
	r := store.SubjectRevocation{
		Subject: subjects.Draw(t, "subject"), Reason: reason, At: at, Except: id, BelowEpoch: epochs.Draw(t, "epoch"),
	}
	p.both(t, func(s storetest.Store) (any, error) { return s.RevokeSubject(p.ctx, r) })
}

func (p pair) account(t *rapid.T) {
	subject, name, hash := subjects.Draw(t, "subject"), subjects.Draw(t, "name"), reasons.Draw(t, "hash")
	at := times.Draw(t, "at")
	except, debt := ids.Draw(t, "except"), rapid.Int64Range(1, 4).Draw(t, "debt")
	a := store.Account{
		Subject: subject, Name: name, PasswordHash: string(hash), Epoch: 1,
		CreatedAt: at, PasswordChangedAt: at, DisabledAt: timesOrNone.Draw(t, "disabled at"),
	}
	calls := []func(s storetest.Store) (any, error){
		func(s storetest.Store) (any, error) { return nil, s.CreateAccount(p.ctx, a) },
		func(s storetest.Store) (any, error) { return nil, s.CreateFirstAccount(p.ctx, a) },
		func(s storetest.Store) (any, error) { return s.HadAccount(p.ctx) },
		func(s storetest.Store) (any, error) { return s.Account(p.ctx, subject) },
		func(s storetest.Store) (any, error) { return s.AccountByName(p.ctx, name) },
		func(s storetest.Store) (any, error) { return s.ListAccounts(p.ctx, name, 2) },
		func(s storetest.Store) (any, error) {
			return s.SetPassword(p.ctx, subject, string(hash), except, at)
		},
		func(s storetest.Store) (any, error) {
			return nil, s.UpgradePasswordHash(p.ctx, subject, string(hash), "new")
		},
		func(s storetest.Store) (any, error) { return s.DisableAccount(p.ctx, subject, at) },
		func(s storetest.Store) (any, error) { return s.EnableAccount(p.ctx, subject) },
		func(s storetest.Store) (any, error) { return nil, s.DeleteAccount(p.ctx, subject, at) },
		func(s storetest.Store) (any, error) { return nil, s.SettleRevocation(p.ctx, debt) },
	}
	p.both(t, rapid.SampledFrom(calls).Draw(t, "call"))
}

func (p pair) key(t *rapid.T) {
	k := store.SigningKey{
		ID: subjects.Draw(t, "id"), Algorithm: algorithms.Draw(t, "algorithm"),
		Public: []byte{1}, Wrapped: []byte{2}, CreatedAt: origin, ActiveAt: times.Draw(t, "active at"),
		RetiresAt: timesOrNone.Draw(t, "retires at"), RevokedAt: timesOrNone.Draw(t, "revoked at"),
	}
	list := checks.Draw(t, "checks")
	calls := []func(s storetest.Store) (any, error){
		func(s storetest.Store) (any, error) { return nil, s.AddSigningKey(p.ctx, k) },
		func(s storetest.Store) (any, error) { return nil, s.AddFirstSigningKey(p.ctx, k) },
		func(s storetest.Store) (any, error) { return nil, s.EnsureSecretCheck(p.ctx, list) },
	}
	p.both(t, rapid.SampledFrom(calls).Draw(t, "call"))
}
