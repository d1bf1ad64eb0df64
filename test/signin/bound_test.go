package signin_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/cookiejar"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/referee-casb/referee/device"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/signin/bound"
	"github.com/referee-casb/referee/tenant"
)

func withBound(v *tenant.Tenant, _ *rig) { v.Device.BoundSessions = true }

// keyed is a browser that has a key, and speaks the browser's side of device-bound session credentials.
type keyed struct {
	*browser
	key *ecdsa.PrivateKey
	id  string // of the bound session
}

var offer = regexp.MustCompile(`^\(ES256\);path="([^"]+)";challenge="([^"]+)"$`)

// signed answers a challenge.
func signedChallenge(t testing.TB, key *ecdsa.PrivateKey, challenge string, embed bool) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, (&jose.SignerOptions{EmbedJWK: embed}).WithType("dbsc+jwt"))
	if err != nil {
		t.Fatal(err)
	}
	claims, err := json.Marshal(map[string]string{"jti": challenge})
	if err != nil {
		t.Fatal(err)
	}
	jws, err := signer.Sign(claims)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func newBrowserKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// offered signs in up to the callback's answer, and returns what it offers.
func (r *rig) offered(b *browser) (answer *page, path, challenge string) {
	r.t.Helper()
	p := b.send("GET", b.until(r.direct(appHost)+"/", "/callback/"), nil)
	m := offer.FindStringSubmatch(p.header.Get(bound.HeaderRegistration))
	if m == nil {
		r.t.Fatalf("nothing is offered: %v", p.header)
	}
	return p, m[1], m[2]
}

func (b *browser) bindAt(path string, header ...string) *page {
	return b.send("POST", "https://"+brokerHost+b.r.port+path, nil, append([]string{"Sec-Fetch-Site", "same-origin"}, header...)...)
}

// bindNew signs in with a browser that has a key, and binds the session to it.
func (r *rig) bindNew() *keyed {
	r.t.Helper()
	k := &keyed{browser: r.browser(nil), key: newBrowserKey(r.t)}
	answer, path, challenge := r.offered(k.browser)
	p := k.bindAt(path, bound.HeaderResponse, signedChallenge(r.t, k.key, challenge, true))
	var doc struct {
		ID      string `json:"session_identifier"`
		Refresh string `json:"refresh_url"`
		Cookies []struct{ Name, Attributes string }
		Scope   struct{ Origin string }
		From    []string `json:"allowed_refresh_initiators"`
	}
	if err := json.Unmarshal([]byte(p.text), &doc); err != nil || p.status != 200 || doc.ID == "" || doc.Refresh != "/contoso/bind/refresh" || doc.Scope.Origin != "https://"+brokerHost+r.port {
		r.t.Fatalf("%d %s %v", p.status, p.text, err)
	}
	if mapped := mustURL(r.mapped("contoso", appHost)).Hostname(); !slices.Contains(doc.From, mapped) || !slices.Contains(doc.From, mustURL(r.direct(appHost)).Hostname()) || slices.Contains(doc.From, "*") {
		r.t.Errorf("may be renewed on the way from %v", doc.From)
	}
	k.id = doc.ID
	k.follow(answer, 30).has(r.t, 200, "hello director")
	if !k.live() || !k.unkeyed().live() {
		r.t.Error("a request that was on its way when the binding was first shown is turned away")
	}
	r.clock.Advance(31 * time.Second) // what was on its way has arrived
	return k
}

// challenged asks for a refresh's challenge.
func (k *keyed) challenged() string {
	k.r.t.Helper()
	p := k.bindAt("/contoso/bind/refresh", bound.HeaderID, `"`+k.id+`"`)
	m := regexp.MustCompile(`^"([^"]+)";id="([^"]+)"$`).FindStringSubmatch(p.header.Get(bound.HeaderChallenge))
	if p.status != http.StatusForbidden || m == nil || m[2] != k.id {
		k.r.t.Fatalf("%d %v", p.status, p.header)
	}
	return m[1]
}

func (k *keyed) refreshWith(token string) *page {
	return k.bindAt("/contoso/bind/refresh", bound.HeaderID, `"`+k.id+`"`, bound.HeaderResponse, token)
}

