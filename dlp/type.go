package dlp

// Type is a sensitive information type: what it looks like, what supports it, and texts that show it.
type Type struct {
	ID        string   // lower-case words with hyphens, as policies name it
	Name      string   // as Microsoft Purview calls it, where it has it
	GUID      string   // Purview's id, "" where there is none that is public
	Group     Group    // what the console sorts by
	Countries []string // ISO 3166-1 alpha-2, lower case; empty for types of no country
	About     string   // what is looked for and what is checked, in a sentence or two
	Source    string   // the public specification that the check is from
	Patterns  []Pattern
	Print     *Print   // of a document, in place of patterns
	Keywords  []string // support all patterns that don't bring their own
	Proximity int      // how many characters away a keyword may be, 0 for [DefaultProximity]
	Positives []string // texts in which the type is found
	Negatives []string // texts in which it is not
}

// Pattern is one way in which a type is written. Either Expr or Words is given.
type Pattern struct {
	// Expr is an RE2 expression. It matches whole words: no letter, digit or underscore touches the match. It has no
	// conditions such as \b and no unbounded repetition. Of several matches at one place the longest that passes counts.
	Expr string
	// Anywhere lifts these limits, for own types: Expr is full RE2 and matches where it says. Matches are found in the
	// order of their ends, each from the leftmost place it can begin at and as long as it can be, and don't overlap.
	Anywhere bool
	// Words are keywords that are matches themselves.
	Words []string
	// Check has the last word on a match; nil passes all. It is called from many goroutines and must not keep match.
	Check func(match []byte) bool
	// Alone is the confidence without a keyword, Near with one: 0, 65, 75 or 85. Zero is no finding.
	Alone, Near int
	// Judge decides how sure a match is, in place of keywords: text[start:end] is the match, with the type's proximity
	// around it, as far as there is text. Zero is no finding; an error ends the scan, which then has no report. It is
	// called from many goroutines and must not keep text.
	Judge    func(text []byte, start, end int) (confidence int, err error)
	Keywords []string // support this pattern, in place of the type's
	Without  []string // keywords that speak against it: with one of them near, there is no finding
}

// DefaultProximity is the distance in characters within which keywords support a match, as in Purview.
const DefaultProximity = 300

// MaxMatch is the length in bytes up to which matches of Anywhere patterns are found.
const MaxMatch = 8192

// The confidence levels.
const (
	Low    = 65
	Medium = 75
	High   = 85
)

// Group is the kind of thing a type is about.
type Group string

// The groups of types.
const (
	Financial  Group = "financial"
	Identity   Group = "identity" // national and resident ids
	Tax        Group = "tax"
	Social     Group = "social security"
	Health     Group = "health"
	Passport   Group = "passport"
	Driving    Group = "driving licence"
	Contact    Group = "contact"
	Credential Group = "credential"
	Own        Group = "own"
)
