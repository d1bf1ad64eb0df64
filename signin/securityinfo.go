package signin

import (
	"net/http"
	"strconv"
	"time"

	"github.com/referee-casb/referee/device"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/signin/factor"
	"github.com/referee-casb/referee/tenant"
)

// People see and change what they confirm it's them with on a page of their own. Changes take what a new factor takes
// at a step-up: a factor shown a moment ago, in this session and browser; for the first one a fresh sign-in at the
// provider. A session alone, borrowed or copied, changes nothing.

// manageLife is for how long factors may be changed after one was shown.
const manageLife = 10 * time.Minute

const manageOp = "signin.securityInfo"

// manageView is what the page shows.
type manageView struct {
	User, Action, Problem string
	Page                  string // what the page's ceremonies hang on
	Factors               []manageFactor
	Open, First           bool // changes may be made; there is nothing yet that could be shown
	AddApp                bool
	questions
	Contact string
}

// manageFactor is a factor as its owner sees it.
type manageFactor struct {
	ID, Kind, Name, Created, Used string
	Left                          int
	Recovery, Refused             bool
}

func (b *Broker) manageRoutes(m *http.ServeMux) {
	m.HandleFunc("GET /{tenant}/security-info", b.tenant(b.managePage))
	m.HandleFunc("POST /{tenant}/security-info/confirm", b.tenant(b.manageConfirm))
	for act, handle := range map[string]stepHandler{
		"app": b.manageApp, "app-code": b.manageAppCode, "new-passkey": b.managePasskey, "recovery": b.manageRecovery, "remove": b.manageRemove,
	} {
		m.HandleFunc("POST /{tenant}/security-info/"+act, b.tenant(func(w http.ResponseWriter, r *http.Request, t tenant.Tenant) {
			s, list, ok := b.managed(w, r, t)
			if !ok {
				return
			}
			open, err := b.mayManage(r, t, s, list)
			if err != nil {
				b.fail(w, r, t, err)
				return
			}
			if !open { // too late, or from elsewhere: confirm anew
				http.Redirect(w, r, b.url(t.ID, "/security-info"), http.StatusSeeOther)
				return
			}
			handle(w, r, t, s, managing(s, r.PostFormValue("page")))
		}))
	}
}

// managing is what the ceremonies of one showing of the page hang on, in the place of a step-up's challenge.
func managing(s session.Session, page string) *challenge {
	return &challenge{id: "security-info." + string(s.ID) + "." + page}
}

// manageURL is the page's address, "" where people have no factors of ours, or while they are on their way to it.
func (b *Broker) manageURL(t tenant.Tenant, c *challenge) string {
	if b.factors == nil || t.StepUp.By == tenant.StepUpProvider || c != nil && c.Manage {
		return ""
	}
	return b.url(t.ID, "/security-info")
}

// managed returns the session and what its person has. It answers otherwise.
func (b *Broker) managed(w http.ResponseWriter, r *http.Request, t tenant.Tenant) (session.Session, []factor.Factor, bool) {
	var s session.Session
	var err error
	if r.Method == http.MethodPost {
		if s, _, err = b.current(r, t.ID); fault.Is(err, fault.NotFound) {
			err = &fault.Error{Kind: fault.Unauthenticated, Op: manageOp, Msg: "your session has ended", Help: "Open the page again."}
		}
	} else {
		ok := false
		if s, _, ok = b.signedIn(w, r, t); !ok {
			return s, nil, false
		}
	}
	if err == nil && b.manageURL(t, nil) == "" {
		err = &fault.Error{Kind: fault.NotFound, Op: manageOp, Msg: "your organisation confirms it is you at its own sign-in service"}
	}
	if err != nil {
		b.fail(w, r, t, err)
		return s, nil, false
	}
	if !b.admitted(w, r, t, costBegin) {
		return s, nil, false
	}
	if !b.mayAct(w, r, t, s, policy.ActionRegisterSecurityInfo, "/"+string(t.ID)+"/security-info") {
		return s, nil, false
	}
	list, err := b.factors.Of(r.Context(), ownerOf(t, &s))
	if err != nil {
		b.fail(w, r, t, err)
		return s, nil, false
	}
	return s, list, true
}

// mayManage reports whether the person may change factors now.
func (b *Broker) mayManage(r *http.Request, t tenant.Tenant, s session.Session, list []factor.Factor) (bool, error) {
	if !factor.Can(list, false) {
		return !s.Auth.Undated && b.parts.Now().Sub(s.Auth.Time) <= enrolFresh, nil
	}
	var seen session.Seen
	err := b.flows.get(r.Context(), t.ID, FlowManage, b.manageID(s, 0), &seen)
	if fault.Is(err, fault.NotFound) {
		err = b.flows.get(r.Context(), t.ID, FlowManage, b.manageID(s, -1), &seen)
	}
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	_, changed := device.Change(bindingOf(seen), b.seen(r, t.ID))
	return err == nil && !changed, err
}

