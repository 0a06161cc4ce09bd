// Package webui serves the pages for people: /login, /dashboard and /setup.
//
// It owns their HTML, their texts in English and Korean, and the assets they
// load. The pages talk to renewd's own API from the browser; this package knows
// no session, keeps no state, and imports neither engines nor package httpapi.
package webui

import "embed"

// What dist holds is built from src and committed, so that nobody needs a build
// step to run renewd.
//
//go:generate go tool esbuild src/app.ts src/app.css src/icon.svg --bundle --minify --format=esm --target=chrome111,firefox115,safari16.4 --charset=utf8 --legal-comments=none --loader:.svg=copy --outdir=dist --log-level=warning

//go:embed dist/app.css dist/app.js dist/icon.svg
var dist embed.FS

//go:embed templates/*.html
var templates embed.FS
