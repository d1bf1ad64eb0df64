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
	// rolloutReread is how soon a rollout that waits for what the log holds has the log read again: whether there were enough
	// sessions, and few who would have been stopped, are matters of days.
	rolloutReread = 10 * time.Minute
	tidyEvery     = 10 * time.Minute
	tidyRows      = 5000
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
	if err := n.tables.Sweep(n.tenantIDs()); err != nil {
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
		reads, err := n.DB.Reads(ctx, t, s.Policy)
		if err != nil {
			return fault.Wrap(err, op, s.Policy)
		}
		// What the log holds is read only when all else is ready for the flip: a phase of a month is not read again every
		// minute of it. One that is ready and waits for the log is read again when somebody has read its report or
		// confirmed it, and otherwise now and again.
		facts := rollout.Facts{Reads: reads, Report: rollout.Report{Sessions: rollout.MaxSessions}, Zone: n.Tenants.Location(t)}
		now := n.options.Now()
		if next, wait := rollout.Next(d, s, facts, now); next.Phase == s.Phase {
			n.log.Debug("rollout waits", "tenant", t, "policy", s.Policy, "why", wait.String())
			continue
		}
		state := ripeRollout{t, s.Policy, s.Since, s.Confirmed, len(reads)}
		if last, ok := n.ripe.Load(state); ok && now.Sub(last.(time.Time)) < rolloutReread {
			continue
		}
		if facts.Report, err = api.Report(ctx, n.Log, t, s.Policy, s.Since, time.Time{}); err != nil {
			return fault.Wrap(err, op, s.Policy)
		}
		next, wait := rollout.Next(d, s, facts, now)
		if next.Phase == s.Phase {
			n.ripe.Store(state, now)
			n.log.Debug("rollout waits", "tenant", t, "policy", s.Policy, "why", wait.String())
			continue
		}
		n.ripe.Delete(state)
		if err := n.flip(ctx, t, d, next); err != nil {
			return err
		}
	}
	return nil
}

// ripeRollout is a rollout that waits for nothing but what the log holds.
type ripeRollout struct {
	tenant    model.TenantID
	policy    string
	since     time.Time
	confirmed string
	reads     int
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
