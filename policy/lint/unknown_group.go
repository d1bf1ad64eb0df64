package lint

import (
	"slices"

	"github.com/referee-casb/referee/model"
)

var unknownGroup = Check{
	Code: "unknown_group", Severity: Warning,
	Doc: "A policy names a group that nobody has been seen in. A group that was renamed makes a policy miss, or loses its break-glass accounts.",
	Run: func(s *Set, report Report) {
		if s.Groups == nil {
			return
		}
		for _, d := range s.Docs {
			path := "conditions.users"
			var named []model.GroupID
			switch {
			case d.Access != nil:
				named = append(append(named, d.Access.Users.IncludeGroups...), d.Access.Users.ExcludeGroups...)
			case d.Inline != nil:
				path = "activities"
				for _, field := range []string{"user.groups", "user.tags"} {
					for _, g := range equals(d.Inline.Activities, field) {
						named = append(named, model.GroupID(g))
					}
				}
			}
			for _, g := range named {
				if !slices.Contains(s.Groups, g) {
					report(d, path, "check its spelling; it must be exactly as the provider sends it", "nobody was seen in a group %q", g)
				}
			}
		}
	},
}
