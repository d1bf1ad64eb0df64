package signin_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/signin/saml"
)

// known is what the SAML app knows of its only visitor.
func (a *samlApp) known() saml.SignIn {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, v := range a.visitors {
		return *v
	}
	return saml.SignIn{}
}

// TestSAMLAppSignsOutEverywhere: a logout request without a SessionIndex ends all the sessions in which the app was given
// this name, and nobody else's.
func TestSAMLAppSignsOutEverywhere(t *testing.T) {
	t.Parallel()
	r, idp, app := samlRig(t, "", nil)
	enter := func(name string) (*browser, model.SessionID) {
		t.Helper()
		idp.set(func() {
			idp.lie = func(is *saml.Issue, _ *saml.IdentityProvider) {
				is.NameID.Value = name
				is.Attributes[0].Values, is.Attributes[1].Values = []string{name + "@contoso.example"}, []string{name + "@contoso.example"}
			}
		})
		b := r.browser(nil)
		b.visit(r.direct(otherHost)+"/").has(t, 200, "email="+name)
		return b, r.lastSession()
	}
	_, worker := enter("worker")
	app.mu.Lock()
	clear(app.visitors)
	app.mu.Unlock()
	_, first := enter("director")
	b, second := enter("director")
	sp, err := app.sp()
	if err != nil {
		t.Fatal(err)
	}
	send := func(name saml.NameID) *page {
		t.Helper()
		m, err := sp.RequestLogout(sp.Provider, saml.RoleProvider, saml.Redirect, name, nil, "r")
		if err != nil {
			t.Fatal(err)
		}
		p := b.send(http.MethodGet, m.URL, nil)
		if to := p.header.Get("Location"); p.status != 303 || !strings.HasPrefix(to, app.origin+"/slo?SAMLResponse=") {
			t.Errorf("%d to %s\n%s", p.status, to, p.text)
		}
		return p
	}
	live := func(want string) {
		t.Helper()
		for name, id := range map[string]model.SessionID{"worker": worker, "first": first, "second": second} {
			if s := r.session(id); s.Live(r.now()) != strings.Contains(want, name) {
				t.Errorf("session %s: live %v, want %q", name, s.Live(r.now()), want)
			}
		}
	}
	send(saml.NameID{Value: "nobody", Format: saml.FormatPersistent})
	live("worker first second")
	name := app.known().NameID
	send(saml.NameID{Value: name.Value, Format: saml.FormatUnspecified}) // the name, of another format
	live("worker first second")
	send(name)
	live("worker")
	ended := len(r.rec.of(model.ActivityLogout))
	send(name) // again: nothing is left to end
	if got := len(r.rec.of(model.ActivityLogout)); ended != 2 || got != ended {
		t.Errorf("%d ends on record, then %d", ended, got)
	}
}

// TestSAMLAppNotTold: a SAML app can't be told of a session's end without the browser. Nobody posts it an OpenID token, and
// the record says once that it was not told.
func TestSAMLAppNotTold(t *testing.T) {
	t.Parallel()
	r, _, app := samlRig(t, "", nil)
	b := r.browser(nil)
	b.visit(r.direct(otherHost)+"/").has(t, 200, "email=director")
	id := r.lastSession()
	about := func() (out []model.Activity) {
		for _, a := range r.rec.of(model.ActivityLogout) {
			if strings.HasPrefix(a.ActionType, "AppSession") {
				out = append(out, a)
			}
		}
		return out
	}
	if _, err := r.db.Revoke(t.Context(), session.Revocation{Tenant: "contoso", Session: id, At: r.now(), Reason: "test"}); err != nil {
		t.Fatal(err)
	}
	r.logOut(t, 0)
	if got := about(); len(got) != 0 {
		t.Errorf("recorded at once: %+v", got)
	}
	r.clock.Advance(3 * time.Minute)
	for range 3 {
		r.logOut(t, 0)
		r.clock.Advance(time.Hour)
	}
	if got := about(); len(got) != 1 || got[0].ActionType != "AppSessionEndFailed" || !strings.Contains(got[0].Reason, "browser") || got[0].App.Instance != "notes" {
		t.Errorf("recorded %+v", got)
	}
	if strings.Contains(r.log.String(), "app not told") {
		t.Error("something was sent")
	}
	// An app that signed the person out itself is not said to be uninformed.
	app.mu.Lock()
	clear(app.visitors)
	app.mu.Unlock()
	b = r.browser(nil)
	b.visit(r.direct(otherHost)+"/").has(t, 200, "email=director")
	sp, err := app.sp()
	if err != nil {
		t.Fatal(err)
	}
	got := app.known()
	m, err := sp.RequestLogout(sp.Provider, saml.RoleProvider, saml.Redirect, got.NameID, []string{got.SessionIndex}, "")
	if err != nil {
		t.Fatal(err)
	}
	b.send(http.MethodGet, m.URL, nil)
	if s := r.session(model.SessionID(got.SessionIndex)); s.Revoked.IsZero() {
		t.Fatal("the session lives")
	}
	r.clock.Advance(time.Hour)
	r.logOut(t, 0)
	r.clock.Advance(time.Hour)
	r.logOut(t, 0)
	if got := about(); len(got) != 1 {
		t.Errorf("recorded %+v", got)
	}
}
