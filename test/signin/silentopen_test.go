package signin_test

import (
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/signin/saml"
)

// reportDevice only reports unmanaged devices, and yet needs to know which they are.
var reportDevice = strings.Replace(needsDevice, "name: Managed", "state: reportOnly\nname: Managed", 1)

const stopFiles = `
---
kind: AccessPolicy
id: stop
name: Nobody
activities: {app: {eq: onedrive}}
action: block
`

// TestSAMLPassiveIsNotDecidedInTheDark: a request that may ask the person nothing gets no assertion as long as what
// policies need is not known, and none at all where an access policy blocks.
func TestSAMLPassiveIsNotDecidedInTheDark(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policies string
		proven   bool
	}{
		"a policy that only reports":                      {reportDevice, false},
		"session control":                                 {strings.Replace(needsDevice, "grantControls: {builtInControls: [block]}", "sessionControls: {cloudAppSecurity: {cloudAppSecurityType: mcasConfigured}}", 1), false},
		"blocked by an access policy, the device unknown": {reportDevice + stopFiles, false},
		"blocked by an access policy, the device known":   {reportDevice + stopFiles, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, _, app := samlRig(t, "", nil)
			b := r.browser(nil)
			if _, p, err := app.asks(t, b, saml.RequestOptions{}); err != nil {
				t.Fatalf("%v at %s", err, p.at)
			}
			if c.proven {
				r.policies("contoso", reportDevice)
				if _, p, err := app.asks(t, b, saml.RequestOptions{}); err != nil {
					t.Fatalf("%v at %s", err, p.at)
				}
			}
			r.policies("contoso", c.policies)
			granted := len(r.rec.of(model.ActivityAccess))
			if got, _, err := app.asks(t, b, saml.RequestOptions{Passive: true}); err == nil || !strings.Contains(err.Error(), string(saml.StatusNoPassive)) {
				t.Errorf("passive: %+v, %v", got, err)
			}
			if n := len(r.rec.of(model.ActivityAccess)); n != granted {
				t.Errorf("%d more accesses on record", n-granted)
			}
		})
	}
}

// TestRefreshIsStoppedByAccessPoliciesWithoutProof: when the device's lease is over, nobody can prove it anew for a refresh
// token; what access policies say holds all the same, and a policy that only reports takes nobody's tokens away.
func TestRefreshIsStoppedByAccessPoliciesWithoutProof(t *testing.T) {
	t.Parallel()
	r, _, token := refreshing(t, reportDevice)
	r.clock.Advance(16 * time.Minute)
	status, got := r.refresh(token, "files")
	if status != 200 || got.Refresh == "" {
		t.Fatalf("a policy that only reports: %d %+v", status, got)
	}
	r.policies("contoso", reportDevice+stopFiles)
	if status, got := r.refresh(got.Refresh, "files"); status != 400 || got.Error != "invalid_grant" || got.Access != "" {
		t.Errorf("an access policy that blocks: %d %+v", status, got)
	}
	access := r.rec.of(model.ActivityAccess)
	if last := access[len(access)-1]; !strings.Contains(last.Reason, "refresh token was refused") || len(last.Policies) == 0 || last.Policies[0].ID != "stop" {
		t.Errorf("recorded %q %+v", last.Reason, last.Policies)
	}
}
