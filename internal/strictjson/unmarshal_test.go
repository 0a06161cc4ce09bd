package strictjson_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/renewd/renewd/internal/strictjson"
)

type request struct {
	Name   string `json:"name"`
	Count  int    `json:"count,omitempty"`
	Hidden string `json:"-"`
	Plain  bool
	Inner  *inner           `json:"inner"`
	List   []inner          `json:"list"`
	ByName map[string]inner `json:"by_name"`
	At     time.Time        `json:"at"`
	Any    any              `json:"any"`
	Own    own              `json:"own"`
	embedded
	unexported string //nolint:unused // there to be left alone
}

type inner struct {
	A    string `json:"a"`
	Deep *inner `json:"deep"`
}

// own reads itself, whatever its members are called.
type own struct{ text string }

func (o *own) UnmarshalJSON(data []byte) error {
	o.text = string(data)
	return nil
}

type embedded struct {
	Common string `json:"common"`
}

func TestUnmarshal(t *testing.T) {
	t.Parallel()
	const text = `{"name":"n","count":3,"Plain":true,"inner":{"a":"x","deep":{"a":"y"}},"list":[{"a":"z"}],
		"by_name":{"Any Key":{"a":"w"}},"at":"2026-03-01T12:00:00Z","any":{"What":["Ever"]},"common":"c","own":{"X":1}}`
	want := request{
		Name: "n", Count: 3, Plain: true, Inner: &inner{A: "x", Deep: &inner{A: "y"}}, List: []inner{{A: "z"}},
		ByName: map[string]inner{"Any Key": {A: "w"}}, At: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		Any: map[string]any{"What": []any{"Ever"}}, Own: own{text: `{"X":1}`}, embedded: embedded{Common: "c"},
	}
	var got request
	if err := strictjson.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(request{}, own{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What is missing or null leaves its field alone.
func TestUnmarshalOfNothing(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{}`, `{"name":null,"list":null,"by_name":null}`} {
		got := request{Name: "before"}
		if err := strictjson.Unmarshal([]byte(text), &got); err != nil || got.Name != "before" {
			t.Errorf("%s: got %q, %v", text, got.Name, err)
		}
	}
}

func TestUnmarshalRefuses(t *testing.T) {
	t.Parallel()
	const unknown = "unknown member; known are "
	for text, why := range map[string]string{
		`{"extra":1}`:                         unknown + "Plain, any, at, by_name, common, count, inner, list, name, own",
		`{"role":"admin","name":"n"}`:         unknown,
		`{"Name":"n"}`:                        unknown,
		`{"NAME":"n"}`:                        unknown,
		`{"plain":true}`:                      unknown,
		`{"-":"x"}`:                           unknown,
		`{"Hidden":"x"}`:                      unknown,
		`{"unexported":"x"}`:                  unknown,
		`{"embedded":{}}`:                     unknown,
		`{"Common":"x"}`:                      unknown,
		`{"inner":{"A":"x"}}`:                 unknown + "a, deep",
		`{"inner":{"deep":{"deep":{"b":1}}}}`: unknown,
		`{"list":[{"a":"x"},{"A":"x"}]}`:      unknown,
		`{"by_name":{"k":{"A":"x"}}}`:         unknown,
		`{"name":"a","Name":"b"}`:             "two members of one name",
		`{"name":1}`:                          `member "name" has the wrong type`,
		`{"count":"1"}`:                       `member "count" has the wrong type`,
		`{"count":1.5}`:                       `member "count" has the wrong type`,
		`{"inner":[]}`:                        `member "inner" has the wrong type`,
		`{"list":{}}`:                         `member "list" has the wrong type`,
		`{"at":"yesterday"}`:                  "a value that is not of its form",
		`null`:                                "not an object",
		` [] `:                                "not an object",
		`"{}"`:                                "not an object",
		`{} {}`:                               "not one JSON value",
		``:                                    "not one JSON value",
	} {
		var into request
		err := strictjson.Unmarshal([]byte(text), &into)
		if !errors.Is(err, strictjson.ErrInvalid) || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: got %v, want %q", text, err, why)
		}
	}
}
