package httpapi_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/renewd/renewd"
	"github.com/renewd/renewd/account"
	"github.com/renewd/renewd/httpapi"
	"github.com/renewd/renewd/store/memstore"
)

// The handler goes on the mux of a program, beside the program's own pages.
func ExampleNew() {
	ctx := context.Background()
	const address = "http://localhost:8080"
	db := memstore.New()
	manager, err := renewd.New(ctx, renewd.Config{
		Issuer: address, Audience: []string{address},
		Sessions: db, SigningKeys: db,
		Secrets: [][]byte{[]byte("32 random bytes, from a file or so")},
		Policy:  renewd.DefaultPolicy(),
	})
	if err != nil {
		log.Fatal(err)
	}
	accounts, err := account.New(account.Config{Accounts: db, Sessions: manager})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := accounts.Create(ctx, account.NewPerson{Name: "ada", Password: "correct horse battery"}); err != nil {
		log.Fatal(err)
	}
	auth, err := httpapi.New(httpapi.Config{Manager: manager, Accounts: accounts, PublicURL: address})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/auth/", auth)
	mux.Handle("/.well-known/jwks.json", auth)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "my page") })

	r := httptest.NewRequest("POST", address+"/auth/login", strings.NewReader(`{"username":"ada","password":"correct horse battery"}`))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		fmt.Println(w.Code, c.Name, c.HttpOnly, c.SameSite == http.SameSiteStrictMode)
	}
	// Output:
	// 200 __Host-renewd true true
	// 200 __Host-renewd_hint false true
}
