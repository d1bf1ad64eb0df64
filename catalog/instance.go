package catalog

import (
	"context"

	"github.com/referee-casb/referee/model"
)

// Role says what a host of an instance is for, which decides how it may be reached without a cookie.
type Role string

// The roles of a host.
const (
	RoleApp       Role = "app"       // pages; a session cookie or a trip through sign-in
	RoleAPI       Role = "api"       // called by pages with credentials or a bearer the gateway saw issued
	RoleAnonymous Role = "anonymous" // reached through an unguessable session label only
	RoleStatic    Role = "static"    // public, GET and HEAD only: fonts, module scripts
	RoleFiles     Role = "files"     // file bytes; like api, every answer is a candidate download
	RoleSignIn    Role = "signin"    // where the app itself sends people to sign in: only what takes no credentials
)

// Host is one real host of an instance.
type Host struct {
	Name   string `json:"name" yaml:"name"` // real host in lower case, with ":port" unless 443
	Role   Role   `json:"role" yaml:"role"`
	Label  string `json:"label,omitempty" yaml:"label,omitempty"`   // of the mapped host; made from Name when empty
	Dotted bool   `json:"dotted,omitempty" yaml:"dotted,omitempty"` // keep the real host's dots in the mapped name
}

// Federation is how an instance trusts Referee's sign-in.
type Federation struct {
	Protocol     string   `json:"protocol,omitempty" yaml:"protocol,omitempty"` // "oidc", "saml" or "wsfed"
	ClientID     string   `json:"clientId,omitempty" yaml:"clientId,omitempty"`
	SecretHash   string   `json:"secretHash,omitempty" yaml:"secretHash,omitempty"`     // of the client secret; "" for a public client
	RedirectURIs []string `json:"redirectUris,omitempty" yaml:"redirectUris,omitempty"` // the app's own, at its real hosts
	LogoutURIs   []string `json:"postLogoutRedirectUris,omitempty" yaml:"postLogoutRedirectUris,omitempty"`
	SAML         *SAMLApp `json:"saml,omitempty" yaml:"saml,omitempty"`
	WSFed        *WSFed   `json:"wsfed,omitempty" yaml:"wsfed,omitempty"`
	// Through names the instance where this one's people sign in, in place of a protocol: of the apps of Microsoft 365, one
	// has Entra's sign-in host, and Entra does not say which of them a sign-in is for.
	Through model.InstanceID `json:"through,omitempty" yaml:"through,omitempty"`
	// Refresh lets the app have refresh tokens (scope offline_access): rotated, and over with the session.
	Refresh bool `json:"refreshTokens,omitempty" yaml:"refreshTokens,omitempty"`
	// BackchannelURI is told when a session ends (OpenID Connect Back-Channel Logout section 2.2).
	BackchannelURI string `json:"backchannelLogoutUri,omitempty" yaml:"backchannelLogoutUri,omitempty"`
	InitiateURI    string `json:"initiateLoginUri,omitempty" yaml:"initiateLoginUri,omitempty"` // OpenID Connect Core section 4
}

// Instance is one tenant's instance of an app.
type Instance struct {
	ID         model.InstanceID `json:"id" yaml:"id"`
	Tenant     model.TenantID   `json:"tenant" yaml:"-"`
	App        string           `json:"app" yaml:"app"` // App.Key
	Name       string           `json:"name" yaml:"name"`
	Route      model.Route      `json:"route" yaml:"route"`
	Evidence   model.Evidence   `json:"evidence" yaml:"evidence"`
	Hosts      []Host           `json:"hosts" yaml:"hosts"`
	Federation Federation       `json:"federation" yaml:"federation"`
	Profile    Profile          `json:"profile,omitempty" yaml:"profile,omitempty"`
	// Origins are the upstream addresses for hosts that DNS does not resolve (demo, tests, private apps):
	// real host to "ip:port". CAFile adds roots for them.
	Origins map[string]string `json:"origins,omitempty" yaml:"origins,omitempty"`
	CAFile  string            `json:"caFile,omitempty" yaml:"caFile,omitempty"`
}

// Store keeps instances. Every method answers for one tenant only; Conflict when a host or label of the tenant
// is taken by another instance, NotFound when an id is not there.
type Store interface {
	PutInstance(ctx context.Context, in Instance) error
	DeleteInstance(ctx context.Context, tenant model.TenantID, id model.InstanceID) error
	Instances(ctx context.Context, tenant model.TenantID) ([]Instance, error)
}

// Ref names the instance and its app for activities and decisions.
func (in *Instance) Ref() model.AppRef {
	app, _ := AppByKey(in.App)
	if in.Evidence == model.EvidenceDemo {
		app.Name = in.Name // a stand-in is never presented as the service it stands for
	}
	return model.AppRef{ID: app.ID, Key: in.App, Name: app.Name, Instance: in.ID}
}

// Routed reports whether the gateway maps the instance's hosts. Instances of the other routes are read and
// governed through their own interfaces, or in the browser.
func (in *Instance) Routed() bool {
	return in.Route == model.RouteSSO || in.Route == model.RouteFederated
}

// IsEntraBySAML reports whether an app is Entra spoken to by SAML, for domains that are federated to Referee. It names no
// domains itself: whose people get an assertion follows from those of the tenant's providers.
func (in *Instance) IsEntraBySAML() bool {
	f := in.Federation.SAML
	return f != nil && (in.Route == model.RouteFederated || f.EntityID == RealmEntra || f.NameID == "immutableId")
}

// SameSignIn lists the instances of a tenant that sign in together with one, itself first: those that sign in through it,
// or through the same one as it (see [Federation.Through]). all are the tenant's instances.
func SameSignIn(all []Instance, in *Instance) []Instance {
	at := func(of *Instance) model.InstanceID {
		if of.Federation.Through != "" {
			return of.Federation.Through
		}
		return of.ID
	}
	out := []Instance{*in}
	for i := range all {
		if all[i].ID != in.ID && at(&all[i]) == at(in) {
			out = append(out, all[i])
		}
	}
	return out
}
