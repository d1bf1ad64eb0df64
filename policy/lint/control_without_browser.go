package lint

var controlWithoutBrowser = Check{
	Code: "control_without_browser", Severity: Error,
	Doc: "A Conditional Access policy grants with Conditional Access App Control and leaves browsers out. Only browsers can be sent through the gateway, so every program it is about is blocked.",
	Run: func(s *Set, report Report) {
		for _, d := range s.Access() {
			if d.Access.Session != "" && !takesBrowser(d.Access) {
				report(d, "conditions.clientAppTypes", "add browser, or block in so many words", "session control is for browsers, which the policy leaves out: it blocks all it is about")
			}
		}
	},
}
