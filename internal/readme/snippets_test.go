package readme_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/renewd/renewd"
	"github.com/renewd/renewd/account"
	"github.com/renewd/renewd/httpapi"
	"github.com/renewd/renewd/store/sqlitestore"
)

func newAuth(ctx context.Context, db *sqlitestore.Store, secret []byte) (http.Handler, error) {
	manager, err := renewd.New(ctx, renewd.Config{
		Issuer: "https://example.com", Audience: []string{"https://example.com"},
		Sessions: db, SigningKeys: db, Secrets: [][]byte{secret}, Policy: renewd.DefaultPolicy(),
	})
	if err != nil {
		return nil, err
	}
	people, err := account.New(account.Config{Accounts: db, Sessions: manager})
	if err != nil {
		return nil, err
	}
	return httpapi.New(httpapi.Config{Manager: manager, Accounts: people, PublicURL: "https://example.com"})
}

func TestNewAuth(t *testing.T) {
	t.Parallel()
	db, err := sqlitestore.Open(t.Context(), sqlitestore.Options{Path: filepath.Join(t.TempDir(), "auth.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	handler, err := newAuth(t.Context(), db, []byte("32 random bytes or more, from a secret file"))
	if err != nil {
		t.Fatal(err)
	}
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "https://example.com/.well-known/jwks.json", nil))
	if got := answer.Body.String(); answer.Code != http.StatusOK || !strings.Contains(got, `"kid"`) {
		t.Errorf("got %d %s, want 200 and a key", answer.Code, got)
	}
}