// live reports whether the broker knows a session of the browser, and shows whose it is. A browser with a session's
// cookie and without its key is offered to end it, by another page.
func (b *browser) live() bool {
	b.r.t.Helper()
	p := b.open("https://" + brokerHost + b.r.port + "/contoso/signout")
	offers, names := strings.Contains(p.text, "Sign out everywhere"), strings.Contains(p.text, "Director") || strings.Contains(p.text, "director")
	if offers != names {
		b.r.t.Errorf("the page of a session tells a name: %v, offers to sign out: %v\n%s", names, offers, p.text)
	}
	return offers
}

// copied is another browser with those of a browser's cookies at the sign-in host that fit.
func (b *browser) copied(fits func(name string) bool) *browser {
	b.r.t.Helper()
	other := b.r.browser(nil)
	other.jar, _ = cookiejar.New(nil)
	other.client.Jar = other.jar
	at := mustURL("https://" + brokerHost + b.r.port + "/")
	var list []*http.Cookie
	for _, c := range b.jar.Cookies(at) {
		if fits(c.Name) {
			list = append(list, &http.Cookie{Name: c.Name, Value: c.Value, Path: "/", Secure: true})
		}
	}
	other.jar.SetCookies(at, list)
	return other
}

func all(string) bool { return true }

// unkeyed is another browser with all cookies of this one but the short-lived one.
func (b *browser) unkeyed() *browser {
	return b.copied(func(name string) bool { return !strings.Contains(name, "bound") })
}

// TestBoundSession: a copied session is worth nothing without the short-lived cookie, and with it nothing once that has
// ended; the browser itself goes on by signing.
func TestBoundSession(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{change: withBound})
	k := r.bindNew()
	if !k.live() {
		t.Fatal("not signed in")
	}
	if k.unkeyed().live() {
		t.Error("the session's cookie alone is a session")
	}
	thief := k.copied(all)
	if !thief.live() {
		t.Error("within the lease a whole copy is told apart?")
	}
	r.clock.Advance(6 * time.Minute)
	if thief.live() || k.live() {
		t.Error("the lease never ends")
	}
	if p := k.refreshWith(signedChallenge(t, k.key, k.challenged(), false)); p.status != 200 {
		t.Fatalf("%d %s", p.status, p.text)
	}
	if !k.live() || thief.live() {
		t.Error("after the signature")
	}
	var proofs []model.Proof
	sessions, err := r.db.Sessions(t.Context(), "contoso", "", r.now())
	if err != nil || len(sessions) == 0 {
		t.Fatal(err)
	}
	i := slices.IndexFunc(sessions, func(s session.Session) bool { return s.Bound != nil })
	if i < 0 {
		t.Fatalf("no session is bound: %+v", sessions)
	}
	proofs = sessions[i].Proofs
	j := slices.IndexFunc(proofs, func(p model.Proof) bool { return p.Kind == device.KindBound })
	if j < 0 || proofs[j].Tag != "" || !strings.Contains(proofs[j].Evidence, "its key ") || r.now().Sub(proofs[j].At) > time.Minute || slices.Contains(device.Tags(proofs, r.now(), false), model.TagManaged) {
		t.Errorf("proofs %+v", proofs)
	}
	if got := r.rec.of(model.ActivityDeviceProof); !slices.ContainsFunc(got, func(a model.Activity) bool {
		return a.ActionType == "SessionBound" && a.Session == sessions[i].ID
	}) {
		t.Errorf("recorded %+v", got)
	}
	// Signing out ends it for the browser too.
	k.send("POST", "https://"+brokerHost+r.port+"/contoso/signout", nil, "Sec-Fetch-Site", "same-origin")
	if p := k.bindAt("/contoso/bind/refresh", bound.HeaderID, `"`+k.id+`"`); p.status != 200 || !strings.Contains(p.text, `"continue":false`) {
		t.Errorf("after sign-out: %d %s", p.status, p.text)
	}
}

