package signin

import (
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/referee-casb/referee/model"
)

// TestFailuresLeaveSignInsAlone: forged messages from a thousand networks use up what failures may, and none of what the
// tenant's people sign in by; a network's failures do count against its own sign-ins.
func TestFailuresLeaveSignInsAlone(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	b := &Broker{throttle: newThrottle(func() time.Time { return now }, throttleEntries)}
	take := func(id model.TenantID, from string, cost float64) bool {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = from + ":1234"
		return b.admit(r, id, cost)
	}
	failed := 0
	for i := range 1000 {
		if take("contoso", fmt.Sprintf("198.51.%d.%d", i/250, i%250), costFailure) {
			failed++
		}
	}
	if failed != tenantBurst/costFailure {
		t.Errorf("%d failures were taken, want %d", failed, tenantBurst/costFailure)
	}
	if !take("fabrikam", "192.0.2.1", costFailure) {
		t.Error("another tenant's failures were used up")
	}
	for i := range tenantBurst {
		if !take("contoso", fmt.Sprintf("203.0.%d.%d", i/250, i%250), costBegin) {
			t.Fatalf("sign-in %d was stopped by others' failures", i)
		}
	}
	if take("contoso", "192.0.2.9", costBegin) {
		t.Error("the tenant has no bound")
	}
}
