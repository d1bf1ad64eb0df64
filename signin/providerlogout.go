package signin

import (
	"cmp"
	"context"
	"errors"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/tenant"
)

// FlowTold marks a provider's message about a session as taken: its jti never counts again.
const FlowTold FlowKind = "provider-told"

// logoutAge bounds a logout token's age, and with it how long its jti is remembered.
const logoutAge = 10 * time.Minute

// providerToken is what a verified logout token of a provider says (OpenID Connect Back-Channel Logout 1.0 section
// 2.4): all sessions of a subject, one session, or both.
type providerToken struct {
	id, subject, session string
	issued               time.Time
}

// hears reports whether a session is one that the token names. A subject alone means the sign-ins up to the token's
// time: one that came late, or comes again, does not end a sign-in made since. A session whose sign-in named no sid
// goes by its subject.
func (l providerToken) hears(s session.Session) bool {
	switch {
	case l.subject != "" && s.Auth.Subject != l.subject:
		return false
	case l.session != "" && s.Auth.Session != "":
		return s.Auth.Session == l.session
	}
	return l.subject != "" && !s.Auth.Time.After(l.issued.Add(clockSkew))
}

// names finds every session that hears.
func (l providerToken) names() session.Names {
	if l.subject != "" {
		return session.Names{Subject: l.subject}
	}
	return session.Names{Session: l.session}
}

// backchannelLogout takes a provider's logout token and ends the sessions that it names.
func (b *Broker) backchannelLogout(w http.ResponseWriter, r *http.Request, t tenant.Tenant) {
	i := slices.IndexFunc(t.Providers, func(p tenant.Provider) bool { return string(p.ID) == r.PathValue("provider") })
	if i < 0 || t.Providers[i].Federated() {
		b.fail(w, r, t, fault.New(fault.NotFound, "signin", "there is nothing at this address"))
		return
	}
	p := t.Providers[i]
	if !b.hearing(w, r, t) {
		return
	}
	l, err := b.logoutFrom(r, t, p)
	n := 0
	if err == nil {
		n, err = b.endOf(r.Context(), t.ID, p.ID, "signed out at "+nameOrID(p), l.names(), l.hears)
	}
	if err == nil {
		err = b.told(r.Context(), t.ID, p.ID, l.id, logoutAge)
	}
	if err != nil {
		// fail closed: nobody is signed out by a message that is not the provider's, and the provider is not told
		// that a sign-out is done that is not
		b.refuseTold(r, t, p, "ProviderLogoutRefused", err)
		answer := map[string]string{"error": "invalid_request", "error_description": toldReason(err)}
		if !fault.Is(err, fault.Denied) {
			answer["error"] = "temporarily_unavailable"
		}
		writeJSON(w, http.StatusBadRequest, answer) // section 2.8: also where the logout failed
		return
	}
	b.recordTold(r, t, p, "ProviderLogout", "the provider signed "+l.String()+" out: sessions ended: "+strconv.Itoa(n))
	w.WriteHeader(http.StatusOK)
}

// String names what the token is about, for the record.
func (l providerToken) String() string {
	switch {
	case l.session == "":
		return "subject " + strconv.Quote(l.subject)
	case l.subject == "":
		return "session " + strconv.Quote(l.session)
	}
	return "session " + strconv.Quote(l.session) + " of subject " + strconv.Quote(l.subject)
}

// logoutFrom reads and verifies a request's logout token.
func (b *Broker) logoutFrom(r *http.Request, t tenant.Tenant, p tenant.Provider) (providerToken, error) {
	const op = "signin.providerLogout"
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return providerToken{}, fault.New(fault.Denied, op, "it is no form (section 2.5)")
	}
	if err := r.ParseForm(); err != nil {
		return providerToken{}, fault.New(fault.Denied, op, "the form can't be read: %s", err)
	}
	if len(r.PostForm["logout_token"]) != 1 {
		return providerToken{}, fault.New(fault.Denied, op, "it holds %d logout tokens, not one", len(r.PostForm["logout_token"]))
	}
	up, err := b.upstream(r.Context(), t, p)
	if err != nil {
		return providerToken{}, err
	}
	signed, err := parseSigned(r.PostForm.Get("logout_token"), up.algs)
	if err != nil {
		return providerToken{}, err
	}
	claims, err := signed.verify(r.Context(), up.keys)
	if err != nil {
		return providerToken{}, err
	}
	l, err := readLogout(signed.typ, claims, p.Issuer, p.ClientID, b.parts.Now())
	if err != nil {
		return l, err
	}
	return l, b.notTold(r.Context(), t.ID, p.ID, l.id)
}

