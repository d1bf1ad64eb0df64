package catalog

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

// Bounds of an instance, so that a mistake in an import is told and does not fill the memory.
const (
	maxHosts    = 500
	maxPatterns = 1000
)

var instancePattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// Validate reports every mistake: a fault.Invalid around [filter.Mistakes]. What concerns other instances, such
// as a host that two of them claim, [NewBook] and the store report.
func (in *Instance) Validate() error {
	v := &validation{in: in}
	v.head()
	v.hosts()
	v.federation()
	v.origins()
	v.profile()
	if len(v.found) == 0 {
		return nil
	}
	return &fault.Error{Kind: fault.Invalid, Op: "catalog.Validate", Key: string(in.ID), Err: v.found}
}

type validation struct {
	in    *Instance
	found filter.Mistakes
}

func (v *validation) add(path, advice, reason string, args ...any) {
	v.found = append(v.found, filter.Mistake{Path: path, Reason: fmt.Sprintf(reason, args...), Advice: advice})
}

func (v *validation) head() {
	in := v.in
	if err := in.Tenant.Validate(); err != nil {
		v.add("tenant", fault.Help(err), "%q is not a tenant id", in.Tenant)
	}
	if !instancePattern.MatchString(string(in.ID)) {
		v.add("id", `use a short name such as "onedrive-contoso"`, "%q must be 1 to 63 lower-case letters, digits and hyphens", in.ID)
	}
	if _, ok := AppByKey(in.App); !ok {
		v.add("app", `use "custom" for an app of your own`, "there is no app %q", in.App)
	}
	if strings.TrimSpace(in.Name) == "" || len(in.Name) > 200 {
		v.add("name", "", "a name of 1 to 200 characters is needed")
	}
	if !slices.Contains([]model.Route{model.RouteSSO, model.RouteFederated, model.RouteNative, model.RouteBrowser}, in.Route) {
		v.add("route", "one of sso, federated, native, browser", "there is no route %q", in.Route)
	}
	if !slices.Contains([]model.Evidence{model.EvidenceDemo, model.EvidenceDocumentation, model.EvidenceRecorded, model.EvidenceLive}, in.Evidence) {
		v.add("evidence", "one of demo, documentation, recorded, live", "there is no kind of evidence %q", in.Evidence)
	}
}

func (v *validation) hosts() {
	in := v.in
	if in.Routed() && !slices.ContainsFunc(in.Hosts, func(h Host) bool { return h.Role == RoleApp }) {
		v.add("hosts", "give the host of the app's pages the role app", "route %s needs a host with the role app", in.Route)
	}
	if len(in.Hosts) > maxHosts {
		v.add("hosts", "", "%d hosts are more than %d", len(in.Hosts), maxHosts)
		return
	}
	names, labels := map[string]int{}, map[string]int{}
	for i := range in.Hosts {
		h, path := &in.Hosts[i], fmt.Sprintf("hosts[%d]", i)
		if !slices.Contains([]Role{RoleApp, RoleAPI, RoleAnonymous, RoleStatic, RoleFiles, RoleSignIn}, h.Role) {
			v.add(path+".role", "one of app, api, anonymous, static, files, signin", "there is no role %q", h.Role)
		}
		_, port, ok := splitReal(h.Name)
		if !ok {
			v.add(path+".name", "write it in lower case, without scheme and path, with \":port\" unless the port is 443", "%q is not a host name", h.Name)
			continue
		}
		if j, twice := names[h.Name]; twice {
			v.add(path+".name", "", "%s is also hosts[%d]", h.Name, j)
			continue
		}
		names[h.Name] = i
		v.label(h, path, port)
		if j, twice := labels[h.Prefix()]; twice {
			v.add(path+".label", "give one of them another label", "%q is also the label of hosts[%d]", h.Prefix(), j)
		}
		labels[h.Prefix()] = i
	}
}

