package catalog

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/referee-casb/referee/model"
)

// RealmEntra is the name by which Entra is known to the identity providers that its domains are federated to.
const RealmEntra = "urn:federation:MicrosoftOnline"

// WSFed is a relying party of WS-Federation's passive requestor profile (WS-Federation 1.2 section 13): Entra, for
// verified domains that are federated to Referee. Its addresses are its own; where they are on a mapped host the browser
// posts the token there.
type WSFed struct {
	Realm   string   `json:"realm,omitempty" yaml:"realm,omitempty"` // wtrealm, and audience of tokens; default [RealmEntra]
	Replies []string `json:"replies" yaml:"replies"`                 // where tokens are posted; the first is the default
	Domains []string `json:"domains" yaml:"domains"`                 // verified domains that are federated to Referee
}

// Name is the realm.
func (f *WSFed) Name() string {
	if f == nil || f.Realm == "" {
		return RealmEntra
	}
	return f.Realm
}

func (v *validation) wsfed(path string, f *WSFed) {
	if f == nil {
		v.add(path, "give the addresses where tokens are posted, and the federated domains", "a WS-Federation app needs its settings")
		return
	}
	if v.in.Route != model.RouteFederated {
		v.add("route", "federated", "WS-Federation is spoken with Microsoft 365 on the route federated, not on %q", v.in.Route)
	}
	if len(f.Realm) > 1024 || strings.ContainsAny(f.Realm, " \t\r\n") {
		v.add(path+".realm", "leave it out for "+RealmEntra, "a realm has at most 1024 characters and no spaces")
	}
	if len(f.Replies) == 0 {
		v.add(path+".replies", "https://login.microsoftonline.com/login.srf for Entra", "at least one address where tokens are posted is needed")
	}
	for i, text := range f.Replies {
		at := fmt.Sprintf("%s.replies[%d]", path, i)
		v.uri(at, text)
		u, err := url.Parse(text)
		if err == nil && !slices.ContainsFunc(v.in.Hosts, func(h Host) bool { return h.Name == realHost(u.Host) && h.Role == RoleSignIn }) {
			v.add(at, "list the host with the role signin", "%s is not a sign-in host of this instance", u.Host)
		}
	}
	if len(f.Domains) == 0 {
		v.add(path+".domains", "name the verified domains that are federated to Referee", "at least one domain is needed")
	}
	for i, d := range f.Domains {
		if name, port, ok := splitReal(d); !ok || port != "" || !strings.Contains(name, ".") {
			v.add(fmt.Sprintf("%s.domains[%d]", path, i), "", "%q is not a domain in lower case", d)
		}
	}
}

// SignInPath is an address of a sign-in host that takes no credentials. Query and form are not part of it.
type SignInPath struct {
	Method string
	Path   string // its parts, with * for a tenant's
	Kind   SignInKind
}

// SignInKind says how a request to a sign-in host is treated.
type SignInKind string

// The kinds. Of each, answers pass that are redirects or pages that post hidden fields by themselves, and documents in
// JSON: nothing that asks a person for anything.
const (
	SignInAuthorize SignInKind = "authorize" // begins a sign-in; the gateway adds who it is for, so that no page asks
	SignInToken     SignInKind = "token"     // a script redeems a code or a refresh token
	SignInPass      SignInKind = "pass"      // takes the token of the federated provider, signs out, or tells of keys
)

// signInPaths are Entra's. What is not here is refused: the pages for passwords, codes by phone, security information,
// and the questions that lead there (/common/login, /common/GetCredentialType, /common/SAS/BeginAuth and all others).
var signInPaths = []SignInPath{
	{http.MethodGet, "/*/oauth2/authorize", SignInAuthorize},
	{http.MethodGet, "/*/oauth2/v2.0/authorize", SignInAuthorize},
	{http.MethodPost, "/*/oauth2/token", SignInToken},
	{http.MethodPost, "/*/oauth2/v2.0/token", SignInToken},
	{http.MethodPost, "/login.srf", SignInPass},
	{http.MethodGet, "/*/oauth2/logout", SignInPass},
	{http.MethodGet, "/*/oauth2/v2.0/logout", SignInPass},
	{http.MethodGet, "/*/.well-known/openid-configuration", SignInPass},
	{http.MethodGet, "/*/v2.0/.well-known/openid-configuration", SignInPass},
	{http.MethodGet, "/*/discovery/keys", SignInPass},
	{http.MethodGet, "/*/discovery/v2.0/keys", SignInPass},
	{http.MethodGet, "/common/discovery/instance", SignInPass},
}

// SignInAt finds what a request to a sign-in host is; false for what is refused. The path is compared as it came, byte
// for byte: another spelling of the same address is another address.
func SignInAt(method, path string) (SignInKind, bool) {
	i := slices.IndexFunc(signInPaths, func(p SignInPath) bool { return p.Method == method && sameParts(p.Path, path) })
	if i < 0 {
		return "", false
	}
	return signInPaths[i].Kind, true
}

// sameParts compares a path with a pattern, part for part. What * stands for is a tenant's id, domain or alias: letters,
// digits, dots and hyphens, and no climbing.
func sameParts(pattern, path string) bool {
	want, have := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(have) {
		return false
	}
	for i := range want {
		switch {
		case want[i] != "*":
			if want[i] != have[i] {
				return false
			}
		case !isLabelPath(have[i]):
			return false
		}
	}
	return true
}

func isLabelPath(s string) bool {
	return s != "" && s != "." && s != ".." && strings.IndexFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '.'
	}) < 0
}
