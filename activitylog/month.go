package activitylog

import (
	"regexp"
	"time"

	"github.com/referee-casb/referee/fault"
)

// Month is a calendar month in UTC in the form "2026-11"; one file of the embedded engine holds one tenant's month.
type Month string

var monthPattern = regexp.MustCompile(`^[1-9][0-9]{3}-(0[1-9]|1[0-2])$`)

// MonthOf returns the month that t falls in.
func MonthOf(t time.Time) Month { return Month(t.UTC().Format("2006-01")) }

// Validate reports whether m is a month of the years 1000 to 9999. Engines make file names from months.
func (m Month) Validate() error {
	if !monthPattern.MatchString(string(m)) {
		return &fault.Error{Kind: fault.Invalid, Op: "month", Key: string(m), Msg: "is not a month in the form 2026-11"}
	}
	return nil
}

// Start returns the month's first instant, the zero time if m is no month.
func (m Month) Start() time.Time {
	t, err := time.Parse("2006-01", string(m))
	if err != nil {
		return time.Time{}
	}
	return t
}

// End returns the first instant after the month, the zero time if m is no month.
func (m Month) End() time.Time {
	t := m.Start()
	if t.IsZero() {
		return t
	}
	return t.AddDate(0, 1, 0)
}

// Overlaps reports whether the month has an instant in [from, to); a zero bound is open.
func (m Month) Overlaps(from, to time.Time) bool {
	return (to.IsZero() || m.Start().Before(to)) && (from.IsZero() || m.End().After(from))
}
