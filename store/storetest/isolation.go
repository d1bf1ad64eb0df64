package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/dlp/own"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/lease"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/signin"
	"github.com/referee-casb/referee/vault"
)

// fill gives a tenant one row of everything. All tenants' rows have the same ids: only the tenant tells them
// apart.
func fill(t *testing.T, e Engine, id model.TenantID) {
	t.Helper()
	ctx := t.Context()
	must(t, e.PutVaultKey(ctx, vault.KeyRow{Tenant: id, ID: 1, Master: "m", Wrapped: []byte("key of " + id), Created: start}))
	must(t, e.PutSession(ctx, aSession(id, "s1", "dora")))
	app := anApp(id, "a1", "s1")
	app.BrokerKey = []byte("key of " + id)
	must(t, e.PutAppSession(ctx, app))
	must(t, e.PutCode(ctx, session.Code{Hash: "c1", Tenant: id, Host: "code of " + string(id), AppSession: "a1", WrappedKey: []byte{1}, Expires: start.Add(time.Hour)}))
	must(t, e.PutHostCookie(ctx, session.HostCookie{Hash: "h1", Tenant: id, Host: "host of " + string(id), AppSession: "a1", WrappedKey: []byte{1}, Created: start}))
	_, err := e.WriteJar(ctx, id, "a1", []session.JarRow{{AppSession: "a1", Tenant: id, Domain: "d", Path: "/", Name: "n", Sealed: []byte("jar of " + id), Version: 1}}, nil)
	must(t, err)
	must(t, e.PutStash(ctx, session.Stash{ID: "t1", Tenant: id, Host: "stash of " + string(id), Sealed: []byte{1}, Expires: start.Add(time.Hour)}))
	must(t, e.PutBlocked(ctx, session.Blocked{Reference: "R-1", Tenant: id, File: "file of " + string(id), Expires: start.Add(time.Hour)}))
	must(t, e.PutGrant(ctx, session.Grant{Tenant: id, Session: "s1", Key: "grant of " + string(id), Expires: start.Add(time.Hour)}))
	must(t, e.PutInstance(ctx, anInstance(id, "files", "files.example")))
	must(t, e.AddDiscovered(ctx, id, []catalog.Discovered{aDiscovered("host-of-"+string(id)+".example", "img", start)}))
	_, err = e.AcquireLease(ctx, id, "poll", "holder", time.Hour)
	must(t, err)
	must(t, e.PutToken(ctx, aToken(string(id), "token of "+string(id))))
	must(t, e.PutFlow(ctx, signin.Flow{ID: "f1", Tenant: id, Kind: signin.FlowToken, Sealed: []byte("flow of " + id)}))
	must(t, e.PutRecord(ctx, aRecord(id, "d1", "jamf")))
	fillDirectory(t, e, id)
	_, err = e.PutDocuments(ctx, id, []policy.Revision{aRevision(id, "p1", 1)})
	must(t, err)
	_, err = e.PutTypes(ctx, id, 0, []own.Revision{aTypeRevision(id, "t1", 1)})
	must(t, err)
	must(t, e.PutLabels(ctx, aLabelSet(id, 1)))
	must(t, e.PutException(ctx, anException(id, "x1")))
	must(t, e.PutRollout(ctx, policy.RolloutState{Tenant: id, Policy: "p1", Phase: "monitor", Version: 1}))
	must(t, e.PutRead(ctx, policy.ReportRead{Tenant: id, Policy: "p1", Reader: "reader of " + string(id), At: start}))
}

