package storetest

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

// aSession is a session with every field set.
func aSession(tenant model.TenantID, id model.SessionID, user model.UserID) session.Session {
	return session.Session{
		ID: id, Tenant: tenant, User: model.User{ID: user, Name: "Dora Director", Username: "dora@contoso.example", Groups: []model.GroupID{"board"}},
		Auth: model.Authentication{Provider: "entra", Time: start, AMR: []string{"pwd", "mfa"}}, Created: start, LastSeen: start, Expires: start.Add(12 * time.Hour), Idle: time.Hour,
		Network: model.Network{Address: netip.MustParseAddr("192.0.2.7"), Country: "NL"}, Agent: model.Agent{Raw: "Mozilla/5.0", Browser: "Firefox"}, TLSPrint: "t13d",
		Proofs: []model.Proof{{Tag: model.TagUnmanaged, Kind: "none-offered", At: start, Expires: start.Add(time.Minute)}}, SecretHash: "hash-" + string(id),
	}
}

func ids(list []session.Session) (out []model.SessionID) {
	for _, s := range list {
		out = append(out, s.ID)
	}
	return out
}

// Sessions is the suite of [session.Store].
func Sessions(t *testing.T, open Opener) {
	e, _ := begin(t, open)
	ctx := t.Context()
	s := aSession("contoso", "s1", "dora")
	must(t, e.PutSession(ctx, s))
	got, err := e.Session(ctx, "contoso", "s1")
	want(t, "stored session", got, err, s)
	_, err = e.Session(ctx, "contoso", "absent")
	wantKind(t, "absent session", err, fault.NotFound)
	wantKind(t, "session of no tenant", e.PutSession(ctx, aSession("nobody", "s1", "dora")), fault.NotFound)

	// LastSeen never moves back.
	must(t, e.TouchSession(ctx, "contoso", "s1", start.Add(2*time.Minute)))
	must(t, e.TouchSession(ctx, "contoso", "s1", start.Add(time.Minute)))
	must(t, e.TouchSession(ctx, "contoso", "absent", start))
	s.TLSPrint = "t13e"
	must(t, e.PutSession(ctx, s))
	s.LastSeen = start.Add(2 * time.Minute)
	got, err = e.Session(ctx, "contoso", "s1")
	want(t, "touched session", got, err, s)

	t.Run("update", func(t *testing.T) { updateSessions(t, e) })
	t.Run("list", func(t *testing.T) { listSessions(t, open) })
	t.Run("revoke", func(t *testing.T) { revokeSessions(t, open) })
	t.Run("revoke race", func(t *testing.T) { revokeRace(t, open) })
}

func updateSessions(t *testing.T, e Engine) {
	ctx := t.Context()
	// Every one of many concurrent changes is kept.
	const n = 40
	won := race(t, n, fault.Internal, func(ctx context.Context, i int) error {
		_, err := e.UpdateSession(ctx, "contoso", "s1", func(s *session.Session) error {
			s.Proofs = append(s.Proofs, model.Proof{Kind: fmt.Sprint("proof ", i)})
			return nil
		})
		return err
	})
	s, err := e.Session(ctx, "contoso", "s1")
	if err != nil || won != n || len(s.Proofs) != n+1 {
		t.Errorf("%d of %d changes: %d proofs, %v", won, n, len(s.Proofs), err)
	}
	_, err = e.UpdateSession(ctx, "contoso", "s1", func(s *session.Session) error { s.Proofs = nil; return errStop })
	if err == nil {
		t.Error("the change's error was lost")
	}
	if after, _ := e.Session(ctx, "contoso", "s1"); len(after.Proofs) != n+1 {
		t.Error("a change that failed was stored")
	}
	_, err = e.UpdateSession(ctx, "contoso", "absent", func(*session.Session) error { return nil })
	wantKind(t, "update of an absent session", err, fault.NotFound)
	got, err := e.UpdateSession(ctx, "contoso", "s1", func(s *session.Session) error { s.Proofs, s.LastSeen = nil, start; return nil })
	stored, serr := e.Session(ctx, "contoso", "s1")
	if serr != nil {
		t.Fatal(serr)
	}
	want(t, "what an update returns", got, err, stored)
	if got.LastSeen.Equal(start) {
		t.Error("an update moved LastSeen back")
	}
	_, err = e.UpdateSession(ctx, "contoso", "s1", func(s *session.Session) error { s.Tenant = "fabrikam"; return nil })
	wantKind(t, "update that changes the tenant", err, fault.Internal)
	_, err = e.UpdateSession(ctx, "contoso", "s1", func(*session.Session) error { panic("a caller's defect") })
	wantKind(t, "update that panics", err, fault.Internal)
}

