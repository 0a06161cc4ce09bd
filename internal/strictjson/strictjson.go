// Package strictjson reads JSON that outsiders wrote, and refuses whatever two
// readers may understand differently.
//
// It owns the checks that encoding/json leaves out. It imports the standard
// library only. Its errors never repeat what they refuse.
package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxDepth is how deep objects and arrays may be nested.
const MaxDepth = 8

// ErrInvalid says that a text is refused. Nothing of it is to be used.
var ErrInvalid = errors.New("invalid JSON")

// Check returns nil if data is one JSON value (RFC 8259) that everybody reads
// alike, in the spirit of RFC 7493: valid UTF-8 without lone surrogates, numbers
// that a float64 can hold, nesting of at most [MaxDepth], and no object with two
// member names that are equal or differ only in letter case. Otherwise it fails
// with [ErrInvalid]. It takes time linear in the length of data, which the caller
// bounds.
func Check(data []byte) error {
	switch {
	case !utf8.Valid(data):
		return refuse("not UTF-8")
	case !json.Valid(data):
		return refuse("not one JSON value")
	case loneSurrogate(data):
		return refuse("a lone surrogate")
	}
	w := walker{dec: json.NewDecoder(bytes.NewReader(data))}
	return w.value(0)
}

func refuse(why string) error { return fmt.Errorf("%w: %s", ErrInvalid, why) }

// walker goes through a text that is valid JSON already.
type walker struct{ dec *json.Decoder }

func (w walker) value(depth int) error {
	token, err := w.dec.Token()
	if err != nil {
		return refuse("a number out of range")
	}
	switch token {
	case json.Delim('{'):
		return w.object(depth + 1)
	case json.Delim('['):
		return w.array(depth + 1)
	}
	return nil
}

func (w walker) object(depth int) error {
	if depth > MaxDepth {
		return refuse("nested too deep")
	}
	seen := make(map[string]bool)
	for w.dec.More() {
		token, err := w.dec.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return refuse("no member name")
		}
		if name = fold(name); seen[name] {
			return refuse("two members of one name")
		}
		seen[name] = true
		if err := w.value(depth); err != nil {
			return err
		}
	}
	return w.end()
}

func (w walker) array(depth int) error {
	if depth > MaxDepth {
		return refuse("nested too deep")
	}
	for w.dec.More() {
		if err := w.value(depth); err != nil {
			return err
		}
	}
	return w.end()
}

func (w walker) end() error {
	if _, err := w.dec.Token(); err != nil {
		return refuse("no end")
	}
	return nil
}

// fold maps names that encoding/json takes for the same struct field to one
// text. A name in lower-case ASCII is its own.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		for {
			next := unicode.SimpleFold(r)
			if next <= r { // the smallest of all that differ in case
				return unicode.ToLower(next)
			}
			r = next
		}
	}, name)
}

// loneSurrogate reports whether an escape names half a character, which readers
// replace, drop or refuse. In valid JSON a backslash always begins an escape.
func loneSurrogate(data []byte) bool {
	for i := 0; i < len(data); i++ {
		if data[i] != '\\' {
			continue
		}
		unit := escapedUnit(data[i:])
		switch {
		case unit < 0xD800 || unit > 0xDFFF:
			i++ // what is escaped may be a backslash
		case unit > 0xDBFF:
			return true
		default:
			low := escapedUnit(data[i+len(`\uXXXX`):])
			if low < 0xDC00 || low > 0xDFFF {
				return true
			}
			i += len(`\uXXXX\uXXXX`) - 1
		}
	}
	return false
}

// escapedUnit returns the UTF-16 code unit that \uXXXX names at the start of
// data, or 0 for anything else.
func escapedUnit(data []byte) uint64 {
	if len(data) < len(`\uXXXX`) || data[0] != '\\' || data[1] != 'u' {
		return 0
	}
	unit, err := strconv.ParseUint(string(data[2:6]), 16, 16)
	if err != nil {
		return 0
	}
	return unit
}
