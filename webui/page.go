package webui

import (
	"bytes"
	"fmt"
	"html/template"
)

// pageNames are the pages: the last part of their paths and the names of their
// templates.
var pageNames = []string{"login", "dashboard", "setup"}

// pageData is what a template sees.
type pageData struct {
	Page   string
	Lang   lang
	Name   string            // what the service is called
	Script map[string]string // the texts that scripts show
}

// renderPage renders one page in every language.
func renderPage(name, serviceName string, assets map[string]asset) (page, error) {
	rendered := make(page, len(langs))
	for _, l := range langs {
		data := pageData{Page: name, Lang: l, Name: serviceName, Script: scriptTexts(l)}
		html, err := execute(data, assets)
		if err != nil {
			return nil, fmt.Errorf("in %s: %w", l, err)
		}
		rendered[l] = html
	}
	return rendered, nil
}

// execute fails on a text or an asset that does not exist, so that a page with
// a hole in it is never served.
func execute(data pageData, assets map[string]asset) ([]byte, error) {
	funcs := template.FuncMap{
		"t": func(key string) (string, error) { return textOf(key, data.Lang) },
		"asset": func(name string) (string, error) {
			a, ok := assets[name]
			if !ok {
				return "", fmt.Errorf("no asset %q", name)
			}
			return a.path, nil
		},
	}
	t, err := template.New("layout.html").Funcs(funcs).
		ParseFS(templates, "templates/layout.html", "templates/"+data.Page+".html")
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, data)
	return b.Bytes(), err
}
