package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/signin"
)

// Flows is the suite of [signin.FlowStore].
func Flows(t *testing.T, open Opener) {
	e, _ := begin(t, open)
	ctx := t.Context()
	f := signin.Flow{ID: "f1", Tenant: "contoso", Kind: signin.FlowCode, Sealed: []byte("x"), Expires: start.Add(time.Minute)}
	kept := signin.Flow{ID: "k1", Tenant: "contoso", Kind: signin.FlowKey, Sealed: []byte("y")}
	must(t, e.PutFlow(ctx, f))
	must(t, e.PutFlow(ctx, kept))
	wantKind(t, "the same again", e.PutFlow(ctx, f), fault.Conflict)
	got, err := e.Flow(ctx, "contoso", signin.FlowCode, "f1", start)
	want(t, "flow", got, err, f)
	_, err = e.Flow(ctx, "contoso", signin.FlowToken, "f1", start)
	wantKind(t, "flow of another kind", err, fault.NotFound)
	_, err = e.Flow(ctx, "fabrikam", signin.FlowCode, "f1", start)
	wantKind(t, "flow of another tenant", err, fault.NotFound)
	_, err = e.TakeFlow(ctx, "fabrikam", signin.FlowCode, "f1", start)
	wantKind(t, "taking another tenant's", err, fault.NotFound)
	_, err = e.Flow(ctx, "contoso", signin.FlowCode, "f1", f.Expires)
	wantKind(t, "flow at its end", err, fault.NotFound)
	_, err = e.TakeFlow(ctx, "contoso", signin.FlowCode, "f1", f.Expires)
	wantKind(t, "taking it at its end", err, fault.NotFound)
	if won := race(t, 20, fault.NotFound, func(ctx context.Context, _ int) error {
		got, err := e.TakeFlow(ctx, "contoso", signin.FlowCode, "f1", start)
		if err == nil {
			want(t, "taken flow", got, nil, f)
		}
		return err
	}); won != 1 {
		t.Errorf("%d of 20 took one flow", won)
	}
	must(t, e.PutFlow(ctx, f))
	for range 3 {
		_, err = e.DeleteExpired(ctx, start.Add(24*365*time.Hour), 100)
		must(t, err)
	}
	_, err = e.Flow(ctx, "contoso", signin.FlowCode, "f1", start)
	wantKind(t, "swept flow", err, fault.NotFound)
	got, err = e.Flow(ctx, "contoso", signin.FlowKey, "k1", start.Add(24*365*time.Hour))
	want(t, "flow without an end", got, err, kept)
}
