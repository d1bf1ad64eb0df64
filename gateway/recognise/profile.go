package recognise

import (
	"strings"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// Profile is a catalog.Profile compiled once a catalogue epoch. It is immutable and safe for concurrent use; a
// nil profile knows nothing.
type Profile struct {
	previews, downloads, exports, never, issuers []pattern
	activities                                   []activityRule
}

type activityRule struct {
	method string
	role   catalog.Role
	path   pattern
	kind   model.ActivityType
}

// Compile checks and prepares a profile; an error names the pattern that can't be used.
func Compile(p catalog.Profile) (*Profile, error) {
	out := &Profile{}
	for _, list := range []struct {
		field string
		from  []string
		to    *[]pattern
	}{
		{"previews", p.Previews, &out.previews},
		{"downloads", p.Downloads, &out.downloads},
		{"exports", p.Exports, &out.exports},
		{"neverFiles", p.NeverFiles, &out.never},
		{"tokenIssuers", p.TokenIssuers, &out.issuers},
	} {
		for _, text := range list.from {
			c, err := compilePattern(text)
			if err != nil {
				return nil, fault.Wrap(err, "recognise.Compile", list.field)
			}
			*list.to = append(*list.to, c)
		}
	}
	for _, r := range p.Activities {
		c, err := compilePattern(r.Path)
		if err != nil {
			return nil, fault.Wrap(err, "recognise.Compile", "activities")
		}
		out.activities = append(out.activities, activityRule{method: strings.ToUpper(r.Method), role: r.Host, path: c, kind: r.Type})
	}
	return out, nil
}

// pattern matches a path: * stands for anything within one segment, ** for anything across segments.
type pattern []string // literals and wildcards in turn

func compilePattern(text string) (pattern, error) {
	if !strings.HasPrefix(text, "/") && !strings.HasPrefix(text, "**") {
		return nil, &fault.Error{Kind: fault.Invalid, Op: "pattern", Key: text, Msg: "must begin with /", Help: "write a path such as /files/*/content"}
	}
	if strings.Contains(text, "***") || strings.ContainsAny(text, "?#") {
		return nil, &fault.Error{Kind: fault.Invalid, Op: "pattern", Key: text, Msg: "may hold * and **, no query and no fragment"}
	}
	var p pattern
	for text != "" {
		i := strings.IndexByte(text, '*')
		switch {
		case i < 0:
			p, text = append(p, text), ""
		case i > 0:
			p, text = append(p, text[:i]), text[i:]
		case strings.HasPrefix(text, "**"):
			p, text = append(p, "**"), text[2:]
		default:
			p, text = append(p, "*"), text[1:]
		}
	}
	return p, nil
}

// match walks the pattern with at most one backtrack point a wildcard kind, so its time is bounded by the
// product of the lengths even for hostile paths.
func (p pattern) match(path string) bool {
	if len(p) == 0 {
		return path == ""
	}
	switch p[0] {
	case "*", "**":
		if len(p) == 1 {
			return p[0] == "**" || strings.IndexByte(path, '/') < 0
		}
		next := p[1]
		for i := 0; ; {
			j := strings.Index(path[i:], next)
			if j < 0 || p[0] == "*" && strings.IndexByte(path[:i+j], '/') >= 0 {
				return false
			}
			if p[2:].match(path[i+j+len(next):]) {
				return true
			}
			i += j + 1
		}
	}
	return strings.HasPrefix(path, p[0]) && p[1:].match(path[len(p[0]):])
}

func anyMatch(list []pattern, path string) bool {
	for _, p := range list {
		if p.match(path) {
			return true
		}
	}
	return false
}
