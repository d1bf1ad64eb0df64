package lint

import "github.com/referee-casb/referee/policy"

var notEnforced = Check{
	Code: "not_enforced", Severity: Error,
	Doc: "A document needs something that this installation can't do: applying it is refused, since a policy that nobody enforces protects nobody.",
	Run: func(s *Set, report Report) {
		for _, p := range policy.Refused(s.Docs, s.Capabilities) {
			report(s.find(p.Document), p.Path, p.Advice, "%s", p.Reason)
		}
	},
}