// TestBoundRefusals: every answer that is not this browser's, now, to this very question.
func TestBoundRefusals(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{change: withBound})
	k, other := r.bindNew(), r.bindNew()
	foreign := newBrowserKey(t)
	token := signedChallenge(t, k.key, k.challenged(), false)
	if p := k.refreshWith(token); p.status != 200 {
		t.Fatalf("%d", p.status)
	}
	fresh := r.browser(nil)
	_, path, challenge := r.offered(fresh)
	late := signedChallenge(t, k.key, k.challenged(), false)
	for name, answer := range map[string]string{
		"replayed":                    token,
		"another session's challenge": signedChallenge(t, k.key, other.challenged(), false),
		"made up":                     signedChallenge(t, k.key, "of-my-own", false),
		"a registration's challenge":  signedChallenge(t, k.key, challenge, false),
	} {
		k.askedAnew(t, name, answer)
	}
	for name, p := range map[string]*page{
		"another key":                  k.refreshWith(signedChallenge(t, foreign, k.challenged(), false)),
		"a key that it brings":         k.refreshWith(signedChallenge(t, foreign, k.challenged(), true)),
		"another key, another's":       k.refreshWith(signedChallenge(t, foreign, other.challenged(), false)),
		"another key, replayed":        k.refreshWith(signedChallenge(t, foreign, challengeOf(t, token), false)),
		"register by a refresh":        k.bindAt(path, bound.HeaderResponse, signedChallenge(t, foreign, k.challenged(), true)),
		"register without a signature": fresh.bindAt(path),
		"register by another site":     fresh.send("POST", "https://"+brokerHost+r.port+path, nil, "Sec-Fetch-Site", "cross-site", bound.HeaderResponse, signedChallenge(t, foreign, challenge, true)),
	} {
		if p.status != http.StatusBadRequest && p.status != http.StatusForbidden || len(p.header["Set-Cookie"]) > 0 {
			t.Errorf("%s: %d %v", name, p.status, p.header)
		}
	}
	// The first key is the session's; a later one takes nothing over.
	if p := fresh.bindAt(path, bound.HeaderResponse, signedChallenge(t, newBrowserKey(t), challenge, true)); p.status != 200 {
		t.Fatalf("%d", p.status)
	}
	if p := fresh.bindAt(path, bound.HeaderResponse, signedChallenge(t, foreign, challenge, true)); p.status != http.StatusBadRequest {
		t.Errorf("bound twice: %d", p.status)
	}
	r.clock.Advance(6 * time.Minute)
	// A copy can't renew, whatever it asks.
	thief := &keyed{browser: k.copied(all), key: foreign, id: k.id}
	if p := thief.refreshWith(signedChallenge(t, foreign, thief.challenged(), true)); p.status != http.StatusBadRequest || thief.live() {
		t.Errorf("a copy renewed itself: %d", p.status)
	}
	if !strings.Contains(r.log.String(), "cookie of a bound session without its key") {
		t.Error("nobody hears of it")
	}
	k.askedAnew(t, "late", late)
}

// TestUnboundSession: a browser without keys, and a tenant that does not want them, go on as before.
func TestUnboundSession(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{change: withBound})
	b := r.browser(nil)
	b.open(r.direct(appHost)+"/").has(t, 200, "hello director")
	r.clock.Advance(20 * time.Minute)
	if !b.live() {
		t.Error("a browser that has no keys is kept out")
	}
	plain := newRig(t, setting{})
	other := plain.browser(nil)
	p := other.send("GET", other.until(plain.direct(appHost)+"/", "/callback/"), nil)
	if got := p.header.Get(bound.HeaderRegistration); got != "" {
		t.Errorf("offered %q", got)
	}
}

// TestLostKeyEndsTheSession: whoever signs in anew in a browser that has lost its key leaves no old session behind, which
// the sign-out could no longer reach.
func TestLostKeyEndsTheSession(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{change: withBound})
	k := r.bindNew()
	live := func() (ids []string) {
		list, err := r.db.Sessions(t.Context(), "contoso", "", r.now())
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range list {
			if s.Revoked.IsZero() {
				ids = append(ids, string(s.ID))
			}
		}
		return ids
	}
	before := live()
	r.clock.Advance(6 * time.Minute) // the short-lived cookie is over, and nobody signs for another
	if k.live() {
		t.Fatal("the lease never ends")
	}
	k.open(r.direct(appHost) + "/again")
	k.open("https://" + brokerHost + r.port + "/contoso/security-info")
	after := live()
	if len(before) != 1 || len(after) != 1 || after[0] == before[0] {
		t.Errorf("sessions %v, then %v: want another one alone", before, after)
	}
}
