package tenant

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"slices"
	"strings"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

// ProviderKind is the protocol that a provider speaks.
type ProviderKind string

// The kinds of provider. An empty kind is OpenID.
const (
	KindOpenID ProviderKind = "oidc"
	KindSAML   ProviderKind = "saml"
)

// Provider is an identity provider where people of the tenant sign in.
type Provider struct {
	ID       model.ProviderID `json:"id" yaml:"id"`
	Name     string           `json:"name,omitempty" yaml:"name,omitempty"` // on the page that asks where to sign in
	Kind     ProviderKind     `json:"kind,omitempty" yaml:"kind,omitempty"`
	Preset   string           `json:"preset,omitempty" yaml:"preset,omitempty"`   // a product of [Presets]; its names for claims hold where none are set
	Domains  []string         `json:"domains,omitempty" yaml:"domains,omitempty"` // e-mail domains whose people sign in here, and nowhere else
	Subjects SubjectForm      `json:"subjects,omitempty" yaml:"subjects,omitempty"`

	Issuer     string   `json:"issuer,omitempty" yaml:"issuer,omitempty"`
	ClientID   string   `json:"clientId,omitempty" yaml:"clientId,omitempty"`
	SecretFile string   `json:"secretFile,omitempty" yaml:"secretFile,omitempty"` // holds the client secret; "" for a public client
	Scopes     []string `json:"scopes,omitempty" yaml:"scopes,omitempty"`         // beside openid; default profile and email
	CAFile     string   `json:"caFile,omitempty" yaml:"caFile,omitempty"`         // further roots for the provider's certificate

	// Claims may be paths, such as realm_access.roles.
	SubjectClaim  string `json:"subjectClaim,omitempty" yaml:"subjectClaim,omitempty"`   // what identifies the person; default "sub"
	NameClaim     string `json:"nameClaim,omitempty" yaml:"nameClaim,omitempty"`         // default "name"
	EmailClaim    string `json:"emailClaim,omitempty" yaml:"emailClaim,omitempty"`       // default "email"
	UsernameClaim string `json:"usernameClaim,omitempty" yaml:"usernameClaim,omitempty"` // default "preferred_username"
	GroupsClaim   string `json:"groupsClaim,omitempty" yaml:"groupsClaim,omitempty"`     // default "groups"
	RolesClaim    string `json:"rolesClaim,omitempty" yaml:"rolesClaim,omitempty"`       // default "roles"
	ExternalClaim string `json:"externalClaim,omitempty" yaml:"externalClaim,omitempty"` // true or 1 marks a guest; without it the domain decides
	// What Conditional Access may rest on, where the provider signs it: there are no defaults.
	SignInRiskClaim string `json:"signInRiskClaim,omitempty" yaml:"signInRiskClaim,omitempty"` // none, low, medium or high
	UserRiskClaim   string `json:"userRiskClaim,omitempty" yaml:"userRiskClaim,omitempty"`     // none, low, medium or high
	GuestTypeClaim  string `json:"guestTypeClaim,omitempty" yaml:"guestTypeClaim,omitempty"`   // such as b2bCollaborationGuest
	HomeTenantClaim string `json:"homeTenantClaim,omitempty" yaml:"homeTenantClaim,omitempty"` // organisation of an external person
	// ImmutableIDClaim names the account in Entra, where Microsoft 365 is federated to Referee: the value of its
	// onPremisesImmutableId, such as the objectGUID of Active Directory in base64. There is no default.
	ImmutableIDClaim string `json:"immutableIdClaim,omitempty" yaml:"immutableIdClaim,omitempty"`

	Graph string `json:"graph,omitempty" yaml:"graph,omitempty"` // Microsoft Graph, asked when Entra leaves out groups for their number

	// DeviceClaims are what the provider signs of the device; DeviceContext is an authentication context, such
	// as "c7", that Entra grants to compliant devices only. See docs/howto/device-proof.md.
	DeviceClaims  []model.DeviceClaim `json:"deviceClaims,omitempty" yaml:"deviceClaims,omitempty"`
	DeviceContext string              `json:"deviceContext,omitempty" yaml:"deviceContext,omitempty"`

	SAML    *SAMLProvider `json:"saml,omitempty" yaml:"saml,omitempty"`
	Signals *Signals      `json:"signals,omitempty" yaml:"signals,omitempty"`
}

