package appprofile

import (
	"regexp"
	"slices"
	"strings"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// Profile is what is known of an app.
type Profile struct {
	App      string          `yaml:"app"`      // key in the catalogue, and name of the file
	Evidence model.Evidence  `yaml:"evidence"` // never demo
	Date     string          `yaml:"date"`     // when it was last held against its sources: 2006-01-02
	Sources  []string        `yaml:"sources"`  // public pages, or what was recorded or run
	Routes   []Route         `yaml:"routes"`   // the first is the usual one
	Params   []Param         `yaml:"params"`
	Hosts    []Host          `yaml:"hosts"`
	Further  []Further       `yaml:"further"`
	SignIn   []SignIn        `yaml:"signIn"`
	SAML     *SAML           `yaml:"saml"`
	Requests catalog.Profile `yaml:"requests"`
	Limits   []string        `yaml:"limits"` // what Referee can't do there, or what the administrator has to know
}

// Route is a way in which the app can come under control.
type Route struct {
	Route model.Route `yaml:"route"`
	Note  string      `yaml:"note"` // what it takes, in a sentence
}

// Param is a part of host names that differs from customer to customer, written {name} in them.
type Param struct {
	Name    string `yaml:"name"`
	Title   string `yaml:"title"`
	Example string `yaml:"example"`
	Default string `yaml:"default"` // "" makes it needed, unless Optional
	// Optional leaves out what is made with it when no value is given.
	Optional bool `yaml:"optional"`
}

// Host is a host of the app. Its name may hold parameters.
type Host struct {
	Name   string       `yaml:"name"`
	Role   catalog.Role `yaml:"role"`
	Dotted bool         `yaml:"dotted"` // the app takes the name apart at its dots
	Why    string       `yaml:"why"`
}

// Further are hosts whose names nobody knows before: one for each file store, region or upload. They are added to the
// instance as they are discovered.
type Further struct {
	Pattern string       `yaml:"pattern"` // "*" before a dot stands for any labels
	Role    catalog.Role `yaml:"role"`
	Why     string       `yaml:"why"`
}

// SignIn is a host where people type passwords. It is never put behind the gateway.
type SignIn struct {
	Host string `yaml:"host"` // "*" before a dot stands for any labels
	Why  string `yaml:"why"`
}

// SAML is how the app knows its identity provider. Values may hold parameters.
type SAML struct {
	EntityID  string   `yaml:"entityId"`
	Consumers []string `yaml:"consumers"`
	NameID    string   `yaml:"nameId"`
}

// Supported reports whether the app was run behind Referee with this profile.
func (p *Profile) Supported() bool { return p.Evidence == model.EvidenceLive }

// Of finds the profile of an app by its key.
func Of(app string) (*Profile, bool) {
	all := All()
	i := slices.IndexFunc(all, func(p *Profile) bool { return p.App == app })
	if i < 0 {
		return nil, false
	}
	return all[i], true
}

// Find is Of with an error that says what there is.
func Find(app string) (*Profile, error) {
	if p, ok := Of(app); ok {
		return p, nil
	}
	return nil, &fault.Error{Kind: fault.NotFound, Op: "appprofile.Find", Key: app, Msg: "there is no profile of this app", Help: "there are: " + strings.Join(ids, ", ")}
}

// Requests is what is known about an instance's requests: of its app, and its own. A stand-in for an app, as in the
// demo, has its own alone.
func Requests(in *catalog.Instance) catalog.Profile {
	p, ok := Of(in.App)
	if !ok || in.Evidence == model.EvidenceDemo {
		return in.Profile
	}
	return p.Requests.With(in.Profile)
}

// SignInHost finds the sign-in page that a host is, of any app. Such a host takes passwords, and is refused as a host of
// an instance.
func SignInHost(host string) (SignIn, bool) {
	for _, p := range All() {
		for _, s := range p.SignIn {
			if Matches(s.Host, host) {
				return s, true
			}
		}
	}
	return SignIn{}, false
}

// Matches compares a host with a pattern: "*." at its begin stands for one label or more.
func Matches(pattern, host string) bool {
	if tail, ok := strings.CutPrefix(pattern, "*"); ok {
		return len(host) > len(tail) && strings.HasSuffix(host, tail)
	}
	return host == pattern
}

// Naming finds the profile that a host's name tells of: of several, the one that has it first in its list, with the
// longer fixed part. Hosts of clouds, which are many apps', tell of none.
func Naming(host string) (*Profile, bool) {
	var best *Profile
	at, fixed := 0, 0
	for _, p := range All() {
		for i, h := range p.Hosts {
			length := len(placeholder.ReplaceAllString(h.Name, ""))
			if h.Role == catalog.RoleSignIn || h.Role == catalog.RoleStatic || !h.pattern().MatchString(host) {
				continue
			}
			if best == nil || i < at || i == at && length > fixed {
				best, at, fixed = p, i, length
			}
			break
		}
	}
	return best, best != nil
}

// Has reports whether a host is the app's by its profile.
func (p *Profile) Has(host string) bool {
	_, ok := p.RoleOf(host)
	return ok
}

// RoleOf is the role of a host by the profile. Hosts that tell nothing of the app, such as a sign-in host, are nobody's.
func (p *Profile) RoleOf(host string) (catalog.Role, bool) {
	for _, h := range p.Hosts {
		if h.Role != catalog.RoleSignIn && h.pattern().MatchString(host) {
			return h.Role, true
		}
	}
	for _, f := range p.Further {
		if Matches(f.Pattern, host) {
			return f.Role, true
		}
	}
	return "", false
}

// pattern is the host's name with any label for each parameter.
func (h Host) pattern() *regexp.Regexp {
	var b strings.Builder
	b.WriteString("^")
	at := 0
	for _, m := range placeholder.FindAllStringIndex(h.Name, -1) {
		b.WriteString(regexp.QuoteMeta(h.Name[at:m[0]]) + "([a-z0-9-]+)")
		at = m[1]
	}
	b.WriteString(regexp.QuoteMeta(h.Name[at:]) + "$")
	return regexp.MustCompile(b.String())
}
