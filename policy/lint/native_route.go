package lint

import (
	"github.com/referee-casb/referee/model"
)

var nativeRoute = Check{
	Code: "native_route", Severity: Error,
	Doc: "Every instance of the app has route native or browser: its sessions never reach the gateway, so session policies can't be enforced there.",
	Run: func(s *Set, report Report) {
		for _, d := range s.Sessions() {
			keys, _ := Apps(d)
			for _, key := range keys {
				seen, routed := false, false
				for _, i := range s.Instances {
					if i.App != key && string(i.ID) != key && s.suites[i.App] != key {
						continue
					}
					seen = true
					routed = routed || i.Route == model.RouteSSO || i.Route == model.RouteFederated
				}
				if seen && !routed {
					report(d, "activities", "give an instance of it the route sso or federated", "no session with %s comes through the gateway", key)
				}
			}
		}
	},
}
