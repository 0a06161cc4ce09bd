package renewd

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/renewd/renewd/internal/atjwt"
	"github.com/renewd/renewd/store"
	"github.com/renewd/renewd/store/memstore"
)

var keyTime = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// testSecrets derives secrets from short names.
func testSecrets(t *testing.T, names ...string) secretList {
	t.Helper()
	var masters [][]byte
	for _, name := range names {
		masters = append(masters, []byte(strings.Repeat(name+" ", 32)))
	}
	secrets, err := deriveSecrets(masters)
	if err != nil {
		t.Fatal(err)
	}
	return secrets
}

// storedKey makes a key and keeps it in keys, changed as the test wants it.
func storedKey(t *testing.T, keys store.SigningKeys, algorithm string, change func(*store.SigningKey)) store.SigningKey {
	t.Helper()
	row, err := newSigningKey(algorithm, testSecrets(t, "one").current(), keyTime)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&row)
	}
	if err := keys.AddSigningKey(t.Context(), row); err != nil {
		t.Fatal(err)
	}
	return row
}

func openTestKeyring(t *testing.T, keys store.SigningKeys, algorithm string, now time.Time) *keyring {
	t.Helper()
	ring, err := openKeyring(t.Context(), keys, algorithm, testSecrets(t, "one"), now)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func TestFirstSigningKeyIsMadeOnce(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"ES256", "EdDSA"} {
		keys, secrets := memstore.New(), testSecrets(t, "one")
		const instances = 8
		signers, errs := make([]atjwt.Key, instances), make([]error, instances)
		var wg sync.WaitGroup
		for i := range instances {
			wg.Go(func() {
				ring, err := openKeyring(context.Background(), keys, algorithm, secrets, keyTime)
				if err != nil {
					errs[i] = err
					return
				}
				signers[i], errs[i] = ring.signer(keyTime)
			})
		}
		wg.Wait()
		rows, err := keys.SigningKeys(t.Context())
		if err = errors.Join(append(errs, err)...); err != nil {
			t.Fatal(err)
		}
		if len(rows) != 1 {
			t.Fatalf("%s: got %d keys in the store, want 1", algorithm, len(rows))
		}
		for i, k := range signers {
			if k.ID != rows[0].ID || k.Algorithm != algorithm {
				t.Errorf("%s: instance %d signs with %s of %s, want %s", algorithm, i, k.ID, k.Algorithm, rows[0].ID)
			}
		}
	}
}

// lateStore answers the first reading with nothing, as it is for the instance
// that comes second.
type lateStore struct {
	*memstore.Store
	reads int
}

func (s *lateStore) SigningKeys(ctx context.Context) ([]store.SigningKey, error) {
	if s.reads++; s.reads == 1 {
		return nil, nil
	}
	return s.Store.SigningKeys(ctx)
}

func TestTheInstanceThatComesSecondTakesTheFirstKey(t *testing.T) {
	t.Parallel()
	keys := memstore.New()
	first := storedKey(t, keys, "ES256", nil)
	late := &lateStore{Store: keys}
	got, err := openTestKeyring(t, late, "ES256", keyTime).signer(keyTime)
	if err != nil || got.ID != first.ID {
		t.Errorf("signer: got %s, %v, want %s", got.ID, err, first.ID)
	}
	if late.reads != 2 {
		t.Errorf("got %d readings, want 2", late.reads)
	}
}

func TestSigningKeyAtRest(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"ES256", "EdDSA"} {
		keys, s := memstore.New(), testSecrets(t, "one").current()
		row := storedKey(t, keys, algorithm, nil)
		k, err := openTestKeyring(t, keys, algorithm, keyTime).signer(keyTime)
		if err != nil {
			t.Fatal(err)
		}
		if want := []byte{1, s.keyID}; !bytes.HasPrefix(row.Wrapped, want) {
			t.Errorf("%s: wrapped form begins with %x, want %x", algorithm, row.Wrapped[:2], want)
		}
		public, err := x509.ParsePKIXPublicKey(row.Public)
		if err != nil || !k.Public.(interface{ Equal(x crypto.PublicKey) bool }).Equal(public) {
			t.Errorf("%s: public part: got %v, %v", algorithm, public, err)
		}
		plain, err := x509.MarshalPKCS8PrivateKey(k.Private)
		if err != nil {
			t.Fatal(err)
		}
		if secretPart := plain[len(plain)-16:]; bytes.Contains(row.Wrapped, secretPart) {
			t.Errorf("%s: the private key is in the clear", algorithm)
		}
		again, err := wrapSigningKey(k, s)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Equal(again[2:14], row.Wrapped[2:14]) {
			t.Errorf("%s: two wraps have the nonce %x", algorithm, again[2:14])
		}
		if row.CreatedAt != keyTime || row.ActiveAt != keyTime || !row.RetiresAt.IsZero() || !row.ExpiresAt.IsZero() {
			t.Errorf("%s: times: %v", algorithm, row)
		}
	}
}

