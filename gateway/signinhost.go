package gateway

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/gateway/page"
)

// A sign-in host is where the app itself sends people to sign in (catalog.RoleSignIn): Entra, for Microsoft 365 with a
// federated domain. Its steps that take no credentials go through here, so that what they end in comes to the mapped app.
// Nothing else does: no page that asks for a name, a password or a code is ever shown at a mapped host, and no request
// that carries one is passed on. Both are allow-lists, by path and by what an answer is.

const (
	signInForm = 64 << 10  // bytes of a token request
	signInPage = 512 << 10 // bytes of a page that posts itself
)

// signsIn reports whether the request is to a sign-in host.
func (h *hop) signsIn() bool { return h.t.Host.Role == catalog.RoleSignIn }

// credentialFree refuses requests to a sign-in host that are not on the list.
func (h *hop) credentialFree() bool {
	_, ok := catalog.SignInAt(h.r.Method, h.r.URL.Path)
	if ok && h.r.URL.RawPath == "" && !h.socket {
		return true
	}
	h.noCredentials("the path is not on the list")
	return false
}

// noCredentials answers in the place of a page that might ask for credentials. fail closed: what is not known to take
// none is taken for one that does.
func (h *hop) noCredentials(why string) {
	h.g.counts.refused.Add(1)
	h.g.log.Info("sign-in page refused", "tenant", h.t.Tenant, "host", h.t.Real, "path", h.r.URL.Path, "reason", why)
	if h.req.Navigation {
		h.errorPage(http.StatusForbidden, page.Credentials, "")
		return
	}
	h.problem(http.StatusForbidden, "refused", page.Credentials, nil)
}

// signInReady makes a request to a sign-in host ready once its session is known: a sign-in says whom it is for, so that
// no page asks; a token request is looked at. It returns false when it has answered.
func (h *hop) signInReady() bool {
	kind, _ := catalog.SignInAt(h.r.Method, h.r.URL.Path)
	h.r.Header["Accept-Encoding"] = []string{"identity"} // its pages are read
	switch kind {
	case catalog.SignInAuthorize:
		if h.sess != nil {
			h.r.URL.RawQuery = hinted(h.r.URL.Query(), h.sess.User.Username).Encode()
		}
	case catalog.SignInToken:
		if err := h.tokenRequest(); err != nil {
			h.noCredentials(err.Error())
			return false
		}
	case catalog.SignInPass:
	}
	return true
}

// hinted adds who is signed in to an authorization request: with the domain known, Entra asks nobody and sends the
// browser on to the identity provider that the domain is federated to. Choosing another account would be a page.
func hinted(q url.Values, username string) url.Values {
	at := strings.LastIndexByte(username, '@')
	if at <= 0 {
		return q
	}
	q.Set("login_hint", username)
	q.Set("domain_hint", strings.ToLower(username[at+1:]))
	if prompts := strings.Fields(q.Get("prompt")); slices.Contains(prompts, "select_account") {
		q.Del("prompt")
		if rest := slices.DeleteFunc(prompts, func(p string) bool { return p == "select_account" }); len(rest) > 0 {
			q.Set("prompt", strings.Join(rest, " "))
		}
	}
	return q
}

