package signin_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
)

const blockWords = `
kind: ConditionalAccess
id: nobody
name: Nobody <b>today</b>
conditions:
  users: {includeUsers: [All]}
  applications: {includeApplications: [All]}
grantControls: {builtInControls: [block]}
`

// requestLink is where a block page leads with "Request access", "" if nowhere.
func requestLink(p *page) string {
	m := regexp.MustCompile(`<a class="button secondary" href="([^"]+)">Request access</a>`).FindStringSubmatch(p.text)
	if m == nil {
		return ""
	}
	return m[1]
}

// TestDeniedMayAsk: the page of a blocked sign-in leads to a request, which an exception answers, and the person
// gets in without signing in again. Both ways in: at the app itself, and at its mapped host.
func TestDeniedMayAsk(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]func(r *rig) string{
		"app":         func(r *rig) string { return r.direct(appHost) + "/docs/1" },
		"mapped host": func(r *rig) string { return r.mapped("contoso", appHost) + "/docs/1?a=b&c=d" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, setting{policies: blockWords})
			b, to := r.browser(nil), at(r)
			denied := b.open(to)
			denied.has(t, 403, "You can't open Contoso files", "Request access")
			link := requestLink(denied)
			kept := r.rec.of(model.ActivityAccess)
			if len(kept) != 1 || kept[0].Taken != model.TakenBlock || link != r.at("contoso", "/request-access?ref="+kept[0].Reference) {
				t.Fatalf("link %q, recorded %+v", link, kept)
			}
			denied.has(t, 403, activitylog.FormatReference(kept[0].Reference))
			stored, err := r.db.Blocked(t.Context(), "contoso", kept[0].Reference, r.now())
			if err != nil || stored.Policy.ID != "nobody" || stored.App.Instance != "files" || stored.Override || stored.Session != kept[0].Session ||
				stored.Expires.Sub(r.now()) > 24*time.Hour {
				t.Fatalf("kept %+v, %v", stored, err)
			}
			b.open(link).has(t, 200, "keeps you out of <strong>Contoso files</strong>", "Nobody &lt;b&gt;today&lt;/b&gt;")
			form := url.Values{"ref": {kept[0].Reference}, "reason": {reason}}
			sent := b.send("POST", r.at("contoso", "/request-access"), form, "Sec-Fetch-Site", "same-origin")
			sent.has(t, 200, "Your request was sent", "ex-"+strings.ToLower(kept[0].Reference))
			if again := `<a href="` + r.mapped("contoso", appHost) + `/">Try again</a>`; strings.Contains(sent.text, again) != (name == "mapped host") {
				t.Errorf("%s:\n%s", again, sent.text)
			}
			b.send("POST", r.at("contoso", "/override"), form, "Sec-Fetch-Site", "same-origin").has(t, 403, "does not let you continue")
			b.open(to).has(t, 403, "You can't open Contoso files") // asking is not having

			// Nobody else sees it, in the same tenant or another.
			r.idp.set(func() { r.idp.user = "employee" })
			other := r.browser(nil)
			other.open(to).has(t, 403)
			for _, tenant := range []model.TenantID{"contoso", "fabrikam"} {
				p := other.open(r.at(tenant, "/request-access?ref="+kept[0].Reference))
				p.has(t, 404, "There is nothing here")
				p.lacks(t, "director", "Nobody")
			}

			r.excepted("contoso", blockWords, policy.Exception{
				ID: "ex-1", Tenant: "contoso", User: "director@contoso.example", App: "onedrive", Policy: "nobody", Reason: reason, State: policy.ExceptionApproved,
				Requester: "director@contoso.example", Requested: r.now(), Approver: "admin", Decided: r.now(), Expires: r.now().Add(time.Hour), Version: 2,
			})
			p := b.open(to)
			p.has(t, 200, "hello director")
			if p.went(idpHost) {
				t.Errorf("the person had to sign in again:\n%s", strings.Join(p.hops, "\n"))
			}
			all := r.rec.of(model.ActivityAccess)
			if granted := all[len(all)-1]; len(granted.Objects) != 1 || granted.Objects[0] != (model.Object{Type: "exception", ID: "ex-1"}) {
				t.Errorf("the record does not name the exception: %+v", granted)
			}
			other.open(to).has(t, 403)
			r.clock.Advance(time.Hour + time.Minute)
			r.browser(nil).open(to).has(t, 403)
		})
	}
}

// TestDeniedMayNotAsk: where nothing is on record or kept, or no policy that one could be excepted from, there is
// no link that would lead nowhere. The person stays out all the same.
func TestDeniedMayNotAsk(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{policies: blockWords})
	b := r.browser(nil)
	b.open(r.direct(appHost)+"/").has(t, 403, "Request access")
	r.rec.failing(true)
	p := b.open(r.direct(appHost) + "/")
	p.has(t, 403, "You can't open Contoso files")
	p.lacks(t, "Request access", "Reference code")
	r.rec.failing(false)
	r.fails(func(f *failing) { f.blocked = true })
	p = b.open(r.direct(appHost) + "/")
	p.has(t, 403, "You can't open Contoso files", "Reference code")
	p.lacks(t, "Request access", "disk 7")
	r.fails(func(f *failing) { f.blocked = false })

	book, problems := policy.Compile(nil, policy.Options{Tenant: "contoso", Epoch: 2, DefaultAccess: policy.GateBlock})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	r.mu.Lock()
	r.books["contoso"] = book
	r.mu.Unlock()
	p = b.open(r.direct(appHost) + "/")
	p.has(t, 403, "You can't open Contoso files", "Reference code")
	p.lacks(t, "Request access")
}