func TestFormerSecretStillUnwraps(t *testing.T) {
	t.Parallel()
	keys := memstore.New()
	row := storedKey(t, keys, "ES256", nil)
	ring, err := openKeyring(t.Context(), keys, "ES256", testSecrets(t, "two", "one"), keyTime)
	if err != nil {
		t.Fatal(err)
	}
	if k, err := ring.signer(keyTime); err != nil || k.ID != row.ID {
		t.Errorf("signer: got %s, %v, want %s", k.ID, err, row.ID)
	}
	_, err = openKeyring(t.Context(), keys, "ES256", testSecrets(t, "two"), keyTime)
	wantKeyError(t, err, row, "list the former secret after the current one")
}

// wantKeyError wants an error that names the key, says why, and shows no byte.
func wantKeyError(t *testing.T, err error, row store.SigningKey, why string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), "signing key "+row.ID+": ") || !strings.Contains(err.Error(), why) {
		t.Fatalf("got %v, want an error that names key %s and says %q", err, row.ID, why)
	}
	for _, form := range []string{hex.EncodeToString(row.Wrapped), base64.StdEncoding.EncodeToString(row.Wrapped), string(row.Wrapped)} {
		if strings.Contains(err.Error(), form[:8]) {
			t.Errorf("the error shows the wrapped key: %q", err)
		}
	}
}

func TestWrappedKeyIsBoundToItsRow(t *testing.T) {
	t.Parallel()
	other := storedKey(t, memstore.New(), "ES256", nil)
	const unknown, wrong = "wrapped in an unknown form", "cannot be unwrapped"
	for name, c := range map[string]struct {
		change func(*store.SigningKey)
		why    string
	}{
		"another id":        {func(k *store.SigningKey) { k.ID = other.ID }, wrong},
		"another algorithm": {func(k *store.SigningKey) { k.Algorithm = "EdDSA" }, wrong},
		"another's bytes":   {func(k *store.SigningKey) { k.Wrapped = other.Wrapped }, wrong},
		"another version":   {func(k *store.SigningKey) { k.Wrapped[0]++ }, unknown},
		"cut":               {func(k *store.SigningKey) { k.Wrapped = k.Wrapped[:20] }, wrong},
		"header only":       {func(k *store.SigningKey) { k.Wrapped = k.Wrapped[:2] }, wrong},
		"one byte":          {func(k *store.SigningKey) { k.Wrapped = k.Wrapped[:1] }, unknown},
		"nothing":           {func(k *store.SigningKey) { k.Wrapped = nil }, unknown},
		"nonce":             {func(k *store.SigningKey) { k.Wrapped[2] ^= 1 }, wrong},
		"ciphertext":        {func(k *store.SigningKey) { k.Wrapped[20] ^= 1 }, wrong},
		"tag":               {func(k *store.SigningKey) { k.Wrapped[len(k.Wrapped)-1] ^= 1 }, wrong},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			keys := memstore.New()
			row := storedKey(t, keys, "ES256", c.change)
			_, err := openKeyring(t.Context(), keys, "ES256", testSecrets(t, "one"), keyTime)
			if err == nil || !strings.Contains(err.Error(), "signing key "+row.ID+": "+c.why) {
				t.Errorf("got %v, want an error that names key %s and says %q", err, row.ID, c.why)
			}
		})
	}
}

// What is over needs no secret any more.
func TestKeysThatAreOverAreNotUnwrapped(t *testing.T) {
	t.Parallel()
	keys := memstore.New()
	for _, change := range []func(*store.SigningKey){
		func(k *store.SigningKey) { k.RevokedAt = keyTime },
		func(k *store.SigningKey) { k.ExpiresAt = keyTime },
	} {
		over := storedKey(t, keys, "EdDSA", func(k *store.SigningKey) { k.Wrapped = nil; change(k) })
		if _, ok := openTestKeyring(t, keys, "ES256", keyTime).byID(over.ID); ok {
			t.Errorf("key %s is in the ring", over.ID)
		}
	}
}

