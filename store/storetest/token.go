package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/tenant"
)

func aToken(of, id string) tenant.Token {
	return tenant.Token{ID: id, Name: "name of " + id, Tenant: of, Role: tenant.RoleAnalyst, Hash: "hash of " + id, CreatedBy: "ada", Created: start, Expires: start.Add(time.Hour)}
}

// Tokens is the suite of [tenant.TokenStore].
func Tokens(t *testing.T, open Opener) {
	e, _ := begin(t, open)
	ctx := t.Context()
	all, one, other := aToken(tenant.Everywhere, "t1"), aToken("contoso", "t2"), aToken("fabrikam", "t3")
	for _, k := range []tenant.Token{other, one, all} {
		must(t, e.PutToken(ctx, k))
	}
	got, err := e.TokenByHash(ctx, one.Hash)
	want(t, "token by hash", got, err, one)
	_, err = e.TokenByHash(ctx, "absent")
	wantKind(t, "unknown hash", err, fault.NotFound)
	for of, list := range map[string][]tenant.Token{"": {all, one, other}, "contoso": {one}, tenant.Everywhere: {all}, "nobody": nil} {
		got, err := e.Tokens(ctx, of)
		want(t, "tokens of "+of, got, err, list)
	}
	for what, change := range map[string]func(*tenant.Token){
		"id": func(k *tenant.Token) { k.ID = one.ID }, "hash": func(k *tenant.Token) { k.Hash = one.Hash }, "name": func(k *tenant.Token) { k.Name = one.Name },
	} {
		k := aToken("contoso", "new")
		change(&k)
		wantKind(t, "a "+what+" that is taken", e.PutToken(ctx, k), fault.Conflict)
	}
	same := aToken("fabrikam", "t4")
	same.Name = one.Name
	must(t, e.PutToken(ctx, same)) // another tenant may use the same name
	wantKind(t, "a token of no tenant", e.PutToken(ctx, aToken("nobody", "t9")), fault.NotFound)

	must(t, e.TouchToken(ctx, "t2", start.Add(time.Minute)))
	must(t, e.TouchToken(ctx, "t2", start))
	must(t, e.TouchToken(ctx, "absent", start))
	one.LastUsed = start.Add(time.Minute)
	got, err = e.TokenByHash(ctx, one.Hash)
	want(t, "touched token", got, err, one)

	for _, of := range []string{"fabrikam", tenant.Everywhere, ""} {
		wantKind(t, "deleting in the name of "+of, e.DeleteToken(ctx, of, "t2"), fault.NotFound)
	}
	must(t, e.DeleteToken(ctx, "contoso", "t2"))
	_, err = e.TokenByHash(ctx, one.Hash)
	wantKind(t, "deleted token", err, fault.NotFound)
	must(t, e.DeleteTenant(ctx, "fabrikam"))
	_, err = e.TokenByHash(ctx, other.Hash)
	wantKind(t, "token of a deleted tenant", err, fault.NotFound)

	won := race(t, 20, fault.Conflict, func(ctx context.Context, i int) error {
		k := aToken(tenant.Everywhere, fmt.Sprint("racer ", i))
		k.Name = "first administrator"
		return e.PutToken(ctx, k)
	})
	if won != 1 {
		t.Errorf("%d of 20 made the first token", won)
	}
}
