package webui_test

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"github.com/renewd/renewd"
)

// TestMain lets more tests run at once than there are processors: those in the
// browser mostly wait.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "4"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// TestBrowser drives the pages in a real browser, against a real server.
func TestBrowser(t *testing.T) {
	b := startBrowser(t)
	for _, tc := range []struct {
		name string
		run  func(*testing.T, browser)
	}{
		{"setup creates the administrator", setupCreatesTheAdministrator},
		{"setup refuses a link that was used", setupRefusesUsedLink},
		{"setup refuses a link that expired", setupRefusesExpiredLink},
		{"setup without a link", setupWithoutLink},
		{"wrong password in English", wrongPasswordInEnglish},
		{"wrong password in Korean", wrongPasswordInKorean},
		{"sign-in without a server", signInWithoutServer},
		{"keyboard alone", keyboardAlone},
		{"password can be shown", passwordCanBeShown},
		{"cookie of a browser session", cookieOfBrowserSession},
		{"cookie that is remembered", cookieThatIsRemembered},
		{"anonymous visitors cause no refresh", anonymousVisitors},
		{"token counts down and renews itself", tokenRenewsItself},
		{"reload stays signed in", reloadStaysSignedIn},
		{"login page goes on when signed in", loginPageGoesOn},
		{"two tabs stay signed in", twoTabsStaySignedIn},
		{"hidden tab rests", hiddenTabRests},
		{"reload in the middle of a refresh", reloadDuringRefresh},
		{"cookie goes back by a generation", cookieGoesBack},
		{"busy server keeps the session", busyServerKeepsSession},
		{"stranger's answer keeps the session", strangersAnswerKeepsSession},
		{"conflict is tried again", conflictIsTriedAgain},
		{"sign-in over the session in the middle of a refresh", signInOverSession},
		{"refused access token is renewed once", refusedTokenIsRenewedOnce},
		{"sign one session out", signOneOut},
		{"sign out", signOut},
		{"sign out reaches the other tab", signOutReachesOtherTab},
		{"sign out without a server", signOutWithoutServer},
		{"sign out everywhere", signOutEverywhere},
		{"another person in another tab", anotherPersonInAnotherTab},
		{"session revoked elsewhere", sessionRevokedElsewhere},
		{"session ended by reuse", sessionEndedByReuse},
		{"session expired", sessionExpired},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tc.run(t, b)
		})
	}
}

// hasty renews access tokens every second and a half or so, and rotates each time.
func hasty(p *renewd.Policy) {
	p.AccessTokenLifetime = 2 * time.Second
	p.ReuseInterval = 500 * time.Millisecond
}

// strict leaves nothing to the interval.
func strict(p *renewd.Policy) { hasty(p); p.ReuseInterval = 0 }

func setupCreatesTheAdministrator(t *testing.T, b browser) {
	s := newSite(t, true, nil)
	p := b.profile(t, s, "en")
	p.open("/setup#" + s.setup.Secret())
	p.wait(`location.href.endsWith("/setup")`)
	p.fill("username", "admin-one")
	p.fill("password", personPassword)
	p.fill("repeat", "something else")
	p.click("#submit")
	p.waitFor("#error", "The two passwords are not the same.")
	p.fill("password", personPassword)
	p.fill("repeat", personPassword)
	p.click("#submit")
	p.waitDashboard("admin-one")
	p.waitFor("#roles", "admin")
}

func setupRefusesUsedLink(t *testing.T, b browser) {
	s := newSite(t, true, nil)
	link := "/setup#" + s.setup.Secret()
	for i, want := range []string{"", "There is an account already"} {
		p := b.profile(t, s, "en")
		p.open(link)
		p.fill("username", fmt.Sprintf("admin-%d", i))
		p.fill("password", personPassword)
		p.fill("repeat", personPassword)
		p.click("#submit")
		if want == "" {
			p.waitDashboard("admin-0")
		} else {
			p.waitFor("#error", want)
		}
	}
}

func setupRefusesExpiredLink(t *testing.T, b browser) {
	s := newSite(t, true, nil)
	p := b.profile(t, s, "ko")
	p.open("/setup#" + s.setup.Secret())
	s.ahead.Store(int64(time.Hour))
	p.fill("username", "admin-one")
	p.fill("password", personPassword)
	p.fill("repeat", personPassword)
	p.click("#submit")
	p.waitFor("#error", "링크")
}

