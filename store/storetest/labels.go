package storetest

import (
	"context"
	"testing"

	"github.com/referee-casb/referee/dlp/taxonomy"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

func aLabelSet(tenant model.TenantID, number int64) taxonomy.Revision {
	return taxonomy.Revision{
		Tenant: tenant, Number: number, Author: "ada", Time: start, Comment: "first",
		Set: taxonomy.Set{SiteID: "f66b6bd3-ebc2-4f54-8769-d22858de97c5", Labels: []taxonomy.Label{{ID: "11111111-1111-4111-8111-111111111111", Name: "Label of " + string(tenant), Encrypts: true}}},
	}
}

// LabelSets is the suite of [taxonomy.Store].
func LabelSets(t *testing.T, open Opener) {
	e, _ := begin(t, open)
	ctx := t.Context()
	got, err := e.Labels(ctx, "contoso")
	want(t, "labels of a new tenant", got, err, taxonomy.Revision{Tenant: "contoso"})
	history, err := e.LabelHistory(ctx, "contoso")
	want(t, "history of a new tenant", history, err, nil)
	one, two := aLabelSet("contoso", 1), aLabelSet("contoso", 2)
	two.Set.Labels = append(two.Set.Labels, taxonomy.Label{ID: "22222222-2222-4222-8222-222222222222", Name: "Second"})
	wantKind(t, "a gap", e.PutLabels(ctx, two), fault.Conflict)
	must(t, e.PutLabels(ctx, one))
	wantKind(t, "the same again", e.PutLabels(ctx, one), fault.Conflict)
	must(t, e.PutLabels(ctx, two))
	got, err = e.Labels(ctx, "contoso")
	want(t, "labels", got, err, two)
	history, err = e.LabelHistory(ctx, "contoso")
	want(t, "history", history, err, []taxonomy.Revision{two, one})
	if won := race(t, 20, fault.Conflict, func(ctx context.Context, _ int) error { return e.PutLabels(ctx, aLabelSet("contoso", 3)) }); won != 1 {
		t.Errorf("%d of 20 wrote one revision", won)
	}
	got, err = e.Labels(ctx, "fabrikam")
	want(t, "another tenant's labels", got, err, taxonomy.Revision{Tenant: "fabrikam"})
}
