package lint

var monitorOnlyRoute = Check{
	Code: "monitor_only_route", Severity: Error,
	Doc: "Conditional Access sends the app through the gateway with session control monitorOnly alone. Under it session policies do not apply.",
	Run: func(s *Set, report Report) {
		for _, d := range s.Sessions() {
			keys, all := Apps(d)
			for _, key := range keys {
				if !all && s.routed(key, false, "monitorOnly") && !s.routed(key, false, "mcasConfigured", "blockDownloads") {
					report(d, "activities", "use cloudAppSecurityType: mcasConfigured", "%s is only routed with session control monitorOnly, under which session policies do not apply", key)
				}
			}
		}
	},
}
