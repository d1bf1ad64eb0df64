package signin

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/referee-casb/referee/device"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/tenant"
)

// callback takes the provider's answer and makes a broker session of it.
func (b *Broker) callback(w http.ResponseWriter, r *http.Request, t tenant.Tenant) {
	if b.silentAnswer(w, r, t) {
		return
	}
	s, flow, err := b.accept(w, r, t, model.ProviderID(r.PathValue("provider")))
	if flow.Leg != nil {
		b.stepAnswered(w, r, t, s, flow.Leg, err)
		return
	}
	if err != nil {
		// fail closed: an answer that can't be verified signs nobody in
		if b.admitted(w, r, t, costFailure) {
			b.recordFailure(r, t, err)
			b.fail(w, r, t, err)
		}
		return
	}
	b.complete(w, r, t, s, flow)
}

// complete keeps the session of a verified answer, on record first, and brings the browser back to where it began.
func (b *Broker) complete(w http.ResponseWriter, r *http.Request, t tenant.Tenant, s session.Session, flow upstreamFlow) {
	if !b.admittedAs(w, r, t, string(s.User.ID), costBegin) {
		return
	}
	s, secret, err := b.keep(r, t, s)
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	if changed, err := b.follow(r.Context(), t, &s); err != nil {
		// fail closed: whether the account was disabled while the person signed in is not known
		b.fail(w, r, t, err)
		return
	} else if changed {
		// The directory changed between the answer and here, and what follows it may have looked before the session was there.
		if s, err = b.parts.Sessions.Session(r.Context(), t.ID, s.ID); err == nil && !s.Live(b.parts.Now()) {
			err = fault.New(fault.Denied, "signin.complete", "your account is disabled in your organisation's directory")
		}
		if err != nil {
			b.fail(w, r, t, err)
			return
		}
	}
	if err := b.record(r, s, model.ActivityLogin, func(a *model.Activity) { a.ActionType = "UserLoggedIn" }); err != nil {
		// fail closed: a sign-in that can't be recorded does not happen
		b.fail(w, r, t, err)
		return
	}
	if flow.Request != "" && flow.MaxAge == 0 {
		// Who signed in last for the request is who it goes on with: somebody else may have before, in another tab.
		err := b.flows.take(r.Context(), t.ID, FlowFresh, flow.Request, &reauthenticated{})
		if err == nil || fault.Is(err, fault.NotFound) {
			err = b.flows.put(r.Context(), t.ID, FlowFresh, flow.Request, reauthenticated{s.ID}, requestLife)
		}
		if err != nil && !fault.Is(err, fault.Conflict) {
			b.fail(w, r, t, err)
			return
		}
	}
	b.remember(w, t, flow.Provider)
	setCookie(w, sessionCookie+string(t.ID), session.BrokerCookie(s.ID, secret), 0)
	b.offerBinding(w, t, &s)
	http.Redirect(w, r, b.config.Origin+flow.Return, http.StatusSeeOther)
}

// keep stores the session of a verified sign-in and returns it with the secret for the browser.
//
// A person who signs in again keeps the session: the app sessions that stand on it, with their cookies and
// transfers, go on. That opens no way for a planted session, since a live session of that person can only have
// come from that person's sign-in. When somebody else signs in, the session that was there ends everywhere:
// nobody goes on in another person's app on a shared computer.
func (b *Broker) keep(r *http.Request, t tenant.Tenant, s session.Session) (session.Session, session.Secret, error) {
	const op = "signin.keep"
	old, held, err := b.current(r, t.ID)
	switch {
	case err == nil && old.User.ID == s.User.ID && old.User.Provider == s.User.Provider:
		kept, err := b.parts.Sessions.UpdateSession(r.Context(), t.ID, old.ID, func(have *session.Session) error {
			s.Auth.Steps = append(s.Auth.Steps, have.Auth.Steps...) // what the person did in this session stays done
			have.User, have.Claims, have.Auth, have.LastSeen = s.User, s.Claims, s.Auth, s.LastSeen
			if s.Expires.Before(have.Expires) {
				have.Expires = s.Expires // the provider may let this sign-in live shorter; none makes a session longer
			}
			b.rebind(have, r)
			have.Proofs = device.RenewAll(have.Proofs, s.Proofs)
			return nil
		})
		if err == nil {
			return kept, held, fault.Wrap(b.parts.Devices.Changed(r.Context(), t.ID, kept.ID), op, string(t.ID))
		}
		if !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.NotFound) {
			return s, "", fault.Wrap(err, op, string(t.ID))
		} // it was revoked meanwhile: a new one
	case err == nil:
		err := b.parts.Revoker.Revoke(r.Context(), session.Revocation{Tenant: t.ID, Session: old.ID, At: b.parts.Now(), Reason: "somebody else signed in in this browser"})
		if err != nil {
			return s, "", fault.Wrap(err, op, string(t.ID)) // fail closed: two people in one browser
		}
	case !fault.Is(err, fault.NotFound):
		return s, "", err
	default:
		// A session whose key the browser has lost is nobody's to go on with, and ends like somebody else's.
		if lost, _, err := b.held(r, t.ID); err == nil {
			err := b.parts.Revoker.Revoke(r.Context(), session.Revocation{Tenant: t.ID, Session: lost.ID, At: b.parts.Now(), Reason: "a new sign-in in this browser, which has lost the session's key"})
			if err != nil {
				return s, "", fault.Wrap(err, op, string(t.ID)) // fail closed: two people in one browser
			}
		}
	}
	secret := session.NewSecret()
	s.SecretHash = secret.Hash()
	return s, secret, fault.Wrap(b.parts.Sessions.PutSession(r.Context(), s), op, string(t.ID))
}

