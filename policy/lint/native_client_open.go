package lint

import (
	"slices"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
)

var nativeClientOpen = Check{
	Code: "native_client_open", Severity: Warning,
	Doc: "Browsers are sent through the gateway, and nothing stops sync clients and mobile apps at the same app: what can't be downloaded in the browser is synchronised instead.",
	Run: func(s *Set, report Report) {
		for _, d := range s.Access() {
			c := d.Access
			if c.Session == "" || c.Session == "monitorOnly" || !slices.Equal(c.ClientApps, []model.ClientApp{model.ClientBrowser}) {
				continue
			}
			for _, key := range c.Applications.Include {
				if !s.nativeClosed(key) {
					report(d, "conditions.clientAppTypes", "add a policy that blocks mobileAppsAndDesktopClients under the same conditions",
						"browsers at %s are controlled, programs that are no browser are not", key)
				}
			}
		}
	},
}

// nativeClosed reports whether some policy blocks native clients at the app, for anybody.
func (s *Set) nativeClosed(key string) bool {
	for _, d := range s.Docs {
		switch {
		case d.Access != nil && d.State == policy.StateEnabled && d.Access.Blocks():
			native := len(d.Access.ClientApps) == 0 || slices.Contains(d.Access.ClientApps, model.ClientNative)
			if native && (s.covers(d.Access, key) || slices.Contains(d.Access.Applications.Include, policy.All)) {
				return true
			}
		case d.Kind == policy.KindAccess && (d.Inline.Action == policy.ActionBlock || d.Inline.Action == policy.ActionUseBrowser):
			apps, all := Apps(d)
			if slices.Contains(equals(d.Inline.Activities, "clientApp"), string(model.ClientNative)) && (all || s.names(apps, key)) {
				return true
			}
		}
	}
	return false
}
