package signin_test

import (
	"crypto/rsa"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/tenant"
)

const (
	caep     = "https://schemas.openid.net/secevent/caep/event-type/"
	bearer   = "bearer-of-the-stream"
	audience = "https://referee.example/contoso"
)

// signalRig has a stream of events from a transmitter with keys of its own.
func signalRig(t *testing.T, change func(*tenant.Signals)) *rig {
	t.Helper()
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte(bearer), 0o600); err != nil {
		t.Fatal(err)
	}
	return newRig(t, setting{change: func(v *tenant.Tenant, r *rig) {
		s := &tenant.Signals{Audience: audience, TokenFile: token}
		if change != nil {
			change(s)
		}
		if v.ID == "fabrikam" {
			s.Audience = "https://referee.example/fabrikam"
		}
		v.Providers[0].Signals = s
	}})
}

func subject(format string, members ...string) map[string]any {
	m := map[string]any{"format": format}
	for i := 0; i+1 < len(members); i += 2 {
		m[members[i]] = members[i+1]
	}
	return m
}

// event are the claims of a good event.
func (r *rig) event(id string) map[string]any {
	return map[string]any{
		"iss": r.idp.issuer, "aud": audience, "iat": r.now().Unix(), "jti": id, "sub_id": subject("iss_sub", "iss", r.idp.issuer, "sub", "director"),
		"events": map[string]any{caep + "session-revoked": map[string]any{"event_timestamp": r.now().Unix()}},
	}
}

func (r *rig) push(id model.TenantID, token string, header ...string) (int, map[string]string) {
	r.t.Helper()
	q, err := http.NewRequestWithContext(r.t.Context(), "POST", r.at(id, "/signals/main"), strings.NewReader(token))
	if err != nil {
		r.t.Fatal(err)
	}
	q.Header.Set("Content-Type", "application/secevent+jwt")
	q.Header.Set("Authorization", "Bearer "+bearer)
	for i := 0; i+1 < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	res, err := r.app.client.Do(q)
	if err != nil {
		r.t.Fatal(err)
	}
	text := body(r.t, res)
	doc := map[string]string{}
	if text != "" && json.Unmarshal([]byte(text), &doc) != nil {
		r.t.Fatalf("%d %s", res.StatusCode, text)
	}
	return res.StatusCode, doc
}

func set(t testing.TB, claims map[string]any) string {
	t.Helper()
	return typed(t, idpKey(), jose.RS256, "k1", "secevent+jwt", claims)
}

