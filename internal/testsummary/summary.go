package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// event is a line of go test -json, of a test or of a build.
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
}

// line is a line of output, and the test that wrote it; the package itself when
// test is empty.
type line struct{ test, text string }

// pkg is a package whose tests are still running.
type pkg struct {
	lines   []line
	ended   map[string]string // how each test ended that did: pass, fail or skip
	failing int
}

// summary reads events and writes what people want to see of them.
type summary struct {
	out            io.Writer
	running        map[string]*pkg
	notes          []string // what was not tested, each once
	passed, failed int
}

func newSummary(out io.Writer) *summary {
	return &summary{out: out, running: map[string]*pkg{}}
}

// read takes events until the end of r. What is no event is shown as it is.
func (s *summary) read(r io.Reader) error {
	lines := bufio.NewReader(r)
	for {
		text, err := lines.ReadBytes('\n')
		if len(text) > 0 {
			var e event
			if json.Unmarshal(text, &e) == nil && e.Action != "" {
				s.take(e)
			} else {
				fmt.Fprintf(s.out, "%s", text)
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (s *summary) take(e event) {
	if e.Package == "" {
		fmt.Fprint(s.out, e.Output)
		return
	}
	p := s.running[e.Package]
	if p == nil {
		p = &pkg{ended: map[string]string{}}
		s.running[e.Package] = p
	}
	switch e.Action {
	case "output":
		p.lines = append(p.lines, line{e.Test, e.Output})
	case "pass", "fail", "skip":
		if e.Test != "" {
			s.endTest(p, e)
		} else {
			s.endPackage(e.Package, e.Action)
		}
	}
}

func (s *summary) endTest(p *pkg, e event) {
	p.ended[e.Test] = e.Action
	switch e.Action {
	case "pass":
		s.passed++
	case "fail":
		s.failed++
		p.failing++
	case "skip":
		if note := p.reason(e); !slices.Contains(s.notes, note) {
			s.notes = append(s.notes, note)
		}
	}
}

var notTested = regexp.MustCompile(`not tested: .*`)

// reason is what a skipped test said last.
func (p *pkg) reason(e event) string {
	for _, l := range slices.Backward(p.lines) {
		if note := notTested.FindString(l.text); l.test == e.Test && note != "" {
			return note
		}
	}
	return fmt.Sprintf("not tested: %s of %s; it does not say why", e.Test, e.Package)
}

// endPackage shows a package as go test without -v does.
func (s *summary) endPackage(name, action string) {
	p := s.running[name]
	delete(s.running, name)
	if action == "fail" && p.failing == 0 {
		s.failed++ // it did not build, or ended outside a test
	}
	for _, l := range p.lines {
		if p.shows(l, action) {
			fmt.Fprint(s.out, l.text)
		}
	}
}

func (p *pkg) shows(l line, action string) bool {
	switch {
	case action != "fail":
		return l.test == "" && (strings.HasPrefix(l.text, "ok ") || strings.HasPrefix(l.text, "? "))
	case strings.HasPrefix(l.text, "=== "):
		return false
	}
	// A test without an end is the one that took the package down.
	return p.ended[l.test] != "pass" && p.ended[l.test] != "skip"
}

// finish shows the packages that never ended, what was not tested, and the count
// of tests and subtests.
func (s *summary) finish() {
	for _, name := range slices.Sorted(maps.Keys(s.running)) {
		s.endPackage(name, "fail")
	}
	for _, n := range s.notes {
		fmt.Fprintln(s.out, n)
	}
	fmt.Fprintf(s.out, "%d passed, %d failed\n", s.passed, s.failed)
}