// Signals is a stream of security events that the provider's transmitter pushes to Referee (OpenID Shared Signals
// Framework 1.0, RFC 8935). Empty settings stand for the provider's own.
type Signals struct {
	Issuer    string `json:"issuer,omitempty" yaml:"issuer,omitempty"`       // of the events; default the provider's
	Audience  string `json:"audience,omitempty" yaml:"audience,omitempty"`   // of the events; default the address they are pushed to
	JWKS      string `json:"jwks,omitempty" yaml:"jwks,omitempty"`           // https address of the transmitter's keys; default by discovery
	TokenFile string `json:"tokenFile,omitempty" yaml:"tokenFile,omitempty"` // holds the bearer token that the transmitter sends along
}

// SAMLProvider is what Referee, as service provider, knows of a SAML identity provider.
type SAMLProvider struct {
	EntityID     string   `json:"entityId" yaml:"entityId"`
	SSO          string   `json:"sso" yaml:"sso"`                                       // https address that takes authentication requests
	PostRequests bool     `json:"postRequests,omitempty" yaml:"postRequests,omitempty"` // by HTTP-POST; default HTTP-Redirect
	SLO          string   `json:"slo,omitempty" yaml:"slo,omitempty"`                   // single logout, "" where it has none
	Certificates []string `json:"certificates" yaml:"certificates"`                     // PEM, that its signatures verify with; two while it rolls its key
	SignRequests bool     `json:"signRequests,omitempty" yaml:"signRequests,omitempty"`
	NameIDFormat string   `json:"nameIdFormat,omitempty" yaml:"nameIdFormat,omitempty"` // asked for; default persistent
	// RequireEncrypted refuses assertions that are not encrypted to the certificate in Referee's metadata. AllowCBC takes
	// AES-CBC beside AES-GCM, inside a response that is signed itself.
	RequireEncrypted bool `json:"requireEncrypted,omitempty" yaml:"requireEncrypted,omitempty"`
	AllowCBC         bool `json:"allowCbc,omitempty" yaml:"allowCbc,omitempty"`
	Unsolicited      bool `json:"unsolicited,omitempty" yaml:"unsolicited,omitempty"` // accept responses nobody asked for (IdP-initiated)
}

// Keys are the certificates that the provider's signatures verify with. Their dates say nothing: the settings do
// (SAML metadata interoperability profile section 2.6.1).
func (s *SAMLProvider) Keys() ([]*x509.Certificate, error) {
	keys := make([]*x509.Certificate, 0, len(s.Certificates))
	for _, text := range s.Certificates {
		c, err := parseCertificate(text)
		if err != nil {
			return nil, err
		}
		keys = append(keys, c)
	}
	return keys, nil
}

func parseCertificate(text string) (*x509.Certificate, error) {
	bad := func(msg string, err error) error {
		return &fault.Error{Kind: fault.Invalid, Op: "tenant.certificate", Msg: msg, Help: "give one certificate as PEM", Err: err}
	}
	block, rest := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE" || len(bytes.TrimSpace(rest)) > 0 {
		return nil, bad("this is not one certificate in PEM", nil)
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, bad("the certificate can't be read", err)
	}
	return c, nil
}

// SubjectForm says how user ids are made from a provider's subjects.
type SubjectForm string

// SubjectsPlain keeps ids as the provider sends them. Tenants that were stored before ids carried their provider have
// it at their first provider, so that policies, exceptions, activities and the apps' accounts go on to match.
const SubjectsPlain SubjectForm = "plain"

// maxSubject is the longest subject that an OpenID provider may give to its apps (OpenID Connect Core section 2).
const maxSubject = 255

