package lint

import "slices"

var contextWithoutPolicy = Check{
	Code: "context_without_policy", Severity: Info,
	Doc: "A session policy requires step-up with an authentication context that no Conditional Access policy in force is about. What the step-up takes is then left to the provider.",
	Run: func(s *Set, report Report) {
		var have []string
		for _, d := range s.Access() {
			have = append(have, d.Access.Applications.Contexts...)
		}
		for _, d := range s.Sessions() {
			if c := d.Inline.StepUp.Context; c != "" && !slices.Contains(have, c) {
				report(d, "stepUp.context", "add a ConditionalAccess document with includeAuthenticationContextClassReferences: ["+c+"] and an authentication strength",
					"no Conditional Access policy in force says what %s takes", c)
			}
		}
	},
}
