// Package catalog tells apps from instances: which apps exist, with Defender's ids, and which hosts of which
// tenant belong to an instance of one.
//
// It owns apps, instances, hosts, labels and the look-up from a mapped host name to a real host. It does not
// own what an app's requests mean (gateway) nor who may reach it (policy). Labels are looked up, never decoded
// to an arbitrary host: that is what keeps the gateway from being an open proxy. Layer L2. Begin with [Instance].
package catalog

import (
	"context"

	"github.com/referee-casb/referee/model"
)

// App is something people use, known to every tenant.
type App struct {
	ID       model.AppID `json:"id" yaml:"id"`
	Key      string      `json:"key" yaml:"key"`
	Name     string      `json:"name" yaml:"name"`
	Suite    string      `json:"suite,omitempty" yaml:"suite,omitempty"` // key of the app it is part of
	Category string      `json:"category,omitempty" yaml:"category,omitempty"`
}

// Role says what a host of an instance is for, which decides how it may be reached without a cookie.
type Role string

// The roles of a host.
const (
	RoleApp       Role = "app"       // pages; a session cookie or a trip through sign-in
	RoleAPI       Role = "api"       // called by pages with credentials or a bearer the gateway saw issued
	RoleAnonymous Role = "anonymous" // reached through an unguessable session label only
	RoleStatic    Role = "static"    // public, GET and HEAD only: fonts, module scripts
	RoleFiles     Role = "files"     // file bytes; like api, every answer is a candidate download
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
	Protocol     string   `json:"protocol" yaml:"protocol"` // "oidc"; "saml" with the sign-in issue
	ClientID     string   `json:"clientId,omitempty" yaml:"clientId,omitempty"`
	SecretHash   string   `json:"secretHash,omitempty" yaml:"secretHash,omitempty"`     // of the client secret; "" for a public client
	RedirectURIs []string `json:"redirectUris,omitempty" yaml:"redirectUris,omitempty"` // the app's own, at its real hosts
	LogoutURIs   []string `json:"postLogoutRedirectUris,omitempty" yaml:"postLogoutRedirectUris,omitempty"`
	InitiateURI  string   `json:"initiateLoginUri,omitempty" yaml:"initiateLoginUri,omitempty"` // OpenID Connect Core section 4
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

// Profile is what is known about an instance's requests beyond generic recognition. Patterns are path
// patterns with * within a segment and ** across segments.
type Profile struct {
	Previews     []string `json:"previews,omitempty" yaml:"previews,omitempty"`         // renditions that strict lets pass
	Downloads    []string `json:"downloads,omitempty" yaml:"downloads,omitempty"`       // always a download
	Exports      []string `json:"exports,omitempty" yaml:"exports,omitempty"`           // archive exports
	NeverFiles   []string `json:"neverFiles,omitempty" yaml:"neverFiles,omitempty"`     // the app's own code and assets, whatever their type
	TokenIssuers []string `json:"tokenIssuers,omitempty" yaml:"tokenIssuers,omitempty"` // answers that carry a bearer for sibling hosts
	JSONFields   []string `json:"jsonFields,omitempty" yaml:"jsonFields,omitempty"`     // JSON fields whose URLs are mapped
	Activities   []Rule   `json:"activities,omitempty" yaml:"activities,omitempty"`
}

// Rule names the activity that requests of a pattern are.
type Rule struct {
	Method string             `json:"method,omitempty" yaml:"method,omitempty"`
	Host   Role               `json:"host,omitempty" yaml:"host,omitempty"`
	Path   string             `json:"path" yaml:"path"`
	Type   model.ActivityType `json:"type" yaml:"type"`
}

// Store keeps instances. Every method answers for one tenant only; Conflict when a host or label of the tenant
// is taken by another instance, NotFound when an id is not there.
type Store interface {
	PutInstance(ctx context.Context, in Instance) error
	DeleteInstance(ctx context.Context, tenant model.TenantID, id model.InstanceID) error
	Instances(ctx context.Context, tenant model.TenantID) ([]Instance, error)
}
