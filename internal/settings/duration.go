package settings

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

// duration is a span of time within bounds.
type duration struct {
	field    *time.Duration
	min, max time.Duration
}

func (d duration) set(texts []string) error {
	got, err := ParseDuration(texts[0])
	if err != nil || got < d.min || got > d.max || got%time.Millisecond != 0 {
		if errors.Is(err, errDuration) {
			return fmt.Errorf("must be %s with a unit, such as 90s, 15m or 7d, got %q", d.accepts(), texts[0])
		}
		return fmt.Errorf("must be %s, got %q", d.accepts(), texts[0])
	}
	*d.field = got
	return nil
}

func (d duration) texts() []string { return []string{FormatDuration(*d.field)} }
func (d duration) accepts() string {
	return FormatDuration(d.min) + " to " + FormatDuration(d.max)
}
func (d duration) placeholder() string { return "DURATION" }
func (d duration) repeatable() bool    { return false }

var errDuration = errors.New("a duration is a number with a unit, for instance 90s, 15m or 7d")

// ParseDuration reads what [time.ParseDuration] does, and whole days before it:
// "7d", "1d12h". It takes at most 32 characters, no sign, and no more than 65535
// days in all.
func ParseDuration(s string) (time.Duration, error) {
	if s == "" || len(s) > 32 || strings.ContainsAny(s, "+-") {
		return 0, errDuration
	}
	days, rest, ok := strings.Cut(s, "d")
	if !ok {
		days, rest = "0", s
	}
	n, err := strconv.ParseUint(days, 10, 16)
	if err != nil {
		return 0, errDuration
	}
	if ok && rest == "" {
		return time.Duration(n) * day, nil
	}
	d, err := time.ParseDuration(rest)
	if err != nil || d > longest-time.Duration(n)*day {
		return 0, errDuration
	}
	return time.Duration(n)*day + d, nil
}

// longest is far above the bound of every setting.
const longest = 65535 * day

// FormatDuration writes a duration as [ParseDuration] reads it, without parts
// that are zero, and in days from two days on.
func FormatDuration(d time.Duration) string {
	var b strings.Builder
	if d >= 2*day {
		fmt.Fprintf(&b, "%dd", d/day)
		d %= day
	}
	if d == 0 {
		if b.Len() == 0 {
			return "0"
		}
		return b.String()
	}
	rest := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(rest, zero) {
			rest = rest[:len(rest)-2]
		}
	}
	return b.String() + rest
}
