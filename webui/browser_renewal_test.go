package webui_test

import (
	"io"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

func tokenRenewsItself(t *testing.T, b browser) {
	s := newSite(t, false, hasty)
	p := b.profile(t, s, "en")
	p.signIn()
	p.wait(`(window.first ??= document.querySelector("#life").value) > document.querySelector("#life").value`)
	p.wait(`/^0:0[12]$/.test(document.querySelector("#left").textContent)`)
	p.wait(`Number(document.querySelector("#renewals").dataset.count) >= 2`)
	if got := s.sessions(t)[0].Generation; got < 2 {
		t.Errorf("got generation %d after two renewals, want the token rotated", got)
	}
	if got := p.value(`[...Object.values(localStorage), ...Object.values(sessionStorage)].join()`); got != "" {
		t.Errorf("got %q in the storage of the page, want nothing", got)
	}
}

func reloadStaysSignedIn(t *testing.T, b browser) {
	p := b.profile(t, newSite(t, false, strict), "en")
	p.signIn()
	for range 3 {
		p.reload()
		p.waitDashboard(personName)
	}
}

func loginPageGoesOn(t *testing.T, b browser) {
	p := b.profile(t, newSite(t, false, nil), "en")
	p.signIn()
	p.open("/login")
	p.waitDashboard(personName)
}

func twoTabsStaySignedIn(t *testing.T, b browser) {
	s := newSite(t, false, hasty)
	one := b.profile(t, s, "en")
	one.signIn()
	two := one.sibling()
	two.open("/dashboard")
	two.waitDashboard(personName)
	for _, p := range []*tab{one, two} {
		p.wait(`Number(document.querySelector("#renewals").dataset.count) >= 2`)
	}
	if got := len(s.sessions(t)); got != 1 {
		t.Errorf("got %d sessions, want both tabs in one", got)
	}
}

func hiddenTabRests(t *testing.T, b browser) {
	s := newSite(t, false, hasty)
	one := b.profile(t, s, "en")
	one.signIn()
	two := one.sibling(chromedp.WithNewWindow(false))
	two.open("/dashboard")
	two.waitDashboard(personName)
	one.wait(`document.hidden`)
	two.wait(`Number(document.querySelector("#renewals").dataset.count) >= 1`) // what was under way is over
	count := one.value(`document.querySelector("#renewals").dataset.count`)
	two.wait(`Number(document.querySelector("#renewals").dataset.count) >= 2`)
	if got := one.value(`document.querySelector("#renewals").dataset.count`); got != count {
		t.Errorf("got %s renewals in a hidden tab, want %s as before", got, count)
	}
	_, err := chromedp.Call(one.ctx, page.BringToFront, cdp.Empty{})
	must(t, err)
	one.wait(`!document.hidden && document.querySelector("#renewals").dataset.count !== "` + count + `"`)
}

// reloadDuringRefresh loses the answer of a refresh that the server carried out.
func reloadDuringRefresh(t *testing.T, b browser) {
	s := newSite(t, false, strict)
	p := b.profile(t, s, "en")
	p.signIn()
	arrived, leave := make(chan struct{}, 8), make(chan struct{})
	restore := s.failWith("/auth/refresh", func(w http.ResponseWriter, r *http.Request) {
		s.inner.ServeHTTP(nowhere{http.Header{}}, r)
		arrived <- struct{}{}
		<-leave
		panic(http.ErrAbortHandler)
	})
	p.click("#renew")
	<-arrived
	restore()
	close(leave)
	p.reload()
	p.waitDashboard(personName)
}

// cookieGoesBack does what a late answer can do to a cookie, while a refresh of
// the newest generation is under way: the page then needs the key of the one
// before.
func cookieGoesBack(t *testing.T, b browser) {
	s := newSite(t, false, strict)
	p := b.profile(t, s, "en")
	p.signIn()
	token, hint := p.cookie("__Host-renewd"), p.cookie("__Host-renewd_hint")
	p.click("#renew")
	p.wait(`Number(/_hint=(\d+)/.exec(document.cookie)[1]) > ` + hint.Value)
	busy := make(chan struct{}, 8)
	restore := s.failWith("/auth/refresh", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		busy <- struct{}{}
	})
	p.click("#renew")
	<-busy
	for _, c := range []*network.Cookie{token, hint} {
		_, err := chromedp.Call(p.ctx, network.SetCookie, network.SetCookieParams{
			Name: c.Name, Value: c.Value, URL: s.url, Path: c.Path, Secure: &c.Secure, HTTPOnly: &c.HTTPOnly, SameSite: c.SameSite,
		})
		must(t, err)
	}
	if got := p.cookie("__Host-renewd").Value; got != token.Value {
		t.Fatal("the cookie did not go back")
	}
	restore()
	p.reload()
	p.waitDashboard(personName)
}

