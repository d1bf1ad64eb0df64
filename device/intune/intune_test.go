package intune

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/internal/clock"
)

const laptop = "8f1c0000-0000-4000-8000-00000000aaaa"

// graph speaks like Entra's token endpoint and Microsoft Graph.
type graph struct {
	*httptest.Server
	mu      sync.Mutex
	managed map[string]string // azureADDeviceId → JSON object of managedDevice
	devices map[string]string // deviceId → JSON object of device
	fail    func(w http.ResponseWriter, r *http.Request) bool
	asked   []string
	pages   bool
}

func newGraph(t *testing.T) *graph {
	g := &graph{managed: map[string]string{}, devices: map[string]string{}}
	g.Server = httptest.NewTLSServer(g)
	t.Cleanup(g.Close)
	return g
}

func (g *graph) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked = append(g.asked, r.Method+" "+r.URL.Path)
	w.Header().Set("Content-Type", "application/json")
	if g.fail != nil && g.fail(w, r) {
		return
	}
	refuse := func(status int, code string) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`{"error":{"code":"` + code + `","message":"x"}}`))
	}
	switch {
	case r.URL.Path == "/contoso.onmicrosoft.com/oauth2/v2.0/token":
		if r.Method != http.MethodPost || r.FormValue("client_secret") != "s3cret" || r.FormValue("grant_type") != "client_credentials" || r.FormValue("scope") != g.URL+"/.default" {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided."}`))
			return
		}
		_, _ = w.Write([]byte(`{"token_type":"Bearer","expires_in":3599,"ext_expires_in":3599,"access_token":"at-1"}`))
	case r.Header.Get("Authorization") != "Bearer at-1":
		refuse(http.StatusUnauthorized, "InvalidAuthenticationToken")
	case r.URL.Path == "/v1.0/deviceManagement/managedDevices":
		id := strings.TrimSuffix(strings.TrimPrefix(r.URL.Query().Get("$filter"), "azureADDeviceId eq '"), "'")
		var values []json.RawMessage
		if d, ok := g.managed[id]; ok {
			values = append(values, json.RawMessage(d))
		}
		out := map[string]any{"@odata.context": g.URL + "/v1.0/$metadata#deviceManagement/managedDevices", "value": values}
		if values == nil {
			out["value"] = []any{}
		}
		if g.pages && r.URL.Query().Get("$skiptoken") == "" {
			out["value"] = []any{map[string]string{"azureADDeviceId": "another", "complianceState": "compliant"}}
			out["@odata.nextLink"] = g.URL + r.URL.Path + "?" + r.URL.RawQuery + "&$skiptoken=x"
		}
		_ = json.NewEncoder(w).Encode(out)
	case strings.HasPrefix(r.URL.Path, "/v1.0/devices(deviceId='"):
		d, ok := g.devices[strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/v1.0/devices(deviceId='"), "')")]
		if !ok {
			refuse(http.StatusNotFound, "Request_ResourceNotFound")
			return
		}
		_, _ = w.Write([]byte(d))
	default:
		refuse(http.StatusBadRequest, "BadRequest")
	}
}

func (g *graph) settings() Settings {
	return Settings{Tenant: "contoso.onmicrosoft.com", ClientID: "app", Secret: "s3cret", Login: g.URL, Graph: g.URL}
}

const managedJSON = `{"azureADDeviceId":"` + laptop + `","complianceState":"compliant","managedDeviceOwnerType":"company","deviceName":"LAPTOP-7","operatingSystem":"Windows","osVersion":"10.0.26100.1","model":"X1","manufacturer":"LENOVO"}`

