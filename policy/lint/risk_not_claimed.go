package lint

import "github.com/referee-casb/referee/policy"

var riskNotClaimed = Check{
	Code: "risk_not_claimed", Severity: Warning,
	Doc: "A policy rests on user or sign-in risk, which only a provider can claim. Where it claims none the condition can't be decided and, without unscannable: allow, counts as met for everybody.",
	Run: func(s *Set, report Report) {
		for _, d := range s.Access() {
			c := d.Access
			path := "conditions.signInRiskLevels"
			if len(c.UserRisk) > 0 {
				path = "conditions.userRiskLevels"
			}
			if len(c.UserRisk)+len(c.SignInRisk) > 0 && c.Unscannable == policy.UnscannableBlock {
				report(d, path, "check that the provider sends the risk, or write unscannable: allow", "it applies to everybody whose provider claims no risk")
			}
		}
	},
}
