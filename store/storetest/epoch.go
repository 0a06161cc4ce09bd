package storetest

import (
	"sync/atomic"
	"time"

	"github.com/renewd/renewd/store"
)

// epochCases are about changes that end the sessions of an account.
func epochCases() []testCase[accounts] {
	const source = "store.OwedRevocation"
	at := start.Add(time.Hour)
	return []testCase[accounts]{
		{
			"set a password",
			"A new password raises the epoch, and the revocation of the sessions below it is owed.",
			source,
			func(c accounts) {
				a := newAccount("ada")
				c.have(a, newAccount("bob"))
				got := c.got(c.SetPassword(c.Context(), a.Subject, "$new", store.SessionID{}, at))
				a.PasswordHash, a.PasswordChangedAt, a.Epoch = "$new", at, 2
				c.wantAccount(a, got)
				c.wantAccount(newAccount("bob"))
				c.wantOwed(store.OwedRevocation{Subject: a.Subject, Epoch: 2, Reason: store.ReasonPasswordChanged, At: at})
			},
		},
		{
			"set a password and keep a session",
			"The session that changes the password is named beside the debt, and stays.",
			"store.Accounts.SetPassword",
			func(c accounts) {
				a := newAccount("ada")
				c.have(a)
				except := store.SessionID{15: 7}
				c.got(c.SetPassword(c.Context(), a.Subject, "$new", except, at))
				c.wantOwed(store.OwedRevocation{
					Subject: a.Subject, Epoch: 2, Except: except, Reason: store.ReasonPasswordChanged, At: at,
				})
			},
		},
		{
			"disable an account",
			"Disabling raises the epoch and owes the revocation, once: a disabled account stays as it is.",
			source,
			func(c accounts) {
				a := newAccount("ada")
				c.have(a)
				got := c.got(c.DisableAccount(c.Context(), a.Subject, at))
				a.DisabledAt, a.Epoch = at, 2
				c.wantAccount(a, got)
				c.wantAccount(a, c.got(c.DisableAccount(c.Context(), a.Subject, at.Add(time.Hour))))
				c.wantOwed(store.OwedRevocation{Subject: a.Subject, Epoch: 2, Reason: store.ReasonDisabled, At: at})
			},
		},
		{
			"enable an account",
			"Enabling lets the person in and changes nothing else; what is owed stays owed.",
			"store.Accounts.EnableAccount",
			func(c accounts) {
				a := newAccount("ada")
				c.have(a)
				c.wantAccount(a, c.got(c.EnableAccount(c.Context(), a.Subject)))
				c.got(c.DisableAccount(c.Context(), a.Subject, at))
				a.Epoch = 2
				c.wantAccount(a, c.got(c.EnableAccount(c.Context(), a.Subject)))
				c.wantOwed(store.OwedRevocation{Subject: a.Subject, Epoch: 2, Reason: store.ReasonDisabled, At: at})
			},
		},
		{
			"delete an account",
			"Deleting removes the account, owes the revocation of all its sessions, and frees the name.",
			source,
			func(c accounts) {
				a := newAccount("ada")
				c.have(a, newAccount("bob"))
				if err := c.DeleteAccount(c.Context(), a.Subject, at); err != nil {
					c.Fatalf("delete account: %v", err)
				}
				_, err := c.Account(c.Context(), a.Subject)
				c.wantError("by subject", err, store.ErrNotFound)
				_, err = c.AccountByName(c.Context(), a.Name)
				c.wantError("by name", err, store.ErrNotFound)
				c.wantNames("", 10, "bob")
				c.wantOwed(store.OwedRevocation{Subject: a.Subject, Epoch: 2, Reason: store.ReasonDeleted, At: at})
				again := newAccount("ada")
				again.Subject = "another"
				c.have(again)
				c.wantAccount(again)
			},
		},
		{
			"settle what is owed",
			"Debts are listed oldest first and forgotten one by one; settling twice is no error, and an id is not used again.",
			"store.Accounts.SettleRevocation",
			func(c accounts) {
				a := newAccount("ada")
				c.have(a)
				for range 3 {
					c.got(c.SetPassword(c.Context(), a.Subject, "$new", store.SessionID{}, at))
				}
				before := c.owed()
				for range 2 {
					if err := c.SettleRevocation(c.Context(), before[2].ID); err != nil {
						c.Errorf("settle revocation: %v", err)
					}
				}
				c.got(c.SetPassword(c.Context(), a.Subject, "$new", store.SessionID{}, at))
				owe := store.OwedRevocation{Subject: a.Subject, Reason: store.ReasonPasswordChanged, At: at}
				second, third, fifth := owe, owe, owe
				second.Epoch, third.Epoch, fifth.Epoch = 2, 3, 5
				c.wantOwed(second, third, fifth)
				if got := c.owed()[2].ID; got <= before[2].ID {
					c.Errorf("id after settling: got %d, want more than %d", got, before[2].ID)
				}
				if few, err := c.OwedRevocations(c.Context(), 1); err != nil || len(few) != 1 || few[0].ID != before[0].ID {
					c.Errorf("the oldest: got %+v, %v, want the one with id %d", few, err, before[0].ID)
				}
			},
		},
		{
			"change an account at once",
			"Every change that ends sessions raises the epoch by one, and owes its own revocation.",
			source,
			func(c accounts) {
				a := newAccount("ada")
				c.have(a)
				together(20, func(int) {
					if _, err := c.SetPassword(c.Context(), a.Subject, "$new", store.SessionID{}, at); err != nil {
						c.Errorf("set password: %v", err)
					}
				})
				if got := c.got(c.Account(c.Context(), a.Subject)).Epoch; got != 21 {
					c.Errorf("epoch: got %d, want 21", got)
				}
				for i, o := range c.owed() {
					if o.Epoch != int64(i+2) {
						c.Errorf("epoch of debt %d: got %d, want %d", i, o.Epoch, i+2)
					}
				}
			},
		},
	}
}

