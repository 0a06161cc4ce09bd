package storetest

import (
	"context"

	"github.com/renewd/renewd/store"
)

func accountCallCases() []testCase[accounts] {
	plain := func(subject string) []call[store.Accounts] {
		var calls []call[store.Accounts]
		for _, call := range accountCalls(subject) {
			calls = append(calls, call.call)
		}
		return calls
	}
	return []testCase[accounts]{
		{
			"an account call with a context that is done",
			"With a context that is done, every method returns the context's error and changes nothing.",
			contextRule,
			func(c accounts) {
				checkDone(c, c.Accounts, plain("subject-of-ada"))
				c.wantHad(false)
				a := newAccount("ada")
				c.have(a)
				checkDone(c, c.Accounts, plain(a.Subject))
				c.wantAccount(a)
				c.wantNames("", 10, "ada")
				c.wantOwed()
			},
		},
		{
			"an account call after close",
			"After Close, every method says that the store is closed.",
			closedRule,
			func(c accounts) {
				c.have(newAccount("ada"))
				checkClosed(c, c.Accounts, plain("subject-of-ada"))
			},
		},
	}
}

// accountCall is a call, and what it returns where there is no such account.
type accountCall struct {
	call[store.Accounts]
	missing error
}

// accountCalls returns a call of each method, for the account with a subject.
func accountCalls(subject string) []accountCall {
	type made = call[store.Accounts]
	second := func(_ any, err error) error { return err }
	return []accountCall{
		{made{"Account", func(ctx context.Context, s store.Accounts) error { return second(s.Account(ctx, subject)) }}, store.ErrNotFound},
		{made{"AccountByName", func(ctx context.Context, s store.Accounts) error {
			return second(s.AccountByName(ctx, subject))
		}}, store.ErrNotFound},
		{made{"SetPassword", func(ctx context.Context, s store.Accounts) error {
			return second(s.SetPassword(ctx, subject, "$new", store.SessionID{}, start))
		}}, store.ErrNotFound},
		{made{"UpgradePasswordHash", func(ctx context.Context, s store.Accounts) error {
			return s.UpgradePasswordHash(ctx, subject, newAccount("ada").PasswordHash, "$new")
		}}, store.ErrConflict},
		{made{"DisableAccount", func(ctx context.Context, s store.Accounts) error {
			return second(s.DisableAccount(ctx, subject, start))
		}}, store.ErrNotFound},
		{made{"EnableAccount", func(ctx context.Context, s store.Accounts) error {
			return second(s.EnableAccount(ctx, subject))
		}}, store.ErrNotFound},
		{made{"DeleteAccount", func(ctx context.Context, s store.Accounts) error {
			return s.DeleteAccount(ctx, subject, start)
		}}, store.ErrNotFound},
		{made{"CreateAccount", func(ctx context.Context, s store.Accounts) error { return s.CreateAccount(ctx, newAccount("new")) }}, nil},
		{made{"CreateFirstAccount", func(ctx context.Context, s store.Accounts) error {
			return s.CreateFirstAccount(ctx, newAccount("first"))
		}}, nil},
		{made{"HadAccount", func(ctx context.Context, s store.Accounts) error { return second(s.HadAccount(ctx)) }}, nil},
		{made{"ListAccounts", func(ctx context.Context, s store.Accounts) error { return second(s.ListAccounts(ctx, "", 10)) }}, nil},
		{made{"OwedRevocations", func(ctx context.Context, s store.Accounts) error { return second(s.OwedRevocations(ctx, 10)) }}, nil},
		{made{"SettleRevocation", func(ctx context.Context, s store.Accounts) error { return s.SettleRevocation(ctx, 1) }}, nil},
	}
}
