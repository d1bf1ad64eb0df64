package signin_test

import (
	"crypto/tls"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/referee-casb/referee/model"
)

// managed is a browser with a client certificate of the company's device authority.
var managedCertificate = sync.OnceValue(func() *tls.Certificate {
	_, cert, err := authority().Device("laptop-1", "x")
	if err != nil {
		panic(err)
	}
	return &cert
})

func (r *rig) managed() *browser { return r.browser(managedCertificate()) }

func TestDeviceProof(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{policies: needsDevice})
	p := r.managed().open(r.direct(appHost) + "/")
	p.has(t, 200, "hello director")
	if !p.went(deviceHost + r.port + "/prove") {
		t.Errorf("nobody asked the device:\n%s", strings.Join(p.hops, "\n"))
	}
	b := r.browser(nil)
	p = b.open(r.direct(appHost) + "/")
	p.has(t, 403, "You can't open Contoso files", "Reference code")
	proofs := r.rec.of(model.ActivityDeviceProof)
	if len(proofs) != 2 || proofs[0].Device.Tags[0] != "managed" || proofs[1].Device.Tags[0] != "unmanaged" || !strings.Contains(proofs[1].Reason, "no certificate") {
		t.Errorf("proofs recorded: %+v", proofs)
	}
	blocked := r.rec.of(model.ActivityAccess)
	if a := blocked[len(blocked)-1]; a.ActionType != "AccessBlocked" || a.Outcome != model.OutcomeBlocked || a.Reference == "" || a.Policies[0].ID != "managed" || a.Detail["decision"] == nil {
		t.Errorf("recorded %+v", a)
	}
	// "None shown" is believed for two minutes only.
	if p = b.open(r.direct(appHost) + "/"); p.went(deviceHost) {
		t.Error("asked again at once")
	}
	r.clock.Advance(3 * time.Minute)
	if p = b.open(r.direct(appHost) + "/"); !p.went(deviceHost) {
		t.Error("not asked again")
	}
}

// TestProofLease: a proof ends, and is asked for again without the person noticing.
func TestProofLease(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{policies: needsDevice})
	b := r.managed()
	visit := func() *page {
		r.app.set(func() { clear(r.app.visitors) })
		p := b.open(r.direct(appHost) + "/")
		p.has(t, 200, "hello director")
		return p
	}
	visit()
	if visit().went(deviceHost) {
		t.Error("proof asked for while it holds")
	}
	r.clock.Advance(16 * time.Minute)
	if !visit().went(deviceHost) {
		t.Error("a proof that has ended still counts")
	}
}

// TestProofOfAnotherPlace: a proof does not follow a cookie that was taken elsewhere.
func TestProofOfAnotherPlace(t *testing.T) {
	t.Parallel()
	for name, move := range map[string]func(r *rig, thief *browser){
		"agent":   func(_ *rig, thief *browser) { thief.agent = "curl/8" },
		"network": func(r *rig, _ *browser) { r.mu.Lock(); r.geo = "203.0.113.9"; r.mu.Unlock() },
		"ciphers": func(r *rig, _ *browser) { r.mu.Lock(); r.print = "t13d1516h2_aaaaaaaaaaaa_e5627efa2ab1"; r.mu.Unlock() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, setting{policies: needsDevice})
			r.print = "t13d1516h2_8daaf6152771_e5627efa2ab1"
			b := r.managed()
			b.open(r.direct(appHost)+"/").has(t, 200, "hello director")
			thief := r.browser(nil)
			thief.jar.SetCookies(mustURL(r.at("contoso", "/")), b.jar.Cookies(mustURL(r.at("contoso", "/"))))
			move(r, thief)
			p := thief.open(r.request(nil))
			p.has(t, 403, "You can't open")
			if !p.went(deviceHost) {
				t.Error("the thief's machine was not asked")
			}
		})
	}
}

// TestSameProofOnAResumedConnection: what differs between connections of one browser ends no proof.
func TestSameProofOnAResumedConnection(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{policies: needsDevice})
	r.print = "t13d1516h2_8daaf6152771_e5627efa2ab1"
	b := r.managed()
	b.open(r.direct(appHost)+"/").has(t, 200, "hello director")
	r.mu.Lock()
	r.print = "t13d1517h1_8daaf6152771_02713d6af862"
	r.mu.Unlock()
	r.app.set(func() { clear(r.app.visitors) })
	if p := b.open(r.direct(appHost) + "/"); p.went(deviceHost) {
		t.Errorf("asked again:\n%s", strings.Join(p.hops, "\n"))
	}
}

// TestDeviceRelay has a colleague with a managed device follow somebody else's link to the device host.
func TestDeviceRelay(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{policies: needsDevice})
	attacker := r.browser(nil)
	lure := attacker.until(r.direct(appHost)+"/", deviceHost)
	for name, colleague := range map[string]*browser{"not signed in": r.managed(), "signed in": r.managed()} {
		if name == "signed in" {
			r.idp.set(func() { r.idp.user = "employee" })
			colleague.open(r.direct(appHost)+"/").has(t, 200, "hello employee")
		}
		done := colleague.until(lure, "/device/done")
		colleague.open(done).has(t, 403, "asked for by another browser")
		// Nor can the attacker use what the colleague's browser was given: it is burnt.
		attacker.open(done).has(t, 403, "not valid any more")
	}
	// Straight to the attacker, past the colleague's browser: only a browser on the managed device can get a code,
	// and no page hands it on. If it leaked in time it would still need the attacker's session, which it names; so
	// the code must never be shown or referred.
	colleague := r.managed()
	p := colleague.send("GET", lure, nil)
	if p.header.Get("Referrer-Policy") != "no-referrer" || p.header.Get("Cache-Control") != "no-store" {
		t.Errorf("headers %v", p.header)
	}
	attacker.open(r.direct(appHost)+"/").has(t, 403, "You can't open")
}

