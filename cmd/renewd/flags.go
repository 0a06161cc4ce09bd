package main

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"

	"github.com/alecthomas/kong"

	"github.com/renewd/renewd/internal/settings"
)

// textFlag collects the texts of a setting; what they mean is for package
// settings to say, which also knows the other sources.
type textFlag []string

// Decode implements [kong.MapperValue].
func (f *textFlag) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("value", &text); err != nil {
		return err
	}
	*f = append(*f, text)
	return nil
}

// switchFlag is a setting that needs no value.
type switchFlag []string

// IsBool implements [kong.BoolMapperValue].
func (f *switchFlag) IsBool() bool { return true }

// Decode implements [kong.MapperValue].
func (f *switchFlag) Decode(ctx *kong.DecodeContext) error {
	text := "true"
	if ctx.Scan.Peek().Type == kong.FlagValueToken {
		if err := ctx.Scan.PopValueInto("value", &text); err != nil {
			return err
		}
	}
	*f = append(*f, text)
	return nil
}

// settingFlags returns flags for settings: a struct with a field for each.
func settingFlags(list []settings.Setting) kong.Plugins {
	var fields []reflect.StructField
	for _, s := range list {
		if s.NotFlag {
			continue
		}
		kind := reflect.TypeFor[textFlag]()
		if s.Placeholder() == "" {
			kind = reflect.TypeFor[switchFlag]()
		}
		fields = append(fields, reflect.StructField{
			Name: "Setting" + strconv.Itoa(len(fields)),
			Type: kind,
			Tag:  reflect.StructTag(fmt.Sprintf("name:%q placeholder:%q help:%q", s.Name, s.Placeholder(), flagHelp(s))),
		})
	}
	return kong.Plugins{reflect.New(reflect.StructOf(fields)).Interface()}
}

func flagHelp(s settings.Setting) string {
	help := s.Help
	if s.Repeatable() {
		help += "; may be repeated"
	}
	if s.Default != "" {
		help += " (default " + s.Default + ")"
	}
	return help
}

// dataSettings are the settings of commands that only work on the data.
func dataSettings() []settings.Setting {
	return slices.DeleteFunc(settings.Table(), func(s settings.Setting) bool {
		return !slices.Contains([]string{"data", "store", "secret-file", "previous-secret-file", "config"}, s.Name)
	})
}

// givenSettings returns the settings that the command line holds.
func givenSettings(ctx *kong.Context) map[string][]string {
	given := map[string][]string{}
	for _, f := range ctx.Flags() {
		var texts []string
		switch v := f.Target.Interface().(type) {
		case textFlag:
			texts = v
		case switchFlag:
			texts = v
		}
		if len(texts) > 0 {
			given[f.Name] = texts
		}
	}
	return given
}
