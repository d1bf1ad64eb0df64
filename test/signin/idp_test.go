package signin_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const clientSecret = "secret-of-the-app-and-of-the-broker-43-chars"

var idpKey = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})

// idp is a company's OpenID provider that signs in whoever user says, at once, and that can lie in every way.
type idp struct {
	t      testing.TB
	issuer string
	now    func() time.Time

	mu    sync.Mutex
	user  string // subject of the next sign-in
	auth  time.Time
	codes map[string]grant

	knowsACR bool                                                                 // says that it can be asked for acr values
	claims   func(map[string]any)                                                 // changes the ID token's claims
	sign     func(claims map[string]any) string                                   // replaces the signing
	answer   func(url.Values)                                                     // changes the authorization answer
	token    func(w http.ResponseWriter) bool                                     // replaces the token answer
	silent   func(q url.Values) (failed, description string, also map[string]any) // answers prompt=none as Entra does
	last     url.Values                                                           // the last authorization request
	forms    []url.Values                                                         // token requests
}

type grant struct {
	user, nonce, client, challenge, redirect string
	auth                                     time.Time
	also                                     map[string]any // further claims
}

func newIDP(t testing.TB, issuer string, now func() time.Time) *idp {
	return &idp{t: t, issuer: issuer, now: now, user: "director", codes: map[string]grant{}}
}

func (p *idp) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		doc := map[string]any{
			"issuer": p.issuer, "authorization_endpoint": p.issuer + "/authorize", "token_endpoint": p.issuer + "/token",
			"jwks_uri": p.issuer + "/keys", "id_token_signing_alg_values_supported": []string{"RS256"}, "authorization_response_iss_parameter_supported": true,
		}
		if p.knowsACR {
			doc["acr_values_supported"] = []string{"gold"}
		}
		writeJSON(w, doc)
	case "/keys":
		writeJSON(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &idpKey().PublicKey, KeyID: "k1", Algorithm: "RS256", Use: "sig"}}})
	case "/authorize":
		p.authorize(w, r)
	case "/token":
		p.redeem(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (p *idp) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	p.last = q
	if p.auth.IsZero() || q.Get("prompt") == "login" {
		p.auth = p.now()
	}
	var also map[string]any
	if p.silent != nil && q.Get("prompt") == "none" {
		failed, description, claims := p.silent(q)
		if failed != "" {
			back := url.Values{"error": {failed}, "error_description": {description}, "state": {q.Get("state")}, "iss": {p.issuer}}
			http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
			return
		}
		also = claims
	}
	code := rand.Text()
	p.codes[code] = grant{p.user, q.Get("nonce"), q.Get("client_id"), q.Get("code_challenge"), q.Get("redirect_uri"), p.auth, also}
	back := url.Values{"code": {code}, "state": {q.Get("state")}, "iss": {p.issuer}}
	if p.answer != nil {
		p.answer(back)
	}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
}

func (p *idp) redeem(w http.ResponseWriter, r *http.Request) {
	if p.token != nil && p.token(w) {
		return
	}
	_ = r.ParseForm()
	p.forms = append(p.forms, maps.Clone(r.PostForm))
	g, ok := p.codes[r.PostForm.Get("code")]
	delete(p.codes, r.PostForm.Get("code"))
	sum := sha256.Sum256([]byte(r.PostForm.Get("code_verifier")))
	if !ok || base64.RawURLEncoding.EncodeToString(sum[:]) != g.challenge || r.PostForm.Get("redirect_uri") != g.redirect {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		writeJSON(w, map[string]string{"error": "invalid_grant", "error_description": "internal: shard 9 of idp-db-3"})
		return
	}
	now := p.now()
	claims := map[string]any{
		"iss": p.issuer, "sub": g.user, "aud": g.client, "nonce": g.nonce, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "auth_time": g.auth.Unix(),
		"name": g.user, "email": g.user + "@contoso.example", "preferred_username": g.user + "@contoso.example", "groups": []string{"Directors"},
	}
	maps.Copy(claims, g.also)
	if p.claims != nil {
		p.claims(claims)
	}
	sign := p.sign
	if sign == nil {
		sign = func(c map[string]any) string { return signed(p.t, idpKey(), jose.RS256, "k1", c) }
	}
	writeJSON(w, map[string]any{"access_token": "at", "token_type": "Bearer", "expires_in": 3600, "id_token": sign(claims)})
}

// set changes the provider under its lock.
func (p *idp) set(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
}

func (p *idp) asked() url.Values {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last
}

func signed(t testing.TB, key any, alg jose.SignatureAlgorithm, id string, claims map[string]any) string {
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: id}}, nil)
	if err != nil {
		t.Error(err)
		return ""
	}
	text, err := jwt.Signed(s).Claims(claims).Serialize()
	if err != nil {
		t.Error(err)
	}
	return text
}

func writeJSON(w http.ResponseWriter, v any) {
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json")
	}
	_ = json.NewEncoder(w).Encode(v)
}
