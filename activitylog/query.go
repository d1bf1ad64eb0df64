package activitylog

import (
	"time"

	"github.com/referee-casb/referee/fault"
)

// The limits of a page.
const (
	DefaultLimit = 100
	MaxLimit     = 5000
)

// CheckQuery returns q with its defaults, and the place its cursor points at (nil for the first page). The error is a
// fault of kind Invalid. It doesn't look into the filter: binding that to the activities' schema is the engine's.
func CheckQuery(q Query) (Query, *Cursor, error) {
	const op = "activitylog.Query"
	// The log keeps microseconds; bounds are rounded down like the times in filters.
	q.From, q.To = q.From.Truncate(time.Microsecond), q.To.Truncate(time.Microsecond)
	switch {
	case q.Limit < 0, q.Limit > MaxLimit:
		return q, nil, fault.New(fault.Invalid, op, "a page holds 1 to %d activities, not %d", MaxLimit, q.Limit)
	case !q.From.IsZero() && !q.To.IsZero() && !q.From.Before(q.To):
		return q, nil, fault.New(fault.Invalid, op, "the time range is empty: %s is not before %s", q.From.Format(time.RFC3339), q.To.Format(time.RFC3339))
	case outOfYears(q.From), outOfYears(q.To):
		return q, nil, fault.New(fault.Invalid, op, "times lie in the years 1970 to 9999")
	}
	if q.Limit == 0 {
		q.Limit = DefaultLimit
	}
	if q.Cursor == "" {
		return q, nil, nil
	}
	c, err := ParseCursor(q.Cursor)
	if err != nil {
		return q, nil, err
	}
	if c.Query != q.fingerprint() {
		return q, nil, &fault.Error{
			Kind: fault.Invalid, Op: op, Msg: "the cursor belongs to another query",
			Help: "send a cursor with the same filter, times and order as the page it came with, or leave it out",
		}
	}
	return q, &c, nil
}

func outOfYears(t time.Time) bool { return !t.IsZero() && (t.Year() < 1970 || t.Year() > 9999) }
