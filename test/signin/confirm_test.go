package signin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

// blocked is an action that a gateway stopped in the session of the last sign-in.
func (r *rig) blocked(override bool) session.Blocked {
	r.t.Helper()
	logins := r.rec.of(model.ActivityLogin)
	now := r.now()
	b := session.Blocked{
		Reference: activitylog.Reference(activitylog.ID("contoso", model.SourceSession, session.NewID())), Tenant: "contoso", Session: logins[len(logins)-1].Session,
		Activity: model.ActivityDownload, App: model.AppRef{Key: "onedrive", Name: "OneDrive", Instance: "files"}, Policy: model.PolicyRef{ID: "p1", Name: "No <b>downloads</b>"},
		File: `<img src=x>.pdf`, Resource: "GET https://files/1", Override: override, Return: r.mapped("contoso", appHost) + "/docs/1", At: now, Expires: now.Add(time.Hour),
	}
	if err := r.db.PutBlocked(r.t.Context(), b); err != nil {
		r.t.Fatal(err)
	}
	return b
}

func (r *rig) grants(id model.SessionID) []session.Grant {
	r.t.Helper()
	g, err := r.db.Grants(r.t.Context(), "contoso", id, r.now())
	if err != nil {
		r.t.Fatal(err)
	}
	return g
}

const reason = "The supplier needs it before noon."

func TestOverride(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	b := r.browser(nil)
	b.open(r.direct(appHost)+"/").has(t, 200, "hello")
	blocked := r.blocked(true)
	at := r.at("contoso", "/override")
	for _, ref := range []string{blocked.Reference, activitylog.FormatReference(blocked.Reference), strings.ToLower(blocked.Reference)} {
		p := b.open(at + "?ref=" + ref)
		p.has(t, 200, "Continue anyway?", "&lt;b&gt;downloads&lt;/b&gt;", "&lt;img src=x&gt;.pdf", `<label for="reason">`)
		if csp := p.header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors 'none'") || p.header.Get("X-Frame-Options") != "DENY" {
			t.Errorf("the page may be framed: %s", csp)
		}
		if got := p.header.Get("Referrer-Policy"); got != "same-origin" {
			t.Errorf("Referrer-Policy %q: older browsers would send the form with Origin: null", got)
		}
	}
	form := url.Values{"ref": {blocked.Reference}, "reason": {reason}}
	own := []string{"Origin", "https://" + brokerHost + r.port, "Sec-Fetch-Site", "same-origin"}
	refused := map[string][]string{
		"another site":            {"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"},
		"the app":                 {"Origin", r.mapped("contoso", appHost), "Sec-Fetch-Site", "cross-site"},
		"a sibling of the broker": {"Origin", "https://referee.localhost" + r.port, "Sec-Fetch-Site", "same-site"},
		"an old browser":          {"Origin", "https://evil.example", "Sec-Fetch-Site", ""},
		"an opaque origin":        {"Origin", "null", "Sec-Fetch-Site", ""},
	}
	for name, header := range refused {
		if p := b.send("POST", at, form, header...); p.status != http.StatusForbidden || !strings.Contains(p.text, "sent by another site") {
			t.Errorf("%s: %d", name, p.status)
		}
	}
	if p := b.send("GET", at+"?"+form.Encode(), nil); p.status != 200 || len(r.grants(blocked.Session)) != 0 {
		t.Errorf("a GET grants: %d", p.status)
	}
	for _, bad := range []string{"", "       ", "short", strings.Repeat("x", 1001), "bad \xff\xfe bytes in here"} {
		b.send("POST", at, url.Values{"ref": {blocked.Reference}, "reason": {bad}}, own...).has(t, 422, `role="alert"`, `aria-invalid="true"`)
	}
	if len(r.grants(blocked.Session)) != 0 || len(r.rec.of(model.ActivityOverride)) != 0 {
		t.Fatal("granted without a reason")
	}
	r.rec.failing(true)
	b.send("POST", at, form, own...).has(t, 503)
	r.rec.failing(false)
	if len(r.grants(blocked.Session)) != 0 {
		t.Fatal("granted without a record")
	}
	p := b.send("POST", at, form, own...)
	if p.status != http.StatusSeeOther || p.header.Get("Location") != blocked.Return {
		t.Errorf("%d %s", p.status, p.header.Get("Location"))
	}
	grants := r.grants(blocked.Session)
	if len(grants) != 1 || grants[0].Key != "override:p1" || grants[0].Resource != blocked.Resource || grants[0].Instance != "files" || grants[0].Activity != model.ActivityDownload ||
		grants[0].Expires.Sub(r.now()) > 5*time.Minute {
		t.Errorf("grants %+v", grants)
	}
	rec := r.rec.of(model.ActivityOverride)
	if len(rec) != 1 || rec[0].Reason != reason || rec[0].Taken != model.TakenOverride || rec[0].Policies[0].ID != "p1" {
		t.Errorf("recorded %+v", rec)
	}
}

