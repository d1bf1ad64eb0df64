package session

import (
	"strings"
	"time"
)

// Limits of RFC 6265bis sections 5.5 and 5.6, in octets.
const (
	maxNameValue = 4096
	maxAttribute = 1024
	maxAge       = 400 * 24 * time.Hour
)

// sameSite is a cookie's SameSite attribute.
type sameSite uint8

// The values of SameSite. Default, which an absent or unknown attribute gives, is Lax but for the first two
// minutes of an unsafe top-level navigation.
const (
	sameSiteDefault sameSite = iota
	sameSiteNone
	sameSiteLax
	sameSiteStrict
)

// setCookie is a Set-Cookie line taken apart, before it is known who sent it.
type setCookie struct {
	name, value string
	domain      string // lower case, without leading dot; "" for none
	path        string // "" when absent or not absolute
	secure      bool
	httpOnly    bool
	sameSite    sameSite
	expires     time.Time // zero for a session cookie; in the past to delete
}

// parseSetCookie follows the algorithm for user agents, RFC 6265bis section 5.6, not the grammar for servers:
// what browsers take, the jar takes. False when the line must be ignored.
func parseSetCookie(line string, now time.Time) (setCookie, bool) {
	var c setCookie
	for i := range len(line) {
		if b := line[i]; b < 0x20 && b != '\t' || b == 0x7f {
			return c, false
		}
	}
	pair, attributes, _ := strings.Cut(line, ";")
	name, value, ok := strings.Cut(pair, "=")
	if !ok {
		name, value = "", pair
	}
	c.name, c.value = trim(name), trim(value)
	if len(c.name)+len(c.value) > maxNameValue || c.name == "" && c.value == "" {
		return c, false
	}
	hasMaxAge := false
	for attributes != "" {
		var one string
		one, attributes, _ = strings.Cut(attributes, ";")
		key, val, _ := strings.Cut(one, "=")
		key, val = strings.ToLower(trim(key)), trim(val)
		if len(val) > maxAttribute {
			continue
		}
		switch key {
		case "expires":
			if t, ok := parseCookieDate(val); ok && !hasMaxAge {
				c.expires = t
			}
		case "max-age":
			if t, ok := parseMaxAge(val, now); ok {
				c.expires, hasMaxAge = t, true
			}
		case "domain":
			c.domain = strings.ToLower(strings.TrimPrefix(val, "."))
		case "path":
			c.path = ""
			if strings.HasPrefix(val, "/") {
				c.path = val
			}
		case "secure":
			c.secure = true
		case "httponly":
			c.httpOnly = true
		case "samesite":
			c.sameSite = parseSameSite(val)
		}
	}
	if latest := now.Add(maxAge); c.expires.After(latest) {
		c.expires = latest
	}
	return c, true
}

func trim(s string) string { return strings.Trim(s, " \t") }

func parseSameSite(val string) sameSite {
	switch strings.ToLower(val) {
	case "none":
		return sameSiteNone
	case "lax":
		return sameSiteLax
	case "strict":
		return sameSiteStrict
	}
	return sameSiteDefault
}

// longAgo is the expiry of a cookie that a server deletes by Max-Age: the earliest time there is.
var longAgo = time.Unix(0, 0).UTC()

func parseMaxAge(val string, now time.Time) (time.Time, bool) {
	digits := strings.TrimPrefix(val, "-")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return time.Time{}, false
	}
	if digits = strings.TrimLeft(digits, "0"); digits == "" || val[0] == '-' {
		return longAgo, true
	}
	if len(digits) > 9 {
		return now.Add(maxAge), true
	}
	n := 0
	for i := range len(digits) {
		n = n*10 + int(digits[i]-'0')
	}
	return now.Add(min(time.Duration(n)*time.Second, maxAge)), true
}

// parseCookieDate follows RFC 6265bis section 5.1.1, which takes dates in any order and format.
func parseCookieDate(text string) (time.Time, bool) {
	var hour, minute, second, day, month, year int
	var hasTime, hasDay, hasMonth, hasYear bool
	for _, token := range strings.FieldsFunc(text, isDateDelimiter) {
		if !hasTime {
			if hour, minute, second, hasTime = parseClock(token); hasTime {
				continue
			}
		}
		if !hasDay {
			if day, hasDay = leadingNumber(token, 1, 2); hasDay {
				continue
			}
		}
		if !hasMonth {
			if month, hasMonth = parseMonth(token); hasMonth {
				continue
			}
		}
		if !hasYear {
			year, hasYear = leadingNumber(token, 2, 4)
		}
	}
	switch {
	case year >= 70 && year <= 99:
		year += 1900
	case year >= 0 && year <= 69:
		year += 2000
	}
	if !hasTime || !hasDay || !hasMonth || !hasYear || day < 1 || day > 31 || year < 1601 || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC)
	return t, t.Day() == day // no 30th of February
}

func isDateDelimiter(r rune) bool {
	return r == '\t' || r >= 0x20 && r <= 0x2f || r >= 0x3b && r <= 0x40 || r >= 0x5b && r <= 0x60 || r >= 0x7b && r <= 0x7e
}

// parseClock reads "h:m:s" with one or two digits each; what follows a non-digit is passed over.
func parseClock(token string) (h, m, s int, ok bool) {
	parts := strings.SplitN(token, ":", 3)
	if len(parts) != 3 {
		return 0, 0, 0, false
	}
	h, ok1 := number(parts[0], 1, 2)
	m, ok2 := number(parts[1], 1, 2)
	s, ok3 := leadingNumber(parts[2], 1, 2)
	return h, m, s, ok1 && ok2 && ok3
}

// leadingNumber reads least to most digits at the start of a token, followed by its end or a non-digit.
func leadingNumber(token string, least, most int) (int, bool) {
	end := 0
	for end < len(token) && token[end] >= '0' && token[end] <= '9' {
		end++
	}
	return number(token[:end], least, most)
}

func number(digits string, least, most int) (int, bool) {
	if len(digits) < least || len(digits) > most || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	n := 0
	for i := range len(digits) {
		n = n*10 + int(digits[i]-'0')
	}
	return n, true
}

func parseMonth(token string) (int, bool) {
	if len(token) < 3 {
		return 0, false
	}
	i := strings.Index("janfebmaraprmayjunjulaugsepoctnovdec", strings.ToLower(token[:3]))
	return i/3 + 1, i >= 0 && i%3 == 0
}
