package signin_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// ask sends a plain request, as an app's server or a tool does.
func (r *rig) ask(method, to string, form url.Values, header ...string) (*http.Response, string) {
	r.t.Helper()
	var text io.Reader
	if form != nil {
		text = strings.NewReader(form.Encode())
	}
	q, err := http.NewRequestWithContext(r.t.Context(), method, to, text)
	if err != nil {
		r.t.Fatal(err)
	}
	if form != nil {
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	c := http.Client{Transport: r.app.client.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := c.Do(q)
	if err != nil {
		r.t.Fatal(err)
	}
	return res, body(r.t, res)
}

func TestDiscovery(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	res, text := r.ask("GET", r.at("contoso", "/.well-known/openid-configuration"), nil, "Origin", "https://anywhere.example")
	var doc map[string]any
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	issuer := r.at("contoso", "")
	for key, want := range map[string]any{
		"issuer": issuer, "authorization_endpoint": issuer + "/oauth/v2/authorize", "token_endpoint": issuer + "/oauth/v2/token",
		"userinfo_endpoint": issuer + "/oauth/v2/userinfo", "jwks_uri": issuer + "/oauth/v2/keys", "end_session_endpoint": issuer + "/oauth/v2/end_session",
		"authorization_response_iss_parameter_supported": true, "request_parameter_supported": false,
	} {
		if doc[key] != want {
			t.Errorf("%s is %v, want %v", key, doc[key], want)
		}
	}
	for _, key := range []string{"introspection_endpoint", "device_authorization_endpoint", "check_session_iframe"} {
		if v, ok := doc[key]; ok {
			t.Errorf("%s is advertised: %v", key, v)
		}
	}
	for key, want := range map[string]string{
		"grant_types_supported": `["authorization_code","refresh_token"]`, "response_types_supported": `["code"]`,
		"id_token_signing_alg_values_supported": `["RS256"]`, "code_challenge_methods_supported": `["S256"]`,
	} {
		if got, _ := json.Marshal(doc[key]); string(got) != want {
			t.Errorf("%s is %s, want %s", key, got, want)
		}
	}
	if o := res.Header.Get("Access-Control-Allow-Origin"); o != "*" || res.Header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("CORS: %q with credentials %q", o, res.Header.Get("Access-Control-Allow-Credentials"))
	}
	_, text = r.ask("GET", issuer+"/oauth/v2/keys", nil)
	var set struct {
		Keys []struct{ Kty, Alg, Use, Kid, N, D, P string }
	}
	if err := json.Unmarshal([]byte(text), &set); err != nil || len(set.Keys) != 1 {
		t.Fatalf("%s: %v", text, err)
	}
	if k := set.Keys[0]; k.Kty != "RSA" || k.Alg != "RS256" || k.Use != "sig" || k.Kid == "" || k.D != "" || k.P != "" || len(k.N) < 342 {
		t.Errorf("key %+v", k)
	}
	_, other := r.ask("GET", r.at("fabrikam", "/oauth/v2/keys"), nil)
	if other == text {
		t.Error("two tenants share a key")
	}
}

// TestNoSuchAddress tries addresses that must lead nowhere.
func TestNoSuchAddress(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	for _, path := range []string{
		"/contoso/oauth/v2/authorize/callback?id=x", "/contoso/oauth/v2/authorize%2Fcallback?id=x", "/contoso/oauth/v2/authorize/./callback?id=x",
		"/contoso/oauth/v2/introspect", "/contoso/oauth/v2/device", "/contoso/oauth/v2/device_authorization", "/contoso/device_authorization", "/contoso/oauth/introspect",
		"/contoso/healthz", "/contoso/ready", "/contoso/authorize", "/contoso/oauth/token", "/contoso/callback", "/contoso/oauth/v2/", "/contoso/oauth/v2/..%2fauthorize",
		"/nobody/oauth/v2/authorize", "/nobody/.well-known/openid-configuration", "/nobody/login", "/nobody/signout", "/", "/contoso", "/contoso/", "/prove",
		"/contoso/oauth/v2/authoriz%65/callback", "/contoso/oauth/v2/authoriz%65",
	} {
		for _, method := range []string{"GET", "POST"} {
			res, text := r.ask(method, "https://"+brokerHost+r.port+path, nil)
			if to := res.Header.Get("Location"); res.StatusCode >= 300 && res.StatusCode < 400 { // a cleaned path
				res, text = r.ask(method, mustURL("https://"+brokerHost+r.port+path).ResolveReference(mustURL(to)).String(), nil)
			}
			if res.StatusCode != http.StatusNotFound && res.StatusCode != http.StatusMethodNotAllowed {
				t.Errorf("%s %s: %d\n%s", method, path, res.StatusCode, text)
			}
		}
	}
}

func TestScriptsOfOtherOrigins(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	const origin = "https://evil.example"
	for step, want := range map[string]string{"token": "*", "userinfo": "*", "keys": "*", "revoke": "*", "authorize": "", "end_session": ""} {
		res, _ := r.ask("OPTIONS", r.at("contoso", "/oauth/v2/"+step), nil, "Origin", origin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization")
		if got := res.Header.Get("Access-Control-Allow-Origin"); got != want {
			t.Errorf("%s: Access-Control-Allow-Origin %q, want %q", step, got, want)
		}
		if res.Header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: credentials are allowed", step)
		}
	}
	for _, path := range []string{"/login?id=x", "/handover", "/signout", "/override", "/device", "/callback/main"} {
		res, _ := r.ask("GET", r.at("contoso", path), nil, "Origin", origin)
		if res.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s may be read by %s", path, origin)
		}
		if res.Header.Get("X-Frame-Options") != "DENY" || res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("Strict-Transport-Security") == "" {
			t.Errorf("%s: headers %v", path, res.Header)
		}
	}
}