// UserID returns the id of a provider's subject: "<provider>:<subject>", so that a subject of one provider is never
// taken for that of another. A subject that would make a longer id than apps take is hashed.
func (p *Provider) UserID(subject string, all []Provider) model.UserID {
	if p.Subjects == SubjectsPlain && len(subject) <= maxSubject && !qualified(subject, all) {
		return model.UserID(subject)
	}
	id := string(p.ID) + ":" + subject
	if len(id) > maxSubject || strings.ContainsFunc(subject, func(r rune) bool { return r <= ' ' || r > '~' }) {
		sum := sha256.Sum256([]byte(subject))
		id = string(p.ID) + ":~" + base64.RawURLEncoding.EncodeToString(sum[:])
	}
	return model.UserID(id)
}

// qualified reports whether a plain subject could be read as one that carries its provider.
func qualified(subject string, all []Provider) bool {
	return slices.ContainsFunc(all, func(p Provider) bool { return strings.HasPrefix(subject, string(p.ID)+":") })
}

// objectIdentifier is what Entra's assertions call the object id of the person.
const objectIdentifier = "http://schemas.microsoft.com/identity/claims/objectidentifier"

// ObjectIDs reports whether the provider's subjects are the object ids of Entra, by which Microsoft Graph names people.
func (p *Provider) ObjectIDs() bool {
	return p.SubjectClaim == "oid" || p.SubjectClaim == objectIdentifier
}

// Federated reports whether the provider is asked by SAML.
func (p *Provider) Federated() bool { return p.Kind == KindSAML }

// WithDefaults fills in what the settings left out, from the preset first.
func (p Provider) WithDefaults() Provider {
	preset, _ := PresetByID(p.Preset)
	fill := func(to *string, values ...string) {
		for _, v := range values {
			if *to == "" {
				*to = v
			}
		}
	}
	if p.Kind == "" {
		p.Kind = KindOpenID
	}
	if p.Kind == KindOpenID && len(p.Scopes) == 0 {
		if p.Scopes = preset.Scopes; len(p.Scopes) == 0 {
			p.Scopes = []string{"profile", "email"}
		}
	}
	c := preset.Claims
	if p.Kind == KindSAML {
		c = Claims{Subject: preset.Subject, External: "external"} // package saml knows the product's names of all else
	}
	fill(&p.SubjectClaim, c.Subject, "sub")
	fill(&p.NameClaim, c.Name, "name")
	fill(&p.EmailClaim, c.Email, "email")
	fill(&p.UsernameClaim, c.Username, "preferred_username")
	fill(&p.GroupsClaim, c.Groups, "groups")
	fill(&p.RolesClaim, c.Roles, "roles")
	fill(&p.ExternalClaim, c.External)
	fill(&p.Graph, preset.Graph)
	fill(&p.Name, string(p.ID))
	return p
}

// ByDomain finds the provider where people of an e-mail domain sign in.
func ByDomain(all []Provider, domain string) (Provider, bool) {
	i := slices.IndexFunc(all, func(p Provider) bool { return HasDomain(p.Domains, domain) })
	if i < 0 || domain == "" {
		return Provider{}, false
	}
	return all[i], true
}

// Foreign reports whether a provider may not speak for people of a domain, because another provider does, or because
// the provider has named its own domains and this is one that the tenant manages. It returns who does ("" is nobody).
func (t *Tenant) Foreign(p *Provider, domain string) (model.ProviderID, bool) {
	if domain == "" || HasDomain(p.Domains, domain) {
		return "", false
	}
	if owner, ok := ByDomain(t.Providers, domain); ok {
		return owner.ID, true
	}
	return "", len(p.Domains) > 0 && HasDomain(t.Domains, domain)
}

// HasDomain reports whether a domain is one of a list. Case is folded as policies' filters fold it: "CONTOſO.com" is
// contoso.com to both, and "fabrıkam.com" (a dotless i) fabrikam.com: else a provider could name people past
// this check whom a policy takes for ours.
func HasDomain(list []string, domain string) bool {
	domain = filter.Fold(domain)
	return slices.ContainsFunc(list, func(d string) bool { return filter.Fold(d) == domain })
}
