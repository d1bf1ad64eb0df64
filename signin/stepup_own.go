package signin

import (
	"context"
	"encoding/json"
	"html/template"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/signin/factor"
	"github.com/referee-casb/referee/tenant"
)

// enrolFresh is how recent the provider's sign-in must be before a first factor is registered: a copied session that
// lay about must not give its finder a factor of their own.
const enrolFresh = 10 * time.Minute

// ownStep returns the challenge's step if a factor of ours may do it; it answers otherwise.
func (b *Broker) ownStep(w http.ResponseWriter, r *http.Request, t tenant.Tenant, s session.Session, c *challenge) (model.StepUp, ways, bool) {
	step, how, err := b.ways(r, t, s, c)
	switch {
	case err != nil:
		b.fail(w, r, t, err)
		return model.StepUp{}, how, false
	case step == nil || !how.own:
		b.fail(w, r, t, fault.New(fault.Denied, "signin.stepUp", "this can't be confirmed here"))
		return model.StepUp{}, how, false
	}
	return *step, how, true
}

// wrongFactor answers an attempt that failed: on record, and with the page to try again. Guessing costs the address and
// the factor itself.
func (b *Broker) wrongFactor(w http.ResponseWriter, r *http.Request, t tenant.Tenant, s session.Session, c *challenge, err error) {
	if !fault.Is(err, fault.Denied) && !fault.Is(err, fault.Limited) {
		b.fail(w, r, t, err) // fail closed: it could not be looked at
		return
	}
	if !b.admitted(w, r, t, costFailure) {
		return
	}
	b.stepFailed(r, s, c, err)
	problem, status := "That did not work. Check it and try again.", http.StatusUnprocessableEntity
	if fault.Is(err, fault.Limited) {
		problem, status = "There were too many wrong codes. Wait a while and try again.", http.StatusTooManyRequests
	}
	b.showStep(w, r, t, s, c, status, problem)
}

// shown are what a factor of ours satisfies beside the step that it was shown for.
func (b *Broker) shown(step model.StepUp, kind factor.Kind) []model.Satisfaction {
	now := b.parts.Now()
	out := []model.Satisfaction{{Kind: step.Kind, Value: step.Value, At: now, By: string(kind)}}
	add := func(k model.StepUpKind, value string) {
		if step.Kind != k || step.Value != value {
			out = append(out, model.Satisfaction{Kind: k, Value: value, At: now, By: string(kind)})
		}
	}
	add(model.StepMFA, "")
	if kind == factor.Passkey {
		add(model.StepStrength, policy.StrengthPhishingResistant)
	}
	return out
}

// stepCode takes a code of an authenticator app, or a recovery code.
func (b *Broker) stepCode(w http.ResponseWriter, r *http.Request, t tenant.Tenant, s session.Session, c *challenge) {
	step, how, ok := b.ownStep(w, r, t, s, c)
	if !ok {
		return
	}
	f, err := b.factors.VerifyCode(r.Context(), ownerOf(t, &s), r.PostFormValue("code"))
	if err != nil {
		b.wrongFactor(w, r, t, s, c, err)
		return
	}
	if how.passkey { // it does not do the step, and vouches for registering what does
		err := b.flows.put(r.Context(), t.ID, FlowStepDone, hashOf(c.id)+".vouched", model.Satisfaction{Kind: model.StepMFA, At: b.parts.Now(), By: string(f.Kind)}, challengeLife)
		if err != nil && !fault.Is(err, fault.Conflict) {
			b.fail(w, r, t, err)
			return
		}
		http.Redirect(w, r, b.url(t.ID, "/stepup/"+c.id), http.StatusSeeOther)
		return
	}
	b.pass(w, r, t, s, c, step, b.shown(step, f.Kind)...)
}

// answered takes the state of the question that a browser's authenticator answers; it works once.
func (b *Broker) answered(r *http.Request, t tenant.Tenant, c *challenge) (state, answer []byte, err error) {
	var raw json.RawMessage
	if err := b.flows.take(r.Context(), t.ID, FlowPasskey, hashOf(c.id+"."+r.PostFormValue("ceremony")), &raw); err != nil {
		if fault.Is(err, fault.NotFound) {
			err = fault.New(fault.Denied, "signin.stepUp", "the question to the authenticator was answered already, or is of another step-up")
		}
		return nil, nil, err
	}
	return raw, []byte(r.PostFormValue("answer")), nil
}

// stepPasskey takes a passkey's signature.
func (b *Broker) stepPasskey(w http.ResponseWriter, r *http.Request, t tenant.Tenant, s session.Session, c *challenge) {
	step, _, ok := b.ownStep(w, r, t, s, c)
	if !ok {
		return
	}
	state, answer, err := b.answered(r, t, c)
	if err == nil {
		_, err = b.passkeys.FinishVerify(r.Context(), ownerOf(t, &s), state, answer)
	}
	if err != nil {
		b.wrongFactor(w, r, t, s, c, err)
		return
	}
	b.pass(w, r, t, s, c, step, b.shown(step, factor.Passkey)...)
}