// nowhere loses what is written to it.
type nowhere struct{ header http.Header }

func (n nowhere) Header() http.Header         { return n.header }
func (n nowhere) WriteHeader(int)             {}
func (n nowhere) Write(b []byte) (int, error) { return len(b), nil }

func keepsSession(t *testing.T, b browser, toast string, answer http.HandlerFunc) {
	s := newSite(t, false, hasty)
	p := b.profile(t, s, "en")
	p.signIn()
	restore := s.failWith("/auth/refresh", answer)
	p.waitFor("#status", toast)
	p.waitFor("#left", "expired")
	p.wait(`location.pathname === "/dashboard"`)
	restore()
	p.wait(`document.querySelector("#status").innerText === "" && document.querySelector("#left").textContent !== "expired"`)
}

func busyServerKeepsSession(t *testing.T, b browser) {
	keepsSession(t, b, "You stay signed in", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusServiceUnavailable)
		io.WriteString(w, `{"status":503,"code":"unavailable","detail":"busy"}`)
	})
}

// strangersAnswerKeepsSession is what a proxy or a network that wants its terms
// accepted may answer in the server's place.
func strangersAnswerKeepsSession(t *testing.T, b browser) {
	answers := []struct {
		status int
		body   string
	}{
		{http.StatusOK, "<p>Accept our terms</p>"},
		{http.StatusUnauthorized, "<p>Sign in to the proxy</p>"},
		{http.StatusForbidden, "{}"},
		{http.StatusNotFound, `{"code":404}`},
	}
	var next atomic.Int64
	keepsSession(t, b, "You stay signed in", func(w http.ResponseWriter, _ *http.Request) {
		a := answers[int(next.Add(1))%len(answers)]
		w.WriteHeader(a.status)
		io.WriteString(w, a.body)
	})
}

// solvesItself has the server refuse the first tries of a refresh, and expects
// the page to go on without a word.
func solvesItself(t *testing.T, b browser, refusals int64, status int, problem string) {
	s := newSite(t, false, nil)
	p := b.profile(t, s, "en")
	p.signIn()
	var tries atomic.Int64
	s.failWith("/auth/refresh", func(w http.ResponseWriter, r *http.Request) {
		if tries.Add(1) > refusals {
			s.inner.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(status)
		io.WriteString(w, problem)
	})
	p.do(chromedp.Evaluate[chromedp.Void](`window.said = "";
		new MutationObserver(() => { said += document.querySelector("#status").textContent; })
			.observe(document.querySelector("#status"), { childList: true, characterData: true, subtree: true })`))
	p.click("#renew")
	p.wait(`document.querySelector("#renewals").dataset.count === "1"`)
	if got := p.value(`said`); got != "" {
		t.Errorf("got the message %q for what solved itself, want none", got)
	}
}

func conflictIsTriedAgain(t *testing.T, b browser) {
	solvesItself(t, b, 2, http.StatusConflict, `{"status":409,"code":"conflict","detail":"later"}`)
}

// signInOverSession is what a refresh sees when a sign-in in another tab was
// faster: its session is over, and the cookie is of the next one.
func signInOverSession(t *testing.T, b browser) {
	solvesItself(t, b, 1, http.StatusUnauthorized, `{"status":401,"code":"session_revoked","detail":"over"}`)
}

func refusedTokenIsRenewedOnce(t *testing.T, b browser) {
	s := newSite(t, false, nil)
	p := b.profile(t, s, "en")
	p.signIn()
	var calls atomic.Int64
	restore := s.failWith("/auth/sessions", func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusUnauthorized)
		io.WriteString(w, `{"status":401,"code":"invalid_token","detail":"No."}`)
	})
	// Each time: the list, one renewal more, and the list once more.
	for _, renewals := range []string{"2", "4"} {
		p.click("#renew")
		p.wait(`Number(document.querySelector("#renewals").dataset.count) >= ` + renewals)
		p.waitFor("#status", "No.")
	}
	if n, renewals := calls.Load(), p.value(`document.querySelector("#renewals").dataset.count`); n != 4 || renewals != "4" {
		t.Errorf("got %d calls and %s renewals over an API that refuses every token, want 4 and 4: no loop", n, renewals)
	}
	restore()
	p.reload()
	p.waitDashboard(personName)
}