// unusable is what a person is told about an answer that does not verify; the cause goes to log and record.
const unusable = "the answer of your organisation's sign-in service can't be used"

// accept verifies an answer and returns the session that it gives. Every refusal's cause says what was wrong.
func (b *Broker) accept(w http.ResponseWriter, r *http.Request, t tenant.Tenant, id model.ProviderID) (session.Session, upstreamFlow, error) {
	const op = "signin.callback"
	var flow upstreamFlow
	refuse := func(msg string, cause error) (session.Session, upstreamFlow, error) {
		return session.Session{}, flow, &fault.Error{Kind: fault.Denied, Op: op, Msg: msg, Help: "Open the app again.", Err: cause}
	}
	wrong := func(format string, args ...any) (session.Session, upstreamFlow, error) {
		return refuse(unusable, fault.New(fault.Denied, op, format, args...))
	}
	q := r.URL.Query()
	state := q.Get("state")
	secret, held := takeFlow(w, r, t.ID, state)
	if err := b.flows.take(r.Context(), t.ID, FlowUpstream, hashOf(state), &flow); err != nil {
		if !fault.Is(err, fault.NotFound) {
			return session.Session{}, flow, fault.Wrap(err, op, string(id))
		}
		return refuse("this sign-in was started elsewhere, took too long or was already used", err)
	}
	if !held || !sameSecret(hashOf(secret), flow.SecretHash) {
		return refuse("this sign-in was started in another browser", nil)
	}
	if flow.Provider != id {
		return wrong("the answer came to the address of provider %q, the sign-in was started at %q", id, flow.Provider)
	}
	i := slices.IndexFunc(t.Providers, func(p tenant.Provider) bool { return p.ID == id })
	if i < 0 {
		return wrong("provider %q is not connected any more", id)
	}
	if e := q.Get("error"); e != "" {
		return refuse("your organisation's sign-in service did not sign you in", fault.New(fault.Denied, op, "the provider refused: %.100q %.300q", e, q.Get("error_description")))
	}
	up, err := b.upstream(r.Context(), t, t.Providers[i])
	if err != nil {
		return session.Session{}, flow, err
	}
	if iss := q.Get("iss"); iss != up.settings.Issuer && (iss != "" || up.names) {
		return wrong("the answer names issuer %q, expected %q (RFC 9207)", iss, up.settings.Issuer)
	}
	token, err := up.oauth.Exchange(oidc.ClientContext(r.Context(), up.client), q.Get("code"), oauth2.VerifierOption(flow.Verifier))
	if err != nil {
		if rejected := new(oauth2.RetrieveError); !errors.As(err, &rejected) || rejected.Response.StatusCode >= http.StatusInternalServerError {
			return session.Session{}, flow, fault.As(errors.New(scrub(err)), fault.Unavailable, op, up.settings.Issuer)
		}
		return wrong("the provider did not redeem the code: %s", scrub(err))
	}
	claims, idToken, err := b.verify(r.Context(), up, token)
	if err != nil {
		return refuse(unusable, err)
	}
	if !sameSecret(idToken.Nonce, flow.Nonce) {
		return wrong("the ID token's nonce is not that of this sign-in")
	}
	who := identity{claims: claims, auth: authentication(id, claims, idToken.IssuedAt), bearer: token.AccessToken}
	auth := who.withRisk(up.settings).auth
	if flow.MaxAge == 0 {
		// What asks for a fresh sign-in travels through the browser, so it may never have reached the provider: only
		// auth_time, which an answer to max_age must have (OpenID Connect Core section 3.1.2.1), shows that it did.
		switch {
		case auth.Undated:
			return wrong("a fresh sign-in was asked for, and the answer does not say when it was (auth_time)")
		case auth.Time.Before(flow.Started.Add(-clockSkew)):
			return wrong("a fresh sign-in was asked for, the provider's is from %s", auth.Time.Format(time.RFC3339))
		case auth.Time.After(b.parts.Now().Add(clockSkew)):
			return wrong("the provider's auth_time %s is in the future", auth.Time.Format(time.RFC3339))
		}
	}
	said, err := b.person(r.Context(), t, up.settings, who)
	switch {
	case fault.Is(err, fault.Denied):
		return refuse(unusable, err)
	case err != nil:
		return session.Session{}, flow, err
	}
	s, err := b.newSession(r, t, said, auth)
	if err != nil {
		return session.Session{}, flow, err
	}
	s.Proofs = b.signInProofs(r.Context(), t, up.settings, claims, idToken.IssuedAt)
	return s, flow, nil
}

