package lint

import (
	"slices"

	"github.com/referee-casb/referee/policy"
)

var orLetsUnmanagedIn = Check{
	Code: "or_lets_unmanaged_in", Severity: Warning,
	Doc: "With the operator OR, a second factor or accepted terms stand in for a managed device: unmanaged devices get in, and no policy sends their browsers through the gateway.",
	Run: func(s *Set, report Report) {
		for _, d := range s.Access() {
			g := &d.Access.Grant
			device := slices.Contains(g.Controls, policy.GrantCompliantDevice) || slices.Contains(g.Controls, policy.GrantJoinedDevice)
			other := slices.Contains(g.Controls, policy.GrantMFA) || g.Strength != "" || len(g.TermsOfUse) > 0
			if !g.Any || !device || !other || d.Access.Session != "" {
				continue
			}
			keys, all := Apps(d)
			if all {
				keys = []string{""}
			}
			for _, key := range keys {
				if !s.routed(key, all, "mcasConfigured", "blockDownloads") {
					report(d, "grantControls.operator", "use AND, or add a policy with App Control for unmanaged devices", "unmanaged devices get in with the other control, and nothing watches them then")
					break
				}
			}
		}
	},
}
