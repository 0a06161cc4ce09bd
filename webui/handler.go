package webui

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Config is what [New] needs. Its zero value works.
type Config struct {
	// Name is what the pages call the service: at most 64 characters without
	// control characters; "renewd" when empty.
	Name string
}

const (
	defaultName       = "renewd"
	maxNameCharacters = 64
)

func (c Config) validate() error {
	switch {
	case !utf8.ValidString(c.Name), strings.ContainsFunc(c.Name, unicode.IsControl):
		return errors.New("webui: Name must be valid UTF-8 without control characters")
	case utf8.RuneCountInString(c.Name) > maxNameCharacters:
		return fmt.Errorf("webui: Name must be at most %d characters", maxNameCharacters)
	}
	return nil
}

// New returns a handler for GET and HEAD of /login, /dashboard, /setup and
// /assets/. Every page and every asset is made here, so that a request only
// copies bytes. The handler expects renewd's own API below /auth of the same
// origin. It is safe for concurrent use.
//
// It fails when cfg is out of its bounds.
func New(cfg Config) (http.Handler, error) {
	if cfg.Name == "" {
		cfg.Name = defaultName
	}
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	assets, err := loadAssets()
	if err != nil {
		return nil, fmt.Errorf("load assets: %w", err)
	}
	mux := http.NewServeMux()
	for _, a := range assets {
		mux.Handle("GET "+a.path, a)
	}
	for _, name := range pageNames {
		p, err := renderPage(name, cfg.Name, assets)
		if err != nil {
			return nil, fmt.Errorf("render page %s: %w", name, err)
		}
		mux.Handle("GET /"+name, p)
	}
	return secure(mux), nil
}

// contentSecurityPolicy lets a page load and call its own origin and nothing
// else. Forms are sent by script only: should the script be missing, a password
// goes nowhere.
var contentSecurityPolicy = strings.Join([]string{
	"default-src 'none'",
	"script-src 'self'",
	"style-src 'self'",
	"connect-src 'self'",
	"img-src 'self'",
	"form-action 'none'",
	"frame-ancestors 'none'",
	"base-uri 'none'",
	"require-trusted-types-for 'script'",
	"trusted-types 'none'",
}, "; ")

// secure sets the headers that every answer carries, errors included.
func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentSecurityPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// page is one page in every language.
type page map[lang][]byte

func (p page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l := preferredLang(r.Header.Get("Accept-Language"))
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", string(l))
	h.Add("Vary", "Accept-Language")
	w.Write(p[l])
}

// asset is a file that pages load. Its path changes with its content, so that a
// browser may keep it for good and still never shows a stale one.
type asset struct {
	path        string
	contentType string
	content     []byte
}

func (a asset) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", a.contentType)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Write(a.content)
}

// assetTypes is a table because what package mime answers depends on the machine.
var assetTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

// loadAssets returns the embedded assets by their names in dist.
func loadAssets() (map[string]asset, error) {
	files, err := fs.Glob(dist, "dist/*")
	if err != nil {
		return nil, err
	}
	assets := make(map[string]asset, len(files))
	for _, file := range files {
		content, err := dist.ReadFile(file)
		if err != nil {
			return nil, err
		}
		name, ext := path.Base(file), path.Ext(file)
		sum := sha256.Sum256(content)
		assets[name] = asset{
			path:        "/assets/" + strings.TrimSuffix(name, ext) + "-" + hex.EncodeToString(sum[:8]) + ext,
			contentType: assetTypes[ext],
			content:     bytes.Clone(content),
		}
	}
	return assets, nil
}
