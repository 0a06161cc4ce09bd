package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite what the scripts compare with")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"renewd": main, "http": httpMain})
}

// TestScript runs testdata/script. Besides the commands of testscript there are:
//
//	status N args...         run renewd, and require an exit status
//	serve NAME args...       start renewd serve, set NAME_URL and NAME_ADMIN
//	await VAR NAME PATTERN   wait until that server prints it, set VAR to its first group
//	finish NAME              end that server, which must end well; write NAME.out and NAME.err
//	take VAR FILE PATTERN    set VAR to the first group of a match in a file
//	occupy VAR               listen on a free port of 127.0.0.1, and set VAR to it
//	exec http METHOD URL [BODY] [Header: value]...
func TestScript(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		Deadline:            time.Now().Add(4 * patience), // for a server that should have refused to start
		UpdateScripts:       *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv("TZ", "UTC")
			env.Values[serversKey{}] = map[string]*process{}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": statusCmd, "serve": serveCommand, "await": awaitCmd, "finish": finishCmd, "take": takeCmd, "occupy": occupyCmd,
			"files": filesCmd, "mode": modeCmd,
		},
	})
}

type serversKey struct{}

func serversOf(ts *testscript.TestScript) map[string]*process {
	return ts.Value(serversKey{}).(map[string]*process)
}

func needArgs(ts *testscript.TestScript, args []string, least int) {
	if len(args) < least {
		ts.Fatalf("needs at least %d arguments", least)
	}
}

// filesCmd holds the files below a directory against a list of them, by lines.
func filesCmd(ts *testscript.TestScript, _ bool, args []string) {
	needArgs(ts, args, 2)
	var found strings.Builder
	err := fs.WalkDir(os.DirFS(ts.MkAbs(args[0])), ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			fmt.Fprintln(&found, path)
		}
		return err
	})
	ts.Check(err)
	if want := ts.ReadFile(args[1]); found.String() != want {
		ts.Fatalf("found the files\n%swant\n%s", found.String(), want)
	}
}

// modeCmd holds the permissions of a file against octal digits.
func modeCmd(ts *testscript.TestScript, _ bool, args []string) {
	needArgs(ts, args, 2)
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := strconv.FormatUint(uint64(info.Mode().Perm()), 8); got != args[1] {
		ts.Fatalf("%s has mode %s, want %s", args[0], got, args[1])
	}
}

func statusCmd(ts *testscript.TestScript, _ bool, args []string) {
	needArgs(ts, args, 1)
	got := 0
	err := ts.Exec("renewd", args[1:]...)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("got status %d, want %s", got, args[0])
	}
}

func serveCommand(ts *testscript.TestScript, _ bool, args []string) {
	needArgs(ts, args, 1)
	name := args[0]
	var env []string
	for _, key := range []string{"HOME", "TZ", "PATH", "TMPDIR", "RENEWD_SECRET"} {
		if value := ts.Getenv(key); value != "" {
			env = append(env, key+"="+value)
		}
	}
	p, err := start(ts.MkAbs("."), env, args[1:]...)
	ts.Check(err)
	ts.Defer(p.kill)
	serversOf(ts)[name] = p
	ts.Setenv(name+"_URL", p.url)
	ts.Setenv(name+"_ADMIN", p.operator)
}

func awaitCmd(ts *testscript.TestScript, _ bool, args []string) {
	needArgs(ts, args, 3)
	match, err := serversOf(ts)[args[1]].awaitText(args[2])
	ts.Check(err)
	ts.Setenv(args[0], match[1])
}

func finishCmd(ts *testscript.TestScript, _ bool, args []string) {
	needArgs(ts, args, 1)
	p := serversOf(ts)[args[0]]
	err := p.stop()
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".out"), []byte(p.stdout.String()), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".err"), []byte(p.stderr.String()), 0o600))
	if err != nil {
		ts.Fatalf("%v\n%s", err, p.stderr.String())
	}
}

func takeCmd(ts *testscript.TestScript, _ bool, args []string) {
	needArgs(ts, args, 3)
	re, err := regexp.Compile(args[2])
	ts.Check(err)
	text := ts.ReadFile(args[1])
	match := re.FindStringSubmatch(text)
	if match == nil {
		ts.Fatalf("no match of %q in:\n%s", args[2], text)
	}
	ts.Setenv(args[0], match[1])
}

func occupyCmd(ts *testscript.TestScript, _ bool, args []string) {
	needArgs(ts, args, 1)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { l.Close() })
	_, port, err := net.SplitHostPort(l.Addr().String())
	ts.Check(err)
	ts.Setenv(args[0], port)
}

// httpMain is the command http of the scripts: it prints the status and the body.
func httpMain() {
	if err := ask(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "http:", err)
		os.Exit(1)
	}
}

func ask(args []string) error {
	if len(args) < 2 {
		return errors.New("usage: http METHOD URL [BODY] [Header: value]")
	}
	var body io.Reader
	header := http.Header{}
	for _, arg := range args[2:] {
		if name, value, ok := strings.Cut(arg, ": "); ok && !strings.HasPrefix(arg, "{") {
			header.Add(name, value)
			continue
		}
		body = strings.NewReader(arg)
		header.Set("Content-Type", "application/json")
	}
	req, err := http.NewRequest(args[0], args[1], body)
	if err != nil {
		return err
	}
	req.Header, req.Host = header, header.Get("Host")
	res, err := (&http.Client{Timeout: patience}).Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	fmt.Println(res.StatusCode)
	_, err = io.Copy(os.Stdout, res.Body)
	return err
}
