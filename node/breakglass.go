package node

import (
	"context"
	"errors"
	"time"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/lease"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/tenant"
)

// breakGlassEvery is how soon the end of a bypass, and a recovery on the host, get on record.
const breakGlassEvery = time.Second

// bypassSettles is how long after a bypass's end what it led past the gateway is counted: a sign-in that had begun, or came
// to another process that did not know of an early end yet, gets there by then, and is ended with the others.
const bypassSettles = 10 * time.Second

// breakGlass writes down what happened without the API: bypasses that ended, and administrators' tokens that were made
// on the host, also while no Referee was running. One process does it.
func (n *Node) breakGlass(ctx context.Context) error {
	return n.keeper.Run(ctx, systemTenant, "break-glass", func(ctx context.Context, _ lease.Lease) error {
		every := time.NewTicker(breakGlassEvery)
		defer every.Stop()
		for {
			if err := n.noteBreakGlass(ctx); err != nil && ctx.Err() == nil {
				n.log.Error("break-glass", "err", err)
			}
			select {
			case <-ctx.Done():
				return nil
			case <-every.C:
			}
		}
	})
}

// noteBreakGlass does one round. What fails is tried again in the next, and keeps nothing else waiting: ids are made from
// what is noted, so that the log holds each once.
func (n *Node) noteBreakGlass(ctx context.Context) error {
	over, err := n.DB.OverBypasses(ctx, n.options.Now())
	failed := []error{fault.Wrap(err, "node.breakGlass", "")}
	for _, b := range over {
		if n.options.Now().Before(b.Over().Add(bypassSettles)) {
			continue
		}
		failed = append(failed, n.noteEnd(ctx, b))
	}
	return errors.Join(append(failed, n.noteRecoveries(ctx))...)
}

// noteEnd puts a bypass's end on record and ends the sessions that went round the gateway under it.
func (n *Node) noteEnd(ctx context.Context, b tenant.Bypass) error {
	const op = "node.noteEnd"
	ended, err := n.broker.EndBypassed(ctx, b)
	if err != nil {
		return fault.Wrap(err, op, b.ID)
	}
	how, by := "it ended by itself", "Referee"
	if !b.Ended.IsZero() {
		how, by = "it was ended before its time", b.EndedBy
	}
	err = n.Recorder.Event(ctx, ownActivity(b.Tenant, "BypassEnded", b.ID, b.Over(), model.Activity{
		User: model.User{ID: model.UserID(by), Name: by}, Reason: how, Objects: []model.Object{{Type: "bypass", ID: b.ID}, {Type: "app", ID: string(b.Instance)}},
		Detail: map[string]any{"severity": "high", "sessionsEnded": ended},
	}))
	if err != nil {
		return fault.Wrap(err, op, b.ID)
	}
	n.log.Warn("emergency bypass over: session control is on again", "tenant", b.Tenant, "bypass", b.ID, "how", how, "sessions_ended", ended)
	return fault.Wrap(n.DB.NoteBypass(ctx, b.Tenant, b.ID), op, b.ID)
}

// noteRecoveries puts administrators' tokens that were made on the host on record in the log of every tenant that they
// reach.
func (n *Node) noteRecoveries(ctx context.Context) error {
	all, err := n.DB.Recoveries(ctx)
	if err != nil {
		return fault.Wrap(err, "node.noteRecoveries", "")
	}
	var failed []error
	for _, r := range all {
		if !r.Noted {
			failed = append(failed, n.noteRecovery(ctx, r))
		}
	}
	return errors.Join(failed...)
}

// noteRecovery tells each tenant by itself: one whose log can't be written to hides nothing from the others.
func (n *Node) noteRecovery(ctx context.Context, r tenant.Recovery) error {
	const op = "node.noteRecovery"
	var failed []error
	for _, t := range n.tenantIDs() {
		if r.Tenant != tenant.Everywhere && r.Tenant != string(t) {
			continue
		}
		failed = append(failed, fault.Wrap(n.Recorder.Event(ctx, ownActivity(t, "AdministratorRecovered", r.ID, r.At, model.Activity{
			User: model.User{ID: model.UserID("host:" + r.By), Name: r.By, Username: r.By}, Reason: r.Reason, Objects: []model.Object{{Type: "token", ID: r.ID}},
			Detail: map[string]any{"severity": "high", "host": r.Host, "until": r.Expires.UTC().Format(time.RFC3339)},
		})), op, string(t)))
	}
	if err := errors.Join(failed...); err != nil {
		return err
	}
	n.log.Error("an administrator's token was made on the host", "by", r.By, "host", r.Host, "at", r.At, "until", r.Expires, "reason", r.Reason)
	return fault.Wrap(n.DB.NoteRecovery(ctx, r.ID), op, r.ID)
}

// ownActivity fills in what Referee's own acts have in common. The id is made from what is told.
func ownActivity(t model.TenantID, action, id string, at time.Time, a model.Activity) *model.Activity {
	app, _ := catalog.AppByKey("referee")
	a.ID = activitylog.ID(t, model.SourceAdmin, action+"/"+id)
	a.Tenant, a.Time, a.Source, a.Type, a.ActionType, a.Admin = t, at, model.SourceAdmin, model.ActivityAdmin, action, true
	a.App = model.AppRef{ID: app.ID, Key: app.Key, Name: app.Name}
	return &a
}
