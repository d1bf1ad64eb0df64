package signin_test

import (
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

func (r *rig) securityInfo() string {
	return "https://" + brokerHost + r.port + "/contoso/security-info"
}

// manage posts a form of the page where people change their factors.
func (b *browser) manage(act string, form url.Values, header ...string) *page {
	b.r.t.Helper()
	if form == nil {
		form = url.Values{}
	}
	if len(header) == 0 {
		header = []string{"Origin", "https://" + brokerHost + b.r.port, "Sec-Fetch-Site", "same-origin"}
	}
	return b.follow(b.send("POST", b.r.securityInfo()+"/"+act, form, header...), 30)
}

// kinds lists what the tenant's people have.
func (r *rig) kinds() (out []factor.Kind) {
	r.t.Helper()
	list, err := r.db.FactorsOf(r.t.Context(), "contoso")
	if err != nil {
		r.t.Fatal(err)
	}
	for _, f := range list {
		out = append(out, f.Kind)
	}
	slices.Sort(out)
	return out
}

var removePattern = regexp.MustCompile(`name="id" value="([^"]+)"><button class="button secondary" aria-label="Remove ([^"]+)"`)

func (p *page) removable() map[string]string {
	out := map[string]string{}
	for _, m := range removePattern.FindAllStringSubmatch(p.text, -1) {
		out[m[2]] = m[1]
	}
	return out
}

// TestSecurityInfo: a person sets up a first factor after a fresh sign-in, changes factors after showing one, and nothing
// later, from another browser, or by another site's form.
func TestSecurityInfo(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{change: own})
	b := r.browser(nil)
	b.open(r.securityInfo()).has(t, 200, "Security info", "Nothing is set up yet", "Set up a passkey")

	// A session that lay about gives its finder no factor.
	r.clock.Advance(11 * time.Minute)
	p := b.open(r.securityInfo())
	p.has(t, 200, "sign in once more")
	p.lacks(t, "Set up a passkey")
	b.manage("app", nil).lacks(t, "<svg")
	if p := b.manage("confirm", nil); p.status != 200 || !strings.Contains(p.text, "Set up a passkey") || r.idp.asked().Get("max_age") != "0" {
		t.Fatalf("after a fresh sign-in: %d %v\n%s", p.status, r.idp.asked(), p.text)
	}

	p = b.manage("app", nil)
	p.has(t, 200, "<svg")
	secret := secretOf(t, p)
	b.manage("app-code", url.Values{"code": {"000000"}}).has(t, 422, "not the code")
	p = b.manage("app-code", url.Values{"code": {factor.Code(secret, r.now())}})
	p.has(t, 200, "Keep your recovery codes")
	codes := codePattern.FindAllStringSubmatch(p.text, -1)
	p = b.open(r.securityInfo())
	p.has(t, 200, "Authenticator app", "10 left", "Make new recovery codes")
	if len(codes) != 10 || len(p.removable()) != 1 {
		t.Errorf("%d codes, %v", len(codes), p.removable())
	}

	// New codes: the old ones are worth nothing.
	p = b.manage("recovery", nil)
	p.has(t, 200, "Keep your recovery codes")
	fresh := codePattern.FindStringSubmatch(p.text)[1]

	// The same cookies in another browser, and a form of another site.
	id := b.open(r.securityInfo()).removable()["Authenticator app"]
	thief := r.browser(nil)
	thief.jar, thief.client.Jar, thief.agent = b.jar, b.jar, "curl/8"
	thief.open(r.securityInfo()).lacks(t, "Remove</button>")
	thief.manage("remove", url.Values{"id": {id}})
	if p := b.manage("remove", url.Values{"id": {id}}, "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"); p.status != http.StatusForbidden {
		t.Errorf("a form of another site: %d", p.status)
	}
	if got := r.kinds(); !slices.Equal(got, []factor.Kind{factor.Recovery, factor.TOTP}) {
		t.Fatalf("left: %v", got)
	}

	// Later, a factor is shown again first; a recovery code is one, once.
	r.clock.Advance(11 * time.Minute)
	p = b.open(r.securityInfo())
	p.has(t, 200, "confirm it’s you first")
	b.manage("remove", url.Values{"id": {id}})
	b.manage("recovery", nil).lacks(t, "Keep your recovery codes")
	if got := r.kinds(); len(got) != 2 {
		t.Fatalf("left: %v", got)
	}
	b.act(b.manage("confirm", nil), "code", url.Values{"code": {codes[0][1]}}).has(t, 422, "did not work")
	p = b.act(b.manage("confirm", nil), "code", url.Values{"code": {fresh}})
	p.has(t, 200, "Security info", "9 left")
	b.manage("remove", url.Values{"id": {"of-somebody-else"}}).has(t, 200, "Authenticator app")
	b.manage("remove", url.Values{"id": {id}}).lacks(t, "Authenticator app:")
	if got := r.kinds(); !slices.Equal(got, []factor.Kind{factor.Recovery}) {
		t.Fatalf("left: %v", got)
	}
	var acts []string
	for _, a := range r.rec.of(model.ActivitySecurityInfo) {
		acts = append(acts, strings.TrimPrefix(a.ActionType, "SecurityInfo")+" "+a.Objects[0].ID)
	}
	if got := strings.Join(acts, ", "); got != "Registered totp, Registered recoveryCode, Deleted totp" {
		t.Errorf("recorded %s", got)
	}
}