func TestSignals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(r *rig, c map[string]any)
		ends   string // of director's p1 and p2 and worker's p3
	}{
		"iss_sub":     {nil, "p1 p2"},
		"email":       {func(_ *rig, c map[string]any) { c["sub_id"] = subject("email", "email", "Worker@contoso.example") }, "p3"},
		"opaque sub":  {func(_ *rig, c map[string]any) { c["sub_id"] = subject("opaque", "id", "worker") }, "p3"},
		"opaque sid":  {func(_ *rig, c map[string]any) { c["sub_id"] = subject("opaque", "id", "p2") }, "p2"},
		"opaque else": {func(_ *rig, c map[string]any) { c["sub_id"] = subject("opaque", "id", "p7") }, ""},
		"complex": {func(r *rig, c map[string]any) {
			c["sub_id"] = map[string]any{"format": "complex", "user": subject("iss_sub", "iss", r.idp.issuer, "sub", "director"), "session": subject("opaque", "id", "p1")}
		}, "p1"},
		"complex, not theirs": {func(r *rig, c map[string]any) {
			c["sub_id"] = map[string]any{"format": "complex", "user": subject("iss_sub", "iss", r.idp.issuer, "sub", "worker"), "session": subject("opaque", "id", "p1")}
		}, ""},
		"complex, both opaque": {func(_ *rig, c map[string]any) {
			c["sub_id"] = map[string]any{"format": "complex", "user": subject("opaque", "id", "director"), "session": subject("opaque", "id", "p1")}
		}, "p1"},
		"complex, both opaque, not theirs": {func(_ *rig, c map[string]any) {
			c["sub_id"] = map[string]any{"format": "complex", "user": subject("opaque", "id", "worker"), "session": subject("opaque", "id", "p1")}
		}, ""},
		"complex, e-mail and session": {func(_ *rig, c map[string]any) {
			c["sub_id"] = map[string]any{"format": "complex", "user": subject("email", "email", "director@contoso.example"), "session": subject("opaque", "id", "p2")}
		}, "p2"},
		"draft's place": {func(r *rig, c map[string]any) {
			c["events"] = map[string]any{caep + "session-revoked": map[string]any{"subject": c["sub_id"]}}
			delete(c, "sub_id")
		}, "p1 p2"},
		"two audiences": {func(_ *rig, c map[string]any) { c["aud"] = []string{"x", audience} }, "p1 p2"},
		"from before":   {func(r *rig, c map[string]any) { c["iat"] = r.now().Add(-time.Hour).Unix() }, ""},
		"credential revoked": {func(_ *rig, c map[string]any) {
			c["events"] = map[string]any{caep + "credential-change": map[string]any{"credential_type": "password", "change_type": "revoke"}}
		}, "p1 p2"},
		"credential made": {func(_ *rig, c map[string]any) {
			c["events"] = map[string]any{caep + "credential-change": map[string]any{"credential_type": "password", "change_type": "create"}}
		}, ""},
		"verification": {func(_ *rig, c map[string]any) {
			c["events"] = map[string]any{"https://schemas.openid.net/secevent/ssf/event-type/verification": map[string]any{"state": "x"}}
			c["sub_id"] = subject("opaque", "id", "stream")
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := signalRig(t, nil)
			ids := map[string]model.SessionID{}
			for sid, user := range map[string]string{"p1": "director", "p2": "director", "p3": "worker"} {
				_, ids[sid] = r.signIn(user, sid)
			}
			claims := r.event("e1")
			if c.change != nil {
				c.change(r, claims)
			}
			if status, doc := r.push("contoso", set(t, claims)); status != http.StatusAccepted || len(doc) != 0 {
				t.Fatalf("%d %v", status, doc)
			}
			for sid, id := range ids {
				s := r.session(id)
				if want := strings.Contains(c.ends, sid); s.Revoked.IsZero() == want {
					t.Errorf("session %s: revoked %s, want %v", sid, s.Revoked, want)
				}
			}
			if got, want := len(r.rec.of(model.ActivityLogout)), len(strings.Fields(c.ends)); got != want {
				t.Errorf("%d ends recorded, want %d", got, want)
			}
			if a := r.lastAbout(); a.ActionType != "ProviderSignal" || a.Outcome != model.OutcomeComplete {
				t.Errorf("recorded %+v", a)
			}
			// The same again is acknowledged and ends nothing that came since.
			_, again := r.signIn("director", "p1")
			if status, _ := r.push("contoso", set(t, claims)); status != http.StatusAccepted {
				t.Errorf("again: %d", status)
			}
			if s := r.session(again); !s.Revoked.IsZero() || r.lastAbout().ActionType != "ProviderSignalRepeated" {
				t.Errorf("again: revoked %s, recorded %s", s.Revoked, r.lastAbout().ActionType)
			}
		})
	}
}

// TestSignalByUnverifiedAddress: an event names a person by an address that their sign-in brought as sign-in name alone.
func TestSignalByUnverifiedAddress(t *testing.T) {
	t.Parallel()
	r := signalRig(t, nil)
	r.signIn("worker", "p1")
	r.idp.set(func() {
		say := r.idp.claims
		r.idp.claims = func(c map[string]any) {
			if say != nil {
				say(c)
			}
			c["email_verified"] = false
		}
	})
	r.browser(nil).open(r.direct(appHost) + "/")
	id := r.lastSession()
	if s := r.session(id); s.User.Email != "" || s.User.Username == "" {
		t.Fatalf("signed in as %+v", s.User)
	}
	claims := r.event("e1")
	claims["sub_id"] = subject("email", "email", strings.ToUpper(r.session(id).User.Username))
	if status, doc := r.push("contoso", set(t, claims)); status != http.StatusAccepted {
		t.Fatalf("%d %v", status, doc)
	}
	if s := r.session(id); s.Revoked.IsZero() {
		t.Error("the session lives")
	}
}

