package signin

import (
	"testing"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/tenant"
)

// TestClaimsOfRisk reads what Conditional Access may rest on: only words that mean something are claims.
func TestClaimsOfRisk(t *testing.T) {
	t.Parallel()
	claims := map[string]any{
		"risk": "High", "nested": map[string]any{"risk": "none"}, "odd": "hidden", "number": 3.0, "empty": "",
		"guest": "B2BcollaborationGuest", "what": "friend",
	}
	for path, want := range map[string]model.RiskLevel{
		"risk": model.RiskHigh, "nested.risk": model.RiskNone, "odd": "", "number": "", "empty": "", "absent": "", "": "",
	} {
		if got := riskAt(claims, path); got != want {
			t.Errorf("%q is risk %q, want %q", path, got, want)
		}
	}
	who := identity{claims: claims}.withRisk(tenant.Provider{SignInRiskClaim: "risk", UserRiskClaim: "nested.risk"})
	if who.auth.SignInRisk != model.RiskHigh || who.auth.UserRisk != model.RiskNone {
		t.Errorf("the sign-in carries %+v", who.auth)
	}
	for path, want := range map[string]model.GuestType{"guest": model.GuestB2BCollaboration, "what": "", "absent": "", "": ""} {
		if got := guestAt(claims, path); got != want {
			t.Errorf("%q is guest %q, want %q", path, got, want)
		}
	}
}
