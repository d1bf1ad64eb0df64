package lint

import (
	"slices"
	"strings"

	"github.com/referee-casb/referee/policy"
)

var unknownLocation = Check{
	Code: "unknown_location", Severity: Error,
	Doc: "A policy names a location that the tenant has not defined: no address is ever in it.",
	Run: func(s *Set, report Report) {
		if s.Locations == nil {
			return
		}
		for _, d := range s.Docs {
			path := "conditions.locations"
			var named []string
			switch {
			case d.Access != nil:
				named = append(append(named, d.Access.Locations.Include...), d.Access.Locations.Exclude...)
			case d.Inline != nil:
				path, named = "activities", equals(d.Inline.Activities, "location.named")
			}
			for _, n := range named {
				known := n == policy.All || n == policy.AllTrusted ||
					slices.ContainsFunc(s.Locations, func(have string) bool { return strings.EqualFold(have, n) })
				if !known {
					report(d, path, "define it among the tenant's named locations", "no named location is called %q", n)
				}
			}
		}
	},
}
