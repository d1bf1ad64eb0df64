package signin_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/signin/saml"
)

// leaver is a SAML app that takes logout requests, and answers as it is told to.
type leaver struct {
	*samlApp
	partial, rude bool   // signs out in part only; answers with another's signature
	heard         string // what came of a logout that it began
}

func (l *leaver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/slo" {
		l.samlApp.ServeHTTP(w, r)
		return
	}
	sp, err := l.sp()
	var in saml.Incoming
	if err == nil {
		in, err = saml.FromQuery(r.URL.RawQuery)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil && in.Response {
		var result *saml.LogoutResult
		if result, err = sp.ParseLogoutResponse(in, saml.RoleProvider, sp.Provider, l.pending["logout"]); err == nil {
			l.heard = fmt.Sprintf("partial %t", result.Partial)
			fmt.Fprint(w, "signed out, ", l.heard)
			return
		}
	}
	var request *saml.LogoutRequest
	if err == nil {
		request, err = sp.ParseLogoutRequest(in, saml.RoleProvider, func(string) (*saml.Entity, bool) { return sp.Provider, true })
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	clear(l.visitors)
	if l.rude {
		sp.Keys = saml.Keys{samlPairs()[0]}
	}
	m, err := sp.AnswerLogout(request, saml.RoleProvider, l.partial)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, m.URL, http.StatusSeeOther)
}

// leave begins a logout in the app, with the name that it was given.
func (l *leaver) leave(t *testing.T) string {
	t.Helper()
	sp, err := l.sp()
	if err != nil {
		t.Fatal(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, v := range l.visitors {
		m, err := sp.RequestLogout(sp.Provider, saml.RoleProvider, saml.Redirect, v.NameID, []string{v.SessionIndex}, "")
		if err != nil {
			t.Fatal(err)
		}
		l.pending["logout"] = m.ID
		return m.URL
	}
	t.Fatal("nobody is signed in at the app")
	return ""
}

// twoLeavers has two SAML apps that take logout requests, and a person who is signed in at both.
func twoLeavers(t *testing.T) (*rig, *browser, *leaver, *leaver) {
	t.Helper()
	r := newRig(t, setting{instance: func(in *catalog.Instance) {
		at := "https://" + in.Hosts[0].Name
		in.Federation = catalog.Federation{Protocol: "saml", SAML: &catalog.SAMLApp{
			EntityID: at + "/saml", Consumers: []string{at + "/acs"}, LogoutURI: at + "/slo", Certificates: []string{pemText(samlPairs()[1].Certificate)},
		}}
	}})
	b := r.browser(nil)
	var apps []*leaver
	for _, host := range []string{appHost, otherHost} {
		l := &leaver{samlApp: &samlApp{r: r, origin: r.direct(host), pending: map[string]string{}, visitors: map[string]*saml.SignIn{}}}
		r.host(host, l)
		b.visit(r.direct(host)+"/n/1").has(t, 200, "email=director@contoso.example")
		apps = append(apps, l)
	}
	return r, b, apps[0], apps[1]
}

// ends lists what is on record of apps that were told, or not.
func (r *rig) ends() string {
	var out []string
	for _, a := range r.rec.of(model.ActivityLogout) {
		if strings.HasPrefix(a.ActionType, "AppSession") {
			out = append(out, strings.TrimPrefix(a.ActionType, "AppSession")+" "+string(a.App.Instance))
		}
	}
	return strings.Join(out, ", ")
}

// TestLogoutGoesRound: a logout that one app begins reaches the session's other SAML apps, by the person's browser, and
// the first one hears whether all of them signed out.
func TestLogoutGoesRound(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		set   func(*leaver)
		heard string
		ends  string
	}{
		"all sign out":      {func(*leaver) {}, "partial false", "Ended notes"},
		"one in part":       {func(l *leaver) { l.partial = true }, "partial true", "EndFailed notes"},
		"one signs wrongly": {func(l *leaver) { l.rude = true }, "partial true", "EndFailed notes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, b, first, second := twoLeavers(t)
			c.set(second)
			p := b.open(first.leave(t))
			p.has(t, 200, "signed out, "+c.heard)
			if len(second.visitors) != 0 || first.heard != c.heard || r.ends() != c.ends {
				t.Errorf("%d visitors left, heard %q, recorded %q", len(second.visitors), first.heard, r.ends())
			}
			sessions, err := r.db.Sessions(t.Context(), "contoso", "", r.now())
			if err != nil || len(sessions) != 0 {
				t.Errorf("%d sessions live, %v", len(sessions), err)
			}
			r.logOut(t, 0) // nothing is left to be told
			if r.ends() != c.ends {
				t.Errorf("recorded again: %q", r.ends())
			}
		})
	}
}

// TestSignOutGoesRound: signing out here reaches every SAML app, and ends where it said it would.
func TestSignOutGoesRound(t *testing.T) {
	t.Parallel()
	r, b, first, second := twoLeavers(t)
	p := b.follow(b.send(http.MethodPost, r.at("contoso", "/signout"), url.Values{}, "Origin", "https://"+brokerHost+r.port, "Sec-Fetch-Site", "same-origin"), 30)
	p.has(t, 200, "signed out")
	if p.at.Path != "/contoso/signout" || !p.at.Query().Has("done") || len(first.visitors)+len(second.visitors) != 0 || r.ends() != "Ended files, Ended notes" {
		t.Errorf("at %s, recorded %q", p.at, r.ends())
	}
	// What was answered once answers nothing again, and nobody else's answer does.
	tried := 0
	for _, h := range p.hops {
		if strings.Contains(h, "SAMLResponse=") {
			tried++
			if again := b.open(h); again.status < 400 {
				t.Errorf("an answer was taken twice: %d at %s", again.status, again.at)
			}
		}
	}
	if tried != 2 || r.ends() != "Ended files, Ended notes" {
		t.Errorf("recorded %q", r.ends())
	}
}
