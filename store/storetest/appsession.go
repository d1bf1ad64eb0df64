package storetest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

// anApp is an app session with every field set.
func anApp(tenant model.TenantID, id string, sid model.SessionID) session.AppSession {
	return session.AppSession{
		ID: id, Session: sid, Tenant: tenant, Instance: "files", Control: session.ControlCustom,
		Access: []model.PolicyRef{{ID: "p1", Revision: 3}}, Lookup: "lookup-" + id, Label: "label-" + id, Created: start,
		BrokerKey: []byte("b"), LookupKey: []byte("l"), LabelKey: []byte("t"),
	}
}

// AppSessions is the suite of [session.AppStore].
func AppSessions(t *testing.T, open Opener) {
	e, _ := begin(t, open)
	ctx := t.Context()
	must(t, e.PutSession(ctx, aSession("contoso", "s1", "dora")))
	must(t, e.PutSession(ctx, aSession("contoso", "s2", "dora")))
	a := anApp("contoso", "a1", "s1")
	must(t, e.PutAppSession(ctx, a))
	for what, get := range map[string]func() (session.AppSession, error){
		"by id":     func() (session.AppSession, error) { return e.AppSession(ctx, "contoso", "a1") },
		"by lookup": func() (session.AppSession, error) { return e.ByLookup(ctx, "contoso", a.Lookup) },
		"by label":  func() (session.AppSession, error) { return e.ByLabel(ctx, "contoso", a.Label) },
	} {
		got, err := get()
		want(t, what, got, err, a)
	}
	wantKind(t, "app session without a sign-in", e.PutAppSession(ctx, anApp("contoso", "a9", "absent")), fault.Denied)
	_, err := e.AppSession(ctx, "contoso", "absent")
	wantKind(t, "absent", err, fault.NotFound)
	bare := session.AppSession{ID: "a2", Session: "s1", Tenant: "contoso", Created: start.Add(time.Second)}
	must(t, e.PutAppSession(ctx, bare))
	must(t, e.PutAppSession(ctx, session.AppSession{ID: "a3", Session: "s1", Tenant: "contoso", Created: start.Add(2 * time.Second)}))
	_, err = e.ByLookup(ctx, "contoso", "")
	wantKind(t, "an empty look-up id", err, fault.NotFound)
	_, err = e.ByLabel(ctx, "contoso", "")
	wantKind(t, "an empty label", err, fault.NotFound)
	double := anApp("contoso", "a4", "s1")
	double.Lookup = a.Lookup
	wantKind(t, "a look-up id that is taken", e.PutAppSession(ctx, double), fault.Conflict)

	a.Noticed = start.Add(time.Minute)
	must(t, e.PutAppSession(ctx, a))
	list, err := e.AppSessions(ctx, "contoso", "s1")
	if err != nil || len(list) != 3 || list[0].Noticed.IsZero() || list[1].ID != "a2" {
		t.Errorf("app sessions of a session: %+v, %v", list, err)
	}
	moved := a
	moved.Session = "s2"
	wantKind(t, "an app session moved to another sign-in", e.PutAppSession(ctx, moved), fault.Conflict)
}

// Codes is the suite of [session.CodeStore].
func Codes(t *testing.T, open Opener) {
	e, _ := begin(t, open)
	ctx := t.Context()
	c := session.Code{Hash: "c1", Tenant: "contoso", Host: "a.contoso.gate", NonceHash: "n", AppSession: "a1", WrappedKey: []byte("k"), Expires: start.Add(session.CodeLifetime)}
	must(t, e.PutCode(ctx, c))
	wantKind(t, "the same code again", e.PutCode(ctx, c), fault.Conflict)
	got, err := e.TakeCode(ctx, "contoso", "c1")
	want(t, "taken code", got, err, c)
	_, err = e.TakeCode(ctx, "contoso", "c1")
	wantKind(t, "second taking", err, fault.NotFound)
	if err != nil && strings.Contains(err.Error(), "c1") {
		t.Errorf("an error quotes what a browser carried: %v", err)
	}
	for round := range 5 {
		c.Hash = fmt.Sprint("raced ", round)
		must(t, e.PutCode(ctx, c))
		if won := race(t, 50, fault.NotFound, func(ctx context.Context, _ int) error { _, err := e.TakeCode(ctx, "contoso", c.Hash); return err }); won != 1 {
			t.Errorf("%d of 50 took the same code", won)
		}
	}

	must(t, e.PutSession(ctx, aSession("contoso", "s1", "dora")))
	must(t, e.PutAppSession(ctx, anApp("contoso", "a1", "s1")))
	h := session.HostCookie{Hash: "h1", Tenant: "contoso", Host: "a.contoso.gate", AppSession: "a1", WrappedKey: []byte("k"), Created: start}
	must(t, e.PutHostCookie(ctx, h))
	cookie, err := e.HostCookie(ctx, "contoso", "h1")
	want(t, "host cookie", cookie, err, h)
	_, err = e.HostCookie(ctx, "contoso", "absent")
	wantKind(t, "absent host cookie", err, fault.NotFound)
	wantKind(t, "the same cookie again", e.PutHostCookie(ctx, h), fault.Conflict)
	h.Hash, h.AppSession = "h2", "absent"
	wantKind(t, "cookie of no app session", e.PutHostCookie(ctx, h), fault.Denied)
}