// clockSkew is how far the provider's clock may be from ours.
const clockSkew = time.Minute

// verify checks the ID token of a token answer: signature, issuer, audience, authorised party and expiry.
func (b *Broker) verify(ctx context.Context, up *upstream, token *oauth2.Token) (map[string]any, *oidc.IDToken, error) {
	const op = "signin.verify"
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return nil, nil, fault.New(fault.Denied, op, "the provider's answer holds no ID token")
	}
	// The provider's own verifier keeps the keys that it has read, as long as the discovery document is kept.
	idToken, err := up.provider.Verifier(&oidc.Config{ClientID: up.oauth.ClientID, Now: b.parts.Now}).Verify(ctx, raw)
	if err != nil {
		return nil, nil, fault.As(err, fault.Denied, op, up.settings.Issuer)
	}
	claims := map[string]any{}
	if err := idToken.Claims(&claims); err != nil {
		return nil, nil, fault.As(err, fault.Denied, op, up.settings.Issuer)
	}
	switch azp, named := claims["azp"]; {
	case idToken.Subject == "":
		return nil, nil, fault.New(fault.Denied, op, "the ID token names no subject")
	case named && azp != up.oauth.ClientID, !named && len(idToken.Audience) > 1:
		return nil, nil, fault.New(fault.Denied, op, "the ID token was issued to another client (azp)")
	}
	return claims, idToken, nil
}

// newSession makes the session of a verified sign-in, without its secret. Denied when the directory lets the person not
// in.
func (b *Broker) newSession(r *http.Request, t tenant.Tenant, said model.Claims, auth model.Authentication) (session.Session, error) {
	user, entries, err := b.resolve(r.Context(), t, said)
	if err != nil {
		return session.Session{}, err
	}
	said.Known = entries
	now := b.parts.Now()
	absolute, idle := time.Duration(t.Session.Absolute), time.Duration(t.Session.Idle)
	if absolute <= 0 {
		absolute = b.config.DefaultAbsolute
	}
	if idle <= 0 {
		idle = b.config.DefaultIdle
	}
	s := session.Session{ID: model.SessionID(session.NewID()), Tenant: t.ID, User: user, Claims: &said, Auth: auth, Created: now, LastSeen: now, Expires: now.Add(absolute), Idle: idle}
	b.rebind(&s, r)
	return s, nil
}

// rebind writes down how the session's browser looks now. Proofs given to a browser that looked otherwise end.
func (b *Broker) rebind(s *session.Session, r *http.Request) {
	if _, changed := device.Change(seenIn(s), b.seen(r, s.Tenant)); changed {
		s.Proofs = device.End(s.Proofs, b.parts.Now())
	}
	s.Network, s.Agent = b.parts.Locator.Locate(s.Tenant, r.RemoteAddr), b.parts.Locator.ParseAgent(r.UserAgent())
	if b.parts.Print != nil {
		s.TLSPrint = b.parts.Print(r)
	}
}

// authentication reads how and when the person signed in. Of a provider that sends no auth_time we know when it issued
// the token, and that this says nothing about when the person showed a password.
func authentication(id model.ProviderID, claims map[string]any, issued time.Time) model.Authentication {
	a := model.Authentication{Provider: id, Time: issued, Undated: true}
	if at, ok := claims["auth_time"].(float64); ok && at > 0 {
		a.Time, a.Undated = time.Unix(int64(at), 0), false
	}
	a.ACR, _ = claims["acr"].(string)
	a.Subject, _ = claims["sub"].(string)
	a.Session, _ = claims["sid"].(string)
	a.AMR = stringsOf(claims["amr"])
	for _, c := range stringsOf(claims["acrs"]) { // Entra's authentication contexts
		a.Steps = append(a.Steps, model.Satisfaction{Kind: model.StepContext, Value: c, At: a.Time, By: string(id)})
	}
	return a
}

// scrub keeps a token endpoint's error code and leaves out its body, which may echo secrets.
func scrub(err error) string {
	var re *oauth2.RetrieveError
	if errors.As(err, &re) {
		if re.ErrorCode != "" {
			return re.ErrorCode
		}
		return "status " + re.Response.Status
	}
	return err.Error()
}
