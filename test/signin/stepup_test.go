package signin_test

import (
	"encoding/base32"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/signin/factor"
	"github.com/referee-casb/referee/tenant"
)

const stepUpDownloads = `
kind: ConditionalAccess
id: route
name: Route everybody
state: enabled
conditions: {users: {includeUsers: [All]}, applications: {includeApplications: [All]}}
sessionControls: {cloudAppSecurity: {isEnabled: true, cloudAppSecurityType: mcasConfigured}}
---
kind: SessionPolicy
id: gold
name: Confirm before downloads
control: controlFileDownload
level: standard
activities: {app: {eq: onedrive}}
action: requireStepUp
stepUp: {context: c1}
unscannable: block
`

const mfaPolicy = `
kind: ConditionalAccess
id: mfa
name: MFA for everybody
state: enabled
conditions: {users: {includeUsers: [All]}, applications: {includeApplications: [All]}}
grantControls: {operator: OR, builtInControls: [mfa]}
`

func own(s *tenant.Tenant, _ *rig) { s.StepUp.By = tenant.StepUpOwn }

var (
	keyPattern    = regexp.MustCompile(`<code class="key" id="key">([A-Z2-7 ]+)</code>`)
	actionPattern = regexp.MustCompile(`action="(/contoso/stepup/[^/"]+)`)
	codePattern   = regexp.MustCompile(`<li><code>([A-Z0-9-]+)</code>`)
)

// act posts a form of a step-up page.
func (b *browser) act(p *page, name string, form url.Values) *page {
	b.r.t.Helper()
	m := actionPattern.FindStringSubmatch(p.text)
	if m == nil {
		b.r.t.Fatalf("no form on:\n%d %s", p.status, p.text)
	}
	if form == nil {
		form = url.Values{}
	}
	return b.follow(b.send("POST", "https://"+brokerHost+b.r.port+m[1]+"/"+name, form, "Origin", "https://"+brokerHost+b.r.port, "Sec-Fetch-Site", "same-origin"), 30)
}

