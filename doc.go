// Package renewd keeps people signed in, safely. It issues short-lived access
// tokens and long-lived refresh tokens, rotates the refresh token at every use
// (RFC 9700, Section 4.14.2), notices a stolen one, and ends a session everywhere
// at once.
//
// The package owns the sessions: the rotation rule, the tokens and the policy. It
// imports package store and nothing that speaks HTTP, reads the environment or
// names an engine. Start with [New] and a [Config]; there is no default store.
//
// # The rotation rule
//
// A session keeps the generation of its newest refresh token, the head. Whoever
// presents the head gets the next one; whoever presents an older one is either
// the same holder again, whose answer was lost, or somebody else. The two are
// told apart by the attempt (the client's Idempotency-Key) and, for a few seconds
// after a rotation (the reuse interval), by the clock. The function decide in
// rotation.go is the rule, whole.
//
// What it guarantees, as an exhaustive explorer checks it:
//
//  1. Tabs, reloads, lost answers, retries and duplicates never sign out honest
//     holders who share one key per generation and keep it one generation longer,
//     whose body stores keep the newest token, and whose messages take less than a
//     quarter of the interval.
//  2. A token copied while nothing is under way, and used further apart than the
//     interval, the owner's last use before the copy included: the second party's
//     first presentation ends the session, whoever it is. A cookie that is answered
//     with itself, soon after a rotation, is no use of it. Copied with its key:
//     after at most two changes of hand (one more for each lost answer; one more
//     in cookie mode).
//  3. Body mode with keys: the interval gives a thief who has only the token
//     nothing.
//
// What is not detected:
//
//   - thieves who always act within the interval of the owner, in cookie mode or
//     in body mode without keys (there are events, no more);
//   - owners who never come back;
//   - repeated copying;
//   - access tokens, until they expire or are revoked.
//
// What is not guaranteed: messages that arrive later than the interval; lost
// answers of clients that send no key; body stores that go back to an older
// token; requests in flight across a restore; revocations made after the backup
// that was restored.
package renewd
