package appcheck

import (
	"regexp"
	"strings"
)

// busting finds scripts that break out of frames.
var busting = regexp.MustCompile(`(?:top|parent)(?:\.location)?\s*!==?\s*(?:self|window|window\.self)\b|(?:self|window)\s*!==?\s*(?:window\.)?(?:top|parent)\b`)

// framing judges whether the app minds frames.
func framing(s *seen) []Finding {
	var out []Finding
	a := s.last()
	if a == nil {
		return nil
	}
	if v := a.header.Get("X-Frame-Options"); v != "" || strings.Contains(strings.ToLower(a.header.Get("Content-Security-Policy")), "frame-ancestors") {
		out = append(out, Finding{Level: Good, Saw: "It says who may frame it.", Does: "Nothing to do: Referee shows apps at the top, not in frames, and maps the hosts that are named."})
	}
	if at, found := s.anyScript(func(t string) bool { return busting.MatchString(t) }); found {
		out = append(out, Finding{Level: Good, Saw: "A script breaks out of frames (" + at + ").", Does: "Nothing to do: Referee shows apps at the top, not in frames."})
	}
	if len(s.page.frames) > 0 {
		out = append(out, Finding{Level: Note, Saw: "Its page has frames.", Does: "Frames of the instance's hosts are mapped and get Referee's script; those of others are what they are."})
	}
	return out
}
