package provider

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/referee-casb/referee/demo/internal/shelf"
)

// request is an authorization request whose client and redirect URI have been checked.
type request struct {
	client      *Client
	redirectURI string
	state       string
	nonce       string
	scopes      []string
	challenge   string   // PKCE, S256
	prompt      string   // "", "none" or "login"
	maxAge      int64    // seconds; -1 when not asked for
	acrValues   []string // in the order of preference
	loginHint   string
}

// flow is a request that waits for the login page. It can be finished only by the browser that began it.
type flow struct {
	request request
	browser string // value of the flow cookie
	user    string // set when the password was right and the one-time code is still to come
}

// session is a signed-in browser.
type session struct {
	id       string // the sid claim; not the cookie's value
	user     *User
	authTime time.Time
	acr      string
	amr      []string
	clients  *audience // who got an ID token of this session
}

// serveAuthorize is the authorization endpoint (OpenID Connect Core 1.0, section 3.1.2).
func (p *Provider) serveAuthorize(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		p.serveError(w, http.StatusBadRequest, "The request can't be read.")
		return
	}
	q := r.Form
	// Until client and redirect URI are known to belong together nothing may be sent anywhere (RFC 6749,
	// section 4.1.2.1).
	client := p.clients[q.Get("client_id")]
	if client == nil {
		p.serveError(w, http.StatusBadRequest, "The application that sent you here is not registered.") // fail closed: nobody to answer to
		return
	}
	uri := q.Get("redirect_uri")
	if !slices.Contains(client.RedirectURIs, uri) {
		p.serveError(w, http.StatusBadRequest, "The application asked for a return address that is not registered for it.") // fail closed: no open redirector
		return
	}
	req := request{client: client, redirectURI: uri, state: q.Get("state"), maxAge: -1}
	if code, why := req.read(q); code != "" {
		p.redirectError(w, r, req, code, why) // fail closed: the request is refused
		return
	}
	s, ok := p.currentSession(r)
	if ok && req.prompt != "login" && req.satisfiedBy(s, p.cfg.Clock()) {
		p.finish(w, r, req, s)
		return
	}
	if req.prompt == "none" {
		code := "login_required"
		if ok && req.fresh(s, p.cfg.Clock()) {
			code = "interaction_required" // signed in, but not as strongly as asked
		}
		p.redirectError(w, r, req, code, "nobody can be asked")
		return
	}
	browser := flowCookie(r)
	if browser == "" {
		browser = shelf.RandomID()
		setCookie(w, flowCookieName, browser)
	}
	id := p.flows.Put(flow{request: req, browser: browser})
	http.Redirect(w, r, pathLogin+"?flow="+url.QueryEscape(id), http.StatusSeeOther)
}

// read checks everything that may be answered at the redirect URI and returns an error code and its
// description, or two empty strings.
func (req *request) read(q url.Values) (code, why string) {
	for name, values := range q {
		if len(values) > 1 {
			return "invalid_request", "parameter " + printable(name) + " is there twice" // RFC 6749, section 3.1
		}
	}
	switch {
	case q.Has("request"):
		return "request_not_supported", "request objects are not supported"
	case q.Has("request_uri"):
		return "request_uri_not_supported", "request objects are not supported"
	case q.Get("response_type") != "code":
		return "unsupported_response_type", "only response_type=code is supported"
	case q.Get("response_mode") != "" && q.Get("response_mode") != "query":
		return "invalid_request", "only response_mode=query is supported"
	case q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43:
		return "invalid_request", "PKCE with S256 is required"
	}
	if req.scopes = knownScopes(q.Get("scope")); !slices.Contains(req.scopes, "openid") {
		return "invalid_scope", "scope openid is required"
	}
	prompts := strings.Fields(q.Get("prompt"))
	if slices.Contains(prompts, "none") && len(prompts) > 1 {
		return "invalid_request", "prompt none stands alone"
	}
	for _, prompt := range prompts {
		switch prompt {
		case "none", "login":
			req.prompt = prompt
		case "select_account":
			req.prompt = "login" // choosing an account is signing in here
		case "consent": // the company's own applications: there is nothing to consent to
		default:
			return "invalid_request", "unknown prompt value"
		}
	}
	if raw := q.Get("max_age"); raw != "" {
		n, err := strconv.ParseInt(raw, 10, 64)
		if err != nil || n < 0 || n > 1<<31 {
			return "invalid_request", "max_age is not a number of seconds"
		}
		req.maxAge = n
	}
	req.nonce = q.Get("nonce")
	req.challenge = q.Get("code_challenge")
	req.acrValues = strings.Fields(q.Get("acr_values"))
	req.loginHint = q.Get("login_hint")
	return "", ""
}

// fresh reports whether the session is young enough for max_age.
func (req *request) fresh(s session, now time.Time) bool {
	if req.maxAge == 0 {
		return false // the same as prompt=login (Core 1.0, section 3.1.2.1)
	}
	return req.maxAge < 0 || now.Sub(s.authTime) <= time.Duration(req.maxAge)*time.Second
}

// satisfiedBy reports whether the session can answer the request without asking anybody. acr_values are
// voluntary (Core 1.0, section 5.5.1.1), yet a session below the asked class is asked again if its account
// can reach the class.
func (req *request) satisfiedBy(s session, now time.Time) bool {
	return req.fresh(s, now) && (s.acr == ACRSecondFactor || !req.wantsSecondFactor() || len(s.user.TOTPSecret) == 0)
}

// wantsSecondFactor reports whether the class that the request likes best, among those known here, is the
// stronger one.
func (req *request) wantsSecondFactor() bool {
	for _, acr := range req.acrValues {
		switch acr {
		case ACRSecondFactor:
			return true
		case ACRPassword:
			return false
		}
	}
	return false
}

// finish sends the browser back with a code.
func (p *Provider) finish(w http.ResponseWriter, r *http.Request, req request, s session) {
	code := p.codes.Put(grant{request: req, session: s})
	p.redirectBack(w, r, req, url.Values{"code": {code}})
}

func (p *Provider) redirectError(w http.ResponseWriter, r *http.Request, req request, code, why string) {
	p.cfg.Logger.Info("authorization refused", "client_id", req.client.ID, "error", code, "detail", why)
	p.redirectBack(w, r, req, url.Values{"error": {code}, "error_description": {why}})
}

func (p *Provider) redirectBack(w http.ResponseWriter, r *http.Request, req request, v url.Values) {
	if req.state != "" {
		v.Set("state", req.state)
	}
	v.Set("iss", p.cfg.Issuer) // RFC 9207
	sep := "?"
	if strings.Contains(req.redirectURI, "?") {
		sep = "&"
	}
	http.Redirect(w, r, req.redirectURI+sep+v.Encode(), http.StatusSeeOther)
}

// printable keeps foreign text inside the characters that RFC 6749 allows in error_description.
func printable(s string) string {
	if len(s) > 32 {
		s = s[:32]
	}
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e || r == '"' || r == '\\' {
			return '?'
		}
		return r
	}, s)
}
