package settings

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// value is a field of [Settings] that can be set from text.
type value interface {
	set(texts []string) error // at least one text; one where not repeatable
	texts() []string
	accepts() string // completes "must be ..."
	placeholder() string
	repeatable() bool
}

// text is a string that passes a test.
type text struct {
	field *string
	shown string
	must  string
	test  func(string) bool
}

func (t text) set(texts []string) error {
	if !t.test(texts[0]) {
		return fmt.Errorf("must be %s, got %q", t.must, texts[0])
	}
	*t.field = texts[0]
	return nil
}

func (t text) texts() []string     { return []string{*t.field} }
func (t text) accepts() string     { return t.must }
func (t text) placeholder() string { return t.shown }
func (t text) repeatable() bool    { return false }

func address(field *string) text {
	return text{field, "HOST:PORT", "host:port", hostPort}
}

// list is any number of strings that pass a test.
type list struct {
	field *[]string
	shown string
	must  string
	test  func(string) bool
}

func (l list) set(texts []string) error {
	for _, t := range texts {
		if !l.test(t) {
			return fmt.Errorf("must be %s, got %q", l.must, t)
		}
	}
	*l.field = slices.Clone(texts)
	return nil
}

func (l list) texts() []string     { return *l.field }
func (l list) accepts() string     { return l.must }
func (l list) placeholder() string { return l.shown }
func (l list) repeatable() bool    { return true }

// networks is any number of address ranges.
type networks struct{ field *[]netip.Prefix }

func (n networks) set(texts []string) error {
	var all []netip.Prefix
	for _, t := range texts {
		p, ok := network(t)
		if !ok {
			return fmt.Errorf("must be %s, got %q", n.accepts(), t)
		}
		all = append(all, p)
	}
	*n.field = all
	return nil
}

// network refuses a range of every address: it would let anybody say where a
// request came from.
func network(s string) (netip.Prefix, bool) {
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" && !a.Is4In6() {
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	p, err := netip.ParsePrefix(s)
	return p.Masked(), err == nil && p.Bits() > 0 && !p.Addr().Is4In6()
}

func (n networks) texts() []string {
	var all []string
	for _, p := range *n.field {
		all = append(all, p.String())
	}
	return all
}

func (n networks) accepts() string     { return "a network such as 10.0.0.0/8, or one address" }
func (n networks) placeholder() string { return "CIDR" }
func (n networks) repeatable() bool    { return true }

// choice is one of a few words.
type choice struct {
	field *string
	of    []string
}

func (c choice) set(texts []string) error {
	if !slices.Contains(c.of, texts[0]) {
		return fmt.Errorf("must be %s, got %q", c.accepts(), texts[0])
	}
	*c.field = texts[0]
	return nil
}

func (c choice) texts() []string     { return []string{*c.field} }
func (c choice) accepts() string     { return strings.Join(c.of, " or ") }
func (c choice) placeholder() string { return strings.Join(c.of, "|") }
func (c choice) repeatable() bool    { return false }

// switched is a boolean that is written as one of two words.
type switched struct {
	field   *bool
	off, on string
}

func (s switched) set(texts []string) error {
	if texts[0] != s.off && texts[0] != s.on {
		return fmt.Errorf("must be %s, got %q", s.accepts(), texts[0])
	}
	*s.field = texts[0] == s.on
	return nil
}

func (s switched) texts() []string {
	if *s.field {
		return []string{s.on}
	}
	return []string{s.off}
}

func (s switched) accepts() string     { return s.off + " or " + s.on }
func (s switched) placeholder() string { return s.off + "|" + s.on }
func (s switched) repeatable() bool    { return false }

// toggle is a boolean that is written as true or false.
type toggle struct{ field *bool }

func (t toggle) set(texts []string) error {
	if texts[0] != "true" && texts[0] != "false" {
		return fmt.Errorf("must be %s, got %q", t.accepts(), texts[0])
	}
	*t.field = texts[0] == "true"
	return nil
}

func (t toggle) texts() []string     { return []string{strconv.FormatBool(*t.field)} }
func (t toggle) accepts() string     { return "true or false" }
func (t toggle) placeholder() string { return "" }
func (t toggle) repeatable() bool    { return false }

// level is a level of the log.
type level struct{ field *slog.Level }

var levels = []string{"debug", "info", "warn", "error"}

func (l level) set(texts []string) error {
	if !slices.Contains(levels, texts[0]) {
		return fmt.Errorf("must be %s, got %q", l.accepts(), texts[0])
	}
	return l.field.UnmarshalText([]byte(texts[0]))
}

func (l level) texts() []string     { return []string{strings.ToLower(l.field.String())} }
func (l level) accepts() string     { return "one of " + strings.Join(levels, ", ") }
func (l level) placeholder() string { return strings.Join(levels, "|") }
func (l level) repeatable() bool    { return false }

// masked is a string that is never shown.
type masked struct{ field *string }

func (m masked) set(texts []string) error {
	if err := CheckSecret([]byte(texts[0])); err != nil {
		return err
	}
	*m.field = texts[0]
	return nil
}

func (m masked) texts() []string {
	if *m.field == "" {
		return []string{""}
	}
	return []string{"********"}
}

func (m masked) accepts() string     { return secretBounds }
func (m masked) placeholder() string { return "" }
func (m masked) repeatable() bool    { return false }

const secretBounds = "32 to 1024 random bytes"

// CheckSecret returns an error unless secret is as long as a master secret must
// be and looks random. The error does not hold the secret.
func CheckSecret(secret []byte) error {
	if len(secret) < 32 || len(secret) > 1024 {
		return fmt.Errorf("must be %s, got %d", secretBounds, len(secret))
	}
	if distinct(secret) < minDistinct {
		return fmt.Errorf("must be %s; this one repeats itself", secretBounds)
	}
	return nil
}

// minDistinct is how many different bytes a secret has at least. Of 32 random
// hexadecimal digits, the least varied form in use, fewer are different less than
// once in ten million times.
const minDistinct = 8

func distinct(b []byte) int {
	seen := map[byte]bool{}
	for _, c := range b {
		seen[c] = true
	}
	return len(seen)
}

func anyText(s string) bool { return s != "" && !strings.ContainsRune(s, 0) }

func shortText(s string) bool { return s != "" && len(s) <= 256 }

func hostPort(s string) bool {
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return false
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return err == nil
}

// storeDSN accepts every scheme: whether its engine is there is not a question
// of spelling, and has an answer of its own.
func storeDSN(s string) bool {
	scheme, rest, ok := strings.Cut(s, ":")
	return ok && scheme != "" && rest != ""
}

func issuerURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && len(s) <= 256 && (u.Scheme == "http" || u.Scheme == "https") &&
		u.Host != "" && u.User == nil && u.RawQuery == "" && !u.ForceQuery && u.Fragment == ""
}

// origin accepts what a browser can send in this very spelling (RFC 6454,
// Section 6.2): a port that is the scheme's own is left out.
func origin(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || s != strings.ToLower(u.Scheme+"://"+u.Host) || strings.ContainsAny(s, "*,") {
		return false
	}
	return !strings.HasSuffix(u.Host, ":") &&
		(u.Scheme != "http" || u.Port() != "80") && (u.Scheme != "https" || u.Port() != "443")
}

func hostName(s string) bool {
	u, err := url.Parse("http://" + s)
	return err == nil && u.Host == s && u.Hostname() != "" && s == strings.ToLower(s) && !strings.ContainsAny(s, "*,")
}
