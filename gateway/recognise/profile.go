package recognise

import (
	"net/http"
	"strings"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// Profile is a catalog.Profile compiled once a catalogue epoch. It is immutable and safe for concurrent use; a
// nil profile knows nothing.
type Profile struct {
	previews, downloads, exports, uploads, never, issuers []pattern
	activities                                            []activityRule
	anyCase                                               bool
}

type activityRule struct {
	method string
	role   catalog.Role
	path   pattern
	kind   model.ActivityType
}

// Compile checks and prepares a profile; an error names the pattern that can't be used.
func Compile(p catalog.Profile) (*Profile, error) {
	out := &Profile{anyCase: p.AnyCase}
	for _, list := range []struct {
		field string
		from  []string
		to    *[]pattern
	}{
		{"previews", p.Previews, &out.previews},
		{"downloads", p.Downloads, &out.downloads},
		{"exports", p.Exports, &out.exports},
		{"uploads", p.Uploads, &out.uploads},
		{"neverFiles", p.NeverFiles, &out.never},
		{"tokenIssuers", p.TokenIssuers, &out.issuers},
	} {
		for _, text := range list.from {
			c, err := compilePattern(text, p.AnyCase)
			if err != nil {
				return nil, fault.Wrap(err, "recognise.Compile", list.field)
			}
			*list.to = append(*list.to, c)
		}
	}
	for _, r := range p.Activities {
		c, err := compilePattern(r.Path, p.AnyCase)
		if err != nil {
			return nil, fault.Wrap(err, "recognise.Compile", "activities")
		}
		out.activities = append(out.activities, activityRule{method: strings.ToUpper(r.Method), role: r.Host, path: c, kind: r.Type})
	}
	return out, nil
}

// fold is the path as patterns are compared with.
func (p *Profile) fold(path string) string {
	if p.anyCase {
		return strings.ToLower(path)
	}
	return path
}

// upload reports whether the body of a request is a file by the profile.
func (p *Profile) upload(r *http.Request) bool {
	return p != nil && len(p.uploads) > 0 && anyMatch(p.uploads, p.fold(r.URL.Path), r.URL.RawQuery)
}
