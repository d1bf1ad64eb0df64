package lint

import "github.com/referee-casb/referee/policy"

var levelNotStated = Check{
	Code: "level_not_stated", Severity: Info,
	Doc: "A download policy that does not say its level is strict: previewers that read the file's original bytes stop working. That should be somebody's choice.",
	Run: func(s *Set, report Report) {
		for _, d := range s.Sessions() {
			if d.Inline.Control == policy.ControlFileDownload && Gates(d) && !written(d, "level") {
				report(d, "", "write level: strict or level: standard", "the level is not written down; it is strict")
			}
		}
	},
}