func secretOf(t testing.TB, p *page) []byte {
	t.Helper()
	m := keyPattern.FindStringSubmatch(p.text)
	if m == nil {
		t.Fatalf("no key on:\n%s", p.text)
	}
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(m[1], " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// enrol registers an authenticator app on the page of a step-up and goes on past the recovery codes.
func (b *browser) enrol(p *page) (secret []byte, codes []string, after *page) {
	b.r.t.Helper()
	p.has(b.r.t, 200, "Set up an authenticator app")
	p = b.act(p, "app", nil)
	p.has(b.r.t, 200, "<svg")
	secret = secretOf(b.r.t, p)
	action := actionPattern.FindStringSubmatch(p.text)[1]
	p = b.act(p, "app-code", url.Values{"code": {factor.Code(secret, b.r.now())}})
	p.has(b.r.t, 200, "Keep your recovery codes")
	for _, m := range codePattern.FindAllStringSubmatch(p.text, -1) {
		codes = append(codes, m[1])
	}
	return secret, codes, b.open("https://" + brokerHost + b.r.port + action)
}

// acts lists the action types of step-ups on record.
func (r *rig) acts() string {
	var out []string
	for _, a := range r.rec.of(model.ActivityStepUp) {
		out = append(out, strings.TrimPrefix(a.ActionType, "StrongAuthentication"))
	}
	return strings.Join(out, " ")
}

// TestStepUpAtSignIn: Conditional Access asks for MFA, the person registers an app, signs in, and next time shows a code.
func TestStepUpAtSignIn(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{policies: mfaPolicy, change: own})
	b := r.browser(nil)
	p := b.open(r.direct(appHost) + "/")
	p.has(t, 200, "Confirm it’s you", "MFA for everybody", "Set up a passkey")
	secret, codes, p := b.enrol(p)
	p.has(t, 200, "hello director")
	if len(codes) != 10 || r.acts() != "Requested Succeeded" {
		t.Errorf("%d codes, %s", len(codes), r.acts())
	}
	if got := r.rec.of(model.ActivitySecurityInfo); len(got) != 1 || got[0].ActionType != "SecurityInfoRegistered" {
		t.Errorf("recorded %+v", got)
	}
	// In the same session nothing is asked again.
	b.open(r.direct(appHost)+"/").has(t, 200, "hello director")

	other := r.browser(nil)
	p = other.open(r.direct(appHost) + "/")
	p.has(t, 200, "Code of your authenticator app")
	p.lacks(t, "Set up")
	used := factor.Code(secret, r.now())
	p = other.act(p, "code", url.Values{"code": {used}})
	p.has(t, 422, "did not work") // the code of the enrolment
	r.clock.Advance(time.Minute)
	p = other.act(p, "code", url.Values{"code": {factor.Code(secret, r.now())}})
	p.has(t, 200, "hello director")

	third := r.browser(nil)
	p = third.open(r.direct(appHost) + "/")
	p = third.act(p, "code", url.Values{"code": {codes[0]}})
	p.has(t, 200, "hello director")
	fourth := r.browser(nil)
	p = fourth.open(r.direct(appHost) + "/")
	fourth.act(p, "code", url.Values{"code": {codes[0]}}).has(t, 422, "did not work")
	for _, text := range []string{r.log.String()} {
		for _, c := range append(codes, used) {
			if strings.Contains(text, c) {
				t.Errorf("the log holds code %s", c)
			}
		}
	}
}

// TestEnrolmentNotRecorded: a new factor that can't be put on record is taken back, with the recovery codes made for it;
// what the person had before stays.
func TestEnrolmentNotRecorded(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{policies: mfaPolicy, change: own})
	kinds := func() (out []factor.Kind, list []factor.Factor) {
		list, err := r.db.FactorsOf(t.Context(), "contoso")
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range list {
			out = append(out, f.Kind)
		}
		return out, list
	}
	refused := func() {
		t.Helper()
		b := r.browser(nil)
		p := b.act(b.open(r.direct(appHost)+"/"), "app", nil)
		secret := secretOf(t, p)
		r.rec.failing(true)
		b.act(p, "app-code", url.Values{"code": {factor.Code(secret, r.now())}}).has(t, 503)
		r.rec.failing(false)
	}
	refused()
	if have, _ := kinds(); len(have) != 0 {
		t.Fatalf("left behind: %v", have)
	}
	b := r.browser(nil)
	_, codes, p := b.enrol(b.open(r.direct(appHost) + "/"))
	p.has(t, 200, "hello director")
	_, list := kinds()
	for _, f := range list {
		if f.Kind == factor.TOTP { // the telephone is lost, an administrator removes the app
			if err := r.db.DeleteFactor(t.Context(), f.Owner, f.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	refused()
	if have, _ := kinds(); !slices.Equal(have, []factor.Kind{factor.Recovery}) {
		t.Fatalf("after a failed enrolment: %v", have)
	}
	f, err := r.db.FactorsOf(t.Context(), "contoso")
	if err != nil || f[0].Left != len(codes) {
		t.Errorf("recovery codes left: %+v, %v", f, err)
	}
}

// stepUpPolicies need the app's download path; the test app serves a file at /file.
func (r *rig) download(b *browser) *page {
	r.t.Helper()
	return b.open(r.mapped("contoso", appHost) + "/file/report.pdf")
}

var stepUpLink = regexp.MustCompile(`id="stepup" href="([^"]+)"`)

func (p *page) stepUp(t testing.TB) string {
	t.Helper()
	m := stepUpLink.FindStringSubmatch(p.text)
	if m == nil {
		t.Fatalf("no step-up on %d:\n%s", p.status, p.text)
	}
	return strings.ReplaceAll(m[1], "&amp;", "&")
}

var refresh = regexp.MustCompile(`http-equiv="refresh" content="0;url=([^"]+)"`)

func (p *page) onward(t testing.TB) string {
	t.Helper()
	m := refresh.FindStringSubmatch(p.text)
	if m == nil {
		t.Fatalf("leads nowhere: %d\n%s", p.status, p.text)
	}
	return strings.ReplaceAll(m[1], "&amp;", "&")
}

// TestStepUpBeforeDownload: blocked, confirmed with an own factor, the file arrives; another file is asked for anew.
func TestStepUpBeforeDownload(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{policies: stepUpDownloads, change: own})
	b := r.browser(nil)
	b.open(r.mapped("contoso", appHost)+"/start").has(t, 200, "hello")
	p := r.download(b)
	p.has(t, 403, "Confirm it’s you")
	_, _, done := b.enrol(b.open(p.stepUp(t)))
	done.has(t, 200, "is on its way")
	file := b.open(done.onward(t))
	file.has(t, 200, fileBytes)
	downloads := r.rec.of(model.ActivityDownload)
	if len(downloads) < 2 || downloads[0].Taken != model.TakenVerify || downloads[len(downloads)-1].Taken != model.TakenVerified {
		t.Errorf("recorded %+v", downloads)
	}
	b.open(r.mapped("contoso", appHost)+"/file/other.pdf").has(t, 403, "Confirm it’s you")
	thief := r.browser(nil)
	thief.jar, thief.client.Jar = b.jar, b.jar
	thief.agent = "curl/8"
	thief.open(r.mapped("contoso", appHost)+"/file/report.pdf").has(t, 403, "Confirm it’s you")
	if got := r.acts(); got != "Succeeded" {
		t.Errorf("recorded %s", got)
	}
}

// TestStepUpAtProvider: the provider is asked for the context with a fresh sign-in, and every lie is refused.
func TestStepUpAtProvider(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{policies: stepUpDownloads, change: func(s *tenant.Tenant, _ *rig) {
		s.StepUp.By = tenant.StepUpProvider
		s.StepUp.Contexts = map[string]tenant.Context{"c1": {ACR: "gold"}}
	}})
	b := r.browser(nil)
	b.open(r.mapped("contoso", appHost)+"/start").has(t, 200, "hello")
	sid := r.rec.of(model.ActivityLogin)[0].Session
	for name, lie := range map[string]struct {
		claims func(map[string]any)
		user   string
		reason string
	}{
		"stale":         {claims: func(c map[string]any) { c["acr"] = "gold"; c["auth_time"] = r.now().Add(-time.Hour).Unix() }, reason: "the provider's is from"},
		"undated":       {claims: func(c map[string]any) { c["acr"] = "gold"; delete(c, "auth_time") }, reason: "auth_time"},
		"future":        {claims: func(c map[string]any) { c["acr"] = "gold"; c["auth_time"] = r.now().Add(time.Hour).Unix() }, reason: "in the future"},
		"lower acr":     {claims: func(c map[string]any) { c["acr"] = "silver" }, reason: `of acr "silver", asked for was ["gold"]`},
		"missing acr":   {claims: func(c map[string]any) {}, reason: "names no acr"},
		"mfa, no acr":   {claims: func(c map[string]any) { c["amr"] = []string{"mfa"} }, reason: "names no acr"},
		"other nonce":   {claims: func(c map[string]any) { c["acr"] = "gold"; c["nonce"] = "other" }, reason: "nonce"},
		"other subject": {claims: func(c map[string]any) { c["acr"] = "gold" }, user: "employee", reason: `employee", the session is of "`},
	} {
		before := len(r.rec.of(model.ActivityStepUp))
		r.idp.set(func() { r.idp.claims, r.idp.user = lie.claims, "director" })
		if lie.user != "" {
			r.idp.set(func() { r.idp.user = lie.user })
		}
		p := b.act(b.open(r.download(b).stepUp(t)), "provider", nil)
		p.has(t, 403)
		p.lacks(t, "silver", "employee", "nonce")
		rec := r.rec.of(model.ActivityStepUp)[before:]
		if len(rec) != 1 || rec[0].ActionType != "StrongAuthenticationFailed" || !strings.Contains(rec[0].Reason, lie.reason) || rec[0].User.Username != "director@contoso.example" || rec[0].App.Instance != "files" {
			t.Errorf("%s: recorded %+v", name, rec)
		}
		if len(r.grants(sid)) != 0 {
			t.Fatalf("%s: granted", name)
		}
	}
	if r.idp.asked().Get("acr_values") != "gold" || r.idp.asked().Get("prompt") != "login" || r.idp.asked().Get("max_age") != "0" || !strings.Contains(r.idp.asked().Get("claims"), `"auth_time":{"essential":true}`) {
		t.Errorf("asked %v", r.idp.asked())
	}

	r.idp.set(func() { r.idp.claims, r.idp.user = func(c map[string]any) { c["acr"] = "gold" }, "director" })
	// Another browser gets nothing from the answer, nor from the challenge.
	page := b.open(r.download(b).stepUp(t))
	action := actionPattern.FindStringSubmatch(page.text)[1]
	begun := b.send("POST", "https://"+brokerHost+r.port+action+"/provider", url.Values{}, "Sec-Fetch-Site", "same-origin")
	callback := b.until(begun.header.Get("Location"), "/callback/")
	other := r.browser(nil)
	other.open(r.mapped("contoso", appHost)+"/start").has(t, 200, "hello")
	other.open("https://"+brokerHost+r.port+action).has(t, 403, "made in another browser")
	other.open(callback).has(t, 403)
	if p := b.open(callback); p.status != 403 {
		t.Errorf("an answer that another browser spoilt: %d", p.status)
	}
	page = b.open(r.download(b).stepUp(t))
	if p := b.send("POST", "https://"+brokerHost+r.port+actionPattern.FindStringSubmatch(page.text)[1]+"/provider", url.Values{}, "Sec-Fetch-Site", "cross-site"); p.status != http.StatusForbidden {
		t.Errorf("a form of another site: %d", p.status)
	}
	done := b.act(page, "provider", nil)
	done.has(t, 200, "is on its way")
	for _, h := range done.hops {
		if strings.Contains(h, "/callback/") {
			b.open(h).has(t, 403) // replayed
		}
	}
	b.open(done.onward(t)).has(t, 200, fileBytes)
	grants := r.grants(sid)
	if len(grants) != 1 || grants[0].Key != "stepUp:c1" || grants[0].Seen == nil || grants[0].Expires.Sub(r.now()) > 5*time.Minute {
		t.Errorf("grants %+v", grants)
	}
	// The grant is for that file in that session, app and tenant.
	b.open(r.mapped("contoso", appHost)+"/file/other.pdf").has(t, 403)
	b.open(r.mapped("contoso", appHost)+"/file/report.pdf?version=2").has(t, 403)
	other.open(r.mapped("contoso", appHost)+"/file/report.pdf").has(t, 403)
	r.clock.Advance(6 * time.Minute)
	b.open(r.mapped("contoso", appHost)+"/file/report.pdf").has(t, 403)
}

// TestStepUpByContext: without a word of the tenant, Entra's authentication context is asked for by claim.
func TestStepUpByContext(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{policies: stepUpDownloads, change: func(s *tenant.Tenant, _ *rig) { s.StepUp.By = tenant.StepUpProvider }})
	b := r.browser(nil)
	b.open(r.mapped("contoso", appHost)+"/start").has(t, 200, "hello")
	r.idp.set(func() { r.idp.claims = func(c map[string]any) { c["acrs"] = []string{"c2"} } })
	b.act(b.open(r.download(b).stepUp(t)), "provider", nil).has(t, 403)
	r.idp.set(func() { r.idp.claims = func(c map[string]any) { c["acrs"] = []string{"c2", "c1"} } })
	done := b.act(b.open(r.download(b).stepUp(t)), "provider", nil)
	done.has(t, 200, "is on its way")
	if !strings.Contains(r.idp.asked().Get("claims"), `"acrs":{"essential":true,"value":"c1"}`) {
		t.Errorf("asked %v", r.idp.asked())
	}
	b.open(done.onward(t)).has(t, 200, fileBytes)
}

