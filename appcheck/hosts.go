package appcheck

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/referee-casb/referee/catalog/appprofile"
)

// usedHosts judges which hosts the app needs.
func usedHosts(s *seen) []Finding {
	var own, others []string
	for _, host := range slices.Sorted(maps.Keys(s.hosts)) {
		if _, never := appprofile.SignInHost(host); never {
			continue
		}
		if s.own(host) {
			own = append(own, host)
		} else {
			others = append(others, host)
		}
	}
	out := []Finding{{Level: Note, Saw: fmt.Sprintf("It uses %d hosts of its own: %s.", len(own), strings.Join(own, ", ")), Does: "List each as a host of the instance: one that isn't listed is reached directly, past the gateway. referee app check --make prints an instance with them."}}
	if len(others) > 0 {
		out = append(out, Finding{Level: Note, Saw: fmt.Sprintf("It uses %d hosts of others: %s.", len(others), strings.Join(others, ", ")), Does: "They are reached directly, which is right for fonts and statistics, and wrong for whatever holds your data: list those too."})
	}
	if s.profile != nil && len(s.profile.Further) > 0 {
		var names []string
		for _, f := range s.profile.Further {
			names = append(names, f.Pattern)
		}
		out = append(out, Finding{Level: Warning, Saw: "By its profile it has hosts with names that nobody knows before: " + strings.Join(names, ", ") + ".", Does: "Add them as they are seen (referee app discovered); until then they are reached directly."})
	}
	if s.browser != "" {
		out = append(out, Finding{Level: Note, Saw: "The list is of what the page and its scripts name: " + s.browser + ".", Does: "What comes after sign-in is missing as well: try the app with a test person before others use it."})
	} else {
		out = append(out, Finding{Level: Note, Saw: "The list is of what the page and its scripts name, and of what a browser asked for without signing in.", Does: "What comes after sign-in is missing: try the app with a test person before others use it."})
	}
	return out
}