// Jars is the suite of [session.JarStore].
func Jars(t *testing.T, open Opener) {
	e, _ := begin(t, open)
	ctx := t.Context()
	must(t, e.PutSession(ctx, aSession("contoso", "s1", "dora")))
	must(t, e.PutAppSession(ctx, anApp("contoso", "a1", "s1")))
	row := func(name string, version int64) session.JarRow {
		return session.JarRow{AppSession: "a1", Tenant: "contoso", Domain: "app.example", HostOnly: true, Path: "/", Name: name, Sealed: []byte{byte(version)}, Created: start, Version: version}
	}
	write := func(put, drop []session.JarRow) (int64, error) { return e.WriteJar(ctx, "contoso", "a1", put, drop) }
	rows, version, err := e.JarRows(ctx, "contoso", "a1")
	want(t, "an empty jar", len(rows), err, 0)
	want(t, "its version", version, err, 0)
	version, err = write([]session.JarRow{row("x", 1), row("y", 1)}, nil)
	want(t, "version after the first write", version, err, 1)
	persistent := row("x", 2)
	persistent.Expires = start.Add(time.Hour)
	version, err = write([]session.JarRow{persistent}, []session.JarRow{row("y", 1)})
	want(t, "version after the second write", version, err, 2)
	rows, version, err = e.JarRows(ctx, "contoso", "a1")
	want(t, "rows", rows, err, []session.JarRow{persistent})
	want(t, "version with the rows", version, err, 2)
	version, err = e.JarVersion(ctx, "contoso", "a1")
	want(t, "version alone", version, err, 2)

	for what, w := range map[string]struct{ put, drop []session.JarRow }{
		"a version that was":        {put: []session.JarRow{row("x", 2)}},
		"a version ahead":           {put: []session.JarRow{row("x", 4)}},
		"a new row that is there":   {put: []session.JarRow{row("x", 1)}},
		"a change of an absent row": {put: []session.JarRow{row("z", 2)}},
		"a drop of an old version":  {drop: []session.JarRow{row("x", 1)}},
		"a drop of an absent row":   {drop: []session.JarRow{row("z", 1)}},
		"one good and one bad":      {put: []session.JarRow{row("new", 1), row("x", 9)}},
	} {
		_, err := write(w.put, w.drop)
		wantKind(t, what, err, fault.Conflict)
	}
	rows, version, err = e.JarRows(ctx, "contoso", "a1")
	want(t, "rows after conflicts", rows, err, []session.JarRow{persistent})
	want(t, "version after conflicts", version, err, 2)

	// The same name at another place is another cookie.
	other := row("x", 1)
	other.HostOnly = false
	path := row("x", 1)
	path.Path = "/p"
	_, err = write([]session.JarRow{other, path}, nil)
	must(t, err)
	for round := range 5 {
		if won := race(t, 20, fault.Conflict, func(ctx context.Context, _ int) error {
			_, err := e.WriteJar(ctx, "contoso", "a1", []session.JarRow{row("x", int64(3+round))}, nil)
			return err
		}); won != 1 {
			t.Errorf("%d of 20 changed one version", won)
		}
	}
	if version, _ := e.JarVersion(ctx, "contoso", "a1"); version != 8 {
		t.Errorf("version %d after 8 writes", version)
	}
	foreign := row("x", 1)
	foreign.Tenant = "fabrikam"
	if _, err := write([]session.JarRow{foreign}, nil); err == nil {
		t.Error("a row of another tenant was written")
	}
	_, err = e.WriteJar(ctx, "contoso", "absent", nil, nil)
	wantKind(t, "jar of no app session", err, fault.Denied)
	_, err = e.Revoke(ctx, session.Revocation{Tenant: "contoso", Session: "s1"})
	must(t, err)
	_, err = write([]session.JarRow{row("late", 1)}, nil)
	wantKind(t, "jar of a revoked session", err, fault.Denied)
}

