// Package store says what renewd keeps and what an engine must promise.
//
// It owns the records, the role-sized interfaces and the sentinel errors that
// every engine speaks. Policy is not here: an engine compares and swaps what it
// is told to, and never decides. It imports the standard library only.
//
// # What every engine promises
//
//   - Each method is atomic: it takes effect as a whole or not at all. Where its
//     comment says so, that holds for each record apart.
//   - Time is a parameter. An engine never asks its own clock. Times are UTC in
//     whole milliseconds; the zero time means "not set".
//   - Identifiers are compared byte for byte: letter case, trailing spaces and
//     Unicode forms are significant.
//   - A context that is done before a method takes effect changes nothing, and
//     the method returns the context's error.
//   - A write that returned nil is durable to the degree the engine documents.
//   - An engine retries its own serialization failures and deadlocks, bounded.
//
// Every method may return, besides what its own comment lists:
//
//   - [ErrUnavailable]: nothing was changed; repeating the call is safe.
//   - [ErrOutcomeUnknown]: the call took effect or it did not; repeating it is
//     safe, and a repetition never does harm twice.
//   - [ErrClosed]: the store was closed; nothing was changed.
//
// [github.com/renewd/renewd/store/storetest] checks all of it.
package store
