package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/tenant"
)

func aBypass(of model.TenantID, id string, app model.InstanceID, begun time.Time) tenant.Bypass {
	return tenant.Bypass{ID: id, Tenant: of, Instance: app, Reason: "the app is broken behind the gateway", By: "ada", Begun: begun, Ends: begun.Add(time.Hour)}
}

// Bypasses is the suite of [tenant.BypassStore].
func Bypasses(t *testing.T, open Opener) {
	e, _ := begin(t, open)
	ctx := t.Context()
	files, theirs := aBypass("contoso", "b1", "files", start), aBypass("fabrikam", "b1", "", start)
	must(t, e.PutBypass(ctx, files))
	must(t, e.PutBypass(ctx, theirs))
	for what, b := range map[string]tenant.Bypass{
		"of the same app": aBypass("contoso", "b2", "files", start.Add(time.Minute)), "of all apps": aBypass("contoso", "b2", "", start.Add(time.Minute)),
		"under one of all apps": aBypass("fabrikam", "b2", "files", start.Add(time.Minute)), "of an id that is taken": aBypass("contoso", "b1", "notes", start),
	} {
		wantKind(t, "a second "+what, e.PutBypass(ctx, b), fault.Conflict)
	}
	wantKind(t, "one of no tenant", e.PutBypass(ctx, aBypass("nobody", "b9", "", start)), fault.NotFound)
	notes := aBypass("contoso", "b3", "notes", start.Add(time.Second))
	must(t, e.PutBypass(ctx, notes))

	won := race(t, 8, fault.Conflict, func(ctx context.Context, i int) error {
		return e.PutBypass(ctx, aBypass("contoso", fmt.Sprint("r", i), "wiki", start))
	})
	if won != 1 {
		t.Errorf("%d bypasses of one app began at once", won)
	}

	_, err := e.EndBypass(ctx, "fabrikam", "b3", "eve", start.Add(time.Minute))
	wantKind(t, "ending another tenant's", err, fault.NotFound)
	ended, err := e.EndBypass(ctx, "contoso", "b3", "eve", start.Add(time.Minute))
	notes.Ended, notes.EndedBy = start.Add(time.Minute), "eve"
	want(t, "ending one", ended, err, notes)
	_, err = e.EndBypass(ctx, "contoso", "b3", "eve", start.Add(2*time.Minute))
	wantKind(t, "ending it again", err, fault.Conflict)
	_, err = e.EndBypass(ctx, "contoso", "b1", "eve", start.Add(time.Hour))
	wantKind(t, "ending one that is over", err, fault.Conflict)
	must(t, e.PutBypass(ctx, aBypass("contoso", "b4", "notes", start.Add(2*time.Minute)))) // the one before is over
	must(t, e.PutBypass(ctx, aBypass("contoso", "b5", "files", start.Add(time.Hour))))     // and so is that one

	over, err := e.OverBypasses(ctx, start.Add(time.Hour))
	var ids []string
	for _, b := range over {
		ids = append(ids, string(b.Tenant)+"/"+b.ID)
	}
	slices.Sort(ids)
	if err != nil || len(ids) != 4 || ids[0] != "contoso/b1" || ids[1] != "contoso/b3" || ids[3] != "fabrikam/b1" {
		t.Errorf("bypasses that are over: %v, %v", ids, err)
	}
	must(t, e.NoteBypass(ctx, "contoso", "b3"))
	must(t, e.NoteBypass(ctx, "fabrikam", "b3"))
	all, err := e.Bypasses(ctx, "contoso")
	if err != nil || len(all) != 5 || all[0].ID != "b5" {
		t.Fatalf("a tenant's bypasses: %+v, %v", all, err)
	}
	for _, b := range all {
		if b.Noted != (b.ID == "b3") {
			t.Errorf("%s is noted: %v", b.ID, b.Noted)
		}
	}
	got, err := e.Bypasses(ctx, "fabrikam")
	want(t, "another tenant's", got, err, []tenant.Bypass{theirs})

	later := start.Add(24 * time.Hour)
	suite := aBypass("contoso", "b6", "mail", later)
	suite.Also = []model.InstanceID{"sites", "calendar"}
	must(t, e.PutBypass(ctx, suite))
	wantKind(t, "a second of an app that another one covers too", e.PutBypass(ctx, aBypass("contoso", "b7", "sites", later)), fault.Conflict)
	again := aBypass("contoso", "b7", "tasks", later)
	again.Also = []model.InstanceID{"calendar"}
	wantKind(t, "a second that covers the same too", e.PutBypass(ctx, again), fault.Conflict)
	again.Also = []model.InstanceID{"mail"}
	wantKind(t, "a second that covers another's app too", e.PutBypass(ctx, again), fault.Conflict)
	must(t, e.DeleteTenant(ctx, "contoso"))
	if got, err := e.Bypasses(ctx, "contoso"); err != nil || len(got) != 0 {
		t.Errorf("a deleted tenant's: %+v, %v", got, err)
	}
}

func aRecovery(id string, at time.Time) (tenant.Recovery, tenant.Token) {
	r := tenant.Recovery{ID: id, Tenant: tenant.Everywhere, By: "root (0)", Host: "casb1", Reason: "the provider is down", At: at, Expires: at.Add(time.Hour)}
	k := aToken(tenant.Everywhere, id)
	k.Role = tenant.RoleAdmin
	return r, k
}

// Recoveries is the suite of [tenant.RecoveryStore].
func Recoveries(t *testing.T, open Opener) {
	e, _ := begin(t, open)
	ctx := t.Context()
	must(t, e.PutToken(ctx, aToken(tenant.Everywhere, "t1")))
	first, one := aRecovery("tok-r1", start)
	must(t, e.PutRecovery(ctx, first, one))
	got, err := e.TokenByHash(ctx, one.Hash)
	if err != nil || got.ID != "tok-r1" || got.Role != tenant.RoleAdmin || !got.Expires.Equal(one.Expires) {
		t.Errorf("its token: %+v, %v", got, err)
	}
	must(t, e.NoteRecovery(ctx, "tok-r1"))
	second, two := aRecovery("tok-r2", start.Add(time.Minute))
	must(t, e.PutRecovery(ctx, second, two))
	_, err = e.TokenByHash(ctx, one.Hash)
	wantKind(t, "the token of an earlier recovery", err, fault.NotFound)
	if _, err := e.TokenByHash(ctx, "hash of t1"); err != nil {
		t.Errorf("another token went: %v", err)
	}
	first.Noted = true
	list, err := e.Recoveries(ctx)
	want(t, "recoveries", list, err, []tenant.Recovery{second, first})
	again, three := aRecovery("tok-r2", start.Add(time.Hour))
	three.Hash = "another"
	wantKind(t, "an id that is taken", e.PutRecovery(ctx, again, three), fault.Conflict)
	if _, err := e.TokenByHash(ctx, two.Hash); err != nil {
		t.Errorf("a recovery that failed took the token of the one before along: %v", err)
	}
	lost, four := aRecovery("tok-r4", start)
	four.Tenant = "nobody"
	wantKind(t, "a recovery of no tenant", e.PutRecovery(ctx, lost, four), fault.NotFound)
}