// mayEnrol reports whether the person may register a factor now: the first one after a fresh sign-in at the provider, a
// further one after showing what there is. It answers otherwise.
func (b *Broker) mayEnrol(w http.ResponseWriter, r *http.Request, t tenant.Tenant, s session.Session, c *challenge, how ways) bool {
	list, err := b.factors.Of(r.Context(), ownerOf(t, &s))
	switch {
	case err != nil:
		b.fail(w, r, t, err)
	case factor.Can(list, how.passkey), factor.Can(list, false) && !b.vouched(r, t, c):
		b.fail(w, r, t, fault.New(fault.Denied, "signin.stepUp", "a way to confirm it is you is registered already"))
	case !factor.Can(list, false) && (s.Auth.Undated || b.parts.Now().Sub(s.Auth.Time) > enrolFresh):
		b.start(w, r, t, request{back: "/" + string(t.ID) + "/stepup/" + c.id, maxAge: 0, hint: s.User.Username, provider: s.Auth.Provider})
	default:
		return b.mayAct(w, r, t, s, policy.ActionRegisterSecurityInfo, "/"+string(t.ID)+"/stepup/"+c.id)
	}
	return false
}

// enrolApp shows the key of a new authenticator app.
func (b *Broker) enrolApp(w http.ResponseWriter, r *http.Request, t tenant.Tenant, s session.Session, c *challenge) {
	step, how, ok := b.ownStep(w, r, t, s, c)
	if !ok || !b.mayEnrol(w, r, t, s, c, how) {
		return
	}
	if how.passkey {
		b.fail(w, r, t, fault.New(fault.Denied, "signin.stepUp", "a passkey is asked for"))
		return
	}
	secret, err := b.newKey(r, t, c)
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	b.showKey(w, r, t, s, b.viewOf(t, s, c, &step), secret, http.StatusOK, "")
}

// newKey makes the key of an authenticator app, in the place of one that this challenge showed before.
func (b *Broker) newKey(r *http.Request, t tenant.Tenant, c *challenge) ([]byte, error) {
	secret := factor.NewSecret()
	id := hashOf(c.id) + ".app"
	var old []byte
	if err := b.flows.take(r.Context(), t.ID, FlowEnrol, id, &old); err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	return secret, b.flows.put(r.Context(), t.ID, FlowEnrol, id, secret, challengeLife)
}

// firstCode takes the first code of a new authenticator app. It answers otherwise.
func (b *Broker) firstCode(w http.ResponseWriter, r *http.Request, t tenant.Tenant, s session.Session, c *challenge, v stepView) (factor.Factor, bool) {
	var secret []byte
	if err := b.flows.get(r.Context(), t.ID, FlowEnrol, hashOf(c.id)+".app", &secret); err != nil {
		b.fail(w, r, t, gone(err, "signin.stepUp", "setting up the app took too long"))
		return factor.Factor{}, false
	}
	f, err := b.factors.EnrolTOTP(r.Context(), ownerOf(t, &s), accountOf(&s.User), secret, r.PostFormValue("code"))
	switch {
	case err == nil:
		return f, true
	case fault.Is(err, fault.Denied):
		if b.admitted(w, r, t, costFailure) {
			b.stepFailed(r, s, c, err)
			b.showKey(w, r, t, s, v, secret, http.StatusUnprocessableEntity, "That is not the code that the app should show now. Check that the telephone's clock is right.")
		}
	default:
		b.fail(w, r, t, err)
	}
	return f, false
}

func (b *Broker) showKey(w http.ResponseWriter, r *http.Request, t tenant.Tenant, s session.Session, v stepView, secret []byte, status int, problem string) {
	issuer := t.Brand.Name
	if issuer == "" {
		issuer = t.Name
	}
	svg, err := factor.QR(factor.KeyURI(secret, clip(issuer, 60), clip(accountOf(&s.User), 100)))
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	v.QR, v.Key, v.Problem = template.HTML(svg), factor.Key(secret), problem //nolint:gosec // drawn by us, numbers only
	b.render(w, r, t, status, "enrolapp", v)
}

// clip shortens a text to n characters.
func clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n])
}

// enrolAppCode takes the first code of a new authenticator app. The app counts as shown with it.
func (b *Broker) enrolAppCode(w http.ResponseWriter, r *http.Request, t tenant.Tenant, s session.Session, c *challenge) {
	step, how, ok := b.ownStep(w, r, t, s, c)
	if !ok || !b.mayEnrol(w, r, t, s, c, how) {
		return
	}
	if f, ok := b.firstCode(w, r, t, s, c, b.viewOf(t, s, c, &step)); ok {
		b.enrolled(w, r, t, s, c, step, f)
	}
}

