package signin

import (
	"context"
	"net/url"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/signin/saml"
	"github.com/referee-casb/referee/tenant"
)

// ProviderEntries are what the administrator of a company's provider enters there, so that it knows Referee.
type ProviderEntries struct {
	RedirectURI string `json:"redirectUri,omitempty" doc:"OpenID: where the provider sends people back."`
	EntityID    string `json:"entityId,omitempty" doc:"SAML: identifier, or audience, of Referee as service provider."`
	Metadata    string `json:"metadata,omitempty" doc:"SAML: address of the service provider's metadata, which hold all the others."`
	ACS         string `json:"acs,omitempty" doc:"SAML: assertion consumer service, HTTP-POST."`
	Logout      string `json:"logout,omitempty" doc:"SAML: single logout, HTTP-POST and HTTP-Redirect; messages must be signed. OpenID: back-channel logout, where the provider has it."`
}

// ProviderEntries returns them for one provider of a tenant.
func (b *Broker) ProviderEntries(id model.TenantID, p tenant.Provider) ProviderEntries {
	name := url.PathEscape(string(p.ID))
	if !p.Federated() {
		return ProviderEntries{RedirectURI: b.url(id, "/callback/"+name), Logout: b.url(id, "/backchannel/"+name)}
	}
	sp := b.url(id, "/saml/sp/"+name) // as serviceProvider has them
	return ProviderEntries{EntityID: sp, Metadata: sp, ACS: b.url(id, "/saml/acs/"+name), Logout: b.url(id, "/saml/logout/"+name)}
}

// AppEntries are what the administrator of an app enters there, so that it takes Referee for its provider.
type AppEntries struct {
	Protocol string `json:"protocol" enum:"oidc,saml,wsfed"`
	Issuer   string `json:"issuer" doc:"OpenID: issuer. SAML: entity id of Referee as identity provider."`
	Metadata string `json:"metadata" doc:"OpenID: discovery document. SAML: metadata; fetched at this very address, they tell Referee which keys the app has."`
	SSO      string `json:"sso" doc:"OpenID: authorization endpoint. SAML: single sign-on, HTTP-POST and HTTP-Redirect."`
	Logout   string `json:"logout" doc:"OpenID: end session endpoint. SAML: single logout, HTTP-POST and HTTP-Redirect."`

	ClientID string `json:"clientId,omitempty" doc:"OpenID."`
	Secret   bool   `json:"secret,omitempty" doc:"OpenID: the app needs its client secret too, which Referee knows by its hash only; a client without one must use PKCE."`
	Token    string `json:"token,omitempty" doc:"OpenID: token endpoint."`
	UserInfo string `json:"userInfo,omitempty" doc:"OpenID: userinfo endpoint."`
	Keys     string `json:"keys,omitempty" doc:"OpenID: key set."`

	Certificates []AppCertificate `json:"certificates,omitempty" doc:"SAML: what Referee's signatures verify with, the one in use first."`
	Domains      []AppDomain      `json:"domains,omitempty" doc:"WS-Federation: the federated domains, each with its issuer."`
	Start        string           `json:"start,omitempty" doc:"SAML: where a sign-in begins that the app did not ask for, where its settings allow that."`
}

// AppDomain is a domain that is federated to Referee.
type AppDomain struct {
	Domain string `json:"domain"`
	Issuer string `json:"issuer" doc:"issuerUri of the domain's federation in Entra."`
}

// AppCertificate is a signing certificate as an app's administrator takes it.
type AppCertificate struct {
	PEM         string    `json:"pem"`
	Fingerprint string    `json:"fingerprint" doc:"SHA-256, in hexadecimal."`
	InUse       bool      `json:"inUse" doc:"False: published before or after its use."`
	Ends        time.Time `json:"ends" doc:"Planned end; the next one is published 60 days before it."`
}

