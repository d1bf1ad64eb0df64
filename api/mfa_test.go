package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/referee-casb/referee/api/apitest"
	"github.com/referee-casb/referee/signin/factor"
)

// TestMFA: factors are listed without what verifies them, and reset on record, of one tenant's person alone.
func TestMFA(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	for _, id := range []string{"f1", "f2"} {
		for _, tenant := range []string{"contoso", "fabrikam"} {
			kind := map[string]factor.Kind{"f1": factor.TOTP, "f2": factor.Passkey}[id]
			v := factor.Factor{ID: id, Username: "dora@" + tenant, Kind: kind, Created: apitest.Monday, Sealed: []byte("sealed-secret"), Revision: 1}
			v.Owner.Tenant, v.Owner.Provider, v.Owner.User = "contoso", "entra", "dora"
			if tenant == "fabrikam" {
				v.Owner.Tenant = "fabrikam"
			}
			if err := f.DB.PutFactor(t.Context(), v); err != nil {
				t.Fatal(err)
			}
		}
	}
	at := "/api/v2/tenants/contoso/mfa"
	got := f.Do(t, "contoso/operator", http.MethodGet, at, nil)
	if text := string(got.Body); got.Status != 200 || !strings.Contains(text, "dora@contoso") || strings.Contains(text, "fabrikam") || strings.Contains(text, "sealed") || strings.Contains(text, "c2VhbGVk") {
		t.Errorf("%d %s", got.Status, text)
	}
	if got := f.Do(t, "contoso/operator", http.MethodPost, at+"/reset", map[string]any{"user": "nobody"}); got.Status != 404 {
		t.Errorf("nobody: %d %s", got.Status, got.Body)
	}
	if got := f.Do(t, "contoso/operator", http.MethodPost, at+"/reset", map[string]any{"user": "DORA@contoso", "factor": "f1", "reason": "lost telephone"}); got.Status != 200 || !strings.Contains(string(got.Body), `"removed":1`) {
		t.Errorf("%d %s", got.Status, got.Body)
	}
	left, err := f.DB.FactorsOf(t.Context(), "contoso")
	if err != nil || len(left) != 1 || left[0].ID != "f2" {
		t.Errorf("left %+v, %v", left, err)
	}
	if theirs, err := f.DB.FactorsOf(t.Context(), "fabrikam"); err != nil || len(theirs) != 2 {
		t.Errorf("another tenant's: %+v, %v", theirs, err)
	}
	if got := f.Do(t, "contoso/analyst", http.MethodGet, "/api/v2/tenants/contoso/activities?limit=10", nil); !strings.Contains(string(got.Body), "SecurityInfoReset") || !strings.Contains(string(got.Body), "lost telephone") {
		t.Errorf("not on record: %s", got.Body)
	}
}
