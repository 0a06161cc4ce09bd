package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"fmt"

	"golang.org/x/crypto/argon2"
	"golang.org/x/sync/semaphore"
)

// hasher computes password hashes, so many at once that their memory stays
// within a budget.
type hasher struct {
	params HashParams
	budget int64 // KiB
	memory *semaphore.Weighted
	// places are those who hash or wait for it. Beyond them a caller is refused at
	// once, rather than after a wait that it will not live to see the end of.
	places chan struct{}
	// decoy is what a password is compared with where there is no account. Its
	// key is random, so that nothing matches it.
	decoy passwordHash
	idKey func(password, salt []byte, time, memory uint32, threads uint8, keyLen uint32) []byte
}

func newHasher(p HashParams, parallel int) *hasher {
	budget := int64(p.MemoryKiB) * int64(parallel)
	return &hasher{
		params: p,
		budget: budget,
		memory: semaphore.NewWeighted(budget),
		places: make(chan struct{}, placesEach*parallel),
		decoy:  passwordHash{params: p, salt: randomBytes(saltBytes), key: randomBytes(keyBytes)},
		idKey:  argon2.IDKey,
	}
}

// hash returns the PHC string of a prepared password, with a new salt.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	salt := randomBytes(saltBytes)
	key, err := h.derive(ctx, password, h.params, salt, keyBytes)
	if err != nil {
		return "", err
	}
	return passwordHash{params: h.params, salt: salt, key: key}.String(), nil
}

// matches reports whether a prepared password has this hash. It computes one
// hash, whatever the answer.
func (h *hasher) matches(ctx context.Context, password string, want passwordHash) (bool, error) {
	got, err := h.derive(ctx, password, want.params, want.salt, len(want.key))
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want.key) == 1, nil
}

// placesEach is how many callers there may be for each hash that is computed at
// once: the last of them waits for a second or so.
const placesEach = 32

// derive waits for its share of the memory and computes a key of n bytes. It
// fails with [ErrBusy] when too many wait already, and when ctx is done first.
func (h *hasher) derive(ctx context.Context, password string, p HashParams, salt []byte, n int) ([]byte, error) {
	select {
	case h.places <- struct{}{}:
		defer func() { <-h.places }()
	default:
		return nil, ErrBusy
	}
	// A share is never below that of one current hash, so that cheap old hashes
	// do not occupy more processors than configured.
	share := min(max(int64(p.MemoryKiB), int64(h.params.MemoryKiB)), h.budget)
	if err := h.memory.Acquire(ctx, share); err != nil {
		return nil, fmt.Errorf("wait to hash password: %w", err)
	}
	defer h.memory.Release(share)
	return h.idKey([]byte(password), salt, p.Iterations, p.MemoryKiB, p.Parallelism, uint32(n)), nil
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	// crypto/rand.Read never fails: it ends the program instead.
	_, _ = rand.Read(b)
	return b
}
