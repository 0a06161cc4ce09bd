package renewd_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/renewd/renewd"
	"github.com/renewd/renewd/store"
	"github.com/renewd/renewd/store/memstore"
)

// exampleManager returns a Manager and the function that moves its clock.
func exampleManager(change ...func(*renewd.Config)) (*renewd.Manager, func(time.Duration)) {
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	keep := memstore.New()
	cfg := renewd.Config{
		Issuer:      "https://auth.example.com",
		Audience:    []string{"https://api.example.com"},
		Sessions:    keep,
		SigningKeys: keep,
		Secrets:     [][]byte{[]byte("32 random bytes or more, from a secret file")},
		Policy:      renewd.DefaultPolicy(),
		Now:         func() time.Time { return now },
	}
	for _, c := range change {
		c(&cfg)
	}
	m, err := renewd.New(context.Background(), cfg)
	if err != nil {
		log.Fatal(err)
	}
	return m, func(d time.Duration) { now = now.Add(d) }
}

// A person signs in, and the client renews both tokens with the refresh token.
func Example() {
	ctx := context.Background()
	m, step := exampleManager()

	tokens, err := m.SignIn(ctx, renewd.SignIn{Subject: "usr_alice", Mode: renewd.ModeBody})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("access token for", tokens.ExpiresIn)

	step(14 * time.Minute)
	tokens, err = m.Refresh(ctx, renewd.RefreshRequest{RefreshToken: tokens.RefreshToken, Mode: renewd.ModeBody})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("generation", tokens.Session.Generation)

	who, err := m.Authenticate(ctx, tokens.AccessToken)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(who.Session.Subject)
	// Output:
	// access token for 15m0s
	// generation 2
	// usr_alice
}

// Construction fails closed, and names the field and its bound.
func ExampleNew() {
	keep := memstore.New()
	_, err := renewd.New(context.Background(), renewd.Config{
		Issuer:      "https://auth.example.com",
		Audience:    []string{"https://api.example.com"},
		Sessions:    keep,
		SigningKeys: keep,
		Secrets:     [][]byte{[]byte("too short")},
		Policy:      renewd.DefaultPolicy(),
	})
	fmt.Println(err)
	// Output:
	// config: Secrets must be 32 to 1024 bytes each, got 9
}

// An answer was lost: the same attempt gets the same refresh token, even days
// later, because it names itself with an idempotency key.
func ExampleManager_Refresh_lostAnswer() {
	ctx := context.Background()
	m, step := exampleManager()
	first, _ := m.SignIn(ctx, renewd.SignIn{Subject: "usr_alice", Mode: renewd.ModeBody, Remember: true})

	try := renewd.RefreshRequest{
		RefreshToken:   first.RefreshToken,
		Mode:           renewd.ModeBody,
		IdempotencyKey: "8Xm1Qd0vTqaW3nY7pZr5Lg",
	}
	lost, _ := m.Refresh(ctx, try)
	step(3 * 24 * time.Hour)
	again, _ := m.Refresh(ctx, try)
	fmt.Println("replayed:", again.Replayed)
	fmt.Println("same refresh token:", again.RefreshToken == lost.RefreshToken)
	// Output:
	// replayed: true
	// same refresh token: true
}

// A refresh token was copied. The second party that presents the old one ends
// the session, whoever it is.
func ExampleManager_Refresh_reuse() {
	ctx := context.Background()
	m, step := exampleManager()
	first, _ := m.SignIn(ctx, renewd.SignIn{Subject: "usr_alice", Mode: renewd.ModeBody})
	stolen := renewd.RefreshRequest{RefreshToken: first.RefreshToken, Mode: renewd.ModeBody}

	tokens, _ := m.Refresh(ctx, renewd.RefreshRequest{RefreshToken: first.RefreshToken, Mode: renewd.ModeBody})
	step(time.Minute)
	_, err := m.Refresh(ctx, stolen)
	fmt.Println(err)
	_, err = m.Authenticate(ctx, tokens.AccessToken)
	fmt.Println(errors.Is(err, renewd.ErrInvalidToken))
	// Output:
	// refresh token reused
	// true
}

