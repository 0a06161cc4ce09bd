package account

// MaxHashBytes is the bound on the text of a stored hash.
const MaxHashBytes = maxHashBytes

// NewCheap is New without the floor under the hash parameters. It calls onHash,
// when set, for every hash that is computed, while its memory is taken.
func NewCheap(cfg Config, onHash func(HashParams)) (*Service, error) {
	s, err := newService(cfg, HashParams{MemoryKiB: 8, Iterations: 1, Parallelism: 1})
	if err != nil || onHash == nil {
		return s, err
	}
	idKey := s.hasher.idKey
	s.hasher.idKey = func(password, salt []byte, time, memory uint32, threads uint8, keyLen uint32) []byte {
		onHash(HashParams{MemoryKiB: memory, Iterations: time, Parallelism: threads})
		return idKey(password, salt, time, memory, threads, keyLen)
	}
	return s, nil
}

// ReparseHash parses a PHC string and returns it as it is written.
func ReparseHash(s string) (string, error) {
	h, err := parseHash(s)
	return h.String(), err
}

// HashCost is what computing a stored hash takes, if it is within bounds.
func HashCost(s string) (p HashParams, saltBytes, keyBytes int, err error) {
	h, err := parseHash(s)
	return h.params, len(h.salt), len(h.key), err
}

// PreparePassword is the form in which a password is hashed.
func PreparePassword(password string) (string, error) { return preparePassword(password) }

// CanonicalName is the form in which a name is stored.
func CanonicalName(name string) (string, error) { return canonicalName(name) }
