package signin

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/tenant"
)

// leg is the part of a step-up that a provider does: which step of which challenge, in which session. The sign-in's
// flow carries it, with nonce, state and the browser's own secret.
type leg struct {
	Challenge string          `json:"challenge"`
	Session   model.SessionID `json:"session"`
	Step      model.StepUp    `json:"step"`
	Ask       assurance       `json:"ask"`
}

// assurance is what a provider is asked for beside a fresh sign-in. A kind of provider says it in its own way: OpenID by
// acr_values and claims, SAML by RequestedAuthnContext with ForceAuthn.
type assurance struct {
	ACR     []string `json:"acr,omitempty"`     // any of them will do
	Context string   `json:"context,omitempty"` // Entra's authentication context, "c1"
}

// amrMFA is how a provider says that several factors were used (RFC 8176 section 2).
const amrMFA = "mfa"

var entraContext = regexp.MustCompile(`^c[1-9][0-9]?$`)

// assuranceOf says what a step asks of a provider. An error says why no provider can meet it.
func assuranceOf(s tenant.StepUp, step model.StepUp) (assurance, error) {
	const op = "signin.stepUp"
	switch step.Kind {
	case model.StepReauthenticate:
		return assurance{}, nil
	case model.StepMFA:
		return assurance{ACR: s.ACR}, nil
	case model.StepContext:
		if acr := s.Contexts[step.Value].ACR; acr != "" {
			return assurance{ACR: []string{acr}}, nil
		}
		if entraContext.MatchString(step.Value) {
			return assurance{Context: step.Value}, nil
		}
		return assurance{ACR: []string{step.Value}}, nil
	case model.StepStrength:
		if acr := s.Strengths[step.Value].ACR; acr != "" {
			return assurance{ACR: []string{acr}}, nil
		}
		if step.Value == policy.StrengthMultifactor {
			return assurance{ACR: s.ACR}, nil
		}
		return assurance{}, fault.New(fault.Unavailable, op, "the tenant's setting stepUp.strengths does not say what the provider calls %q", step.Value)
	}
	return assurance{}, fault.New(fault.Unavailable, op, "a provider does not do %s", step.Kind)
}

// options say an assurance in OpenID's way (OpenID Connect Core sections 3.1.2.1 and 5.5). auth_time is asked for as
// essential, since without it nobody can tell a fresh sign-in from an old one.
func (a assurance) options() []oauth2.AuthCodeOption {
	type claim struct {
		Essential bool     `json:"essential"`
		Value     string   `json:"value,omitempty"`
		Values    []string `json:"values,omitempty"`
	}
	token := map[string]claim{"auth_time": {Essential: true}}
	var out []oauth2.AuthCodeOption
	if len(a.ACR) > 0 {
		token["acr"] = claim{Essential: true, Values: a.ACR}
		out = append(out, oauth2.SetAuthURLParam("acr_values", strings.Join(a.ACR, " ")))
	}
	if a.Context != "" {
		token["acrs"] = claim{Essential: true, Value: a.Context}
	}
	text, err := json.Marshal(map[string]any{"id_token": token})
	if err != nil {
		return out // a map of plain values always marshals
	}
	return append(out, oauth2.SetAuthURLParam("claims", string(text)))
}

// contexts say an assurance in SAML's way, as AuthnContextClassRef.
func (a assurance) contexts() []string {
	if a.Context != "" {
		return append(slices.Clone(a.ACR), a.Context)
	}
	return a.ACR
}

// met says what is wrong with a provider's answer to a step; nil when it meets it. Freshness and person are checked
// before.
func (a assurance) met(step model.StepUp, auth *model.Authentication) error {
	const op = "signin.stepUp"
	switch {
	case step.Kind == model.StepReauthenticate:
		return nil
	case a.Context != "":
		if auth.ACR == a.Context || slices.ContainsFunc(auth.Steps, func(s model.Satisfaction) bool { return s.Kind == model.StepContext && s.Value == a.Context }) {
			return nil
		}
		return fault.New(fault.Denied, op, "the provider's answer does not name authentication context %q (claim acrs)", a.Context)
	case auth.ACR != "" && slices.Contains(a.ACR, auth.ACR):
		return nil
	case (step.Kind == model.StepMFA || step.Value == policy.StrengthMultifactor) && slices.Contains(auth.AMR, amrMFA):
		return nil
	case auth.ACR == "":
		return fault.New(fault.Denied, op, "the provider's answer names no acr, asked for was %q", a.ACR)
	}
	return fault.New(fault.Denied, op, "the provider's answer is of acr %q, asked for was %q", auth.ACR, a.ACR)
}

