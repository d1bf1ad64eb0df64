package signin_test

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/referee-casb/referee/model"
)

const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

// typed signs claims with a type in the header.
func typed(t testing.TB, key any, alg jose.SignatureAlgorithm, id, typ string, claims map[string]any) string {
	t.Helper()
	opts := &jose.SignerOptions{}
	if typ != "" {
		opts.WithType(jose.ContentType(typ))
	}
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: id}}, opts)
	if err != nil {
		t.Fatal(err)
	}
	text, err := jwt.Signed(s).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// logoutClaims are those of a good logout token.
func (r *rig) logoutClaims(id string) map[string]any {
	now := r.now()
	return map[string]any{
		"iss": r.idp.issuer, "aud": "referee-contoso", "iat": now.Unix(), "exp": now.Add(2 * time.Minute).Unix(), "jti": id,
		"sub": "director", "sid": "p1", "events": map[string]any{logoutEvent: map[string]any{}},
	}
}

func (r *rig) tellLogout(id model.TenantID, token string) (int, string) {
	r.t.Helper()
	res, text := r.ask("POST", r.at(id, "/backchannel/main"), url.Values{"logout_token": {token}})
	if res.Header.Get("Cache-Control") != "no-store" {
		r.t.Error("the answer may be cached")
	}
	return res.StatusCode, text
}

// signIn signs a new browser in as a provider's session.
func (r *rig) signIn(user, sid string) (*browser, model.SessionID) {
	r.t.Helper()
	r.idp.set(func() {
		r.idp.user, r.idp.auth = user, time.Time{}
		r.idp.claims = func(c map[string]any) {
			if sid != "" {
				c["sid"] = sid
			}
		}
	})
	b := r.browser(nil)
	b.open(r.direct(appHost)+"/").has(r.t, 200, "hello "+user)
	return b, r.lastSession()
}

// lastAbout is the last activity about a provider's message.
func (r *rig) lastAbout() model.Activity {
	r.t.Helper()
	all := r.rec.of(model.ActivitySessionRevoked)
	if len(all) == 0 {
		r.t.Fatal("nothing is recorded")
	}
	return all[len(all)-1]
}

func TestProviderLogout(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(map[string]any)
		typ    string
		ends   []string // of director's p1 and p2, worker's p3 and director's sign-in without sid, ""
	}{
		"subject and session":   {nil, "logout+jwt", []string{"p1", ""}},
		"session alone":         {func(c map[string]any) { delete(c, "sub") }, "logout+jwt", []string{"p1"}},
		"subject alone":         {func(c map[string]any) { delete(c, "sid") }, "", []string{"p1", "p2", ""}},
		"older type":            {func(c map[string]any) { c["aud"] = []string{"referee-contoso"} }, "JWT", []string{"p1", ""}},
		"somebody else":         {func(c map[string]any) { c["sub"] = "nobody"; delete(c, "sid") }, "logout+jwt", nil},
		"session of another":    {func(c map[string]any) { c["sid"] = "p3" }, "logout+jwt", []string{""}},
		"unknown session":       {func(c map[string]any) { c["sid"] = "p9"; delete(c, "sub") }, "logout+jwt", nil},
		"from before a sign-in": {func(c map[string]any) { delete(c, "sid"); c["iat"] = c["iat"].(int64) - 300 }, "logout+jwt", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, setting{})
			ids := map[string]model.SessionID{}
			for sid, user := range map[string]string{"p1": "director", "p2": "director", "p3": "worker", "": "director"} {
				_, ids[sid] = r.signIn(user, sid)
			}
			claims := r.logoutClaims("j1")
			if c.change != nil {
				c.change(claims)
			}
			if status, text := r.tellLogout("contoso", typed(t, idpKey(), jose.RS256, "k1", c.typ, claims)); status != http.StatusOK || text != "" {
				t.Fatalf("%d %s", status, text)
			}
			want := map[string]bool{}
			for _, sid := range c.ends {
				want[sid] = true
			}
			for sid, id := range ids {
				s := r.session(id)
				if s.Revoked.IsZero() == want[sid] {
					t.Errorf("session %q: revoked %s, want %v", sid, s.Revoked, want[sid])
				}
				if want[sid] && s.Reason != "signed out at main" {
					t.Errorf("session %q: reason %q", sid, s.Reason)
				}
			}
			if got := len(r.rec.of(model.ActivityLogout)); got != len(c.ends) {
				t.Errorf("%d sign-outs recorded, want %d", got, len(c.ends))
			}
			if a := r.lastAbout(); a.ActionType != "ProviderLogout" || a.Outcome != model.OutcomeComplete || a.Objects[0].ID != "main" {
				t.Errorf("recorded %+v", a)
			}
		})
	}
}

