package settings_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/renewd/renewd"
	"github.com/renewd/renewd/internal/settings"
)

// sources are what a test puts into each place.
type sources struct {
	flags  map[string][]string
	env    []string
	dotEnv string
	file   string // renewd.toml
	mode   os.FileMode
}

func load(t *testing.T, from sources) (*settings.Settings, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{".env": from.dotEnv, "renewd.toml": from.file} {
		if text == "" {
			continue
		}
		mode := from.mode
		if mode == 0 {
			mode = 0o600
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	return settings.Load(settings.Input{Flags: from.flags, Environ: from.env, Dir: dir})
}

func TestLoadDefaults(t *testing.T) {
	t.Parallel()
	s, err := load(t, sources{env: []string{"HOME=/nowhere", "RENEWDX=1"}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(renewd.DefaultPolicy(), s.Policy); diff != "" {
		t.Errorf("the default policy is not that of the library (-want +got):\n%s", diff)
	}
	got := map[string]string{
		"listen": s.Listen, "admin": s.AdminListen, "data": s.Data, "store": s.Store, "issuer": s.Issuer,
		"audience": strings.Join(s.Audience, " "), "secret file": s.SecretFile, "algorithm": s.Algorithm,
	}
	want := map[string]string{
		"listen": "localhost:8080", "admin": "127.0.0.1:8081", "data": "./renewd-data",
		"store": "sqlite:" + filepath.Join("renewd-data", "renewd.db"), "issuer": "http://localhost:8080",
		"audience": "http://localhost:8080", "secret file": filepath.Join("renewd-data", "secret"), "algorithm": "ES256",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
	for _, set := range settings.Table() {
		if kind := s.Source(set.Name).Kind; kind != settings.FromDefault {
			t.Errorf("%s comes from %v", set.Name, kind)
		}
	}
}

func TestLoadPrecedence(t *testing.T) {
	t.Parallel()
	all := sources{
		flags:  map[string][]string{"reuse-interval": {"1s"}},
		env:    []string{"RENEWD_REUSE_INTERVAL=2s"},
		dotEnv: "RENEWD_REUSE_INTERVAL=3s\nOTHER=x\n",
		file:   "reuse-interval = \"4s\"\n",
	}
	for _, tc := range []struct {
		name   string
		drop   func(*sources)
		want   time.Duration
		source string
	}{
		{"flag", func(*sources) {}, time.Second, "flag"},
		{"environment", func(s *sources) { s.flags = nil }, 2 * time.Second, "environment"},
		{".env", func(s *sources) { s.env = nil }, 3 * time.Second, ".env"},
		{"file", func(s *sources) { s.dotEnv = "" }, 4 * time.Second, "renewd.toml"},
		{"default", func(s *sources) { s.file = "" }, 10 * time.Second, "default"},
	} {
		tc.drop(&all)
		s, err := load(t, all)
		if err != nil {
			t.Fatalf("%s: %v", tc.name, err)
		}
		if s.Policy.ReuseInterval != tc.want || s.Source("reuse-interval").String() != tc.source {
			t.Errorf("%s: got %v from %s, want %v from %s", tc.name, s.Policy.ReuseInterval, s.Source("reuse-interval"), tc.want, tc.source)
		}
	}
}

func TestLoadLists(t *testing.T) {
	t.Parallel()
	want := []string{"https://a.example", "capacitor://localhost"}
	for name, from := range map[string]sources{
		"flag":        {flags: map[string][]string{"allowed-origin": want}},
		"environment": {env: []string{"RENEWD_ALLOWED_ORIGIN=https://a.example, capacitor://localhost"}},
		".env":        {dotEnv: "RENEWD_ALLOWED_ORIGIN=https://a.example,capacitor://localhost\n"},
		"file":        {file: `allowed-origin = ["https://a.example", "capacitor://localhost"]`},
	} {
		s, err := load(t, from)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(want, s.AllowedOrigins); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestLoadFileForms(t *testing.T) {
	t.Parallel()
	s, err := load(t, sources{file: `
		allow-browser-body-mode = true
		on-recovered = "revoke"
		trusted-proxy = ["10.1.2.3/8", "::1"]
		idle-timeout = "1d12h"
		log-level = "debug"
	`})
	if err != nil {
		t.Fatal(err)
	}
	if !s.AllowBrowserBodyMode || !s.Policy.RevokeRecovered || s.Policy.IdleTimeout != 36*time.Hour || s.LogLevel.String() != "DEBUG" {
		t.Errorf("got %+v", s)
	}
	if got := s.TrustedProxies; len(got) != 2 || got[0].String() != "10.0.0.0/8" || got[1].String() != "::1/128" {
		t.Errorf("got trusted proxies %v", got)
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	const secret = "S0mething-that-must-stay-unseen!"
	flag := func(name string, texts ...string) sources {
		return sources{flags: map[string][]string{name: texts}}
	}
	for name, tc := range map[string]struct {
		from sources
		want string
	}{
		"too long":               {flag("reuse-interval", "61s"), `--reuse-interval must be 0 to 1m, got "61s"`},
		"below the millisecond":  {flag("reuse-interval", "1us"), `--reuse-interval must be 0 to 1m, got "1us"`},
		"bare number":            {flag("idle-timeout", "24"), `--idle-timeout must be 1s to 400d with a unit, such as 90s, 15m or 7d, got "24"`},
		"given twice":            {flag("listen", "a:1", "b:2"), "--listen is given more than once"},
		"no port":                {flag("listen", "localhost"), `--listen must be host:port, got "localhost"`},
		"port too high":          {flag("listen", "localhost:65536"), `--listen must be host:port, got "localhost:65536"`},
		"issuer with a query":    {flag("issuer", "https://a.example/?x"), "--issuer must be an absolute http or https URL"},
		"relative issuer":        {flag("issuer", "a.example"), "--issuer must be an absolute http or https URL"},
		"origin with a path":     {flag("allowed-origin", "https://a.example/"), `got "https://a.example/"`},
		"any origin":             {flag("allowed-origin", "*"), `got "*"`},
		"origin with its port":   {flag("allowed-origin", "https://a.example:443"), `got "https://a.example:443"`},
		"origin in capitals":     {flag("allowed-origin", "https://A.example"), `got "https://A.example"`},
		"any host":               {flag("allowed-host", "*.a.example"), "--allowed-host must be a host name"},
		"mapped proxy":           {flag("trusted-proxy", "::ffff:10.0.0.1"), "--trusted-proxy must be a network"},
		"host with a path":       {flag("allowed-host", "a.example/x"), "--allowed-host must be a host name"},
		"host in capitals":       {flag("allowed-host", "A.example"), "--allowed-host must be a host name"},
		"every proxy":            {flag("trusted-proxy", "0.0.0.0/0"), "--trusted-proxy must be a network"},
		"unknown algorithm":      {flag("algorithm", "none"), `--algorithm must be ES256 or EdDSA, got "none"`},
		"unknown level":          {flag("log-level", "loud"), "--log-level must be one of debug, info, warn, error"},
		"neither word":           {flag("on-recovered", "true"), "--on-recovered must be continue or revoke"},
		"engine that is not yet": {flag("store", "postgres://me:"+secret+"@db/x"), `--store names the engine "postgres", which this version does not have yet`},
		"audience twice":         {flag("audience", "a", "a"), `--audience holds "a" twice`},
		"idle over absolute":     {flag("idle-timeout", "8d"), "--idle-timeout does not fit: idle-timeout (8d) must be at most absolute-timeout (7d)"},
		"absolute under idle":    {flag("absolute-timeout", "1h"), "--absolute-timeout does not fit"},
		"remembered over":        {flag("remember-idle-timeout", "31d"), "--remember-idle-timeout does not fit"},
		"file that is not there": {flag("config", "no/such.toml"), "--config names a file that cannot be read"},

		"variable":                {sources{env: []string{"RENEWD_IDLE_TIMEOUT=soon"}}, `RENEWD_IDLE_TIMEOUT in the environment must be`},
		"unknown variable":        {sources{env: []string{"RENEWD_REUSE_INTERVALL=1s"}}, "RENEWD_REUSE_INTERVALL in the environment is no setting: did you mean RENEWD_REUSE_INTERVAL?"},
		"nothing like it":         {sources{env: []string{"RENEWD_QQQ=1"}}, "RENEWD_QQQ in the environment is no setting: remove it"},
		"unknown in .env":         {sources{dotEnv: "RENEWD_LISTN=a:1\n"}, "RENEWD_LISTN in .env is no setting: did you mean RENEWD_LISTEN?"},
		"value in .env":           {sources{dotEnv: "RENEWD_LISTEN=a\n"}, "RENEWD_LISTEN in .env must be host:port"},
		"unreadable .env":         {sources{dotEnv: "RENEWD_SECRET=\"" + secret + "\n"}, ".env cannot be read"},
		"secret in an open .env":  {sources{dotEnv: "RENEWD_SECRET=" + secret + "\n", mode: 0o640}, "run chmod 600"},
		"short secret":            {sources{env: []string{"RENEWD_SECRET=" + secret[:31]}}, "RENEWD_SECRET in the environment must be 32 to 1024 random bytes, got 31"},
		"secret without a change": {sources{env: []string{"RENEWD_SECRET=" + strings.Repeat("ab", 20)}}, "this one repeats itself"},
		"empty secret":            {sources{env: []string{"RENEWD_SECRET="}}, "RENEWD_SECRET in the environment is empty"},
		"two secrets":             {sources{env: []string{"RENEWD_SECRET=" + secret}, file: `secret-file = "x"`}, "secret-file in renewd.toml is set beside RENEWD_SECRET in the environment"},

		"unknown key":        {sources{file: "access_token_lifetime = \"1m\"\n"}, "access_token_lifetime in renewd.toml is no setting: did you mean access-token-lifetime?"},
		"section":            {sources{file: "[policy]\nidle-timeout = \"1h\"\n"}, "policy in renewd.toml is no setting"},
		"number in the file": {sources{file: "idle-timeout = 24\n"}, "idle-timeout in renewd.toml must be a text in quotes: 1s to 400d"},
		"text for a switch":  {sources{file: "allow-browser-body-mode = 1\n"}, "allow-browser-body-mode in renewd.toml must be true or false"},
		"list for one":       {sources{file: "listen = [\"a:1\"]\n"}, "listen in renewd.toml must be a text in quotes"},
		"numbers in a list":  {sources{file: "audience = [1]\n"}, "audience in renewd.toml must be a list of texts in quotes"},
		"secret in the file": {sources{file: "secret = \"" + secret + "\"\n"}, "secret in renewd.toml does not belong in the file: set RENEWD_SECRET instead"},
		"not TOML":           {sources{file: "listen\n"}, "renewd.toml is not TOML"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := load(t, tc.from)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got error %v, want one with %q", err, tc.want)
			}
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("the error holds a secret: %v", err)
			}
		})
	}
}

func TestLoadErrorSaysWhere(t *testing.T) {
	t.Parallel()
	_, err := load(t, sources{env: []string{"RENEWD_ALGORITHM=none"}})
	var wrong *settings.Error
	if !errors.As(err, &wrong) || wrong.Setting != "algorithm" || wrong.Source.Kind != settings.FromEnvironment {
		t.Errorf("got %#v", err)
	}
}

// An orchestrator sets variables that begin with the name of a service, and
// compose files set empty ones.
func TestLoadIgnoresForeignVariables(t *testing.T) {
	t.Parallel()
	s, err := load(t, sources{env: []string{
		"RENEWD_SERVICE_HOST=10.0.0.1", "RENEWD_SERVICE_PORT=8080", "RENEWD_SERVICE_PORT_HTTP=8080", "RENEWD_PORT=tcp://10.0.0.1:8080",
		"RENEWD_PORT_8080_TCP=tcp://10.0.0.1:8080", "RENEWD_PORT_8080_TCP_ADDR=10.0.0.1", "RENEWD_ADMIN_SERVICE_HOST=10.0.0.2",
		"RENEWD_TEST_POSTGRES=x", "RENEWD_LISTEN=", "RENEWD_AUDIENCE=",
	}})
	if err != nil {
		t.Fatal(err)
	}
	if s.Listen != "localhost:8080" || s.Source("listen").Kind != settings.FromDefault {
		t.Errorf("got %q from %v", s.Listen, s.Source("listen"))
	}
}

func TestLoadConfigFileByName(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "other.toml")
	if err := os.WriteFile(path, []byte(`algorithm = "EdDSA"`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, from := range map[string]sources{
		"flag":        {flags: map[string][]string{"config": {path}}},
		"environment": {env: []string{"RENEWD_CONFIG=" + path}},
		".env":        {dotEnv: "RENEWD_CONFIG='" + path + "'\n"},
	} {
		from.file = `algorithm = "ES256"`
		s, err := load(t, from)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if s.Algorithm != "EdDSA" || s.Source("algorithm").Path != path {
			t.Errorf("%s: got %s from %v", name, s.Algorithm, s.Source("algorithm"))
		}
	}
}

func TestListensOn(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"localhost:4711": "http://localhost:4711",
		"[::1]:4711":     "http://[::1]:4711",
		":4711":          "http://localhost:4711",
		"0.0.0.0:80":     "http://localhost",
		"[::]:4711":      "http://localhost:4711",
		"[::1]:80":       "http://[::1]",
	} {
		s, err := load(t, sources{})
		if err != nil {
			t.Fatal(err)
		}
		s.ListensOn(address)
		if s.Issuer != want || s.Audience[0] != want {
			t.Errorf("%s: got issuer %s and audience %v, want %s", address, s.Issuer, s.Audience, want)
		}
	}
	s, err := load(t, sources{flags: map[string][]string{"issuer": {"https://a.example"}, "audience": {"api"}}})
	if err != nil {
		t.Fatal(err)
	}
	s.ListensOn("localhost:1")
	if s.Issuer != "https://a.example" || s.Audience[0] != "api" {
		t.Errorf("got %s and %v", s.Issuer, s.Audience)
	}
}

func TestValuesMaskSecrets(t *testing.T) {
	t.Parallel()
	const secret = "S0mething-that-must-stay-unseen!"
	s, err := load(t, sources{env: []string{"RENEWD_SECRET=" + secret}})
	if err != nil {
		t.Fatal(err)
	}
	if s.Secret != secret {
		t.Errorf("got secret %q", s.Secret)
	}
	for _, set := range settings.Table() {
		if got := strings.Join(set.Values(s), " "); strings.Contains(got, secret) {
			t.Errorf("%s shows the secret", set.Name)
		} else if set.Name == "secret" && got != "********" {
			t.Errorf("got %q, want a mask", got)
		}
	}
}
