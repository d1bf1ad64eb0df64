package appcheck

import (
	"context"
	"crypto/x509"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/referee-casb/referee/catalog/appprofile"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/internal/aia"
)

// Bounds of one check.
const (
	maxTime     = 90 * time.Second
	maxAsk      = 10 * time.Second // one request
	maxHops     = 10
	maxPage     = 4 << 20 // bytes of a page or script
	maxScripts  = 40
	maxHosts    = 200
	browserTime = 25 * time.Second
)

// Checker looks at apps. Its zero value needs Dial; it is safe for concurrent use.
type Checker struct {
	Dial    func(ctx context.Context, network, addr string) (net.Conn, error) // refuses what must not be reached
	Roots   *x509.CertPool                                                    // nil: the system's
	Now     func() time.Time                                                  // nil: time.Now
	Browser string                                                            // path of Chromium, "" crawls without a browser
	// BrowserArgs are further arguments of the browser: for tests and private authorities.
	BrowserArgs []string
}

// Target reads what somebody wrote as an app's address: a host, with ":port" unless 443, or an https address.
func Target(text string) (host, path string, err error) {
	bad := func(msg, help string) (string, string, error) {
		return "", "", &fault.Error{Kind: fault.Invalid, Op: "appcheck.Target", Key: text, Msg: msg, Help: help}
	}
	const such = "write a host such as app.example.com, or an address such as https://app.example.com/start"
	rest := strings.TrimSpace(text)
	if strings.HasPrefix(strings.ToLower(rest), "http://") {
		return bad("is not https", "Referee reaches apps by https alone; "+such)
	}
	if len(rest) > 8 && strings.EqualFold(rest[:8], "https://") {
		rest = rest[8:]
	}
	host, path, _ = strings.Cut(rest, "/")
	host = strings.TrimSuffix(strings.ToLower(host), ":443")
	name, port, found := strings.Cut(host, ":")
	switch {
	case name == "" || strings.ContainsAny(rest, " \t\r\n\\@#") || strings.Contains(host, "?"):
		return bad("is no host", such)
	case found && !isPort(port):
		return bad("has a port that is no port", such)
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return bad("is an address, and browsers know apps by name", such)
	}
	if !isName(name) {
		return bad("is no host name", such)
	}
	return host, "/" + path, nil
}

func isPort(s string) bool {
	n := 0
	for _, c := range s {
		if c < '0' || c > '9' || n > 65535 {
			return false
		}
		n = n*10 + int(c-'0')
	}
	return n > 0 && n < 65536
}

func isName(s string) bool {
	if len(s) > 253 || !strings.Contains(s, ".") {
		return false
	}
	for part := range strings.SplitSeq(s, ".") {
		if part == "" || len(part) > 63 || part[0] == '-' || part[len(part)-1] == '-' {
			return false
		}
		for _, c := range part {
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
				return false
			}
		}
	}
	return true
}

// Check looks at the app at a target: see [Target]. An error is a target that is none, the end of ctx, or an app that
// can't be reached at all; everything else is in the report.
func (c *Checker) Check(ctx context.Context, target string) (*Report, error) {
	host, path, err := Target(target)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, maxTime)
	defer cancel()
	now := time.Now
	if c.Now != nil {
		now = c.Now
	}
	s := &seen{host: host, now: now(), hosts: map[string]map[Use]bool{}, certificates: map[string]*shown{}}
	s.profile, _ = appprofile.Naming(host)
	s.note(host, UseStart)
	f := newFetcher(c.Dial, s)
	if err := f.trip(ctx, "https://"+host+path); err != nil {
		return nil, err
	}
	f.page(ctx)
	roots := c.Roots
	s.verify(ctx, aia.New(c.Dial, now), roots)
	s.asked(ctx, f, roots)
	s.browse(ctx, c)
	return s.report(), nil
}