// TestForgedLogout: a provider that lies, or somebody who isn't the provider, ends no session, and the record says
// precisely why.
func TestForgedLogout(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	_, id := r.signIn("director", "p1")
	good := func(c map[string]any) string { return typed(t, idpKey(), jose.RS256, "k1", "logout+jwt", c) }
	claim := func(name string, v any) func() string {
		return func() string {
			c := r.logoutClaims("bad")
			if c[name] = v; v == nil {
				delete(c, name)
			}
			return good(c)
		}
	}
	unsigned := func(header string, payload []byte) string {
		e := base64.RawURLEncoding
		return e.EncodeToString([]byte(header)) + "." + e.EncodeToString(payload) + "."
	}
	public, err := jose.JSONWebKey{Key: &idpKey().PublicKey}.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	stranger := pair("stranger").Signer.(*rsa.PrivateKey)
	now := r.now()
	for name, c := range map[string]struct {
		token func() string
		want  string // in the record
	}{
		"nothing":     {func() string { return "" }, "no signed token"},
		"no token":    {func() string { return "hello" }, "no signed token"},
		"white space": {func() string { return " " + good(r.logoutClaims("bad")) }, "no signed token"},
		"huge":        {func() string { return strings.Repeat("a", 40<<10) + "." + "a.a" }, "no signed token"},
		"alg none": {func() string {
			p, _ := json.Marshal(r.logoutClaims("bad"))
			return unsigned(`{"alg":"none","typ":"logout+jwt"}`, p)
		}, "no token signed with one of [RS256]"},
		"public key":  {func() string { return typed(t, public, jose.HS256, "k1", "logout+jwt", r.logoutClaims("bad")) }, "no token signed with one of [RS256]"},
		"another alg": {func() string { return typed(t, idpKey(), jose.PS256, "k1", "logout+jwt", r.logoutClaims("bad")) }, "no token signed with one of [RS256]"},
		"another key": {func() string { return typed(t, stranger, jose.RS256, "k1", "logout+jwt", r.logoutClaims("bad")) }, "does not verify"},
		"unknown key": {func() string { return typed(t, stranger, jose.RS256, "k9", "logout+jwt", r.logoutClaims("bad")) }, `no published key has id "k9"`},
		"no key id":   {func() string { return typed(t, stranger, jose.RS256, "", "logout+jwt", r.logoutClaims("bad")) }, "does not verify"},
		"altered": {func() string {
			p := strings.Split(good(r.logoutClaims("bad")), ".")
			return p[0] + "." + strings.Split(good(r.logoutClaims("bad2")), ".")[1] + "." + p[2]
		}, "does not verify"},
		"own key along": {func() string {
			s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: stranger}, (&jose.SignerOptions{EmbedJWK: true}).WithType("logout+jwt"))
			if err != nil {
				t.Fatal(err)
			}
			text, err := jwt.Signed(s).Claims(r.logoutClaims("bad")).Serialize()
			if err != nil {
				t.Fatal(err)
			}
			return text
		}, "does not verify"},
		"twice the same name": {func() string {
			p, _ := json.Marshal(r.logoutClaims("bad"))
			s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: idpKey(), KeyID: "k1"}}, nil)
			if err != nil {
				t.Fatal(err)
			}
			o, err := s.Sign([]byte(`{"sub":"worker",` + string(p[1:])))
			if err != nil {
				t.Fatal(err)
			}
			text, _ := o.CompactSerialize()
			return text
		}, "duplicate key"},
		"type of access tokens": {func() string { return typed(t, idpKey(), jose.RS256, "k1", "at+jwt", r.logoutClaims("bad")) }, `type "at+jwt"`},
		"security event":        {func() string { return typed(t, idpKey(), jose.RS256, "k1", "secevent+jwt", r.logoutClaims("bad")) }, `type "secevent+jwt"`},
		"issuer":                {claim("iss", "https://evil.example"), "its issuer is"},
		"no issuer":             {claim("iss", nil), "its issuer is"},
		"audience":              {claim("aud", "referee-fabrikam"), "made out to"},
		"further audience":      {claim("aud", []string{"referee-contoso", "x"}), "made out to"},
		"no audience":           {claim("aud", nil), "claim aud"},
		"empty audience":        {claim("aud", []string{}), "claim aud"},
		"audience of numbers":   {claim("aud", []any{"referee-contoso", 1}), "claim aud"},
		"no iat":                {claim("iat", nil), "(iat)"},
		"iat is text":           {claim("iat", "now"), "claim iat is no time"},
		"future":                {claim("iat", now.Add(time.Hour).Unix()), "issued in the future"},
		"old":                   {claim("iat", now.Add(-time.Hour).Unix()), "more than 10m0s ago"},
		"no exp":                {claim("exp", nil), "(exp)"},
		"over":                  {claim("exp", now.Add(-2*time.Minute).Unix()), "has expired"},
		"not yet":               {claim("nbf", now.Add(time.Hour).Unix()), "not valid before"},
		"nonce":                 {claim("nonce", "n"), "it has a nonce"},
		"null nonce":            {func() string { c := r.logoutClaims("bad"); c["nonce"] = nil; return good(c) }, "it has a nonce"},
		"no events":             {claim("events", nil), "do not say logout"},
		"another event":         {claim("events", map[string]any{"https://schemas.openid.net/secevent/caep/event-type/session-revoked": map[string]any{}}), "do not say logout"},
		"event is text":         {claim("events", map[string]any{logoutEvent: "yes"}), "do not say logout"},
		"events are a list":     {claim("events", []string{logoutEvent}), "do not say logout"},
		"nobody":                {func() string { c := r.logoutClaims("bad"); delete(c, "sub"); delete(c, "sid"); return good(c) }, "neither a subject"},
		"subject is a number":   {claim("sub", 7), "claim sub"},
		"empty sid":             {claim("sid", ""), "claim sid"},
		"no jti":                {claim("jti", nil), "no id (jti)"},
	} {
		r.clock.Advance(3 * time.Second) // what a refusal costs comes back
		token := c.token()
		status, text := r.tellLogout("contoso", token)
		if status != http.StatusBadRequest || !strings.Contains(text, `"error":"invalid_request"`) {
			t.Errorf("%s: %d %s", name, status, text)
		}
		if a := r.lastAbout(); a.ActionType != "ProviderLogoutRefused" || a.Outcome != model.OutcomeFailed || !strings.Contains(a.Reason, c.want) {
			t.Errorf("%s: recorded %s %q, want %q", name, a.ActionType, a.Reason, c.want)
		}
	}
	if n := len(r.rec.of(model.ActivitySessionRevoked)); n < 30 {
		t.Errorf("%d refusals recorded", n)
	}
	if s := r.session(id); !s.Revoked.IsZero() {
		t.Fatal("a forged token ended a session")
	}
	r.clock.Advance(time.Minute)
	// The shape of the request counts too.
	token := good(r.logoutClaims("shape"))
	for name, send := range map[string]func() (*http.Response, string){
		"in the query": func() (*http.Response, string) {
			return r.ask("POST", r.at("contoso", "/backchannel/main?logout_token="+token), url.Values{})
		},
		"two": func() (*http.Response, string) {
			return r.ask("POST", r.at("contoso", "/backchannel/main"), url.Values{"logout_token": {token, token}})
		},
		"as JSON": func() (*http.Response, string) {
			return r.ask("POST", r.at("contoso", "/backchannel/main"), url.Values{"logout_token": {token}}, "Content-Type", "application/json")
		},
		"GET": func() (*http.Response, string) {
			return r.ask("GET", r.at("contoso", "/backchannel/main?logout_token="+token), nil)
		},
		"no provider": func() (*http.Response, string) {
			return r.ask("POST", r.at("contoso", "/backchannel/other"), url.Values{"logout_token": {token}})
		},
		"no tenant": func() (*http.Response, string) {
			return r.ask("POST", r.at("nobody", "/backchannel/main"), url.Values{"logout_token": {token}})
		},
	} {
		if res, text := send(); res.StatusCode < 400 || res.StatusCode > 405 {
			t.Errorf("%s: %d %s", name, res.StatusCode, text)
		}
	}
	// Another tenant of the same provider.
	if status, _ := r.tellLogout("fabrikam", token); status != http.StatusBadRequest {
		t.Errorf("another tenant: %d", status)
	}
	if s := r.session(id); !s.Revoked.IsZero() {
		t.Fatal("ended")
	}
	// All this did not spoil the good one, which holds once.
	if status, text := r.tellLogout("contoso", token); status != http.StatusOK {
		t.Fatalf("%d %s", status, text)
	}
	if s := r.session(id); s.Revoked.IsZero() {
		t.Fatal("the session lives")
	}
	if status, _ := r.tellLogout("contoso", token); status != http.StatusBadRequest || !strings.Contains(r.lastAbout().Reason, "taken before") {
		t.Errorf("a second time: %d %q", status, r.lastAbout().Reason)
	}
}

// TestLogoutIsolation: equal subjects and sids of two tenants are two people's.
func TestLogoutIsolation(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	_, id := r.signIn("director", "p1")
	claims := r.logoutClaims("j")
	claims["aud"] = "referee-fabrikam"
	if status, text := r.tellLogout("fabrikam", typed(t, idpKey(), jose.RS256, "k1", "logout+jwt", claims)); status != http.StatusOK {
		t.Fatalf("%d %s", status, text)
	}
	if s := r.session(id); !s.Revoked.IsZero() {
		t.Error("fabrikam's provider ended contoso's session")
	}
}
