package httpapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"runtime"
	"runtime/debug"
)

// recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	status int // 0 until the header section is written
	bytes  int64
}

// Unwrap lets [http.ResponseController] reach the connection.
func (rec *recorder) Unwrap() http.ResponseWriter { return rec.ResponseWriter }

// WriteHeader implements [http.ResponseWriter].
func (rec *recorder) WriteHeader(status int) {
	if rec.status == 0 && status >= http.StatusOK {
		rec.status = status
	}
	rec.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (rec *recorder) Write(b []byte) (int, error) {
	if rec.status == 0 {
		rec.status = http.StatusOK
	}
	n, err := rec.ResponseWriter.Write(b)
	rec.bytes += int64(n)
	return n, err
}

// logRequest writes the one line of a request. It has no query, no header field
// and nothing of the body: the route is the pattern that matched.
func (s *server) logRequest(rec *recorder, r *http.Request, x *exchange) {
	attrs := []slog.Attr{
		slog.String("method", knownMethod(r.Method)),
		slog.String("route", r.Pattern),
		slog.Int("status", rec.status),
		slog.String("request_id", x.id),
		slog.String("address", x.addressText()),
		slog.Duration("duration", s.cfg.Now().Sub(x.started)),
		slog.Int64("bytes", rec.bytes),
	}
	if x.code != "" {
		attrs = append(attrs, slog.String("code", string(x.code)))
	}
	if x.cause != nil {
		attrs = append(attrs, slog.String("cause", redact(x.cause.Error())))
	}
	s.cfg.Logger.LogAttrs(context.WithoutCancel(r.Context()), level(rec.status, r.URL.Path), "request", attrs...)
}

func level(status int, path string) slog.Level {
	switch {
	case status == http.StatusServiceUnavailable:
		return slog.LevelWarn
	case status >= http.StatusInternalServerError:
		return slog.LevelError
	case path == healthPath || path == readyPath:
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// knownMethod keeps out of the log what a client made up.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
		http.MethodDelete, http.MethodConnect, http.MethodOptions, http.MethodTrace:
		return method
	}
	return "other"
}

// secretForm matches refresh tokens, setup secrets and JWTs. Errors hold none:
// this is the second line.
var secretForm = regexp.MustCompile(`rnw_[a-z]+_[A-Za-z0-9_-]+|eyJ[A-Za-z0-9_.-]+`)

func redact(s string) string { return secretForm.ReplaceAllString(s, "(redacted)") }

// recoverPanic turns a panic into a clean 500, or ends the connection where the
// answer has begun. The value of a panic may hold anything that the request did,
// so only what the runtime says is logged, and of other values the type; the
// stack holds no values.
func (s *server) recoverPanic(rec *recorder, r *http.Request, x *exchange) {
	v := recover()
	if v == nil {
		return
	}
	if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(http.ErrAbortHandler)
	}
	s.cfg.Logger.LogAttrs(context.WithoutCancel(r.Context()), slog.LevelError, "panic",
		slog.String("request_id", x.id), slog.String("panic", panicText(v)), slog.String("stack", redact(string(debug.Stack()))))
	if rec.status != 0 {
		panic(http.ErrAbortHandler)
	}
	rec.Header().Del("Content-Encoding")
	s.fail(rec, r, errPanic)
}

// errPanic is not in the table of answers, and so becomes an internal error.
var errPanic = errors.New("panic")

func panicText(v any) string {
	if err, ok := v.(runtime.Error); ok {
		return redact(err.Error())
	}
	return fmt.Sprintf("a value of type %T", v)
}
