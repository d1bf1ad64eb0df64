package session

import (
	"net/netip"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// Site is the relation of a request's initiator to its target, judged on real hosts: for the browser all
// mapped hosts of a tenant are one site, for the apps' cookies they are not.
type Site uint8

// The relations. CrossSite is also what an unknown initiator counts as.
const (
	CrossSite Site = iota
	SameSite
)

// CookieContext is what SameSite rules need to know of a request.
type CookieContext struct {
	Site     Site
	TopLevel bool // a top-level navigation
	Safe     bool // the method is GET, HEAD or OPTIONS
	// Complete: the browser surely attached every cookie it has for the mapped host (Sec-Fetch-Site is
	// same-origin and credentials were sent), so that one it used to send and no longer does was deleted there.
	Complete bool
}

// sends reports whether a cookie goes with the request, RFC 6265bis section 5.8.3. young is whether it was set
// in the last two minutes.
func (c CookieContext) sends(s sameSite, young bool) bool {
	switch {
	case c.Site == SameSite || s == sameSiteNone:
		return true
	case s == sameSiteStrict:
		return false
	}
	return c.TopLevel && (c.Safe || s == sameSiteDefault && young)
}

// Relation tells whether two real hosts are of one site: the same registrable domain by the public suffix list,
// or the same host where there is none. Everything upstream is https, so schemes do not differ. An empty
// initiator, such as an opaque origin, is cross-site.
func Relation(initiator, target string) Site {
	a, b := canonicalHost(initiator), canonicalHost(target)
	if a == "" || b == "" {
		return CrossSite
	}
	if a == b || site(a) == site(b) {
		return SameSite
	}
	return CrossSite
}

func site(host string) string {
	if isIP(host) {
		return host
	}
	if s, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return s
	}
	return host
}

// canonicalHost is a host in lower case without port.
func canonicalHost(host string) string {
	host = strings.ToLower(host)
	if i := strings.LastIndexByte(host, ':'); i >= 0 && strings.IndexByte(host[i:], ']') < 0 && (host[0] == '[' || strings.IndexByte(host, ':') == i) {
		host = host[:i]
	}
	return strings.Trim(host, "[]")
}

func isIP(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// domainMatch is RFC 6265bis section 5.1.3.
func domainMatch(host, domain string) bool {
	if host == domain {
		return true
	}
	return len(host) > len(domain) && strings.HasSuffix(host, domain) && host[len(host)-len(domain)-1] == '.' && !isIP(host)
}

// pathMatch is RFC 6265bis section 5.1.4.
func pathMatch(path, cookiePath string) bool {
	if !strings.HasPrefix(path, cookiePath) {
		return false
	}
	return len(path) == len(cookiePath) || cookiePath[len(cookiePath)-1] == '/' || path[len(cookiePath)] == '/'
}

// defaultPath is RFC 6265bis section 5.1.4.
func defaultPath(path string) string {
	i := strings.LastIndexByte(path, '/')
	if i <= 0 || path[0] != '/' {
		return "/"
	}
	return path[:i]
}
