package api_test

import "testing"

func TestSmoke(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	t.Log(string(f.want(t, "contoso/reader", "GET", "/api/v2/whoami", nil, 200, nil).body))
	t.Log(string(f.want(t, "contoso/operator", "PUT", "/api/v2/tenants/contoso/apps/files", filesApp, 200, nil).body))
	t.Log(string(f.want(t, "contoso/operator", "POST", "/api/v2/tenants/contoso/policies/apply", file(routePolicy+"---\n"+blockPolicy), 200, nil).body))
	a := f.download(t, "contoso", "dora")
	t.Log(string(f.want(t, "contoso/analyst", "GET", "/api/v2/tenants/contoso/why/"+a.Reference, nil, 200, nil).body))
	t.Log(string(f.want(t, "contoso/operator", "GET", "/api/v2/tenants/contoso/policies/block-downloads/report", nil, 200, nil).body))
	t.Log(string(f.want(t, "contoso/operator", "POST", "/api/v2/tenants/contoso/policies/block-downloads/flip", map[string]string{"why": "now"}, 200, nil).body))
	t.Log(string(f.want(t, "contoso/analyst", "GET", "/api/v2/tenants/contoso/activities/export?format=csv", nil, 200, nil).body))
}