// Whoever can write to the store, but has no secret, cannot make tokens.
func TestPlantedPublicKeyIsNotUsed(t *testing.T) {
	t.Parallel()
	thief := storedKey(t, memstore.New(), "ES256", nil)
	keys := memstore.New()
	row := storedKey(t, keys, "ES256", func(k *store.SigningKey) { k.Public = thief.Public })
	k, ok := openTestKeyring(t, keys, "ES256", keyTime).byID(row.ID)
	if !ok {
		t.Fatal("the key is gone")
	}
	public, err := x509.ParsePKIXPublicKey(thief.Public)
	if err != nil {
		t.Fatal(err)
	}
	if k.Public.(*ecdsa.PublicKey).Equal(public) {
		t.Error("the keyring took the public key of the row")
	}
}

func TestSigningKeyTimes(t *testing.T) {
	t.Parallel()
	const hour = time.Hour
	at := func(d time.Duration) time.Time { return keyTime.Add(d) }
	keys := memstore.New()
	add := func(algorithm string, active, retires, expires, revoked time.Time) string {
		return storedKey(t, keys, algorithm, func(k *store.SigningKey) {
			k.CreatedAt, k.ActiveAt, k.RetiresAt, k.ExpiresAt, k.RevokedAt = at(-99*hour), active, retires, expires, revoked
		}).ID
	}
	var never time.Time
	expired := add("ES256", at(-9*hour), at(-8*hour), at(-7*hour), never)
	retired := add("ES256", at(-8*hour), at(-hour), at(hour), never)
	active := add("ES256", at(-2*hour), never, never, never)
	other := add("EdDSA", at(-time.Minute), never, never, never)
	revoked := add("ES256", at(-time.Second), never, never, at(-time.Millisecond))
	upcoming := add("ES256", at(hour), never, never, never)

	ring := openTestKeyring(t, keys, "ES256", keyTime)
	for _, c := range []struct {
		now       time.Time
		signer    string
		published []string
	}{
		{at(0), active, []string{retired, active, other, upcoming}},
		{at(hour - time.Millisecond), active, []string{retired, active, other, upcoming}},
		{at(hour), upcoming, []string{active, other, upcoming}}, // and retired has expired
	} {
		if got, err := ring.signer(c.now); err != nil || got.ID != c.signer {
			t.Errorf("at +%v: signer: got %s, %v, want %s", c.now.Sub(keyTime), got.ID, err, c.signer)
		}
		var got []string
		for _, k := range ring.at(c.now).keys {
			got = append(got, k.ID)
		}
		if diff := cmp.Diff(c.published, got); diff != "" {
			t.Errorf("at +%v: published (-want +got):\n%s", c.now.Sub(keyTime), diff)
		}
		for _, id := range []string{expired, retired, active, other, revoked, upcoming} {
			if _, ok := ring.at(c.now).byID(id); ok != slices.Contains(c.published, id) {
				t.Errorf("at +%v: byID(%s): got %v", c.now.Sub(keyTime), id, ok)
			}
		}
	}

	wantStates(t, keys, map[string]SigningKeyState{
		expired: KeyExpired, retired: KeyRetired, active: KeyActive, other: KeyActive, revoked: KeyRevoked, upcoming: KeyUpcoming,
	})
}

func wantStates(t *testing.T, keys store.SigningKeys, want map[string]SigningKeyState) {
	t.Helper()
	m := &Manager{cfg: Config{SigningKeys: keys, Now: func() time.Time { return keyTime }}}
	infos, err := m.SigningKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]SigningKeyState)
	for _, info := range infos {
		got[info.ID] = info.State
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
}

