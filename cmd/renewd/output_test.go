package main

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
	"time"
)

func TestPrintable(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Firefox/1.0 (한국어)":     "Firefox/1.0 (한국어)",
		"\x1b[2J\x1b]0;owned\a": "�[2J�]0;owned�",
		"a\u009bb\u202ec\nd\te": "a�b�c�d�e",
	} {
		if got := printable(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestDevice(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                       "-",
		"curl/8":                 "curl/8",
		strings.Repeat("a", 40):  strings.Repeat("a", 40),
		strings.Repeat("한", 100): strings.Repeat("한", 39) + "…",
	} {
		if got := device(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestShellQuote(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"/var/lib/renewd-1.0_x": "/var/lib/renewd-1.0_x",
		"my data":               "'my data'",
		"it's":                  `'it'\''s'`,
		"":                      "''",
		"a;b":                   "'a;b'",
	} {
		if got := shellQuote(text); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

func TestProgressComesAfterASecond(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	now := time.Unix(0, 0)
	p := newProgress(&app{now: func() time.Time { return now }, stderr: &b}, "revoked")
	p.at(1)
	if p.w != nil {
		t.Error("it writes to what is no terminal")
	}
	p.w = &b
	p.at(2)
	if b.Len() > 0 {
		t.Errorf("at once: got %q", b.String())
	}
	now = now.Add(time.Second)
	p.at(3)
	p.at(4)
	p.end()
	if got, want := b.String(), "\r3 revoked\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A person who gives up must not have to wait for a read that never returns.
func TestReadIsInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	_, err = (&app{stdin: r}).readLine(ctx, 10)
	if err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Errorf("got error %v", err)
	}
}

func TestReadLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"0123456789\nrest": "0123456789",
		"0123456789\r\n":   "0123456789",
		"no line break":    "",
		"0123456789a":      "",
		"short":            "short",
	} {
		got, err := (&app{stdin: strings.NewReader(text)}).readLine(t.Context(), 10)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v", text, got, err)
		}
	}
}
