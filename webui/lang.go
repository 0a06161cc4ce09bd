package webui

import (
	"fmt"
	"strings"

	"golang.org/x/text/language"
)

// lang is a language that the pages speak, as a BCP 47 tag.
type lang string

const (
	english lang = "en"
	korean  lang = "ko"
)

// langs has the fallback first.
var langs = []lang{english, korean}

var langMatcher = language.NewMatcher([]language.Tag{language.English, language.Korean})

// maxAcceptLanguageBytes is far above what browsers send; parsing costs more
// the longer the header is.
const maxAcceptLanguageBytes = 512

// preferredLang returns the language that fits an Accept-Language header best
// (RFC 9110, Section 12.5.4): English when none does.
func preferredLang(header string) lang {
	if len(header) > maxAcceptLanguageBytes {
		return langs[0]
	}
	tags, _, err := language.ParseAcceptLanguage(header)
	if err != nil {
		return langs[0]
	}
	_, i, _ := langMatcher.Match(tags...)
	return langs[i]
}

// textOf returns the text with this key.
func textOf(key string, l lang) (string, error) {
	t, ok := texts[key]
	if !ok {
		return "", fmt.Errorf("no text %q", key)
	}
	return t.in(l), nil
}

// scriptTexts returns the texts that scripts show, without their prefix.
func scriptTexts(l lang) map[string]string {
	out := make(map[string]string)
	for key, t := range texts {
		if name, ok := strings.CutPrefix(key, "script."); ok {
			out[name] = t.in(l)
		}
	}
	return out
}
