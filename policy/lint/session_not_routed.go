package lint

var sessionNotRouted = Check{
	Code: "session_not_routed", Severity: Error,
	Doc: "No Conditional Access policy in force sends browsers at the app through the gateway, so the session policy never sees anything. Policies that only report don't route.",
	Run: func(s *Set, report Report) {
		for _, d := range s.Sessions() {
			keys, all := Apps(d)
			if all {
				if !s.routed("", true, "mcasConfigured", "blockDownloads", "monitorOnly") {
					report(d, "activities", routeFix, "no Conditional Access policy routes any app through the gateway")
				}
				continue
			}
			for _, key := range keys {
				if !s.routed(key, false, "mcasConfigured", "blockDownloads", "monitorOnly") {
					report(d, "activities", routeFix, "no Conditional Access policy routes %s through the gateway", key)
				}
			}
		}
	},
}

const routeFix = "add a ConditionalAccess document with sessionControls: {cloudAppSecurity: {cloudAppSecurityType: mcasConfigured}}"
