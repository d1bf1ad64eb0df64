package gateway_test

import (
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
