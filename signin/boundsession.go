package signin

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/device"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/signin/bound"
	"github.com/referee-casb/referee/tenant"
)

// Where a tenant wants it and the browser can, a session at the broker is bound to a key of the browser: beside the
// session's cookie the browser then shows one that lives for minutes, and that only a signature with the key renews.
// What was copied from the browser opens nothing once that has ended.

const (
	boundCookie = "__Host-referee-bound-" // + tenant
	// SameSite=None: a browser that comes from an app renews it on its way, and could not keep it otherwise. It opens
	// nothing by itself; the session's own cookie stays Lax.
	boundAttributes = "Path=/; Secure; HttpOnly; SameSite=None"
	boundLife       = 5 * time.Minute  // of the cookie: how long a copy is good for
	boundGrace      = 30 * time.Second // for what is on its way: between its end in the browser and here, and from when the binding is first shown
	boundAnswer     = 5 * time.Minute  // from a challenge to its answer

	// What one session may ask: a browser renews every few minutes, in many tabs at once at most.
	boundBurst, boundRate = 200, 1

	purposeBound     = "bound-cookie"
	purposeChallenge = "bound-challenge"
	purposeName      = "bound-name"
)

// FlowBound marks a challenge as answered.
const FlowBound FlowKind = "boundAnswered"

func (b *Broker) boundRoutes(m *http.ServeMux) {
	m.HandleFunc("POST /{tenant}/bind", b.tenant(b.bind))
	m.HandleFunc("POST /{tenant}/bind/{step}", b.tenant(func(w http.ResponseWriter, r *http.Request, t tenant.Tenant) {
		// A browser that comes from an app asks as from another site, and without the session's cookie: what authorises
		// is the signature alone.
		if r.PathValue("step") != "refresh" {
			b.fail(w, r, t, fault.New(fault.NotFound, "signin.bind", "there is nothing at this address"))
			return
		}
		b.bindAgain(w, r, t)
	}))
}

// offerBinding asks the browser of a session that was just signed in to make a key. One that can't passes over it. The
// challenge goes to this browser alone, so nobody who takes the cookie later can bind the session to a key of theirs.
func (b *Broker) offerBinding(w http.ResponseWriter, t tenant.Tenant, s *session.Session) {
	if !t.Device.BoundSessions || s.Bound != nil {
		return
	}
	challenge, err := b.boundChallenge(t, s, "register")
	if err != nil {
		// fail open: the session goes on as in a browser that has no such keys
		b.parts.Log.Error("session not offered to be bound", "tenant", t.ID, "err", err)
		return
	}
	w.Header().Set(bound.HeaderRegistration, bound.Registration("/"+string(t.ID)+"/bind", challenge))
}

func (b *Broker) boundChallenge(t tenant.Tenant, s *session.Session, what string) (string, error) {
	return b.parts.Tokens.Sign(t.ID, purposeChallenge, []byte(what+" "+string(s.ID)+" "+newSecret()), b.parts.Now().Add(boundAnswer))
}

// answeredChallenge returns the session that a challenge was made for. A challenge is answered once, and for the session
// that is asked for; "" asks for any. Unauthenticated: the challenge is over or another's, and a fresh one may be answered.
func (b *Broker) answeredChallenge(r *http.Request, t tenant.Tenant, claims bound.Claims, what string, of model.SessionID) (model.SessionID, error) {
	const op = "signin.bind"
	if claims.Audience != "" && claims.Audience != b.config.Origin && claims.Audience != b.config.Origin+r.URL.Path {
		return "", fault.New(fault.Denied, op, "the token is for %.200q", claims.Audience)
	}
	payload, err := b.parts.Tokens.Verify(t.ID, purposeChallenge, claims.Challenge)
	if err != nil {
		return "", fault.Wrap(err, op, "")
	}
	fields := strings.Fields(string(payload))
	if len(fields) != 3 || fields[0] != what || of != "" && fields[1] != string(of) {
		return "", fault.New(fault.Unauthenticated, op, "the challenge was made for something else")
	}
	err = b.flows.put(r.Context(), t.ID, FlowBound, hashOf(claims.Challenge), true, 2*boundAnswer)
	if fault.Is(err, fault.Conflict) {
		err = fault.New(fault.Unauthenticated, op, "the challenge was answered already")
	}
	return model.SessionID(fields[1]), err
}