func (v *validation) label(h *Host, path, port string) {
	limit := h.limit()
	switch {
	case h.Dotted && h.Label != "":
		v.add(path+".label", "leave out label or dotted", "a dotted host keeps its own name and takes no label")
	case h.Dotted && port != "":
		v.add(path+".dotted", "leave out dotted", "a host with a port can't keep its dots")
	case h.Dotted && h.Role == RoleAnonymous && len(strings.SplitN(h.Name, ".", 2)[0]) > limit:
		v.add(path+".dotted", "leave out dotted", "the first label of an anonymous dotted host may have %d characters", limit)
	case h.Label == "" || h.Label == Label(h.Name):
	case !isLabel(h.Label) || len(h.Label) > limit:
		v.add(path+".label", "leave it out to have one made", "%q must be 1 to %d lower-case letters, digits and hyphens", h.Label, limit)
	case strings.Contains(h.Label, separator) || len(h.Label) >= 4 && h.Label[2:4] == "--":
		v.add(path+".label", "leave it out to have one made", "%q has hyphens where they are reserved", h.Label)
	}
}

func (v *validation) federation() {
	f, path := &v.in.Federation, "federation."
	if f.Through != "" && (f.Protocol != "" || v.in.Route != model.RouteFederated || f.Through == v.in.ID) {
		v.add(path+"through", "leave out through, or the protocol", "an app signs in through another instance on the route federated, with no protocol of its own")
	}
	switch f.Protocol {
	case "":
		if v.in.Routed() && f.Through == "" {
			v.add(path+"protocol", `"oidc", "saml" or "wsfed"`, "route %s needs a protocol", v.in.Route)
		}
		return
	case "oidc":
		if f.ClientID == "" {
			v.add(path+"clientId", "", "a client id is needed")
		}
		if len(f.RedirectURIs) == 0 {
			v.add(path+"redirectUris", "", "at least one redirect URI of the app is needed")
		}
	case "saml":
		v.saml(path+"saml", f.SAML)
	case "wsfed":
		v.wsfed(path+"wsfed", f.WSFed)
	default:
		v.add(path+"protocol", `"oidc", "saml" or "wsfed"`, "there is no protocol %q", f.Protocol)
	}
	for i, u := range f.RedirectURIs {
		v.uri(fmt.Sprintf("%sredirectUris[%d]", path, i), u)
	}
	for i, u := range f.LogoutURIs {
		v.uri(fmt.Sprintf("%spostLogoutRedirectUris[%d]", path, i), u)
	}
	if f.BackchannelURI != "" {
		v.uri(path+"backchannelLogoutUri", f.BackchannelURI)
	}
	if f.InitiateURI != "" {
		v.uri(path+"initiateLoginUri", f.InitiateURI)
	}
}

// uri checks that an address is the app's own: at a real host of the instance, since a code must never travel to
// another.
func (v *validation) uri(path, text string) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "" || strings.Contains(text, "#"):
		v.add(path, "", "%q is not an absolute https address without user and fragment", text)
	case !slices.ContainsFunc(v.in.Hosts, func(h Host) bool { return h.Name == realHost(u.Host) }):
		v.add(path, "list the host among the instance's hosts, by its real name", "%s is not a host of this instance", u.Host)
	}
}

// realHost normalises the host of an address to a host's name.
func realHost(host string) string { return strings.TrimSuffix(strings.ToLower(host), ":443") }

func (v *validation) origins() {
	for host, at := range v.in.Origins {
		path := "origins." + host
		if !slices.ContainsFunc(v.in.Hosts, func(h Host) bool { return h.Name == host }) {
			v.add(path, "", "%s is not a host of this instance", host)
		}
		if _, err := netip.ParseAddrPort(at); err != nil {
			v.add(path, `such as "127.0.0.1:8443"`, "%q is not an address and port", at)
		}
	}
	slices.SortStableFunc(v.found, func(a, b filter.Mistake) int { // maps have no order
		if strings.HasPrefix(a.Path, "origins.") && strings.HasPrefix(b.Path, "origins.") {
			return strings.Compare(a.Path, b.Path)
		}
		return 0
	})
}