func TestLookUp(t *testing.T) {
	t.Parallel()
	state := func(s string) string { return strings.Replace(managedJSON, `"compliant"`, `"`+s+`"`, 1) }
	registered := `{"deviceId":"` + laptop + `","displayName":"LAPTOP-7","deviceOwnership":"Company","isCompliant":true,"trustType":"ServerAd","profileType":"RegisteredDevice","physicalIds":["[HWID]:h:1"],"systemLabels":[],"mdmAppId":"0000000a-0000-0000-c000-000000000000","extensionAttributes":{"extensionAttribute1":"SAW","extensionAttribute2":null},"accountEnabled":true}`
	for _, c := range []struct {
		name, managed, device string
		fail                  func(http.ResponseWriter, *http.Request) bool
		pages                 bool
		want                  string // "compliant", "not compliant", "none", or part of the error
		facts                 string
	}{
		{"compliant", managedJSON, registered, nil, false, "compliant hybrid", `{"deviceId":"8f1c0000-0000-4000-8000-00000000aaaa","displayName":"LAPTOP-7","deviceOwnership":"Company","enrollmentProfileName":null,"isCompliant":true,"manufacturer":null,"mdmAppId":"0000000a-0000-0000-c000-000000000000","model":null,"operatingSystem":null`},
		{"on the second page", managedJSON, "", nil, true, "compliant", `{"deviceId":"8f1c0000`},
		{"grace period", state("inGracePeriod"), "", nil, false, "compliant", `"isCompliant":true`},
		{"noncompliant", state("noncompliant"), registered, nil, false, "not compliant hybrid", `"isCompliant":false`},
		{"conflict", state("conflict"), "", nil, false, "not compliant", `"isCompliant":false`},
		{"Intune does not know", state("unknown"), "", nil, false, `does not know whether the device is compliant: "unknown"`, ""},
		{"not known at all", "", "", nil, false, "none", `{"deviceId":null,"displayName":null`},
		{"disabled in Entra", managedJSON, strings.Replace(registered, `"accountEnabled":true`, `"accountEnabled":false`, 1), nil, false, "not compliant", `"isCompliant":false`},
		{"may not read devices", managedJSON, "", func(w http.ResponseWriter, r *http.Request) bool {
			if strings.Contains(r.URL.Path, "/devices(") {
				w.WriteHeader(http.StatusForbidden)
				_, _ = w.Write([]byte(`{"error":{"code":"Authorization_RequestDenied"}}`))
				return true
			}
			return false
		}, false, "compliant", `{"deviceId":"8f1c0000-0000-4000-8000-00000000aaaa","displayName":"LAPTOP-7","deviceOwnership":"Company","isCompliant":true,"manufacturer":"LENOVO","model":"X1","operatingSystem":"Windows","operatingSystemVersion":"10.0.26100.1"}`},
		{"may not read managed devices", managedJSON, "", fails("managedDevices", http.StatusForbidden, `{}`), false, "answered 403", ""},
		{"error in JSON", managedJSON, "", fails("managedDevices", http.StatusInternalServerError, `{"error":{}}`), false, "answered 500", ""},
		{"not JSON", managedJSON, "", fails("managedDevices", http.StatusOK, `<html>`), false, "not a list", ""},
		{"no value", managedJSON, "", fails("managedDevices", http.StatusOK, `{}`), false, `there is no "value"`, ""},
		{"endless pages", managedJSON, "", func(w http.ResponseWriter, r *http.Request) bool {
			if strings.Contains(r.URL.Path, "managedDevices") {
				_ = json.NewEncoder(w).Encode(map[string]any{"value": []any{}, "@odata.nextLink": "https://" + r.Host + r.URL.Path + "?again"})
				return true
			}
			return false
		}, false, "too many pages", ""},
		{"next page elsewhere", managedJSON, "", fails("managedDevices", http.StatusOK, `{"value":[],"@odata.nextLink":"https://evil.example/v1.0/x"}`), false, "leads away from Graph", ""},
		{"redirect", managedJSON, "", func(w http.ResponseWriter, r *http.Request) bool {
			if strings.Contains(r.URL.Path, "managedDevices") {
				http.Redirect(w, r, "https://evil.example/", http.StatusFound)
				return true
			}
			return false
		}, false, "answered 302", ""},
		{"no token", managedJSON, "", fails("/token", http.StatusUnauthorized, `{"error":"invalid_client"}`), false, "Entra gives no token: invalid_client", ""},
		{"another device's answer", strings.Replace(managedJSON, laptop, "8f1c0000-0000-4000-8000-00000000bbbb", 1), "", nil, false, "none", `"isCompliant":null`},
	} {
		g := newGraph(t)
		g.fail, g.pages = c.fail, c.pages
		if c.managed != "" {
			g.managed[laptop] = c.managed
		}
		if c.device != "" {
			g.devices[laptop] = c.device
		}
		a, err := New(g.Client(), time.Now).LookUp(t.Context(), "contoso", g.settings(), strings.ToUpper(laptop))
		got := "none"
		switch {
		case err != nil:
			got = err.Error()
		case a.Enrolled && a.Compliant:
			got = "compliant"
		case a.Enrolled:
			got = "not compliant"
		}
		if a.Hybrid {
			got += " hybrid"
		}
		facts, _ := json.Marshal(a.Facts)
		if err == nil && got != c.want || err != nil && (!fault.Is(err, fault.Unavailable) || !strings.Contains(got, c.want)) || err == nil && !strings.Contains(string(facts), c.facts) {
			t.Errorf("%s: %s, want %s\n%s", c.name, got, c.want, facts)
		}
		if strings.Contains(got, "s3cret") || strings.Contains(got, "at-1") || strings.Contains(got, laptop) {
			t.Errorf("%s: the error tells a secret, or the device: %s", c.name, got)
		}
	}
	for _, id := range []string{"", "x' or 1 eq 1", "../users", laptop + "'"} {
		g := newGraph(t)
		if _, err := New(g.Client(), time.Now).LookUp(t.Context(), "contoso", g.settings(), id); !fault.Is(err, fault.Invalid) || len(g.asked) > 0 {
			t.Errorf("%q: %v, %v", id, err, g.asked)
		}
	}
}

