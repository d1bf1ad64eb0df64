package api

import (
	"context"
	"time"

	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/policy/rollout"
	"github.com/referee-casb/referee/tenant"
)

type (
	rolloutBody struct {
		Policy    string               `json:"policy"`
		Phase     policy.Phase         `json:"phase" enum:"monitor,enforce"`
		Since     time.Time            `json:"since"`
		Confirmed string               `json:"confirmed,omitempty" doc:"Who confirmed how many people it will stop."`
		Held      bool                 `json:"held,omitempty"`
		Waits     []string             `json:"waits" doc:"Why it does not flip now; empty when it is in force or flips at the next look."`
		Until     time.Time            `json:"until,omitzero" doc:"When time alone could change that."`
		AsOf      time.Time            `json:"asOf" doc:"When the activity log was read for that. A status may go by what was read up to a minute ago; a report never does."`
		Steps     []policy.RolloutStep `json:"steps"`
		Reads     []policy.ReportRead  `json:"reads" doc:"Who read its report, the newest first."`
	}
	rolloutAnswer struct{ Body rolloutBody }
	reportAnswer  struct {
		Body struct {
			Report    rollout.Report `json:"report"`
			Rollout   *rolloutBody   `json:"rollout,omitempty"`
			Delivered bool           `json:"delivered" doc:"Whether this reading counts for the rollout."`
		}
	}
	whyBody struct {
		Why string `json:"why,omitempty" maxLength:"500" doc:"Kept with the rollout."`
	}
)

func (a *API) registerRollouts(r *registrar) {
	handle(r, "rollout-get", a.getRollout)
	handle(r, "policy-report", a.readReport)
	type input = struct {
		InPolicy
		Body whyBody
	}
	move := func(action string, step func(st policy.RolloutState, by, why string, now time.Time) (policy.RolloutState, error)) func(context.Context, *caller, *input) (*rolloutAnswer, error) {
		return func(ctx context.Context, c *caller, in *input) (*rolloutAnswer, error) {
			return a.moveRollout(ctx, c, in.Policy, action, in.Body.Why, step)
		}
	}
	handle(r, "policy-flip", move("policy.flip", rollout.Flip))
	handle(r, "policy-back", move("policy.back", rollout.Back))
	handle(r, "policy-confirm", move("policy.confirm", func(st policy.RolloutState, by, _ string, now time.Time) (policy.RolloutState, error) {
		return rollout.Confirm(st, by, now)
	}))
}

// rolloutOf returns a policy and where its rollout stands.
func (a *API) rolloutOf(ctx context.Context, tenant model.TenantID, id string) (*policy.Document, policy.RolloutState, error) {
	s, err := a.stored(ctx, tenant)
	if err != nil {
		return nil, policy.RolloutState{}, err
	}
	d, err := s.find(id)
	if err != nil {
		return nil, policy.RolloutState{}, err
	}
	st, ok := s.states[id]
	if !ok || d.Inline == nil || d.Inline.Rollout == nil {
		return d, policy.RolloutState{}, &fault.Error{Kind: fault.Conflict, Op: "api.rollout", Key: id, Msg: "it has no rollout", Help: `give its document one, such as "rollout: {then: block, after: 7d}"`}
	}
	return d, st, nil
}

// period returns which activities a rollout's report is about: those of its monitor phase, the last one if it is in
// force. A zero end means now.
func period(st policy.RolloutState) (from, to time.Time) {
	if st.Phase == policy.PhaseMonitor {
		return st.Since, time.Time{}
	}
	to = st.Since
	for i := len(st.Steps) - 1; i >= 0 && from.IsZero(); i-- {
		if step := st.Steps[i]; step.To == policy.PhaseMonitor {
			from = step.At
		} else {
			to = step.At
		}
	}
	if from.IsZero() || !from.Before(to) {
		return st.Since, time.Time{} // it has not monitored for any time; what it stops now is no report
	}
	return from, to
}