func listSessions(t *testing.T, open Opener) {
	e, _ := begin(t, open)
	ctx := t.Context()
	at := start.Add(time.Hour)
	for i, change := range []func(*session.Session){
		func(s *session.Session) { s.LastSeen = at },
		func(s *session.Session) { s.Expires = at; s.LastSeen = at },
		func(s *session.Session) { s.LastSeen = at.Add(-time.Hour) }, // idle to the nanosecond
		func(s *session.Session) { s.Idle = 0 },
		func(s *session.Session) { s.User.ID = "eva"; s.LastSeen = at },
	} {
		s := aSession("contoso", model.SessionID(fmt.Sprint("s", i)), "dora")
		s.Created = start.Add(time.Duration(i))
		change(&s)
		must(t, e.PutSession(ctx, s))
	}
	for _, c := range []struct {
		user model.UserID
		at   time.Time
		want []model.SessionID
	}{
		{"", time.Time{}, []model.SessionID{"s4", "s3", "s2", "s1", "s0"}},
		{"dora", time.Time{}, []model.SessionID{"s3", "s2", "s1", "s0"}},
		{"", at, []model.SessionID{"s4", "s3", "s0"}},
		{"dora", at, []model.SessionID{"s3", "s0"}},
		{"nobody", at, nil},
	} {
		list, err := e.Sessions(ctx, "contoso", c.user, c.at)
		want(t, fmt.Sprintf("sessions of %q at %v", c.user, c.at), ids(list), err, c.want)
		if !c.at.IsZero() && slices.ContainsFunc(list, func(s session.Session) bool { return !s.Live(c.at) }) {
			t.Error("the store's idea of a live session differs from Live")
		}
	}
}