func fails(part string, status int, body string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.URL.Path, part) {
			return false
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
		return true
	}
}

// TestCacheAndThrottling counts what Graph is asked.
func TestCacheAndThrottling(t *testing.T) {
	t.Parallel()
	g := newGraph(t)
	g.managed[laptop] = managedJSON
	at := clock.Running(time.Now)
	c := New(g.Client(), at.Now)
	look := func(owner string) error {
		_, err := c.LookUp(t.Context(), "contoso", g.settings(), laptop)
		if owner != "contoso" {
			_, err = c.LookUp(t.Context(), "fabrikam", g.settings(), laptop)
		}
		return err
	}
	for range 3 {
		if err := look("contoso"); err != nil {
			t.Fatal(err)
		}
	}
	if len(g.asked) != 3 { // token, managedDevices, devices
		t.Errorf("asked %v", g.asked)
	}
	if err := look("fabrikam"); err != nil || len(g.asked) != 5 {
		t.Errorf("another tenant has its own answer: %v, %v", err, g.asked)
	}
	at.Advance(keepAnswer)
	g.mu.Lock()
	g.fail = func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Retry-After", "120")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = w.Write([]byte(`{"error":{"code":"TooManyRequests"}}`))
		return true
	}
	g.mu.Unlock()
	if err := look("contoso"); !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "answered 429") {
		t.Errorf("throttled: %v", err)
	}
	n := len(g.asked)
	g.mu.Lock()
	g.fail = nil
	g.mu.Unlock()
	at.Advance(keepError + time.Second)
	if err := look("contoso"); !strings.Contains(err.Error(), "left alone") || len(g.asked) != n {
		t.Errorf("asked before Retry-After was over: %v, %v", err, g.asked[n:])
	}
	at.Advance(2 * time.Minute)
	if err := look("contoso"); err != nil {
		t.Errorf("after it: %v", err)
	}
	at.Advance(2 * time.Hour) // the token is over
	if err := look("contoso"); err != nil {
		t.Error(err)
	}
	tokens := 0
	for _, a := range g.asked {
		if strings.Contains(a, "/token") {
			tokens++
		}
	}
	if tokens != 2 {
		t.Errorf("%d tokens", tokens)
	}
	for asked, want := range map[time.Duration]time.Duration{0: time.Minute, -time.Second: time.Minute, 5 * time.Second: 5 * time.Second, 24 * time.Hour: maxPause} {
		if got := pauseFor(asked); got != want {
			t.Errorf("asked for %v: %v", asked, got)
		}
	}
}

// FuzzAnswer feeds the reading of Graph's answers.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte(managedJSON), []byte(`{"deviceId":"x"}`))
	f.Fuzz(func(t *testing.T, one, two []byte) {
		c := New(&http.Client{Transport: canned{one, two}}, time.Now)
		a, err := c.LookUp(t.Context(), "t", Settings{Tenant: "t", Login: "https://l", Graph: "https://g"}, laptop)
		if err == nil && a.Compliant && !strings.Contains(string(one), "ompliant") && !strings.Contains(string(one), "race") && !strings.Contains(string(one), "\\u") {
			t.Errorf("compliant by %q", one)
		}
	})
}

// canned answers without a network.
type canned struct{ managed, device []byte }

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	switch {
	case r.Body != nil && r.Method == http.MethodPost:
		_, _ = w.WriteString(`{"access_token":"a","token_type":"bearer","expires_in":3600}`)
	case strings.Contains(r.URL.Path, "managedDevices"):
		_, _ = w.WriteString(`{"value":[` + string(c.managed) + `]}`)
	default:
		_, _ = w.Write(c.device)
	}
	return w.Result(), nil
}
