package lint

import "github.com/referee-casb/referee/policy"

var unscannableNotStated = Check{
	Code: "unscannable_not_stated", Severity: Info,
	Doc: "A policy on files does not say what happens when a fact about one can't be had. The default is block; it should be somebody's choice.",
	Run: func(s *Set, report Report) {
		for _, d := range s.Sessions() {
			files := d.Inline.Control == policy.ControlFileDownload || d.Inline.Control == policy.ControlFileUpload
			if files && Gates(d) && !written(d, "unscannable") {
				report(d, "", "write unscannable: block or unscannable: allow", "what happens to files that can't be judged is not written down; they are blocked")
			}
		}
	},
}
