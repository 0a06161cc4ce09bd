package webui_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/renewd/renewd/internal/testenv"
)

// patience bounds every wait; a wait that is met ends at once.
const patience = 60 * time.Second

// browser is one running browser. Its profiles share nothing.
type browser struct{ ctx context.Context }

func startBrowser(t *testing.T) browser {
	t.Helper()
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(testenv.Browser(t)),
		chromedp.UserDataDir(t.TempDir()),
		chromedp.NoSandbox,
		chromedp.Flag("headless", "new"),
	}
	for _, flag := range []string{
		"disable-gpu", "disable-quic", "no-first-run", "disable-background-networking", "disable-component-update",
		"disable-sync", "disable-dev-shm-usage", "disable-background-timer-throttling", "hide-scrollbars",
	} {
		options = append(options, chromedp.Flag(flag, true))
	}
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, closeBrowser := chromedp.NewContext(ctx)
	t.Cleanup(closeBrowser)
	must(t, chromedp.Do(ctx))
	return browser{ctx}
}

// tab is a tab of a profile. Its methods end the test when what they wait for
// does not come.
type tab struct {
	t    *testing.T
	ctx  context.Context
	site *site
}

// profile opens a tab that shares cookies with none before.
func (b browser) profile(t *testing.T, s *site, language string) *tab {
	t.Helper()
	return newTab(t, b.ctx, s, language, chromedp.WithNewBrowserContext())
}

// sibling opens another tab of the same profile.
func (p *tab) sibling(options ...chromedp.ContextOption) *tab {
	p.t.Helper()
	return newTab(p.t, p.ctx, p.site, "en", options...)
}

func newTab(t *testing.T, parent context.Context, s *site, language string, options ...chromedp.ContextOption) *tab {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(parent, options...)
	t.Cleanup(closeTab)
	p := &tab{t, ctx, s}
	must(t, chromedp.Listen(ctx, p.noticeMistakes))
	agent, err := chromedp.Run(ctx, chromedp.Evaluate[string]("navigator.userAgent"))
	must(t, err)
	_, err = chromedp.Call(ctx, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{
		UserAgent: strings.ReplaceAll(agent, "Headless", ""), AcceptLanguage: language,
	})
	must(t, err)
	return p
}

// noticeMistakes fails the test for what a page gets wrong behind its looks, such
// as a script that its policy blocks. An answer of an error status is not a
// mistake of the page.
func (p *tab) noticeMistakes(event any) {
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		p.t.Errorf("a page threw: %s %v", e.ExceptionDetails.Text, e.ExceptionDetails.Exception)
	case *log.EventEntryAdded:
		if e.Entry.Level == "error" && e.Entry.Source != "network" {
			p.t.Errorf("a page was reported: %s: %s", e.Entry.Source, e.Entry.Text)
		}
	}
}

func (p *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatalf("%v; the page shows:\n%s", err, p.text())
	}
}

func (p *tab) open(path string) { p.t.Helper(); p.do(chromedp.Navigate(p.site.url + path)) }
func (p *tab) reload()          { p.t.Helper(); p.do(chromedp.Reload()) }
func (p *tab) back()            { p.t.Helper(); p.do(chromedp.NavigateBack()) }
func (p *tab) click(css string) { p.t.Helper(); p.do(chromedp.Click(chromedp.CSS(css))) }
func (p *tab) keys(keys string) { p.t.Helper(); p.do(chromedp.KeyEvent(keys)) }

// fill replaces what a field holds, as by pasting.
func (p *tab) fill(id, value string) {
	p.t.Helper()
	p.do(chromedp.Evaluate[chromedp.Void](`document.getElementById("` + id + `").select()`))
	_, err := chromedp.Call(p.ctx, input.InsertText, input.InsertTextParams{Text: value})
	must(p.t, err)
}

// wait returns as soon as a JavaScript condition holds, through navigations too.
func (p *tab) wait(condition string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	script := `new Promise((met) => {
		const look = () => {
			let now = false;
			try { now = (` + condition + `); } catch {}
			now ? met(true) : setTimeout(look, 10);
		};
		look();
	})`
	for ctx.Err() == nil {
		if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](script, chromedp.EvalAwaitPromise)); err == nil {
			return
		}
	}
	p.t.Fatalf("waited in vain for %s; %s shows:\n%s", condition, p.value("location.href"), p.text())
}

// waitFor waits until the element's text contains a part.
func (p *tab) waitFor(css, part string) {
	p.t.Helper()
	p.wait(`document.querySelector(` + strconv.Quote(css) + `)?.innerText.includes(` + strconv.Quote(part) + `)`)
}

func (p *tab) waitPath(path string) {
	p.t.Helper()
	p.wait(`location.pathname === "` + path + `" && document.readyState === "complete"`)
}

// value returns what a JavaScript expression is, as a string.
func (p *tab) value(expression string) string {
	p.t.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](`String(`+expression+`)`))
	if err != nil {
		p.t.Errorf("%s: %v", expression, err)
	}
	return v
}

func (p *tab) text() string {
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[string]("document.body?.innerText ?? ''"))
	if err != nil {
		return err.Error()
	}
	return v
}

// signIn goes through the login page as the person of the site.
func (p *tab) signIn() {
	p.t.Helper()
	p.open("/login")
	p.fill("username", personName)
	p.fill("password", personPassword)
	p.click("#submit")
	p.waitDashboard(personName)
}

func (p *tab) waitDashboard(name string) {
	p.t.Helper()
	p.wait(`location.pathname === "/dashboard" && document.querySelector("#sessions li[data-id]") !== null`)
	p.waitFor("#who", name)
}

// cookie returns a cookie of the profile, HttpOnly ones included.
func (p *tab) cookie(name string) *network.Cookie {
	p.t.Helper()
	all, err := chromedp.Call(p.ctx, network.GetCookies, network.GetCookiesParams{URLs: []string{p.site.url}})
	must(p.t, err)
	for _, c := range all.Cookies {
		if c.Name == name {
			return c
		}
	}
	p.t.Fatal(errors.New("no cookie " + name))
	return nil
}

// look sets the size and the colours of what the page is shown on.
func (p *tab) look(width int64, scheme string) {
	p.t.Helper()
	p.do(chromedp.EmulateViewport(width, 800))
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	must(p.t, err)
}

// picture writes a screenshot where RENEWD_TEST_SCREENSHOTS says, if it does.
func (p *tab) picture(name string) {
	p.t.Helper()
	dir := os.Getenv("RENEWD_TEST_SCREENSHOTS")
	if dir == "" {
		return
	}
	shot, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
	must(p.t, err)
	must(p.t, os.MkdirAll(dir, 0o755))
	must(p.t, os.WriteFile(filepath.Join(dir, name+".png"), shot, 0o644))
}
