// Package arch holds the directions that imports may take in this repository,
// and the check that they do. Its test reads the packages as they are.
//
// It imports the standard library only, and no program imports it.
package arch

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Package is a package of the module as the go command lists it, tests left out.
type Package struct {
	Path    string // below the module; "" for the root
	Name    string
	Imports []string // as they are written
	Files   int
}

// rule is what a package may import of this module, and what it must not import
// of anything else.
type rule struct {
	of        string   // the path below the module; a trailing /* stands for one element
	mayImport []string // paths of the same kind; "..." for any
	// standardOnly forbids everything outside the standard library and the module.
	standardOnly bool
	// without forbids packages of other modules and of the standard library.
	without []string
	// mayTest lets the package import "testing": it helps other people's tests.
	mayTest bool
}

const root = ""

// rules are the arrows: cmd/renewd -> httpapi, webui -> root -> store, and from
// an engine to store only. A package that no rule is for is a finding as well.
var rules = []rule{
	{of: root, mayImport: []string{"store", "internal/atjwt"}, without: []string{"net/http", "os", "database/sql", "flag"}},
	{of: "store", standardOnly: true},
	{of: "store/storetest", mayImport: []string{"store"}, standardOnly: true, mayTest: true},
	{of: "store/*", mayImport: []string{"store"}, without: []string{"net/http"}},
	{of: "account", mayImport: []string{"store"}, without: []string{"net/http", "database/sql"}},
	{of: "verifier", mayImport: []string{"internal/atjwt"}},
	{of: "httpapi", mayImport: []string{root, "store", "account", "internal/strictjson"}, without: []string{"database/sql"}},
	{of: "oauth", mayImport: []string{root, "store"}, without: []string{"database/sql"}},
	{of: "webui", mayImport: []string{root}, without: []string{"database/sql"}},
	{of: "client"},
	{of: "renewdtest", mayImport: []string{root, "store", "store/memstore", "account", "httpapi"}, mayTest: true},
	{of: "cmd/renewd", mayImport: []string{"..."}},
	{of: "internal/atjwt", mayImport: []string{"internal/strictjson"}, without: []string{"net/http", "database/sql"}},
	{of: "internal/strictjson", standardOnly: true},
	{of: "internal/settings", mayImport: []string{root}, without: []string{"net/http", "database/sql"}},
	{of: "internal/arch", standardOnly: true},
	{of: "internal/testenv", standardOnly: true, mayTest: true},
	{of: "internal/testsummary", standardOnly: true},
}

// testOnly are the packages that no other package may import outside its tests.
var testOnly = []string{"store/storetest", "renewdtest", "internal/testenv", "internal/arch", "internal/testsummary"}

// vague are names that say nothing of what a package owns.
var vague = []string{"pkg", "util", "utils", "common", "helpers", "types", "models"}

const maxRootFiles = 15

// Check returns what is wrong with the packages of a module, a sentence each.
// standard are the names of the standard library's packages, which no package
// may take.
func Check(module string, packages []Package, standard []string) []string {
	var findings []string
	for _, p := range packages {
		report := func(format string, args ...any) {
			findings = append(findings, fmt.Sprintf("%s: ", display(p.Path))+fmt.Sprintf(format, args...))
		}
		if slices.Contains(standard, p.Name) {
			report("has the name of a package of the standard library")
		}
		if i := slices.IndexFunc(strings.Split(p.Path, "/"), isVague); i >= 0 {
			report("a part of its path says nothing of what it owns")
		}
		if p.Path == root && p.Files > maxRootFiles {
			report("has %d files, at most %d", p.Files, maxRootFiles)
		}
		r, ok := ruleFor(p.Path)
		if !ok {
			report("no rule says what it may import")
			continue
		}
		for _, imported := range p.Imports {
			if why := r.refuses(module, imported); why != "" {
				report("imports %s: %s", imported, why)
			}
		}
	}
	return findings
}

func isVague(element string) bool { return slices.Contains(vague, element) }

func display(below string) string {
	if below == root {
		return "the root package"
	}
	return below
}

func ruleFor(below string) (rule, bool) {
	i := slices.IndexFunc(rules, func(r rule) bool { return matches(r.of, below) })
	if i < 0 {
		return rule{}, false
	}
	return rules[i], true
}

func matches(pattern, below string) bool {
	ok, err := path.Match(pattern, below)
	return err == nil && ok
}

// refuses says why a package with this rule may not import another, or nothing.
func (r rule) refuses(module, imported string) string {
	below, ours := inModule(module, imported)
	switch {
	case ours && slices.Contains(testOnly, below):
		return "that is for tests"
	case ours:
		if !slices.ContainsFunc(r.mayImport, func(m string) bool { return m == "..." || matches(m, below) }) {
			return "that is not the way imports point"
		}
		return ""
	case imported == "testing" && !r.mayTest:
		return "that is for tests"
	case r.standardOnly && strings.Contains(firstElement(imported), "."):
		return "it may use the standard library only"
	case slices.ContainsFunc(r.without, func(w string) bool { return imported == w || strings.HasPrefix(imported, w+"/") }):
		return "it has no business with that"
	}
	return ""
}

func inModule(module, imported string) (below string, ours bool) {
	if imported == module {
		return root, true
	}
	return strings.CutPrefix(imported, module+"/")
}

func firstElement(imported string) string {
	first, _, _ := strings.Cut(imported, "/")
	return first
}