// AppEntries returns them for an instance; Invalid for one that does not sign in at Referee.
func (b *Broker) AppEntries(ctx context.Context, id model.TenantID, in catalog.Instance) (AppEntries, error) {
	f := in.Federation
	switch f.Protocol {
	case protocolOpenID:
		at := func(step string) string { return b.url(id, "/oauth/v2/"+step) } // as discovery tells them
		return AppEntries{
			Protocol: f.Protocol, Issuer: b.url(id, ""), Metadata: b.url(id, "/.well-known/openid-configuration"), SSO: at("authorize"), Logout: at("end_session"),
			ClientID: f.ClientID, Secret: f.SecretHash != "", Token: at("token"), UserInfo: at("userinfo"), Keys: at("keys"),
		}, nil
	case protocolSAML:
		entity := b.url(id, "/saml/metadata") // as identityProvider has them
		out := AppEntries{
			Protocol: f.Protocol, Issuer: entity, Metadata: entity + "?app=" + url.QueryEscape(string(in.ID)), SSO: b.url(id, "/saml/sso"), Logout: b.url(id, "/saml/slo"),
		}
		if f.SAML != nil && f.SAML.IdPInitiated {
			out.Start = b.url(id, "/saml/start/"+url.PathEscape(string(in.ID)))
		}
		return b.withCertificates(ctx, id, out)
	case protocolWSFed:
		if f.WSFed == nil || len(f.WSFed.Domains) == 0 {
			break
		}
		out := AppEntries{Protocol: f.Protocol, Metadata: b.url(id, "/saml/metadata"), SSO: b.url(id, "/wsfed"), Logout: b.url(id, "/signout")}
		for _, d := range f.WSFed.Domains {
			out.Domains = append(out.Domains, AppDomain{d, IssuerURI(b.config.Origin, id, d)})
		}
		out.Issuer = out.Domains[0].Issuer
		return b.withCertificates(ctx, id, out)
	}
	return AppEntries{}, &fault.Error{
		Kind: fault.Invalid, Op: "signin.AppEntries", Key: string(in.ID), Msg: "this app does not sign in at Referee", Help: "set federation.protocol to oidc or saml, where its route is sso, or to wsfed, where it is federated",
	}
}

// withCertificates adds what Referee's signatures verify with.
func (b *Broker) withCertificates(ctx context.Context, id model.TenantID, out AppEntries) (AppEntries, error) {
	keys, err := b.publishedKeys(ctx, id, KeySAML)
	if err != nil {
		return AppEntries{}, err
	}
	for i := range keys {
		out.Certificates = append(out.Certificates, AppCertificate{PEM: pemOf(keys[i].cert), Fingerprint: keys[i].Fingerprint(), InUse: i == 0, Ends: keys[i].Ends})
	}
	return out, nil
}

// SettingsFromMetadata reads a SAML provider's settings from its metadata. entity says which of several entities is
// meant; "" where there is one. What does not fit is Invalid and says why.
func SettingsFromMetadata(text []byte, entity string, now time.Time) (tenant.SAMLProvider, error) {
	const op = "signin.SettingsFromMetadata"
	wrong := func(msg, help string, err error) (tenant.SAMLProvider, error) {
		return tenant.SAMLProvider{}, &fault.Error{Kind: fault.Invalid, Op: op, Msg: msg, Help: help, Err: err}
	}
	e, err := saml.ReadMetadata(text, saml.MetadataOptions{EntityID: entity, Now: now})
	if err != nil {
		return wrong("the metadata can't be used: "+reasonOf(err), "download the federation metadata (XML) anew at the provider", err)
	}
	if e.Provider == nil {
		return wrong("the metadata describe an app, not an identity provider", "take the provider's own metadata, not those of Referee", nil)
	}
	out := tenant.SAMLProvider{EntityID: e.ID, SignRequests: e.Provider.WantSignedRequests}
	sso := pick(e.Provider.SignOn)
	out.SSO, out.PostRequests, out.SLO = sso.Location, sso.Binding == saml.Post, pick(e.Provider.Logout).Location
	for _, c := range e.Provider.Signing {
		out.Certificates = append(out.Certificates, pemOf(c))
	}
	return out, nil
}

// pick prefers the Redirect binding, as the broker does where nothing is set.
func pick(all []saml.Endpoint) saml.Endpoint {
	var first saml.Endpoint
	for _, e := range all {
		if e.Binding == saml.Redirect {
			return e
		}
		if first.Location == "" {
			first = e
		}
	}
	return first
}
