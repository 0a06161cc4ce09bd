package account

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// HashParams are the parameters of argon2id (RFC 9106, Section 3.1).
type HashParams struct {
	MemoryKiB   uint32 // 19456 to 262144
	Iterations  uint32 // 2 to 16
	Parallelism uint8  // 1 to 16
}

// DefaultHashParams returns the weakest parameters that [New] accepts, which are
// also the default: 19 MiB, two iterations, one lane.
func DefaultHashParams() HashParams {
	return HashParams{MemoryKiB: 19456, Iterations: 2, Parallelism: 1}
}

// The most that any hash may cost, also one that is found in the store: 256 MiB
// at once and a few seconds.
const (
	maxMemoryKiB   = 256 << 10
	maxIterations  = 16
	maxParallelism = 16
)

func (p HashParams) validate(floor HashParams) error {
	for _, f := range []struct {
		field         string
		got, min, max uint32
	}{
		{"MemoryKiB", p.MemoryKiB, floor.MemoryKiB, maxMemoryKiB},
		{"Iterations", p.Iterations, floor.Iterations, maxIterations},
		{"Parallelism", uint32(p.Parallelism), uint32(floor.Parallelism), maxParallelism},
	} {
		if f.got < f.min || f.got > f.max {
			return &ConfigError{"Hash." + f.field, fmt.Sprintf("must be %d to %d, got %d", f.min, f.max, f.got)}
		}
	}
	return nil
}

// below reports whether p costs an attacker less than q in memory or in time.
func (p HashParams) below(q HashParams) bool {
	return p.MemoryKiB < q.MemoryKiB || p.Iterations < q.Iterations
}

const (
	saltBytes = 16
	keyBytes  = 32

	minSaltBytes, maxSaltBytes = 8, 64
	minKeyBytes, maxKeyBytes   = 16, 64
	maxHashBytes               = 256 // of the text; the longest that fits the bounds is shorter
)

var errHashForm = errors.New("the stored password hash is not an argon2id hash within bounds")

// passwordHash is what is kept of a password.
type passwordHash struct {
	params HashParams
	salt   []byte
	key    []byte
}

// String returns the PHC string: $argon2id$v=19$m=19456,t=2,p=1$salt$key, both
// in base64 without padding.
func (h passwordHash) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		h.params.MemoryKiB, h.params.Iterations, h.params.Parallelism,
		base64.RawStdEncoding.EncodeToString(h.salt), base64.RawStdEncoding.EncodeToString(h.key))
}

// parseHash returns the hash that s shows. It accepts exactly what String
// returns, within the bounds, and fails with errHashForm otherwise: whoever can
// write to the store must not be able to exhaust memory through it.
func parseHash(s string) (passwordHash, error) {
	if len(s) > maxHashBytes {
		return passwordHash{}, errHashForm
	}
	fields := strings.Split(s, "$")
	if len(fields) != 6 {
		return passwordHash{}, errHashForm
	}
	var h passwordHash
	p := &h.params
	_, err := fmt.Sscanf(fields[3], "m=%d,t=%d,p=%d", &p.MemoryKiB, &p.Iterations, &p.Parallelism)
	if err != nil {
		return passwordHash{}, errHashForm
	}
	if h.salt, err = base64.RawStdEncoding.DecodeString(fields[4]); err != nil {
		return passwordHash{}, errHashForm
	}
	if h.key, err = base64.RawStdEncoding.DecodeString(fields[5]); err != nil {
		return passwordHash{}, errHashForm
	}
	if !h.bounded() || h.String() != s {
		return passwordHash{}, errHashForm
	}
	return h, nil
}

// bounded reports whether h may be computed. Argon2id needs 8 KiB for each lane
// (RFC 9106, Section 3.1).
func (h passwordHash) bounded() bool {
	p := h.params
	return p.Parallelism >= 1 && p.Parallelism <= maxParallelism &&
		p.Iterations >= 1 && p.Iterations <= maxIterations &&
		p.MemoryKiB >= 8*uint32(p.Parallelism) && p.MemoryKiB <= maxMemoryKiB &&
		len(h.salt) >= minSaltBytes && len(h.salt) <= maxSaltBytes &&
		len(h.key) >= minKeyBytes && len(h.key) <= maxKeyBytes
}

// outdated reports whether the password should be hashed anew with p.
func (h passwordHash) outdated(p HashParams) bool {
	return h.params.below(p) || len(h.salt) < saltBytes || len(h.key) < keyBytes
}
