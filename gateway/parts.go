package gateway

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/tenant"
)

// Parts are what the gateway works with. All of them are safe for concurrent use. Those marked optional may be nil.
type Parts struct {
	Catalog  Catalog              // *catalog.Live
	Tenants  Tenants              // *tenant.Directory
	Sessions Sessions             // *session.Cache
	Apps     Apps                 // session.AppStore
	Codes    session.CodeStore    // hand-over codes and host cookies
	Stashes  session.StashStore   // forms kept across sign-in
	Blocked  session.BlockedStore // what was blocked, for the broker's pages
	Grants   session.GrantStore   // overrides and step-ups that hold
	Vault    Vault                // *vault.Vault
	Rules    func(model.TenantID) Rules
	Recorder Recorder // *activitylog.Recorder
	Enrich   Enricher // *enrich.Enricher

	Signals     Signals                                                      // optional: bus.Bus; without it only this process's own revocations cut
	Revocations Revocations                                                  // optional: *session.Revocations
	Revoke      func(context.Context, session.Revocation) error              // sign-out: store and broadcast
	Refresh     func(context.Context, model.TenantID, model.SessionID) error // device facts changed: *session.Cache
	Inspector   Inspector                                                    // optional: content
	Evidence    Evidence                                                     // optional: what was found in content
	Protector   Protector                                                    // optional: labels for copies that leave
	// Discovered hears of hosts that pages asked and no instance of the tenant has; optional. It doesn't wait.
	Discovered func(tenant model.TenantID, instance model.InstanceID, host, kind string)
	// Bypassed reports whether an emergency bypass covers an app at this moment; optional. Answers from memory.
	Bypassed func(model.TenantID, model.InstanceID) bool

	// Arrived returns a question to a request's connection, to be asked when its answer has been handed over: has the
	// client acknowledged all of it? It may wait, and is asked after the handler has returned. nil, of it or from it:
	// what the connection took counts as arrived.
	Arrived func(*http.Request) func(context.Context) bool
	// TLSPrint is the JA4 of a request's connection; optional.
	TLSPrint func(*http.Request) string

	Log *slog.Logger     // nil discards
	Now func() time.Time // nil: time.Now
}

// Catalog gives the current book of mapped hosts. Called once a request.
type Catalog interface {
	Book() *catalog.Book
}

// Tenants gives what is configured for a tenant.
type Tenants interface {
	Get(id model.TenantID) (*tenant.Entry, bool)
}

// Sessions finds app sessions by what a browser sent. Each Find returns a fault of kind Unauthenticated when there is
// no live session, Unavailable when that can't be told (fail closed).
type Sessions interface {
	Find(ctx context.Context, tenant model.TenantID, host, cookie string) (*session.Entry, error)
	FindLookup(ctx context.Context, tenant model.TenantID, lookup session.Secret) (*session.Entry, error)
	FindLabel(ctx context.Context, tenant model.TenantID, token string) (*session.Entry, error)
	// Touch counts as use of a session that was found earlier, and fails when it has ended since.
	Touch(ctx context.Context, e *session.Entry) error
	Watch(e *session.Entry) (cut <-chan struct{}, stop func())
	Forget(tenant model.TenantID, id model.SessionID, appSession string)
}

// Apps keeps app sessions.
type Apps interface {
	AppSession(ctx context.Context, tenant model.TenantID, id string) (session.AppSession, error)
	PutAppSession(ctx context.Context, s session.AppSession) error
}

// Vault seals and signs for a tenant.
type Vault interface {
	session.Sealer
	Sign(tenant model.TenantID, purpose string, payload []byte, expires time.Time) (string, error)
	Verify(tenant model.TenantID, purpose, token string) ([]byte, error)
}

// Rules decides for one tenant; *policy.Book does. A tenant without a book has a nil Rules.
type Rules interface {
	Decide(in *policy.Input, v *policy.Verdict)
	Epoch() int64
}

// Recorder writes activities. Intent and Event return when the activity is stored on the bus.
type Recorder interface {
	Intent(ctx context.Context, a *model.Activity) error
	Outcome(ctx context.Context, a *model.Activity) error
	Event(ctx context.Context, a *model.Activity) error
	View(a *model.Activity)
}

// Enricher tells what is known of addresses and user agents.
type Enricher interface {
	Network(tenant model.TenantID, addr netip.Addr) model.Network
	Agent(raw string) model.Agent
}

// Signals hears what other processes say.
type Signals interface {
	Listen(ctx context.Context, signal bus.Signal, handle func(data []byte)) error
}

// Revocations applies revocations in order and fills gaps from the store.
type Revocations interface {
	Apply(ctx context.Context, r session.Revocation) error
	Run(ctx context.Context, every time.Duration, failed func(error)) error
}