// Stashes is the suite of [session.StashStore], [session.BlockedStore] and [session.GrantStore].
func Stashes(t *testing.T, open Opener) {
	e, _ := begin(t, open)
	ctx := t.Context()
	s := session.Stash{ID: "1", Tenant: "contoso", Host: "a", Sealed: []byte("x"), Expires: start.Add(time.Minute)}
	must(t, e.PutStash(ctx, s))
	if won := race(t, 20, fault.NotFound, func(ctx context.Context, _ int) error {
		got, err := e.TakeStash(ctx, "contoso", "1")
		if err == nil {
			want(t, "stash", got, nil, s)
		}
		return err
	}); won != 1 {
		t.Errorf("%d of 20 took the same stash", won)
	}

	b := session.Blocked{Reference: "R-1", Tenant: "contoso", Session: "s1", Activity: model.ActivityDownload, Policy: model.PolicyRef{ID: "p"}, File: "x.pdf", At: start, Expires: start.Add(time.Hour)}
	must(t, e.PutBlocked(ctx, b))
	got, err := e.Blocked(ctx, "contoso", "R-1", start)
	want(t, "blocked action", got, err, b)
	_, err = e.Blocked(ctx, "contoso", "R-1", b.Expires)
	wantKind(t, "blocked action at its end", err, fault.NotFound)
	wantKind(t, "a reference that is taken", e.PutBlocked(ctx, b), fault.Conflict)

	g := session.Grant{Tenant: "contoso", Session: "s1", Instance: "files", Activity: model.ActivityDownload, Resource: "GET https://x", Key: "override:p", Expires: start.Add(time.Minute)}
	must(t, e.PutGrant(ctx, g))
	grants, err := e.Grants(ctx, "contoso", "s1", start)
	want(t, "grants", grants, err, []session.Grant{g})
	grants, err = e.Grants(ctx, "contoso", "s1", g.Expires)
	want(t, "grants at their end", len(grants), err, 0)
	grants, err = e.Grants(ctx, "contoso", "s2", start)
	want(t, "grants of another session", len(grants), err, 0)
}

// Expiry is the suite of DeleteExpired.
func Expiry(t *testing.T, open Opener) {
	e, _ := begin(t, open)
	ctx := t.Context()
	end := start.Add(time.Hour)
	for i := range 10 {
		must(t, e.PutCode(ctx, session.Code{Hash: fmt.Sprint(i), Tenant: "contoso", WrappedKey: []byte{1}, Expires: end.Add(time.Duration(i-4) * time.Second)}))
	}
	over, idle, live := aSession("contoso", "over", "dora"), aSession("contoso", "idle", "dora"), aSession("contoso", "live", "dora")
	over.Expires, over.Idle = end, 0
	idle.Idle, live.Idle = end.Sub(start)-3*time.Minute, end.Sub(start)-time.Minute // LastSeen may lag by that minute
	for _, s := range []session.Session{over, idle, live} {
		must(t, e.PutSession(ctx, s))
		app := anApp("contoso", "app-"+string(s.ID), s.ID)
		must(t, e.PutAppSession(ctx, app))
		must(t, e.PutHostCookie(ctx, session.HostCookie{Hash: app.ID, Tenant: "contoso", AppSession: app.ID, WrappedKey: []byte{1}}))
		_, err := e.WriteJar(ctx, "contoso", app.ID, []session.JarRow{
			{AppSession: app.ID, Tenant: "contoso", Path: "/", Name: "kept", Sealed: []byte{1}, Version: 1},
			{AppSession: app.ID, Tenant: "contoso", Path: "/", Name: "gone", Sealed: []byte{1}, Version: 1, Expires: end},
		}, nil)
		must(t, err)
	}
	must(t, e.PutSession(ctx, aSession("contoso", "revoked", "dora")))
	_, err := e.Revoke(ctx, session.Revocation{Tenant: "contoso", Session: "revoked"})
	must(t, err)
	n, err := e.DeleteExpired(ctx, end, 3)
	if err != nil || n < 3 || n > 3+3+3 {
		t.Errorf("with a limit of 3: %d, %v", n, err)
	}
	for range 5 {
		_, err := e.DeleteExpired(ctx, end, 3)
		must(t, err)
	}
	for i := range 10 {
		_, err := e.TakeCode(ctx, "contoso", fmt.Sprint(i))
		if gone := i <= 4; gone != fault.Is(err, fault.NotFound) {
			t.Errorf("code %d: %v", i, err)
		}
	}
	wantKind(t, "a revoked session, put again", e.PutSession(ctx, aSession("contoso", "revoked", "dora")), fault.Conflict)
	for _, id := range []string{"over", "idle"} {
		_, err := e.Session(ctx, "contoso", model.SessionID(id))
		wantKind(t, id+" session", err, fault.NotFound)
		_, err = e.AppSession(ctx, "contoso", "app-"+id)
		wantKind(t, "its app session", err, fault.NotFound)
		_, err = e.HostCookie(ctx, "contoso", "app-"+id)
		wantKind(t, "its host cookie", err, fault.NotFound)
	}
	if _, err := e.HostCookie(ctx, "contoso", "app-live"); err != nil {
		t.Errorf("a live session's cookie: %v", err)
	}
	rows, _, err := e.JarRows(ctx, "contoso", "app-live")
	if err != nil || len(rows) != 1 || rows[0].Name != "kept" {
		t.Errorf("a live session's jar: %+v, %v", rows, err)
	}
}
