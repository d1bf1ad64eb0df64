package archtest

// An exception allows one finding, and says why. One that allows nothing any more is itself a finding.
type exception struct {
	rule   string // as in rules.go
	from   string // the package, or the file for rules about files
	to     string // the import, or "" for rules without one
	reason string
}

// exceptions is the whole list; there is no other way past a rule.
var exceptions = []exception{
	{ruleLayer, "activitylog", "bus", "the Recorder publishes over the bus's contract; gateway and sign-in share it, and may not import pipeline"},
}
