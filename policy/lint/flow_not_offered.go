package lint

var flowNotOffered = Check{
	Code: "flow_not_offered", Severity: Info,
	Doc: "A policy is about sign-ins on behalf of another device. Referee's broker offers no such flow, so the policy never matches here; in Entra it still may.",
	Run: func(s *Set, report Report) {
		for _, d := range s.Docs {
			if d.Access != nil && len(d.Access.Flows) > 0 {
				report(d, "conditions.authenticationFlows", "keep it in Entra", "no sign-in through Referee uses %s", d.Access.Flows[0])
			}
		}
	},
}
