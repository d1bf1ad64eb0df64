package entraid

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/referee-casb/referee/signin/saml"
)

// authorize takes an app's request: it answers for who is signed in already, sends the browser to the person's own
// provider, or asks who they are.
func (e *Entra) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	req := &request{
		app: q.Get("client_id"), redirect: q.Get("redirect_uri"), mode: q.Get("response_mode"), state: q.Get("state"), nonce: q.Get("nonce"),
		types: q.Get("response_type"), scope: q.Get("scope"), challenge: q.Get("code_challenge"), begun: e.Now(),
	}
	app, ok := e.Apps[req.app]
	if !ok || !slices.Contains(app.Redirects, req.redirect) {
		http.Error(w, "AADSTS50011: The redirect URI specified in the request does not match", http.StatusBadRequest)
		return
	}
	prompt := q.Get("prompt")
	req.fresh = prompt == "login"
	who := e.sessions[cookie(r, "ESTSAUTH")]
	mfa := e.RequireMFA && (who == nil || !who.mfa)
	if who != nil && !req.fresh && !mfa {
		e.issue(w, r, req, who)
		return
	}
	if prompt == "none" {
		e.send(w, r, req, url.Values{"error": {"login_required"}, "error_description": {"AADSTS50058: A silent sign-in request was sent but no user is signed in."}})
		return
	}
	name := domainOf(q.Get("login_hint"))
	if name == "" {
		name = strings.ToLower(q.Get("domain_hint"))
	}
	d, known := e.Domains[name]
	if !known || d.Passive == "" {
		e.paths = append(e.paths, r.URL.Path)
		page(w, signInPage, q.Get("login_hint")) // it asks for the name, and then for the password
		return
	}
	req.domain, req.mfa = name, e.RequireMFA && d.MFA == EnforceMFA
	id := rand.Text() + rand.Text()
	e.waiting[id] = req
	http.SetCookie(w, &http.Cookie{Name: "esctx-" + id[:8], Value: id, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteNoneMode})
	if d.SAML {
		e.startSAML(w, r, req, d, id)
		return
	}
	out := url.Values{
		"wa": {"wsignin1.0"}, "wtrealm": {Realm}, "wctx": {"LoginOptions=3&estsredirect=2&estsrequest=" + id}, "cbcxt": {""},
		"client-request-id": {rand.Text()}, "mkt": {""}, "lc": {""},
	}
	if hint := q.Get("login_hint"); hint != "" {
		out.Set("username", hint)
	}
	if req.fresh {
		out.Set("wfresh", "0")
		out.Set("wauth", "urn:oasis:names:tc:SAML:1.0:am:password")
	}
	if req.mfa {
		out.Set("wauth", "http://schemas.microsoft.com/claims/multipleauthn")
	}
	e.asked = append(e.asked, out)
	http.Redirect(w, r, d.Passive+"?"+out.Encode(), http.StatusFound)
}

// service is Entra towards a provider that speaks SAML 2.0.
func (e *Entra) service(d Domain) *saml.ServiceProvider {
	return &saml.ServiceProvider{
		Local:    saml.Local{EntityID: Realm, Keys: e.sp, Now: e.Now},
		Provider: &saml.Entity{ID: d.EntityID, Provider: &saml.ProviderRole{Signing: d.Signing, SignOn: []saml.Endpoint{{Binding: saml.Redirect, Location: d.Passive}}}},
		Consumer: e.Origin + "/login.srf", RequireSignedAssertion: true,
	}
}

func (e *Entra) startSAML(w http.ResponseWriter, r *http.Request, req *request, d Domain, id string) {
	o := saml.RequestOptions{Binding: saml.Redirect, NameIDFormat: saml.FormatPersistent, Relay: "estsredirect=2&estsrequest=" + id, ForceAuthn: req.fresh}
	if req.mfa {
		o.Contexts = []string{multipleAuthn}
	}
	m, err := e.service(d).Request(o)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	req.samlID = m.ID
	http.Redirect(w, r, m.URL, http.StatusFound)
}

// issue gives the app its answer.
func (e *Entra) issue(w http.ResponseWriter, r *http.Request, req *request, who *person) {
	out := url.Values{"session_state": {"s"}}
	if strings.Contains(req.types, "code") {
		code := rand.Text()
		e.codes[code] = &grant{who, req}
		out.Set("code", code)
	}
	if strings.Contains(req.types, "id_token") {
		token, err := e.idToken(req, who)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		out.Set("id_token", token)
	}
	e.send(w, r, req, out)
}

// send answers by the request's response mode.
func (e *Entra) send(w http.ResponseWriter, r *http.Request, req *request, out url.Values) {
	if req.state != "" {
		out.Set("state", req.state)
	}
	switch req.mode {
	case "form_post":
		page(w, postPage, struct {
			To     string
			Fields url.Values
		}{req.redirect, out})
	case "fragment":
		http.Redirect(w, r, req.redirect+"#"+out.Encode(), http.StatusFound)
	default:
		http.Redirect(w, r, req.redirect+"?"+out.Encode(), http.StatusFound)
	}
}

func (e *Entra) idToken(req *request, who *person) (string, error) {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: e.key, KeyID: "k1"}}, nil)
	if err != nil {
		return "", err
	}
	now := e.Now()
	return jwt.Signed(signer).Claims(map[string]any{
		"iss": e.Issuer(), "aud": req.app, "sub": "sub-" + who.id, "oid": who.id, "tid": e.Tenant, "ver": "2.0", "nonce": req.nonce,
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(time.Hour).Unix(), "preferred_username": who.upn, "email": who.upn, "name": who.upn,
	}).Serialize()
}

// token redeems codes and refresh tokens.
func (e *Entra) token(w http.ResponseWriter, r *http.Request) {
	refuse := func(code, why string) {
		answer(w, http.StatusBadRequest, map[string]any{"error": code, "error_description": why})
	}
	var g *grant
	switch r.PostForm.Get("grant_type") {
	case "authorization_code":
		code := r.PostForm.Get("code")
		g = e.codes[code]
		delete(e.codes, code)
		if g == nil || g.req.redirect != r.PostForm.Get("redirect_uri") {
			refuse("invalid_grant", "AADSTS70008: The provided authorization code is invalid, expired or was issued for another address")
			return
		}
		sum := sha256.Sum256([]byte(r.PostForm.Get("code_verifier")))
		if g.req.challenge != "" && base64.RawURLEncoding.EncodeToString(sum[:]) != g.req.challenge {
			refuse("invalid_grant", "AADSTS501481: The Code_Verifier does not match the code_challenge")
			return
		}
	case "refresh_token":
		if g = e.refresh[r.PostForm.Get("refresh_token")]; g == nil {
			refuse("invalid_grant", "AADSTS700082: The refresh token has expired")
			return
		}
	default:
		e.paths = append(e.paths, r.URL.Path)
		refuse("unsupported_grant_type", "AADSTS70003")
		return
	}
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	if app := e.Apps[id]; id != g.req.app || subtle.ConstantTimeCompare([]byte(app.Secret), []byte(secret)) != 1 {
		refuse("invalid_client", "AADSTS7000215: Invalid client secret provided")
		return
	}
	token, err := e.idToken(g.req, g.who)
	if err != nil {
		refuse("server_error", err.Error())
		return
	}
	again := rand.Text()
	e.refresh[again] = g
	answer(w, http.StatusOK, map[string]any{
		"token_type": "Bearer", "expires_in": 3599, "scope": g.req.scope, "access_token": fmt.Sprintf("at-%s", rand.Text()), "id_token": token, "refresh_token": again,
	})
}
