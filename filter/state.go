package filter

// State says how much is known of a fact.
type State uint8

// The states. NotSet and Known are certain; an empty string, an empty list, a zero time and an invalid address
// count as NotSet whatever state comes with them.
const (
	NotSet       State = iota // certainly absent
	Known                     // the value is the fact
	Unknown                   // not fetched yet; somebody could
	Unobtainable              // asked for and not to be had
)

var stateNames = [...]string{"not set", "known", "unknown", "unobtainable"}

// String returns the state in words, for explanations.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "invalid state"
}

// Tri is the outcome of a filter or of one condition. False and True hold whatever the open facts turn out to be.
type Tri uint8

// The outcomes, in the order that AND takes the least of. Undecided outranks Undecidable in both AND and OR:
// while a fact can still be fetched, fetching it may settle the outcome.
const (
	False       Tri = iota
	Undecided       // a fact that matters is Unknown: fetch what [Program.Missing] names and evaluate again
	Undecidable     // every open fact that matters is Unobtainable
	True
)

var triNames = [...]string{"false", "undecided", "undecidable", "true"}

// String returns the outcome in words.
func (t Tri) String() string {
	if int(t) < len(triNames) {
		return triNames[t]
	}
	return "invalid outcome"
}

// And joins two outcomes as Kleene's strong conjunction does.
func (t Tri) And(u Tri) Tri { return min(t, u) }

// Or joins two outcomes as Kleene's strong disjunction does.
func (t Tri) Or(u Tri) Tri {
	switch {
	case t == True || u == True:
		return True
	case t == Undecided || u == Undecided:
		return Undecided
	}
	return max(t, u)
}

// Not swaps False and True and leaves the open outcomes open.
func (t Tri) Not() Tri {
	switch t {
	case False:
		return True
	case True:
		return False
	}
	return t
}
