package cli

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"math/big"
	"strings"
	"testing"
	"time"
)

// providerMetadata describes a SAML provider with a key of its own.
func providerMetadata(t *testing.T, now time.Time) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "okta"}, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(2, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://login.example.com/metadata">
<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
<KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>` + base64.StdEncoding.EncodeToString(der) + `</X509Certificate></X509Data></KeyInfo></KeyDescriptor>
<SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://login.example.com/slo"/>
<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://login.example.com/post"/>
<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://login.example.com/sso"/>
</IDPSSODescriptor></EntityDescriptor>`
}

func TestProvider(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	file := s.write(t, "okta.xml", providerMetadata(t, s.Clock.Now()))
	other := s.write(t, "other.xml", providerMetadata(t, s.Clock.Now()))
	want := func(role string, code int, parts []string, args ...string) {
		t.Helper()
		got := s.run(t, role, args...)
		for _, p := range parts {
			if !strings.Contains(got.out+got.notes, p) {
				t.Errorf("%v does not say %q: %+v", args, p, got)
			}
		}
		if got.code != code {
			t.Errorf("%v: exit %d, want %d: %+v", args, got.code, code, got)
		}
	}
	const at = "https://signin.example.com/contoso"
	want("contoso-admin", 0, []string{at + "/saml/acs/okta", at + "/saml/sp/okta", at + "/saml/logout/okta", "groups claim"}, "provider", "add", "okta", "--preset", "okta", "--metadata", file)
	want("contoso-admin", 6, []string{"there already"}, "provider", "add", "okta", "--metadata", file)
	want("contoso-admin", 0, []string{"good     metadata"}, "provider", "test", "okta", "--metadata", file)
	want("contoso-admin", 2, []string{"wrong    metadata: none of the provider's certificates"}, "provider", "test", "okta", "--metadata", other)
	want("contoso-admin", 0, []string{"is connected"}, "provider", "add", "okta", "--metadata", other, "--update")
	want("contoso-admin", 0, []string{"good     metadata"}, "provider", "test", "okta", "--metadata", other)
	want("contoso-admin", 2, []string{"not an https address"}, "provider", "add", "x", "--metadata", "http://127.0.0.1:1/metadata")
	want("contoso-admin", 2, []string{"providers[1].issuer", "providers[1].clientId", "providers[1].preset", "providers[1].domains[0]", "mistakes"},
		"provider", "add", "x", "--preset", "entrance", "--domain", "Contoso")
	want("contoso-admin", 0, []string{at + "/callback/company"}, "provider", "add", "company", "--issuer", "https://login.example.net", "--client-id", "referee")
	want("contoso-admin", 2, []string{"wrong    discovery", "not on the internet", at + "/callback/company"}, "provider", "test", "company")
	want("contoso-reader", 0, []string{"https://login.example.net", "https://login.example.com/metadata"}, "provider", "list")
	want("contoso-admin", 0, nil, "provider", "remove", "okta")
	want("contoso-admin", 5, []string{"no such provider"}, "provider", "test", "okta")
	want("contoso-reader", 0, []string{"Keycloak", "docs/howto/connect-keycloak.md"}, "provider", "presets")
}

func TestAppShow(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	app := s.write(t, "wiki.yaml", `{id: wiki, app: custom, name: Wiki, route: sso, hosts: [{name: wiki.example.com, role: app}],
federation: {protocol: saml, saml: {entityId: "https://wiki.example.com/saml", consumers: ["https://wiki.example.com/acs"], idpInitiated: true}}}`)
	const at = "https://signin.example.com/contoso/saml/"
	got := s.run(t, "contoso-operator", "app", "add", app)
	for _, part := range []string{"wiki is stored", at + "metadata?app=wiki", at + "sso", at + "slo", at + "start/wiki", "-----BEGIN CERTIFICATE-----", "SHA-256 "} {
		if got.code != 0 || !strings.Contains(got.out, part) {
			t.Errorf("%q is missing: %+v", part, got)
		}
	}
	s.write(t, "files.secret", "correct-horse-battery-staple-0123456789")
	if got := s.run(t, "contoso-operator", "app", "add", s.write(t, "files.yaml", appYAML)); got.code != 0 {
		t.Fatalf("%+v", got)
	}
	got = s.run(t, "contoso-reader", "app", "show", "files")
	for _, part := range []string{"https://signin.example.com/contoso/.well-known/openid-configuration", "/oauth/v2/token", "/oauth/v2/end_session", "client id"} {
		if got.code != 0 || !strings.Contains(got.out, part) {
			t.Errorf("%q is missing: %+v", part, got)
		}
	}
	plain := s.write(t, "plain.yaml", `{id: plain, app: custom, name: Plain, route: native}`)
	if got := s.run(t, "contoso-operator", "app", "add", plain); got.code != 0 || strings.Contains(got.out, "Enter in the app") {
		t.Errorf("%+v", got)
	}
	if got := s.run(t, "contoso-reader", "app", "show", "plain"); got.code != 2 || !strings.Contains(got.notes, "does not sign in at Referee") {
		t.Errorf("%+v", got)
	}
}
