package buildinfo

import (
	"runtime/debug"
	"strings"
	"testing"
)

func TestGet(t *testing.T) {
	t.Parallel()
	recorded := &debug.BuildInfo{
		Main:     debug.Module{Version: "v0.9.0"},
		Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "0123456789abcdef0123"}},
	}
	for name, c := range map[string]struct {
		version, commit string
		recorded        *debug.BuildInfo
		want            string
	}{
		"by make":       {"v1.0.0-3-gabc", "abc", recorded, "referee v1.0.0-3-gabc (abc), go"},
		"by go install": {"", "", recorded, "referee v0.9.0 (0123456789ab), go"},
		"by go build":   {"", "", &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}}, "referee devel, go"},
		"nothing known": {"", "", nil, "referee devel, go"},
	} {
		if got := get(c.version, c.commit, c.recorded).String(); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %q, want %q…", name, got, c.want)
		}
	}
	if got := Get(); got.Version == "" || got.Go == "" {
		t.Errorf("this build: %+v", got)
	}
}
