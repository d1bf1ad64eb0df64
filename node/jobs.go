package node

import (
	"context"
	"time"

	"github.com/referee-casb/referee/api"
	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/lease"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/policy/rollout"
)

// How often the jobs look. All of them are cheap when there is nothing to do.
const (
	rolloutEvery = time.Minute
	tidyEvery    = 10 * time.Minute
	tidyRows     = 5000
)

// systemTenant is the tenant name under which jobs of the whole installation hold their lease.
const systemTenant model.TenantID = "referee"

// jobs runs what must run once, whoever runs it: each job holds a lease.
func (n *Node) jobs(ctx context.Context) error {
	return n.keeper.Run(ctx, systemTenant, "jobs", func(ctx context.Context, _ lease.Lease) error {
		every := func(d time.Duration) <-chan time.Time { return time.NewTicker(d).C }
		rollouts, tidies, keys := every(rolloutEvery), every(tidyEvery), every(keysEvery)
		n.tendKeys(ctx, n.tenantIDs())
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-rollouts:
				n.Rollouts(ctx)
			case <-keys:
				n.tendKeys(ctx, n.tenantIDs())
			case <-tidies:
				n.tidy(ctx)
			}
		}
	})
}

// tidy removes what has expired: codes, cookies, stashes, flows, and months of activities beyond retention.
func (n *Node) tidy(ctx context.Context) {
	now := n.options.Now()
	if _, err := n.DB.DeleteExpired(ctx, now, tidyRows); err != nil && ctx.Err() == nil {
		n.log.Error("tidy", "err", err)
	}
	for _, t := range n.tenantIDs() {
		if dropped, err := n.Log.DropBefore(ctx, t, now.AddDate(0, -n.config.Activity.Months, 0)); err != nil && ctx.Err() == nil {
			n.log.Error("retention", "tenant", t, "err", err)
		} else if len(dropped) > 0 {
			n.log.Info("months dropped", "tenant", t, "months", dropped)
		}
	}
}

// Rollouts moves every tenant's rollouts that are due. One tenant's failure does not keep the others waiting.
func (n *Node) Rollouts(ctx context.Context) {
	for _, t := range n.tenantIDs() {
		if err := n.rollouts(ctx, t); err != nil && ctx.Err() == nil {
			n.log.Error("rollouts", "tenant", t, "err", err)
		}
	}
}

func (n *Node) rollouts(ctx context.Context, t model.TenantID) error {
	const op = "node.rollouts"
	states, err := n.DB.Rollouts(ctx, t)
	if err != nil {
		return fault.Wrap(err, op, string(t))
	}
	for _, s := range states {
		if s.Phase != policy.PhaseMonitor {
			continue
		}
		d, err := n.document(ctx, t, s.Policy)
		if fault.Is(err, fault.NotFound) {
			continue // deleted; its state stays for the history
		}
		if err != nil {
			return err
		}
		facts, err := n.rolloutFacts(ctx, t, d, s)
		if err != nil {
			return err
		}
		next, wait := rollout.Next(d, s, facts, n.options.Now())
		if next.Phase == s.Phase {
			n.log.Debug("rollout waits", "tenant", t, "policy", s.Policy, "why", wait.String())
			continue
		}
		if err := n.flip(ctx, t, d, next); err != nil {
			return err
		}
	}
	return nil
}

// flip stores a rollout's next state, on record first: fail closed, a policy does not change unseen.
func (n *Node) flip(ctx context.Context, t model.TenantID, d *policy.Document, next policy.RolloutState) error {
	const op = "node.flip"
	step := next.Steps[len(next.Steps)-1]
	err := n.Recorder.Event(ctx, &model.Activity{
		Tenant: t, Time: step.At, Source: model.SourceAdmin, Type: model.ActivityPolicyChange, ActionType: "RolloutFlipped",
		Admin: true, User: model.User{ID: rollout.Self, Name: "Rollout"}, Reason: step.Why, Policies: []model.PolicyRef{{ID: d.ID, Name: d.Name}},
		Objects: []model.Object{{Type: "policy", ID: d.ID, Name: d.Name}}, Detail: map[string]any{"phase": string(next.Phase)},
	})
	if err != nil {
		return fault.Wrap(err, op, d.ID)
	}
	if err := n.DB.PutRollout(ctx, next); err != nil {
		return fault.Wrap(err, op, d.ID)
	}
	return n.Changed(ctx, bus.SignalPolicy, t)
}

// document reads the latest version of one document.
func (n *Node) document(ctx context.Context, t model.TenantID, id string) (*policy.Document, error) {
	const op = "node.document"
	revisions, err := n.DB.Documents(ctx, t)
	if err != nil {
		return nil, fault.Wrap(err, op, id)
	}
	for _, r := range revisions {
		if r.ID != id {
			continue
		}
		docs, problems := policy.Decode(id, r.Text)
		if err := problems.Err(); err != nil {
			return nil, fault.Wrap(err, op, id)
		}
		return docs[0], nil
	}
	return nil, fault.New(fault.NotFound, op, "no policy is called %q", id)
}

// rolloutFacts gathers who read the report, and the report since the phase began. What the log holds is read only
// when all else is ready for the flip: a phase of a month is not read again every minute of it.
func (n *Node) rolloutFacts(ctx context.Context, t model.TenantID, d *policy.Document, s policy.RolloutState) (rollout.Facts, error) {
	const op = "node.rolloutFacts"
	reads, err := n.DB.Reads(ctx, t, s.Policy)
	if err != nil {
		return rollout.Facts{}, fault.Wrap(err, op, s.Policy)
	}
	facts := rollout.Facts{Reads: reads, Report: rollout.Report{Sessions: rollout.MaxSessions}, Zone: n.Tenants.Location(t)}
	if next, _ := rollout.Next(d, s, facts, n.options.Now()); next.Phase == s.Phase {
		return facts, nil
	}
	facts.Report, err = api.Report(ctx, n.Log, t, s.Policy, s.Since, time.Time{})
	return facts, fault.Wrap(err, op, s.Policy)
}
