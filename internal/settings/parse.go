package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/joho/godotenv"
)

const variablePrefix = "RENEWD_"

// foreign matches variables that begin like ours and are not: those of our own
// tests, and those that Kubernetes sets in every container for a service whose
// name begins with "renewd".
var foreign = regexp.MustCompile(`^RENEWD_(TEST_.*|(.+_)?(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?))$`)

// environment returns what the variables of the process say.
func environment(environ []string) (layer, error) {
	vars := map[string]string{}
	for _, entry := range environ {
		name, text, _ := strings.Cut(entry, "=")
		vars[name] = text
	}
	return variables(Source{Kind: FromEnvironment}, vars)
}

// dotEnvFile returns what the file .env says, if there is one. It often holds
// variables for others, too: what does not begin with RENEWD_ is not ours.
func dotEnvFile(dir string) (layer, error) {
	source := Source{Kind: FromDotEnv, Path: ".env"}
	path := filepath.Join(dir, source.Path)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return layer{}, nil
	}
	if err != nil {
		return layer{}, fmt.Errorf("read .env: %w", err)
	}
	defer f.Close()
	vars, err := godotenv.Parse(f)
	if err != nil {
		return layer{}, errors.New(".env cannot be read: each line must be NAME=value") // the cause quotes the file, secrets and all
	}
	l, err := variables(source, vars)
	if err != nil {
		return layer{}, err
	}
	if _, ok := l.values["secret"]; ok {
		err = CheckPrivate(f, path)
	}
	return l, err
}

// variables turns variables into settings. An empty one counts as not set, as
// compose files write it; an empty secret is a mistake, which would start the
// server with another one.
func variables(source Source, vars map[string]string) (layer, error) {
	l := layer{source: source, values: map[string][]string{}}
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		text := vars[name]
		if !strings.HasPrefix(name, variablePrefix) || foreign.MatchString(name) {
			continue
		}
		set, ok := byVariable(name)
		switch {
		case !ok:
			return layer{}, unknown(name, source, variableNames())
		case text == "" && set.Name == "secret":
			return layer{}, &Error{Setting: set.Name, Source: source, Problem: "is empty: set it, or remove it"}
		case text == "":
		case set.Repeatable():
			l.values[set.Name] = splitList(text)
		default:
			l.values[set.Name] = []string{text}
		}
	}
	return l, nil
}

func splitList(text string) []string {
	parts := strings.Split(text, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

// parseFile returns what a configuration file says.
func parseFile(path, text string) (layer, error) {
	l := layer{source: Source{Kind: FromFile, Path: path}, values: map[string][]string{}}
	var file map[string]any
	if _, err := toml.Decode(text, &file); err != nil {
		return layer{}, fmt.Errorf("%s is not TOML: %w", path, err)
	}
	for _, name := range slices.Sorted(maps.Keys(file)) {
		set, ok := find(name)
		if !ok {
			return layer{}, unknown(name, l.source, fileNames())
		}
		if set.NotInFile {
			return layer{}, &Error{Setting: name, Source: l.source, Problem: "does not belong in the file: set " + set.Variable() + " instead"}
		}
		texts, ok := fileValues(set, file[name])
		if !ok {
			return layer{}, &Error{Setting: name, Source: l.source, Problem: fmt.Sprintf("must be %s", fileForm(set))}
		}
		if texts != nil {
			l.values[name] = texts
		}
	}
	return l, nil
}

// fileValues returns a value of the file as text. Numbers are refused: a number
// without a unit says nothing.
func fileValues(set Setting, v any) ([]string, bool) {
	switch v := v.(type) {
	case string:
		return []string{v}, true
	case bool:
		return []string{strconv.FormatBool(v)}, set.Placeholder() == ""
	case []any:
		var texts []string
		for _, e := range v {
			t, ok := e.(string)
			if !ok {
				return nil, false
			}
			texts = append(texts, t)
		}
		return texts, set.Repeatable()
	}
	return nil, false
}

func fileForm(set Setting) string {
	switch {
	case set.Placeholder() == "":
		return set.Accepts()
	case set.Repeatable():
		return "a list of texts in quotes, each " + set.Accepts()
	}
	return "a text in quotes: " + set.Accepts()
}

func byVariable(name string) (Setting, bool) {
	for _, s := range table {
		if s.Variable() == name {
			return s, true
		}
	}
	return Setting{}, false
}

func variableNames() []string {
	var names []string
	for _, s := range table {
		names = append(names, s.Variable())
	}
	return names
}

func fileNames() []string {
	var names []string
	for _, s := range table {
		if !s.NotInFile {
			names = append(names, s.Name)
		}
	}
	return names
}

// unknown refuses a name and offers the nearest one.
func unknown(name string, source Source, known []string) error {
	where := "in " + source.String()
	if source.Kind == FromEnvironment {
		where = "in the environment"
	}
	if near := nearest(name, known); near != "" {
		return fmt.Errorf("%s %s is no setting: did you mean %s?", name, where, near)
	}
	return fmt.Errorf("%s %s is no setting: remove it, or see `renewd serve --help` for the settings there are", name, where)
}

// nearest returns the known name that is the fewest edits away, at most a third
// of its letters; or nothing.
func nearest(name string, known []string) string {
	name = strings.ReplaceAll(name, "_", "-")
	best, least := "", len(name)/3+1
	for _, k := range slices.Sorted(slices.Values(known)) {
		if n := edits(strings.ToLower(name), strings.ToLower(strings.ReplaceAll(k, "_", "-"))); n < least {
			best, least = k, n
		}
	}
	return best
}

// edits is the Levenshtein distance of two ASCII words.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
