package lint

import (
	"strconv"

	"github.com/referee-casb/referee/policy"
)

var unknownApp = Check{
	Code: "unknown_app", Severity: Error,
	Doc: "A policy names an app that is in no catalogue and is no instance of the tenant: a typing mistake switches it off.",
	Run: func(s *Set, report Report) {
		if s.Apps == nil {
			return
		}
		for _, d := range s.Docs {
			var named []string
			path := "activities"
			switch {
			case d.Access != nil:
				path = "conditions.applications"
				named = append(append(named, d.Access.Applications.Include...), d.Access.Applications.Exclude...)
			case d.Inline != nil:
				named = equals(d.Inline.Activities, "app")
			}
			for _, key := range named {
				if !s.knows(key) {
					report(d, path, "list them with referee app list", "no app, suite or instance is called %q", key)
				}
			}
		}
	},
}

func (s *Set) knows(key string) bool {
	if _, err := strconv.ParseInt(key, 10, 64); err == nil || key == policy.All || key == policy.None || s.appOf(key) != "" {
		return true
	}
	for _, a := range s.Apps {
		if a.Key == key || a.Suite == key {
			return true
		}
	}
	return false
}
