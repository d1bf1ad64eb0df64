package session

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/net/publicsuffix"

	"github.com/referee-casb/referee/fault"
)

// cookie is one cookie of an app in memory. It is immutable but for used.
type cookie struct {
	place
	value    string
	secure   bool
	httpOnly bool
	sameSite sameSite
	expires  time.Time // zero for a session cookie
	created  time.Time
	version  int64
	used     atomic.Int64 // Unix seconds; which cookie to give up when there are too many
}

// place identifies a cookie within a jar.
type place struct {
	domain   string
	hostOnly bool
	path     string
	name     string
}

// origin is where a Set-Cookie line came from.
type origin struct {
	host   string
	path   string
	secure bool
	script bool // by document.cookie, not by a response
}

func originOf(u *url.URL) origin {
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	return origin{host: canonicalHost(u.Host), path: path, secure: u.Scheme == "https" || u.Scheme == "wss"}
}

// accept applies the storage rules of RFC 6265bis section 5.7 that concern one line; false when it must be
// ignored.
func (o origin) accept(s setCookie, c CookieContext, now time.Time) (*cookie, bool) {
	hostOnly, domain := true, o.host
	if s.domain != "" {
		suffix, _ := publicsuffix.PublicSuffix(s.domain)
		switch {
		case !domainMatch(o.host, s.domain):
			return nil, false
		case suffix == s.domain && o.host != s.domain:
			return nil, false
		case suffix != s.domain && !isIP(s.domain):
			hostOnly, domain = false, s.domain
		}
	}
	path := s.path
	if path == "" {
		path = defaultPath(o.path)
	}
	switch {
	case s.secure && !o.secure, s.httpOnly && o.script:
		return nil, false
	case s.sameSite == sameSiteNone && !s.secure:
		return nil, false
	case s.sameSite != sameSiteNone && c.Site != SameSite && !c.TopLevel:
		return nil, false
	case !prefixHolds(s, hostOnly && s.domain == "", path):
		return nil, false
	}
	return &cookie{
		place: place{domain, hostOnly, path, s.name}, value: s.value, secure: s.secure, httpOnly: s.httpOnly,
		sameSite: s.sameSite, expires: s.expires, created: now,
	}, true
}

// prefixHolds checks the promises of cookie name prefixes, which have no case. A cookie without a name may not
// pretend to one by its value.
func prefixHolds(s setCookie, hostOnly bool, path string) bool {
	name := s.name
	if name == "" {
		name = s.value
	}
	has := func(prefix string) bool {
		return len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix)
	}
	host, httpOnly := has("__Host-"), has("__Http-") || has("__Host-Http-")
	switch {
	case !host && !httpOnly && !has("__Secure-"):
		return true
	case s.name == "" || !s.secure:
		return false
	case host && !(hostOnly && path == "/" && s.path == "/"):
		return false
	}
	return !httpOnly || s.httpOnly
}

func (c *cookie) expired(now time.Time) bool { return !c.expires.IsZero() && !now.Before(c.expires) }

func (c *cookie) visibleTo(host string) bool {
	return host == c.domain || !c.hostOnly && domainMatch(host, c.domain)
}

// mirrored reports whether the browser gets a copy for the page's script to see.
func (c *cookie) mirrored() bool { return !c.httpOnly && c.name != "" && !reserved(c.name) }

// reserved names are Referee's own: an app can't set them in the browser, nor does it see them.
func reserved(name string) bool {
	for _, p := range []string{"__Host-referee", "referee-"} {
		if len(name) >= len(p) && strings.EqualFold(name[:len(p)], p) {
			return true
		}
	}
	return false
}

// youth is how long a cookie without SameSite goes with an unsafe top-level navigation from another site, as
// browsers allow for sign-in forms that post back.
const youth = 2 * time.Minute

func (c *cookie) young(now time.Time) bool { return now.Sub(c.created) < youth }

// mirrorLine is the Set-Cookie line that puts a copy into the browser: host-only, whatever the app's Domain
// was, so that no app reaches another's host. The SameSite rules are the jar's, on real sites; the browser's
// copy need only come back.
func (c *cookie) mirrorLine(now time.Time) string {
	var b strings.Builder
	b.WriteString(c.name + "=" + c.value + "; Path=" + c.path + "; Secure; SameSite=")
	if c.sameSite == sameSiteNone {
		b.WriteString("None")
	} else {
		b.WriteString("Lax")
	}
	if !c.expires.IsZero() {
		b.WriteString("; Max-Age=" + strconv.FormatInt(max(0, int64(c.expires.Sub(now)/time.Second)), 10))
	}
	return b.String()
}

// unmirrorLine takes the copy out of the browser.
func (p *place) unmirrorLine() string {
	return p.name + "=; Path=" + p.path + "; Secure; SameSite=Lax; Max-Age=0"
}

// order sorts as RFC 6265bis section 5.8.3 asks: longer paths first, then older cookies.
func order(list []*cookie) {
	slices.SortStableFunc(list, func(a, b *cookie) int {
		if d := cmp.Compare(len(b.path), len(a.path)); d != 0 {
			return d
		}
		return a.created.Compare(b.created)
	})
}

// A sealed row holds: version 1, flags, SameSite, value.
const (
	rowVersion   = 1
	flagSecure   = 1
	flagHTTPOnly = 2
)

// rowAD binds a sealed row to its place. No part can hold a NUL: control characters are refused before.
func rowAD(tenant, appSession string, p place) []byte {
	return []byte("referee jar 1\x00" + tenant + "\x00" + appSession + "\x00" + p.domain + "\x00" + strconv.FormatBool(p.hostOnly) + "\x00" + p.path + "\x00" + p.name)
}

func (j *Jar) toRow(c *cookie) JarRow {
	plain := make([]byte, 3, 3+len(c.value))
	plain[0], plain[2] = rowVersion, byte(c.sameSite)
	if c.secure {
		plain[1] |= flagSecure
	}
	if c.httpOnly {
		plain[1] |= flagHTTPOnly
	}
	return JarRow{
		AppSession: j.app, Tenant: j.tenant, Domain: c.domain, HostOnly: c.hostOnly, Path: c.path, Name: c.name,
		Sealed: seal(j.key.jar, append(plain, c.value...), rowAD(string(j.tenant), j.app, c.place)), Expires: c.expires, Created: c.created, Version: c.version,
	}
}

func (j *Jar) fromRow(r JarRow) (*cookie, error) {
	c := &cookie{place: place{r.Domain, r.HostOnly, r.Path, r.Name}, expires: r.Expires, created: r.Created, version: r.Version}
	plain, err := open(j.key.jar, r.Sealed, rowAD(string(j.tenant), j.app, c.place))
	if err != nil {
		return nil, err
	}
	if len(plain) < 3 || plain[0] != rowVersion || plain[2] > byte(sameSiteStrict) {
		return nil, fault.New(fault.Invalid, "session.jar", "a cookie has an unknown form")
	}
	c.secure, c.httpOnly, c.sameSite, c.value = plain[1]&flagSecure != 0, plain[1]&flagHTTPOnly != 0, sameSite(plain[2]), string(plain[3:])
	return c, nil
}
