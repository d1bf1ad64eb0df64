package signin_test

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/signin"
	"github.com/referee-casb/referee/signin/saml"
	"github.com/referee-casb/referee/tenant"
)

// TestEntriesAreServed: what administrators are told to enter is what the broker publishes, and the demo's own kind of
// provider passes its test.
func TestEntriesAreServed(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	transport := r.transport(nil)
	defer transport.CloseIdleConnections()
	get := func(at string) []byte {
		t.Helper()
		res, err := (&http.Client{Transport: transport}).Get(at)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s %v", at, res.Status, err)
		}
		return text
	}
	app, err := r.broker.AppEntries(t.Context(), "contoso", catalog.Instance{ID: "files", Federation: catalog.Federation{Protocol: "oidc", ClientID: "files"}})
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(get(app.Metadata), &doc); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"issuer": app.Issuer, "authorization_endpoint": app.SSO, "token_endpoint": app.Token, "userinfo_endpoint": app.UserInfo, "jwks_uri": app.Keys, "end_session_endpoint": app.Logout,
	} {
		if doc[name] != want {
			t.Errorf("%s is %v, entered %s", name, doc[name], want)
		}
	}
	app, err = r.broker.AppEntries(t.Context(), "contoso", catalog.Instance{ID: "files", Federation: catalog.Federation{Protocol: "saml"}})
	if err != nil {
		t.Fatal(err)
	}
	e, err := saml.ReadMetadata(get(app.Metadata), saml.MetadataOptions{Now: r.now()})
	if err != nil || e.ID != app.Issuer || e.Provider.SignOn[0].Location != app.SSO || e.Provider.Logout[0].Location != app.Logout || len(app.Certificates) != 1 || !app.Certificates[0].InUse {
		t.Errorf("%+v, %v, entered %+v", e, err, app)
	}
	v, ok := r.dir.Get("contoso")
	if !ok {
		t.Fatal("contoso is not there")
	}
	p := v.Tenant.Providers[0]
	checks, err := r.broker.ProbeProvider(t.Context(), "contoso", p, signin.ProbeOptions{Private: true})
	if err != nil || len(checks) < 3 {
		t.Fatalf("%+v, %v", checks, err)
	}
	for _, c := range checks {
		if c.State == "wrong" {
			t.Errorf("%+v", c)
		}
	}
	enter := r.broker.ProviderEntries("contoso", p)
	if res, err := (&http.Client{Transport: transport}).Post(enter.Logout, "application/x-www-form-urlencoded", nil); err != nil || res.StatusCode != http.StatusBadRequest {
		t.Errorf("the logout address answers %v, %v", res, err)
	} else {
		_ = res.Body.Close()
	}
	if got := enter.RedirectURI; got != "https://"+brokerHost+r.port+"/contoso/callback/"+string(p.ID) {
		t.Errorf("redirect address %s", got)
	}
}

// TestServiceProviderEntries holds them against the metadata that the provider would fetch.
func TestServiceProviderEntries(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{change: func(v *tenant.Tenant, _ *rig) {
		if v.ID == "contoso" {
			v.Providers = append(v.Providers, tenant.Provider{ID: "saml", Kind: tenant.KindSAML, SAML: &tenant.SAMLProvider{EntityID: "https://idp.example", SSO: "https://idp.example/sso", Certificates: []string{pemText(samlPairs()[0].Certificate)}}})
		}
	}})
	transport := r.transport(nil)
	defer transport.CloseIdleConnections()
	enter := r.broker.ProviderEntries("contoso", tenant.Provider{ID: "saml", Kind: tenant.KindSAML})
	res, err := (&http.Client{Transport: transport}).Get(enter.Metadata)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	e, err := saml.ReadMetadata(text, saml.MetadataOptions{Now: r.now()})
	if err != nil || e.ID != enter.EntityID || e.App.Consumers[0].Location != enter.ACS || e.App.Logout[0].Location != enter.Logout {
		t.Errorf("%+v, %v, entered %+v", e, err, enter)
	}
}
