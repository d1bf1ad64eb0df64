package gateway

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/referee-casb/referee/device"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/gateway/header"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
)

// ruling is what came of asking.
type ruling uint8

const (
	passes   ruling = iota
	stopped         // the verdict's gate is not satisfied; nothing has been answered yet
	answered        // the client was sent to prove something; there is nothing left to do
)

// rounds bounds how often one action is decided again; each round must have brought a fact.
const rounds = 6

// facts fills in what is the same for every decision of this request.
func (h *hop) facts() {
	if h.filled {
		return
	}
	h.filled = true
	in := &h.in
	in.Now, in.Tenant, in.Stage = h.now, h.t.Tenant, policy.StageActivity
	in.App = model.AppRef{ID: h.t.App.ID, Key: h.t.Instance.App, Name: h.t.App.Name, Instance: h.t.Instance.ID}
	in.Suite, in.ClientApp = h.t.App.Suite, model.ClientBrowser
	addr, agent := h.g.address(h.r), first(h.r.Header, "User-Agent")
	if s := h.sess; s != nil {
		in.Session, in.Control, in.User, in.Auth = s.ID, string(h.entry.App.Control), s.User, &s.Auth
		if s.Network.Address == addr {
			in.Network = s.Network
		}
		if s.Agent.Raw == agent {
			in.Agent = s.Agent
		}
	}
	if !in.Network.Address.IsValid() {
		in.Network = h.g.parts.Enrich.Network(h.t.Tenant, addr)
	}
	if in.Agent.Raw == "" && agent != "" {
		in.Agent = h.g.parts.Enrich.Agent(agent)
	}
	in.GeoState = filter.Known
	h.device()
}

