package lint

// manyExceptions is how many live exceptions of one policy are normal.
const manyExceptions = 10

var tooManyExceptions = Check{
	Code: "too_many_exceptions", Severity: Warning,
	Doc: "So many exceptions to one policy say that its conditions are wrong.",
	Run: func(s *Set, report Report) {
		live := map[string]int{}
		for i := range s.Exceptions {
			if e := &s.Exceptions[i]; e.Live(s.Now) {
				live[e.Policy]++
			}
		}
		for _, d := range s.Docs {
			if n := live[d.ID]; n > manyExceptions {
				report(d, "", "exclude who always needs one, or narrow the policy", "%d exceptions are live at once", n)
			}
		}
	},
}
