package signin

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
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

// The silent request is how a provider is asked about the device again: an authorization request with prompt=none
// (OpenID Connect Core section 3.1.2.1) in the browser's top frame, where the provider's own device sign-in works.
// Its ID token carries the claims that the tenant maps. At Entra, which tells third parties no claim of the device,
// it asks for an authentication context (claims parameter, acrs) that a Conditional Access policy there grants to
// compliant devices only: that the token names the context is the proof.

// silentFlow is a silent request under way. Its answer counts for this session in this browser only.
type silentFlow struct {
	Session    model.SessionID  `json:"session"`
	Provider   model.ProviderID `json:"provider"`
	SecretHash string           `json:"secretHash"`
	Nonce      string           `json:"nonce"`
	Verifier   string           `json:"verifier"`
	Context    string           `json:"context,omitempty"`
	Return     string           `json:"return"`
	Started    time.Time        `json:"started"`
}

// silentLife bounds a silent request: nobody types anything on the way.
const silentLife = 2 * time.Minute

// asksSilently reports whether a provider can be asked about devices without the person.
func asksSilently(p tenant.Provider) bool {
	return p.Kind != tenant.KindSAML && (p.DeviceContext != "" || len(p.DeviceClaims) > 0)
}

// providerOf returns the provider that a session was signed in by.
func providerOf(t tenant.Tenant, s session.Session) (tenant.Provider, bool) {
	i := slices.IndexFunc(t.Providers, func(p tenant.Provider) bool { return p.ID == s.User.Provider })
	if i < 0 {
		return tenant.Provider{}, false
	}
	return t.Providers[i], true
}

// startSilent sends the browser to the provider. It returns false when there is nobody to ask.
func (b *Broker) startSilent(w http.ResponseWriter, r *http.Request, t tenant.Tenant, s session.Session, ret string) bool {
	p, ok := providerOf(t, s)
	if !ok || !asksSilently(p) {
		return false
	}
	up, err := b.upstream(r.Context(), t, p)
	if err != nil {
		// fail closed: nothing is proven, and the device stays unknown
		b.parts.Log.Warn("device not asked for at its provider", "tenant", t.ID, "provider", p.ID, "err", err)
		return false
	}
	now, state := b.parts.Now(), newSecret()
	flow := silentFlow{
		Session: s.ID, Provider: p.ID, SecretHash: hashOf(setFlow(w, r, t.ID, state, now)), Nonce: newSecret(),
		Verifier: oauth2.GenerateVerifier(), Context: p.DeviceContext, Return: ret, Started: now,
	}
	if err := b.flows.put(r.Context(), t.ID, FlowSilent, hashOf(state), flow, silentLife); err != nil {
		b.fail(w, r, t, err)
		return true
	}
	opts := []oauth2.AuthCodeOption{oidc.Nonce(flow.Nonce), oauth2.S256ChallengeOption(flow.Verifier), oauth2.SetAuthURLParam("prompt", "none")}
	if s.User.Username != "" {
		// With several accounts signed in at the provider, this is the one meant.
		opts = append(opts, oauth2.SetAuthURLParam("login_hint", s.User.Username))
	}
	if flow.Context != "" {
		opts = append(opts, oauth2.SetAuthURLParam("claims", contextRequest(flow.Context)))
	}
	http.Redirect(w, r, up.oauth.AuthCodeURL(state, opts...), http.StatusSeeOther)
	return true
}

// contextRequest is the claims parameter that asks Entra for an authentication context.
func contextRequest(value string) string {
	type claim struct {
		Essential bool   `json:"essential"`
		Value     string `json:"value"`
	}
	text, err := json.Marshal(map[string]map[string]claim{"id_token": {"acrs": {true, value}}})
	if err != nil {
		panic(err) // two texts and a truth value
	}
	return string(text)
}

// silentAnswer takes the provider's answer to a silent request. It returns false when the answer at hand is to
// something else.
func (b *Broker) silentAnswer(w http.ResponseWriter, r *http.Request, t tenant.Tenant) bool {
	const op = "signin.silent"
	q := r.URL.Query()
	state := q.Get("state")
	var flow silentFlow
	switch err := b.flows.take(r.Context(), t.ID, FlowSilent, hashOf(state), &flow); {
	case fault.Is(err, fault.NotFound):
		return false
	case err != nil:
		b.fail(w, r, t, err)
		return true
	}
	refuse := func(why string) bool {
		err := &fault.Error{Kind: fault.Denied, Op: op, Msg: "this answer about the device can't be used", Help: "Open the app again.", Err: errors.New(why)}
		if b.admitted(w, r, t, costFailure) {
			b.recordFailure(r, t, err)
			b.fail(w, r, t, err)
		}
		return true
	}
	secret, held := takeFlow(w, r, t.ID, state)
	if !held || !sameSecret(hashOf(secret), flow.SecretHash) {
		return refuse("it was asked for by another browser")
	}
	s, _, err := b.current(r, t.ID)
	if err != nil && !fault.Is(err, fault.NotFound) {
		b.fail(w, r, t, err)
		return true
	}
	p, ok := providerOf(t, s)
	if s.ID == "" || s.ID != flow.Session || !ok || p.ID != flow.Provider || r.PathValue("provider") != string(p.ID) {
		return refuse("it was asked for by another session, or of another provider")
	}
	b.finishProof(w, r, t, s, b.silentProofs(r.Context(), t, p, s, flow, q), flow.Return)
	return true
}

