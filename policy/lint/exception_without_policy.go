package lint

import "github.com/referee-casb/referee/policy"

var exceptionWithoutPolicy = Check{
	Code: "exception_without_policy", Severity: Info,
	Doc: "A live exception names a policy that is not there: it lifts nothing, and would come to life with the next policy of that id.",
	Run: func(s *Set, report Report) {
		for i := range s.Exceptions {
			if e := &s.Exceptions[i]; e.Live(s.Now) && e.Policy != policy.BlockDownloadsID && s.find(e.Policy) == nil {
				report(nil, "", "end it", "exception %s is about policy %q, which is not there or disabled", e.ID, e.Policy)
			}
		}
	},
}

func (s *Set) find(id string) *policy.Document {
	for _, d := range s.Docs {
		if d.ID == id {
			return d
		}
	}
	return nil
}
