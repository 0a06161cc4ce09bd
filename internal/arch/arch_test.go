package arch_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/renewd/renewd/internal/arch"
)

const module = "github.com/renewd/renewd"

func TestImportsOfThisModule(t *testing.T) {
	t.Parallel()
	packages := listModule(t)
	if len(packages) < 5 {
		t.Fatalf("got %d packages: the listing cannot be right", len(packages))
	}
	for _, finding := range arch.Check(module, packages, listStandard(t)) {
		t.Error(finding)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		in   arch.Package
		want []string
	}{
		{
			"the root may import the store",
			arch.Package{Path: "", Imports: []string{"fmt", "github.com/google/uuid", module + "/store"}, Files: 15},
			nil,
		},
		{
			"the root knows no engine",
			arch.Package{Path: "", Imports: []string{module + "/store/sqlitestore"}},
			[]string{"the root package: imports " + module + "/store/sqlitestore: that is not the way imports point"},
		},
		{
			"the root serves no HTTP",
			arch.Package{Path: "", Imports: []string{"net/http/httptest", "net/url"}},
			[]string{"the root package: imports net/http/httptest: it has no business with that"},
		},
		{
			"the root stays small",
			arch.Package{Path: "", Files: 16},
			[]string{"the root package: has 16 files, at most 15"},
		},
		{
			"the store has no dependencies",
			arch.Package{Path: "store", Imports: []string{"context", "example.com/driver"}},
			[]string{"store: imports example.com/driver: it may use the standard library only"},
		},
		{
			"an engine brings its driver",
			arch.Package{Path: "store/sqlitestore", Imports: []string{module + "/store", "example.com/driver", "database/sql"}},
			nil,
		},
		{
			"an engine does not know the root",
			arch.Package{Path: "store/pgstore", Imports: []string{module}},
			[]string{"store/pgstore: imports " + module + ": that is not the way imports point"},
		},
		{
			"an engine does not know another",
			arch.Package{Path: "store/pgstore", Imports: []string{module + "/store/memstore"}},
			[]string{"store/pgstore: imports " + module + "/store/memstore: that is not the way imports point"},
		},
		{
			"the conformance suite is for every engine",
			arch.Package{Path: "store/storetest", Imports: []string{"testing", module + "/store", module + "/store/memstore", "example.com/assert"}},
			[]string{
				"store/storetest: imports " + module + "/store/memstore: that is not the way imports point",
				"store/storetest: imports example.com/assert: it may use the standard library only",
			},
		},
		{
			"a verifier shares the tokens, and nothing that issues them",
			arch.Package{Path: "verifier", Imports: []string{module + "/internal/atjwt", module + "/store"}},
			[]string{"verifier: imports " + module + "/store: that is not the way imports point"},
		},
		{
			"access tokens know nothing of sessions",
			arch.Package{Path: "internal/atjwt", Imports: []string{module}},
			[]string{"internal/atjwt: imports " + module + ": that is not the way imports point"},
		},
		{
			"handlers name no engine",
			arch.Package{Path: "httpapi", Imports: []string{module, module + "/account", module + "/store/memstore"}},
			[]string{"httpapi: imports " + module + "/store/memstore: that is not the way imports point"},
		},
		{
			"the program names them all",
			arch.Package{Path: "cmd/renewd", Name: "main", Imports: []string{module + "/store/sqlitestore", module + "/webui"}},
			nil,
		},
		{
			"test helpers stay out of the program",
			arch.Package{Path: "cmd/renewd", Imports: []string{module + "/internal/testenv", "testing"}},
			[]string{
				"cmd/renewd: imports " + module + "/internal/testenv: that is for tests",
				"cmd/renewd: imports testing: that is for tests",
			},
		},
		{
			"every package needs a rule",
			arch.Package{Path: "surprise"},
			[]string{"surprise: no rule says what it may import"},
		},
		{
			"a rule for engines goes one step down",
			arch.Package{Path: "store/sqlitestore/deep"},
			[]string{"store/sqlitestore/deep: no rule says what it may import"},
		},
		{
			"a name says what is inside",
			arch.Package{Path: "store/util", Name: "util"},
			[]string{"store/util: a part of its path says nothing of what it owns"},
		},
		{
			"a name is not taken from the standard library",
			arch.Package{Path: "client", Name: "http"},
			[]string{"client: has the name of a package of the standard library"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := arch.Check(module, []arch.Package{tc.in}, []string{"http", "sql"})
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

func listModule(t *testing.T) []arch.Package {
	t.Helper()
	out := goList(t, "-json=ImportPath,Name,Imports,GoFiles", module+"/...")
	var packages []arch.Package
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			ImportPath, Name string
			Imports, GoFiles []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatalf("read the list of packages: %v", err)
		}
		if len(p.GoFiles) == 0 {
			continue // it holds tests only
		}
		below := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		packages = append(packages, arch.Package{Path: below, Name: p.Name, Imports: p.Imports, Files: len(p.GoFiles)})
	}
}

// listStandard leaves out what nobody but the standard library can import.
func listStandard(t *testing.T) []string {
	t.Helper()
	var names []string
	for l := range strings.Lines(string(goList(t, "-f", "{{.ImportPath}} {{.Name}}", "std"))) {
		path, name, _ := strings.Cut(strings.TrimSpace(l), " ")
		if !strings.Contains("/"+path+"/", "/internal/") && !strings.HasPrefix(path, "vendor/") {
			names = append(names, name)
		}
	}
	return names
}

func goList(t *testing.T, args ...string) []byte {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list"}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list %s: %v\n%s", strings.Join(args, " "), err, &stderr)
	}
	return out
}
