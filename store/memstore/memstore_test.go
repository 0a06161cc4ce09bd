package memstore_test

import (
	"testing"

	"github.com/renewd/renewd/store"
	"github.com/renewd/renewd/store/memstore"
	"github.com/renewd/renewd/store/storetest"
)

func TestSessions(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) store.Sessions { return memstore.New() })
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	storetest.RunAccounts(t, func(*testing.T) store.Accounts { return memstore.New() })
}

func TestSigningKeys(t *testing.T) {
	t.Parallel()
	storetest.RunSigningKeys(t, func(*testing.T) store.SigningKeys { return memstore.New() })
}
