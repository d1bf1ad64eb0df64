package api_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/referee-casb/referee/api"
	"github.com/referee-casb/referee/api/apitest"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/tenant"
)

// TestStrict sends what is nearly right.
func TestStrict(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	in := "/api/v2/tenants/contoso"
	for _, c := range []struct {
		name, method, path string
		body               any
		status             int
		location           string
	}{
		{"unknown member", "POST", in + "/policies/validate", map[string]any{"files": []any{}, "flies": 1}, 422, "body.flies"},
		{"member missing", "POST", in + "/policies/validate", map[string]any{}, 422, "body"},
		{"wrong type", "POST", in + "/policies/validate", map[string]any{"files": "x"}, 422, "body.files"},
		{"not JSON", "POST", in + "/policies/validate", `{"files": [`, 400, "body"},
		{"unknown parameter", "GET", in + "/activities?form=x", nil, 422, "query.form"},
		{"limit too large", "GET", in + "/activities?limit=9999", nil, 422, "query.limit"},
		{"not a time", "GET", in + "/activities?from=yesterday", nil, 422, "query.from"},
		{"empty range", "GET", in + "/activities?from=2026-11-23T00:00:00Z&to=2026-11-22T00:00:00Z", nil, 422, ""},
		{"wrong filter field", "GET", in + `/activities?filter={"user.nam":{"eq":"x"}}`, nil, 422, "query.filter.user.nam.eq"},
		{"filter is no JSON", "GET", in + `/activities?filter={`, nil, 422, "query.filter"},
		{"no field to count", "GET", in + "/activities/count", nil, 422, "query.field"},
		{"wrong method", "PATCH", in + "/policies", nil, 405, ""},
		{"wrong path", "GET", in + "/police", nil, 404, ""},
		{"v1 is not there", "GET", "/api/v1/activities", nil, 404, ""},
		{"foreign cursor", "GET", in + "/apps?cursor=eA", nil, 409, ""},
		{"too large", "POST", in + "/sessions/revoke", `{"reason":"` + strings.Repeat("x", 2<<20) + `"}`, 413, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := f.Do(t, "contoso/admin", c.method, strings.NewReplacer("{", "%7B", "}", "%7D", `"`, "%22").Replace(c.path), c.body)
			var p api.Problem
			if err := json.Unmarshal(got.Body, &p); err != nil || got.Header.Get("Content-Type") != "application/problem+json" {
				t.Fatalf("%d %v: %v\n%s", got.Status, got.Header, err, got.Body)
			}
			if got.Status != c.status || p.Status != c.status || p.Detail == "" || p.Request != got.Header.Get("X-Request-Id") {
				t.Errorf("%d: %+v, want %d", got.Status, p, c.status)
			}
			if c.location != "" && (len(p.Errors) == 0 || p.Errors[0].Location != c.location) {
				t.Errorf("mistakes %+v, want one at %s", p.Errors, c.location)
			}
		})
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	got := f.Want(t, "contoso/reader", "GET", "/api/v2/whoami", nil, 200, nil)
	if got.Header.Get("Cache-Control") != "no-store" || got.Header.Get("X-Content-Type-Options") != "nosniff" || len(got.Header.Get("X-Request-Id")) != 16 {
		t.Errorf("headers %v", got.Header)
	}
	for path, status := range map[string]int{"/healthz": 200, "/readyz": 200, "/metrics": 401, "/": 404, "/api/v2/openapi.yaml": 200} {
		if got := f.Do(t, "", "GET", path, nil); got.Status != status {
			t.Errorf("%s: %d, want %d", path, got.Status, status)
		}
	}
	f.Want(t, "contoso/admin", "GET", "/metrics", nil, 403, nil)
}

// TestLog sees that the log has every request and no secret.
func TestLog(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	var made struct{ ID, Secret string }
	f.Want(t, "contoso/admin", "POST", contoso+"/tokens", map[string]any{"name": "siem", "role": "reader"}, 201, &made)
	f.Tokens["siem"], f.Tokens["wrong"] = made.Secret, "referee_wrong-but-secret-all-the-same"
	f.Want(t, "siem", "GET", contoso+"/policies?cursor=hidden", nil, 409, nil)
	f.Want(t, "siem", "GET", contoso+"/activities", nil, 403, nil)
	f.Want(t, "wrong", "GET", contoso+"/policies", nil, 401, nil)
	f.Log.Blind(errors.New("the engine broke"))
	got := f.Want(t, "contoso/analyst", "GET", contoso+"/activities", nil, 500, nil)
	log := f.Logged()
	for _, part := range []string{"the engine broke", got.Header.Get("X-Request-Id"), "token made", made.ID, "refused", "status=403", "status=401"} {
		if !strings.Contains(log, part) {
			t.Errorf("the log lacks %q:\n%s", part, log)
		}
	}
	for _, secret := range []string{made.Secret, tenant.HashToken(made.Secret), f.Tokens["wrong"], f.Tokens["contoso/admin"], "hidden"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log has %q", secret)
		}
	}
}

func TestReady(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	f.NotReady = errors.New("the secret disk at /var/x is full")
	got := f.Want(t, "", "GET", "/readyz", nil, 503, nil)
	if strings.Contains(string(got.Body), "disk") {
		t.Errorf("anybody is told %s", got.Body)
	}
	f.Want(t, "", "GET", "/healthz", nil, 200, nil)
}

// TestUnheard sees that a change whose signal is lost is made all the same: the store's epoch tells everybody later.
func TestUnheard(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	f.Unheard = errors.New("the bus does not answer")
	f.Want(t, "contoso/operator", "PUT", contoso+"/apps/files", apitest.FilesApp, 200, nil)
	f.Want(t, "contoso/reader", "GET", contoso+"/apps/files", nil, 200, nil)
}

func TestParts(t *testing.T) {
	t.Parallel()
	if _, err := api.New(api.Config{}, api.Parts{}); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "Tenants") {
		t.Errorf("without parts: %v", err)
	}
}

// TestInternal sees that what went wrong inside stays inside.
func TestInternal(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	f.Log.Blind(errors.New("token 12345 at /secret/path"))
	got := f.Want(t, "contoso/analyst", "GET", "/api/v2/tenants/contoso/activities", nil, 500, nil)
	if strings.Contains(string(got.Body), "secret") || !strings.Contains(string(got.Body), `"urn:referee:internal"`) {
		t.Errorf("the answer is %s", got.Body)
	}
}

// TestSpecification compares the OpenAPI document with the table of routes.
func TestSpecification(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	doc := f.Document(t)
	n := 0
	for _, rt := range api.Routes() {
		op := doc.Operation(rt)
		if op == nil {
			t.Errorf("%s %s is not in the document", rt.Method, rt.Path)
			continue
		}
		n++
		if op.OperationID != rt.ID || op.Role != string(rt.Role) || len(op.Security) == 0 || op.Summary == "" {
			t.Errorf("%s is described as %+v", rt.ID, op)
		}
		if !strings.Contains(op.Description, string(rt.Role)) {
			t.Errorf("%s does not say which role it takes", rt.ID)
		}
	}
	total := 0
	for _, methods := range doc.Paths {
		total += len(methods)
	}
	if total != n {
		t.Errorf("the document has %d operations, the table %d", total, n)
	}
}
