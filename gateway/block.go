package gateway

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"github.com/referee-casb/referee/gateway/page"
	"github.com/referee-casb/referee/gateway/shim"
	"github.com/referee-casb/referee/internal/webpage"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/session"
)

// block records and answers an action that the verdict stopped. f is the file it was about, nil for none. It blocks
// whether or not it can be recorded.
func (h *hop) block(f *model.File) {
	h.g.counts.blocked.Add(1)
	a := h.activity(h.in.Activity)
	a.Outcome, a.Status = model.OutcomeBlocked, http.StatusForbidden
	if f != nil {
		a.Files = []model.File{h.lookedAt(f)}
	}
	h.judged(a)
	h.event(a)
	h.show(h.remember(a, f))
}

// lookedAt is a file with what was found out about it meanwhile.
func (h *hop) lookedAt(f *model.File) model.File {
	out := *f
	if in := &h.in.File; in.Name == f.Name {
		out.Labels = in.Labels
		if out.Size < 0 {
			out.Size = in.Size
		}
		if out.TrueMIME == "" {
			out.TrueMIME = in.TrueMIME
		}
	}
	return out
}

// found says in a person's words what the blocking policy goes by.
func (h *hop) found() string {
	if h.v.Blocker == nil {
		return ""
	}
	types, labels := h.v.Blocker.Found(&h.in)
	var words []string
	for _, id := range types {
		if name := h.typeNames[id]; name != "" {
			id = name
		}
		words = append(words, id)
	}
	for _, l := range labels {
		name := l.Name
		if name == "" {
			name = l.ID
		}
		words = append(words, page.FoundLabel+name)
	}
	if len(words) == 0 {
		return page.FoundNothing
	}
	const most = 5
	if more := len(words) - most; more > 0 {
		words = append(words[:most], fmt.Sprintf(page.FoundMore, more))
	}
	return strings.Join(words, ", ")
}

// stop is what a person is told of a blocked action.
type stop struct {
	title, app, file, policy, code string
	html                           template.HTML
	text                           string
	request, confirm, contact      string
	watch, resume                  string // of an action that waits for a step-up
	step                           bool
	download                       bool
}

// remember keeps what was blocked for the broker's pages and makes the words and links for it.
func (h *hop) remember(a *model.Activity, f *model.File) stop {
	s := stop{app: h.t.Instance.Name, code: reference(a.Reference), contact: h.tenant.Brand.Contact, download: a.Type == model.ActivityDownload}
	if f != nil {
		s.file = f.Name
	}
	message := words(a.Type)
	if p := h.v.Blocker; p != nil {
		s.policy = p.Name
		if p.Message != "" {
			message = p.Message
		}
		if p.NextStep != "" {
			message += "\n\n" + p.NextStep
		}
		if p.Contact != "" {
			s.contact = p.Contact
		}
	}
	if h.why != "" {
		message += "\n\nA copy would need a sensitivity label: " + h.why + "."
	}
	values := map[string]string{"user": h.in.User.Name, "file": s.file, "app": s.app, "policy": s.policy, "contact": s.contact, "reference": s.code, policy.PlaceholderFound: h.found()}
	if values["user"] == "" {
		values["user"] = h.in.User.Username
	}
	s.title = title(a.Type)
	s.html, s.text = webpage.Markdown(message, values), webpage.PlainText(message, values)
	if a.Reference == "" || h.sess == nil {
		return s
	}
	b := session.Blocked{
		Reference: a.Reference, Tenant: h.t.Tenant, Session: h.sess.ID, Activity: a.Type, App: h.in.App, File: s.file,
		Resource: h.resource(), Override: h.v.Gate == policy.GateBlockWithOverride, At: h.now, Expires: h.now.Add(session.BlockedLife), Return: h.back(),
	}
	if h.v.Blocker != nil {
		b.Policy = h.v.Blocker.Ref()
	}
	h.stepsUp(&b, &s)
	if err := h.g.parts.Blocked.PutBlocked(h.ctx, b); err != nil {
		h.g.log.Error("blocked action not kept", "err", err, "tenant", h.t.Tenant)
		return s // the links would lead nowhere
	}
	if h.v.Blocker.Liftable() {
		s.request = h.g.brokerURL(h.t.Tenant, "request-access?ref="+a.Reference)
	}
	if len(b.Steps) > 0 {
		s.confirm = h.g.brokerURL(h.t.Tenant, "stepup?ref="+a.Reference)
	}
	if b.Override {
		s.confirm = h.g.brokerURL(h.t.Tenant, "override?ref="+a.Reference)
	}
	return s
}

// back is where a person goes on after a confirmation: what was asked for, if it can be asked for again, else the page
// it was asked from.
func (h *hop) back() string {
	if h.req.Navigation && h.r.Method == http.MethodGet {
		return origin(h.t) + h.r.URL.RequestURI()
	}
	if ref := h.m.ToMapped(first(h.r.Header, "Referer")); strings.HasPrefix(ref, "https://") {
		if _, ours := h.m.Initiator(ref); ours { // anybody's page may have sent a person here
			return ref
		}
	}
	return origin(h.t) + "/"
}

// show answers: a page to a person, a problem document to a script.
func (h *hop) show(s stop) {
	if !h.req.Navigation && s.step {
		h.showStepUp(s)
		return
	}
	if !h.req.Navigation {
		h.problem(http.StatusForbidden, "blocked", page.Words{Title: s.title, Message: s.text}, func(p *shim.Problem) {
			p.Code, p.RequestURL, p.ConfirmURL = s.code, s.request, s.confirm
		})
		return
	}
	h.addFresh()
	shown := page.Blocked{
		Title: s.title, Message: s.html, App: s.app, File: s.file, Policy: s.policy, Reference: s.code,
		CanDo: page.CanDo(s.download, managed(h.in.Device)), OverrideURL: s.confirm, RequestURL: s.request, Contact: s.contact,
	}
	if s.step {
		shown.CanDo, shown.OverrideURL, shown.StepUpURL, shown.NewWindow = nil, "", s.confirm, !h.req.TopLevel
	}
	if err := page.WriteBlocked(h.w, h.r, http.StatusForbidden, h.brand(), h.ancestors(), shown); err != nil {
		h.g.log.Debug("page not written", "err", err)
	}
}

func managed(tags []model.DeviceTag) bool {
	return slices.ContainsFunc(tags, func(t model.DeviceTag) bool {
		return t == model.TagManaged || t == model.TagIntuneCompliant || t == model.TagHybridJoined || t == model.TagValidClientCertificate
	})
}

func words(kind model.ActivityType) string {
	switch kind {
	case model.ActivityDownload, model.ActivitySave:
		return page.BlockedDownload
	case model.ActivityUpload:
		return page.BlockedUpload
	}
	return page.BlockedOther
}

func title(kind model.ActivityType) string {
	switch kind {
	case model.ActivityDownload, model.ActivitySave:
		return page.TitleDownload
	case model.ActivityUpload:
		return page.TitleUpload
	}
	return page.TitleOther
}

// digest is a short hash for naming something that must not be shown.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}
