package policy

// Capabilities says what this installation can do beyond deciding on metadata. A document that needs more is
// read and linted, and [Compile] refuses it: a policy that nobody enforces protects nobody.
type Capabilities struct {
	Inspector bool // content is scanned for sensitive information types
	Malware   bool // content is checked for malware
	Labels    bool // sensitivity labels are read
	Protect   bool // labels or encryption are applied to the copy that leaves
	StepUp    bool // people are asked to authenticate more strongly
}
