package main

import (
	"context"
	"io"
	"log/slog"

	"github.com/renewd/renewd"
	"github.com/renewd/renewd/internal/settings"
)

func newLogger(w io.Writer, s *settings.Settings) *slog.Logger {
	options := &slog.HandlerOptions{Level: s.LogLevel}
	if s.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// eventLog writes events to the log.
type eventLog struct{ log *slog.Logger }

// RecordEvent implements [renewd.EventRecorder].
func (l eventLog) RecordEvent(ctx context.Context, e renewd.Event) {
	level := eventLevel(e)
	if !l.log.Enabled(ctx, level) {
		return
	}
	l.log.LogAttrs(ctx, level, string(e.Type), eventAttrs(e)...)
}

// eventLevel keeps what every refresh leads to out of the log, and lifts out
// what somebody should look at.
func eventLevel(e renewd.Event) slog.Level {
	switch e.Type {
	case renewd.EventSessionRenewed:
		return slog.LevelDebug
	case renewd.EventSessionReplayed:
		if e.SameAttempt {
			return slog.LevelDebug
		}
	case renewd.EventTokenReuse, renewd.EventSessionRecovered:
		return slog.LevelWarn
	}
	return slog.LevelInfo
}

func eventAttrs(e renewd.Event) []slog.Attr {
	var attrs []slog.Attr
	text := func(key, value string) {
		if value != "" {
			attrs = append(attrs, slog.String(key, value))
		}
	}
	if !e.Session.IsZero() {
		text("session", e.Session.String())
	}
	text("subject", e.Subject)
	text("reason", string(e.Reason))
	if e.Count > 1 {
		attrs = append(attrs, slog.Int("count", e.Count))
	}
	if e.Presented > 0 {
		attrs = append(attrs, slog.Uint64("presented", e.Presented), slog.Bool("same_attempt", e.SameAttempt))
	}
	if e.Head > 0 {
		attrs = append(attrs, slog.Uint64("head", e.Head))
	}
	if e.Age > 0 {
		attrs = append(attrs, slog.Duration("age", e.Age))
	}
	text("address", e.Address)
	text("user_agent", e.UserAgent)
	return attrs
}
