// Package access evaluates Conditional Access and access policies for a sign-in: it gathers the facts that a
// decision may rest on and asks the tenant's rule book.
//
// It owns the gathering: who, which app, which device as far as proven, which network. It does not own the
// rules (policy), the proofs (signin's device host, device) nor what follows from a verdict (signin). It is the
// Gate that signin declares. Layer L3. Begin with [Evaluator.Evaluate].
package access

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/device"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/session"
)

// Books finds a tenant's rule book. Implementations answer from memory; NotFound means that the tenant's
// policies could not be compiled or loaded, and nobody is let in (fail closed).
type Books interface {
	Book(tenant model.TenantID) (*policy.Book, bool)
}

// Evaluator decides sign-ins.
type Evaluator struct {
	books Books
	geo   func(model.Network) filter.State // how certain country, provider and tags are
	now   func() time.Time
}

// New returns an evaluator. Device facts that nobody has are unknown, so that the device is asked, until somebody has
// tried: then a proof of tag unknown says that they can't be had (device.Tried).
func New(books Books, geo func(model.Network) filter.State, now func() time.Time) *Evaluator {
	return &Evaluator{books: books, geo: geo, now: now}
}

// Evaluate decides whether a session may reach an instance with a kind of client, and fills in v. The network
// and agent in s are those of the request. Conditional Access is asked first, then access policies; the
// stricter applies, duties add up. The input that is returned is what the gate rests on, at its stage, for the
// record.
func (e *Evaluator) Evaluate(_ context.Context, s session.Session, inst catalog.Instance, client model.ClientApp, v *policy.Verdict) (policy.Input, error) {
	in := e.Facts(s, inst, client)
	book, ok := e.books.Book(s.Tenant)
	if !ok {
		// fail closed: no rules is not the same as no restriction
		return in, &fault.Error{Kind: fault.Unavailable, Op: "access.Evaluate", Key: string(s.Tenant), Msg: "the tenant's policies are not loaded"}
	}
	book.DecideSignIn(&in, v)
	return in, nil
}

// EvaluateContext decides what an authentication context asks of a session that is in an app already: the
// Conditional Access policies of the app and those of the context.
func (e *Evaluator) EvaluateContext(_ context.Context, s session.Session, inst catalog.Instance, client model.ClientApp, authenticationContext string, v *policy.Verdict) (policy.Input, error) {
	in := e.Facts(s, inst, client)
	in.Context = authenticationContext
	book, ok := e.books.Book(s.Tenant)
	if !ok {
		// fail closed: no rules is not the same as no restriction
		return in, &fault.Error{Kind: fault.Unavailable, Op: "access.EvaluateContext", Key: string(s.Tenant), Msg: "the tenant's policies are not loaded"}
	}
	book.Decide(&in, v)
	return in, nil
}

// EvaluateAction decides whether a session may do one of Entra's user actions, such as registering security
// information.
func (e *Evaluator) EvaluateAction(_ context.Context, s session.Session, action policy.UserAction, v *policy.Verdict) (policy.Input, error) {
	in := e.Facts(s, catalog.Instance{}, model.ClientBrowser)
	in.UserAction = action
	book, ok := e.books.Book(s.Tenant)
	if !ok {
		// fail closed: no rules is not the same as no restriction
		return in, &fault.Error{Kind: fault.Unavailable, Op: "access.EvaluateAction", Key: string(s.Tenant), Msg: "the tenant's policies are not loaded"}
	}
	book.Decide(&in, v)
	return in, nil
}

// Facts gathers what is known of a sign-in; what-if and `referee why` ask with the same facts.
func (e *Evaluator) Facts(s session.Session, inst catalog.Instance, client model.ClientApp) policy.Input {
	now := e.now()
	in := policy.Input{
		Now: now, Tenant: s.Tenant, Stage: policy.StageSignIn, Session: s.ID, App: inst.Ref(), ClientApp: client,
		User: s.User, Auth: &s.Auth, Network: s.Network, Agent: s.Agent,
	}
	if in.ClientApp == model.ClientBrowser && nativeAgent(s.Agent) {
		in.ClientApp = model.ClientNative
	}
	if app, ok := catalog.AppByKey(inst.App); ok {
		in.Suite = app.Suite
	}
	in.Device, in.DeviceState = deviceFacts(s.Proofs, now)
	if facts := device.Facts(s.Proofs, now); facts.Any() {
		in.DeviceFacts = &facts
	}
	in.GeoState = e.geo(s.Network)
	return in
}

// nativeAgent reports whether a program says of itself that it is no browser. A native client that claims to be one
// goes the browser's way, through the gateway where policies ask for it.
func nativeAgent(agent model.Agent) bool {
	return slices.ContainsFunc(agent.Tags, func(t string) bool { return strings.EqualFold(t, "Native client") })
}

// deviceFacts tells proven tags from "nobody asked yet". A live proof of any kind, that of having shown no
// certificate included, means that the device was asked.
func deviceFacts(proofs []model.Proof, now time.Time) ([]model.DeviceTag, filter.State) {
	if device.Asked(proofs, now) {
		return device.Tags(proofs, now, true), filter.Known
	}
	if !device.Tried(proofs, now) {
		return nil, filter.Unknown
	}
	return nil, filter.Unobtainable
}