func TestSigningKeysView(t *testing.T) {
	t.Parallel()
	keys := memstore.New()
	row := storedKey(t, keys, "EdDSA", func(k *store.SigningKey) {
		k.RetiresAt, k.ExpiresAt, k.RevokedAt = keyTime.Add(time.Hour), keyTime.Add(2*time.Hour), keyTime.Add(time.Minute)
	})
	m := &Manager{cfg: Config{SigningKeys: keys, Now: func() time.Time { return keyTime }}}
	got, err := m.SigningKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []SigningKeyInfo{{
		ID: row.ID, Algorithm: "EdDSA", State: KeyRevoked, CreatedAt: keyTime, ActiveAt: keyTime,
		RetiresAt: row.RetiresAt, ExpiresAt: row.ExpiresAt, RevokedAt: row.RevokedAt,
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	if err := keys.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := m.SigningKeys(t.Context()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("closed store: got %v, want ErrUnavailable", err)
	}
}

// Clocks differ: the key that another instance has just made may lie ahead.
func TestOnlyKeySignsBeforeItsTime(t *testing.T) {
	t.Parallel()
	keys := memstore.New()
	first := storedKey(t, keys, "ES256", func(k *store.SigningKey) { k.ActiveAt = keyTime.Add(time.Second) })
	storedKey(t, keys, "ES256", func(k *store.SigningKey) { k.ActiveAt = keyTime.Add(time.Hour) })
	if got, err := openTestKeyring(t, keys, "ES256", keyTime).signer(keyTime); err != nil || got.ID != first.ID {
		t.Errorf("signer: got %s, %v, want %s", got.ID, err, first.ID)
	}
}

func TestRevokedKeyIsReplacedAtStart(t *testing.T) {
	t.Parallel()
	keys := memstore.New()
	revoked := storedKey(t, keys, "ES256", func(k *store.SigningKey) { k.RevokedAt = keyTime })
	got, err := openTestKeyring(t, keys, "ES256", keyTime).signer(keyTime)
	if err != nil || got.ID == revoked.ID {
		t.Errorf("signer: got %s, %v, want a new key", got.ID, err)
	}
}

func TestOpenKeyringErrors(t *testing.T) {
	t.Parallel()
	retired := memstore.New()
	storedKey(t, retired, "ES256", func(k *store.SigningKey) { k.RetiresAt = keyTime })
	_, err := openKeyring(t.Context(), retired, "ES256", testSecrets(t, "one"), keyTime)
	if err == nil || !strings.Contains(err.Error(), "no signing key of algorithm ES256 signs now") {
		t.Errorf("retired key alone: got %v", err)
	}
	closed := memstore.New()
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := openKeyring(t.Context(), closed, "ES256", testSecrets(t, "one"), keyTime); !errors.Is(err, store.ErrClosed) {
		t.Errorf("closed store: got %v, want store.ErrClosed", err)
	}
	if _, err := openKeyring(t.Context(), memstore.New(), "HS256", testSecrets(t, "one"), keyTime); err == nil {
		t.Error("HS256: got no error")
	}
}

func TestK08_JWKS(t *testing.T) {
	t.Parallel()
	keys := memstore.New()
	es := storedKey(t, keys, "ES256", nil)
	ed := storedKey(t, keys, "EdDSA", func(k *store.SigningKey) { k.ActiveAt = keyTime.Add(time.Hour) })
	storedKey(t, keys, "ES256", func(k *store.SigningKey) { k.RevokedAt = keyTime })
	m := &Manager{cfg: Config{Now: func() time.Time { return keyTime }}, keys: openTestKeyring(t, keys, "ES256", keyTime)}
	var got struct{ Keys []map[string]string }
	if err := json.Unmarshal(m.JWKS(), &got); err != nil {
		t.Fatal(err)
	}
	x, y := coordinates(t, es)
	want := []map[string]string{
		{"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": es.ID, "use": "sig", "alg": "ES256"},
		{"kty": "OKP", "crv": "Ed25519", "x": edX(t, ed), "kid": ed.ID, "use": "sig", "alg": "EdDSA"},
	}
	if diff := cmp.Diff(want, got.Keys); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	none := &Manager{cfg: m.cfg, keys: &keyring{}}
	if got := string(none.JWKS()); got != `{"keys":[]}` {
		t.Errorf("no keys: got %s", got)
	}
}

func coordinates(t *testing.T, row store.SigningKey) (x, y string) {
	t.Helper()
	public, err := x509.ParsePKIXPublicKey(row.Public)
	if err != nil {
		t.Fatal(err)
	}
	point, err := public.(*ecdsa.PublicKey).Bytes()
	if err != nil || public.(*ecdsa.PublicKey).Curve != elliptic.P256() {
		t.Fatalf("not P-256: %v", err)
	}
	return base64.RawURLEncoding.EncodeToString(point[1:33]), base64.RawURLEncoding.EncodeToString(point[33:])
}

func edX(t *testing.T, row store.SigningKey) string {
	t.Helper()
	public, err := x509.ParsePKIXPublicKey(row.Public)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(public.(ed25519.PublicKey))
}
