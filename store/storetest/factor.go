package storetest

import (
	"context"
	"fmt"
	"testing"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/signin/factor"
)

func aFactor(tenant model.TenantID, id string, kind factor.Kind) factor.Factor {
	return factor.Factor{
		ID: id, Owner: factor.Owner{Tenant: tenant, Provider: "entra", User: "dora"}, Username: "dora@" + string(tenant), Kind: kind, Created: start,
		Sealed: []byte("factor of " + tenant), Revision: 1,
	}
}

// Factors is the suite of [factor.Store].
func Factors(t *testing.T, open Opener) {
	e, _ := begin(t, open)
	ctx := t.Context()
	app, key, second := aFactor("contoso", "f1", factor.TOTP), aFactor("contoso", "f2", factor.Passkey), aFactor("contoso", "f3", factor.Passkey)
	theirs, twin := aFactor("fabrikam", "f1", factor.TOTP), aFactor("contoso", "f1", factor.TOTP)
	twin.Owner.Provider = "okta" // the same subject at another provider is somebody else
	for _, f := range []factor.Factor{app, key, second, theirs, twin} {
		must(t, e.PutFactor(ctx, f))
	}
	got, err := e.Factors(ctx, app.Owner)
	want(t, "a person's factors", got, err, []factor.Factor{app, key, second})
	got, err = e.FactorsOf(ctx, "contoso")
	want(t, "a tenant's factors", got, err, []factor.Factor{app, key, second, twin})
	wantKind(t, "a second app", e.PutFactor(ctx, aFactor("contoso", "f9", factor.TOTP)), fault.Conflict)
	wantKind(t, "an id that is taken", e.PutFactor(ctx, aFactor("contoso", "f2", factor.Passkey)), fault.Conflict)

	// Of several requests that use one revision, one alone gets through.
	won := race(t, 8, fault.Conflict, func(ctx context.Context, i int) error {
		f := app
		f.Name, f.Step = fmt.Sprint("by ", i), int64(i+1)
		return e.UpdateFactor(ctx, f)
	})
	if won != 1 {
		t.Errorf("%d requests changed one revision", won)
	}
	got, err = e.Factors(ctx, app.Owner)
	if err != nil || got[0].Revision != 2 || got[0].Step == 0 {
		t.Errorf("after a change: %+v, %v", got[0], err)
	}
	absent := app
	absent.ID = "absent"
	wantKind(t, "a factor that is gone", e.UpdateFactor(ctx, absent), fault.NotFound)
	got, err = e.Factors(ctx, theirs.Owner)
	want(t, "another tenant's factors", got, err, []factor.Factor{theirs})

	must(t, e.DeleteFactor(ctx, app.Owner, "f1"))
	got, err = e.FactorsOf(ctx, "contoso")
	want(t, "the others after one is deleted", got, err, []factor.Factor{key, second, twin})
	got, err = e.FactorsOf(ctx, "fabrikam")
	want(t, "another tenant's of that id", got, err, []factor.Factor{theirs})
	wantKind(t, "deleting it again", e.DeleteFactor(ctx, app.Owner, "f1"), fault.NotFound)
	wantKind(t, "deleting without an id", e.DeleteFactor(ctx, app.Owner, ""), fault.NotFound)
	wantKind(t, "deleting another person's", e.DeleteFactor(ctx, twin.Owner, "f2"), fault.NotFound)
	n, err := e.DeleteFactors(ctx, app.Owner)
	want(t, "deleting all", n, err, 2)
	got, err = e.FactorsOf(ctx, "contoso")
	want(t, "what is left", got, err, []factor.Factor{twin})

	a := factor.Acceptance{Owner: app.Owner, Terms: "tou", Version: "1", At: start}
	must(t, e.PutAcceptance(ctx, a))
	again := a
	again.At = start.AddDate(0, 0, 1)
	must(t, e.PutAcceptance(ctx, again)) // the first one stays
	have, err := e.Accepted(ctx, a.Owner, "tou", "1")
	want(t, "an acceptance", have, err, a)
	for what, o := range map[string]factor.Owner{"another provider's person": twin.Owner, "another tenant's person": theirs.Owner} {
		_, err = e.Accepted(ctx, o, "tou", "1")
		wantKind(t, what, err, fault.NotFound)
	}
	_, err = e.Accepted(ctx, a.Owner, "tou", "2")
	wantKind(t, "another version", err, fault.NotFound)
}
