package api

import (
	"context"

	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// entry describes a change for the activity log.
type entry struct {
	tenants []model.TenantID // whose logs hold it; the caller's tenant when empty
	kind    model.ActivityType
	action  string // such as "policy.apply"
	objects []model.Object
	reason  string
	detail  map[string]any
}

// activity makes the activity of an administrator's act.
func (c *caller) activity(tenant model.TenantID, e entry) model.Activity {
	app, _ := catalog.AppByKey("referee")
	return model.Activity{
		Tenant: tenant, Source: model.SourceAdmin, Type: e.kind, ActionType: e.action, Admin: true,
		App:     model.AppRef{ID: app.ID, Key: app.Key, Name: app.Name},
		User:    model.User{ID: model.UserID("token:" + c.Token.ID), Name: c.Token.Name, Username: c.Token.Name},
		Network: model.Network{Address: c.Address}, Agent: model.Agent{Raw: c.Agent},
		Objects: e.objects, Reason: e.reason, Detail: e.detail,
	}
}

// change makes a change that the activity log tells: an intent is written first, then commit runs, then the
// outcome says whether it was made. So the log never claims a change that was not made, and a process that dies
// in between leaves an intent that is closed as unknown.
func (a *API) change(ctx context.Context, c *caller, e entry, commit func() error) error {
	if len(e.tenants) == 0 {
		e.tenants = []model.TenantID{c.Tenant}
	}
	acts := make([]model.Activity, len(e.tenants))
	for i, t := range e.tenants {
		acts[i] = c.activity(t, e)
		if err := a.Recorder.Intent(ctx, &acts[i]); err != nil {
			// fail closed: what can't be recorded is not done. Intents already written are closed as failed.
			a.conclude(ctx, acts[:i], model.OutcomeFailed, "it could not be recorded for every tenant")
			return &fault.Error{Kind: fault.Unavailable, Op: "api.change", Msg: "the change can't be recorded, so it was not made", Help: "try again later; see whether the message bus is full", Err: err}
		}
	}
	err := commit()
	if err != nil {
		a.conclude(ctx, acts, model.OutcomeFailed, problem(err).Detail)
		return err
	}
	a.conclude(ctx, acts, model.OutcomeComplete, "")
	return nil
}

// conclude writes the outcomes. It goes on when the client has gone.
func (a *API) conclude(ctx context.Context, acts []model.Activity, outcome model.Outcome, why string) {
	for i := range acts {
		acts[i].Outcome = outcome
		if why != "" {
			acts[i].Reason = why
		}
		if err := a.Recorder.Outcome(context.WithoutCancel(ctx), &acts[i]); err != nil {
			// fail open: the change is made and its intent is kept; the log will call its outcome unknown.
			a.Log.ErrorContext(ctx, "outcome of a change not recorded", "activity", acts[i].ID, "err", err)
		}
	}
}

// changed tells the other parts of a stored change. Its failure is not the client's: the change is stored, and
// whoever missed the signal reads the store's epoch again.
func (a *API) changed(ctx context.Context, signal bus.Signal, tenant model.TenantID) {
	if err := a.Changed(context.WithoutCancel(ctx), signal, tenant); err != nil {
		a.Log.ErrorContext(ctx, "change not signalled", "signal", signal, "tenant", tenant, "err", err)
	}
}
