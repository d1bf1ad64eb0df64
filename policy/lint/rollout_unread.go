package lint

import (
	"time"

	"github.com/referee-casb/referee/policy"
)

var rolloutUnread = Check{
	Code: "rollout_unread", Severity: Warning,
	Doc: "A policy has monitored for as long as its rollout asks, and nobody has read its report: it will never flip.",
	Run: func(s *Set, report Report) {
		for _, r := range s.Rollouts {
			d := s.find(r.Policy)
			if d == nil || d.Inline == nil || d.Inline.Rollout == nil || r.Phase != policy.PhaseMonitor || s.Now.Before(r.Since.Add(d.Inline.Rollout.After)) {
				continue
			}
			read := false
			for _, one := range s.Reads[r.Policy] {
				read = read || !one.At.Before(r.Since)
			}
			if !read {
				report(d, "rollout", "read it with referee policy report "+d.ID, "it has monitored since %s and nobody has read its report", r.Since.Format(time.DateOnly))
			}
		}
	},
}
