package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
)

func aRevision(tenant model.TenantID, id string, number int64) policy.Revision {
	return policy.Revision{
		Tenant: tenant, ID: id, Number: number, Kind: policy.KindSession, Name: "Block downloads", Text: []byte("kind: session\n"),
		Author: "ada", Time: start, Comment: "first",
	}
}

// Documents is the suite of [policy.DocumentStore].
func Documents(t *testing.T, open Opener) {
	e, _ := begin(t, open)
	ctx := t.Context()
	put := func(r ...policy.Revision) (int64, error) { return e.PutDocuments(ctx, "contoso", r) }
	epoch, err := e.Epoch(ctx, "contoso")
	want(t, "epoch of a new tenant", epoch, err, 0)
	one, two := aRevision("contoso", "one", 1), aRevision("contoso", "two", 1)
	epoch, err = put(two, one)
	want(t, "epoch after the first", epoch, err, 1)
	list, err := e.Documents(ctx, "contoso")
	want(t, "documents", list, err, []policy.Revision{one, two})
	for what, bad := range map[string][]policy.Revision{
		"the same revision": {aRevision("contoso", "one", 1)}, "a gap": {aRevision("contoso", "one", 3)}, "a new document at 2": {aRevision("contoso", "three", 2)},
		"one good, one bad": {aRevision("contoso", "one", 2), aRevision("contoso", "two", 1)},
	} {
		_, err := put(bad...)
		wantKind(t, what, err, fault.Conflict)
	}
	if _, err := put(aRevision("fabrikam", "one", 1)); err == nil {
		t.Error("a revision of another tenant was stored")
	}
	list, err = e.Documents(ctx, "contoso")
	want(t, "documents after conflicts", list, err, []policy.Revision{one, two})
	gone := policy.Revision{Tenant: "contoso", ID: "one", Number: 2, Kind: policy.KindSession, Deleted: true, Author: "eve", Time: start}
	_, err = put(gone)
	must(t, err)
	list, err = e.Documents(ctx, "contoso")
	want(t, "documents after a deletion", list, err, []policy.Revision{two})
	history, err := e.History(ctx, "contoso", "one")
	want(t, "history", history, err, []policy.Revision{gone, one})
	_, err = e.History(ctx, "contoso", "absent")
	wantKind(t, "history of nothing", err, fault.NotFound)
	_, err = put(aRevision("contoso", "one", 3), aRevision("contoso", "two", 2), aRevision("contoso", "two", 3))
	must(t, err)
	epoch, err = e.Epoch(ctx, "contoso")
	want(t, "epoch", epoch, err, 3)
	if won := race(t, 20, fault.Conflict, func(ctx context.Context, _ int) error {
		_, err := e.PutDocuments(ctx, "contoso", []policy.Revision{aRevision("contoso", "two", 4)})
		return err
	}); won != 1 {
		t.Errorf("%d of 20 wrote one revision", won)
	}
	_, err = e.PutDocuments(ctx, "nobody", []policy.Revision{aRevision("nobody", "one", 1)})
	wantKind(t, "documents of no tenant", err, fault.NotFound)
}

func anException(tenant model.TenantID, id string) policy.Exception {
	return policy.Exception{
		ID: id, Tenant: tenant, User: "dora", App: "onedrive", Policy: "p1", Reason: "board meeting", State: policy.ExceptionRequested,
		Requester: "dora", Requested: start, Expires: start.Add(24 * time.Hour), Version: 1,
	}
}

// Exceptions is the suite of [policy.ExceptionStore].
func Exceptions(t *testing.T, open Opener) {
	e, _ := begin(t, open)
	ctx := t.Context()
	x, y := anException("contoso", "x"), anException("contoso", "y")
	y.Requested = start.Add(time.Minute)
	must(t, e.PutException(ctx, x))
	must(t, e.PutException(ctx, y))
	got, err := e.Exception(ctx, "contoso", "x")
	want(t, "exception", got, err, x)
	wantKind(t, "the same again", e.PutException(ctx, x), fault.Conflict)
	absent := anException("contoso", "z")
	absent.Version = 2
	wantKind(t, "a change of an absent one", e.PutException(ctx, absent), fault.Conflict)
	epoch, _ := e.Epoch(ctx, "contoso")
	if won := race(t, 20, fault.Conflict, func(ctx context.Context, i int) error {
		approved := x
		approved.State, approved.Version, approved.Approver, approved.Decided = policy.ExceptionApproved, 2, fmt.Sprint(i), start
		return e.PutException(ctx, approved)
	}); won != 1 {
		t.Errorf("%d of 20 decided one request", won)
	}
	after, err := e.Epoch(ctx, "contoso")
	want(t, "epoch after a decision", after, err, epoch+1)
	for state, n := range map[policy.ExceptionState]int{"": 2, policy.ExceptionRequested: 1, policy.ExceptionApproved: 1, policy.ExceptionEnded: 0} {
		list, err := e.Exceptions(ctx, "contoso", state)
		want(t, "exceptions in state "+string(state), len(list), err, n)
		if len(list) == 2 && list[0].ID != "y" {
			t.Error("exceptions are not newest first")
		}
	}
	_, err = e.Exception(ctx, "contoso", "absent")
	wantKind(t, "absent", err, fault.NotFound)
}

// Rollouts is the suite of [policy.RolloutStore].
func Rollouts(t *testing.T, open Opener) {
	e, _ := begin(t, open)
	ctx := t.Context()
	r := policy.RolloutState{Tenant: "contoso", Policy: "p1", Phase: "monitor", Since: start, Version: 1, Steps: []policy.RolloutStep{{At: start, To: "monitor", By: "ada", Why: "applied"}}}
	must(t, e.PutRollout(ctx, r))
	list, err := e.Rollouts(ctx, "contoso")
	want(t, "rollouts", list, err, []policy.RolloutState{r})
	wantKind(t, "the same again", e.PutRollout(ctx, r), fault.Conflict)
	epoch, _ := e.Epoch(ctx, "contoso")
	r.Version, r.Confirmed = 2, "ada"
	must(t, e.PutRollout(ctx, r))
	same, err := e.Epoch(ctx, "contoso")
	want(t, "epoch when the phase stays", same, err, epoch)
	r.Version, r.Phase = 3, "block"
	if won := race(t, 20, fault.Conflict, func(ctx context.Context, _ int) error { return e.PutRollout(ctx, r) }); won != 1 {
		t.Errorf("%d of 20 flipped one rollout", won)
	}
	after, err := e.Epoch(ctx, "contoso")
	want(t, "epoch when the phase changes", after, err, epoch+1)
	first := policy.ReportRead{Tenant: "contoso", Policy: "p1", Reader: "ada", At: start, Through: start.Add(-time.Minute)}
	second := policy.ReportRead{Tenant: "contoso", Policy: "p1", Reader: "eve", At: start.Add(time.Hour), Through: start}
	must(t, e.PutRead(ctx, first))
	must(t, e.PutRead(ctx, second))
	reads, err := e.Reads(ctx, "contoso", "p1")
	want(t, "reads", reads, err, []policy.ReportRead{second, first})
}
