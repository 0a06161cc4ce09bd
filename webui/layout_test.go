package webui_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/renewd/renewd"
)

// TestBrowserLayout shows every page, in every state worth seeing, on a phone and
// on a desk, in light and dark, in both languages. Nothing may be wider than the
// screen. With RENEWD_TEST_SCREENSHOTS it leaves pictures for people to look at.
func TestBrowserLayout(t *testing.T) {
	b := startBrowser(t)
	for _, language := range []string{"en", "ko"} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			s, fresh := newSite(t, false, nil), newSite(t, true, nil)
			for _, agent := range []string{
				"Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1",
				"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:150.0) Gecko/20100101 Firefox/150.0",
				"",
			} {
				s.signIn(t, agent)
			}
			p := b.profile(t, s, language)
			for _, state := range []struct {
				name string
				show func()
			}{
				{"login", func() { p.open("/login") }},
				{"login-notice", func() {
					p.open("/setup")
					p.open("/login#reuse")
					p.wait(`document.querySelector("#notice").innerText !== ""`)
				}},
				{"login-error", func() {
					p.open("/login")
					p.fill("username", personName)
					p.fill("password", "not the password")
					p.click("#submit")
					p.wait(`document.querySelector("#error").innerText !== ""`)
				}},
				{"setup", func() { p.site = fresh; p.open("/setup#" + strings.Repeat("x", 43)) }},
				{"setup-no-link", func() { p.open("/setup"); p.site = s }},
				{"dashboard", p.signIn},
				{"dashboard-dialog", func() { p.click("#sign-out-all") }},
				{"dashboard-trouble", func() {
					p.click("#confirm [value=cancel]")
					s.failWith("/auth/refresh", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
					p.click("#renew")
					p.wait(`document.querySelector("#status").innerText !== ""`)
				}},
			} {
				state.show()
				p.shown(language + "-" + state.name)
			}
		})
	}
}

// shown checks how the page looks now on each kind of screen.
func (p *tab) shown(name string) {
	p.t.Helper()
	for _, width := range []int64{360, 1280} {
		for _, scheme := range []string{"light", "dark"} {
			p.look(width, scheme)
			if got := p.value("document.documentElement.scrollWidth"); got != fmt.Sprint(width) {
				p.t.Errorf("%s is %s pixels wide on a screen of %d", name, got, width)
			}
			p.picture(fmt.Sprintf("%s-%d-%s", name, width, scheme))
		}
	}
}

// signIn starts a session of the person on another device.
func (s *site) signIn(t *testing.T, userAgent string) {
	t.Helper()
	person, err := s.accounts.Authenticate(t.Context(), personName, personPassword)
	must(t, err)
	_, err = s.manager.SignIn(t.Context(), renewd.SignIn{
		Subject: person.Subject, Username: person.Name, Roles: person.Roles, AMR: []string{"pwd"}, Epoch: person.Epoch,
		Mode: renewd.ModeCookie, UserAgent: userAgent, Address: "2001:db8:85a3::8a2e:370:7334",
	})
	must(t, err)
}
