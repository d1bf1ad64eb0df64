package lint

var blockWithoutNextStep = Check{
	Code: "block_without_next_step", Severity: Warning,
	Doc: "A person who is stopped and not told what to do instead calls the helpdesk or finds a way around.",
	Run: func(s *Set, report Report) {
		for _, d := range s.Inline() {
			switch {
			case !Gates(d):
			case d.Inline.Message == "":
				report(d, "message", "write message: with the reason in the words of the people who will read it", "people are stopped without being told why")
			case d.Inline.NextStep == "":
				report(d, "nextStep", "write nextStep: with what they can do instead", "people are told why they are stopped and not what to do next")
			}
		}
	},
}