func setupWithoutLink(t *testing.T, b browser) {
	p := b.profile(t, newSite(t, true, nil), "en")
	p.open("/setup")
	p.waitFor("h1:not([hidden] h1)", "one-time link")
	p.wait(`document.querySelector("#create").hidden && document.title.startsWith("This page opens")`)
}

func wrongPassword(t *testing.T, b browser, language, want string) {
	p := b.profile(t, newSite(t, false, nil), language)
	p.open("/login")
	p.fill("username", personName)
	p.fill("password", "not the password")
	p.click("#submit")
	p.waitFor("#error", want)
	p.wait(`document.activeElement.id === "password" && document.activeElement.ariaInvalid === "true" && !document.querySelector("#submit").disabled`)
	p.fill("password", personPassword)
	p.click("#submit")
	p.waitDashboard(personName)
}

func wrongPasswordInEnglish(t *testing.T, b browser) {
	wrongPassword(t, b, "en", "password is wrong")
}

func wrongPasswordInKorean(t *testing.T, b browser) {
	wrongPassword(t, b, "ko-KR,ko", "비밀번호")
}

func signInWithoutServer(t *testing.T, b browser) {
	s := newSite(t, false, nil)
	p := b.profile(t, s, "en")
	p.open("/login")
	restore := s.failWith("/auth/login", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	p.fill("username", personName)
	p.fill("password", personPassword)
	p.click("#submit")
	p.waitFor("#error", "cannot be reached")
	restore()
	p.click("#submit")
	p.waitDashboard(personName)
}

func keyboardAlone(t *testing.T, b browser) {
	p := b.profile(t, newSite(t, false, nil), "en")
	p.open("/login")
	p.wait(`document.activeElement.id === "username"`)
	p.keys(personName + kb.Tab + personPassword + kb.Tab + kb.Tab + " ")
	p.wait(`document.querySelector("#remember").checked`)
	p.keys(kb.Tab + kb.Enter)
	p.waitDashboard(personName)
	for range 10 {
		p.keys(kb.Tab)
		if p.value("document.activeElement.id") == "sign-out-all" {
			break
		}
	}
	p.keys(kb.Enter)
	p.wait(`document.querySelector("#confirm").open && document.activeElement.value === "cancel"`)
	p.keys(kb.Escape)
	p.wait(`!document.querySelector("#confirm").open && document.activeElement.id === "sign-out-all"`)
	p.keys(kb.Enter + kb.Tab + kb.Enter)
	p.waitFor("#notice", "signed out everywhere")
}

func passwordCanBeShown(t *testing.T, b browser) {
	p := b.profile(t, newSite(t, false, nil), "en")
	p.open("/login")
	p.click(".reveal")
	p.wait(`document.querySelector("#password").type === "text" && document.querySelector(".reveal").ariaPressed === "true"`)
	p.click(".reveal")
	p.wait(`document.querySelector("#password").type === "password"`)
}

func cookieOfBrowserSession(t *testing.T, b browser) {
	p := b.profile(t, newSite(t, false, nil), "en")
	p.signIn()
	if c := p.cookie("__Host-renewd"); !c.Session || !c.HTTPOnly || !c.Secure || c.SameSite != "Strict" {
		t.Errorf("got %+v, want an HttpOnly, Secure, SameSite=Strict cookie of the browser session", c)
	}
}

func cookieThatIsRemembered(t *testing.T, b browser) {
	p := b.profile(t, newSite(t, false, nil), "en")
	p.open("/login")
	p.fill("username", personName)
	p.fill("password", personPassword)
	p.click("#remember")
	p.click("#submit")
	p.waitDashboard(personName)
	if c := p.cookie("__Host-renewd"); c.Session || !c.HTTPOnly {
		t.Errorf("got %+v, want an HttpOnly cookie that outlives the browser", c)
	}
}

func anonymousVisitors(t *testing.T, b browser) {
	s := newSite(t, false, nil)
	p := b.profile(t, s, "en")
	p.open("/dashboard")
	p.waitPath("/login")
	p.open("/login")
	p.wait(`document.activeElement.id === "username"`)
	if n := s.refreshCount(); n != 0 {
		t.Errorf("got %d refreshes from somebody who holds nothing, want 0", n)
	}
}