// alter changes every row that fill wrote.
func alter(t *testing.T, e Engine, id model.TenantID) {
	t.Helper()
	ctx := t.Context()
	must(t, e.ReplaceVaultKey(ctx, vault.KeyRow{Tenant: id, ID: 1, Master: "other", Wrapped: []byte("other")}))
	row := session.JarRow{AppSession: "a1", Tenant: id, Domain: "d", Path: "/", Name: "n", Sealed: []byte("other"), Version: 2}
	_, err := e.WriteJar(ctx, id, "a1", []session.JarRow{row}, nil)
	must(t, err)
	_, err = e.WriteJar(ctx, id, "a1", nil, []session.JarRow{row})
	must(t, err)
	row.Version = 1
	_, err = e.WriteJar(ctx, id, "a1", []session.JarRow{row}, nil)
	must(t, err)
	_, err = e.WriteJar(ctx, id, "a1", nil, []session.JarRow{row}) // a drop of the version that the other tenant has
	must(t, err)
	app := anApp(id, "a1", "s1")
	app.Noticed = start
	must(t, e.PutAppSession(ctx, app))
	_, err = e.UpdateSession(ctx, id, "s1", func(s *session.Session) error { s.TLSPrint, s.User.ID = "other", "other"; return nil })
	must(t, err)
	must(t, e.TouchSession(ctx, id, "s1", start.Add(time.Minute)))
	in := anInstance(id, "files", "files.example", "more.example")
	in.Name = "other"
	must(t, e.PutInstance(ctx, in))
	held, err := e.RenewLease(ctx, lease.Lease{Tenant: id, Name: "poll", Holder: "holder", Token: 1}, 2*time.Hour)
	if err != nil { // a second lease of this tenant: released before
		held, err = e.AcquireLease(ctx, id, "poll", "holder", time.Hour)
	}
	must(t, err)
	must(t, e.ReleaseLease(ctx, held))
	must(t, e.ReleaseLease(ctx, lease.Lease{Tenant: id, Name: "poll", Holder: "holder", Token: 1}))
	_, err = e.PutDocuments(ctx, id, []policy.Revision{aRevision(id, "p1", 2)})
	must(t, err)
	x := anException(id, "x1")
	x.Version, x.Reason = 2, "other"
	must(t, e.PutException(ctx, x))
	must(t, e.PutRollout(ctx, policy.RolloutState{Tenant: id, Policy: "p1", Phase: "block", Version: 2}))
	must(t, e.PutRead(ctx, policy.ReportRead{Tenant: id, Policy: "p1", Reader: "other", At: start}))
	must(t, e.PutGrant(ctx, session.Grant{Tenant: id, Session: "s1", Key: "other", Expires: start.Add(time.Hour)}))
	must(t, e.PutRecord(ctx, aRecord(id, "d1", "other")))
	must(t, e.DeleteRecord(ctx, id, "d1", "jamf"))
	alterDirectory(t, e, id)
	must(t, e.TouchToken(ctx, "token of "+string(id), start.Add(time.Minute)))
	_, err = e.TakeFlow(ctx, id, signin.FlowToken, "f1", start)
	must(t, err)
	_, err = e.Revoke(ctx, session.Revocation{Tenant: id, Session: "s1"})
	must(t, err)
}

// dump reads everything that fill wrote, without changing it, as text. Codes and stashes can only be taken, so
// they are tried by their callers.
func dump(t *testing.T, e Engine, id model.TenantID) string {
	t.Helper()
	ctx := t.Context()
	out := ""
	add := func(what string, value any, err error) {
		if err != nil {
			value = fault.KindOf(err)
		}
		out += fmt.Sprintf("%s: %+v\n", what, value)
	}
	keys, err := e.VaultKeys(ctx, id)
	add("keys", keys, err)
	s, err := e.Session(ctx, id, "s1")
	add("session", s, err)
	sessions, err := e.Sessions(ctx, id, "", time.Time{})
	add("sessions", sessions, err)
	revoked, err := e.RevokedSince(ctx, id, 0)
	add("revocations", revoked, err)
	a, err := e.AppSession(ctx, id, "a1")
	add("app session", a, err)
	a, err = e.ByLookup(ctx, id, "lookup-a1")
	add("by lookup", a, err)
	a, err = e.ByLabel(ctx, id, "label-a1")
	add("by label", a, err)
	apps, err := e.AppSessions(ctx, id, "s1")
	add("app sessions", apps, err)
	h, err := e.HostCookie(ctx, id, "h1")
	add("host cookie", h, err)
	rows, version, err := e.JarRows(ctx, id, "a1")
	add("jar", rows, err)
	add("jar version", version, err)
	version, err = e.JarVersion(ctx, id, "a1")
	add("jar version alone", version, err)
	dev, err := e.Records(ctx, id, "", start)
	add("devices", dev, err)
	dumpDirectory(t, e, id, add)
	b, err := e.Blocked(ctx, id, "R-1", start)
	add("blocked", b, err)
	g, err := e.Grants(ctx, id, "s1", start)
	add("grants", g, err)
	in, err := e.Instances(ctx, id)
	add("instances", in, err)
	hosts, err := e.Discovered(ctx, id, "files")
	add("discovered hosts", hosts, err)
	docs, err := e.Documents(ctx, id)
	add("documents", docs, err)
	types, _, err := e.Types(ctx, id)
	add("information types", types, err)
	labels, err := e.LabelHistory(ctx, id)
	add("labels", labels, err)
	hist, err := e.History(ctx, id, "p1")
	add("history", hist, err)
	x, err := e.Exception(ctx, id, "x1")
	add("exception", x, err)
	xs, err := e.Exceptions(ctx, id, "")
	add("exceptions", xs, err)
	ro, err := e.Rollouts(ctx, id)
	add("rollouts", ro, err)
	reads, err := e.Reads(ctx, id, "p1")
	add("reads", reads, err)
	epoch, err := e.Epoch(ctx, id)
	add("epoch", epoch, err)
	add("lease", "held", e.CheckLease(ctx, lease.Lease{Tenant: id, Name: "poll", Holder: "holder", Token: 1}))
	tokens, err := e.Tokens(ctx, string(id))
	add("tokens", tokens, err)
	f, err := e.Flow(ctx, id, signin.FlowToken, "f1", start)
	add("flow", f, err)
	return out
}

