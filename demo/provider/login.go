package provider

import (
	"crypto/sha256"
	"crypto/subtle"
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"github.com/referee-casb/referee/demo/internal/shelf"
)

//go:embed page/*.html page/style.css
var pageFiles embed.FS

var pages = template.Must(template.ParseFS(pageFiles, "page/*.html"))

// loginView is what page/login.html shows.
type loginView struct {
	Client   string
	Flow     string
	Username string
	Step     string // "password" or "code"
	Problem  string // what went wrong at the last try
	Accounts []*User
}

func (p *Provider) serveLoginPage(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("flow")
	f, ok := p.flowOf(r, id)
	if !ok {
		p.serveError(w, http.StatusBadRequest, flowGone) // fail closed: no flow, no sign-in
		return
	}
	p.showLogin(w, http.StatusOK, id, f, f.request.loginHint, "")
}

const flowGone = "This sign-in was finished, took too long, or began in another browser. Open the application again."

// flowOf returns the flow if this browser began it.
func (p *Provider) flowOf(r *http.Request, id string) (flow, bool) {
	f, ok := p.flows.Get(id)
	if !ok || subtle.ConstantTimeCompare([]byte(f.browser), []byte(flowCookie(r))) != 1 {
		return flow{}, false
	}
	return f, true
}

func (p *Provider) showLogin(w http.ResponseWriter, status int, id string, f flow, username, problem string) {
	v := loginView{Client: f.request.client.Name, Flow: id, Username: username, Step: "password", Problem: problem}
	if v.Client == "" {
		v.Client = f.request.client.ID
	}
	if f.user != "" {
		v.Step, v.Username = "code", f.user
	}
	for i := range p.cfg.Users {
		v.Accounts = append(v.Accounts, &p.cfg.Users[i])
	}
	p.render(w, status, "login.html", v)
}

// serveLoginForm takes the password, then the one-time code if the request wants it and the account has one.
func (p *Provider) serveLoginForm(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		p.serveError(w, http.StatusBadRequest, "The form can't be read.")
		return
	}
	id := r.PostForm.Get("flow")
	f, ok := p.flowOf(r, id)
	if !ok {
		p.serveError(w, http.StatusBadRequest, flowGone) // fail closed: also what a forged form gets
		return
	}
	if f.user != "" && r.PostForm.Get("step") == "code" {
		p.checkCode(w, r, id, f)
		return
	}
	p.checkPassword(w, r, id, f)
}

func (p *Provider) checkPassword(w http.ResponseWriter, r *http.Request, id string, f flow) {
	name := strings.ToLower(strings.TrimSpace(r.PostForm.Get("username")))
	if p.throttle.blocked(name) {
		p.showLogin(w, http.StatusTooManyRequests, id, f, name, "Too many wrong passwords. Wait a minute, then try again.") // fail closed: not even the right one counts
		return
	}
	user := p.users[name]
	want := "" // an unknown name takes the same path; the comparison below fails for it
	if user != nil {
		want = user.Password
	}
	got, wanted := sha256.Sum256([]byte(r.PostForm.Get("password"))), sha256.Sum256([]byte(want))
	if subtle.ConstantTimeCompare(got[:], wanted[:]) != 1 || user == nil {
		p.throttle.count(name)
		p.cfg.Logger.Info("sign-in refused", "reason", "password", "client_id", f.request.client.ID)
		p.showLogin(w, http.StatusUnauthorized, id, f, name, "User name or password is wrong.") // fail closed: wrong password
		return
	}
	if f.request.wantsSecondFactor() && len(user.TOTPSecret) > 0 {
		p.flows.Update(id, func(f *flow) { f.user = name })
		http.Redirect(w, r, pathLogin+"?flow="+url.QueryEscape(id), http.StatusSeeOther)
		return
	}
	p.signIn(w, r, id, f, user, ACRPassword, []string{"pwd"})
}

func (p *Provider) checkCode(w http.ResponseWriter, r *http.Request, id string, f flow) {
	user := p.users[f.user]
	if p.throttle.blocked(f.user) {
		p.showLogin(w, http.StatusTooManyRequests, id, f, f.user, "Too many wrong codes. Wait a minute, then try again.") // fail closed: six digits are guessed quickly
		return
	}
	if !checkTOTP(user.TOTPSecret, strings.TrimSpace(r.PostForm.Get("code")), p.cfg.Clock()) {
		p.throttle.count(f.user)
		p.cfg.Logger.Info("sign-in refused", "reason", "code", "client_id", f.request.client.ID)
		p.showLogin(w, http.StatusUnauthorized, id, f, f.user, "The code is wrong or too old.") // fail closed: wrong code
		return
	}
	p.signIn(w, r, id, f, user, ACRSecondFactor, []string{"pwd", "otp", "mfa"})
}

// signIn replaces the browser's session, so a session value known before is worth nothing after.
func (p *Provider) signIn(w http.ResponseWriter, r *http.Request, id string, f flow, user *User, acr string, amr []string) {
	if c, err := r.Cookie(sessionCookieName); err == nil {
		if old, ok := p.sessions.Get(c.Value); ok && old.user != user {
			p.endSessions(r.Context(), func(s session) bool { return s.id == old.id })
		}
		p.sessions.Drop(c.Value)
	}
	p.flows.Drop(id)
	s := session{id: shelf.RandomID(), user: user, authTime: p.cfg.Clock(), acr: acr, amr: amr, clients: &audience{}}
	setCookie(w, sessionCookieName, p.sessions.Put(s))
	p.cfg.Logger.Info("signed in", "user", user, "client_id", f.request.client.ID, "acr", acr)
	p.finish(w, r, f.request, s)
}

func (p *Provider) serveHome(w http.ResponseWriter, r *http.Request) {
	v := map[string]any{"Title": "Company sign-in"}
	if s, ok := p.currentSession(r); ok {
		v["Text"] = "You are signed in as " + s.user.Name + "."
		v["SignOut"] = true
	} else {
		v["Text"] = "Open an application to sign in."
	}
	p.render(w, http.StatusOK, "message.html", v)
}

func (p *Provider) serveError(w http.ResponseWriter, status int, text string) {
	p.render(w, status, "message.html", map[string]any{"Title": "Sign-in is not possible", "Text": text})
}

func (p *Provider) render(w http.ResponseWriter, status int, name string, v any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if err := pages.ExecuteTemplate(w, name, v); err != nil {
		p.cfg.Logger.Error("page not rendered", "page", name, "err", err)
	}
}

func serveStyle(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "public, max-age=300")
	http.ServeFileFS(w, r, pageFiles, "page/style.css")
}
