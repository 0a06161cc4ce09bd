package account_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/renewd/renewd/account"
	"github.com/renewd/renewd/store"
)

func TestCreate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	roles := []string{"dev"}
	made, err := w.Create(t.Context(), account.NewPerson{Name: "Ada", Password: goodPassword, Roles: roles})
	if err != nil {
		t.Fatal(err)
	}
	roles[0] = "admin"
	if form := regexp.MustCompile(`^usr_[a-z2-7]{26}$`); !form.MatchString(made.Subject) {
		t.Errorf("got subject %q, want it to match %s", made.Subject, form)
	}
	if diff := cmp.Diff([]string{"dev"}, made.Roles); diff != "" {
		t.Errorf("roles of the person (-want +got):\n%s", diff)
	}
	got := w.stored(t, made.Subject)
	if zone := got.CreatedAt.Location(); zone != time.UTC {
		t.Errorf("got a time in %v, want UTC", zone)
	}
	hash := got.PasswordHash
	got.PasswordHash = ""
	want := store.Account{
		Subject: made.Subject, Name: "ada", Roles: []string{"dev"}, Epoch: 1, CreatedAt: noon, PasswordChangedAt: noon,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("account (-want +got):\n%s", diff)
	}
	if p, _, _, err := account.HashCost(hash); err != nil || p != cheap {
		t.Errorf("got hash parameters %+v, error %v; want %+v", p, err, cheap)
	}
}

func TestEqualPasswordsHaveUnequalHashes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.stored(t, w.create(t, "ada").Subject), w.stored(t, w.create(t, "bob").Subject)
	if a.PasswordHash == b.PasswordHash {
		t.Error("the same password was hashed with the same salt")
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, name := range []string{"Carol", "김민준", "ada", "bob"} {
		w.create(t, name)
	}
	for _, c := range []struct {
		after string
		limit int
		want  []string
	}{
		{"", 10, []string{"ada", "bob", "carol", "김민준"}},
		{"", 2, []string{"ada", "bob"}},
		{"bob", 2, []string{"carol", "김민준"}},
		{"김민준", 2, nil},
		{"", 0, []string{"ada"}},
		{"", 1 << 20, []string{"ada", "bob", "carol", "김민준"}},
	} {
		people, err := w.List(t.Context(), c.after, c.limit)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range people {
			got = append(got, p.Name)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("after %q, limit %d (-want +got):\n%s", c.after, c.limit, diff)
		}
	}
}

func TestLookup(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	want := w.create(t, "ada")
	got, err := w.Lookup(t.Context(), "ADA")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("person (-want +got):\n%s", diff)
	}
	if _, err := w.Lookup(t.Context(), "bob"); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("got %v, want %v", err, account.ErrNotFound)
	}
}

// Everything that callers print or log, from flows that know a canary.
func TestNothingPrintedHoldsASecret(t *testing.T) {
	t.Parallel()
	const canary = "CanaryOfTheColMine"
	w := newWorld(t)
	ctx := t.Context()
	var printed []any
	keep := func(values ...any) { printed = append(printed, values...) }

	u, err := w.OpenSetup(ctx)
	keep(u, &u, err)
	printedEarly := printAll(t, printed) // while the secret is not told yet
	secret := u.Secret()
	root := account.NewPerson{Name: "root", Password: canary}
	keep(root, &root, []account.NewPerson{root})
	for _, s := range []string{secret + "x", flipLast(secret), secret} {
		p, err := u.Redeem(ctx, s, root)
		keep(p, err)
	}
	hash := w.accountNamed(t, "root").PasswordHash
	for _, bad := range []string{canary + "\x00", canary + "\xff", strings.Repeat(canary, 100), canary[:7]} {
		p, err := w.Create(ctx, account.NewPerson{Name: "x", Password: bad})
		keep(p, err, w.SetPassword(ctx, "root", bad))
		p, err = w.Authenticate(ctx, "root", bad)
		keep(p, err)
	}
	p, err := w.Authenticate(ctx, "root", canary)
	keep(p, err, w.Service)
	w.accounts.down = errDown
	p, err = w.Authenticate(ctx, "root", canary)
	keep(p, err)
	w.accounts.down, w.sessions.down = nil, errDown
	keep(w.SetPassword(ctx, "root", canary), w.Disable(ctx, "root"), w.Delete(ctx, "root"))
	w.seed(t, strings.Replace(hash, "v=19", "v=16", 1))
	p, err = w.Authenticate(ctx, "ada", canary)
	keep(p, err)

	out := printedEarly + printAll(t, printed)
	key := hash[strings.LastIndex(hash, "$")+1:]
	for name, s := range map[string]string{
		"password": canary, "its beginning": canary[:7], "hash": "argon2id$", "key": key, "setup secret": secret[len("rnw_setup_"):],
	} {
		if strings.Contains(out, s) {
			t.Errorf("the %s was printed", name)
		}
	}
	if !strings.Contains(out, "root") {
		t.Error("nothing was printed at all")
	}
}

func printAll(t *testing.T, values []any) string {
	t.Helper()
	var out bytes.Buffer
	text, lines := slog.New(slog.NewTextHandler(&out, nil)), slog.New(slog.NewJSONHandler(&out, nil))
	for _, v := range values {
		fmt.Fprintf(&out, "%v %+v %#v %s %q\n", v, v, v, v, v)
		text.Info("value", "v", v)
		lines.Info("value", "v", v)
	}
	return out.String()
}

func (w *world) accountNamed(t *testing.T, name string) store.Account {
	t.Helper()
	a, err := w.store.AccountByName(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
