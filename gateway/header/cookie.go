package header

import "strings"

// The names of Referee's own cookies. None of them reaches an app, and no app may set one.
const (
	SessionCookie = "__Host-referee"       // a secret of an app session at one mapped host
	NonceCookie   = "__Host-referee-nonce" // set before a hand-over, checked at its end
	AskedCookie   = "__Host-referee-asked" // signed: this browser was asked to prove its device a moment ago
	LookupCookie  = "referee-lookup"       // with "-" and the instance's tag: signed look-up id on the tenant's domain
)

// Own is what the Cookie fields held of Referee's own.
type Own struct {
	Session string
	Nonce   string
	Lookup  string // of the instance asked for
	Asked   string
	// Doubled is set when one of the names came twice with different values: a page of another app has tossed a
	// cookie over ours. None of them is to be believed.
	Doubled bool
}

// Cookies takes Referee's own cookies out of the Cookie fields. lookup is the full name of the look-up cookie that
// matters at this host; others are removed and not read. rest is what the app's cookies are, "" for none; it is one
// of the fields itself when there is nothing to remove.
func Cookies(fields []string, lookup string) (own Own, rest string) {
	switch len(fields) {
	case 0:
		return own, ""
	case 1:
		rest = fields[0]
	default: // HTTP/2 may send crumbs (RFC 9113 section 8.2.3)
		rest = strings.Join(fields, "; ")
	}
	if !strings.Contains(rest, "referee") {
		return own, rest
	}
	var kept strings.Builder
	start := 0 // of the run that is kept as it is
	for at := 0; at < len(rest); {
		end := strings.IndexByte(rest[at:], ';')
		if end < 0 {
			end = len(rest)
		} else {
			end += at
		}
		if own.take(strings.TrimSpace(rest[at:end]), lookup) {
			kept.WriteString(rest[start:at])
			start = min(end+1, len(rest))
		}
		at = end + 1
	}
	if start == 0 {
		return own, rest
	}
	kept.WriteString(rest[start:])
	return own, strings.Trim(kept.String(), "; ")
}

// IsOwn reports whether a cookie's name is one of Referee's.
func IsOwn(name string) bool {
	return name == SessionCookie || name == NonceCookie || name == AskedCookie || strings.HasPrefix(name, LookupCookie)
}

func (o *Own) take(pair, lookup string) bool {
	name, value, _ := strings.Cut(pair, "=")
	name = strings.TrimRight(name, " \t")
	if !IsOwn(name) {
		return false
	}
	value = strings.TrimSpace(value)
	switch name {
	case SessionCookie:
		o.set(&o.Session, value)
	case NonceCookie:
		o.set(&o.Nonce, value)
	case lookup:
		o.set(&o.Lookup, value)
	case AskedCookie:
		o.Asked = value
	}
	return true
}

func (o *Own) set(field *string, value string) {
	if *field != "" && *field != value {
		o.Doubled = true
	}
	*field = value
}
