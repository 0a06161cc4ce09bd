package account_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/renewd/renewd/account"
	"github.com/renewd/renewd/store/memstore"
)

func ExampleService_OpenSetup() {
	ctx := context.Background()
	people := memstore.New()
	accounts, err := account.New(account.Config{Accounts: people, Sessions: people})
	if err != nil {
		fmt.Println(err)
		return
	}
	setup, err := accounts.OpenSetup(ctx)
	if err != nil || setup == nil {
		fmt.Println("no setup:", err)
		return
	}
	link := "http://localhost:8080/setup#" + setup.Secret() // for the operator's eyes only
	_, secret, _ := strings.Cut(link, "#")

	root := account.NewPerson{Name: "root", Password: "correct horse battery"}
	p, err := setup.Redeem(ctx, secret, root)
	fmt.Println(p.Name, p.Roles, err)

	_, err = setup.Redeem(ctx, secret, root)
	fmt.Println(err)
	// Output:
	// root [admin] <nil>
	// set up already
}

func ExampleService_Authenticate() {
	ctx := context.Background()
	people := memstore.New()
	accounts, err := account.New(account.Config{Accounts: people, Sessions: people})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = accounts.Create(ctx, account.NewPerson{Name: "Ada", Password: "correct horse battery", Roles: []string{"dev"}})
	if err != nil {
		fmt.Println(err)
		return
	}

	p, err := accounts.Authenticate(ctx, "ADA", "correct horse battery")
	fmt.Println(p.Name, p.Roles, err)

	_, err = accounts.Authenticate(ctx, "ada", "Correct Horse Battery")
	fmt.Println(errors.Is(err, account.ErrInvalidCredentials))

	fmt.Println(accounts.Disable(ctx, "ada"), accounts.Unchanged(ctx, p))
	// Output:
	// ada [dev] <nil>
	// true
	// <nil> account changed meanwhile
}
