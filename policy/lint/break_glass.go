package lint

import (
	"slices"

	"github.com/referee-casb/referee/policy"
)

var breakGlass = Check{
	Code: "break_glass", Severity: Warning,
	Doc: "A Conditional Access policy asks everybody at every app for something that may fail to be had, such as a second factor or a compliant device, and excludes no break-glass account. Two accounts outside it are the way in when the provider, or device management, is down.",
	Run: func(s *Set, report Report) {
		for _, d := range s.Access() {
			c := d.Access
			asks := len(c.Grant.Controls)+len(c.Grant.TermsOfUse) > 0 || c.Grant.Strength != ""
			if asks && !c.Blocks() && everybody(c) && slices.Contains(c.Applications.Include, policy.All) && excludesNobody(c) {
				report(d, "conditions.users", "exclude a group of break-glass accounts", "it asks every user at every app and excludes nobody")
			}
		}
	},
}

func everybody(c *policy.ConditionalAccess) bool { return slices.Contains(c.Users.Include, policy.All) }

// excludesNobody takes excluded guests for nobody: they are no way in for administrators.
func excludesNobody(c *policy.ConditionalAccess) bool {
	return len(c.Users.Exclude)+len(c.Users.ExcludeGroups)+len(c.Users.ExcludeRoles) == 0
}