// challenge is the S256 challenge of a verifier.
func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

const verifier = "a-verifier-that-is-long-enough-to-be-one-0123456789"

// request is an authorization request of the files app.
func (r *rig) request(change url.Values) string {
	q := url.Values{
		"client_id": {"files"}, "response_type": {"code"}, "scope": {"openid email"}, "redirect_uri": {r.direct(appHost) + "/callback"},
		"state": {"s"}, "nonce": {"n"}, "code_challenge": {challenge(verifier)}, "code_challenge_method": {"S256"},
	}
	for k, v := range change {
		q[k] = v
		if len(v) == 1 && v[0] == "" {
			delete(q, k)
		}
	}
	return r.at("contoso", "/oauth/v2/authorize?") + q.Encode()
}

// TestBadRequests: each gets the error that the standard names, at the app if its address is registered, and
// nowhere if it is not.
func TestBadRequests(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{public: true})
	for name, c := range map[string]struct {
		change url.Values
		want   string // error at the app; "" for a page that leads nowhere
	}{
		"unknown client":           {url.Values{"client_id": {"nobody"}}, ""},
		"no client":                {url.Values{"client_id": {""}}, ""},
		"client of another name":   {url.Values{"client_id": {"notes"}}, ""},
		"another host":             {url.Values{"redirect_uri": {"https://evil.example/callback"}}, ""},
		"another path":             {url.Values{"redirect_uri": {r.direct(appHost) + "/callback/../evil"}}, ""},
		"further query":            {url.Values{"redirect_uri": {r.direct(appHost) + "/callback?x=1"}}, ""},
		"user in address":          {url.Values{"redirect_uri": {"https://" + appHost + r.port + "@evil.example/callback"}}, ""},
		"mapped host of another":   {url.Values{"redirect_uri": {r.mapped("contoso", otherHost) + "/callback"}}, ""},
		"mapped host, other path":  {url.Values{"redirect_uri": {r.mapped("contoso", appHost) + "/evil"}}, ""},
		"mapped, other tenant":     {url.Values{"redirect_uri": {r.mapped("fabrikam", appHost) + "/callback"}}, ""},
		"http":                     {url.Values{"redirect_uri": {"http://" + appHost + r.port + "/callback"}}, ""},
		"implicit":                 {url.Values{"response_type": {"id_token"}}, "unauthorized_client"},
		"hybrid":                   {url.Values{"response_type": {"code id_token"}}, "unauthorized_client"},
		"token":                    {url.Values{"response_type": {"token"}}, "unauthorized_client"},
		"no response type":         {url.Values{"response_type": {""}}, "invalid_request"},
		"no openid":                {url.Values{"scope": {"email"}}, "invalid_scope"},
		"no scope":                 {url.Values{"scope": {""}}, "invalid_request"},
		"public without PKCE":      {url.Values{"code_challenge": {""}, "code_challenge_method": {""}}, "invalid_request"},
		"plain PKCE":               {url.Values{"code_challenge_method": {"plain"}}, "invalid_request"},
		"PKCE without method":      {url.Values{"code_challenge_method": {""}}, "invalid_request"},
		"request object":           {url.Values{"request": {"eyJhbGciOiJub25lIn0.e30."}}, "request_not_supported"},
		"unknown response mode":    {url.Values{"response_mode": {"web_message"}}, "invalid_request"},
		"none and something":       {url.Values{"prompt": {"none login"}}, "invalid_request"},
		"nobody signed in":         {url.Values{"prompt": {"none"}}, "login_required"},
		"hint that is no ID token": {url.Values{"id_token_hint": {"e30.e30.e30"}}, "login_required"},
	} {
		t.Run(name, func(t *testing.T) {
			b := r.browser(nil)
			p := b.send("GET", r.request(c.change), nil)
			for range 3 { // until it leaves the broker
				if to := p.next(b); to != "" && mustURL(to).Host == brokerHost+r.port {
					p = b.send("GET", to, nil)
				}
			}
			to := p.next(b)
			if c.want == "" {
				if to != "" || p.status < 400 {
					t.Fatalf("%d to %q:\n%s", p.status, to, p.text)
				}
				return
			}
			u := mustURL(strings.Replace(to, "#", "?", 1)) // errors of fragment response types come in the fragment
			if u.Host != appHost+r.port || u.Query().Get("error") != c.want || u.Query().Get("state") != "s" || u.Query().Get("code") != "" {
				t.Errorf("%d to %q, want error %s at the app", p.status, to, c.want)
			}
		})
	}
}

