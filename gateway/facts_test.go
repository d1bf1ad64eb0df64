package gateway_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

const byModel = `
kind: SessionPolicy
id: surface
name: Downloads on a Surface alone
control: controlFileDownload
activities: {app: {eq: onedrive}, not: {device.model: {eq: surface}}}
action: block
level: strict
unscannable: block
`

const confirmWithin = `
kind: SessionPolicy
id: confirm
name: Confirm downloads twice an hour
control: controlFileDownload
level: strict
activities: {app: {eq: onedrive}}
action: requireStepUp
stepUp: {context: c1, within: 30m}
unscannable: block
`

// TestDeviceAttributesInSession: what a proof shows of the device counts in session policies while the proof holds, and
// for the device that gave it.
func TestDeviceAttributesInSession(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: library(pdf(9000)), policies: byModel})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	for _, c := range []struct {
		name, model string
		life        time.Duration
		want        int
	}{
		{"the model", "Surface", time.Minute, 200},
		{"another model", "Book", time.Minute, 403},
		{"no attributes", "", time.Minute, 403},
		{"a proof that ran out", "Surface", -time.Minute, 403},
	} {
		proof := model.Proof{Tag: model.TagManaged, Kind: "claim", At: r.now().Add(-time.Hour), Expires: r.now().Add(c.life)}
		if c.model != "" {
			proof.Facts = &model.DeviceFacts{Model: model.FactOf(c.model)}
		}
		r.change(t, p, func(s *session.Session) { s.Proofs = []model.Proof{proof} })
		res, _ := do(t, p.client, fetched("GET", "https://"+p.mapped("files.app.test")+"/attachment", ""))
		if res.StatusCode != c.want {
			t.Errorf("%s: %s, want %d", c.name, res.Status, c.want)
		}
	}
}

// TestStepUpWithin: a step-up that was done in the session lately opens the action, one of long ago does not.
func TestStepUpWithin(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: library(pdf(9000)), policies: confirmWithin})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	for age, want := range map[time.Duration]int{time.Minute: 200, 31 * time.Minute: 403} {
		r.change(t, p, func(s *session.Session) {
			s.Auth.Steps = []model.Satisfaction{{Kind: model.StepContext, Value: "c1", At: r.now().Add(-age), By: "totp"}}
		})
		if res, _ := do(t, p.client, fetched("GET", "https://"+p.mapped("files.app.test")+"/attachment", "")); res.StatusCode != want {
			t.Errorf("%v ago: %s, want %d", age, res.Status, want)
		}
	}
}

// change changes a session as the broker does.
func (r *rig) change(t *testing.T, p *person, do func(*session.Session)) {
	t.Helper()
	_, err := r.mem.UpdateSession(t.Context(), "contoso", p.session.ID, func(s *session.Session) error { do(s); return nil })
	if err == nil {
		err = r.cache.Refresh(t.Context(), "contoso", p.session.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
}

const confirmPage = `
kind: SessionPolicy
id: downloads
name: Confirm downloads
control: controlFileDownload
level: strict
activities: {app: {eq: onedrive}}
action: requireStepUp
stepUp: {context: c1}
unscannable: block
---
kind: SessionPolicy
id: copies
name: Confirm copies
control: blockActivities
activities: {app: {eq: onedrive}, activity.type: {eq: copy}}
action: requireStepUp
stepUp: {context: c1}
unscannable: block
`

// TestStepUpOnPage: a stopped copy is answered with the way to a step-up; what it grants holds for copying in pages of
// that host alone, and says for how long. A confirmed download opens saving, and not copying.
func TestStepUpOnPage(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: library(pdf(9000)), policies: confirmPage})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	u := "https://" + p.mapped("files.app.test")
	controls := func() (now struct {
		Controls map[string]string
		Again    int
	},
	) {
		t.Helper()
		res, body := do(t, p.client, fetched("GET", u+"/.referee/controls", ""))
		if err := json.Unmarshal([]byte(body), &now); err != nil || res.StatusCode != 200 {
			t.Fatalf("%s %s %v", res.Status, body, err)
		}
		return now
	}
	if now := controls(); now.Controls["copy"] != "block" || now.Controls["blobDownload"] != "block" || now.Controls["print"] != "audit" || now.Again != 0 {
		t.Errorf("before: %+v", now)
	}
	res, body := do(t, p.client, fetched("POST", u+"/.referee/report", `{"doc":"d1","events":[{"n":1,"type":"copy","control":"copy","blocked":true,"at":2}]}`))
	var told struct {
		Ways map[string]struct{ Confirm, Watch string }
	}
	if err := json.Unmarshal([]byte(body), &told); err != nil || !strings.Contains(told.Ways["1"].Confirm, "/contoso/stepup?ref=") || !strings.HasPrefix(told.Ways["1"].Watch, u+"/.referee/stepup?ref=") {
		t.Fatalf("%s %s %v", res.Status, body, err)
	}
	if _, state := do(t, p.client, fetched("GET", told.Ways["1"].Watch, "")); state != `{"state":"waiting"}` {
		t.Errorf("before: %s", state)
	}
	seen := &session.Seen{Agent: agent, Address: p.session.Network.Address}
	grant := session.Grant{Tenant: "contoso", Session: p.session.ID, Instance: "files", Activity: model.ActivityCopy, Resource: "PAGE https://files.app.test", Key: "stepUp:c1", Expires: r.now().Add(time.Minute), Seen: seen}
	for name, change := range map[string]func(*session.Grant){
		"another host":    func(g *session.Grant) { g.Resource = "PAGE https://other.app.test" },
		"another app":     func(g *session.Grant) { g.Instance = "other" },
		"another step":    func(g *session.Grant) { g.Key = "stepUp:c2" },
		"another action":  func(g *session.Grant) { g.Activity = model.ActivityPrint },
		"ended":           func(g *session.Grant) { g.Expires = r.now().Add(-time.Second) },
		"another browser": func(g *session.Grant) { g.Seen = &session.Seen{Agent: "curl/8", Address: p.session.Network.Address} },
	} {
		g := grant
		change(&g)
		if err := r.mem.PutGrant(t.Context(), g); err != nil {
			t.Fatal(err)
		}
		if now := controls(); now.Controls["copy"] != "block" {
			t.Fatalf("%s opens copying: %+v", name, now)
		}
	}
	download := grant
	download.Activity, download.Resource = model.ActivityDownload, "GET https://files.app.test/attachment"
	if err := r.mem.PutGrant(t.Context(), download); err != nil {
		t.Fatal(err)
	}
	if now := controls(); now.Controls["blobDownload"] != "audit" || now.Controls["savePicker"] != "audit" || now.Controls["copy"] != "block" || now.Again < 30 || now.Again > 61 {
		t.Errorf("after a confirmed download: %+v", now)
	}
	if err := r.mem.PutGrant(t.Context(), grant); err != nil {
		t.Fatal(err)
	}
	if now := controls(); now.Controls["copy"] != "audit" || now.Again < 30 {
		t.Errorf("after the step-up: %+v", now)
	}
	if _, state := do(t, p.client, fetched("GET", told.Ways["1"].Watch, "")); state != `{"state":"granted"}` {
		t.Errorf("after: %s", state)
	}
}
