package httpapi_test

import (
	"strings"
	"testing"

	"github.com/renewd/renewd"
)

// TestClientAddress reads the address from the line that the request logs.
func TestClientAddress(t *testing.T) {
	t.Parallel()
	f := newFixture(t, behindTLS)
	for _, tc := range []struct {
		name, remote string
		forwarded    []string
		want         string
	}{
		{"direct", "203.0.113.9:5555", nil, "203.0.113.9"},
		{"direct, spoofed", "203.0.113.9:5555", []string{"198.51.100.1"}, "203.0.113.9"},
		{"direct, IPv6", "[2001:db9::7]:5555", nil, "2001:db9::7"},
		{"IPv4 in IPv6", "[::ffff:203.0.113.9]:5555", nil, "203.0.113.9"},
		{"one proxy", "192.0.2.1:4711", []string{"198.51.100.1"}, "198.51.100.1"},
		{"one proxy, IPv4 in IPv6", "[::ffff:192.0.2.1]:4711", []string{"198.51.100.1"}, "198.51.100.1"},
		{"spoofed before the proxy", "192.0.2.1:4711", []string{"10.9.9.9, 198.51.100.1"}, "198.51.100.1"},
		{"two proxies", "192.0.2.1:4711", []string{"10.9.9.9, 198.51.100.1, 192.0.2.2"}, "198.51.100.1"},
		{"two fields", "192.0.2.1:4711", []string{"198.51.100.1", "192.0.2.2"}, "198.51.100.1"},
		{"with a port", "192.0.2.1:4711", []string{"198.51.100.1:999"}, "198.51.100.1"},
		{"IPv6 in brackets", "192.0.2.1:4711", []string{"[2001:db9::7]"}, "2001:db9::7"},
		{"IPv6 in brackets with a port", "192.0.2.1:4711", []string{"[2001:db9::7]:999"}, "2001:db9::7"},
		{"garbage", "192.0.2.1:4711", []string{"unknown"}, "192.0.2.1"},
		{"garbage behind a proxy", "192.0.2.1:4711", []string{"198.51.100.1, [x, 192.0.2.2"}, "192.0.2.2"},
		{"empty", "192.0.2.1:4711", []string{""}, "192.0.2.1"},
		{"only proxies", "192.0.2.1:4711", []string{"192.0.2.3, 192.0.2.2"}, "192.0.2.3"},
		{"more proxies than anybody has", "192.0.2.1:4711", []string{"198.51.100.1" + strings.Repeat(", 192.0.2.2", 100)}, "192.0.2.2"},
		{"a socket without an address", "@", []string{"198.51.100.1"}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			old := f.signIn(t, renewd.ModeBody, false)
			f.logs.buf.Reset()
			q := post("/auth/refresh", inBody(old.RefreshToken), "Host: auth.example.com")
			q.remote = tc.remote
			for _, value := range tc.forwarded {
				q.headers = append(q.headers, "X-Forwarded-For: "+value)
			}
			check(t, f.do(q), 200, "")
			if want := `"address":"` + tc.want + `"`; !strings.Contains(f.logs.String(), want) {
				t.Errorf("the log has no %s: %s", want, f.logs)
			}
		})
	}
}