// bind takes the key of a browser and binds its session to it, once and on record. Where something fails after that, or
// the answer is lost, the browser drops the key, never shows it, and goes on as one that has none.
func (b *Broker) bind(w http.ResponseWriter, r *http.Request, t tenant.Tenant) {
	const op = "signin.bind"
	if !b.admitted(w, r, t, costBegin) {
		return
	}
	key, claims, err := bound.Register(r.Header.Get(bound.HeaderResponse))
	var id model.SessionID
	if err == nil && !t.Device.BoundSessions {
		err = fault.New(fault.Denied, op, "sessions are not bound in this tenant")
	}
	if err == nil {
		id, err = b.answeredChallenge(r, t, claims, "register", "")
	}
	if err != nil {
		b.unbound(w, r, t, err)
		return
	}
	now, proof := b.parts.Now(), boundProof(key, b.parts.Now())
	s, err := b.parts.Sessions.Session(r.Context(), t.ID, id)
	if err == nil {
		err = b.record(r, s, model.ActivityDeviceProof, func(a *model.Activity) {
			a.ActionType, a.Reason = "SessionBound", proof.Evidence
		})
	}
	if err == nil {
		s, err = b.parts.Sessions.UpdateSession(r.Context(), t.ID, id, func(have *session.Session) error {
			if have.Bound != nil || !have.Live(now) {
				return fault.New(fault.Denied, op, "the session is bound already, or has ended")
			}
			have.Bound = &session.Bound{Key: key, At: now}
			have.Proofs = device.Renew(have.Proofs, proof)
			return nil
		})
	}
	if err == nil {
		err = b.parts.Devices.Changed(r.Context(), t.ID, id)
	}
	if err != nil {
		b.unbound(w, r, t, err)
		return
	}
	name, err := b.parts.Tokens.Sign(t.ID, purposeName, []byte(s.ID), s.Expires)
	if err != nil {
		b.unbound(w, r, t, err)
		return
	}
	b.showBound(w, r, t, name, &s, key)
}

// named returns the bound session of an id that a browser has named. NotFound: it has ended.
func (b *Broker) named(r *http.Request, t tenant.Tenant, id model.SessionID) (session.Session, error) {
	s, err := b.parts.Sessions.Session(r.Context(), t.ID, id)
	if err == nil && (s.Bound == nil || !s.Live(b.parts.Now())) {
		err = fault.New(fault.NotFound, "signin.bind", "the session has ended, or is not bound")
	}
	return s, err
}

// bindAgain renews the cookie of a bound session for a fresh signature. A name that Referee gave is charged to its session
// alone: a busy office, or a flood from its address, keeps no bound browser from going on.
func (b *Broker) bindAgain(w http.ResponseWriter, r *http.Request, t tenant.Tenant) {
	name := strings.Trim(r.Header.Get(bound.HeaderID), `"`)
	payload, err := b.parts.Tokens.Verify(t.ID, purposeName, name)
	if err = asNotFound(err); err != nil && !b.admitted(w, r, t, costBegin) {
		return
	}
	id := model.SessionID(payload)
	charge := func(cost float64) bool {
		if b.throttle.take("b\x00"+string(t.ID)+"\x00"+string(id), cost, boundBurst, boundRate) {
			return true
		}
		w.Header().Set("Retry-After", "20")
		w.WriteHeader(http.StatusServiceUnavailable) // passing in every browser: Chromium ends the session at 429, though the draft lets 407 and 429 pass
		return false
	}
	var s session.Session
	if err == nil {
		if !charge(costBegin) {
			return
		}
		s, err = b.named(r, t, id)
	}
	if fault.Is(err, fault.NotFound) {
		doc, _ := bound.End(clip(strings.ToValidUTF8(name, ""), 500)) // a map of plain values always marshals
		writeDocument(w, doc)
		return
	}
	refuse := func(err error) {
		if fault.Is(err, fault.Unavailable) || charge(costFailure) {
			b.notBound(w, r, t, err)
		}
	}
	if err != nil {
		refuse(err) // fail closed: the cookie ends
		return
	}
	ask := func() {
		challenge, err := b.boundChallenge(t, &s, "refresh")
		if err != nil {
			refuse(err)
			return
		}
		w.Header().Set(bound.HeaderChallenge, bound.Challenge(challenge, name))
		w.WriteHeader(http.StatusForbidden)
	}
	raw := r.Header.Get(bound.HeaderResponse)
	if raw == "" {
		ask()
		return
	}
	key := bound.Key(s.Bound.Key)
	claims, err := key.Verify(raw)
	if err == nil {
		_, err = b.answeredChallenge(r, t, claims, "refresh", s.ID)
		if fault.Is(err, fault.Unauthenticated) {
			// The key is the session's, so this is its browser, or a copy of what it once sent, which can't sign what is
			// asked now. A browser sends the same answer again where the one to it was lost, or after it slept.
			b.parts.Log.Info("another challenge for a bound session", "tenant", t.ID, "session", s.ID, "err", err)
			ask()
			return
		}
	}
	now := b.parts.Now()
	if err == nil {
		s, err = b.parts.Sessions.UpdateSession(r.Context(), t.ID, s.ID, func(have *session.Session) error {
			taken(have, now)
			have.Proofs = device.Renew(have.Proofs, boundProof(key, now))
			return nil
		})
	}
	if err != nil {
		refuse(err)
		return
	}
	b.showBound(w, r, t, name, &s, key)
}

