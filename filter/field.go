package filter

import (
	"net/netip"
	"time"
)

// Kind is the type of a field's values.
type Kind uint8

// The kinds.
const (
	KindText    Kind = iota + 1 // words: names, user agents
	KindEnum                    // one of Field.Values
	KindID                      // an opaque name compared as a whole
	KindNumber                  // a whole number of 64 bits
	KindTime                    // an instant, to the microsecond
	KindBool                    // true or false
	KindAddress                 // an IP address; IPv4-mapped IPv6 addresses are IPv4
)

var kindNames = [...]string{"", "text", "enum", "id", "number", "time", "bool", "address"}

// String returns the kind's name.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "invalid kind"
}

func (k Kind) textual() bool { return k == KindText || k == KindEnum || k == KindID }

// Choice is one value of an enum field. Aliases are other spellings that a filter may use, such as the numbers
// of Defender's API; facts and columns hold Name only.
type Choice struct {
	Name    string
	Title   string
	Aliases []string
}

// Info is what is known of a field without its entity: enough for documentation, editors and SQL.
type Info struct {
	Name    string // Defender's dotted name, such as "user.domain"
	Title   string // as shown to people
	Kind    Kind
	Many    bool // a list; text, enum, id and number only
	Fold    bool // compared by [Fold]: text, enum and id only
	Doc     string
	Values  []Choice // of an enum
	Aliases []string // other names a filter may use
	Unit    Unit     // of a number

	// Column is the name of the column in stores, lower-case letters, digits and underscores; "" when the
	// field can't be searched in a store. What is stored:
	//
	//	text, enum, id   text; with Fold, Fold(value) in a column named Column + "_fold" instead
	//	number           64-bit integer
	//	time             64-bit integer, microseconds since 1970 UTC
	//	bool             the dialect's boolean
	//	address          text in Column, and in Column + "_key" 32 lower-case hex digits: the address as 16
	//	                 bytes, IPv4 as ::ffff:a.b.c.d, so that a network is a range of texts
	//	many             a list of these in the dialect's form, without empty elements
	//
	// A fact that is not set is NULL or empty. Package filter/where lists and fills these columns.
	Column string

	// Over makes the field a view of other text fields: a condition holds if it holds for one of them. It has
	// neither accessor nor column.
	Over []string
}

// Unit lets a number be written with a suffix.
type Unit uint8

// The units.
const (
	UnitNone  Unit = iota
	UnitBytes      // 25 MB = 25,000,000; 25 MiB = 26,214,400
)

// Field is one field of entity T: its description, and the accessor for its kind and no other.
//
// Accessors must not allocate and must be pure: several goroutines evaluate at once. A value is only looked at
// when the state is Known.
type Field[T any] struct {
	Info
	Text   func(*T) (string, State) // text, enum, id
	Number func(*T) (int64, State)
	Time   func(*T) (time.Time, State)
	Bool   func(*T) (bool, State)
	Addr   func(*T) (netip.Addr, State)

	// Lists: how many, and each. An element that is "" or not ok counts as absent.
	Count    func(*T) (int, State)
	TextAt   func(t *T, i int) string
	NumberAt func(t *T, i int) (n int64, ok bool)
}