// firstAccountCases are about the account that sets a store up.
func firstAccountCases() []testCase[accounts] {
	const source = "store.Accounts.CreateFirstAccount"
	return []testCase[accounts]{
		{
			"the first account",
			"The first account is created when there never was one, and not beside another.",
			source,
			func(c accounts) {
				c.wantHad(false)
				a := newAccount("ada")
				if err := c.CreateFirstAccount(c.Context(), a); err != nil {
					c.Fatalf("create first account: %v", err)
				}
				c.wantHad(true)
				c.wantError("second", c.CreateFirstAccount(c.Context(), newAccount("bob")), store.ErrConflict)
				c.wantError("the same", c.CreateFirstAccount(c.Context(), a), store.ErrConflict)
				c.wantNames("", 10, "ada")
				c.wantAccount(a)
			},
		},
		{
			"no first account after another",
			"A store that held any account has had its first, also when all were deleted since.",
			source,
			func(c accounts) {
				a := newAccount("ada")
				c.have(a)
				if err := c.DeleteAccount(c.Context(), a.Subject, start); err != nil {
					c.Fatalf("delete account: %v", err)
				}
				c.wantHad(true)
				c.wantError("first", c.CreateFirstAccount(c.Context(), newAccount("bob")), store.ErrConflict)
				c.wantNames("", 10)
			},
		},
		{
			"the first account at once",
			"Of any number of first accounts, exactly one is created.",
			source,
			func(c accounts) {
				var created atomic.Int64
				together(10, func(i int) {
					err := c.CreateFirstAccount(c.Context(), newAccount(string(rune('a'+i))))
					if err == nil {
						created.Add(1)
					} else {
						c.wantError("create first account", err, store.ErrConflict)
					}
				})
				if n := created.Load(); n != 1 {
					c.Errorf("created: got %d, want 1", n)
				}
				if found, err := c.ListAccounts(c.Context(), "", 100); err != nil || len(found) != 1 {
					c.Errorf("accounts: got %d, %v, want 1, nil", len(found), err)
				}
			},
		},
	}
}

func (c accounts) wantHad(want bool) {
	c.Helper()
	if had, err := c.HadAccount(c.Context()); err != nil || had != want {
		c.Errorf("had an account: got %v, %v, want %v, nil", had, err, want)
	}
}