// boundProof is the fact that a key was shown: evidence of the browser, with its age. It makes no device managed.
func boundProof(key bound.Key, now time.Time) model.Proof {
	return device.Issue("", device.KindBound, "the browser signed with its key "+key.Thumbprint(), now, boundLife)
}

// showBound gives the browser its cookie, and says how to renew it. The session keeps the name that it began with.
func (b *Broker) showBound(w http.ResponseWriter, r *http.Request, t tenant.Tenant, name string, s *session.Session, key bound.Key) {
	value, err := b.parts.Tokens.Sign(t.ID, purposeBound, boundPayload(s.ID, key), b.parts.Now().Add(boundLife+boundGrace))
	if err != nil {
		b.unbound(w, r, t, err)
		return
	}
	doc, err := bound.Instructions{
		ID: name, Refresh: "/" + string(t.ID) + "/bind/refresh", Origin: b.config.Origin, Cookie: boundCookie + string(t.ID), Attributes: boundAttributes,
		Initiators: b.initiators(t),
	}.JSON()
	if err != nil {
		b.unbound(w, r, t, err)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: boundCookie + string(t.ID), Value: value, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteNoneMode, MaxAge: int(boundLife.Seconds())})
	writeDocument(w, doc)
}

// mostInitiators bounds the list that a browser keeps.
const mostInitiators = 100

// initiators are the hosts that people come from: their apps, mapped and not, and their providers. A request that any
// other site starts is not held back for a renewal, by whose time that site could tell who is signed in here.
func (b *Broker) initiators(t tenant.Tenant) []string {
	var out []string
	add := func(authority string) {
		host, _, _ := strings.Cut(authority, ":")
		if host != "" && !slices.Contains(out, host) && len(out) < mostInitiators {
			out = append(out, host)
		}
	}
	for _, p := range t.Providers {
		for _, address := range []string{p.Issuer, samlAddress(p)} {
			if u, err := url.Parse(address); err == nil {
				add(u.Host)
			}
		}
	}
	for _, inst := range b.parts.Catalog.Instances(t.ID) {
		for i := range inst.Hosts {
			if inst.Hosts[i].Role != catalog.RoleApp {
				continue
			}
			add(inst.Hosts[i].Name)
			if mapped, ok := b.parts.Catalog.Mapped(t.ID, inst.Hosts[i].Name); ok {
				add(mapped)
			}
		}
	}
	return out
}

// samlAddress is where a SAML provider signs people in, "" for other kinds.
func samlAddress(p tenant.Provider) string {
	if p.SAML == nil {
		return ""
	}
	return p.SAML.SSO
}

func writeDocument(w http.ResponseWriter, doc []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(doc) // the browser has gone away
}

// unbound refuses a key or a signature: nothing is bound or renewed by it.
func (b *Broker) unbound(w http.ResponseWriter, r *http.Request, t tenant.Tenant, err error) {
	if fault.Is(err, fault.Unavailable) || b.admitted(w, r, t, costFailure) {
		b.notBound(w, r, t, err)
	}
}

func (b *Broker) notBound(w http.ResponseWriter, r *http.Request, t tenant.Tenant, err error) {
	b.parts.Log.Info("session not bound", "tenant", t.ID, "path", r.URL.Path, "err", err)
	status := http.StatusBadRequest
	if fault.Is(err, fault.Unavailable) {
		status = http.StatusServiceUnavailable
	}
	w.WriteHeader(status)
}
