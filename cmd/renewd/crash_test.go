package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

const (
	crashes      = 10
	crashClients = 8
	password     = "correct horse battery staple"
)

// TestKilledUnderLoad kills a server ten times at random moments while clients
// refresh, and starts it again: every refresh token that a client received must
// be accepted afterwards, presented with the key of its attempt.
func TestKilledUnderLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	addPerson(t, dir, "anna")
	seed := mathrand.Uint64()
	t.Logf("seed %d", seed)
	random := mathrand.New(mathrand.NewPCG(seed, 0))
	var clients []*holder
	var lost atomic.Int64
	for round := range crashes + 1 {
		p := startServer(t, dir)
		for len(clients) < crashClients {
			clients = append(clients, newHolder(t, p.url, "anna"))
		}
		if round == crashes {
			refreshEach(t, p, clients)
			p.kill()
			break
		}
		refreshUntilKilled(t, p, clients, int64(crashClients+random.IntN(150)), &lost)
	}
	if lost.Load() == 0 {
		t.Error("no request was under way at any of the crashes")
	}
}

func addPerson(t *testing.T, dir, name string) {
	t.Helper()
	var stderr bytes.Buffer
	args := []string{"user", "add", name, "--password-stdin", "--data", filepath.Join(dir, "data")}
	if status := run(context.Background(), args, nil, strings.NewReader(password+"\n"), io.Discard, &stderr); status != statusDone {
		t.Fatalf("user add: status %d: %s", status, &stderr)
	}
}

func startServer(t *testing.T, dir string, args ...string) *process {
	t.Helper()
	args = append([]string{"--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--data", filepath.Join(dir, "data")}, args...)
	p, err := start(dir, []string{"PATH=" + os.Getenv("PATH")}, args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	return p
}

// refreshUntilKilled lets every client refresh, and kills the server when it has
// answered so many times. A request that was under way then has no answer.
func refreshUntilKilled(t *testing.T, p *process, clients []*holder, after int64, lost *atomic.Int64) {
	t.Helper()
	var answered atomic.Int64
	var killed atomic.Bool
	var group sync.WaitGroup
	for _, c := range clients {
		group.Go(func() {
			for {
				answer, err := c.refresh(p.url)
				if err != nil {
					if !killed.Load() {
						t.Errorf("refresh: %v", err)
					}
					lost.Add(1)
					return
				}
				if answer != "" {
					t.Errorf("a token that was received is refused: %s", answer)
					return
				}
				if answered.Add(1) == after {
					killed.Store(true)
					p.kill()
				}
			}
		})
	}
	group.Wait()
	p.kill()
	http.DefaultClient.CloseIdleConnections()
}

func refreshEach(t *testing.T, p *process, clients []*holder) {
	t.Helper()
	for i, c := range clients {
		if answer, err := c.refresh(p.url); err != nil || answer != "" {
			t.Errorf("client %d after the last crash: %s %v", i, answer, err)
		}
	}
}

// holder is a client in body mode. It keeps the newest token it received, and
// one key for every try of refreshing it.
type holder struct {
	token      string
	key        string
	generation uint64
}

type tokenAnswer struct {
	RefreshToken string `json:"refresh_token"`
	Session      struct {
		Generation uint64 `json:"generation"`
	} `json:"session"`
}

func newHolder(t *testing.T, url, name string) *holder {
	t.Helper()
	h := &holder{}
	body := fmt.Sprintf(`{"username":%q,"password":%q,"mode":"body"}`, name, password)
	if answer, err := h.post(url+"/auth/login", body); err != nil || answer != "" {
		t.Fatalf("sign in: %s %v", answer, err)
	}
	return h
}

// refresh returns what the server said when it refused.
func (h *holder) refresh(url string) (string, error) {
	return h.post(url+"/auth/refresh", fmt.Sprintf(`{"refresh_token":%q}`, h.token))
}

func (h *holder) post(url, body string) (string, error) {
	req, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	if h.key != "" {
		req.Header.Set("Idempotency-Key", h.key)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return "", err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Sprintf("%d %s", res.StatusCode, text), nil
	}
	return h.store(text)
}

func (h *holder) store(text []byte) (string, error) {
	var a tokenAnswer
	if err := json.Unmarshal(text, &a); err != nil {
		return "", err
	}
	if a.Session.Generation <= h.generation {
		return fmt.Sprintf("the generation went from %d to %d", h.generation, a.Session.Generation), nil
	}
	h.token, h.generation, h.key = a.RefreshToken, a.Session.Generation, rand.Text()
	return "", nil
}
