package appcheck

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/catalog/appprofile"
)

// seen is all that a check saw of an app.
type seen struct {
	host    string // as asked for
	now     time.Time
	profile *appprofile.Profile // nil: none fits

	trip []*answer // the redirects, and the page at their end
	lost string    // why the trip ended early
	page page
	code []script

	hosts        map[string]map[Use]bool
	certificates map[string]*shown // by host
	versions     map[uint16]string // of TLS, asked of the host: "" accepted, else why not
	staple       string            // what revocation said
	stapleBad    bool
	browser      string // why there was no crawl, "" when there was
}

// shown is a host's certificate and what became of it.
type shown struct {
	sent  []*x509.Certificate
	err   error               // it doesn't verify
	added []*x509.Certificate // what completed it
	alpn  string
}

// script is a script of the page.
type script struct {
	at        string // "" for one in the page
	integrity bool
	text      string
}

// last is the page that the trip led to, nil when there is none.
func (s *seen) last() *answer {
	if len(s.trip) == 0 {
		return nil
	}
	return s.trip[len(s.trip)-1]
}

// note keeps that a host came up.
func (s *seen) note(host string, use Use) {
	name, _, _ := strings.Cut(host, ":")
	if !isName(name) || len(s.hosts) >= maxHosts && s.hosts[host] == nil {
		return
	}
	if s.hosts[host] == nil {
		s.hosts[host] = map[Use]bool{}
	}
	s.hosts[host][use] = true
}

// present keeps a host's certificate, the first that it showed.
func (s *seen) present(host string, state *tls.ConnectionState) {
	if state != nil && s.certificates[host] == nil {
		s.certificates[host] = &shown{sent: state.PeerCertificates, alpn: state.NegotiatedProtocol}
	}
}

// own reports whether a host is the app's: of the same registrable domain, or named by the profile.
func (s *seen) own(host string) bool {
	if s.profile != nil && s.profile.Has(host) {
		return true
	}
	a, aerr := site(host)
	b, berr := site(s.host)
	return host == s.host || aerr == nil && berr == nil && a == b
}

func site(host string) (string, error) {
	name, _, _ := strings.Cut(host, ":")
	return publicsuffix.EffectiveTLDPlusOne(name)
}

// scripts are the texts of all scripts.
func (s *seen) anyScript(match func(text string) bool) (at string, found bool) {
	for _, c := range s.code {
		if match(c.text) {
			return cmp.Or(c.at, "a script in the page"), true
		}
	}
	return "", false
}

// report puts together what the checks say.
func (s *seen) report() *Report {
	r := &Report{Host: s.host, Checked: s.now, App: "custom", Browser: s.browser, Findings: []Finding{}, Hosts: []Host{}}
	if s.profile != nil {
		r.App = s.profile.App
	}
	for _, c := range checks {
		for _, f := range c.judge(s) {
			f.Check, f.Saw, f.Does = c.id, short400(f.Saw), short400(f.Does)
			r.Findings = append(r.Findings, f)
		}
	}
	if len(r.Findings) > 0 {
		r.Route = r.Findings[0].Saw + " " + r.Findings[0].Does
	}
	for _, name := range slices.Sorted(maps.Keys(s.hosts)) {
		h := Host{Name: name, Own: s.own(name)}
		for _, u := range []Use{UseStart, UseTrip, UsePage, UseBrowser, UseScript} {
			if s.hosts[name][u] {
				h.Uses = append(h.Uses, u)
			}
		}
		if in, ok := appprofile.SignInHost(name); ok {
			h.Never = in.Why
		}
		if h.Own && h.Never == "" {
			h.Role = s.role(name)
		}
		r.Hosts = append(r.Hosts, h)
	}
	slices.SortStableFunc(r.Hosts, func(a, b Host) int { return cmp.Compare(order(a), order(b)) })
	return r
}

// order puts the app's own hosts first, those that the page needs before those that a script names.
func order(h Host) int {
	n := 0
	if !h.Own {
		n = 100
	}
	return n + slices.Index([]Use{UseStart, UseTrip, UsePage, UseBrowser, UseScript}, h.Uses[0])
}

// role guesses what a host is for: the profile knows, else how the page uses it.
func (s *seen) role(host string) catalog.Role {
	if s.profile != nil {
		if r, ok := s.profile.RoleOf(host); ok {
			return r
		}
	}
	uses := s.hosts[host]
	first, _, _ := strings.Cut(host, ".")
	switch {
	case uses[UseStart] || uses[UseTrip] || s.page.frames[host] || s.page.forms[host]:
		return catalog.RoleApp
	case s.page.assets[host] && !strings.Contains(first, "api"):
		return catalog.RoleStatic
	}
	return catalog.RoleAPI
}

func short400(s string) string {
	if r := []rune(s); len(r) > 800 {
		return string(r[:800]) + "…"
	}
	return s
}