// TestSilent is prompt=none: an answer at once, whatever it is, and never a page.
func TestSilent(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	b := r.browser(nil)
	hint := func() string {
		_, doc := r.redeem(url.Values{"code": {r.code(b, nil)}})
		return doc["id_token"].(string)
	}()
	answer := func(change url.Values) url.Values {
		change["prompt"] = []string{"none"}
		return mustURL(b.until(r.request(change), "/callback?")).Query()
	}
	if q := answer(url.Values{}); q.Get("code") == "" || q.Get("iss") != r.at("contoso", "") {
		t.Errorf("signed in: %v", q)
	}
	if q := answer(url.Values{"id_token_hint": {hint}}); q.Get("code") == "" {
		t.Errorf("hint of the same person: %v", q)
	}
	r.clock.Advance(10 * time.Minute)
	if q := answer(url.Values{"max_age": {"60"}}); q.Get("error") != "login_required" {
		t.Errorf("too old: %v", q)
	}
	if q := answer(url.Values{"max_age": {"3600"}}); q.Get("code") == "" {
		t.Errorf("young enough: %v", q)
	}
	r.policies("contoso", block)
	if q := answer(url.Values{}); q.Get("error") != "access_denied" {
		t.Errorf("blocked: %v", q)
	}
	r.policies("contoso", needsDevice)
	if q := answer(url.Values{}); q.Get("error") != "interaction_required" {
		t.Errorf("device not proven: %v", q)
	}
	r.policies("contoso", "")
	r.idp.set(func() { r.idp.user = "contractor" })
	b.open(with(r.request(nil), "prompt", "login")) // the contractor takes over
	if q := answer(url.Values{"id_token_hint": {hint}}); q.Get("error") != "login_required" {
		t.Errorf("hint of another person: %v", q)
	}
}

// TestResponseModes looks at how codes travel.
func TestResponseModes(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	b := r.browser(nil)
	b.open(r.direct(appHost)+"/").has(t, 200, "hello")
	u := mustURL(b.until(r.request(url.Values{"response_mode": {"fragment"}}), "/callback#"))
	if q, err := url.ParseQuery(u.Fragment); err != nil || q.Get("code") == "" || u.RawQuery != "" {
		t.Errorf("fragment: %s", u)
	}
	p := b.open(r.request(url.Values{"response_mode": {"form_post"}, "state": {`"><script>x</script>`}}))
	p.has(t, 200, `action="`+r.direct(appHost)+`/callback"`, `name="code"`, `name="iss"`, `&#34;&gt;&lt;script&gt;x&lt;/script&gt;`, "<button")
	csp := p.header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || !strings.Contains(csp, "script-src 'nonce-") {
		t.Errorf("CSP %q", csp)
	}
	if got := p.header.Get("Referrer-Policy"); got != "strict-origin" {
		t.Errorf("Referrer-Policy %q would send Origin: null", got)
	}
	p = b.open(r.request(url.Values{"response_mode": {"form_post"}, "prompt": {"none"}, "max_age": {"0"}}))
	p.has(t, 200, `name="error" value="login_required"`)
	if slices.Contains(p.header.Values("X-Frame-Options"), "") {
		t.Error("empty X-Frame-Options")
	}
}

const needsDevice = `
kind: ConditionalAccess
id: managed
name: Managed devices alone
conditions:
  users: {includeUsers: [All]}
  applications: {includeApplications: [All]}
  devices: {deviceFilter: {mode: include, tags: [unmanaged]}}
grantControls: {builtInControls: [block]}
`
