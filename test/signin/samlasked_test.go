package signin_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/signin/saml"
	"github.com/referee-casb/referee/tenant"
)

// asks sends the app's request through a browser and returns what the app is answered.
func (a *samlApp) asks(t *testing.T, b *browser, o saml.RequestOptions) (*saml.SignIn, *page, error) {
	t.Helper()
	sp, err := a.sp()
	if err != nil {
		t.Fatal(err)
	}
	o.Binding = saml.Redirect
	m, err := sp.Request(o)
	if err != nil {
		t.Fatal(err)
	}
	var answer saml.Incoming
	a.r.host(otherHost, http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		_ = q.ParseForm()
		if got, err := saml.FromForm(q.PostForm); err == nil {
			answer = got
		}
	}))
	defer a.r.host(otherHost, a)
	p := b.visit(m.URL)
	got, err := sp.VerifyResponse(answer, saml.Expect{RequestID: m.ID})
	return got, p, err
}

// TestSAMLRequestedContext: an app that asks how people are to have signed in is answered so, or told that it can't be; it
// is never given another sign-in for the one that it asked for.
func TestSAMLRequestedContext(t *testing.T) {
	t.Parallel()
	r, idp, app := samlRig(t, "", nil)
	r.retenant(func(v *tenant.Tenant) { v.StepUp.By = tenant.StepUpOwn })
	b := r.browser(nil)
	refused := func(what string, o saml.RequestOptions, status saml.Status) {
		t.Helper()
		before := len(r.rec.of(model.ActivityFailedLogin))
		got, p, err := app.asks(t, b, o)
		if err == nil || !strings.Contains(err.Error(), string(status)) {
			t.Errorf("%s: %+v, %v at %s\n%s", what, got, err, p.at, p.text)
		}
		if n := len(r.rec.of(model.ActivityFailedLogin)); n != before+1 {
			t.Errorf("%s: %d refusals on record", what, n-before)
		}
	}
	granted := func(what string, o saml.RequestOptions, class string) {
		t.Helper()
		if got, p, err := app.asks(t, b, o); err != nil || got.Context != class {
			t.Errorf("%s: %+v, %v at %s\n%s", what, got, err, p.at, p.text)
		}
	}
	idp.set(func() {
		idp.lie = func(is *saml.Issue, _ *saml.IdentityProvider) { is.Context = "urn:example:gold" }
	})
	granted("no wish", saml.RequestOptions{}, "urn:example:gold")
	granted("what the provider stated", saml.RequestOptions{Contexts: []string{saml.ContextPassword, "urn:example:gold"}}, "urn:example:gold")
	refused("a password", saml.RequestOptions{Contexts: []string{saml.ContextPassword}}, saml.StatusNoContext)
	refused("a password, silently", saml.RequestOptions{Contexts: []string{saml.ContextPassword}, Passive: true}, saml.StatusNoContext)
	// A second factor can be had.
	_, p, err := app.asks(t, b, saml.RequestOptions{Contexts: []string{saml.ContextRefedsMFA}})
	if err == nil {
		t.Error("answered without a second factor")
	}
	p.has(t, 200, "a second factor")
	b.enrol(p)
	granted("a second factor", saml.RequestOptions{Contexts: []string{saml.ContextRefedsMFA}}, saml.ContextRefedsMFA)
}

func TestSAMLIgnoredContext(t *testing.T) {
	t.Parallel()
	_, _, app := samlRig(t, "", func(s *catalog.SAMLApp) { s.IgnoreContexts = true })
	if got, _, err := app.asks(t, app.r.browser(nil), saml.RequestOptions{Contexts: []string{"urn:example:platinum"}}); err != nil || got.Context == "urn:example:platinum" {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestSAMLRequestedSubject: an app that asks for one person gets no other.
func TestSAMLRequestedSubject(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		hint saml.NameID
		form string
		ok   bool
	}{
		"the person":            {saml.NameID{Value: "director@contoso.example", Format: saml.FormatEmail}, "email", true},
		"of no format":          {saml.NameID{Value: "director@contoso.example"}, "email", true},
		"another person":        {saml.NameID{Value: "worker@contoso.example", Format: saml.FormatEmail}, "email", false},
		"the same, otherwise":   {saml.NameID{Value: "director@contoso.example", Format: saml.FormatPersistent}, "email", false},
		"of nobody":             {saml.NameID{Value: "x", Format: saml.FormatPersistent}, "", false},
		"a transient of nobody": {saml.NameID{Value: "_x", Format: saml.FormatTransient}, "transient", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, _, app := samlRig(t, "", func(s *catalog.SAMLApp) { s.NameID = c.form })
			b := r.browser(nil)
			got, p, err := app.asks(t, b, saml.RequestOptions{Hint: &c.hint})
			if c.ok != (err == nil) || !c.ok && !strings.Contains(err.Error(), string(saml.StatusUnknownPerson)) {
				t.Fatalf("%+v, %v at %s", got, err, p.at)
			}
			if c.ok {
				return
			}
			// What the app was told before, it may ask for.
			first, _, err := app.asks(t, b, saml.RequestOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := app.asks(t, b, saml.RequestOptions{Hint: &first.NameID}); err != nil {
				t.Errorf("its own name for the person: %v", err)
			}
		})
	}
}
