package storetest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/tenant"
	"github.com/referee-casb/referee/vault"
)

// Tenants is the suite of [tenant.Store].
func Tenants(t *testing.T, open Opener) {
	e, _ := begin(t, open)
	ctx := t.Context()
	c, err := e.Tenant(ctx, "contoso")
	want(t, "a new tenant", c, err, tenant.Tenant{ID: "contoso", Name: "contoso", Epoch: 1})
	c.Domains, c.Session.Idle = []string{"contoso.example"}, tenant.Duration(30*time.Minute)
	changed, err := e.PutTenant(ctx, c)
	c.Epoch = 2
	want(t, "a changed tenant", changed, err, c)
	got, err := e.Tenant(ctx, "contoso")
	want(t, "a stored tenant", got, err, c)
	c.Epoch = 1
	_, err = e.PutTenant(ctx, c)
	wantKind(t, "a change of an old epoch", err, fault.Conflict)
	c.Epoch = 0
	_, err = e.PutTenant(ctx, c)
	wantKind(t, "a new tenant that exists", err, fault.Conflict)
	_, err = e.PutTenant(ctx, tenant.Tenant{ID: "tailspin", Name: "Tailspin", Epoch: 7})
	wantKind(t, "a change of an absent tenant", err, fault.Conflict)
	_, err = e.PutTenant(ctx, tenant.Tenant{ID: "Tailspin"})
	wantKind(t, "an invalid tenant", err, fault.Invalid)
	if won := race(t, 20, fault.Conflict, func(ctx context.Context, i int) error {
		_, err := e.PutTenant(ctx, tenant.Tenant{ID: "contoso", Name: fmt.Sprint(i), Epoch: 2})
		return err
	}); won != 1 {
		t.Errorf("%d of 20 changed one epoch", won)
	}
	list, err := e.Tenants(ctx)
	if err != nil || len(list) != 2 || list[0].ID != "contoso" || list[1].ID != "fabrikam" {
		t.Errorf("tenants: %+v, %v", list, err)
	}

	fill(t, e, "contoso")
	fill(t, e, "fabrikam")
	before := dump(t, e, "fabrikam")
	must(t, e.DeleteTenant(ctx, "contoso"))
	_, err = e.Tenant(ctx, "contoso")
	wantKind(t, "a deleted tenant", err, fault.NotFound)
	wantKind(t, "deleting it again", e.DeleteTenant(ctx, "contoso"), fault.NotFound)
	_, err = e.PutTenant(ctx, tenant.Tenant{ID: "contoso", Name: "Contoso anew"})
	must(t, err)
	want(t, "a tenant made anew holds nothing of the old", dump(t, e, "contoso"), nil, dump(t, e, "nobody"))
	want(t, "the other tenant", dump(t, e, "fabrikam"), nil, before)
}

// Vault is the suite of [vault.Store].
func Vault(t *testing.T, open Opener) {
	e, _ := begin(t, open)
	ctx := t.Context()
	row := func(id uint32) vault.KeyRow {
		return vault.KeyRow{Tenant: "contoso", ID: id, Master: "m1", Wrapped: []byte{byte(id)}, Created: start}
	}
	list, err := e.VaultKeys(ctx, "contoso")
	want(t, "keys of a new tenant", len(list), err, 0)
	must(t, e.PutVaultKey(ctx, row(2)))
	if won := race(t, 20, fault.Conflict, func(ctx context.Context, _ int) error { return e.PutVaultKey(ctx, row(1)) }); won != 1 {
		t.Errorf("%d of 20 made key 1", won)
	}
	list, err = e.VaultKeys(ctx, "contoso")
	want(t, "keys", list, err, []vault.KeyRow{row(1), row(2)})
	again := row(1)
	again.Master, again.Wrapped = "m2", []byte("other")
	must(t, e.ReplaceVaultKey(ctx, again))
	list, err = e.VaultKeys(ctx, "contoso")
	want(t, "keys after a replacement", list, err, []vault.KeyRow{again, row(2)})
	wantKind(t, "replacing an absent key", e.ReplaceVaultKey(ctx, row(3)), fault.NotFound)
	tenants, err := e.VaultTenants(ctx)
	want(t, "tenants with keys", tenants, err, []model.TenantID{"contoso"})
	wantKind(t, "key of no tenant", e.PutVaultKey(ctx, vault.KeyRow{Tenant: "nobody", ID: 1, Wrapped: []byte{1}}), fault.NotFound)
}

// anInstance is a valid instance on two hosts.
func anInstance(tenant model.TenantID, id model.InstanceID, hosts ...string) catalog.Instance {
	in := catalog.Instance{
		ID: id, Tenant: tenant, App: "onedrive", Name: "Files", Route: model.RouteSSO, Evidence: model.EvidenceDemo,
		Federation: catalog.Federation{Protocol: "oidc", ClientID: "c", RedirectURIs: []string{"https://" + hosts[0] + "/cb"}},
	}
	for _, h := range hosts {
		in.Hosts = append(in.Hosts, catalog.Host{Name: h, Role: catalog.RoleApp})
	}
	return in
}

