package provider

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/referee-casb/referee/fault"
)

// grant is what an authorization code stands for.
type grant struct {
	request request
	session session
	used    bool
	token   string // the access token that it was redeemed for
}

// access is what an access token stands for: the userinfo endpoint only.
type access struct {
	user   *User
	scopes []string
}

// serveToken is the token endpoint (RFC 6749, section 4.1.3; RFC 7636, section 4.6).
func (p *Provider) serveToken(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		tokenError(w, http.StatusBadRequest, "invalid_request", "the form can't be read")
		return
	}
	client, ok := p.authenticate(r)
	if !ok {
		w.Header().Set("WWW-Authenticate", `Basic realm="token"`)
		tokenError(w, http.StatusUnauthorized, "invalid_client", "client authentication failed") // fail closed: unknown client or wrong secret
		return
	}
	if r.PostForm.Get("grant_type") != "authorization_code" {
		tokenError(w, http.StatusBadRequest, "unsupported_grant_type", "only authorization_code is supported")
		return
	}
	g, code, why := p.redeem(client, r.PostForm)
	if code != "" {
		p.cfg.Logger.Warn("code refused", "client_id", client.ID, "detail", why)
		tokenError(w, http.StatusBadRequest, code, why) // fail closed: the code is not this client's, not in time, or proven wrongly
		return
	}
	token := p.access.Put(access{user: g.session.user, scopes: g.request.scopes})
	if !p.codes.Update(r.PostForm.Get("code"), func(g *grant) { g.token = token }) {
		p.access.Drop(token)
		tokenError(w, http.StatusBadRequest, "invalid_grant", "the code has expired") // fail closed: it ended between the two steps
		return
	}
	idToken, err := p.idToken(g, token)
	if err != nil {
		p.cfg.Logger.Error("id token not signed", "err", err)
		tokenError(w, http.StatusInternalServerError, "server_error", "the token can't be signed") // fail closed: no unsigned token
		return
	}
	g.session.clients.add(client)
	writeJSON(w, http.StatusOK, map[string]any{
		"access_token": token,
		"token_type":   "Bearer",
		"expires_in":   int64(p.cfg.TokenLifetime.Seconds()),
		"scope":        strings.Join(g.request.scopes, " "),
		"id_token":     idToken,
	})
}

// authenticate finds the client by exactly one of Basic and form credentials (RFC 6749, section 2.3.1).
func (p *Provider) authenticate(r *http.Request) (*Client, bool) {
	id, secret, basic := r.BasicAuth()
	if basic {
		if r.PostForm.Has("client_secret") {
			return nil, false // two methods at once
		}
		var err1, err2 error
		id, err1 = url.QueryUnescape(id)
		secret, err2 = url.QueryUnescape(secret)
		if err1 != nil || err2 != nil {
			return nil, false
		}
	} else {
		id, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	c := p.clients[id]
	if c == nil || subtle.ConstantTimeCompare([]byte(c.Secret), []byte(secret)) != 1 {
		return nil, false
	}
	return c, true
}

// redeem uses a code up. A second use also ends the token of the first (RFC 6749, section 4.1.2).
func (p *Provider) redeem(client *Client, form url.Values) (g grant, code, why string) {
	refuse := func(why string) (grant, string, string) { return grant{}, "invalid_grant", why }
	again := false
	known := p.codes.Update(form.Get("code"), func(stored *grant) {
		again = stored.used
		stored.used = true
		g = *stored
	})
	switch {
	case !known:
		return refuse("the code is unknown or has expired")
	case again:
		p.access.Drop(g.token)
		return refuse("the code was used before")
	case g.request.client != client:
		return refuse("the code belongs to another client")
	case form.Get("redirect_uri") != g.request.redirectURI:
		return refuse("redirect_uri differs from the authorization request")
	}
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	if subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(g.request.challenge)) != 1 {
		return refuse("code_verifier does not fit the challenge")
	}
	return g, "", ""
}

// claims are those about a person that the scopes allow (Core 1.0, section 5.4). groups has a scope of its
// own here and also comes with profile, as many company directories have it.
func claims(user *User, scopes []string) map[string]any {
	c := map[string]any{"sub": user.Subject}
	if slices.Contains(scopes, "profile") {
		c["name"] = user.Name
		c["preferred_username"] = user.Username
	}
	if slices.Contains(scopes, "email") && user.Email != "" {
		c["email"] = user.Email
		c["email_verified"] = true
	}
	if slices.Contains(scopes, "groups") || slices.Contains(scopes, "profile") {
		groups := user.Groups
		if groups == nil {
			groups = []string{}
		}
		c["groups"] = groups
	}
	return c
}

func (p *Provider) idToken(g grant, accessToken string) (string, error) {
	now := p.cfg.Clock()
	c := claims(g.session.user, g.request.scopes)
	c["iss"] = p.cfg.Issuer
	c["aud"] = g.request.client.ID
	c["iat"] = now.Unix()
	c["exp"] = now.Add(p.cfg.TokenLifetime).Unix()
	c["auth_time"] = g.session.authTime.Unix()
	c["acr"] = g.session.acr
	c["amr"] = g.session.amr
	c["sid"] = g.session.id
	if g.request.nonce != "" {
		c["nonce"] = g.request.nonce
	}
	half := sha256.Sum256([]byte(accessToken)) // at_hash, Core 1.0, section 3.1.3.6
	c["at_hash"] = base64.RawURLEncoding.EncodeToString(half[:16])
	return p.sign(c, "JWT")
}

func (p *Provider) sign(claims map[string]any, typ jose.ContentType) (string, error) {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: p.key}, (&jose.SignerOptions{}).WithType(typ))
	if err != nil {
		return "", fault.Wrap(err, "provider.sign", "")
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fault.Wrap(err, "provider.sign", "")
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", fault.Wrap(err, "provider.sign", "")
	}
	return signed.CompactSerialize()
}

// serveUserinfo is the userinfo endpoint (Core 1.0, section 5.3).
func (p *Provider) serveUserinfo(w http.ResponseWriter, r *http.Request) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	a, ok := p.access.Get(token)
	if !strings.EqualFold(scheme, "Bearer") || !ok {
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		writeJSON(w, http.StatusUnauthorized, map[string]string{"error": "invalid_token"}) // fail closed: no or old token
		return
	}
	writeJSON(w, http.StatusOK, claims(a.user, a.scopes))
}

func tokenError(w http.ResponseWriter, status int, code, why string) {
	writeJSON(w, status, map[string]string{"error": code, "error_description": why})
}
