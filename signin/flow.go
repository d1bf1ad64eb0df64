package signin

import (
	"context"
	"encoding/json"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

// FlowKind separates the records of different steps, so that an id of one is never accepted for another.
type FlowKind string

// The kinds of flow.
const (
	FlowUpstream FlowKind = "upstream" // a sign-in at the company's provider is under way
	FlowRequest  FlowKind = "request"  // an app's authorization request
	FlowCode     FlowKind = "code"     // an authorization code that an app may redeem once
	FlowToken    FlowKind = "token"    // an access token for the userinfo endpoint
	FlowFresh    FlowKind = "fresh"    // a request's person has signed in again for it
	FlowSilent   FlowKind = "silent"   // a provider is asked about the device without the person
	FlowProof    FlowKind = "proof"    // a device proof on its way back to the browser that asked
	FlowKey      FlowKind = "key"      // the tenant's secret
)

// Flow is a sealed record of one step. Tenant, kind and id are bound to the seal as associated data, so a
// record moved to another place does not open.
type Flow struct {
	ID      string
	Tenant  model.TenantID
	Kind    FlowKind
	Sealed  []byte
	Expires time.Time // zero: kept until deleted
}

// FlowStore keeps flows. Flow and TakeFlow return NotFound for one that is absent or has ended at now.
type FlowStore interface {
	// PutFlow inserts; Conflict when the tenant has one of that kind and id.
	PutFlow(ctx context.Context, f Flow) error
	Flow(ctx context.Context, tenant model.TenantID, kind FlowKind, id string, now time.Time) (Flow, error)
	// TakeFlow returns and deletes in one step: a second taker never gets it.
	TakeFlow(ctx context.Context, tenant model.TenantID, kind FlowKind, id string, now time.Time) (Flow, error)
}

// flows stores values as sealed flows.
type flows struct {
	store  FlowStore
	sealer session.Sealer
	now    func() time.Time
}

const flowPurpose = "signin-flow"

func (f flows) put(ctx context.Context, tenant model.TenantID, kind FlowKind, id string, value any, life time.Duration) error {
	plain, err := json.Marshal(value)
	if err != nil {
		return fault.Wrap(err, "signin.put", string(kind))
	}
	sealed, err := f.sealer.Seal(tenant, flowPurpose, plain, flowPlace(tenant, kind, id))
	if err != nil {
		return fault.Wrap(err, "signin.put", string(kind))
	}
	flow := Flow{ID: id, Tenant: tenant, Kind: kind, Sealed: sealed}
	if life > 0 {
		flow.Expires = f.now().Add(life)
	}
	return fault.Wrap(f.store.PutFlow(ctx, flow), "signin.put", string(kind))
}

func (f flows) get(ctx context.Context, tenant model.TenantID, kind FlowKind, id string, value any) error {
	flow, err := f.store.Flow(ctx, tenant, kind, id, f.now())
	return f.open(flow, err, value)
}

func (f flows) take(ctx context.Context, tenant model.TenantID, kind FlowKind, id string, value any) error {
	flow, err := f.store.TakeFlow(ctx, tenant, kind, id, f.now())
	return f.open(flow, err, value)
}

func (f flows) open(flow Flow, err error, value any) error {
	if err != nil {
		return fault.Wrap(err, "signin.flow", "")
	}
	plain, err := f.sealer.Open(flow.Tenant, flowPurpose, flow.Sealed, flowPlace(flow.Tenant, flow.Kind, flow.ID))
	if err != nil {
		return fault.Wrap(err, "signin.flow", string(flow.Kind))
	}
	return fault.Wrap(json.Unmarshal(plain, value), "signin.flow", string(flow.Kind))
}

func flowPlace(tenant model.TenantID, kind FlowKind, id string) []byte {
	return []byte(string(tenant) + "\x00" + string(kind) + "\x00" + id)
}
