package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Unmarshal reads the JSON object in data into the struct that into points to.
// It fails with [ErrInvalid] unless [Check] accepts data, every member name is
// the exact name of a field, letter case included, and every value has its
// field's type. The object itself may not be null; a member that is null leaves
// its field as it was. After an error *into is not to be used.
func Unmarshal(data []byte, into any) error {
	if err := Check(data); err != nil {
		return err
	}
	if trimmed := bytes.TrimSpace(data); trimmed[0] != '{' {
		return refuse("not an object")
	}
	if err := checkNames(data, reflect.TypeOf(into)); err != nil {
		return err
	}
	err := json.Unmarshal(data, into)
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) {
		return refuse(fmt.Sprintf("member %q has the wrong type", wrongType.Field))
	}
	if err != nil {
		return refuse("a member has a value that is not of its form")
	}
	return nil
}

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

// checkNames holds the member names in data against the fields of t, which
// encoding/json matches without regard to case. What reads itself is left alone.
func checkNames(data []byte, t reflect.Type) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case reflect.PointerTo(t).Implements(unmarshaler):
		return nil
	case t.Kind() == reflect.Struct:
		return checkMembers(data, t)
	case t.Kind() == reflect.Map:
		return checkValues(maps.Values(decoded[map[string]json.RawMessage](data)), t.Elem())
	case t.Kind() == reflect.Slice || t.Kind() == reflect.Array:
		return checkValues(slices.Values(decoded[[]json.RawMessage](data)), t.Elem())
	}
	return nil
}

func checkValues(values iter.Seq[json.RawMessage], t reflect.Type) error {
	for value := range values {
		if err := checkNames(value, t); err != nil {
			return err
		}
	}
	return nil
}

// decoded returns nothing for a value of another type: Unmarshal reports that.
func decoded[T any](data []byte) T {
	var values T
	if json.Unmarshal(data, &values) != nil {
		return *new(T)
	}
	return values
}

func checkMembers(data []byte, t reflect.Type) error {
	fields := fieldsOf(t)
	for name, value := range decoded[map[string]json.RawMessage](data) {
		field, ok := fields[name]
		if !ok {
			return refuse("unknown member; known are " + strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
		}
		if err := checkNames(value, field); err != nil {
			return err
		}
	}
	return nil
}

// fieldsOf returns the types of t's fields by their names in JSON.
func fieldsOf(t reflect.Type) map[string]reflect.Type {
	fields := make(map[string]reflect.Type)
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case !f.IsExported() || f.Tag.Get("json") == "-" || f.Anonymous && name == "":
			continue
		case name == "":
			name = f.Name
		}
		fields[name] = f.Type
	}
	return fields
}