// silentProofs weighs an answer. What is not sure proves nothing: fail closed, the device is unknown for a while.
func (b *Broker) silentProofs(ctx context.Context, t tenant.Tenant, p tenant.Provider, s session.Session, flow silentFlow, q url.Values) []model.Proof {
	now := b.parts.Now()
	kind := device.KindClaim
	if flow.Context != "" {
		kind = device.KindContext
	}
	short := func(tag model.DeviceTag, why string) []model.Proof {
		return []model.Proof{device.Issue(tag, kind, why, now, refusalLease)}
	}
	if e := q.Get("error"); e != "" {
		tag, why := refusal(e, q.Get("error_description"), flow.Context)
		return short(tag, why)
	}
	claims, issued, err := b.redeemSilent(ctx, t, p, s, flow, q)
	if err != nil {
		b.parts.Log.Warn("answer about the device not used", "tenant", t.ID, "provider", p.ID, "err", err)
		return short(model.TagUnknown, "the provider's answer can't be used: "+err.Error())
	}
	proofs := b.claimProofs(t, p, claims, issued)
	switch {
	case flow.Context != "" && slices.Contains(stringsOf(claims["acrs"]), flow.Context):
		granted := device.Issue(model.TagIntuneCompliant, device.KindContext, "provider "+string(p.ID)+" granted authentication context "+flow.Context+" at "+issued.UTC().Format(time.RFC3339), issued, time.Duration(t.Device.Lease))
		granted.Facts = &model.DeviceFacts{IsCompliant: model.FactOf(true)}
		return append(proofs, granted)
	case flow.Context != "":
		// Entra never does this when it understood the request.
		return append(proofs, short(model.TagUnknown, "the provider's token does not name authentication context "+flow.Context)...)
	case len(proofs) == 0:
		return short(model.TagUnknown, "the provider's token names none of the device claims")
	}
	return proofs
}

// redeemSilent redeems and verifies an answer: issuer, signature, audience, nonce, subject, freshness.
func (b *Broker) redeemSilent(ctx context.Context, t tenant.Tenant, p tenant.Provider, s session.Session, flow silentFlow, q url.Values) (map[string]any, time.Time, error) {
	const op = "signin.silent"
	wrong := func(format string, args ...any) (map[string]any, time.Time, error) {
		return nil, time.Time{}, fault.New(fault.Denied, op, format, args...)
	}
	up, err := b.upstream(ctx, t, p)
	if err != nil {
		return nil, time.Time{}, err
	}
	if iss := q.Get("iss"); iss != up.settings.Issuer && (iss != "" || up.names) {
		return wrong("the answer names issuer %.200q, expected %q (RFC 9207)", iss, up.settings.Issuer)
	}
	token, err := up.oauth.Exchange(oidc.ClientContext(ctx, up.client), q.Get("code"), oauth2.VerifierOption(flow.Verifier))
	if err != nil {
		return wrong("the provider did not redeem the code: %s", scrub(err))
	}
	claims, idToken, err := b.verify(ctx, up, token)
	if err != nil {
		return nil, time.Time{}, err
	}
	subject, _ := claimAt(claims, p.SubjectClaim).(string)
	switch {
	case !sameSecret(idToken.Nonce, flow.Nonce):
		return wrong("the ID token's nonce is not that of this request")
	case subject == "" || p.UserID(subject, t.Providers) != s.User.ID:
		return wrong("the ID token speaks of another person than the one signed in here")
	case idToken.IssuedAt.Before(flow.Started.Add(-clockSkew)):
		return wrong("the ID token is from %s, before it was asked for", idToken.IssuedAt.UTC().Format(time.RFC3339))
	case idToken.IssuedAt.After(b.parts.Now().Add(clockSkew)):
		return wrong("the ID token is from the future: %s", idToken.IssuedAt.UTC().Format(time.RFC3339))
	}
	return claims, idToken.IssuedAt, nil
}

// entraCode finds the number of an Entra error in its description.
var entraCode = regexp.MustCompile(`\bAADSTS([0-9]{5,7})\b`)

// notTheDevice are Entra's reasons to want the person that have nothing to do with the device: choosing among
// accounts, a second factor, consent, an expired session.
var notTheDevice = []string{"16000", "16001", "50058", "50072", "50074", "50076", "50078", "50079", "50133", "65001", "65004", "700016"}

// refusal tells what an error of a silent request means. That the provider wants the person for a context that it
// grants to compliant devices, or denies it, means that this device is none. That nobody is signed in there, or
// that something else went wrong, says nothing about the device.
//
// A person can change an error on its way through the browser, as they can prevent any answer: neither makes a
// device managed.
func refusal(code, description, wanted string) (model.DeviceTag, string) {
	why := "the provider answered " + shown(code)
	number := ""
	if m := entraCode.FindStringSubmatch(description); m != nil {
		number = m[1]
		why += " (AADSTS" + number + ")"
	}
	if wanted == "" || slices.Contains(notTheDevice, number) {
		return model.TagUnknown, why
	}
	switch code {
	case "interaction_required", "access_denied", "unmet_authentication_requirements":
		return model.TagUnmanaged, why + " to a request for authentication context " + wanted
	}
	return model.TagUnknown, why
}

var errorPattern = regexp.MustCompile(`^[a-z_]{1,64}$`)

// shown is an error code that may be written down.
func shown(code string) string {
	if errorPattern.MatchString(code) {
		return code
	}
	return "an error"
}