// manageID names a permission by its session and the span of time that it was given in: one that has ended lies in the
// store for a while, under a name that no later one has.
func (b *Broker) manageID(s session.Session, span int64) string {
	return hashOf(string(s.ID) + "." + strconv.FormatInt(b.parts.Now().Unix()/int64(manageLife/time.Second)+span, 10))
}

// allowManage lets changes be made for a while, in this browser.
func (b *Broker) allowManage(r *http.Request, t tenant.Tenant, s session.Session) error {
	id := b.manageID(s, 0)
	var old session.Seen
	if err := b.flows.take(r.Context(), t.ID, FlowManage, id, &old); err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	err := b.flows.put(r.Context(), t.ID, FlowManage, id, seenOf(b.seen(r, t.ID)), manageLife)
	if fault.Is(err, fault.Conflict) {
		return nil // another tab was quicker
	}
	return err
}

// openManage ends the step-up that opens the page for changes.
func (b *Broker) openManage(w http.ResponseWriter, r *http.Request, t tenant.Tenant, s session.Session) {
	if err := b.allowManage(r, t, s); err != nil {
		b.fail(w, r, t, err)
		return
	}
	http.Redirect(w, r, b.url(t.ID, "/security-info"), http.StatusSeeOther)
}

// manageConfirm begins what opens the page for changes.
func (b *Broker) manageConfirm(w http.ResponseWriter, r *http.Request, t tenant.Tenant) {
	s, list, ok := b.managed(w, r, t)
	if !ok {
		return
	}
	if !factor.Can(list, false) {
		b.start(w, r, t, request{back: "/" + string(t.ID) + "/security-info", maxAge: 0, hint: s.User.Username, provider: s.Auth.Provider})
		return
	}
	c := &challenge{Steps: []model.StepUp{{Kind: model.StepMFA}}, Manage: true}
	if err := b.openChallenge(r, t, s.ID, c); err != nil {
		b.fail(w, r, t, err)
		return
	}
	http.Redirect(w, r, b.url(t.ID, "/stepup/"+c.id), http.StatusSeeOther)
}

func (b *Broker) managePage(w http.ResponseWriter, r *http.Request, t tenant.Tenant) {
	if s, list, ok := b.managed(w, r, t); ok {
		b.showManage(w, r, t, s, list, http.StatusOK, "")
	}
}

func (b *Broker) showManage(w http.ResponseWriter, r *http.Request, t tenant.Tenant, s session.Session, list []factor.Factor, status int, problem string) {
	open, err := b.mayManage(r, t, s, list)
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	v := manageView{
		User: s.User.Name, Action: "/" + string(t.ID) + "/security-info", Problem: problem, Open: open, First: !factor.Can(list, false),
		AddApp: open && !factor.Has(list, factor.TOTP), Contact: t.Brand.Contact,
	}
	at := t.Place()
	for _, f := range list {
		v.Factors = append(v.Factors, manageFactor{
			ID: f.ID, Kind: kindWords[f.Kind], Name: f.Name, Created: dayOf(f.Created, at), Used: dayOf(f.Used, at), Left: f.Left,
			Recovery: f.Kind == factor.Recovery, Refused: f.Cloned,
		})
	}
	if open {
		v.Enrol = true
		v.Page = newSecret()
		v.NewOptions, v.NewCeremony, err = b.question(r, t, managing(s, v.Page), func() (factor.Ceremony, error) {
			return b.passkeys.BeginEnrol(r.Context(), ownerOf(t, &s), accountOf(&s.User))
		})
		if fault.Is(err, fault.Conflict) { // as many as one may have
			v.Enrol, err = false, nil
		}
		if err != nil {
			b.fail(w, r, t, err)
			return
		}
	}
	w.Header().Set("Cross-Origin-Opener-Policy", "same-origin")
	b.render(w, r, t, status, "securityinfo", v)
}

var kindWords = map[factor.Kind]string{factor.TOTP: "Authenticator app", factor.Passkey: "Passkey", factor.Recovery: "Recovery codes"}

// dayOf is a day as people read it, "" for none.
func dayOf(at time.Time, zone *time.Location) string {
	if at.IsZero() {
		return ""
	}
	return at.In(zone).Format("2 January 2006")
}

