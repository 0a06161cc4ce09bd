package webui_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/renewd/renewd"
	"github.com/renewd/renewd/store"
)

func signOneOut(t *testing.T, b browser) {
	s := newSite(t, false, hasty)
	one, two := b.profile(t, s, "en"), b.profile(t, s, "en")
	two.signIn()
	one.signIn()
	one.wait(`document.querySelectorAll("#sessions li").length === 2`)
	one.waitFor("#sessions li:first-child", "This device")
	one.waitFor("#sessions li:first-child", "Chrome")
	one.waitFor("#sessions li:last-child .address", "127.0.0.1")
	one.click("#sessions li:last-child button")
	one.waitFor("#status", "is signed out")
	one.wait(`document.querySelectorAll("#sessions li").length === 1 && document.activeElement.id === "sessions-title"`)
	two.waitFor("#notice", "signed out from elsewhere")
	one.wait(`Number(document.querySelector("#renewals").dataset.count) >= 1`)
}

func signOut(t *testing.T, b browser) {
	s := newSite(t, false, nil)
	p := b.profile(t, s, "en")
	p.signIn()
	p.open("/dashboard?again")
	p.waitDashboard(personName)
	p.click("#sign-out")
	p.waitFor("#notice", "You are signed out.")
	p.wait(`location.href.endsWith("/login")`)
	if n := len(s.sessions(t)); n != 0 {
		t.Errorf("got %d sessions after signing out, want 0", n)
	}
	p.back()
	p.wait(`location.pathname !== "/dashboard"`)
	if got := p.text(); strings.Contains(got, personName) {
		t.Errorf("going back after signing out shows:\n%s", got)
	}
}

func signOutReachesOtherTab(t *testing.T, b browser) {
	one := b.profile(t, newSite(t, false, nil), "en")
	one.signIn()
	two := one.sibling()
	two.open("/dashboard")
	two.waitDashboard(personName)
	one.click("#sign-out")
	two.waitFor("#notice", "You are signed out.")
}

func signOutWithoutServer(t *testing.T, b browser) {
	s := newSite(t, false, nil)
	p := b.profile(t, s, "en")
	p.signIn()
	restore := s.failWith("/auth/logout", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	p.click("#sign-out")
	p.waitFor("#status", "cannot be reached")
	restore()
	p.click("#sign-out")
	p.waitFor("#notice", "You are signed out.")
}

func signOutEverywhere(t *testing.T, b browser) {
	s := newSite(t, false, hasty)
	one, two := b.profile(t, s, "en"), b.profile(t, s, "ko")
	two.signIn()
	one.signIn()
	one.click("#sign-out-all")
	one.click("#confirm [value=cancel]")
	one.wait(`!document.querySelector("#confirm").open`)
	if n := len(s.sessions(t)); n != 2 {
		t.Errorf("got %d sessions after cancelling, want 2", n)
	}
	one.click("#sign-out-all")
	one.click("#confirm [value=sign-out]")
	one.waitFor("#notice", "You are signed out everywhere.")
	two.waitFor("#notice", "로그아웃했거나")
	if n := len(s.sessions(t)); n != 0 {
		t.Errorf("got %d sessions, want 0", n)
	}
}

func anotherPersonInAnotherTab(t *testing.T, b browser) {
	s := newSite(t, false, hasty)
	s.add(t, "jun")
	one := b.profile(t, s, "en")
	one.open("/login")
	two := one.sibling()
	two.open("/login")
	one.signIn()
	one.do(chromedp.Evaluate[chromedp.Void](`window.before = true`))
	two.fill("username", "jun")
	two.fill("password", personPassword)
	two.click("#submit")
	two.waitDashboard("jun")
	one.waitDashboard("jun")
	one.wait(`window.before === undefined`)
	if got := s.sessions(t); len(got) != 1 || got[0].Username != "jun" {
		t.Errorf("got the sessions %+v, want the one of the last sign-in", got)
	}
}

func sessionRevokedElsewhere(t *testing.T, b browser) {
	s := newSite(t, false, hasty)
	p := b.profile(t, s, "en")
	p.signIn()
	_, err := s.manager.Revoke(t.Context(), s.sessions(t)[0].ID, store.ReasonOperator)
	must(t, err)
	p.waitFor("#notice", "signed out from elsewhere, or by an administrator")
	p.wait(`location.href.endsWith("/login")`)
	p.reload()
	p.wait(`document.querySelector("#notice").innerText === ""`)
}

// sessionEndedByReuse has a thief use a token that the page has replaced.
func sessionEndedByReuse(t *testing.T, b browser) {
	s := newSite(t, false, strict)
	p := b.profile(t, s, "en")
	p.signIn()
	stolen := p.cookie("__Host-renewd").Value
	p.wait(`Number(/_hint=(\d+)/.exec(document.cookie)[1]) > ` + p.cookie("__Host-renewd_hint").Value)
	if _, err := s.manager.Refresh(t.Context(), renewd.RefreshRequest{RefreshToken: stolen, Mode: renewd.ModeCookie}); err == nil {
		t.Fatal("the replaced token was accepted")
	}
	p.waitFor("#notice", "used twice")
}

func sessionExpired(t *testing.T, b browser) {
	s := newSite(t, false, hasty)
	p := b.profile(t, s, "en")
	p.signIn()
	s.ahead.Store(int64(8 * 24 * time.Hour))
	p.waitFor("#notice", "expired")
}
