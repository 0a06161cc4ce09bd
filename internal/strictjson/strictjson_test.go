package strictjson_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/renewd/renewd/internal/strictjson"
)

func nested(depth int) string {
	return strings.Repeat(`{"a":[`, depth/2) + strings.Repeat("[", depth%2) + strings.Repeat("]", depth%2) + strings.Repeat("]}", depth/2)
}

func TestCheckAccepts(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`null`, `true`, `0`, `-0`, `1e300`, `"a"`, `""`, `[]`, `{}`, " {\n} ", `[1,[2,{"a":3}]]`,
		`{"a":1,"b":2}`, `{"a":{"a":1},"b":{"a":1}}`, `[{"a":1},{"a":1}]`, `{"a":"a","b":"A"}`, `{"":1}`,
		`"\ud83d\ude00"`, `"😀"`, `"\\ud800"`, `"\\\\ud800"`, `"\u0000"`, "\"\ufffd\"", `"\ufffd"`, `{"ä":1,"a":2}`,
		`{"ss":1,"ß":2}`, nested(strictjson.MaxDepth),
	} {
		if err := strictjson.Check([]byte(text)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestCheckRefuses(t *testing.T) {
	t.Parallel()
	const (
		utf8      = "not UTF-8"
		value     = "not one JSON value"
		twice     = "two members of one name"
		number    = "a number out of range"
		surrogate = "a lone surrogate"
		deep      = "nested too deep"
	)
	for text, why := range map[string]string{
		"": value, " ": value, "{": value, `{}{}`: value, `{} x`: value, `1 2`: value, `{"a":1,}`: value, `[1,]`: value,
		`{'a':1}`: value, `{a:1}`: value, `01`: value, `+1`: value, `.5`: value, `NaN`: value, "\ufeff{}": value,
		"\"a\nb\"": value, `"\x41"`: value, `//`: value, `{"a"}`: value, `["a":1]`: value, `{"a":1 "b":2}`: value, `[,]`: value,

		"\"\xff\"": utf8, "\"\xc0\xaf\"": utf8, "\"\xed\xa0\x80\"": utf8, "{\"a\xff\":1}": utf8, "{}\xff": utf8,

		`{"a":1,"a":2}`: twice, `{"a":1,"b":{"c":1,"c":2}}`: twice, `[[{"a":1,"a":1}]]`: twice, `{"a":null,"a":null}`: twice,
		`{"a":1,"A":2}`: twice, `{"abc":1,"aBc":2}`: twice, `{"a":1,"\u0061":2}`: twice, `{"a":1,"\u0041":2}`: twice,
		`{"s":1,"ſ":2}`: twice, `{"k":1,"K":2}`: twice, `{"ä":1,"Ä":2}`: twice, `{"σ":1,"ς":2}`: twice, `{"":1,"":2}`: twice,
		`{"a":1,"b":2,"c":3,"d":4,"B":5}`: twice,

		`1e999`: number, `{"a":-1e999}`: number, `[` + strings.Repeat("9", 400) + `]`: number,

		`"\ud800"`: surrogate, `"\udc00"`: surrogate, `"\ud800a"`: surrogate, `"\ud800\n"`: surrogate, `"\ud800\ud800"`: surrogate, `"\ud83d\ue000"`: surrogate,
		`"\udc00\ud800"`: surrogate, `"\ud83d\ude00\ude00"`: surrogate, `"\\\ud800"`: surrogate, `{"\uD800":1}`: surrogate,

		nested(strictjson.MaxDepth + 1): deep, strings.Repeat("[", 9) + strings.Repeat("]", 9): deep,
		strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000): deep,
	} {
		err := strictjson.Check([]byte(text))
		if !errors.Is(err, strictjson.ErrInvalid) || !strings.HasSuffix(err.Error(), ": "+why) {
			t.Errorf("%.40s: got %v, want %q", text, err, why)
		}
	}
}

func TestErrorsRepeatNothing(t *testing.T) {
	t.Parallel()
	const canary = "canary4f1c"
	for _, text := range []string{
		canary, `{"` + canary + `":1,"` + canary + `":2}`, `{"` + canary + `":1}`, `{"name":["` + canary + `"]}`,
		`{"at":"` + canary + `"}`, `{"Name":"` + canary + `"}`, `{"count":"` + canary + `"}`, `{"count":20260521.5}`,
	} {
		var into request
		err := strictjson.Unmarshal([]byte(text), &into)
		if err == nil || strings.Contains(err.Error(), canary) || strings.Contains(err.Error(), "20260521") {
			t.Errorf("%s: got %v, want an error that does not repeat it", text, err)
		}
	}
}