// TestForgedSignals: a transmitter that lies gets the code of RFC 8935, and the record the precise reason.
func TestForgedSignals(t *testing.T) {
	t.Parallel()
	r := signalRig(t, nil)
	_, id := r.signIn("director", "p1")
	claim := func(name string, v any) string {
		c := r.event("bad")
		if c[name] = v; v == nil {
			delete(c, name)
		}
		return set(t, c)
	}
	stranger := pair("stranger").Signer.(*rsa.PrivateKey)
	evil := subject("iss_sub", "iss", "https://evil.example", "sub", "director")
	revoked := func(v any) map[string]any { return map[string]any{caep + "session-revoked": v} }
	for name, c := range map[string]struct {
		token, code, want string
		header            []string
	}{
		"empty":              {"", "invalid_request", "no signed token", nil},
		"no token":           {"{}", "invalid_request", "no signed token", nil},
		"alg none":           {"eyJhbGciOiJub25lIiwidHlwIjoic2VjZXZlbnQrand0In0.e30.", "invalid_request", "no token signed with", nil},
		"shared secret":      {typed(t, []byte(strings.Repeat("k", 32)), jose.HS256, "k1", "secevent+jwt", r.event("bad")), "invalid_request", "no token signed with", nil},
		"another key":        {typed(t, stranger, jose.RS256, "k1", "secevent+jwt", r.event("bad")), "invalid_key", "does not verify", nil},
		"unknown key":        {typed(t, stranger, jose.RS256, "k9", "secevent+jwt", r.event("bad")), "invalid_key", "no published key", nil},
		"no type":            {typed(t, idpKey(), jose.RS256, "k1", "", r.event("bad")), "invalid_request", `type ""`, nil},
		"plain JWT":          {typed(t, idpKey(), jose.RS256, "k1", "JWT", r.event("bad")), "invalid_request", `type "jwt"`, nil},
		"logout token":       {typed(t, idpKey(), jose.RS256, "k1", "logout+jwt", r.logoutClaims("bad")), "invalid_request", `type "logout+jwt"`, nil},
		"issuer":             {claim("iss", "https://evil.example"), "invalid_issuer", "its issuer is", nil},
		"no issuer":          {claim("iss", nil), "invalid_issuer", "its issuer is", nil},
		"audience":           {claim("aud", "https://referee.example/fabrikam"), "invalid_audience", "made out to", nil},
		"client id":          {claim("aud", "referee-contoso"), "invalid_audience", "made out to", nil},
		"no audience":        {claim("aud", nil), "invalid_audience", "claim aud", nil},
		"sub":                {claim("sub", "director"), "invalid_request", "no claim sub", nil},
		"exp":                {claim("exp", r.now().Add(time.Hour).Unix()), "invalid_request", "no claim exp", nil},
		"nonce":              {claim("nonce", "n"), "invalid_request", "no claim nonce", nil},
		"no iat":             {claim("iat", nil), "invalid_request", "(iat)", nil},
		"future":             {claim("iat", r.now().Add(time.Hour).Unix()), "invalid_request", "in the future", nil},
		"old":                {claim("iat", r.now().Add(-25*time.Hour).Unix()), "invalid_request", "ago", nil},
		"no jti":             {claim("jti", nil), "invalid_request", "no id (jti)", nil},
		"jti is a number":    {claim("jti", 7), "invalid_request", "claim jti", nil},
		"no events":          {claim("events", nil), "invalid_request", "0 events", nil},
		"two events":         {claim("events", map[string]any{"a": map[string]any{}, "b": map[string]any{}}), "invalid_request", "2 events", nil},
		"event is text":      {claim("events", revoked("yes")), "invalid_request", "no object", nil},
		"no subject":         {claim("sub_id", nil), "invalid_request", "no subject", nil},
		"subject is text":    {claim("sub_id", "director"), "invalid_request", "no subject", nil},
		"another's person":   {claim("sub_id", evil), "invalid_request", "not of this provider", nil},
		"phone":              {claim("sub_id", subject("phone_number", "phone_number", "+4512345678")), "invalid_request", "not iss_sub", nil},
		"empty e-mail":       {claim("sub_id", subject("email", "email", "")), "invalid_request", "no usable email", nil},
		"no id":              {claim("sub_id", subject("opaque")), "invalid_request", "no usable id", nil},
		"complex of nothing": {claim("sub_id", subject("complex")), "invalid_request", "neither user nor session", nil},
		"complex of another": {claim("sub_id", map[string]any{"format": "complex", "user": evil}), "invalid_request", "not of this provider", nil},
		"complex of text":    {claim("sub_id", map[string]any{"format": "complex", "user": "x"}), "invalid_request", "no object", nil},
		"no bearer":          {set(t, r.event("bad")), "authentication_failed", "bearer token", []string{"Authorization", ""}},
		"another bearer":     {set(t, r.event("bad")), "authentication_failed", "bearer token", []string{"Authorization", "Bearer x"}},
		"basic":              {set(t, r.event("bad")), "authentication_failed", "bearer token", []string{"Authorization", "Basic " + bearer}},
		"as JSON":            {set(t, r.event("bad")), "invalid_request", "content type", []string{"Content-Type", "application/json"}},
	} {
		r.clock.Advance(3 * time.Second) // what a refusal costs comes back
		status, doc := r.push("contoso", c.token, c.header...)
		if status != http.StatusBadRequest || doc["err"] != c.code || doc["description"] == "" {
			t.Errorf("%s: %d %v, want %s", name, status, doc, c.code)
		}
		if a := r.lastAbout(); a.ActionType != "ProviderSignalRefused" || a.Outcome != model.OutcomeFailed || !strings.Contains(a.Reason, c.want) {
			t.Errorf("%s: recorded %s %q, want %q", name, a.ActionType, a.Reason, c.want)
		}
	}
	good := r.event("good")
	if status, doc := r.push("fabrikam", set(t, good)); status != http.StatusBadRequest || doc["err"] != "invalid_audience" {
		t.Errorf("another tenant: %d %v", status, doc)
	}
	other := maps.Clone(good)
	other["aud"] = "https://referee.example/fabrikam"
	if status, _ := r.push("fabrikam", set(t, other)); status != http.StatusAccepted {
		t.Errorf("fabrikam's own: %d", status)
	}
	if s := r.session(id); !s.Revoked.IsZero() {
		t.Fatal("a forged event, or another tenant's, ended a session")
	}
	if strings.Contains(r.log.String(), bearer) {
		t.Error("the bearer token is in the log")
	}
	r.fails(func(f *failing) { f.store = true })
	if status, doc := r.push("contoso", set(t, good)); status != http.StatusServiceUnavailable || strings.Contains(doc["description"], "disk") {
		t.Errorf("while the store fails: %d %v", status, doc)
	}
	r.fails(func(f *failing) { f.store = false })
	if status, doc := r.push("contoso", set(t, good)); status != http.StatusAccepted {
		t.Fatalf("%d %v", status, doc)
	}
	if s := r.session(id); s.Revoked.IsZero() || s.Reason != "session revoked at main" {
		t.Errorf("revoked %s: %q", s.Revoked, s.Reason)
	}
	bare := newRig(t, setting{})
	if res, _ := bare.ask("POST", bare.at("contoso", "/signals/main"), nil); res.StatusCode != http.StatusNotFound {
		t.Errorf("without a stream: %d", res.StatusCode)
	}
}

