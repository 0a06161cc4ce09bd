package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"sync"
	"syscall"
	"time"
)

// patience bounds how long a test waits for what comes at once.
const patience = 30 * time.Second

// process is a renewd that runs: this test binary again, under another name.
type process struct {
	cmd            *exec.Cmd
	stdout, stderr transcript
	url, operator  string
	ended          chan struct{}
	err            error // of Wait, once ended is closed
}

// start runs `renewd serve` on a free port and returns when it is ready.
func start(dir string, env []string, args ...string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{ended: make(chan struct{})}
	p.cmd = &exec.Cmd{
		Path: self, Args: append([]string{"renewd", "serve"}, args...),
		Dir: dir, Env: env, Stdout: &p.stdout, Stderr: &p.stderr,
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	if err := p.await(); err != nil {
		p.kill()
		return nil, fmt.Errorf("%w\n%s%s", err, p.stdout.String(), p.stderr.String())
	}
	return p, nil
}

// await waits until the server has said where it is, and is ready.
func (p *process) await() error {
	said, err := p.awaitText(`listening on (http://\S+)\n(?:Issuer: .*\n)?Operator: (http://\S+)`)
	if err != nil {
		return err
	}
	p.url, p.operator = said[1], said[2]
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.operator+"/readyz", nil)
		if err != nil {
			return err
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return fmt.Errorf("ask for readiness: %w", err)
		}
		res.Body.Close()
		if res.StatusCode == http.StatusOK {
			return nil
		}
	}
}

// awaitText waits until the server has printed what matches, and returns the
// match and its parts.
func (p *process) awaitText(pattern string) ([]string, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, err
	}
	timeout := time.After(patience)
	for {
		text, more := p.stdout.look()
		if match := re.FindStringSubmatch(text); match != nil {
			return match, nil
		}
		select {
		case <-more:
		case <-p.ended:
			return nil, fmt.Errorf("the server ended before it printed %q: %w", pattern, p.err)
		case <-timeout:
			return nil, fmt.Errorf("the server did not print %q", pattern)
		}
	}
}

// stop asks the server to end, and returns how it did.
func (p *process) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-p.ended:
		return p.err
	case <-time.After(patience):
		p.kill()
		return errors.New("the server did not end")
	}
}

// kill ends the server without warning, and waits until it is gone.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended by itself
	<-p.ended
}

// transcript keeps what a process prints.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{} // closed at the next write
}

// Write implements io.Writer.
func (t *transcript) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.more != nil {
		close(t.more)
		t.more = nil
	}
	return t.text.Write(b)
}

// look returns what was printed, and a channel that is closed when there is more.
func (t *transcript) look() (string, <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.more == nil {
		t.more = make(chan struct{})
	}
	return t.text.String(), t.more
}

func (t *transcript) String() string {
	text, _ := t.look()
	return text
}
