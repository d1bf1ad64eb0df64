package signin_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/signin"
	"github.com/referee-casb/referee/signin/saml"
)

// forgetWays makes a session's sign-in at the app notes one of a version that did not write down by which way it went.
func (r *rig) forgetWays(t *testing.T, id model.SessionID) signin.AppSignIn {
	t.Helper()
	list, err := r.db.AppSignIns(t.Context(), "contoso", id)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range list {
		if a.Instance != "notes" {
			continue
		}
		if err := r.db.DeleteAppSignIn(t.Context(), a.Tenant, a.Session, a.Instance); err != nil {
			t.Fatal(err)
		}
		a.Through, a.Direct = false, false
		if err := r.db.PutAppSignIn(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		return a
	}
	t.Fatal("no sign-in at notes is kept")
	return signin.AppSignIn{}
}

// TestLogoutOfOldSignIns: a sign-in that was kept before its way was written down ended behind the gateway where the
// session has one there, and at the app's own address otherwise; a later one leaves open what it was.
func TestLogoutOfOldSignIns(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		routed, again, browser bool
		ends                   string
	}{
		"by gateway":                    {true, false, true, "CutOff notes"},
		"by gateway, without a browser": {true, false, false, "CutOff notes"},
		"direct":                        {false, false, true, "Ended notes"},
		"direct, then by gateway":       {false, true, true, "Ended notes"},
		"direct, without a browser":     {false, false, false, "EndFailed notes"},
		"by gateway, then again":        {true, true, true, "Ended notes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, _, first, second := twoLeavers(t)
			for _, l := range []*leaver{first, second} {
				l.mu.Lock()
				clear(l.visitors)
				l.mu.Unlock()
			}
			b := r.browser(nil)
			if c.browser {
				b.visit(r.direct(appHost)+"/n/1").has(t, 200, "email=director@contoso.example")
			}
			if c.routed {
				r.policies("contoso", routeNotes)
				b.visit(r.mapped("contoso", otherHost)+"/n/1").has(t, 200, "email=director@contoso.example")
			} else {
				b.visit(r.direct(otherHost)+"/n/1").has(t, 200, "email=director@contoso.example")
			}
			kept := r.forgetWays(t, r.lastSession())
			if c.again {
				kept.Through = true
				if err := r.db.PutAppSignIn(t.Context(), kept); err != nil {
					t.Fatal(err)
				}
			}
			r.policies("contoso", "")
			if c.browser {
				b.open(first.leave(t)).has(t, 200, "signed out, partial false")
			} else {
				if _, err := r.db.Revoke(t.Context(), session.Revocation{Tenant: "contoso", Session: kept.Session, At: r.now(), Reason: "test"}); err != nil {
					t.Fatal(err)
				}
				r.logOut(t, 0)
				r.clock.Advance(3 * time.Minute)
				r.logOut(t, 0)
			}
			if r.ends() != c.ends {
				t.Errorf("recorded %q, want %q", r.ends(), c.ends)
			}
		})
	}
}

// TestSAMLAppIsAnsweredWhereItAsks: an app that names no session ends all that it knows the person by. It hears the answer
// when one of them was at its own address alone, since it waits there; with those behind the gateway alone it can't.
func TestSAMLAppIsAnsweredWhereItAsks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		direct, routed bool
	}{"both ways": {true, true}, "by gateway": {false, true}, "direct": {true, false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, _, app := samlRig(t, "", nil)
			var sessions []model.SessionID
			enter := func(to string) *browser {
				b := r.browser(nil)
				b.visit(to+"/").has(t, 200, "email=director")
				sessions = append(sessions, r.lastSession())
				return b
			}
			var b *browser
			if c.direct {
				b = enter(r.direct(otherHost))
			}
			if c.routed {
				r.policies("contoso", routeNotes)
				b = enter(r.mapped("contoso", otherHost))
			}
			sp, err := app.sp()
			if err != nil {
				t.Fatal(err)
			}
			m, err := sp.RequestLogout(sp.Provider, saml.RoleProvider, saml.Redirect, app.known().NameID, nil, "r")
			if err != nil {
				t.Fatal(err)
			}
			p := b.send(http.MethodGet, m.URL, nil)
			to, answered := p.header.Get("Location"), app.origin+"/slo?SAMLResponse="
			if strings.HasPrefix(to, answered) != c.direct || p.status != 303 || !c.direct && !strings.Contains(to, "/signout?done") {
				t.Errorf("%d to %s", p.status, to)
			}
			for _, id := range sessions {
				if s := r.session(id); s.Live(r.now()) {
					t.Errorf("session %s lives", id)
				}
			}
		})
	}
}
