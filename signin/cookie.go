package signin

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/tenant"
)

// The broker serves all tenants from one origin, so each tenant has cookies of its own name. __Host- keeps
// them to this origin (RFC 6265bis section 4.1.3.2).
const (
	sessionCookie = "__Host-referee-session-" // + tenant: "<session id>.<secret>"
	flowCookie    = "__Host-referee-flow-"    // + tenant + "." + start of state: "<when>.<secret>"
	restartCookie = "__Host-referee-restart-" // + tenant: instance that was just started again at its mapped host
)

// maxFlowCookies bounds how many sign-ins one browser may have under way at one tenant: a window with many
// tabs that all open at once. The oldest give way.
const maxFlowCookies = 8

// current returns the live broker session of the request's browser with the secret its cookie holds. It is
// NotFound when there is none, and Unavailable when that can't be known. A session that is bound to a key of its browser
// is none for a request that does not show it.
func (b *Broker) current(r *http.Request, id model.TenantID) (session.Session, session.Secret, error) {
	s, secret, err := b.held(r, id)
	if err != nil {
		return s, secret, err
	}
	if !b.mayUse(r, id, &s) {
		// fail closed: the cookie was copied, or the browser has lost its key; its owner signs in again
		return session.Session{}, "", fault.New(fault.NotFound, "signin.current", "the session is bound to a key that the request does not show")
	}
	if now := b.parts.Now(); now.Sub(s.LastSeen) >= time.Minute {
		// Signing in to one more app is use of the session. Nothing depends on its being written.
		if err := b.parts.Sessions.TouchSession(r.Context(), id, s.ID, now); err != nil {
			b.parts.Log.Warn("use of a session not written", "tenant", id, "err", err)
		}
	}
	return s, secret, nil
}

// held is current without a look at the key: whose browser this is has not been shown, so nothing is told of the session, and
// asking is no use of it.
func (b *Broker) held(r *http.Request, id model.TenantID) (session.Session, session.Secret, error) {
	const op = "signin.current"
	none := func(why string) (session.Session, session.Secret, error) {
		return session.Session{}, "", fault.New(fault.NotFound, op, "%s", why)
	}
	cookie, err := r.Cookie(sessionCookie + string(id))
	if err != nil {
		return none("no session cookie")
	}
	sid, secret, ok := session.ParseBrokerCookie(cookie.Value)
	if !ok {
		return none("malformed session cookie")
	}
	s, err := b.parts.Sessions.Session(r.Context(), id, sid)
	switch {
	case fault.Is(err, fault.NotFound):
		return none("the session is gone")
	case err != nil:
		return session.Session{}, "", fault.As(err, fault.Unavailable, op, string(id))
	case !s.Holds(secret):
		return none("the cookie's secret is not the session's")
	case !s.Live(b.parts.Now()):
		return none("the session has ended")
	}
	return s, secret, nil
}

// signedIn is current for a page: it starts a sign-in when there is no session, and answers the request when
// the store does not. ok says whether the step may go on.
func (b *Broker) signedIn(w http.ResponseWriter, r *http.Request, t tenant.Tenant) (session.Session, session.Secret, bool) {
	s, secret, err := b.current(r, t.ID)
	switch {
	case err == nil:
		return s, secret, true
	case fault.Is(err, fault.NotFound):
		b.start(w, r, t, request{back: here(r), maxAge: -1})
	default:
		b.fail(w, r, t, err) // fail closed: nobody knows who this is
	}
	return s, "", false
}

// here is the request's own path and query, to come back to.
func here(r *http.Request) string {
	if r.URL.RawQuery == "" {
		return r.URL.EscapedPath()
	}
	return r.URL.EscapedPath() + "?" + r.URL.RawQuery
}

// setCookie writes a host-only cookie; life 0 lets it end with the browser, a negative life removes it.
// SameSite=Lax: the way in is always a top-level navigation from another site.
func setCookie(w http.ResponseWriter, name, value string, life time.Duration) {
	c := &http.Cookie{Name: name, Value: value, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	switch {
	case life < 0:
		c.MaxAge = -1
	case life > 0:
		c.MaxAge = int(life.Seconds())
	}
	http.SetCookie(w, c)
}

// persist applies Conditional Access's persistent browser session to the cookie of the session: "always" keeps it when
// the browser closes, until the session ends; "never" lets it end with the browser, whatever was said before. Without
// such a word it stays as it is, which after a sign-in is: until the browser closes.
func (b *Broker) persist(w http.ResponseWriter, r *http.Request, s session.Session, d *decision) {
	if d.Persistent == "" {
		return
	}
	c, err := r.Cookie(sessionCookie + string(s.Tenant))
	if err != nil {
		return // fail closed: there is no cookie that could live longer
	}
	life := time.Duration(0)
	if d.Persistent == policy.PersistentAlways {
		life = max(s.Expires.Sub(b.parts.Now()), 0)
	}
	setCookie(w, c.Name, c.Value, life)
}

// flowName is the name of the cookie that ties a sign-in under way to the browser that started it. Each has a
// cookie of its own, so that tabs that open together don't undo each other.
func flowName(id model.TenantID, state string) string {
	return flowCookie + string(id) + "." + state[:min(len(state), 16)]
}

// setFlow ties a new sign-in to the browser and returns the secret that its answer must come with.
func setFlow(w http.ResponseWriter, r *http.Request, id model.TenantID, state string, now time.Time) string {
	type old struct {
		name string
		at   int64
	}
	var have []old
	for _, c := range r.Cookies() {
		if strings.HasPrefix(c.Name, flowCookie+string(id)+".") {
			at, _, _ := parseFlow(c.Value)
			have = append(have, old{c.Name, at})
		}
	}
	slices.SortFunc(have, func(a, b old) int { return int(b.at - a.at) })
	for i := maxFlowCookies - 1; i < len(have); i++ {
		setCookie(w, have[i].name, "", -1)
	}
	secret := newSecret()
	setCookie(w, flowName(id, state), strconv.FormatInt(now.Unix(), 10)+"."+secret, upstreamLife)
	return secret
}

// takeFlow returns the secret of the sign-in that an answer belongs to, and removes its cookie.
func takeFlow(w http.ResponseWriter, r *http.Request, id model.TenantID, state string) (string, bool) {
	if len(state) < 16 {
		return "", false
	}
	c, err := r.Cookie(flowName(id, state))
	if err != nil {
		return "", false
	}
	setCookie(w, c.Name, "", -1)
	_, secret, ok := parseFlow(c.Value)
	return secret, ok
}

// parseFlow takes a flow cookie's value apart.
func parseFlow(value string) (at int64, secret string, ok bool) {
	when, secret, found := strings.Cut(value, ".")
	at, err := strconv.ParseInt(when, 10, 64)
	if _, good := session.ParseSecret(secret); !found || err != nil || at < 0 || !good {
		return 0, "", false
	}
	return at, secret, true
}