// Catalog is the suite of [catalog.Store].
func Catalog(t *testing.T, open Opener) {
	e, _ := begin(t, open)
	ctx := t.Context()
	files, wiki := anInstance("contoso", "files", "files.example", "api.files.example"), anInstance("contoso", "wiki", "wiki.example")
	must(t, e.PutInstance(ctx, wiki))
	must(t, e.PutInstance(ctx, files))
	list, err := e.Instances(ctx, "contoso")
	want(t, "instances", list, err, []catalog.Instance{files, wiki})
	must(t, e.PutInstance(ctx, anInstance("fabrikam", "theirs", "files.example"))) // another tenant may map the same host
	must(t, e.PutInstance(ctx, anInstance("fabrikam", "files", "other.example")))  // and use the same id
	err = e.PutInstance(ctx, anInstance("fabrikam", "second", "files.example"))
	wantKind(t, "a host that is taken in this tenant too", err, fault.Conflict)
	if err == nil || !strings.Contains(err.Error(), "instance theirs") {
		t.Errorf("a conflict names the tenant's own instance, not another tenant's: %v", err)
	}

	wantKind(t, "an invalid instance", e.PutInstance(ctx, anInstance("contoso", "Files", "x.example")), fault.Invalid)
	wantKind(t, "an instance of no tenant", e.PutInstance(ctx, anInstance("nobody", "files", "x.example")), fault.NotFound)
	wantKind(t, "a host that is taken", e.PutInstance(ctx, anInstance("contoso", "third", "third.example", "api.files.example")), fault.Conflict)
	label := anInstance("contoso", "third", "third.example")
	label.Hosts[0].Label = "wiki-example"
	wantKind(t, "a label that is taken", e.PutInstance(ctx, label), fault.Conflict)
	list, err = e.Instances(ctx, "contoso")
	want(t, "instances after conflicts", list, err, []catalog.Instance{files, wiki})

	files.Hosts = files.Hosts[:1]
	must(t, e.PutInstance(ctx, files))
	must(t, e.PutInstance(ctx, anInstance("contoso", "third", "api.files.example"))) // given up, so it is free
	must(t, e.DeleteInstance(ctx, "contoso", "third"))
	must(t, e.PutInstance(ctx, anInstance("contoso", "fourth", "api.files.example")))
	wantKind(t, "deleting an absent instance", e.DeleteInstance(ctx, "contoso", "third"), fault.NotFound)
	native := anInstance("contoso", "native", "wiki.example")
	native.Route = model.RouteNative
	must(t, e.PutInstance(ctx, native)) // it maps nothing, so it claims nothing
}

// Leases is the suite of [lease.Store].
func Leases(t *testing.T, open Opener) {
	e, c := begin(t, open)
	ctx := t.Context()
	const ttl = 15 * time.Second
	a, err := e.AcquireLease(ctx, "contoso", "poll", "a", ttl)
	if err != nil || a.Token != 1 || !a.Expires.Equal(start.Add(ttl)) {
		t.Fatalf("first: %+v, %v", a, err)
	}
	_, err = e.AcquireLease(ctx, "contoso", "poll", "b", ttl)
	wantKind(t, "a lease that is held", err, fault.Conflict)
	for _, free := range []struct {
		tenant model.TenantID
		name   string
	}{{"contoso", "push"}, {"fabrikam", "poll"}, {"", "poll"}} {
		_, err := e.AcquireLease(ctx, free.tenant, free.name, "b", ttl)
		must(t, err)
	}
	again, err := e.AcquireLease(ctx, "contoso", "poll", "a", ttl)
	if err != nil || again.Token != 1 {
		t.Errorf("the holder's own: %+v, %v", again, err)
	}
	c.Advance(10 * time.Second)
	a, err = e.RenewLease(ctx, a, ttl)
	if err != nil || !a.Expires.Equal(c.Now().Add(ttl)) {
		t.Errorf("renewed: %+v, %v", a, err)
	}
	must(t, e.CheckLease(ctx, a))
	c.Advance(ttl)
	wantKind(t, "check of a lease that has ended", e.CheckLease(ctx, a), fault.Conflict)
	_, err = e.RenewLease(ctx, a, ttl)
	wantKind(t, "renewal of a lease that has ended", err, fault.Conflict)
	b, err := e.AcquireLease(ctx, "contoso", "poll", "b", ttl)
	if err != nil || b.Token != 2 {
		t.Errorf("taken over: %+v, %v", b, err)
	}
	must(t, e.ReleaseLease(ctx, a)) // giving up what went to another changes nothing
	must(t, e.CheckLease(ctx, b))
	wantKind(t, "check of the old holder", e.CheckLease(ctx, a), fault.Conflict)
	must(t, e.ReleaseLease(ctx, b))
	wantKind(t, "check after release", e.CheckLease(ctx, b), fault.Conflict)
	won := race(t, 20, fault.Conflict, func(ctx context.Context, i int) error {
		l, err := e.AcquireLease(ctx, "contoso", "poll", fmt.Sprint("racer ", i), ttl)
		if err == nil && l.Token != 3 {
			t.Errorf("token %d", l.Token)
		}
		return err
	})
	if won != 1 {
		t.Errorf("%d of 20 got one lease", won)
	}
}
