package lint

import "slices"

var appWithoutInstance = Check{
	Code: "app_without_instance", Severity: Error,
	Doc: "A policy names an app of which the tenant has no instance: no host belongs to it, so nothing ever matches.",
	Run: func(s *Set, report Report) {
		if s.Instances == nil {
			return
		}
		for _, d := range s.Docs {
			keys, all := Apps(d)
			if all || len(keys) == 0 {
				continue
			}
			if !slices.ContainsFunc(keys, s.present) {
				report(d, appPath(d), "add one with referee app add, or name an app that has one", "the tenant has no instance of %s", list(keys))
			}
		}
	},
}

// present reports whether an instance stands behind a key of an app, a suite or an instance.
func (s *Set) present(key string) bool {
	for _, i := range s.Instances {
		if string(i.ID) == key || i.App == key || s.suites[i.App] == key || s.isID(key) {
			return true
		}
	}
	return false
}