// stepProvider sends the browser to the provider that signed the person in, for a fresh and stronger sign-in.
func (b *Broker) stepProvider(w http.ResponseWriter, r *http.Request, t tenant.Tenant, s session.Session, c *challenge) {
	step, ways, err := b.ways(r, t, s, c)
	if err == nil && (step == nil || !ways.provider) {
		err = fault.New(fault.Denied, "signin.stepUp", "your organisation's sign-in service is not asked for this")
	}
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	ask, err := assuranceOf(t.StepUp, *step)
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	b.start(w, r, t, request{
		back: "/" + string(t.ID) + "/stepup/" + c.id, maxAge: 0, hint: s.User.Username, provider: s.Auth.Provider,
		leg: &leg{Challenge: c.id, Session: s.ID, Step: *step, Ask: ask},
	})
}

// stepAnswered takes the provider's answer to a step-up. The answer has been verified as a sign-in's is (signature,
// issuer, audience, nonce, state, this browser's secret) and its time is fresh; what is left is whose it is, what it
// shows, and that the challenge is still this session's.
func (b *Broker) stepAnswered(w http.ResponseWriter, r *http.Request, t tenant.Tenant, answer session.Session, l *leg, err error) {
	const op = "signin.stepUp"
	s, _, cerr := b.current(r, t.ID)
	if cerr != nil {
		if fault.Is(cerr, fault.NotFound) {
			cerr = &fault.Error{Kind: fault.Unauthenticated, Op: op, Msg: "your session has ended", Help: "Open the app again."}
		}
		b.fail(w, r, t, errors.Join(cerr, err))
		return
	}
	var c *challenge
	if err == nil {
		c, err = b.weighAnswer(r, t, s, answer, l)
	} else if l.Session == s.ID {
		c, _ = b.challengeOf(r, t, s, l.Challenge) // only to say what it was about
	}
	if err != nil {
		// fail closed: nothing is granted, and the session stays as it was
		if b.admitted(w, r, t, costFailure) {
			b.stepFailed(r, s, c, err)
			b.fail(w, r, t, err)
		}
		return
	}
	at := answer.Auth.Time
	if now := b.parts.Now(); at.After(now) {
		at = now // within what clocks may differ by
	}
	by := string(answer.Auth.Provider)
	also := []model.Satisfaction{{Kind: l.Step.Kind, Value: l.Step.Value, At: at, By: by}}
	if l.Step.Kind != model.StepMFA && slices.Contains(answer.Auth.AMR, amrMFA) {
		also = append(also, model.Satisfaction{Kind: model.StepMFA, At: at, By: by})
	}
	if l.Step.Kind != model.StepReauthenticate {
		also = append(also, model.Satisfaction{Kind: model.StepReauthenticate, At: at, By: by})
	}
	b.pass(w, r, t, s, c, l.Step, also...)
}

func (b *Broker) weighAnswer(r *http.Request, t tenant.Tenant, s, answer session.Session, l *leg) (*challenge, error) {
	const op = "signin.stepUp"
	refuse := func(cause error) error {
		return &fault.Error{Kind: fault.Denied, Op: op, Msg: "the answer of your organisation's sign-in service does not confirm it is you", Help: "Open the app again.", Err: cause}
	}
	if l.Session != s.ID {
		return nil, refuse(fault.New(fault.Denied, op, "the step-up was started in another session"))
	}
	c, err := b.challengeOf(r, t, s, l.Challenge)
	if err != nil {
		return c, err
	}
	now := b.parts.Now()
	switch {
	case answer.User.ID != s.User.ID || answer.User.Provider != s.User.Provider:
		return c, refuse(fault.New(fault.Denied, op, "the provider signed in subject %q, the session is of %q", answer.User.ID, s.User.ID))
	case answer.Auth.Time.After(now.Add(clockSkew)):
		return c, refuse(fault.New(fault.Denied, op, "the provider's auth_time %s is in the future", answer.Auth.Time.Format(time.RFC3339)))
	case answer.Auth.Time.Before(c.Started.Add(-clockSkew)):
		return c, refuse(fault.New(fault.Denied, op, "the provider's auth_time %s is from before the step-up was asked for", answer.Auth.Time.Format(time.RFC3339)))
	}
	if err := l.Ask.met(l.Step, &answer.Auth); err != nil {
		return c, refuse(err)
	}
	return c, nil
}
