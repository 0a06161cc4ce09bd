package storetest

import (
	"errors"

	"github.com/renewd/renewd/store"
)

// reopening is what a case for durable engines works with.
type reopening struct {
	T
	Store
	reopen func() Store
}

// again returns the same, on a store opened again.
func (c reopening) again() reopening {
	c.Helper()
	c.Store = c.reopen()
	return c
}

const durable = "package store: a write that returned nil is durable"

// reopenCases returns every promise about what outlives a store.
func reopenCases() []testCase[reopening] {
	return []testCase[reopening]{
		{
			"sessions outlive the store",
			"Every kind of write to sessions is found when the store is opened again, and nothing else.",
			durable,
			func(c reopening) {
				before := sessions{c, c.Store}
				created, rotated, revoked, purged := newSession(1), newSession(2), newSession(3), newSession(4)
				purged.ExpiresAt = start
				before.have(created, rotated, revoked, purged)
				r := rotationOf(rotated)
				before.rotate(r)
				before.revoke(store.Revocation{ID: revoked.ID, Reason: store.ReasonReuse, At: start}, true)
				before.purge(start, 10)
				rotated = r.Apply(rotated)
				revoked.RevokedAt, revoked.RevokeReason = start, store.ReasonReuse
				for range 2 {
					c = c.again()
					sessions{c, c.Store}.wantList(store.SessionQuery{Limit: 10}, created, rotated, revoked)
				}
			},
		},
		{
			"accounts outlive the store",
			"Accounts, what they owe, and that there were any, are found when the store is opened again.",
			durable,
			func(c reopening) {
				before := accounts{c, c.Store}
				a, b := newAccount("ada"), newAccount("bob")
				before.have(a, b)
				a = before.got(before.SetPassword(c.Context(), a.Subject, "$new", store.SessionID{}, start))
				if err := before.DeleteAccount(c.Context(), b.Subject, start); err != nil {
					c.Fatalf("delete account: %v", err)
				}
				owed := before.owed()
				c = c.again()
				after := accounts{c, c.Store}
				after.wantAccount(a)
				after.wantNames("", 10, a.Name)
				after.wantHad(true)
				if got := after.owed(); len(got) != 2 || got[0] != owed[0] || got[1] != owed[1] {
					c.Errorf("owed: got %+v, want %+v", got, owed)
				}
			},
		},
		{
			"keys outlive the store",
			"Signing keys and the check value of the secret are found when the store is opened again.",
			durable,
			func(c reopening) {
				check := [][]byte{[]byte("check")}
				err := errors.Join(c.AddSigningKey(c.Context(), newKey("a")), c.EnsureSecretCheck(c.Context(), check))
				if err != nil {
					c.Fatalf("write: %v", err)
				}
				c = c.again()
				after := keys{c, c.Store}
				after.wantKeys(newKey("a"))
				after.wantError("right secret", after.EnsureSecretCheck(c.Context(), check), nil)
				after.wantError("wrong secret", after.EnsureSecretCheck(c.Context(), [][]byte{[]byte("other")}), store.ErrWrongSecret)
			},
		},
	}
}
