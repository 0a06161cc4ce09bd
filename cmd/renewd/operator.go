package main

import (
	"context"
	"net"
	"net/http"
	"net/http/pprof"
	"slices"
	"time"
)

// operatorHandler serves health and profiles to whoever runs the server. There
// is no sign-in: the listener is on loopback, and the Host header is checked, so
// that a page in the operator's browser cannot reach it under a name of its own.
func operatorHandler(ready func(context.Context) error, hosts []string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answerPlain(w, http.StatusOK, "ok")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
		defer cancel()
		if err := ready(ctx); err != nil {
			answerPlain(w, http.StatusServiceUnavailable, "not ready: "+err.Error())
			return
		}
		answerPlain(w, http.StatusOK, "ready")
	})
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return onlyHosts(mux, hosts)
}

func answerPlain(w http.ResponseWriter, status int, text string) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n"))
}

func withoutPort(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		return h
	}
	return host
}

// onlyHosts answers requests to an address or to one of the names, and none that a
// page of another site makes. A name that somebody else owns can be made to point
// here; an address cannot.
func onlyHosts(next http.Handler, names []string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := withoutPort(r.Host)
		if net.ParseIP(host) == nil && !slices.Contains(names, host) {
			answerPlain(w, http.StatusMisdirectedRequest, "this listener does not answer for the name in the Host header: use its address")
			return
		}
		if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
			answerPlain(w, http.StatusForbidden, "this listener does not answer pages of other sites")
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}