func TestDeviceTokens(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{policies: needsDevice})
	b := r.managed()
	lure := b.until(r.direct(appHost)+"/", deviceHost)
	for name, to := range map[string]string{
		"another tenant": with(lure, "tenant", "fabrikam"), "no tenant": with(lure, "tenant", ""), "unknown tenant": with(lure, "tenant", "nobody"),
		"no token": with(lure, "token", ""), "changed": lure + "A",
	} {
		if p := b.send("GET", to, nil); p.status != 403 && p.status != 404 {
			t.Errorf("%s: %d", name, p.status)
		}
	}
	r.clock.Advance(3 * time.Minute)
	b.send("GET", lure, nil).has(t, 403, "not valid any more")
	for _, code := range []string{"", "x", strings.Repeat("A", 43)} {
		b.open(r.at("contoso", "/device/done?code="+code)).has(t, 403, "not valid any more")
	}
}

// TestProofByReturn is the detour that a gateway asks for.
func TestProofByReturn(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	b := r.managed()
	b.open(r.direct(appHost)+"/").has(t, 200, "hello")
	sign := func(tenant model.TenantID, to string, life time.Duration) string {
		token, err := r.vault.Sign(tenant, "return", []byte(to), r.now().Add(life))
		if err != nil {
			t.Fatal(err)
		}
		return r.at("contoso", "/device?to="+token)
	}
	page := r.mapped("contoso", appHost) + "/docs/1?a=b"
	if got := b.until(sign("contoso", page, time.Minute), "/docs/1"); got != page {
		t.Errorf("came back to %s", got)
	}
	for name, to := range map[string]string{
		"another tenant's word": sign("fabrikam", page, time.Minute),
		"another tenant's page": sign("contoso", r.mapped("fabrikam", appHost)+"/", time.Minute),
		"another site":          sign("contoso", "https://evil.example/", time.Minute),
		"http":                  sign("contoso", strings.Replace(page, "https", "http", 1), time.Minute),
		"with a user":           sign("contoso", strings.Replace(page, "https://", "https://x@", 1), time.Minute),
		"late":                  sign("contoso", page, -time.Minute),
		"unsigned mapped page":  r.at("contoso", "/device?ret="+url.QueryEscape(page)),
		"unsigned site":         r.at("contoso", "/device?ret=https://evil.example/"),
		"scheme-relative":       r.at("contoso", "/device?ret=//evil.example/contoso/"),
		"backslash":             r.at("contoso", `/device?ret=/contoso/\evil.example`),
		"dots":                  r.at("contoso", "/device?ret=/contoso/../fabrikam/signout"),
		"encoded dots":          r.at("contoso", "/device?ret=/contoso/%252e%252e/fabrikam/signout"),
		"another tenant's path": r.at("contoso", "/device?ret=/fabrikam/signout"),
		"tenant as prefix":      r.at("contoso", "/device?ret=/contoso.evil.example/"),
		"nothing":               r.at("contoso", "/device"),
		"newline":               r.at("contoso", "/device?ret=/contoso/%0d%0aSet-Cookie:x"),
		"fragment":              r.at("contoso", "/device?ret=/contoso/x%23y"),
		"double slash":          r.at("contoso", "/device?ret=/contoso//evil.example"),
	} {
		if p := b.open(to); p.status != 400 && p.status != 403 || p.went(deviceHost) || p.went("evil") && len(p.hops) > 1 {
			t.Errorf("%s: %d %v", name, p.status, p.hops)
		}
	}
}

func TestWithoutDeviceHost(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{nodevice: true})
	b := r.browser(nil)
	b.open(r.direct(appHost)+"/").has(t, 200, "hello")
	page := r.mapped("contoso", appHost) + "/docs/1"
	token, err := r.vault.Sign("contoso", "return", []byte(page), r.now().Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	if p := b.send("GET", r.at("contoso", "/device?to="+token), nil); p.header.Get("Location") != page {
		t.Errorf("%d to %q", p.status, p.header.Get("Location"))
	}
}

// TestCoalescing sends requests of one host over connections of another, as browsers do when a certificate names
// both.
func TestCoalescing(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	over := func(sni, host, path string) int {
		tr := r.transport(managedCertificate())
		tr.TLSClientConfig.ServerName = sni
		c, err := tr.NewClientConn(t.Context(), "https", sni+r.port)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+host+r.port+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := c.RoundTrip(q)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		return res.StatusCode
	}
	if got := over(brokerHost, deviceHost, "/prove"); got != http.StatusMisdirectedRequest {
		t.Errorf("device host on the broker's connection: %d, want 421", got)
	}
	if got := over(deviceHost, deviceHost, "/prove"); got != http.StatusNotFound {
		t.Errorf("device host on its own connection: %d, want the page for a missing tenant", got)
	}
	if got := over(strings.ToUpper(deviceHost), strings.ToUpper(deviceHost), "/prove"); got != http.StatusNotFound {
		t.Errorf("device host in capitals: %d", got)
	}
}
