package lint

import "time"

// longException is how long an exception lasts before it looks like a rule.
const longException = 30 * 24 * time.Hour

var exceptionTooLong = Check{
	Code: "exception_too_long", Severity: Info,
	Doc: "An exception that lasts longer than a month is a rule that nobody reviews.",
	Run: func(s *Set, report Report) {
		for i := range s.Exceptions {
			e := &s.Exceptions[i]
			if left := e.Expires.Sub(s.Now); e.Live(s.Now) && left > longException {
				report(s.find(e.Policy), "", "shorten it, or exclude the person in the policy", "exception %s for %s%s lasts %d more days", e.ID, e.User, e.Group, int(left.Hours()/24))
			}
		}
	},
}
