package tenant

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

func (v *validation) provider(path string, p Provider) {
	if !providerPattern.MatchString(string(p.ID)) {
		v.add(path+".id", `use a short name such as "entra"`, "%q must be 1 to 40 lower-case letters, digits and hyphens", p.ID)
	}
	if _, ok := PresetByID(p.Preset); p.Preset != "" && !ok {
		v.add(path+".preset", "one of "+presetNames(), "there is no preset %q", p.Preset)
	}
	if p.Subjects != "" && p.Subjects != SubjectsPlain {
		v.add(path+".subjects", "leave it out; plain keeps the ids of a tenant that is older than this setting", "there is no form %q", p.Subjects)
	}
	for i, d := range p.Domains {
		if !domainPattern.MatchString(d) {
			v.add(fmt.Sprintf("%s.domains[%d]", path, i), `write it in lower case, such as "contoso.com"`, "%q is not a domain", d)
		}
	}
	if p.Graph != "" && !secureURL(p.Graph, false) {
		v.add(path+".graph", "such as https://graph.microsoft.com/v1.0", "%q is not an https address", p.Graph)
	}
	switch p.Kind {
	case "", KindOpenID:
		v.openID(path, p)
	case KindSAML:
		v.saml(path+".saml", p)
	default:
		v.add(path+".kind", `"oidc" or "saml"`, "there is no kind of provider %q", p.Kind)
	}
	v.signals(path+".signals", p)
	for i, c := range p.DeviceClaims {
		if err := c.Validate(); err != nil {
			v.add(fmt.Sprintf("%s.deviceClaims[%d]", path, i), fault.Help(err), "%s", reason(err))
		}
	}
	if p.DeviceContext != "" && !contextPattern.MatchString(p.DeviceContext) {
		v.add(path+".deviceContext", `such as "c7"`, "%q is not an authentication context: c1 to c99", p.DeviceContext)
	}
}

func (v *validation) openID(path string, p Provider) {
	switch {
	case !secureURL(p.Issuer, false):
		v.add(path+".issuer", "copy it from the provider's discovery document", "%q is not an https address without query", p.Issuer)
	case strings.HasPrefix(p.Issuer, "https://login.microsoftonline.com/") && slices.ContainsFunc([]string{"/common/", "/organizations/", "/consumers/"}, func(s string) bool { return strings.Contains(p.Issuer+"/", s) }):
		v.add(path+".issuer", "put your directory's id where it says common", "%q signs in people of every directory", p.Issuer)
	}
	if p.ClientID == "" {
		v.add(path+".clientId", "", "a client id is needed")
	}
	for i, s := range p.Scopes {
		if s == "" || strings.ContainsAny(s, " \"\\") {
			v.add(fmt.Sprintf("%s.scopes[%d]", path, i), "one scope an entry", "%q is not a scope", s)
		}
	}
	if preset, _ := PresetByID(p.Preset); preset.DomainClaim != "" && len(p.Domains) == 0 {
		v.add(path+".domains", "name the domains whose people may sign in", "%s signs in anybody, so domains are needed", preset.Title)
	}
	if p.SAML != nil {
		v.add(path+".saml", `set kind: saml, or leave it out`, "an OpenID provider has no SAML settings")
	}
}

func (v *validation) saml(path string, p Provider) {
	s := p.SAML
	if s == nil {
		v.add(path, "copy entity id, sign-on address and certificate from the provider's metadata", "a SAML provider needs its settings")
		return
	}
	if s.EntityID == "" || len(s.EntityID) > 1024 || strings.ContainsAny(s.EntityID, " \t\r\n") {
		v.add(path+".entityId", "copy it from the provider's metadata", "an entity id of 1 to 1024 characters without spaces is needed")
	}
	if !secureURL(s.SSO, true) {
		v.add(path+".sso", "copy it from the provider's metadata", "%q is not an https address", s.SSO)
	}
	if s.SLO != "" && !secureURL(s.SLO, true) {
		v.add(path+".slo", "copy it from the provider's metadata", "%q is not an https address", s.SLO)
	}
	if n := len(s.Certificates); n == 0 || n > 10 {
		v.add(path+".certificates", "copy the signing certificate from the provider's metadata", "1 to 10 certificates are needed, there are %d", n)
	}
	for i, text := range s.Certificates {
		if _, err := parseCertificate(text); err != nil {
			v.add(fmt.Sprintf("%s.certificates[%d]", path, i), fault.Help(err), "%s", reason(err))
		}
	}
}

func (v *validation) signals(path string, p Provider) {
	s := p.Signals
	if s == nil {
		return
	}
	if len(s.Issuer) > 1024 || strings.ContainsAny(s.Issuer, " \t\r\n") {
		v.add(path+".issuer", "copy it from the transmitter's configuration", "%.200q is not an issuer", s.Issuer)
	}
	if len(s.Audience) > 1024 || strings.ContainsAny(s.Audience, " \t\r\n") {
		v.add(path+".audience", "copy it from the stream's configuration", "%.200q is not an audience", s.Audience)
	}
	if s.JWKS != "" && !secureURL(s.JWKS, true) {
		v.add(path+".jwks", "copy jwks_uri from the transmitter's configuration", "%q is not an https address", s.JWKS)
	}
	if s.JWKS == "" && s.Issuer == "" && p.Federated() {
		v.add(path+".jwks", "copy jwks_uri from the transmitter's configuration", "a SAML provider has no keys for events: jwks or issuer is needed")
	}
	if s.JWKS == "" && s.Issuer != "" && !secureURL(s.Issuer, false) {
		v.add(path+".jwks", "copy jwks_uri from the transmitter's configuration", "keys can't be found by issuer %q, which is not an https address", s.Issuer)
	}
}

// homes checks what concerns several providers: a domain has one home, and at most one keeps plain subjects.
func (v *validation) homes(t *Tenant) {
	home, plain := map[string]model.ProviderID{}, model.ProviderID("")
	for i, p := range t.Providers {
		for j, d := range p.Domains {
			if other, taken := home[d]; taken {
				v.add(fmt.Sprintf("providers[%d].domains[%d]", i, j), "leave it at one of them", "%s is also a domain of provider %s", d, other)
			}
			home[d] = p.ID
		}
		if p.Subjects != SubjectsPlain {
			continue
		}
		if plain != "" {
			v.add(fmt.Sprintf("providers[%d].subjects", i), "leave it out", "provider %s has plain subjects already, and two could name different people alike", plain)
		}
		plain = p.ID
	}
}

// secureURL reports whether text is an absolute https address; query says whether it may have one.
func secureURL(text string, query bool) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "https" && u.Host != "" && u.Fragment == "" && u.User == nil && (query || u.RawQuery == "")
}

func presetNames() string {
	names := make([]string, 0, 6)
	for _, p := range Presets() {
		names = append(names, p.ID)
	}
	return strings.Join(names, ", ")
}
