package lint

import (
	"slices"

	"github.com/referee-casb/referee/policy"
)

var strengthNotDescribed = Check{
	Code: "strength_not_described", Severity: Warning,
	Doc: "A policy asks for an authentication strength of the tenant's own that the setting stepUp.strengths does not describe. No provider can then be asked for it, and of Referee's own factors a passkey alone will do.",
	Run: func(s *Set, report Report) {
		if s.Strengths == nil {
			return
		}
		known := append([]string{policy.StrengthMultifactor, policy.StrengthPasswordless, policy.StrengthPhishingResistant}, s.Strengths...)
		for _, d := range s.Access() {
			if id := d.Access.Grant.Strength; id != "" && !slices.Contains(known, id) {
				report(d, "grantControls.authenticationStrength", "add it to the tenant's stepUp.strengths, with the provider's acr or with passkey: true",
					"nobody has said what strength %s takes", id)
			}
		}
	},
}