// TestTransmitter: one with an issuer of its own, whose keys are found by discovery or named.
func TestTransmitter(t *testing.T) {
	t.Parallel()
	key := pair("transmitter").Signer.(*rsa.PrivateKey)
	for name, named := range map[string]bool{"by discovery": false, "named": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var issuer string
			r := signalRig(t, nil)
			e, _ := r.dir.Get("contoso")
			v := e.Tenant
			issuer = "https://" + partner + r.port + "/ssf"
			p := v.Providers[0]
			p.Signals = &tenant.Signals{Issuer: issuer}
			if named {
				p.Signals.JWKS = "https://" + partner + r.port + "/keys"
			}
			v.Providers = []tenant.Provider{p}
			if _, err := r.db.PutTenant(t.Context(), v); err != nil {
				t.Fatal(err)
			}
			if err := r.dir.Reload(t.Context(), r.db); err != nil {
				t.Fatal(err)
			}
			lie := true
			r.host(partner, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
				r.mu.Lock()
				defer r.mu.Unlock()
				switch q.URL.Path {
				case "/.well-known/ssf-configuration/ssf":
					says := issuer
					if lie {
						says = "https://evil.example"
					}
					writeJSON(w, map[string]string{"issuer": says, "jwks_uri": "https://" + partner + r.port + "/keys"})
				case "/keys":
					writeJSON(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "t1"}}})
				default:
					http.NotFound(w, q)
				}
			}))
			_, id := r.signIn("director", "p1")
			claims := r.event("e")
			claims["iss"], claims["aud"] = issuer, r.at("contoso", "/signals/main")
			token := typed(t, key, jose.RS256, "t1", "secevent+jwt", claims)
			if !named {
				if status, _ := r.push("contoso", token); status != http.StatusServiceUnavailable {
					t.Errorf("discovery of another issuer: %d", status)
				}
				r.clock.Advance(11 * time.Second)
			}
			r.mu.Lock()
			lie = false
			r.mu.Unlock()
			if status, doc := r.push("contoso", set(t, claims)); status != http.StatusBadRequest || doc["err"] != "invalid_key" {
				t.Errorf("the provider's key: %d %v", status, doc)
			}
			if status, doc := r.push("contoso", token); status != http.StatusAccepted {
				t.Fatalf("%d %v", status, doc)
			}
			if s := r.session(id); s.Revoked.IsZero() {
				t.Error("the session lives")
			}
		})
	}
}
