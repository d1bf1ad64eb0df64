package signin

import (
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/tenant"
)

var (
	supportedScopes = []string{oidc.ScopeOpenID, oidc.ScopeProfile, oidc.ScopeEmail, "groups", oidc.ScopeOfflineAccess}
	responseModes   = []string{"query", "fragment", "form_post"}
	supportedClaims = []string{"sub", "sid", "aud", "iss", "exp", "iat", "auth_time", "nonce", "acr", "amr", "name", "preferred_username", "email", "groups"}
)

// client is an instance as the OpenID library sees it. Redirect addresses are the app's own, exact matches.
type client struct {
	inst  catalog.Instance
	login func(id string) string
}

var _ op.Client = client{}

func (c client) GetID() string                    { return c.inst.Federation.ClientID }
func (c client) RedirectURIs() []string           { return c.inst.Federation.RedirectURIs }
func (c client) PostLogoutRedirectURIs() []string { return c.inst.Federation.LogoutURIs }

func (c client) ApplicationType() op.ApplicationType {
	if c.inst.Federation.SecretHash == "" {
		return op.ApplicationTypeUserAgent
	}
	return op.ApplicationTypeWeb
}

func (c client) AuthMethod() oidc.AuthMethod {
	if c.inst.Federation.SecretHash == "" {
		return oidc.AuthMethodNone // the library then insists on PKCE
	}
	return oidc.AuthMethodBasic
}

func (c client) ResponseTypes() []oidc.ResponseType {
	return []oidc.ResponseType{oidc.ResponseTypeCode} // no implicit flow: RFC 9700 section 2.1.2
}

func (c client) GrantTypes() []oidc.GrantType {
	if c.inst.Federation.Refresh {
		return []oidc.GrantType{oidc.GrantTypeCode, oidc.GrantTypeRefreshToken}
	}
	return []oidc.GrantType{oidc.GrantTypeCode}
}

func (c client) LoginURL(id string) string           { return c.login(id) }
func (c client) AccessTokenType() op.AccessTokenType { return op.AccessTokenTypeBearer }
func (c client) IDTokenLifetime() time.Duration      { return tokenLife }
func (c client) DevMode() bool                       { return false }
func (c client) IsScopeAllowed(scope string) bool    { return scope == "groups" }
func (c client) IDTokenUserinfoClaimsAssertion() bool {
	return true // many apps read groups and e-mail from the ID token only
}
func (c client) ClockSkew() time.Duration { return 0 }

func (c client) RestrictAdditionalIdTokenScopes() func([]string) []string {
	return func(scopes []string) []string { return scopes }
}

func (c client) RestrictAdditionalAccessTokenScopes() func([]string) []string {
	return func(scopes []string) []string { return scopes }
}

// tokenLife is how long ID tokens and access tokens are good for; an access token also ends with its session.
const tokenLife = time.Hour

// issuerOf is the issuer that apps of a tenant are configured with.
func (b *Broker) issuerOf(t tenant.Tenant) string { return b.url(t.ID, "") }
