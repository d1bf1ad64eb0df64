package provider

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/referee-casb/referee/fault"
)

// serveLogout is the end session endpoint (OpenID Connect RP-Initiated Logout 1.0). With an ID token of this
// very session the browser is signed out at once; without one a person must confirm, so that no foreign page
// can sign somebody out.
func (p *Provider) serveLogout(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		p.serveError(w, http.StatusBadRequest, "The request can't be read.")
		return
	}
	q := r.Form
	clientID := q.Get("client_id")
	hintSID := ""
	if raw := q.Get("id_token_hint"); raw != "" {
		hint, err := p.readHint(raw)
		if err != nil || clientID != "" && clientID != hint.Audience {
			p.serveError(w, http.StatusBadRequest, "The application's sign-out request is not valid.") // fail closed: nobody is signed out by a forged hint
			return
		}
		clientID, hintSID = hint.Audience, hint.SID
	}
	back := q.Get("post_logout_redirect_uri")
	if client := p.clients[clientID]; back != "" && (client == nil || !slices.Contains(client.PostLogoutRedirectURIs, back)) {
		p.serveError(w, http.StatusBadRequest, "The application asked for a return address that is not registered for it.") // fail closed: no open redirector
		return
	}
	s, ok := p.currentSession(r)
	confirmed := r.Method == http.MethodPost && r.PostForm.Get("confirm") == "yes" && sameOrigin(r)
	if ok && s.id != hintSID && !confirmed {
		p.render(w, http.StatusOK, "logout.html", map[string]string{
			"Name": s.user.Name, "ClientID": clientID, "Back": back, "State": q.Get("state"),
		})
		return
	}
	clearCookie(w, sessionCookieName)
	if ok {
		p.endSessions(r.Context(), func(other session) bool { return other.id == s.id })
		p.cfg.Logger.Info("signed out", "user", s.user)
	}
	if back == "" {
		http.Redirect(w, r, pathSignedOut, http.StatusSeeOther)
		return
	}
	if state := q.Get("state"); state != "" {
		sep := "?"
		if strings.Contains(back, "?") {
			sep = "&"
		}
		back += sep + url.Values{"state": {state}}.Encode()
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
}

func (p *Provider) serveSignedOut(w http.ResponseWriter, _ *http.Request) {
	p.render(w, http.StatusOK, "message.html", map[string]any{"Title": "Signed out", "Text": "You are signed out of the company sign-in."})
}

type hint struct {
	Issuer   string `json:"iss"`
	Audience string `json:"aud"`
	SID      string `json:"sid"`
}

// readHint checks who signed the token. Its age doesn't matter: the specification asks providers to accept
// an ID token after its expiry here.
func (p *Provider) readHint(raw string) (hint, error) {
	const op = "provider.readHint"
	sig, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return hint{}, fault.As(err, fault.Invalid, op, "")
	}
	payload, err := sig.Verify(p.key.Public())
	if err != nil {
		return hint{}, fault.As(err, fault.Denied, op, "")
	}
	var h hint
	if err := json.Unmarshal(payload, &h); err != nil {
		return hint{}, fault.As(err, fault.Invalid, op, "")
	}
	if h.Issuer != p.cfg.Issuer {
		return hint{}, fault.New(fault.Denied, op, "token of another issuer")
	}
	return h, nil
}

// sameOrigin reports whether the form was sent by a page of this host. Browsers send Sec-Fetch-Site since
// 2020 to 2023; without it the Origin header must name the host.
func sameOrigin(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	return r.Header.Get("Origin") == "https://"+r.Host
}
