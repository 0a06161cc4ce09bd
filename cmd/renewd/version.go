package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

type versionCmd struct{ output }

// versionJSON is the version for programs.
type versionJSON struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// Run prints the version that the module or the version control gave.
func (c *versionCmd) Run(a *app) error {
	v := versionJSON{Version: "(devel)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok {
		if info.Main.Version != "" {
			v.Version = info.Main.Version
		}
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				v.Revision = s.Value
			}
		}
	}
	if c.JSON {
		return writeJSON(a.stdout, v)
	}
	text := fmt.Sprintf("renewd %s (%s, %s)", v.Version, v.Go, v.Platform)
	if v.Revision != "" {
		text += " " + v.Revision
	}
	_, err := fmt.Fprintln(a.stdout, text)
	return err
}
