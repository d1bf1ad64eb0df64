package signin

import (
	"html/template"
	"net/http"
	"slices"
	"strings"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/internal/webpage"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/signin/factor"
	"github.com/referee-casb/referee/tenant"
)

// stepView is what the pages of a step-up show.
type stepView struct {
	User, App, File, Policy string
	What                    string // in words: "a second factor"
	Action                  string // path that the forms' own names are added to
	Provider                string // name of the provider that can be asked, "" when it can't
	Own                     bool   // own factors may be used
	Codes                   bool   // the person has such factors
	Authenticator           bool   // one of them is an authenticator app
	NeedPasskey             bool   // nothing but a passkey will do
	EnrolApp                bool   // an authenticator app may be registered now
	Manage                  string // the page where people change what they confirm with
	Page                    string // of the page for changes, which leads to an app's key as well
	questions
	QR           template.HTML
	Key          string
	Recovery     []string
	Problem      string
	Terms        tenant.Terms
	Text         template.HTML
	PasswordURL  string
	Contact      string
	Return       string
	Script, Kept bool
}

// questions are what a page's script puts to the browser's authenticators.
type questions struct {
	Passkeys, Enrol       bool // the person has some; one may be registered now
	Options, NewOptions   template.JS
	Ceremony, NewCeremony string
}

// words says a step as people read it.
func words(step model.StepUp) string {
	switch step.Kind {
	case model.StepMFA:
		return "a second factor"
	case model.StepStrength:
		switch step.Value {
		case policy.StrengthPasswordless, policy.StrengthPhishingResistant:
			return "a passkey or security key"
		}
		return "a stronger sign-in"
	case model.StepContext:
		return "a stronger sign-in"
	case model.StepReauthenticate:
		return "a fresh sign-in"
	case model.StepPasswordChange:
		return "a new password"
	case model.StepTermsOfUse:
		return "your agreement"
	}
	return string(step.Kind)
}

// named lists steps for the record.
func named(steps []model.StepUp) string {
	keys := make([]string, len(steps))
	for i, s := range steps {
		keys[i] = s.Key()
	}
	return strings.Join(keys, ", ")
}

// ways are how a step may be done.
type ways struct {
	provider, own bool
	passkey       bool // of own factors a passkey alone will do
}

// ways returns the next step of a challenge and how it may be done.
func (b *Broker) ways(r *http.Request, t tenant.Tenant, s session.Session, c *challenge) (*model.StepUp, ways, error) {
	step, err := b.next(r.Context(), t, c)
	if err != nil || step == nil {
		return step, ways{}, err
	}
	if c.Manage {
		return step, ways{own: b.factors != nil}, nil
	}
	var v ways
	switch step.Kind {
	case model.StepReauthenticate:
		return step, ways{provider: true}, nil
	case model.StepPasswordChange, model.StepTermsOfUse:
		return step, v, nil
	case model.StepContext:
		v.passkey = t.StepUp.Contexts[step.Value].Passkey
	case model.StepStrength:
		// fail closed: of a strength that the tenant's settings don't describe, nobody here knows that less would do
		strength, named := t.StepUp.Strengths[step.Value]
		v.passkey = strength.Passkey || !named && step.Value != policy.StrengthMultifactor ||
			step.Value == policy.StrengthPasswordless || step.Value == policy.StrengthPhishingResistant
	case model.StepMFA:
	}
	_, cant := assuranceOf(t.StepUp, *step)
	switch t.StepUp.By {
	case tenant.StepUpProvider:
		v.provider = true
	case tenant.StepUpOwn:
		v.own = true
	case tenant.StepUpEither:
		v.provider, v.own = cant == nil, true
	case tenant.StepUpDefault:
		v.provider = cant == nil && b.knowsACR(r, t, s.Auth.Provider)
		v.own = !v.provider
	}
	v.own = v.own && b.factors != nil
	return step, v, nil
}

// knowsACR reports whether a provider says that it can be asked for an assurance. A SAML provider says nothing of it. Of
// one that can't be reached nobody knows: then it is the one to ask, and the step waits until it is back; that it is gone
// must not make another factor do.
func (b *Broker) knowsACR(r *http.Request, t tenant.Tenant, id model.ProviderID) bool {
	i := slices.IndexFunc(t.Providers, func(p tenant.Provider) bool { return p.ID == id })
	if i < 0 || t.Providers[i].Federated() {
		return false
	}
	up, err := b.upstream(r.Context(), t, t.Providers[i])
	return err != nil || up.acr
}

// stepUpPage shows what is to be done next, or ends the challenge.
func (b *Broker) stepUpPage(w http.ResponseWriter, r *http.Request, t tenant.Tenant) {
	if !b.admitted(w, r, t, costBegin) {
		return
	}
	if s, c, ok := b.challenged(w, r, t); ok {
		b.showStep(w, r, t, s, c, http.StatusOK, "")
	}
}

