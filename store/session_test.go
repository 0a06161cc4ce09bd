package store_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/renewd/renewd/store"
)

func testID() store.SessionID {
	return store.SessionID([]byte("an id for a test"))
}

func TestSessionIDText(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		id   store.SessionID
		want string
	}{
		{store.SessionID{}, "ses_" + strings.Repeat("a", 26)},
		{store.SessionID([]byte(strings.Repeat("\xff", 16))), "ses_" + strings.Repeat("7", 25) + "4"},
		{store.SessionID{15: 1}, "ses_" + strings.Repeat("a", 25) + "e"},
	} {
		if got := tt.id.String(); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
		if got, err := store.ParseSessionID(tt.want); got != tt.id || err != nil {
			t.Errorf("%s parses to %x, %v; want %x", tt.want, got, err, tt.id)
		}
	}
}

func TestParseSessionIDMalformed(t *testing.T) {
	t.Parallel()
	good := testID().String()
	for name, text := range map[string]string{
		"empty":                 "",
		"prefix only":           "ses_",
		"no prefix":             good[4:],
		"prefix in capitals":    "SES_" + good[4:],
		"prefix twice":          "ses_" + good,
		"capitals":              "ses_" + strings.ToUpper(good[4:]),
		"one capital":           good[:10] + "A" + good[11:],
		"short":                 good[:len(good)-1],
		"long":                  good + "a",
		"padding":               good + "======",
		"padding inside":        good[:len(good)-1] + "=",
		"line feed inside":      good[:10] + "\n" + good[11:],
		"line feed, then more":  good[:10] + "\n" + good[10:],
		"carriage return":       good[:len(good)-1] + "\r",
		"line feed at the end":  good + "\n",
		"space before":          " " + good,
		"0 is no character":     good[:10] + "0" + good[11:],
		"1 is no character":     good[:10] + "1" + good[11:],
		"8 is no character":     good[:10] + "8" + good[11:],
		"not ASCII":             good[:10] + "é" + good[12:],
		"zero byte":             good[:10] + "\x00" + good[11:],
		"a spare bit set":       "ses_" + strings.Repeat("a", 25) + "b",
		"the other spare bit":   "ses_" + strings.Repeat("a", 25) + "c",
		"both spare bits":       "ses_" + strings.Repeat("7", 26),
		"an id of another kind": "key_" + good[4:],
	} {
		got, err := store.ParseSessionID(text)
		if !errors.Is(err, store.ErrSessionIDForm) || !got.IsZero() {
			t.Errorf("%s: got %v, %v; want nothing and %v", name, got, err, store.ErrSessionIDForm)
		}
	}
}

func TestSessionIDOrder(t *testing.T) {
	t.Parallel()
	low, high := store.SessionID{1}, store.SessionID{1, 15: 1}
	if low.Compare(high) != -1 || high.Compare(low) != 1 || low.Compare(low) != 0 {
		t.Errorf("got %d, %d, %d; want -1, 1, 0", low.Compare(high), high.Compare(low), low.Compare(low))
	}
	if low.IsZero() || !(store.SessionID{}).IsZero() {
		t.Error("only the zero id is zero")
	}
}

func FuzzParseSessionID(f *testing.F) {
	for _, text := range []string{"", "ses_", testID().String(), "ses_" + strings.Repeat("a", 26), "ses_" + strings.Repeat("7", 26)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, err := store.ParseSessionID(text)
		if err == nil && id.String() != text {
			t.Fatalf("%q parses to an id that shows as %q", text, id)
		}
		if err != nil && (!errors.Is(err, store.ErrSessionIDForm) || !id.IsZero()) {
			t.Fatalf("%q: got %v, %v", text, id, err)
		}
	})
}
