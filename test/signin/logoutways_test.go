package signin_test

import (
	"testing"
	"time"

	"github.com/referee-casb/referee/session"
)

// TestLogoutByEachWay: an app that was reached through the gateway alone is not told, and the record does not say so; one
// that the browser has a session with of its own is, whatever else it has.
func TestLogoutByEachWay(t *testing.T) {
	t.Parallel()
	enter := func(t *testing.T, direct, through bool) (*rig, *browser, *leaver, *leaver) {
		r, _, first, second := twoLeavers(t)
		for _, l := range []*leaver{first, second} {
			l.mu.Lock()
			clear(l.visitors)
			l.mu.Unlock()
		}
		b := r.browser(nil)
		b.visit(r.direct(appHost)+"/n/1").has(t, 200, "email=director@contoso.example")
		if direct {
			b.visit(r.direct(otherHost)+"/n/1").has(t, 200, "email=director@contoso.example")
		}
		if through {
			r.policies("contoso", routeNotes)
			p := b.visit(r.mapped("contoso", otherHost) + "/n/1")
			p.has(t, 200, "email=director@contoso.example")
			if !p.went(suffix) {
				t.Fatalf("not behind the gateway: %v", p.hops)
			}
			r.policies("contoso", "")
		}
		return r, b, first, second
	}
	for name, c := range map[string]struct {
		direct, through bool
		ends            string
	}{
		"direct":      {true, false, "Ended notes"},
		"by gateway":  {false, true, "CutOff notes"},
		"by both":     {true, true, "Ended notes"},
		"by no means": {false, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, b, first, second := enter(t, c.direct, c.through)
			b.open(first.leave(t)).has(t, 200, "signed out, partial false")
			if r.ends() != c.ends || c.direct && len(second.visitors) != 0 {
				t.Errorf("recorded %q, %d visitors left", r.ends(), len(second.visitors))
			}
			r.clock.Advance(3 * time.Minute)
			r.logOut(t, 0)
			if r.ends() != c.ends {
				t.Errorf("recorded again: %q", r.ends())
			}
		})
	}
	t.Run("without a browser", func(t *testing.T) {
		t.Parallel()
		r, _, _, _ := enter(t, false, true)
		if _, err := r.db.Revoke(t.Context(), session.Revocation{Tenant: "contoso", Session: r.lastSession(), At: r.now(), Reason: "test"}); err != nil {
			t.Fatal(err)
		}
		r.logOut(t, 0)
		r.clock.Advance(3 * time.Minute)
		r.logOut(t, 0)
		if got := r.ends(); got != "EndFailed files, CutOff notes" && got != "CutOff notes, EndFailed files" {
			t.Errorf("recorded %q", got)
		}
	})
	t.Run("begun by both", func(t *testing.T) {
		t.Parallel()
		r, b, _, second := enter(t, true, true)
		p := b.open(second.leave(t))
		if p.at.Path != "/contoso/signout" || !p.at.Query().Has("done") || len(second.visitors) != 0 || r.ends() != "Ended files, Ended notes" {
			t.Errorf("at %s, recorded %q, %d visitors left", p.at, r.ends(), len(second.visitors))
		}
	})
}

const routeNotes = `
kind: ConditionalAccess
id: notes-routed
name: Notes through the gateway
conditions:
  users: {includeUsers: [All]}
  applications: {includeApplications: [notes]}
sessionControls: {cloudAppSecurity: {cloudAppSecurityType: mcasConfigured}}
`
