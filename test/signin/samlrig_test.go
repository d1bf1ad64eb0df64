package signin_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"html"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/signin/saml"
	"github.com/referee-casb/referee/tenant"
)

// pair makes a SAML key with its certificate.
func pair(name string) saml.KeyPair {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return saml.KeyPair{Signer: key, Certificate: cert}
}

func pemText(c *x509.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
}

var samlPairs = sync.OnceValue(func() [3]saml.KeyPair { return [3]saml.KeyPair{pair("provider"), pair("app"), pair("nobody")} })

// samlIDP is a SAML provider that signs in the director at once, and that can lie.
type samlIDP struct {
	r      *rig
	origin string

	mu     sync.Mutex
	lie    func(*saml.Issue, *saml.IdentityProvider) // before it answers
	answer func(url.Values)                          // changes the posted form
	last   url.Values
}

func (p *samlIDP) set(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
}

func (p *samlIDP) local() *saml.IdentityProvider {
	return &saml.IdentityProvider{
		Local:  saml.Local{EntityID: p.origin + "/metadata", Logout: p.origin + "/slo", Keys: saml.Keys{samlPairs()[0]}, Now: p.r.now},
		SignOn: p.origin + "/sso",
	}
}

// referee is Referee's metadata as service provider, fetched as an administrator does.
func (p *samlIDP) referee() *saml.Entity {
	_, text := p.r.ask("GET", p.r.at("contoso", "/saml/sp/main"), nil)
	e, err := saml.ReadMetadata([]byte(text), saml.MetadataOptions{Now: p.r.now()})
	if err != nil {
		p.r.t.Errorf("metadata: %v\n%s", err, text)
	}
	return e
}

func (p *samlIDP) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.URL.Path != "/sso" {
		http.NotFound(w, r)
		return
	}
	idp, sp := p.local(), p.referee()
	in, err := saml.FromQuery(r.URL.RawQuery)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	request, err := idp.ParseRequest(in, func(string) (*saml.Entity, bool) { return sp, true })
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	is := saml.Issue{
		App: sp, Request: request, NameID: saml.NameID{Value: "director", Format: saml.FormatPersistent}, AuthnInstant: p.r.now(), SessionIndex: "s1",
		Attributes: []saml.Attribute{
			{Name: "email", Values: []string{"director@contoso.example"}},
			{Name: "username", Values: []string{"director@contoso.example"}},
			{Name: "groups", Values: []string{"Directors", "Staff"}},
		},
	}
	if p.lie != nil {
		p.lie(&is, idp)
	}
	issued, err := idp.Respond(is)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	form := url.Values{"SAMLResponse": {issued.Value}, "RelayState": {request.Relay}}
	if p.answer != nil {
		p.answer(form)
	}
	p.last = form
	fmt.Fprintf(w, `<form id="answer" method="post" action="%s">`, html.EscapeString(sp.App.Consumers[0].Location))
	for k, v := range form {
		fmt.Fprintf(w, `<input type="hidden" name="%s" value="%s">`, k, html.EscapeString(v[0]))
	}
	fmt.Fprint(w, `</form><script>document.getElementById("answer").submit();</script>`)
}

// samlApp is an app that trusts Referee as its SAML provider.
type samlApp struct {
	r      *rig
	origin string

	mu       sync.Mutex
	pending  map[string]string // request id by relay
	visitors map[string]*saml.SignIn
	refused  error
}

func (a *samlApp) sp() (*saml.ServiceProvider, error) {
	_, text := a.r.ask("GET", a.r.at("contoso", "/saml/metadata?app=notes"), nil)
	idp, err := saml.ReadMetadata([]byte(text), saml.MetadataOptions{Now: a.r.now()})
	return &saml.ServiceProvider{
		Local:    saml.Local{EntityID: a.origin + "/saml", Logout: a.origin + "/slo", Keys: saml.Keys{samlPairs()[1]}, Now: a.r.now},
		Provider: idp, Consumer: a.origin + "/acs", RequireSignedAssertion: true, RequireSignedResponse: true, AllowUnsolicited: true,
	}, err
}

func (a *samlApp) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if v := a.visitors[cookie(r, "notes")]; v != nil && r.URL.Path != "/acs" {
		values := []string{}
		for _, at := range v.Attributes {
			values = append(values, at.Name+"="+strings.Join(at.Values, ","))
		}
		fmt.Fprintf(w, "hello %s %s at %s%s", v.NameID.Value, strings.Join(values, " "), r.Host, r.URL.RequestURI())
		return
	}
	sp, err := a.sp()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if r.URL.Path != "/acs" {
		m, err := sp.Request(saml.RequestOptions{Binding: saml.Redirect, Relay: a.origin + r.URL.RequestURI()})
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		a.pending[m.Relay] = m.ID
		http.SetCookie(w, &http.Cookie{Name: "begun", Value: m.ID, Path: "/", Secure: true, SameSite: http.SameSiteNoneMode})
		http.Redirect(w, r, m.URL, http.StatusFound)
		return
	}
	_ = r.ParseForm()
	in, err := saml.FromForm(r.PostForm)
	if err == nil {
		var got *saml.SignIn
		if got, err = sp.VerifyResponse(in, saml.Expect{RequestID: cookie(r, "begun")}); err == nil {
			a.visitors[got.AssertionID] = got
			http.SetCookie(w, &http.Cookie{Name: "notes", Value: got.AssertionID, Path: "/", Secure: true})
			http.Redirect(w, r, in.Relay, http.StatusSeeOther)
			return
		}
	}
	a.refused = err
	http.Error(w, "app refuses: "+err.Error(), http.StatusForbidden)
}

// samlRig has a SAML provider in front, and the app notes speaks SAML as well.
func samlRig(t *testing.T, policies string, change func(*catalog.SAMLApp)) (*rig, *samlIDP, *samlApp) {
	t.Helper()
	var idp *samlIDP
	var app *samlApp
	r := newRig(t, setting{
		policies: policies,
		change: func(v *tenant.Tenant, r *rig) {
			origin := "https://" + partner + r.port
			v.Providers[0] = tenant.Provider{ID: "main", Kind: tenant.KindSAML, SAML: &tenant.SAMLProvider{
				EntityID: origin + "/metadata", SSO: origin + "/sso", SLO: origin + "/slo", Certificates: []string{pemText(samlPairs()[0].Certificate)},
			}}
		},
		instance: func(in *catalog.Instance) {
			if in.ID != "notes" {
				return
			}
			at := "https://" + in.Hosts[0].Name
			in.Federation = catalog.Federation{Protocol: "saml", SAML: &catalog.SAMLApp{
				EntityID: at + "/saml", Consumers: []string{at + "/acs"}, LogoutURI: at + "/slo", Certificates: []string{pemText(samlPairs()[1].Certificate)},
			}}
			if change != nil {
				change(in.Federation.SAML)
			}
		},
	})
	idp = &samlIDP{r: r, origin: "https://" + partner + r.port}
	app = &samlApp{r: r, origin: r.direct(otherHost), pending: map[string]string{}, visitors: map[string]*saml.SignIn{}}
	r.host(partner, idp)
	r.host(otherHost, app)
	return r, idp, app
}
