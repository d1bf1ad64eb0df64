package signin

import (
	"html/template"
	"net/http"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/internal/webpage"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/tenant"
)

// blockedView is what a person sees whom Conditional Access lets not in.
type blockedView struct {
	App, User, Policy, Reference string
	Message, NextStep            template.HTML
	Contact                      string
	RequestURL                   string // "" where no exception could help
	UseBrowser                   bool   // a browser would get further than this program
}

// deny answers a person who may not reach an app: on record first, then a page that says why and what to do.
// back is the mapped host that they were going to, "" when they came from the app itself.
func (b *Broker) deny(w http.ResponseWriter, r *http.Request, t tenant.Tenant, s session.Session, inst catalog.Instance, d *decision, back string) {
	if d.Gate == policy.GateStepUp && b.stepUp(w, r, t, s, inst, d) {
		return
	}
	var a *model.Activity
	err := b.record(r, s, model.ActivityAccess, func(kept *model.Activity) {
		fillAccess(kept, inst, d, false)
		a = kept
	})
	view := blockedView{App: inst.Name, User: s.User.Name, Contact: t.Brand.Contact, UseBrowser: d.UseBrowser}
	if err != nil {
		// The person stays out either way; only the code is missing, since it would lead nowhere.
		b.parts.Log.Error("blocked access not recorded", "tenant", t.ID, "err", err)
	} else {
		view.Reference = activitylog.FormatReference(a.Reference)
		view.RequestURL = b.requestable(r, s, a, d, back)
	}
	if view.User == "" {
		view.User = s.User.Username
	}
	if p := d.Blocker; p != nil {
		view.Policy = p.Name
		if p.Contact != "" {
			view.Contact = p.Contact
		}
		values := map[string]string{"user": view.User, "app": inst.Name, "policy": p.Name, "contact": view.Contact, "reference": view.Reference, "file": ""}
		view.NextStep = webpage.Markdown(p.NextStep, values)
		view.Message = webpage.Markdown(p.Message, values)
	}
	b.render(w, r, t, http.StatusForbidden, "blocked", view)
}

// requestable keeps a refused access for the page where a person asks for an exception, and returns that page's
// address; "" when no exception could help, or it can't be kept.
func (b *Broker) requestable(r *http.Request, s session.Session, a *model.Activity, d *decision, back string) string {
	if !d.Blocker.Liftable() || a.Reference == "" {
		return ""
	}
	now := b.parts.Now()
	err := b.parts.Blocked.PutBlocked(r.Context(), session.Blocked{
		Reference: a.Reference, Tenant: s.Tenant, Session: s.ID, Activity: a.Type, App: a.App, Policy: d.Blocker.Ref(),
		Return: back, At: now, Expires: now.Add(session.BlockedLife),
	})
	if err != nil {
		b.parts.Log.Error("blocked access not kept", "tenant", s.Tenant, "err", err)
		return "" // the link would lead nowhere
	}
	return b.url(s.Tenant, "/request-access?ref="+a.Reference)
}
