package storetest

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/renewd/renewd/store"
)

// accounts is what a case for accounts works with.
type accounts struct {
	T
	store.Accounts
}

// newAccount returns an account with a name and a subject of its own. Every field
// is set that can be while it is enabled.
func newAccount(name string) store.Account {
	return store.Account{
		Subject: "subject-of-" + name, Name: name, PasswordHash: "$argon2id$hash-of-" + name,
		Roles: []string{"admin", "auditor"}, Epoch: 1,
		CreatedAt: start, PasswordChangedAt: start.Add(tick),
	}
}

// have creates accounts.
func (c accounts) have(rows ...store.Account) {
	c.Helper()
	for _, a := range rows {
		if err := c.CreateAccount(c.Context(), a); err != nil {
			c.Fatalf("create account %q: %v", a.Name, err)
		}
	}
}

// got passes on the account that a call returned, which must have succeeded.
func (c accounts) got(a store.Account, err error) store.Account {
	c.Helper()
	if err != nil {
		c.Fatalf("got %v, want nil", err)
	}
	return a
}

// wantAccount checks that the store holds want, by subject and by name, and that
// what a call returned, if there is any, is the same.
func (c accounts) wantAccount(want store.Account, returned ...store.Account) {
	c.Helper()
	bySubject := c.got(c.Account(c.Context(), want.Subject))
	byName := c.got(c.AccountByName(c.Context(), want.Name))
	for _, got := range append(returned, bySubject, byName) {
		wantSame(c, got, want)
	}
}

// wantError checks the error of a call.
func (c accounts) wantError(what string, err, want error) {
	c.Helper()
	if !errors.Is(err, want) {
		c.Errorf("%s: got %v, want %v", what, err, want)
	}
}

// wantNames checks which accounts a list shows, in their order.
func (c accounts) wantNames(after string, limit int, want ...string) {
	c.Helper()
	found, err := c.ListAccounts(c.Context(), after, limit)
	if err != nil {
		c.Fatalf("list accounts: %v", err)
	}
	var got []string
	for _, a := range found {
		got = append(got, a.Name)
		wantSame(c, a, c.got(c.Account(c.Context(), a.Subject)))
	}
	if !slices.Equal(got, want) {
		c.Errorf("list after %q: got %q, want %q", after, got, want)
	}
}

// owed returns what is owed.
func (c accounts) owed() []store.OwedRevocation {
	c.Helper()
	owed, err := c.OwedRevocations(c.Context(), 100)
	if err != nil {
		c.Fatalf("owed revocations: %v", err)
	}
	return owed
}

// wantOwed checks what is owed, ids aside, which must rise.
func (c accounts) wantOwed(want ...store.OwedRevocation) {
	c.Helper()
	got := c.owed()
	if len(got) != len(want) {
		c.Errorf("owed: got %+v, want %+v", got, want)
		return
	}
	var last int64
	for i, o := range got {
		if o.ID <= last {
			c.Errorf("id of debt %d: got %d, want more than %d", i, o.ID, last)
		}
		last, o.ID = o.ID, 0
		wantSame(c, o, want[i])
	}
}

// accountCases returns every promise about accounts.
func accountCases() []testCase[accounts] {
	return slices.Concat(accountRecordCases(), epochCases(), firstAccountCases(), accountCallCases())
}

func accountRecordCases() []testCase[accounts] {
	return []testCase[accounts]{
		{
			"create and read an account",
			"An account is read as it was created, by its subject and by its name.",
			"store.Accounts.CreateAccount",
			func(c accounts) {
				a, b := newAccount("ada"), newAccount("bob")
				b.Roles, b.DisabledAt = nil, start.Add(time.Hour)
				c.have(a, b)
				c.wantAccount(a)
				c.wantAccount(b)
				c.wantOwed()
			},
		},
		{
			"create an account twice",
			"A name or a subject that is taken is refused, and the first account stays as it was.",
			"store.Accounts.CreateAccount",
			func(c accounts) {
				a := newAccount("ada")
				c.have(a)
				sameName, sameSubject := newAccount("ada"), newAccount("bob")
				sameName.Subject, sameName.PasswordHash = "other", "$other"
				sameSubject.Subject = a.Subject
				c.wantError("same name", c.CreateAccount(c.Context(), sameName), store.ErrExists)
				c.wantError("same subject", c.CreateAccount(c.Context(), sameSubject), store.ErrExists)
				c.wantAccount(a)
				c.wantNames("", 10, "ada")
			},
		},
		{
			"accounts not found",
			"Every method that names an account says so when there is none, and owes nothing.",
			"store.Accounts",
			func(c accounts) {
				c.have(newAccount("ada"))
				for _, call := range accountCalls("nobody") {
					if call.missing != nil {
						c.wantError(call.name, call.do(c.Context(), c.Accounts), call.missing)
					}
				}
				c.wantAccount(newAccount("ada"))
				c.wantOwed()
			},
		},
		{
			"names are told apart",
			"Names and subjects that look alike are different, and names are listed in the order of their bytes.",
			byteForByte,
			func(c accounts) {
				for _, name := range lookAlikes {
					c.have(newAccount(name))
				}
				for _, name := range lookAlikes {
					c.wantAccount(newAccount(name))
				}
				c.wantNames("", 1000, slices.Sorted(slices.Values(lookAlikes))...)
				for _, name := range lookAlikes {
					if err := c.DeleteAccount(c.Context(), newAccount(name).Subject, start); err != nil {
						c.Errorf("delete account %q: %v", name, err)
					}
				}
				c.wantNames("", 1000)
			},
		},
		{
			"list accounts in pages",
			"Pages that start after the last name of the one before show every account once.",
			"store.Accounts.ListAccounts",
			func(c accounts) {
				names := strings.Split("abcdefg", "")
				for _, name := range names {
					c.have(newAccount(name))
				}
				after := ""
				for page := range slices.Chunk(names, 3) {
					c.wantNames(after, 3, page...)
					after = page[len(page)-1]
				}
				c.wantNames(after, 3)
			},
		},
		{
			"accounts share no memory",
			"What a caller does to an account it passed or got changes nothing in the store.",
			"store.Account.Clone",
			func(c accounts) {
				a := newAccount("ada")
				c.have(a)
				clear(a.Roles)
				clear(c.got(c.Account(c.Context(), a.Subject)).Roles)
				clear(c.got(c.AccountByName(c.Context(), a.Name)).Roles)
				clear(c.got(c.EnableAccount(c.Context(), a.Subject)).Roles)
				c.wantAccount(newAccount("ada"))
			},
		},
		{
			"upgrade a password hash",
			"A hash is replaced only if it is the one the caller saw; nothing else changes and nothing is owed.",
			"store.Accounts.UpgradePasswordHash",
			func(c accounts) {
				a := newAccount("ada")
				c.have(a, newAccount("bob"))
				c.wantError("another hash", c.UpgradePasswordHash(c.Context(), a.Subject, "$other", "$new"), store.ErrConflict)
				c.wantAccount(a)
				if err := c.UpgradePasswordHash(c.Context(), a.Subject, a.PasswordHash, "$new"); err != nil {
					c.Errorf("upgrade password hash: %v", err)
				}
				c.wantError("the hash before", c.UpgradePasswordHash(c.Context(), a.Subject, a.PasswordHash, "$newer"), store.ErrConflict)
				a.PasswordHash = "$new"
				c.wantAccount(a)
				c.wantAccount(newAccount("bob"))
				c.wantOwed()
			},
		},
	}
}
