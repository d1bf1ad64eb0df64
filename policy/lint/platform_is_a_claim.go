package lint

import (
	"slices"

	"github.com/referee-casb/referee/policy"
)

var platformIsAClaim = Check{
	Code: "platform_is_a_claim", Severity: Warning,
	Doc: "A policy keeps people out by platforms that it lists. The platform is what the user agent says, which anybody can change; one that is not recognised is none of those listed.",
	Run: func(s *Set, report Report) {
		for _, d := range s.Access() {
			c := d.Access
			if c.Blocks() && len(c.Platforms.Include) > 0 && !slices.Contains(c.Platforms.Include, policy.PlatformAll) {
				report(d, "conditions.platforms", "include all and exclude the platforms that you allow", "a user agent that claims another platform, or none that is known, gets past the block")
			}
		}
	},
}