// Isolation tries, for every method, to read, take or change one tenant's rows in another's name.
func Isolation(t *testing.T, open Opener) {
	e, _ := begin(t, open)
	ctx := t.Context()
	empty := dump(t, e, "fabrikam")
	fill(t, e, "contoso")
	before := dump(t, e, "contoso")
	want(t, "what the other tenant reads", dump(t, e, "fabrikam"), nil, empty)

	// Everything that takes or changes, with contoso's ids in fabrikam's name.
	const id = model.TenantID("fabrikam")
	_, err := e.TakeCode(ctx, id, "c1")
	wantKind(t, "TakeCode", err, fault.NotFound)
	_, err = e.TakeStash(ctx, id, "t1")
	wantKind(t, "TakeStash", err, fault.NotFound)
	_, err = e.UpdateSession(ctx, id, "s1", func(s *session.Session) error { s.User.ID = "mallory"; return nil })
	wantKind(t, "UpdateSession", err, fault.NotFound)
	must(t, e.TouchSession(ctx, id, "s1", start.Add(time.Minute)))
	_, err = e.Revoke(ctx, session.Revocation{Tenant: id, Session: "s1"})
	wantKind(t, "Revoke of a session", err, fault.NotFound)
	for _, r := range []session.Revocation{{Tenant: id, User: "dora"}, {Tenant: id}} {
		_, err = e.Revoke(ctx, r)
		must(t, err)
	}
	wantKind(t, "PutAppSession", e.PutAppSession(ctx, anApp(id, "a1", "s1")), fault.Denied)
	wantKind(t, "PutHostCookie", e.PutHostCookie(ctx, session.HostCookie{Hash: "h9", Tenant: id, AppSession: "a1", WrappedKey: []byte{1}}), fault.Denied)
	row := session.JarRow{AppSession: "a1", Tenant: id, Domain: "d", Path: "/", Name: "n", Sealed: []byte("forged"), Version: 2}
	_, err = e.WriteJar(ctx, id, "a1", []session.JarRow{row}, nil)
	wantKind(t, "WriteJar", err, fault.Denied)
	row.Tenant = "contoso"
	if _, err = e.WriteJar(ctx, id, "a1", []session.JarRow{row}, nil); err == nil {
		t.Error("WriteJar took a row of another tenant")
	}
	wantKind(t, "ReplaceVaultKey", e.ReplaceVaultKey(ctx, vault.KeyRow{Tenant: id, ID: 1, Wrapped: []byte("forged")}), fault.NotFound)
	wantKind(t, "DeleteInstance", e.DeleteInstance(ctx, id, "files"), fault.NotFound)
	held, err := e.AcquireLease(ctx, id, "poll", "mallory", time.Hour) // free: it is another tenant's lease
	must(t, err)
	forged := lease.Lease{Tenant: id, Name: "poll", Holder: "holder", Token: 1}
	_, err = e.RenewLease(ctx, forged, time.Hour)
	wantKind(t, "RenewLease", err, fault.Conflict)
	wantKind(t, "CheckLease", e.CheckLease(ctx, forged), fault.Conflict)
	must(t, e.ReleaseLease(ctx, held))
	change := anException(id, "x1")
	change.Version = 2
	wantKind(t, "PutException", e.PutException(ctx, change), fault.Conflict)
	wantKind(t, "PutRollout", e.PutRollout(ctx, policy.RolloutState{Tenant: id, Policy: "p1", Phase: "block", Version: 2}), fault.Conflict)
	_, err = e.PutDocuments(ctx, id, []policy.Revision{aRevision(id, "p1", 2)})
	wantKind(t, "PutDocuments", err, fault.Conflict)
	_, err = e.PutTypes(ctx, id, 0, []own.Revision{aTypeRevision(id, "t1", 2)})
	wantKind(t, "PutTypes", err, fault.Conflict)
	wantKind(t, "PutLabels", e.PutLabels(ctx, aLabelSet(id, 2)), fault.Conflict)
	if _, err = e.PutDocuments(ctx, id, []policy.Revision{aRevision("contoso", "p1", 2)}); err == nil {
		t.Error("PutDocuments took a revision of another tenant")
	}
	want(t, "contoso after all that", dump(t, e, "contoso"), nil, before)

	// The same ids in both: each keeps its own.
	fill(t, e, id)
	want(t, "contoso beside the same ids of another", dump(t, e, "contoso"), nil, before)
	alter(t, e, id)
	want(t, "contoso after every change to the same ids of another", dump(t, e, "contoso"), nil, before)
	code, err := e.TakeCode(ctx, "contoso", "c1")
	want(t, "contoso's code", code.Host, err, "code of contoso")
	stash, err := e.TakeStash(ctx, "contoso", "t1")
	want(t, "contoso's stash", stash.Host, err, "stash of contoso")
	code, err = e.TakeCode(ctx, id, "c1")
	want(t, "fabrikam's code", code.Host, err, "code of fabrikam")
	must(t, e.DeleteInstance(ctx, id, "files"))
	if list, err := e.Instances(ctx, "contoso"); err != nil || len(list) != 1 {
		t.Errorf("contoso's instances: %v, %v", list, err)
	}
	poll, err := e.AcquireLease(ctx, "contoso", "poll", "holder", time.Hour)
	if err != nil || poll.Token != 1 {
		t.Errorf("contoso's lease: %+v, %v", poll, err)
	}
}
