// Package buildinfo says which build this is. In no layer: all may import it.
package buildinfo

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version and commit are set by the Makefile:
//
//	-ldflags "-X github.com/referee-casb/referee/internal/buildinfo.version=v1.2.3 -X ….commit=abcdef0"
var version, commit string

// Info is what is known of a build.
type Info struct {
	Version string `json:"version"`          // of the release, or git describe's words; "devel" for a plain go build
	Commit  string `json:"commit,omitempty"` // abbreviated
	Go      string `json:"go"`               // Go's version
	OS      string `json:"os"`
	Arch    string `json:"arch"`
}

// Get returns what is known of this build. What `make build` didn't set is taken from what Go recorded, if it did.
func Get() Info {
	recorded, _ := debug.ReadBuildInfo()
	return get(version, commit, recorded)
}

func get(version, commit string, recorded *debug.BuildInfo) Info {
	info := Info{Version: version, Commit: commit, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	if recorded != nil {
		if v := recorded.Main.Version; info.Version == "" && v != "(devel)" {
			info.Version = v
		}
		for _, s := range recorded.Settings {
			if s.Key == "vcs.revision" && info.Commit == "" {
				info.Commit = s.Value[:min(len(s.Value), 12)]
			}
		}
	}
	if info.Version == "" {
		info.Version = "devel"
	}
	return info
}

// String returns one line for people, as `referee version` and the log's first line show it.
func (i Info) String() string {
	s := "referee " + i.Version
	if i.Commit != "" {
		s += " (" + i.Commit + ")"
	}
	return fmt.Sprintf("%s, %s %s/%s", s, i.Go, i.OS, i.Arch)
}