// enrolPasskey takes a new passkey. It counts as shown with it.
func (b *Broker) enrolPasskey(w http.ResponseWriter, r *http.Request, t tenant.Tenant, s session.Session, c *challenge) {
	step, how, ok := b.ownStep(w, r, t, s, c)
	if !ok || !b.mayEnrol(w, r, t, s, c, how) {
		return
	}
	f, err := b.newPasskey(r, t, s, c)
	if err != nil {
		b.wrongFactor(w, r, t, s, c, err)
		return
	}
	b.enrolled(w, r, t, s, c, step, f)
}

// newPasskey stores the passkey that the browser's authenticator made.
func (b *Broker) newPasskey(r *http.Request, t tenant.Tenant, s session.Session, c *challenge) (factor.Factor, error) {
	state, answer, err := b.answered(r, t, c)
	if err != nil {
		return factor.Factor{}, err
	}
	name := clip(strings.ToValidUTF8(r.PostFormValue("name"), ""), 60)
	return b.passkeys.FinishEnrol(r.Context(), ownerOf(t, &s), accountOf(&s.User), name, state, answer)
}

// enrolled puts a new factor on record, gives recovery codes with the first one, and counts it for the step.
func (b *Broker) enrolled(w http.ResponseWriter, r *http.Request, t tenant.Tenant, s session.Session, c *challenge, step model.StepUp, f factor.Factor) {
	codes, err := b.registered(r, t, s, f, func() error { return b.passed(r, t, s, c, step, b.shown(step, f.Kind)...) })
	switch {
	case err != nil:
		b.fail(w, r, t, err)
	case len(codes) == 0:
		http.Redirect(w, r, b.url(t.ID, "/stepup/"+c.id), http.StatusSeeOther)
	default:
		v := b.viewOf(t, s, c, &step)
		v.Recovery = codes
		b.render(w, r, t, http.StatusOK, "recovery", v)
	}
}

// registered puts a new factor on record, and makes recovery codes with the first one. also is done last; when any of it
// fails, the factor is taken back.
func (b *Broker) registered(r *http.Request, t tenant.Tenant, s session.Session, f factor.Factor, also func() error) ([]string, error) {
	of := ownerOf(t, &s)
	err := b.record(r, s, model.ActivitySecurityInfo, func(a *model.Activity) {
		a.ActionType, a.Objects = "SecurityInfoRegistered", []model.Object{{Type: "securityInfo", ID: string(f.Kind), Name: f.Name}}
	})
	var codes []string
	made := []string{f.ID}
	if err == nil {
		var list []factor.Factor
		if list, err = b.factors.Of(r.Context(), of); err == nil && !factor.Has(list, factor.Recovery) {
			var recovery factor.Factor
			codes, recovery, err = b.factors.NewRecovery(r.Context(), of, accountOf(&s.User))
			made = append(made, recovery.ID)
		}
	}
	if err == nil {
		err = also()
	}
	if err != nil {
		// fail closed: a factor that is not on record, or that nobody can recover from, is not left behind, even when
		// the browser has gone away. What the person registered earlier stays.
		for _, id := range made {
			if undo := b.factors.Withdraw(context.WithoutCancel(r.Context()), of, id); undo != nil {
				b.parts.Log.Error("factor not taken back", "tenant", t.ID, "err", undo)
			}
		}
		return nil, err
	}
	return codes, nil
}

// stepTerms takes the answer to an agreement: on record before it counts.
func (b *Broker) stepTerms(w http.ResponseWriter, r *http.Request, t tenant.Tenant, s session.Session, c *challenge) {
	step, _, err := b.ways(r, t, s, c)
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	if step == nil || step.Kind != model.StepTermsOfUse || b.factors == nil {
		b.fail(w, r, t, fault.New(fault.Denied, "signin.stepUp", "no agreement is asked for"))
		return
	}
	terms, ok := t.StepUp.Agreement(step.Value)
	if !ok || r.PostFormValue("version") != terms.Version {
		b.showStep(w, r, t, s, c, http.StatusConflict, "The agreement has changed. Please read it again.")
		return
	}
	accepted := r.PostFormValue("answer") == "accept"
	err = b.record(r, s, model.ActivityTermsOfUse, func(a *model.Activity) {
		b.fillStep(a, c)
		a.ActionType = "TermsOfUseDeclined"
		if accepted {
			a.ActionType = "TermsOfUseAccepted"
		}
		a.Objects = append(a.Objects, model.Object{Type: "termsOfUse", ID: terms.ID, Name: terms.Title + ", version " + terms.Version})
	})
	if err == nil && accepted {
		err = b.factors.Accept(r.Context(), ownerOf(t, &s), terms.ID, terms.Version)
	}
	switch {
	case err != nil:
		b.fail(w, r, t, err) // fail closed
	case !accepted:
		b.fail(w, r, t, &fault.Error{Kind: fault.Denied, Op: "signin.stepUp", Msg: "you did not agree, so " + c.App.Name + " stays closed", Help: "Open the app again to read the agreement once more."})
	default:
		b.pass(w, r, t, s, c, *step, model.Satisfaction{Kind: step.Kind, Value: step.Value, At: b.parts.Now(), By: "acceptance"})
	}
}