// showStep shows the next step, with what was wrong with the last attempt.
func (b *Broker) showStep(w http.ResponseWriter, r *http.Request, t tenant.Tenant, s session.Session, c *challenge, status int, problem string) {
	step, how, err := b.ways(r, t, s, c)
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	if step == nil {
		b.finishSteps(w, r, t, s, c)
		return
	}
	w.Header().Set("Cross-Origin-Opener-Policy", "same-origin") // the page that opened this one holds no handle on it
	v := b.viewOf(t, s, c, step)
	v.Problem = problem
	switch step.Kind {
	case model.StepTermsOfUse:
		b.showTerms(w, r, t, step, v, status)
		return
	case model.StepPasswordChange:
		v.PasswordURL = t.StepUp.PasswordURL
		b.render(w, r, t, http.StatusForbidden, "steppassword", v)
		return
	}
	if how.provider {
		v.Provider = b.providerName(t, s.Auth.Provider)
	}
	if how.own {
		if err := b.ownWays(r, t, s, c, how, &v); err != nil {
			b.fail(w, r, t, err)
			return
		}
	}
	if v.Provider == "" && !v.Own {
		b.fail(w, r, t, &fault.Error{Kind: fault.Unavailable, Op: "signin.stepUp", Msg: "your organisation has not set up a way to confirm it is you", Help: "Ask your administrator."})
		return
	}
	b.render(w, r, t, status, "stepup", v)
}

func (b *Broker) viewOf(t tenant.Tenant, s session.Session, c *challenge, step *model.StepUp) stepView {
	return stepView{
		User: s.User.Name, App: b.appName(t.ID, c.App), File: c.File, Policy: c.Policy.Name, What: words(*step),
		Action: "/" + string(t.ID) + "/stepup/" + c.id, Contact: t.Brand.Contact, Manage: b.manageURL(t, c),
	}
}

// appName is how the tenant calls an app.
func (b *Broker) appName(id model.TenantID, app model.AppRef) string {
	if inst, ok := b.parts.Catalog.Instance(id, app.Instance); ok && inst.Name != "" {
		return inst.Name
	}
	return app.Name
}

// ownWays fills in what the person can do with factors of ours, and prepares the questions to authenticators.
func (b *Broker) ownWays(r *http.Request, t tenant.Tenant, s session.Session, c *challenge, how ways, v *stepView) error {
	of := ownerOf(t, &s)
	list, err := b.factors.Of(r.Context(), of)
	if err != nil {
		return err
	}
	v.Own, v.NeedPasskey = true, how.passkey
	v.Passkeys, v.Authenticator = factor.Has(list, factor.Passkey), factor.Has(list, factor.TOTP)
	v.Codes = !how.passkey && (factor.Has(list, factor.TOTP) || factor.Has(list, factor.Recovery))
	if v.Passkeys {
		if v.Options, v.Ceremony, err = b.question(r, t, c, func() (factor.Ceremony, error) { return b.passkeys.BeginVerify(r.Context(), of) }); err != nil {
			return err
		}
	}
	if factor.Can(list, how.passkey) {
		return nil
	}
	if !factor.Can(list, false) || b.vouched(r, t, c) {
		v.Enrol, v.EnrolApp = true, !how.passkey
		v.NewOptions, v.NewCeremony, err = b.question(r, t, c, func() (factor.Ceremony, error) { return b.passkeys.BeginEnrol(r.Context(), of, accountOf(&s.User)) })
		return err
	}
	v.Codes = true // a passkey is needed, and what the person has vouches for registering one
	return nil
}

// vouched reports whether the person has shown another factor for this challenge, so that one may be added.
func (b *Broker) vouched(r *http.Request, t tenant.Tenant, c *challenge) bool {
	var was model.Satisfaction
	return b.flows.get(r.Context(), t.ID, FlowStepDone, hashOf(c.id)+".vouched", &was) == nil // fail closed: not vouched
}

// question keeps a ceremony's state until the browser's authenticator answers.
func (b *Broker) question(r *http.Request, t tenant.Tenant, c *challenge, begin func() (factor.Ceremony, error)) (template.JS, string, error) {
	q, err := begin()
	if err != nil {
		return "", "", err
	}
	id := newSecret()
	err = b.flows.put(r.Context(), t.ID, FlowPasskey, hashOf(c.id+"."+id), q.State, challengeLife)
	return template.JS(q.Options), id, err //nolint:gosec // JSON that encoding/json wrote, with < > & escaped
}

func (b *Broker) providerName(t tenant.Tenant, id model.ProviderID) string {
	for _, p := range t.Providers {
		if p.ID == id {
			if p.Name != "" {
				return p.Name
			}
			return string(p.ID)
		}
	}
	return ""
}

func accountOf(u *model.User) string {
	for _, name := range []string{u.Username, u.Email, u.Name} {
		if name != "" {
			return name
		}
	}
	return string(u.ID)
}

func ownerOf(t tenant.Tenant, s *session.Session) factor.Owner { return factor.OwnerOf(t.ID, &s.User) }

// showTerms shows an agreement; without its text nobody can agree to it.
func (b *Broker) showTerms(w http.ResponseWriter, r *http.Request, t tenant.Tenant, step *model.StepUp, v stepView, status int) {
	terms, ok := t.StepUp.Agreement(step.Value)
	if !ok || b.factors == nil {
		b.fail(w, r, t, &fault.Error{
			Kind: fault.Unavailable, Op: "signin.stepUp", Msg: "an agreement is asked for that your organisation has not written down here",
			Help: "Ask your administrator.", Err: fault.New(fault.Unavailable, "signin.stepUp", "the tenant's setting stepUp.terms has no agreement %q", step.Value),
		})
		return
	}
	v.Terms, v.Text = terms, webpage.Markdown(terms.Text, nil)
	b.render(w, r, t, status, "stepterms", v)
}