// device tells what is proven of the device now. A proof is a lease: one that has run out, or was given to a device that
// looks different now, counts as not asked for.
func (h *hop) device() {
	in := &h.in
	in.Device, in.DeviceState, in.DeviceFacts = nil, filter.Unknown, nil
	if h.sess == nil {
		in.DeviceState = filter.Unobtainable
		return
	}
	if len(h.sess.Proofs) > 0 {
		was := device.Binding{TLSPrint: ciphers(h.sess.TLSPrint), Address: h.sess.Network.Address, ASN: h.sess.Network.ASN, Agent: h.sess.Agent.Raw}
		is := device.Binding{Address: in.Network.Address, ASN: in.Network.ASN, Agent: in.Agent.Raw}
		if h.g.parts.TLSPrint != nil {
			is.TLSPrint = ciphers(h.g.parts.TLSPrint(h.r))
		}
		if _, changed := device.Change(was, is); !changed {
			in.Device = device.Tags(h.sess.Proofs, h.now, false)
			// Most proofs show a tag and no attributes; those cost nothing here.
			if slices.ContainsFunc(h.sess.Proofs, func(p model.Proof) bool { return p.Facts != nil }) {
				if facts := device.Facts(h.sess.Proofs, h.now); facts.Any() {
					in.DeviceFacts = &facts
				}
			}
		}
	}
	switch {
	case len(in.Device) > 0 && !(len(in.Device) == 1 && in.Device[0] == model.TagUnknown):
		in.DeviceState = filter.Known
		h.g.asked.forget(h.sess.ID) // when the lease ends, it may be asked again at once
		if h.own.Asked != "" {
			h.own.Asked = ""
			h.fresh = append(h.fresh, header.AskedCookie+"=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
		}
	case h.askedBefore():
		in.Device, in.DeviceState = nil, filter.Unobtainable
	}
}

// ciphers is the part of a JA4 that is the same on all connections of one program: what it offers depends on neither
// protocol nor host.
func ciphers(ja4 string) string {
	_, rest, _ := strings.Cut(ja4, "_")
	part, _, _ := strings.Cut(rest, "_")
	return part
}

// action prepares the input for one action.
func (h *hop) action(kind model.ActivityType, f *model.File) {
	h.facts()
	in := &h.in
	in.Activity, in.Satisfied = kind, nil
	in.File = model.File{Size: -1}
	in.NameState, in.SizeState, in.TypeState, in.LabelState = filter.NotSet, filter.NotSet, filter.NotSet, filter.NotSet
	in.ContentState, in.MalwareState = filter.NotSet, filter.NotSet
	in.Findings, in.Malware = nil, false
	h.matches, h.evident, h.malware = nil, nil, ""
	in.Preview, in.Navigation, in.Saved = false, false, false
	if f == nil {
		in.ContentState, in.MalwareState = h.textState(kind), h.textState(kind)
		return
	}
	in.File = *f
	in.NameState = filter.Known
	in.SizeState, in.TypeState = filter.Known, filter.Known
	if f.Size < 0 {
		in.SizeState = filter.Unknown
	}
	if f.TrueMIME == "" {
		in.TypeState = filter.Unknown
	}
	open := filter.Unobtainable
	if h.g.parts.Inspector != nil {
		open = filter.Unknown
	}
	in.LabelState, in.ContentState, in.MalwareState = open, open, open
}

// fetch brings facts that a verdict asks for. It returns false when it had to answer instead.
type fetch func(needs []model.Need, deadline time.Time) bool

// ask decides the action that h.in describes. get brings facts of the content; nil where there is none.
func (h *hop) ask(get fetch) ruling {
	rules := h.g.parts.Rules(h.t.Tenant)
	if rules == nil {
		return h.withoutRules()
	}
	rules.Decide(&h.in, &h.v)
	for range rounds {
		if !h.v.Open() {
			break
		}
		if !h.satisfy(get) {
			return answered
		}
		rules.Decide(&h.in, &h.v)
	}
	// fail closed: a verdict that is still open has the gate that applies if nobody brings the facts.
	if h.v.Gate == policy.GateAllow {
		return passes
	}
	if h.v.Gate != policy.GateBlock && h.granted() {
		rules.Decide(&h.in, &h.v)
		if h.v.Gate == policy.GateAllow {
			return passes
		}
	}
	return stopped
}

// satisfy brings what the verdict needs. What can't be had becomes unobtainable, so that the next decision is a last one.
func (h *hop) satisfy(get fetch) bool {
	in := &h.in
	content := false
	for _, n := range h.v.Needs {
		switch n.Kind {
		case model.NeedDeviceProof:
			if h.prove() {
				return false
			}
			in.Device, in.DeviceState = nil, filter.Unobtainable
		case model.NeedNetwork:
			in.GeoState = filter.Unobtainable
		case model.NeedContent, model.NeedLabel, model.NeedMalware, model.NeedSize, model.NeedTrueType:
			content = true
		}
	}
	if !content {
		return true
	}
	if get != nil && !get(h.v.Needs, h.v.Deadline) {
		return false
	}
	for _, n := range h.v.Needs {
		var state *filter.State
		switch n.Kind {
		case model.NeedContent:
			state = &in.ContentState
		case model.NeedLabel:
			state = &in.LabelState
		case model.NeedMalware:
			state = &in.MalwareState
		case model.NeedSize:
			state = &in.SizeState
		case model.NeedTrueType:
			state = &in.TypeState
		default:
			continue
		}
		if *state == filter.Unknown {
			*state = filter.Unobtainable
		}
	}
	return true
}

// nothingKnown is a file of which nothing is known.
var nothingKnown = model.File{Size: -1}

// provedAhead asks a device for proof when a page is opened that may lead to an action which needs it: once the page's
// script asks for a file, nobody can be sent anywhere. It returns true when it has answered.
func (h *hop) provedAhead() bool {
	h.facts()
	rules := h.g.parts.Rules(h.t.Tenant)
	if h.in.DeviceState != filter.Unknown || !h.req.TopLevel || rules == nil {
		return false
	}
	for _, kind := range [...]model.ActivityType{model.ActivityDownload, model.ActivityUpload, model.ActivityCopy} {
		h.action(kind, &nothingKnown)
		rules.Decide(&h.in, &h.v)
		for _, n := range h.v.Needs {
			if n.Kind == model.NeedDeviceProof {
				return h.prove()
			}
		}
	}
	return false
}

// prove sends a navigation to the device host and back, once. A script's request can't go there.
func (h *hop) prove() bool {
	if !h.req.TopLevel || h.r.Method != http.MethodGet || h.sess == nil || h.askedBefore() {
		return false
	}
	back, err := h.g.parts.Vault.Sign(h.t.Tenant, returnPurpose, []byte(origin(h.t)+h.r.URL.RequestURI()), h.now.Add(10*time.Minute))
	if err != nil {
		h.g.log.Error("return address not signed", "err", err, "tenant", h.t.Tenant)
		return false // the proof stays unobtainable, and the policy says what that means
	}
	h.noteAsked()
	h.addFresh()
	h.redirect(h.g.brokerURL(h.t.Tenant, "device?to="+back))
	return true
}

// returnPurpose is the vault purpose of an address that the broker sends a browser back to.
const returnPurpose = "return"

// withoutRules applies the tenant's default: there are no rules that could decide.
func (h *hop) withoutRules() ruling {
	h.v.Reset()
	a := h.activity(model.ActivityDefault)
	a.Reason = "there is no rule book for this tenant, so its default behaviour applied"
	a.Detail = map[string]any{"activity": string(h.in.Activity), "default": string(h.tenant.Default)}
	if h.tenant.Default == "allow" {
		a.Taken = model.TakenNone
		h.event(a)
		return passes // fail open: the tenant chose that work goes on when Referee can't decide
	}
	a.Taken = model.TakenBlock
	h.event(a)
	h.v.Gate = policy.GateBlock // fail closed: the tenant's choice, and the default of the choice
	return stopped
}

// granted looks for overrides and step-ups that hold for this very action.
func (h *hop) granted() bool {
	if h.sess == nil {
		return false
	}
	grants, err := h.g.parts.Grants.Grants(h.ctx, h.t.Tenant, h.sess.ID, h.now)
	if err != nil {
		h.g.log.Error("grants not read", "err", err, "tenant", h.t.Tenant)
		return false // fail closed: the gate stays
	}
	resource, unheld := h.resource(), h.unheld()
	for i := range grants {
		g := &grants[i]
		if unheld && strings.HasPrefix(g.Key, stepUpKey) {
			continue // fail closed: it was earned for other bytes
		}
		if g.Instance != h.t.Instance.ID || !h.now.Before(g.Expires) || !h.fits(g) {
			continue
		}
		// A page's script fetches a file, which the person confirmed, and saves it: that is one download, not two.
		fetched := h.onPage && h.in.Activity == model.ActivitySave && g.Activity == model.ActivityDownload
		if fetched || g.Activity == h.in.Activity && g.Resource == resource {
			h.in.Satisfied = append(h.in.Satisfied, g.Key)
			if h.onPage && (h.until.IsZero() || g.Expires.Before(h.until)) {
				h.until = g.Expires
			}
		}
	}
	return len(h.in.Satisfied) > 0
}

// resource is what a grant is bound to: the method, with HEAD as GET, and the real address. The query is part of it
// where it names the thing, and never shown.
func (h *hop) resource() string {
	if h.onPage {
		return "PAGE https://" + h.t.Real
	}
	method := h.r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	s := method + " https://" + h.t.Real + h.r.URL.Path
	if h.r.URL.RawQuery != "" {
		s += "?" + digest(h.r.URL.RawQuery)
	}
	if method != http.MethodGet && h.kept != nil {
		s += "#" + h.kept.sum
	}
	return s
}

// isText reports whether a media type is one whose text can be searched for mapped hosts.
func isText(mediaType string) bool {
	t, _, _ := strings.Cut(strings.ToLower(mediaType), ";")
	switch t = strings.TrimSpace(t); t {
	case "application/x-www-form-urlencoded", "application/json", "text/plain", "application/xml", "text/xml", "application/graphql", "application/csp-report":
		return true
	}
	return strings.HasSuffix(t, "+json") || strings.HasSuffix(t, "+xml")
}

const (
	known        = filter.Known
	unobtainable = filter.Unobtainable
)
