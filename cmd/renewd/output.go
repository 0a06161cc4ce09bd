package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
)

// writeJSON prints one document.
func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// table prints rows in columns.
type table struct{ w *tabwriter.Writer }

func newTable(w io.Writer, head ...string) table {
	t := table{tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)}
	if len(head) > 0 {
		t.row(head...)
	}
	return t
}

func (t table) row(cells ...string) {
	for i, c := range cells {
		cells[i] = printable(c)
	}
	fmt.Fprintln(t.w, strings.TrimRight(strings.Join(cells, "\t"), "\t"))
}

func (t table) flush() error { return t.w.Flush() }

// printable replaces what could steer a terminal: names and user agents come
// from strangers.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// shown is a time for people: local, to the second, or a dash.
func shown(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format(time.RFC3339)
}

// jsonTime is a time for programs: UTC, or null.
func jsonTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// listing prints a list of any length as it comes, as a table or as one JSON
// array.
type listing struct {
	w     io.Writer
	json  bool
	table table
	count int
}

func newListing(w io.Writer, asJSON bool, head ...string) *listing {
	l := &listing{w: w, json: asJSON}
	if !asJSON {
		l.table = newTable(w, head...)
	}
	return l
}

// add prints one item: v for programs, cells for people.
func (l *listing) add(v any, cells ...string) error {
	l.count++
	if !l.json {
		l.table.row(cells...)
		return nil
	}
	text, err := json.MarshalIndent(v, "  ", "  ")
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	start := ",\n  "
	if l.count == 1 {
		start = "[\n  "
	}
	_, err = fmt.Fprintf(l.w, "%s%s", start, text)
	return err
}

func (l *listing) close() error {
	if !l.json {
		return l.table.flush()
	}
	end := "\n]\n"
	if l.count == 0 {
		end = "[]\n"
	}
	_, err := io.WriteString(l.w, end)
	return err
}