// standing says where a rollout stands and what it waits for.
func (a *API) standing(ctx context.Context, d *policy.Document, st policy.RolloutState, seen recentReport) (rolloutBody, error) {
	reads, err := a.Policies.Reads(ctx, st.Tenant, st.Policy)
	if err != nil {
		return rolloutBody{}, err
	}
	_, wait := rollout.Next(d, st, rollout.Facts{Reads: reads, Report: seen.report, Zone: a.Zone(st.Tenant)}, a.Now())
	b := rolloutBody{Policy: st.Policy, Phase: st.Phase, Since: st.Since, Confirmed: st.Confirmed, Held: st.Held, Waits: wait.Reasons, Until: wait.Until, AsOf: seen.at, Steps: st.Steps, Reads: reads}
	if b.Waits == nil {
		b.Waits = []string{}
	}
	if b.Reads == nil {
		b.Reads = []policy.ReportRead{}
	}
	return b, nil
}

func (a *API) getRollout(ctx context.Context, c *caller, in *InPolicy) (*rolloutAnswer, error) {
	d, st, err := a.rolloutOf(ctx, c.Tenant, in.Policy)
	if err != nil {
		return nil, err
	}
	seen, err := a.waitsFor(ctx, st, true)
	if err != nil {
		return nil, err
	}
	b, err := a.standing(ctx, d, st, seen)
	return &rolloutAnswer{b}, err
}

// readReport gives the report and records that it was read. What can't be recorded is not shown: the rollout
// stands on who has seen it.
func (a *API) readReport(ctx context.Context, c *caller, in *InPolicy) (*reportAnswer, error) {
	d, st, err := a.rolloutOf(ctx, c.Tenant, in.Policy)
	none := fault.Is(err, fault.Conflict) && d != nil // such as Conditional Access that only reports
	if err != nil && !none {
		return nil, err
	}
	now := a.Now()
	seen := recentReport{at: now}
	if none {
		extend(ctx)
		seen.report, err = Report(ctx, a.Activity, c.Tenant, in.Policy, now.Add(-replayFor), time.Time{})
	} else {
		seen, err = a.phaseReport(ctx, st, false)
	}
	if err != nil {
		return nil, err
	}
	out := &reportAnswer{}
	out.Body.Report = seen.report
	out.Body.Delivered = !none && c.Token.Role.Allows(tenant.RoleOperator)
	read := policy.ReportRead{Tenant: c.Tenant, Policy: in.Policy, Reader: c.name(), At: now, Through: now}
	err = a.change(ctx, c, entry{
		kind: model.ActivityReportRead, action: "policy.report", objects: []model.Object{{Type: "policy", ID: d.ID, Name: d.Name}},
		detail: map[string]any{"delivered": out.Body.Delivered, "people": len(out.Body.Report.People)},
	}, func() error {
		if !out.Body.Delivered {
			return nil
		}
		return a.Policies.PutRead(ctx, read)
	})
	if err != nil || none {
		return out, err
	}
	b, err := a.standing(ctx, d, st, seen)
	out.Body.Rollout = &b
	return out, err
}

func (a *API) moveRollout(ctx context.Context, c *caller, id, action, why string, step func(policy.RolloutState, string, string, time.Time) (policy.RolloutState, error)) (*rolloutAnswer, error) {
	d, st, err := a.rolloutOf(ctx, c.Tenant, id)
	if err != nil {
		return nil, err
	}
	if why == "" {
		why = "by hand"
	}
	next, err := step(st, c.name(), why, a.Now())
	if err != nil {
		return nil, err
	}
	err = a.change(ctx, c, entry{
		kind: model.ActivityPolicyChange, action: action, reason: why, objects: []model.Object{{Type: "policy", ID: d.ID, Name: d.Name}},
		detail: map[string]any{"phase": string(next.Phase)},
	}, func() error { return a.Policies.PutRollout(ctx, next) })
	if err != nil {
		return nil, err
	}
	a.changed(ctx, bus.SignalPolicy, c.Tenant)
	seen, err := a.waitsFor(ctx, next, false)
	if err != nil {
		return nil, err
	}
	b, err := a.standing(ctx, d, next, seen)
	return &rolloutAnswer{b}, err
}
