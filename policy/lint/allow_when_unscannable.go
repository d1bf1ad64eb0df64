package lint

import "github.com/referee-casb/referee/policy"

var allowWhenUnscannable = Check{
	Code: "allow_when_unscannable", Severity: Warning,
	Doc: "A policy of level strict or inspect stops bytes, yet lets them pass when a fact can't be had. Whoever makes the fact unobtainable, with a password on an archive for one, gets around it.",
	Run: func(s *Set, report Report) {
		for _, d := range s.Sessions() {
			p := d.Inline
			if Gates(d) && p.Unscannable == policy.UnscannableAllow && (p.Level == policy.LevelStrict || p.Level == policy.LevelInspect) {
				report(d, "unscannable", "write unscannable: block", "level %s lets files pass when a fact about them can't be had", p.Level)
			}
		}
	},
}
