package header

import "strings"

// Hosts maps authorities both ways for one tenant. An authority is a host name in lower case, with ":port" unless
// the port is 443. The gateway implements it over the catalogue; it never answers for another tenant's hosts.
type Hosts interface {
	// Mapped returns the mapped authority of a real one.
	Mapped(real string) (mapped string, ok bool)
	// Real returns the real authority of a mapped one.
	Real(mapped string) (real string, ok bool)
}

// Mapper maps URLs and texts between the two worlds. It is a small value without state of its own.
type Mapper struct {
	Hosts  Hosts
	Suffix string // the gateway's suffix without port, in lower case
}

// ToMapped maps an absolute or protocol-relative URL at a real host to the mapped host. Other URLs come back as
// they are.
func (m *Mapper) ToMapped(u string) string {
	scheme, authority, rest := split(u)
	if authority == "" {
		return u
	}
	mapped, ok := m.Hosts.Mapped(defaultPort(scheme, authority))
	if !ok {
		return u
	}
	return secure(scheme) + mapped + rest
}

// ToReal maps an absolute or protocol-relative URL at a mapped host to the real host, and reverses mapped
// authorities further on in it (a return address in its query).
func (m *Mapper) ToReal(u string) string { return m.Reverse(u) }

// OriginToReal maps the value of an Origin field. "null" and foreign origins stay.
func (m *Mapper) OriginToReal(origin string) string {
	scheme, authority, rest := split(origin)
	if authority == "" || rest != "" {
		return origin
	}
	real, ok := m.Hosts.Real(defaultPort(scheme, authority))
	if !ok {
		return origin
	}
	return scheme + real
}

// Initiator returns the real authority that an Origin or Referer names, and whether it is a mapped host of the
// tenant.
func (m *Mapper) Initiator(u string) (real string, ok bool) {
	scheme, authority, _ := split(u)
	if authority == "" {
		return "", false
	}
	return m.Hosts.Real(defaultPort(scheme, authority))
}

// split cuts a URL with an http or ws scheme, or without one ("//host/…"), into scheme with its slashes, authority
// and rest. Authority is "" when u is relative, of another scheme, or carries user information, which no app needs
// and phishing does.
func split(u string) (scheme, authority, rest string) {
	n := 0
	switch {
	case len(u) > 8 && (u[0]|0x20) == 'h':
		if hasPrefixFold(u, "https://") {
			n = 8
		} else if hasPrefixFold(u, "http://") {
			n = 7
		}
	case len(u) > 2 && u[0] == '/' && u[1] == '/':
		n = 2
	case len(u) > 6 && (u[0]|0x20) == 'w':
		if hasPrefixFold(u, "wss://") {
			n = 6
		} else if hasPrefixFold(u, "ws://") {
			n = 5
		}
	}
	if n == 0 {
		return "", "", ""
	}
	end := n
	for end < len(u) {
		c := u[end]
		if c == '/' || c == '?' || c == '#' || c == '\\' {
			break
		}
		if c == '@' {
			return "", "", ""
		}
		end++
	}
	return u[:n], lower(u[n:end]), u[end:]
}

// defaultPort removes ":443", and ":80" of the schemes where it is the default: mapped hosts know https only, and
// an app's own http:// link to itself must stay inside.
func defaultPort(scheme, authority string) string {
	if a, ok := strings.CutSuffix(authority, ":443"); ok {
		return a
	}
	if len(scheme) >= 5 && (scheme[4] == ':' || scheme[2] == ':') { // http: or ws:
		if a, ok := strings.CutSuffix(authority, ":80"); ok {
			return a
		}
	}
	return authority
}

// secure gives the scheme that mapped hosts have.
func secure(scheme string) string {
	switch len(scheme) {
	case 7:
		return "https://"
	case 5:
		return "wss://"
	}
	return scheme
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// lower is strings.ToLower for ASCII that doesn't allocate when nothing changes.
func lower(s string) string {
	for i := range len(s) {
		if c := s[i]; 'A' <= c && c <= 'Z' {
			return strings.ToLower(s)
		}
	}
	return s
}