// readLogout checks a logout token's claims (section 2.6). The signature has been checked.
func readLogout(typ string, claims map[string]any, issuer, client string, now time.Time) (l providerToken, err error) {
	const op = "signin.providerLogout"
	wrong := func(format string, args ...any) (providerToken, error) {
		return providerToken{}, fault.New(fault.Denied, op, format, args...)
	}
	if typ != "" && typ != "jwt" && typ != "logout+jwt" { // older providers name none; a nonce tells ID tokens apart
		return wrong("it is a token of type %.50q, no logout token", typ)
	}
	if iss, _ := claims["iss"].(string); iss != issuer {
		return wrong("its issuer is %.200q, expected %q", iss, issuer)
	}
	audience, err := audiences(claims)
	if err != nil {
		return l, err
	}
	if slices.ContainsFunc(audience, func(a string) bool { return a != client }) {
		return wrong("it is made out to %.200q, not to %q alone", audience, client)
	}
	if l.issued, err = issuedAt(claims, now, logoutAge); err != nil {
		return providerToken{}, err
	}
	if _, there := claims["exp"]; !there {
		return wrong("it does not say when it ends (exp)")
	}
	if _, there := claims["nonce"]; there {
		return wrong("it has a nonce, so it is an ID token")
	}
	events, _ := claims["events"].(map[string]any)
	if _, ok := events[logoutEvent].(map[string]any); !ok {
		return wrong("its events do not say logout")
	}
	for name, into := range map[string]*string{"jti": &l.id, "sub": &l.subject, "sid": &l.session} {
		if *into, err = textClaim(claims, name, 512); err != nil {
			return providerToken{}, err
		}
	}
	switch {
	case l.id == "":
		return wrong("it has no id (jti), so it could come twice")
	case l.subject == "" && l.session == "":
		return wrong("it names neither a subject (sub) nor a session (sid)")
	}
	return l, nil
}

// hearing answers a message for its sender's address when too many were refused. What is believed costs nothing: a
// provider may sign a whole company out at once, from one address.
func (b *Broker) hearing(w http.ResponseWriter, r *http.Request, t tenant.Tenant) bool {
	if b.throttle.holds("a\x00"+string(t.ID)+"\x00"+site(r.RemoteAddr), costFailure, addressBurst, addressRate) {
		return true
	}
	w.Header().Set("Retry-After", strconv.Itoa(int(costFailure/addressRate)+1))
	writeJSON(w, http.StatusTooManyRequests, map[string]string{"error": "slow_down", "error_description": "too many messages from your address were refused"})
	return false
}

func nameOrID(p tenant.Provider) string { return cmp.Or(p.Name, string(p.ID)) }

func toldID(p model.ProviderID, id string) string { return hashOf(string(p) + "\x00" + id) }

// notTold refuses a message that was taken before.
func (b *Broker) notTold(ctx context.Context, t model.TenantID, p model.ProviderID, id string) error {
	var at time.Time
	switch err := b.flows.get(ctx, t, FlowTold, toldID(p, id), &at); {
	case err == nil:
		return fault.New(fault.Denied, "signin.told", "it was taken before, at %s (jti)", at.UTC().Format(time.RFC3339))
	case fault.Is(err, fault.NotFound):
		return nil
	default:
		return err
	}
}

// told marks a message as taken, after what it asks for is done: should we die in between, it is done again when
// the provider tries again, which ends nothing twice. The mark outlives every time at which the message is believed.
func (b *Broker) told(ctx context.Context, t model.TenantID, p model.ProviderID, id string, age time.Duration) error {
	err := b.flows.put(ctx, t, FlowTold, toldID(p, id), b.parts.Now(), age+3*clockSkew)
	if fault.Is(err, fault.Conflict) {
		return nil // the same message at the same moment: both ended the same sessions
	}
	return err
}

// refuseTold takes what a refused message costs, and writes it down unless there are too many. Its own part failing
// is not the sender's fault.
func (b *Broker) refuseTold(r *http.Request, t tenant.Tenant, p tenant.Provider, action string, why error) {
	if fault.Is(why, fault.Denied) && !b.admit(r, t.ID, costFailure) {
		b.parts.Log.Warn("message about sessions refused", "tenant", t.ID, "provider", p.ID, "err", why)
		return
	}
	b.recordAbout(r, t, p, action, model.OutcomeFailed, why.Error())
}

// recordTold writes down a message that was believed; each session that it ended has an activity of its own.
func (b *Broker) recordTold(r *http.Request, t tenant.Tenant, p tenant.Provider, action, reason string) {
	b.recordAbout(r, t, p, action, model.OutcomeComplete, reason)
}

func (b *Broker) recordAbout(r *http.Request, t tenant.Tenant, p tenant.Provider, action string, out model.Outcome, reason string) {
	a := &model.Activity{
		Tenant: t.ID, Time: b.parts.Now(), Source: model.SourceAccess, Type: model.ActivitySessionRevoked, ActionType: action, Outcome: out, Reason: reason,
		Network: b.parts.Locator.Locate(t.ID, r.RemoteAddr), Agent: b.parts.Locator.ParseAgent(r.UserAgent()),
		Objects: []model.Object{{Type: "provider", ID: string(p.ID), Name: p.Name}},
	}
	if err := b.parts.Recorder.Event(r.Context(), a); err != nil {
		// fail open: what it did is done, and the revocations are on record; a refusal changed nothing
		b.parts.Log.Error("message about sessions not recorded", "tenant", t.ID, "provider", p.ID, "err", err)
	}
}

// toldReason is what the sender is told: of its message everything, of our own parts nothing.
func toldReason(err error) string {
	f := new(fault.Error)
	for fault.Is(err, fault.Denied) && errors.As(err, &f) {
		if f.Msg != "" {
			return f.Msg
		}
		err = f.Err
	}
	return "it can't be processed right now"
}
