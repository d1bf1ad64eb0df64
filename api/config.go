package api

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/device"
	"github.com/referee-casb/referee/directory"
	"github.com/referee-casb/referee/dlp/extract"
	"github.com/referee-casb/referee/dlp/own"
	"github.com/referee-casb/referee/dlp/taxonomy"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/signin/factor"
	"github.com/referee-casb/referee/tenant"
)

// Config says where the API is and by which rules its drafts are compiled.
type Config struct {
	URL     string // of the API host, such as "https://referee.example.com"; shown in the OpenAPI document
	Version string // of Referee
	// Suffix and Hosts are Referee's own names, without port: accounts that sign in there are no break-glass accounts.
	Suffix string   // of mapped hosts
	SignIn string   // host of the broker
	Hosts  []string // the others
	Port   string   // ":port" of mapped hosts, "" for 443
	// Rules holds Capabilities, DefaultAccess and BuiltInLevel as the gateway's rule books use them; the rest is
	// filled in for each tenant.
	Rules policy.Options
}

// mapped is the suffix with its port; what tests leave out is a name that nobody has.
func (c *Config) mapped() string {
	if c.Suffix == "" {
		return "gateway.invalid"
	}
	return c.Suffix + c.Port
}

// Recorder writes activities; *activitylog.Recorder is one. Intent and Event are acknowledged when they return nil.
type Recorder interface {
	Intent(ctx context.Context, a *model.Activity) error
	Outcome(ctx context.Context, a *model.Activity) error
	Event(ctx context.Context, a *model.Activity) error
}

// Revoker ends sessions on every gateway.
type Revoker interface {
	Revoke(ctx context.Context, r session.Revocation) error
}

// Tailer gives the activities of a tenant as they happen. A reader that is too slow loses some; dropped counts them.
type Tailer func(tenant model.TenantID, match func(*model.Activity) bool, buffer int) (activities <-chan model.Activity, dropped func() int64, end func())

// Parts are what the API reads from and writes to. All are safe for concurrent use.
type Parts struct {
	Tenants    tenant.Store
	Catalog    catalog.Store
	Policies   policy.Store
	Sessions   session.Store
	Apps       session.AppStore
	Tokens     tenant.TokenStore
	Bypasses   tenant.BypassStore
	Recoveries tenant.RecoveryStore
	Devices    device.RecordStore
	Factors    factor.Store   // people's own second factors
	People     DirectoryStore // users and groups of directories
	// FollowDirectory is told of each change of a directory. When it returns nil, the sessions of the refused have ended.
	FollowDirectory func(ctx context.Context, tenant model.TenantID, refused []directory.User) error // nil: nothing follows
	// SyncDirectory is told that a tenant's directory is to be read.
	SyncDirectory func(tenant model.TenantID) // nil: it is read when its time comes
	Discovered    catalog.DiscoveredStore     // hosts past the gateway
	InfoTypes     own.Store                   // tenants' own information types
	Labels        taxonomy.Store              // tenants' sensitivity labels
	Library       *own.Library
	Tables        Tables   // of exact data matches
	Evidence      Evidence // of what was found in content
	// ReadContent writes the text of a file to text; the error is why its text is not known to its end. nil: content
	// can't be scanned here.
	ReadContent func(ctx context.Context, tenant model.TenantID, content io.ReaderAt, size int64, text io.Writer) (extract.Result, error)
	Activity    activitylog.Log
	Recorder    Recorder
	Revoker     Revoker
	Keys        SigningKeys // nil: this process does not run sign-in
	Connections Connections // nil: this process does not run sign-in
	AppChecks   AppChecker  // nil: this process can't look at apps
	// Changed is told of every stored change: SignalPolicy for documents, types, rollouts and exceptions, SignalCatalog for
	// instances and tenants.
	Changed func(ctx context.Context, signal bus.Signal, tenant model.TenantID) error
	// Network tells what is known of an address, for what-if; nil: nothing can be looked up.
	Network func(tenant model.TenantID, addr netip.Addr) (model.Network, filter.State)
	Tail    Tailer                              // nil: tail is unavailable
	Zone    func(model.TenantID) *time.Location // for working hours and texts; nil: UTC
	Ready   func(ctx context.Context) error     // nil: always
	Metrics http.Handler                        // nil: no metrics
	Now     func() time.Time                    // nil: time.Now
	Log     *slog.Logger                        // nil: discard
}

func (p *Parts) validate() error {
	for _, part := range []struct {
		name    string
		missing bool
	}{
		{"Tenants", p.Tenants == nil},
		{"Catalog", p.Catalog == nil},
		{"Policies", p.Policies == nil},
		{"Sessions", p.Sessions == nil},
		{"Apps", p.Apps == nil},
		{"Tokens", p.Tokens == nil},
		{"Bypasses", p.Bypasses == nil},
		{"Recoveries", p.Recoveries == nil},
		{"Devices", p.Devices == nil},
		{"Factors", p.Factors == nil},
		{"People", p.People == nil},
		{"Discovered", p.Discovered == nil},
		{"InfoTypes", p.InfoTypes == nil},
		{"Labels", p.Labels == nil},
		{"Library", p.Library == nil},
		{"Tables", p.Tables == nil},
		{"Evidence", p.Evidence == nil},
		{"Activity", p.Activity == nil},
		{"Recorder", p.Recorder == nil},
		{"Revoker", p.Revoker == nil},
		{"Changed", p.Changed == nil},
	} {
		if part.missing {
			return fault.New(fault.Invalid, "api.New", "part %s is missing", part.name)
		}
	}
	if p.Zone == nil {
		p.Zone = func(model.TenantID) *time.Location { return time.UTC }
	}
	if p.Ready == nil {
		p.Ready = func(context.Context) error { return nil }
	}
	if p.FollowDirectory == nil {
		p.FollowDirectory = func(context.Context, model.TenantID, []directory.User) error { return nil }
	}
	if p.SyncDirectory == nil {
		p.SyncDirectory = func(model.TenantID) {}
	}
	if p.Metrics == nil {
		p.Metrics = http.NotFoundHandler()
	}
	if p.Now == nil {
		p.Now = time.Now
	}
	if p.Log == nil {
		p.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}