// TestSecurityInfoNotRecorded: what can't be put on record does not happen.
func TestSecurityInfoNotRecorded(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{change: own})
	b := r.browser(nil)
	b.open(r.securityInfo())
	secret := secretOf(t, b.manage("app", nil))
	b.manage("app-code", url.Values{"code": {factor.Code(secret, r.now())}}).has(t, 200)
	id := b.open(r.securityInfo()).removable()["Authenticator app"]
	before, _ := r.db.FactorsOf(t.Context(), "contoso")
	r.rec.failing(true)
	b.manage("remove", url.Values{"id": {id}}).has(t, 503)
	b.manage("recovery", nil).has(t, 503)
	r.rec.failing(false)
	after, _ := r.db.FactorsOf(t.Context(), "contoso")
	if len(before) != 2 || len(after) != 2 || before[0].ID != after[0].ID || before[1].ID != after[1].ID {
		t.Errorf("before %+v, after %+v", before, after)
	}
}

// TestSecurityInfoUndated: a sign-in of which nobody says when it was opens nothing, however young its answer is.
func TestSecurityInfoUndated(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{change: own})
	r.undated()
	b := r.browser(nil)
	p := b.open(r.securityInfo())
	p.has(t, 200, "sign in once more")
	p.lacks(t, "Set up a passkey")
	b.manage("app", nil).lacks(t, "<svg")
	if list, err := r.db.FactorsOf(t.Context(), "contoso"); err != nil || len(list) != 0 {
		t.Fatalf("registered %+v, %v", list, err)
	}
}

// TestSecurityInfoOfProvider: where the provider alone confirms people, there is nothing to change here.
func TestSecurityInfoOfProvider(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{change: func(s *tenant.Tenant, _ *rig) { s.StepUp.By = tenant.StepUpProvider }})
	b := r.browser(nil)
	b.open(r.securityInfo()).has(t, 404)
	b.manage("app", nil).has(t, 404)
	b.open("https://"+brokerHost+r.port+"/contoso/signout").lacks(t, "security-info")
}

// TestSecurityInfoThrottle: wrong codes cost, here as at a step-up.
func TestSecurityInfoThrottle(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{change: own})
	b := r.browser(nil)
	b.open(r.securityInfo())
	b.manage("app", nil).has(t, 200, "<svg")
	for i := range 60 {
		p := b.manage("app-code", url.Values{"code": {"000000"}})
		if p.status == http.StatusTooManyRequests {
			if i < 5 {
				t.Errorf("after %d attempts already", i)
			}
			return
		}
		p.has(t, 422)
	}
	t.Error("guessing never ends")
}
