package lint

import "slices"

// resourceApps are apps that keep what another app shows.
var resourceApps = map[string][]string{"teams": {"sharepoint", "onedrive"}}

var resourceAppsOpen = Check{
	Code: "resource_apps_open", Severity: Warning,
	Doc: "A policy on an app does not cover the apps that keep its files: what is shared in Teams lies in SharePoint and OneDrive.",
	Run: func(s *Set, report Report) {
		for _, d := range s.Sessions() {
			keys, _ := Apps(d)
			for _, key := range keys {
				for _, resource := range resourceApps[key] {
					if Gates(d) && !slices.Contains(keys, resource) && !slices.Contains(keys, "office365") && !s.gatedElsewhere(d.Inline.Control, resource) {
						report(d, "activities", "name "+resource+" as well", "files of %s lie in %s, which no policy of this control type covers", key, resource)
					}
				}
			}
		}
	},
}