// tokenRequest lets a script redeem a code or a refresh token, as public clients do (RFC 6749 sections 4.1.3 and 6), and
// nothing that carries a password, a secret or somebody else's assertion. Mapped addresses in it become the app's own.
func (h *hop) tokenRequest() error {
	kind, _, err := mime.ParseMediaType(first(h.r.Header, "Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" || h.r.Header["Content-Encoding"] != nil {
		return errors.New("the token request is no form")
	}
	body, err := io.ReadAll(io.LimitReader(h.r.Body, signInForm+1))
	if err != nil || len(body) > signInForm {
		return errors.New("the token request can't be read, or is too long")
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return errors.New("the token request can't be read")
	}
	for key, values := range form {
		if len(values) > 1 {
			return errors.New("the token request says something twice")
		}
		switch strings.ToLower(key) {
		case "password", "username", "client_secret", "client_assertion", "client_assertion_type", "assertion", "device_code", "requested_token_use":
			return errors.New("the token request carries " + strings.ToLower(key))
		}
		values[0] = h.m.Reverse(values[0])
	}
	switch form.Get("grant_type") {
	case "authorization_code", "refresh_token":
	default:
		return errors.New("the token request is of a grant that is not passed on")
	}
	text := form.Encode()
	h.r.Body, h.r.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
	delete(h.r.Header, "Content-Length")
	return nil
}

// signInAnswer lets an answer of a sign-in host pass: a redirect, a document for scripts, or nothing. A page that does
// nothing but post hidden fields is made anew, so that not a byte of the page itself is shown. It returns false when it
// has answered.
func (h *hop) signInAnswer(a *answer) bool {
	res := a.res
	kind, _, err := mime.ParseMediaType(first(res.Header, "Content-Type"))
	switch {
	case res.StatusCode >= 300 && res.StatusCode < 400 && res.Header["Location"] != nil:
		res.Body.Close()
		res.Body, res.ContentLength = http.NoBody, 0 // what is in it nobody reads
		for _, key := range []string{"Content-Type", "Content-Encoding", "Content-Length", "Transfer-Encoding"} {
			delete(res.Header, key)
		}
		return true
	case res.StatusCode == http.StatusNoContent, res.ContentLength == 0:
		return true
	case err == nil && (kind == "application/json" || strings.HasSuffix(kind, "+json")):
		return true
	case err != nil || kind != "text/html" || res.StatusCode != http.StatusOK || res.Header["Content-Encoding"] != nil:
		h.noCredentials("the answer is neither a redirect nor a form that posts itself")
		return false
	}
	text, err := io.ReadAll(io.LimitReader(res.Body, signInPage+1))
	if err != nil || len(text) > signInPage {
		h.noCredentials("the page can't be read, or is too long")
		return false
	}
	form, err := selfPosting(text)
	var to string
	if err == nil {
		to, err = h.postTo(form.Action)
	}
	if err != nil {
		h.noCredentials(err.Error())
		return false
	}
	h.addFresh()
	form.Action, form.App = to, h.t.Instance.Name
	h.w.Header().Set("Referrer-Policy", "strict-origin")
	if err := page.WriteReplay(h.w, h.r, h.brand(), form); err != nil {
		h.g.log.Debug("page not written", "err", err)
	}
	return false
}

// postTo maps where a page posts to: a host of this tenant's, or the broker.
func (h *hop) postTo(action string) (string, error) {
	u, err := url.Parse(action)
	if err != nil || u.Scheme != "https" || u.User != nil || u.Host == "" {
		return "", errors.New("the page posts to no address that can be used")
	}
	host := strings.TrimSuffix(strings.ToLower(u.Host), ":443")
	if host == h.g.broker && strings.HasPrefix(u.Path, "/"+string(h.t.Tenant)+"/") {
		return u.String(), nil
	}
	mapped, ok := h.hosts.Mapped(host)
	if !ok {
		return "", fault.New(fault.Denied, "gateway.postTo", "the page posts to %.200s, which is not mapped", host)
	}
	u.Host = mapped
	return u.String(), nil
}

// selfPosting reads a page that holds one form of hidden fields (OAuth 2.0 Form Post Response Mode). A page with
// anything that a person could fill in, or a script that could add it, is none: scripts may do no more than submit.
func selfPosting(text []byte) (page.Replay, error) {
	root, err := html.Parse(bytes.NewReader(text))
	if err != nil {
		return page.Replay{}, errors.New("the page can't be read")
	}
	var forms []*html.Node
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.DataAtom {
		case atom.Form:
			forms = append(forms, n)
		case atom.Input:
			if kind := strings.ToLower(attrOf(n, "type")); kind != "hidden" && kind != "submit" {
				return page.Replay{}, errors.New("the page asks for something")
			}
		case atom.Textarea, atom.Select, atom.Iframe, atom.Object, atom.Embed, atom.Base:
			return page.Replay{}, errors.New("the page holds more than a form of hidden fields")
		}
	}
	if len(forms) != 1 || !strings.EqualFold(attrOf(forms[0], "method"), "post") {
		return page.Replay{}, errors.New("the page has no form that posts, or several")
	}
	if kind := attrOf(forms[0], "enctype"); kind != "" && !strings.EqualFold(kind, "application/x-www-form-urlencoded") {
		return page.Replay{}, errors.New("the page's form is of another encoding")
	}
	form := page.Replay{Action: attrOf(forms[0], "action")}
	for n := range forms[0].Descendants() {
		if n.Type == html.ElementNode && n.DataAtom == atom.Input && strings.EqualFold(attrOf(n, "type"), "hidden") {
			form.Fields = append(form.Fields, page.Field{Name: attrOf(n, "name"), Value: attrOf(n, "value")})
		}
	}
	if len(form.Fields) == 0 || len(form.Fields) > fieldsMost {
		return page.Replay{}, errors.New("the page's form has no fields, or too many")
	}
	return form, nil
}

func attrOf(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Namespace == "" && a.Key == key {
			return a.Val
		}
	}
	return ""
}
