package lint

import (
	"slices"

	"github.com/referee-casb/referee/policy"
)

var lockout = Check{
	Code: "lockout", Severity: Error,
	Doc: "A Conditional Access policy blocks everybody everywhere and excludes nobody. A mistake in its conditions, or in what is known of devices and places, then locks out the people who could mend it.",
	Run: func(s *Set, report Report) {
		for _, d := range s.Access() {
			c := d.Access
			if c.Blocks() && everybody(c) && slices.Contains(c.Applications.Include, policy.All) && excludesNobody(c) {
				report(d, "conditions.users", "exclude a group of break-glass accounts", "it blocks every user at every app and excludes nobody")
			}
		}
	},
}