func (b *Broker) manageApp(w http.ResponseWriter, r *http.Request, t tenant.Tenant, s session.Session, c *challenge) {
	secret, err := b.newKey(r, t, c)
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	b.showKey(w, r, t, s, manageStep(r, t, s), secret, http.StatusOK, "")
}

// manageStep lets the pages of a step-up lead back here.
func manageStep(r *http.Request, t tenant.Tenant, s session.Session) stepView {
	return stepView{User: s.User.Name, Page: r.PostFormValue("page"), Action: "/" + string(t.ID) + "/security-info", Contact: t.Brand.Contact}
}

func (b *Broker) manageAppCode(w http.ResponseWriter, r *http.Request, t tenant.Tenant, s session.Session, c *challenge) {
	if f, ok := b.firstCode(w, r, t, s, c, manageStep(r, t, s)); ok {
		b.manageAdded(w, r, t, s, f)
	}
}

func (b *Broker) managePasskey(w http.ResponseWriter, r *http.Request, t tenant.Tenant, s session.Session, c *challenge) {
	f, err := b.newPasskey(r, t, s, c)
	if fault.Is(err, fault.Denied) {
		if b.admitted(w, r, t, costFailure) {
			b.stepFailed(r, s, nil, err)
			b.manageAgain(w, r, t, s, "The passkey could not be set up. Try again.")
		}
		return
	}
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	b.manageAdded(w, r, t, s, f)
}

// manageAgain shows the page with what was wrong.
func (b *Broker) manageAgain(w http.ResponseWriter, r *http.Request, t tenant.Tenant, s session.Session, problem string) {
	list, err := b.factors.Of(r.Context(), ownerOf(t, &s))
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	b.showManage(w, r, t, s, list, http.StatusUnprocessableEntity, problem)
}

// manageAdded ends a registration: what was registered has been shown with it, and opens the page for more.
func (b *Broker) manageAdded(w http.ResponseWriter, r *http.Request, t tenant.Tenant, s session.Session, f factor.Factor) {
	codes, err := b.registered(r, t, s, f, func() error { return b.allowManage(r, t, s) })
	switch {
	case err != nil:
		b.fail(w, r, t, err)
	case len(codes) > 0:
		b.showRecovery(w, r, t, s, codes)
	default:
		http.Redirect(w, r, b.url(t.ID, "/security-info"), http.StatusSeeOther)
	}
}

func (b *Broker) showRecovery(w http.ResponseWriter, r *http.Request, t tenant.Tenant, s session.Session, codes []string) {
	v := manageStep(r, t, s)
	v.Recovery = codes
	b.render(w, r, t, http.StatusOK, "recovery", v)
}

// manageRecovery replaces the recovery codes: on record first.
func (b *Broker) manageRecovery(w http.ResponseWriter, r *http.Request, t tenant.Tenant, s session.Session, _ *challenge) {
	of := ownerOf(t, &s)
	list, err := b.factors.Of(r.Context(), of)
	if err == nil && !factor.Can(list, false) {
		err = fault.New(fault.Denied, manageOp, "recovery codes come with a passkey or an authenticator app")
	}
	if err == nil {
		err = b.recordFactor(r, s, "SecurityInfoRegistered", factor.Factor{Kind: factor.Recovery})
	}
	var codes []string
	if err == nil {
		codes, _, err = b.factors.NewRecovery(r.Context(), of, accountOf(&s.User))
	}
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	b.showRecovery(w, r, t, s, codes)
}

// manageRemove takes one factor away: on record first. What guards the account is then what is left of it, or a fresh
// sign-in at the provider.
func (b *Broker) manageRemove(w http.ResponseWriter, r *http.Request, t tenant.Tenant, s session.Session, _ *challenge) {
	of := ownerOf(t, &s)
	list, err := b.factors.Of(r.Context(), of)
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	for _, f := range list {
		if f.ID != r.PostFormValue("id") {
			continue
		}
		if err = b.recordFactor(r, s, "SecurityInfoDeleted", f); err == nil {
			err = b.factors.Withdraw(r.Context(), of, f.ID)
		}
		if err != nil {
			b.fail(w, r, t, err) // fail closed: it stays
			return
		}
		break
	}
	http.Redirect(w, r, b.url(t.ID, "/security-info"), http.StatusSeeOther)
}

// recordFactor puts a change of a person's factors on record.
func (b *Broker) recordFactor(r *http.Request, s session.Session, action string, f factor.Factor) error {
	return b.record(r, s, model.ActivitySecurityInfo, func(a *model.Activity) {
		a.ActionType, a.Objects = action, []model.Object{{Type: "securityInfo", ID: string(f.Kind), Name: f.Name}}
	})
}