func revokeSessions(t *testing.T, open Opener) {
	e, c := begin(t, open)
	ctx := t.Context()
	for _, s := range []session.Session{aSession("contoso", "s1", "dora"), aSession("contoso", "s2", "dora"), aSession("contoso", "s3", "eva"), aSession("fabrikam", "s1", "dora")} {
		must(t, e.PutSession(ctx, s))
		must(t, e.PutAppSession(ctx, session.AppSession{ID: "a" + string(s.ID), Session: s.ID, Tenant: s.Tenant, Created: start}))
	}
	c.Advance(time.Minute)
	r, err := e.Revoke(ctx, session.Revocation{Tenant: "contoso", Session: "s1", Reason: "lost laptop"})
	want(t, "revocation", r, err, session.Revocation{Tenant: "contoso", Session: "s1", At: c.Now(), Reason: "lost laptop", Epoch: 1})
	s, err := e.Session(ctx, "contoso", "s1")
	if err != nil || !s.Revoked.Equal(c.Now()) || s.Reason != "lost laptop" {
		t.Errorf("revoked session: %+v, %v", s, err)
	}
	if a, err := e.AppSession(ctx, "contoso", "as1"); err != nil || a.Revoked.IsZero() {
		t.Errorf("its app session: %+v, %v", a, err)
	}
	wantKind(t, "put of a revoked session", e.PutSession(ctx, aSession("contoso", "s1", "dora")), fault.Conflict)
	_, err = e.UpdateSession(ctx, "contoso", "s1", func(s *session.Session) error { s.Revoked = time.Time{}; return nil })
	wantKind(t, "update of a revoked session", err, fault.Conflict)
	wantKind(t, "new app session of a revoked session", e.PutAppSession(ctx, session.AppSession{ID: "late", Session: "s1", Tenant: "contoso"}), fault.Denied)
	wantKind(t, "cookie of a revoked session", e.PutHostCookie(ctx, session.HostCookie{Hash: "h", Tenant: "contoso", AppSession: "as1", WrappedKey: []byte{1}}), fault.Denied)
	_, err = e.Revoke(ctx, session.Revocation{Tenant: "contoso", Session: "absent"})
	wantKind(t, "revocation of an absent session", err, fault.NotFound)

	// A person's revocation spares who signed in after it; a tenant's takes all of that tenant.
	later := aSession("contoso", "s4", "dora")
	later.Created = c.Now().Add(time.Minute)
	must(t, e.PutSession(ctx, later))
	_, err = e.Revoke(ctx, session.Revocation{Tenant: "contoso", User: "dora"})
	must(t, err)
	live, err := e.Sessions(ctx, "contoso", "", c.Now())
	want(t, "after a person's revocation", ids(live), err, []model.SessionID{"s4", "s3"})
	c.Advance(time.Hour / 2)
	r, err = e.Revoke(ctx, session.Revocation{Tenant: "contoso"})
	if err != nil || r.Epoch != 3 {
		t.Errorf("third revocation: %+v, %v", r, err)
	}
	live, err = e.Sessions(ctx, "contoso", "", start)
	want(t, "after the tenant's revocation", ids(live), err, nil)
	live, err = e.Sessions(ctx, "fabrikam", "", c.Now())
	want(t, "the other tenant", ids(live), err, []model.SessionID{"s1"})

	list, err := e.RevokedSince(ctx, "contoso", 1)
	if err != nil || len(list) != 2 || list[0].User != "dora" || list[0].Epoch != 2 || list[1].Epoch != 3 {
		t.Errorf("revocations after the first: %+v, %v", list, err)
	}
	list, err = e.RevokedSince(ctx, "contoso", 3)
	want(t, "revocations after the last", len(list), err, 0)
}

// revokeRace revokes while everything that stands on the session is being made: nothing live may be left.
func revokeRace(t *testing.T, open Opener) {
	e, c := begin(t, open)
	ctx := t.Context()
	for round := range 10 {
		sid := model.SessionID(fmt.Sprint("r", round))
		must(t, e.PutSession(ctx, aSession("contoso", sid, "dora")))
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				if i == 4 {
					if _, err := e.Revoke(ctx, session.Revocation{Tenant: "contoso", Session: sid}); err != nil {
						t.Error(err)
					}
					return
				}
				app := session.AppSession{ID: fmt.Sprint("a", round, "-", i), Session: sid, Tenant: "contoso", Created: start}
				if e.PutAppSession(ctx, app) == nil {
					e.PutHostCookie(ctx, session.HostCookie{Hash: app.ID, Tenant: "contoso", AppSession: app.ID, WrappedKey: []byte{1}})
				}
				e.UpdateSession(ctx, "contoso", sid, func(*session.Session) error { return nil })
			})
		}
		wg.Wait()
		if s, err := e.Session(ctx, "contoso", sid); err != nil || s.Live(c.Now()) {
			t.Errorf("session after its revocation: %+v, %v", s, err)
		}
		apps, err := e.AppSessions(ctx, "contoso", sid)
		if err != nil || slices.ContainsFunc(apps, func(a session.AppSession) bool { return a.Revoked.IsZero() }) {
			t.Errorf("a live app session of a revoked session: %+v, %v", apps, err)
		}
	}
}
