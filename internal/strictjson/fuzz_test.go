package strictjson_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"github.com/renewd/renewd/internal/strictjson"
)

// Whatever is accepted, encoding/json reads, writes and reads again as the same.
func FuzzStrictJSON(f *testing.F) {
	for _, text := range []string{
		`{"a":1,"b":[true,null,"x"]}`, `{"a":1,"A":2}`, `{"a":1}{"a":1}`, `"\ud83d\ude00"`, `"\ud800"`, "\"\xff\"",
		`[[[[[[[[[]]]]]]]]]`, `1e999`, `-0.0e-0`, `{"K":1,"k":2}`, ``, `{"name":"n","count":1}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		err := strictjson.Check(data)
		if err != nil && !errors.Is(err, strictjson.ErrInvalid) {
			t.Fatalf("got %v, want ErrInvalid", err)
		}
		var into request
		if unmarshalErr := strictjson.Unmarshal(data, &into); err != nil && unmarshalErr == nil {
			t.Fatal("Unmarshal accepts what Check refuses")
		}
		if err != nil {
			return
		}
		var first, again any
		if err := json.Unmarshal(data, &first); err != nil {
			t.Fatalf("accepted, but encoding/json says %v", err)
		}
		text, err := json.Marshal(first)
		if err != nil {
			t.Fatal(err)
		}
		if err := strictjson.Check(text); err != nil {
			t.Fatalf("written again: %v", err)
		}
		if err := json.Unmarshal(text, &again); err != nil || !reflect.DeepEqual(first, again) {
			t.Fatalf("got %#v, %v, want %#v", again, err, first)
		}
	})
}
