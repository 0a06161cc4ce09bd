package main

import (
	"strings"

	"github.com/alecthomas/kong"

	"github.com/renewd/renewd/internal/settings"
)

type configCmd struct {
	Settings kong.Plugins `embed:""`
	output
}

// settingJSON is a setting for programs.
type settingJSON struct {
	Name     string   `json:"name"`
	Variable string   `json:"variable"`
	Values   []string `json:"values"` // one, unless the setting may be repeated
	Source   string   `json:"source"`
}

// Run prints the settings in force. It neither needs nor opens a store.
func (c *configCmd) Run(a *app) error {
	s, err := a.settings()
	if err != nil {
		return err
	}
	out := newListing(a.stdout, c.JSON, "SETTING", "VALUE", "FROM")
	for _, set := range settings.Table() {
		values, source := set.Values(s), s.Source(set.Name).String()
		v := settingJSON{set.Name, set.Variable(), append([]string{}, values...), source}
		if err := out.add(v, set.Name, orDash(strings.Join(values, ", ")), source); err != nil {
			return err
		}
	}
	return out.close()
}
