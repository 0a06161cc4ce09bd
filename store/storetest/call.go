package storetest

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/renewd/renewd/store"
)

// call is one method with arguments that would do something.
type call[S any] struct {
	name string
	do   func(ctx context.Context, s S) error
}

const (
	contextRule = "package store: a context that is done before a method takes effect changes nothing"
	closedRule  = "store.ErrClosed"
)

// checkDone makes every call with a context that is done already.
func checkDone[S any](t T, s S, calls []call[S]) {
	t.Helper()
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	for _, call := range calls {
		for _, ctx := range []context.Context{cancelled, late} {
			if err := call.do(ctx, s); !errors.Is(err, ctx.Err()) {
				t.Errorf("%s: got %v, want %v", call.name, err, ctx.Err())
			}
		}
	}
}

// checkClosed closes a store that can be, and makes every call then.
func checkClosed[S any](t T, s S, calls []call[S]) {
	t.Helper()
	closer, ok := any(s).(io.Closer)
	if !ok {
		return
	}
	for range 2 {
		if err := closer.Close(); err != nil {
			t.Fatalf("close: %v", err)
		}
		for _, call := range calls {
			if err := call.do(t.Context(), s); !errors.Is(err, store.ErrClosed) {
				t.Errorf("%s: got %v, want %v", call.name, err, store.ErrClosed)
			}
		}
	}
}

// sessionCallCases are about calls that must not do anything.
func sessionCallCases() []testCase[sessions] {
	return []testCase[sessions]{
		{
			"a context that is done",
			"With a context that is done, every method returns the context's error and changes nothing.",
			contextRule,
			func(c sessions) {
				row := newSession(1)
				c.have(row)
				checkDone(c, c.Sessions, sessionCalls(row))
				c.wantList(store.SessionQuery{Limit: 10}, row)
				c.rotate(rotationOf(row))
			},
		},
		{
			"use after close",
			"After Close, every method says that the store is closed; closing again is no error.",
			closedRule,
			func(c sessions) {
				row := newSession(1)
				c.have(row)
				checkClosed(c, c.Sessions, sessionCalls(row))
			},
		},
	}
}

// sessionCalls returns a call of each method, for a store that holds row.
func sessionCalls(row store.Session) []call[store.Sessions] {
	return []call[store.Sessions]{
		{"CreateSession", func(ctx context.Context, s store.Sessions) error {
			return s.CreateSession(ctx, newSession(2))
		}},
		{"Session", func(ctx context.Context, s store.Sessions) error {
			_, err := s.Session(ctx, row.ID)
			return err
		}},
		{"RotateSession", func(ctx context.Context, s store.Sessions) error {
			_, err := s.RotateSession(ctx, rotationOf(row))
			return err
		}},
		{"RecoverSession", func(ctx context.Context, s store.Sessions) error {
			_, err := s.RecoverSession(ctx, recoveryOf(row))
			return err
		}},
		{"RevokeSession", func(ctx context.Context, s store.Sessions) error {
			_, err := s.RevokeSession(ctx, store.Revocation{ID: row.ID, Reason: store.ReasonSignOut, At: start})
			return err
		}},
		{"RevokeSubject", func(ctx context.Context, s store.Sessions) error {
			_, err := s.RevokeSubject(ctx, store.SubjectRevocation{Subject: row.Subject, Reason: store.ReasonSignOut, At: start})
			return err
		}},
		{"ListSessions", func(ctx context.Context, s store.Sessions) error {
			_, err := s.ListSessions(ctx, store.SessionQuery{Limit: 1})
			return err
		}},
		{"PurgeSessions", func(ctx context.Context, s store.Sessions) error {
			_, err := s.PurgeSessions(ctx, row.ExpiresAt, 1)
			return err
		}},
		{"Ping", func(ctx context.Context, s store.Sessions) error { return s.Ping(ctx) }},
	}
}