// Sign out here, or everywhere.
func ExampleManager_SignOut() {
	ctx := context.Background()
	m, _ := exampleManager()
	phone, _ := m.SignIn(ctx, renewd.SignIn{Subject: "usr_alice", Mode: renewd.ModeBody})
	_, _ = m.SignIn(ctx, renewd.SignIn{Subject: "usr_alice", Mode: renewd.ModeCookie})

	_ = m.SignOut(ctx, renewd.SignOutRequest{AccessToken: phone.AccessToken, Scope: renewd.ScopeOthers})
	left, _ := m.Sessions(ctx, "usr_alice")
	fmt.Println("sessions left:", len(left))

	_ = m.SignOut(ctx, renewd.SignOutRequest{RefreshToken: phone.RefreshToken})
	left, _ = m.Sessions(ctx, "usr_alice")
	fmt.Println("sessions left:", len(left))
	// Output:
	// sessions left: 1
	// sessions left: 0
}

// The devices of a person, the newest first.
func ExampleManager_Sessions() {
	ctx := context.Background()
	m, step := exampleManager()
	for _, device := range []string{"phone", "laptop"} {
		_, _ = m.SignIn(ctx, renewd.SignIn{Subject: "usr_alice", Mode: renewd.ModeBody, UserAgent: device})
		step(time.Hour)
	}
	sessions, _ := m.Sessions(ctx, "usr_alice")
	for _, s := range sessions {
		fmt.Println(s.UserAgent, s.CreatedAt.Format(time.Kitchen))
	}
	// Output:
	// laptop 1:00PM
	// phone 12:00PM
}

// An account was disabled: its sessions end at once.
func ExampleManager_RevokeSubject() {
	ctx := context.Background()
	m, _ := exampleManager()
	tokens, _ := m.SignIn(ctx, renewd.SignIn{Subject: "usr_alice", Mode: renewd.ModeBody})

	n, _ := m.RevokeSubject(ctx, store.SubjectRevocation{Subject: "usr_alice", Reason: store.ReasonDisabled})
	fmt.Println("revoked:", n)
	_, err := m.Refresh(ctx, renewd.RefreshRequest{RefreshToken: tokens.RefreshToken, Mode: renewd.ModeBody})
	fmt.Println(err)
	// Output:
	// revoked: 1
	// session revoked
}

// One session of any subject, by its id, as an operator revokes it.
func ExampleManager_Revoke() {
	ctx := context.Background()
	m, _ := exampleManager()
	tokens, _ := m.SignIn(ctx, renewd.SignIn{Subject: "usr_alice", Mode: renewd.ModeBody})

	done, err := m.Revoke(ctx, tokens.Session.ID, store.ReasonOperator)
	fmt.Println(done, err)
	s, _ := m.Session(ctx, tokens.Session.ID)
	fmt.Println(s.RevokeReason)
	// Output:
	// true <nil>
	// operator
}

// A client that cannot store a new token keeps its first one. A stolen one is
// then never noticed.
func ExampleSignIn_rotationOff() {
	ctx := context.Background()
	m, step := exampleManager()
	first, _ := m.SignIn(ctx, renewd.SignIn{Subject: "usr_alice", Mode: renewd.ModeBody, RotationOff: true})
	step(20 * time.Hour)
	second, _ := m.Refresh(ctx, renewd.RefreshRequest{RefreshToken: first.RefreshToken, Mode: renewd.ModeBody})
	fmt.Println("same refresh token:", second.RefreshToken == first.RefreshToken)
	fmt.Println("idle for at most:", second.Session.IdleExpiresAt.Sub(second.Session.UsedAt))
	// Output:
	// same refresh token: true
	// idle for at most: 24h0m0s
}

// What is over is deleted, in bounded steps; call it now and then.
func ExampleManager_Purge() {
	ctx := context.Background()
	m, step := exampleManager()
	_, _ = m.SignIn(ctx, renewd.SignIn{Subject: "usr_alice", Mode: renewd.ModeBody})
	step(8 * 24 * time.Hour)
	n, err := m.Purge(ctx)
	fmt.Println(n, err)
	// Output:
	// 1 <nil>
}

type printer struct{}

func (printer) RecordEvent(_ context.Context, e renewd.Event) {
	fmt.Println(e.Type, "generation", e.Head)
}

// Events tell an operator what happened; they hold no secret.
func ExampleEventRecorder() {
	ctx := context.Background()
	m, _ := exampleManager(func(c *renewd.Config) { c.Events = printer{} })
	tokens, _ := m.SignIn(ctx, renewd.SignIn{Subject: "usr_alice", Mode: renewd.ModeBody})
	_, _ = m.Refresh(ctx, renewd.RefreshRequest{RefreshToken: tokens.RefreshToken, Mode: renewd.ModeBody})
	// Output:
	// session_created generation 1
	// session_renewed generation 2
}
