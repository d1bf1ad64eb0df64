package storetest

import (
	"reflect"
	"testing"
	"time"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/signin"
)

func anAppSignIn(of model.TenantID, sid model.SessionID, app model.InstanceID) signin.AppSignIn {
	return signin.AppSignIn{Tenant: of, Session: sid, Instance: app, Protocol: "oidc", Subject: "anna at " + string(app), Expires: start.Add(72 * time.Hour)}
}

// DueLogouts is the suite of that method: apps are due when the session has ended, however it did, and not
// before.
func DueLogouts(t *testing.T, open Opener) {
	e, c := begin(t, open)
	ctx := t.Context()
	for _, s := range []session.Session{aSession("contoso", "s1", "anna"), aSession("contoso", "s2", "anna"), aSession("contoso", "s3", "bert"), aSession("fabrikam", "s1", "dora")} {
		must(t, e.PutSession(ctx, s))
	}
	files, mail := anAppSignIn("contoso", "s1", "files"), anAppSignIn("contoso", "s1", "mail")
	second, theirs := anAppSignIn("contoso", "s2", "files"), anAppSignIn("fabrikam", "s1", "files")
	for _, a := range []signin.AppSignIn{files, mail, second, theirs, anAppSignIn("contoso", "s3", "files")} {
		must(t, e.PutAppSignIn(ctx, a))
	}
	list, err := e.AppSignIns(ctx, "contoso", "s1")
	want(t, "a session's", list, err, []signin.AppSignIn{files, mail})
	due := func(what string, stored ...signin.AppSignIn) {
		t.Helper()
		got, err := e.DueLogouts(ctx, c.Now(), 10)
		must(t, err)
		left := append([]signin.AppSignIn{}, stored...)
		for _, a := range got {
			for i := range left {
				if reflect.DeepEqual(a, left[i]) {
					left = append(left[:i], left[i+1:]...)
					break
				}
			}
		}
		if len(left) > 0 || len(got) != len(stored) {
			t.Errorf("%s: due are %+v, want %+v", what, got, stored)
		}
	}
	due("all sessions live")
	revoke := func(r session.Revocation) {
		t.Helper()
		_, err := e.Revoke(ctx, r)
		must(t, err)
	}
	revoke(session.Revocation{Tenant: "contoso", Session: "s1", Reason: "left", At: c.Now()})
	due("one session ended", files, mail)
	if got, err := e.DueLogouts(ctx, c.Now(), 1); err != nil || len(got) != 1 {
		t.Errorf("at most one: %d, %v", len(got), err)
	}
	must(t, e.PostponeLogout(ctx, files, c.Now().Add(time.Minute)))
	due("one postponed", mail)
	must(t, e.DeleteAppSignIn(ctx, "contoso", "s1", "mail"))
	due("one told")
	c.Advance(time.Minute)
	files.Attempts = 1
	due("again", files)
	// What is begun after its session's end is told all the same: the process that began it did not know.
	late := anAppSignIn("contoso", "s1", "late")
	must(t, e.PutAppSignIn(ctx, late))
	due("a late one", files, late)
	must(t, e.DeleteAppSignIn(ctx, "contoso", "s1", "files"))
	must(t, e.DeleteAppSignIn(ctx, "contoso", "s1", "late"))
	revoke(session.Revocation{Tenant: "contoso", User: "anna", Reason: "left", At: c.Now()})
	due("a person's sessions", second)
	_, err = e.UpdateSession(ctx, "contoso", "s3", func(s *session.Session) error { s.Revoked, s.Reason = c.Now(), "signed out"; return nil })
	must(t, err)
	due("a change that ends one", second, anAppSignIn("contoso", "s3", "files"))
	revoke(session.Revocation{Tenant: "fabrikam", Reason: "closed", At: c.Now()})
	due("another tenant's", second, anAppSignIn("contoso", "s3", "files"), theirs)

	// What began on one way goes on beside the other, and so does what began under a bypass.
	direct := anAppSignIn("fabrikam", "s2", "files")
	direct.Direct, direct.Bypass = true, "bp-1"
	must(t, e.PutSession(ctx, aSession("fabrikam", "s2", "dora")))
	must(t, e.PutAppSignIn(ctx, direct))
	through := anAppSignIn("fabrikam", "s2", "files")
	through.Through, through.Subject = true, "dora again"
	must(t, e.PutAppSignIn(ctx, through))
	through.Direct, through.Bypass = true, "bp-1"
	list, err = e.AppSignIns(ctx, "fabrikam", "s2")
	want(t, "both ways", list, err, []signin.AppSignIn{through})
}
