package filesapp

import (
	"encoding/base64"
	"math"
	"strconv"
	"strings"

	"github.com/referee-casb/referee/fault"
)

// unknown stands for a length that the sender does not know yet.
const unknown int64 = -1

// contentRange is the Content-Range of a request (RFC 9110, section 14.4, as upload protocols use it).
type contentRange struct {
	First, Last int64 // inclusive; both unknown for a question about the state ("bytes */N")
	Total       int64 // unknown for "*"
}

// Length returns how many bytes the request must carry.
func (c contentRange) Length() int64 {
	if c.First == unknown {
		return 0
	}
	return c.Last - c.First + 1
}

// parseContentRange reads "bytes 0-9/100", "bytes 0-9/*" and "bytes */100" ("bytes */*" asks, too).
func parseContentRange(raw string) (contentRange, error) {
	const op = "filesapp.parseContentRange"
	bad := func(why string) (contentRange, error) {
		return contentRange{}, fault.New(fault.Invalid, op, "Content-Range: %s", why)
	}
	unit, rest, ok := strings.Cut(strings.TrimSpace(raw), " ")
	if !ok || !strings.EqualFold(unit, "bytes") {
		return bad("the unit is not bytes")
	}
	span, total, ok := strings.Cut(strings.TrimSpace(rest), "/")
	if !ok {
		return bad("there is no total")
	}
	c := contentRange{First: unknown, Last: unknown, Total: unknown}
	if total != "*" {
		if c.Total, ok = digits(total); !ok {
			return bad("the total is not a number")
		}
	}
	if span == "*" {
		return c, nil
	}
	first, last, ok := strings.Cut(span, "-")
	if !ok {
		return bad("the span has no end")
	}
	var ok1, ok2 bool
	c.First, ok1 = digits(first)
	c.Last, ok2 = digits(last)
	switch {
	case !ok1 || !ok2:
		return bad("the span is not made of numbers")
	case c.Last < c.First:
		return bad("the span ends before it begins")
	case c.Total != unknown && c.Last >= c.Total:
		return bad("the span goes beyond the total")
	}
	return c, nil
}

// digits reads a number of bytes: digits only, below 2^62 so that sums can't overflow.
func digits(s string) (int64, bool) {
	if s == "" || len(s) > 19 {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n < math.MaxInt64/2
}

// parseTusMetadata reads Upload-Metadata of tus 1.0: pairs of key and base64 value, comma between pairs.
func parseTusMetadata(raw string) (map[string]string, error) {
	const op = "filesapp.parseTusMetadata"
	out := map[string]string{}
	if strings.TrimSpace(raw) == "" {
		return out, nil
	}
	for pair := range strings.SplitSeq(raw, ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(pair), " ")
		if key == "" {
			return nil, fault.New(fault.Invalid, op, "Upload-Metadata: a key is empty")
		}
		if _, twice := out[key]; twice {
			return nil, fault.New(fault.Invalid, op, "Upload-Metadata: a key is there twice")
		}
		decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(value))
		if err != nil {
			return nil, fault.As(err, fault.Invalid, op, "Upload-Metadata")
		}
		out[key] = string(decoded)
	}
	return out, nil
}
