package settings_test

import (
	"testing"
	"time"

	"github.com/renewd/renewd/internal/settings"
)

func TestDuration(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"0": 0, "10s": 10 * time.Second, "1m30s": 90 * time.Second, "15m": 15 * time.Minute, "24h": 24 * time.Hour,
		"36h": 36 * time.Hour, "7d": 168 * time.Hour, "2d12h": 60 * time.Hour, "2d30s": 48*time.Hour + 30*time.Second,
		"1.5s": 1500 * time.Millisecond, "250ms": 250 * time.Millisecond, "1h0m1s": time.Hour + time.Second,
	} {
		got, err := settings.ParseDuration(text)
		if err != nil || got != want {
			t.Errorf("parse %q: got %v, %v, want %v", text, got, err, want)
		}
		if back := settings.FormatDuration(want); back != text {
			t.Errorf("format %v: got %q, want %q", want, back, text)
		}
	}
	for _, text := range []string{
		"", "7", "d", "-1s", "+1s", "1.5d", "7d7", "7d-1h", "7 d", "1h1d", "99999d", "65535d2562047h", "9999999999999h", "1d1d",
		"000000000000000000000000000000001s",
	} {
		if got, err := settings.ParseDuration(text); err == nil {
			t.Errorf("parse %q: got %v, want an error", text, got)
		}
	}
}

func FuzzDuration(f *testing.F) {
	for _, seed := range []string{"0", "7d", "1d12h", "90s", "65535d", "65536d", "106751d", "106752d", "9009999999s", "1e9h", "d"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := settings.ParseDuration(text)
		if err != nil {
			return
		}
		if d < 0 {
			t.Fatalf("parse %q: got %v", text, d)
		}
		if back, err := settings.ParseDuration(settings.FormatDuration(d)); err != nil || back != d {
			t.Fatalf("%q is %v, written as %q and read as %v, %v", text, d, settings.FormatDuration(d), back, err)
		}
	})
}
