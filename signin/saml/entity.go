package saml

import (
	"crypto/x509"
	"time"
)

// Binding is how a message travels (SAML bindings 3).
type Binding string

// The bindings that are spoken. SOAP, artifact and PAOS are not: they need a back channel.
const (
	Redirect Binding = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" // SAML bindings 3.4
	Post     Binding = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"     // SAML bindings 3.5
)

// Name formats (SAML core 8.3).
const (
	FormatUnspecified = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
	FormatEmail       = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
	FormatPersistent  = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
	FormatTransient   = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
	formatEntity      = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity"
)

// Authentication contexts that are often asked for (SAML authentication context 3.4, and the classes of others).
const (
	ContextUnspecified = "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified"
	ContextPassword    = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
	ContextRefedsMFA   = "https://refeds.org/profile/mfa"
	ContextEntraMFA    = "http://schemas.microsoft.com/claims/multipleauthn"
)

// Endpoint is where a peer takes messages.
type Endpoint struct {
	Binding  Binding `json:"binding" yaml:"binding"`
	Location string  `json:"location" yaml:"location"`
	// Response is where answers go, where that is another place than Location (metadata 2.2.2).
	Response string `json:"response,omitempty" yaml:"response,omitempty"`
	Index    int    `json:"index,omitempty" yaml:"index,omitempty"`     // of assertion consumers
	Default  bool   `json:"default,omitempty" yaml:"default,omitempty"` // of assertion consumers
}

// Entity is a peer: what its metadata says, or what an administrator typed in. Certificates are pins: a signature is
// believed when the key of one of them made it, and by nothing else.
type Entity struct {
	ID         string    // entityID
	ValidUntil time.Time // zero: no end
	Provider   *ProviderRole
	App        *AppRole
}

// ProviderRole is an identity provider (metadata 2.4.3).
type ProviderRole struct {
	SignOn             []Endpoint // SingleSignOnService
	Logout             []Endpoint // SingleLogoutService
	Signing            []*x509.Certificate
	Encryption         []*x509.Certificate // for what is encrypted to it; nothing is today
	WantSignedRequests bool
	NameIDFormats      []string
}

// AppRole is a service provider (metadata 2.4.4).
type AppRole struct {
	Consumers            []Endpoint // AssertionConsumerService, in their order
	Logout               []Endpoint
	Signing              []*x509.Certificate
	Encryption           []*x509.Certificate
	SignsRequests        bool // AuthnRequestsSigned: unsigned requests are then refused
	WantSignedAssertions bool
	NameIDFormats        []string
	Attributes           []string // names of RequestedAttribute
}

// Role says which side of a peer a message is for.
type Role string

// The roles.
const (
	RoleProvider Role = "provider"
	RoleApp      Role = "app"
)

// logout returns a role's logout endpoints and pins.
func (e *Entity) logout(r Role) ([]Endpoint, []*x509.Certificate) {
	switch {
	case e == nil:
	case r == RoleProvider && e.Provider != nil:
		return e.Provider.Logout, e.Provider.Signing
	case r == RoleApp && e.App != nil:
		return e.App.Logout, e.App.Signing
	}
	return nil, nil
}

// endpoint returns the first endpoint of a binding, or the first of any that is spoken when binding is "".
func endpoint(list []Endpoint, binding Binding) (Endpoint, bool) {
	for _, e := range list {
		if e.Location != "" && (e.Binding == binding || (binding == "" && (e.Binding == Post || e.Binding == Redirect))) {
			return e, true
		}
	}
	return Endpoint{}, false
}