// Bounds of a profile's rules for code.
const (
	minFind = 4
	maxFind = 256
	maxCode = 32
)

func (v *validation) profile() {
	p, total := &v.in.Profile, 0
	for _, list := range []struct {
		name     string
		patterns []string
		query    bool
	}{
		{"previews", p.Previews, false},
		{"downloads", p.Downloads, true},
		{"exports", p.Exports, true},
		{"uploads", p.Uploads, true},
		{"neverFiles", p.NeverFiles, false},
		{"tokenIssuers", p.TokenIssuers, true},
	} {
		total += len(list.patterns)
		for i, pattern := range list.patterns {
			v.pattern(fmt.Sprintf("profile.%s[%d]", list.name, i), pattern, list.query)
		}
	}
	for i, f := range p.JSONFields {
		if strings.TrimSpace(f) == "" {
			v.add(fmt.Sprintf("profile.jsonFields[%d]", i), "", "a field name is needed")
		}
	}
	for i, r := range p.Code {
		path := fmt.Sprintf("profile.code[%d]", i)
		switch {
		case len(r.Find) < minFind || len(r.Find) > maxFind:
			v.add(path+".find", "", "a text of %d to %d bytes is needed: shorter ones stand everywhere", minFind, maxFind)
		case strings.ContainsAny(r.Find+r.Replace, "<>"):
			v.add(path, "", "markup can't be replaced: scripts may stand in pages")
		case len(r.Replace) > 4*maxFind:
			v.add(path+".replace", "", "more than %d bytes", 4*maxFind)
		}
	}
	if len(p.Code) > maxCode {
		v.add("profile.code", "", "%d rules are more than %d: each is searched for in every script", len(p.Code), maxCode)
	}
	for i, r := range p.Activities {
		path := fmt.Sprintf("profile.activities[%d]", i)
		v.pattern(path+".path", r.Path, true)
		if r.Type == "" {
			v.add(path+".type", "", "an activity type is needed")
		}
		if r.Method != strings.ToUpper(r.Method) {
			v.add(path+".method", "", "%q must be in upper case", r.Method)
		}
		if r.Host != "" && !slices.ContainsFunc(v.in.Hosts, func(h Host) bool { return h.Role == r.Host }) {
			v.add(path+".host", "", "no host of this instance has the role %q", r.Host)
		}
	}
	if total += len(p.Activities); total > maxPatterns {
		v.add("profile", "", "%d patterns are more than %d", total, maxPatterns)
	}
}

func (v *validation) pattern(path, pattern string, query bool) {
	at, asked, has := strings.Cut(pattern, "?")
	switch {
	case has && !query:
		v.add(path, "leave out the query", "%q has a query, which page script could add to the address of any file", pattern)
	case !strings.HasPrefix(at, "/") || strings.Contains(pattern, "#") || strings.Contains(pattern, "***"):
		v.add(path, `such as "/files/*/preview"`, "%q is not a path pattern: it begins with /", pattern)
	case has && (asked == "" || strings.ContainsAny(asked, "?%") || strings.HasPrefix(asked, "=") || strings.Contains(asked, "&=") || strings.Contains(asked, "&&")):
		v.add(path, `such as "/download?id=*&raw"`, "%q does not end in names and values, written as they read", pattern)
	}
}

// limit is how long the host's label may be.
func (h *Host) limit() int {
	if h.Role == RoleAnonymous {
		return maxAnonymous
	}
	return maxLabel
}

// Prefix is what stands before the tenant in the mapped name, without a token.
func (h *Host) Prefix() string {
	switch {
	case h.Dotted:
		return h.Name
	case h.Label != "" && len(h.Label) <= h.limit():
		return h.Label
	}
	return label(h.Name, h.limit())
}