// TestTermsOfUse: an agreement is shown, declined, accepted on record, remembered in later sessions, and asked for anew in a
// new version.
func TestTermsOfUse(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{policies: strings.Replace(mfaPolicy, "builtInControls: [mfa]", "termsOfUse: [tou]", 1), change: func(s *tenant.Tenant, _ *rig) {
		s.StepUp.Terms = []tenant.Terms{{ID: "tou", Title: "Terms of use", Version: "2026-11", Text: "Be **kind**. <script>x</script>"}}
	}})
	b := r.browser(nil)
	p := b.open(r.direct(appHost) + "/")
	p.has(t, 200, "Terms of use", "<strong>kind</strong>", "2026-11", "I agree")
	p.lacks(t, "<script>x")
	b.act(p, "terms", url.Values{"version": {"2026-11"}, "answer": {"decline"}}).has(t, 403, "did not agree")
	b.act(p, "terms", url.Values{"version": {"2025-01"}, "answer": {"accept"}}).has(t, 409, "has changed")
	b.act(p, "terms", url.Values{"version": {"2026-11"}, "answer": {"accept"}}).has(t, 200, "hello director")
	if got := r.rec.of(model.ActivityTermsOfUse); len(got) != 2 || got[0].ActionType != "TermsOfUseDeclined" || got[1].ActionType != "TermsOfUseAccepted" {
		t.Errorf("recorded %+v", got)
	}
	r.browser(nil).open(r.direct(appHost)+"/").has(t, 200, "hello director")
}
