package filter

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	day     = 24 * time.Hour
	maxDays = 36500
)

func parseDays(s string, wrong complaint) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || n > maxDays {
		wrong("", "%q is not a number of days from 0 to %d", clip(s), maxDays)
		return 0
	}
	return n
}

var byteUnits = []struct {
	suffix string
	factor int64
}{
	{"", 1},
	{"b", 1},
	{"kb", 1e3},
	{"mb", 1e6},
	{"gb", 1e9},
	{"tb", 1e12},
	{"kib", 1 << 10},
	{"mib", 1 << 20},
	{"gib", 1 << 30},
	{"tib", 1 << 40},
}

func parseNumber(s string, unit Unit, wrong complaint) (int64, bool) {
	digits, suffix := s, ""
	if unit == UnitBytes {
		digits = strings.TrimRight(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
		suffix, digits = s[len(digits):], strings.TrimSpace(digits)
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		advice := "write digits only"
		if unit == UnitBytes {
			advice = "write a number of bytes, or a whole number with kB, MB, GB, KiB, MiB or GiB"
		}
		wrong(advice, "%q is not a whole number of 64 bits", clip(s))
		return 0, false
	}
	for _, u := range byteUnits {
		if u.suffix != strings.ToLower(suffix) {
			continue
		}
		if n > math.MaxInt64/u.factor || n < math.MinInt64/u.factor {
			wrong("", "%q is not a whole number of 64 bits", clip(s))
			return 0, false
		}
		return n * u.factor, true
	}
	wrong("use kB, MB, GB, KiB, MiB or GiB", "%q is not a unit of size", suffix)
	return 0, false
}

// Micros returns the form in which times are compared and stored: microseconds since 1970 UTC, rounded down.
func Micros(t time.Time) int64 { return t.UnixMicro() }

// parseTime reads RFC 3339, a day (UTC), or Defender's milliseconds since 1970. The upper end of a day is its
// last microsecond.
func parseTime(s string, upper bool, wrong complaint) (int64, bool) {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		if upper {
			return Micros(t.Add(day)) - 1, true
		}
		return Micros(t), true
	}
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return Micros(t), true
	}
	if ms, err := strconv.ParseInt(s, 10, 64); err == nil && ms > -1e14 && ms < 1e14 {
		return ms * 1000, true
	}
	wrong("write 2026-11-24, 2026-11-24T13:00:00Z or milliseconds since 1970", "%q is not a time", clip(s))
	return 0, false
}

// span adds the numbers that one value of eq, gt, gte, lt, lte or range stands for. Parse is told whether the
// upper end of what the text stands for is meant; only days have two.
func (p *Plan) span(v Value, wrong complaint, parse func(s string, upper bool) (int64, bool)) {
	out := Span{math.MinInt64, math.MaxInt64}
	ok := true
	end := func(s string, upper bool) (n int64) {
		var good bool
		n, good = parse(s, upper)
		ok = ok && good
		return n
	}
	switch p.Node.Op {
	case Eq, Neq:
		if out.Lo = end(v.Text, false); ok {
			out.Hi = end(v.Text, true)
		}
	case Gte:
		out.Lo = end(v.Text, false)
	case Lte:
		out.Hi = end(v.Text, true)
	case Gt:
		if out.Lo = end(v.Text, true); out.Lo == math.MaxInt64 {
			ok = false
		} else {
			out.Lo++
		}
	case Lt:
		if out.Hi = end(v.Text, false); out.Hi == math.MinInt64 {
			ok = false
		} else {
			out.Hi--
		}
	case Range:
		if v.Start != "" {
			out.Lo = end(v.Start, false)
		}
		if v.End != "" {
			out.Hi = end(v.End, true)
		}
		if ok && out.Lo > out.Hi {
			wrong("swap them", "the range starts after its end")
			return
		}
	}
	if ok {
		p.Spans = append(p.Spans, out)
	}
}

// joinSpans sorts spans and joins those that touch.
func joinSpans(spans []Span) []Span {
	if len(spans) < 2 {
		return spans
	}
	slices.SortFunc(spans, func(a, b Span) int {
		if a.Lo < b.Lo {
			return -1
		} else if a.Lo > b.Lo {
			return 1
		}
		return 0
	})
	out := spans[:1]
	for _, s := range spans[1:] {
		last := &out[len(out)-1]
		if s.Lo <= last.Hi || s.Lo == last.Hi+1 && last.Hi != math.MaxInt64 {
			last.Hi = max(last.Hi, s.Hi)
		} else {
			out = append(out, s)
		}
	}
	return out
}

// inSpans reports whether n lies in one of the sorted, disjoint spans.
func inSpans(spans []Span, n int64) bool {
	lo, hi := 0, len(spans)
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if spans[mid].Hi < n {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo < len(spans) && spans[lo].Lo <= n
}
