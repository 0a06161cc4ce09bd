package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Input is where settings are looked for.
type Input struct {
	// Flags are the values given on the command line, by the names of their
	// settings.
	Flags map[string][]string
	// Environ is the environment, as os.Environ returns it.
	Environ []string
	// Dir is the directory of .env and of the default configuration file.
	Dir string
}

// layer is what one source says.
type layer struct {
	source Source
	values map[string][]string // by the names of the settings
}

// Load returns the settings in force. What no source says has its default.
//
// It fails with an [*Error] when a value is wrong, and otherwise when a file
// cannot be read or a source holds a name that no setting has: a setting with a
// spelling mistake would leave its default in force unnoticed.
func Load(in Input) (*Settings, error) {
	env, err := environment(in.Environ)
	if err != nil {
		return nil, err
	}
	dotEnv, err := dotEnvFile(in.Dir)
	if err != nil {
		return nil, err
	}
	layers := []layer{{Source{Kind: FromFlag}, in.Flags}, env, dotEnv}
	file, err := configFile(in.Dir, layers)
	if err != nil {
		return nil, err
	}
	s := &Settings{sources: map[string]Source{}}
	for _, set := range table {
		if err := s.resolve(set, append(layers, file)); err != nil {
			return nil, err
		}
	}
	s.derive()
	return s, s.check()
}

// resolve sets one setting from the first layer that has it.
func (s *Settings) resolve(set Setting, layers []layer) error {
	texts, source := lookup(set, layers)
	s.sources[set.Name] = source
	if texts == nil {
		return nil
	}
	if len(texts) > 1 && !set.Repeatable() {
		return s.Wrong(set.Name, "is given more than once")
	}
	if err := set.bind(s).set(texts); err != nil {
		return s.Wrong(set.Name, err.Error())
	}
	return nil
}

func lookup(set Setting, layers []layer) ([]string, Source) {
	for _, l := range layers {
		if texts, ok := l.values[set.Name]; ok {
			return texts, l.source
		}
	}
	if set.Default == "" {
		return nil, Source{}
	}
	return []string{set.Default}, Source{}
}

// configFile reads the configuration file that the layers above it name. The
// default one may be missing.
func configFile(dir string, above []layer) (layer, error) {
	set, _ := find("config")
	texts, source := lookup(set, above)
	path := texts[0]
	if source.Kind == FromDefault {
		path = filepath.Join(dir, path)
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && source.Kind == FromDefault {
		return layer{}, nil
	}
	if err != nil {
		return layer{}, &Error{Setting: "config", Source: source, Problem: fmt.Sprintf("names a file that cannot be read: %v", err)}
	}
	return parseFile(texts[0], string(text))
}

// check compares settings with each other. The bounds of each are checked
// before.
func (s *Settings) check() error {
	if scheme, _, _ := strings.Cut(s.Store, ":"); scheme != "sqlite" {
		// A DSN of another engine may hold a password: only its scheme is repeated.
		return s.Wrong("store", fmt.Sprintf("names the engine %q, which this version does not have yet: use sqlite:PATH", scheme))
	}
	if s.Source("secret").Kind != FromDefault && s.Source("secret-file").Kind != FromDefault {
		return s.Wrong("secret-file", fmt.Sprintf("is set beside %s: keep one of them", s.spell("secret")))
	}
	for i, name := range s.Audience {
		if slices.Contains(s.Audience[:i], name) {
			return s.Wrong("audience", fmt.Sprintf("holds %q twice", name))
		}
	}
	if err := s.checkTimeouts("idle-timeout", s.Policy.IdleTimeout, "absolute-timeout", s.Policy.AbsoluteTimeout); err != nil {
		return err
	}
	return s.checkTimeouts("remember-idle-timeout", s.Policy.RememberIdleTimeout, "remember-absolute-timeout", s.Policy.RememberAbsoluteTimeout)
}

func (s *Settings) checkTimeouts(idle string, got time.Duration, absolute string, most time.Duration) error {
	if got <= most {
		return nil
	}
	blame := idle // the one that somebody set is the one to be named
	if s.Source(idle).Kind == FromDefault {
		blame = absolute
	}
	return s.Wrong(blame, fmt.Sprintf("does not fit: %s (%s) must be at most %s (%s)",
		idle, FormatDuration(got), absolute, FormatDuration(most)))
}

func (s *Settings) spell(name string) string {
	set, _ := find(name)
	return s.Source(name).Spell(set)
}