// TestOverrideOfAnother: a reference read aloud gives nothing to anybody else, nor does a policy that lets nobody
// override.
func TestOverrideOfAnother(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	b, other := r.browser(nil), r.browser(nil)
	b.open(r.direct(appHost)+"/").has(t, 200, "hello director")
	soft, hard := r.blocked(true), r.blocked(false)
	r.idp.set(func() { r.idp.user = "employee" })
	other.open(r.direct(appHost)+"/").has(t, 200, "hello employee")
	for _, path := range []string{"/override", "/request-access"} {
		for _, ref := range []string{soft.Reference, "", "AAAAAAAA", "../../x", strings.Repeat("A", 5000)} {
			p := other.open(r.at("contoso", path+"?ref="+ref))
			p.has(t, 404, "There is nothing here")
			p.lacks(t, "downloads", "director")
			other.send("POST", r.at("contoso", path), url.Values{"ref": {ref}, "reason": {reason}}, "Sec-Fetch-Site", "same-origin").has(t, 404)
		}
	}
	b.open(r.at("contoso", "/override?ref="+hard.Reference)).has(t, 403, "does not let you continue")
	b.send("POST", r.at("contoso", "/override"), url.Values{"ref": {hard.Reference}, "reason": {reason}}, "Sec-Fetch-Site", "same-origin").has(t, 403)
	stranger := r.browser(nil)
	stranger.send("POST", r.at("contoso", "/override"), url.Values{"ref": {soft.Reference}, "reason": {reason}}, "Sec-Fetch-Site", "same-origin").has(t, 401, "session has ended")
	if len(r.grants(soft.Session)) != 0 {
		t.Error("granted")
	}
	// Who is not signed in any more signs in first and is shown nothing that is not theirs.
	if p := stranger.open(r.at("contoso", "/override?ref="+soft.Reference)); p.status != 404 || !p.went(idpHost) {
		t.Errorf("%d %v", p.status, p.hops)
	}
	r.clock.Advance(2 * time.Hour)
	if p := b.open(r.at("contoso", "/override?ref="+soft.Reference)); p.status != 404 {
		t.Errorf("an old reference: %d", p.status)
	}
}

func TestRequestAccess(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	b := r.browser(nil)
	b.open(r.direct(appHost)+"/").has(t, 200, "hello")
	blocked := r.blocked(false)
	at := r.at("contoso", "/request-access")
	b.open(at+"?ref="+blocked.Reference).has(t, 200, "Request access", "You can ask for an exception.")
	b.send("POST", at, url.Values{"ref": {blocked.Reference}, "reason": {"x"}}, "Sec-Fetch-Site", "same-origin").has(t, 422, "say in a few words")
	b.send("POST", at, url.Values{"ref": {blocked.Reference}, "reason": {reason}}, "Sec-Fetch-Site", "cross-site").has(t, 403)
	b.send("POST", at, url.Values{"ref": {blocked.Reference}, "reason": {reason}}, "Sec-Fetch-Site", "same-origin").has(t, 200, "Your request was sent", "ex-"+strings.ToLower(blocked.Reference))
	if rec := r.rec.of(model.ActivityExceptionChange); len(rec) != 1 || rec[0].ActionType != "ExceptionRequested" || rec[0].Reason != reason {
		t.Errorf("recorded %+v", rec)
	}
	if len(r.grants(blocked.Session)) != 0 {
		t.Error("a request grants")
	}
}
