package settings

import "fmt"

// Kind is a place where settings come from. A higher one wins.
type Kind uint8

// The kinds of sources.
const (
	FromDefault Kind = iota
	FromFile
	FromDotEnv
	FromEnvironment
	FromFlag
)

// Source says where a value came from.
type Source struct {
	Kind Kind
	Path string // of a file
}

// String names the source for people.
func (s Source) String() string {
	switch s.Kind {
	case FromFile, FromDotEnv:
		return s.Path
	case FromEnvironment:
		return "environment"
	case FromFlag:
		return "flag"
	}
	return "default"
}

// Spell names a setting as it is written in this source, and the source.
func (s Source) Spell(set Setting) string {
	switch s.Kind {
	case FromFile:
		return fmt.Sprintf("%s in %s", set.Name, s.Path)
	case FromDotEnv:
		return fmt.Sprintf("%s in %s", set.Variable(), s.Path)
	case FromEnvironment:
		return fmt.Sprintf("%s in the environment", set.Variable())
	case FromFlag:
		return "--" + set.Name
	}
	return fmt.Sprintf("%s (the default)", set.Name)
}

// Error says which setting is wrong, where it was made, and what it must be. It
// never holds the value of a secret.
type Error struct {
	Setting string
	Source  Source
	Problem string // a sentence without its subject
}

func (e *Error) Error() string {
	set, ok := find(e.Setting)
	if !ok {
		return fmt.Sprintf("%s: %s", e.Setting, e.Problem)
	}
	return fmt.Sprintf("%s %s", e.Source.Spell(set), e.Problem)
}

// Wrong returns an [Error] for a setting as it came to be.
func (s *Settings) Wrong(name, problem string) *Error {
	return &Error{Setting: name, Source: s.Source(name), Problem: problem}
}

func find(name string) (Setting, bool) {
	for _, s := range table {
		if s.Name == name {
			return s, true
		}
	}
	return Setting{}, false
}
