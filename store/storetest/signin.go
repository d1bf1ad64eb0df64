package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/signin"
)

// NamedSessions is the suite of [signin.Sessions]: sessions are found by what a provider calls them.
func NamedSessions(t *testing.T, open Opener) {
	e, c := begin(t, open)
	ctx := t.Context()
	put := func(tenant model.TenantID, id model.SessionID, change func(*session.Session)) {
		t.Helper()
		s := aSession(tenant, id, "dora")
		s.User.Email = "Dora.Director@Contoso.example"
		change(&s)
		must(t, e.PutSession(ctx, s))
	}
	put("contoso", "s1", func(s *session.Session) { s.Auth.Subject, s.Auth.Session = "dora", "p1" })
	put("contoso", "s2", func(s *session.Session) { s.Auth.Subject, s.Auth.Session = "dora", "p2" })
	put("contoso", "s3", func(s *session.Session) {
		s.Auth.Subject, s.User.Email, s.User.Username = "eva", "", "Eva@contoso.example"
	})
	put("contoso", "s4", func(s *session.Session) {
		s.Auth.Subject, s.Auth.Session = "p1", `o'"\u00e9`
		s.User.Email, s.User.Username = "", ""
	})
	put("contoso", "over", func(s *session.Session) { s.Auth.Subject, s.Expires = "dora", start })
	put("contoso", "idle", func(s *session.Session) { s.Auth.Subject, s.LastSeen = "dora", start.Add(-2*time.Hour) })
	put("contoso", "revoked", func(s *session.Session) { s.Auth.Subject = "dora" })
	_, err := e.Revoke(ctx, session.Revocation{Tenant: "contoso", Session: "revoked"})
	must(t, err)
	put("fabrikam", "f1", func(s *session.Session) { s.Auth.Subject, s.Auth.Session = "dora", "p1" })
	for _, l := range []struct {
		names session.Names
		want  []model.SessionID
	}{
		{session.Names{}, nil},
		{session.Names{Subject: "dora"}, []model.SessionID{"s1", "s2"}},
		{session.Names{Subject: "Dora"}, nil},
		{session.Names{Session: "p1"}, []model.SessionID{"s1"}},
		{session.Names{Subject: "p1", Session: "p1"}, []model.SessionID{"s1", "s4"}},
		{session.Names{Subject: "dora", Session: "p1"}, []model.SessionID{"s1", "s2"}},
		{session.Names{Session: `o'"\u00e9`}, []model.SessionID{"s4"}},
		{session.Names{Address: "dora.director@CONTOSO.example"}, []model.SessionID{"s1", "s2"}},
		{session.Names{Address: "DORA@contoso.example"}, []model.SessionID{"s1", "s2"}},
		{session.Names{Address: "eva@contoso.example"}, []model.SessionID{"s3"}},
		{session.Names{Address: "nobody@contoso.example"}, nil},
	} {
		list, err := e.SessionsNamed(ctx, "contoso", l.names, c.Now())
		want(t, fmt.Sprintf("sessions named %+v", l.names), ids(list), err, l.want)
	}
	_, err = e.UpdateSession(ctx, "contoso", "s2", func(s *session.Session) error { s.Auth.Subject = "eva"; return nil })
	must(t, err)
	list, err := e.SessionsNamed(ctx, "contoso", session.Names{Subject: "eva"}, c.Now())
	want(t, "after a sign-in as another", ids(list), err, []model.SessionID{"s2", "s3"})
	if len(list) > 0 {
		stored, err := e.Session(ctx, "contoso", "s2")
		want(t, "a session found by name", list[0], err, stored)
	}
}

// AppSignIns is the suite of [signin.AppSignInStore].
func AppSignIns(t *testing.T, open Opener) {
	e, c := begin(t, open)
	ctx := t.Context()
	put := func(tenant model.TenantID, s model.SessionID, app model.InstanceID, subject string) signin.AppSignIn {
		t.Helper()
		a := signin.AppSignIn{Tenant: tenant, Session: s, Instance: app, Protocol: "saml", Subject: subject, Format: "f", Index: string(s), Expires: start.Add(time.Hour)}
		must(t, e.PutSession(ctx, aSession(tenant, s, "dora")))
		must(t, e.PutAppSignIn(ctx, a))
		return a
	}
	first, second := put("contoso", "s1", "files", "dora"), put("contoso", "s2", "files", "dora")
	notes := put("contoso", "s2", "notes", "dora")
	eva := put("contoso", "s3", "files", "eva")
	theirs := put("fabrikam", "s1", "files", "dora")
	list, err := e.AppSignIns(ctx, "contoso", "s2")
	want(t, "of a session", list, err, []signin.AppSignIn{second, notes})
	list, err = e.AppSignInsAs(ctx, "contoso", "files", "dora")
	want(t, "of a name", list, err, []signin.AppSignIn{first, second})
	list, err = e.AppSignInsAs(ctx, "contoso", "files", "Dora")
	want(t, "of a name in other letters", list, err, nil)
	list, err = e.AppSignInsAs(ctx, "fabrikam", "files", "dora")
	want(t, "of another tenant's app", list, err, []signin.AppSignIn{theirs})
	list, err = e.DueLogouts(ctx, c.Now(), 10)
	want(t, "while the sessions live", list, err, nil)
	_, err = e.Revoke(ctx, session.Revocation{Tenant: "contoso", Session: "s3"})
	must(t, err)
	list, err = e.DueLogouts(ctx, c.Now(), 10)
	want(t, "of a session that has ended", list, err, []signin.AppSignIn{eva})
	must(t, e.PostponeLogout(ctx, eva, c.Now().Add(time.Minute)))
	list, err = e.DueLogouts(ctx, c.Now(), 10)
	want(t, "postponed", list, err, nil)
	eva.Attempts = 1
	list, err = e.DueLogouts(ctx, c.Now().Add(time.Minute), 10)
	want(t, "a minute later", list, err, []signin.AppSignIn{eva})
	must(t, e.DeleteAppSignIn(ctx, "contoso", "s3", "files"))
	must(t, e.DeleteAppSignIn(ctx, "contoso", "s3", "files"))
	must(t, e.DeleteAppSignIn(ctx, "fabrikam", "s2", "files"))
	list, err = e.AppSignInsAs(ctx, "contoso", "files", "eva")
	want(t, "forgotten", list, err, nil)
	list, err = e.AppSignIns(ctx, "contoso", "s2")
	want(t, "after another tenant's deletion", list, err, []signin.AppSignIn{second, notes})
}
