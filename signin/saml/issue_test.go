package saml

import (
	"crypto"
	"crypto/x509"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/fault"
)

func TestIssueRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		set  func(*Issue, *IdentityProvider)
		want Reason
	}{
		"as it is": {func(*Issue, *IdentityProvider) {}, ""},
		"nothing signed": {func(is *Issue, _ *IdentityProvider) {
			is.Settings.UnsignedAssertion, is.Settings.UnsignedResponse = true, true
		}, ReasonSettings},
		"app wants it signed": {func(is *Issue, _ *IdentityProvider) {
			is.Settings.UnsignedAssertion, is.App.App.WantSignedAssertions = true, true
		}, ReasonSettings},
		"no encryption key": {func(is *Issue, _ *IdentityProvider) { is.Settings.Encrypt, is.App.App.Encryption = true, nil }, ReasonNoKey},
		"encryption key of a curve": {func(is *Issue, _ *IdentityProvider) {
			is.Settings.Encrypt, is.App.App.Encryption = true, []*x509.Certificate{keys()["p256"].Certificate}
		}, ReasonNoKey},
		"CBC":                    {func(is *Issue, _ *IdentityProvider) { is.Settings.Encrypt, is.Settings.Encryption = true, cbc256 }, ReasonSettings},
		"for a day":              {func(is *Issue, _ *IdentityProvider) { is.Settings.Life = 24 * time.Hour }, ReasonSettings},
		"no name":                {func(is *Issue, _ *IdentityProvider) { is.NameID.Value = "" }, ReasonSettings},
		"no time":                {func(is *Issue, _ *IdentityProvider) { is.AuthnInstant = time.Time{} }, ReasonSettings},
		"a sign-in to come":      {func(is *Issue, _ *IdentityProvider) { is.AuthnInstant = now.Add(time.Hour) }, ReasonSettings},
		"request of another app": {func(is *Issue, _ *IdentityProvider) { is.Request.App = &Entity{ID: appID} }, ReasonSettings},
		"no app":                 {func(is *Issue, _ *IdentityProvider) { is.App = nil }, ReasonSettings},
		"no key":                 {func(_ *Issue, idp *IdentityProvider) { idp.Keys = nil }, ReasonSettings},
		"certificate of another": {func(_ *Issue, idp *IdentityProvider) { idp.Keys[0].Certificate = keys()["attacker"].Certificate }, ReasonSettings},
		"SHA-1":                  {func(_ *Issue, idp *IdentityProvider) { idp.Hash = crypto.SHA1 }, ReasonSettings},
		"plain sign-on address":  {func(_ *Issue, idp *IdentityProvider) { idp.SignOn = "http://x.example/sso" }, ReasonSettings},
		"great skew":             {func(_ *Issue, idp *IdentityProvider) { idp.Skew = time.Hour }, ReasonSettings},
		"unsolicited":            {func(is *Issue, _ *IdentityProvider) { is.Request = nil }, ReasonUnsolicited},
		"unsolicited, allowed":   {func(is *Issue, _ *IdentityProvider) { is.Request, is.Settings.AllowUnsolicited = nil, true }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is, idp := alice(), contoso("provider")
			app := us()
			is.App, is.Request.App = app, app
			c.set(&is, idp)
			m, err := idp.Respond(is)
			if ReasonOf(err) != c.want || (err == nil) != (m != nil) {
				t.Fatalf("%q instead of %q: %v", ReasonOf(err), c.want, err)
			}
		})
	}
}

func TestRelayOfUnsolicited(t *testing.T) {
	t.Parallel()
	list := []string{"https://files.fabrikam.example/docs", "https://www.fabrikam.example/"}
	for relay, want := range map[string]bool{
		"": true, "https://files.fabrikam.example/docs": true, "https://files.fabrikam.example/docs/a?b=c": true, "https://files.fabrikam.example/docs?x": true,
		"https://www.fabrikam.example": true, "https://www.fabrikam.example/a": true,
		"https://files.fabrikam.example/docsx": false, "https://files.fabrikam.example/": false, "https://www.fabrikam.example.evil.example/": false,
		"https://www.fabrikam.example@evil.example/": false, "https://www.fabrikam.example:8443/": false, "https://evil.example/": false, "//evil.example": false,
		"/docs": false, "javascript:alert(1)": false, "https://files.fabrikam.example/docs/../admin": false, "https://files.fabrikam.example/docs/..": false,
		"https://www.fabrikam.example/\\evil": false, "http://www.fabrikam.example/": false, "https://files.fabrikam.example/docs/%2e%2e/admin": false,
		"https://www.fabrikam.example/#x": false,
	} {
		is := alice()
		is.Request, is.Settings.AllowUnsolicited, is.Settings.Relays, is.Relay = nil, true, list, relay
		m, err := contoso("provider").Respond(is)
		if (err == nil) != want || (err != nil && ReasonOf(err) != ReasonRelayState) || (err == nil && m.Relay != relay) {
			t.Errorf("%q: %v", relay, err)
		}
	}
}

// TestPairwise: names that are the same for nobody else, nowhere else.
func TestPairwise(t *testing.T) {
	t.Parallel()
	secret := []byte("0123456789abcdef0123456789abcdef")
	name := func(tenant, app, subject string) string {
		n, err := Pairwise(secret, tenant, app, subject)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	p := name("t1", "a", "u1")
	if p != name("t1", "a", "u1") || p == name("t1", "b", "u1") || p == name("t2", "a", "u1") || strings.Contains(p, "u1") || len(p) != 43 {
		t.Errorf("persistent names: %s", p)
	}
	if name("t", "1a", "b") == name("t1", "a", "b") {
		t.Error("parts of a persistent name run into one another")
	}
	if _, err := Pairwise([]byte("short"), "t", "a", "b"); ReasonOf(err) != ReasonSettings {
		t.Errorf("a short secret: %v", err)
	}
}

func TestClaims(t *testing.T) {
	t.Parallel()
	attributes := func(pairs ...string) (out []Attribute) {
		for i := 0; i < len(pairs); i += 2 {
			out = append(out, Attribute{Name: pairs[i], Values: strings.Split(pairs[i+1], "|")})
		}
		return out
	}
	persistent := NameID{Value: "u1", Format: FormatPersistent}
	for name, c := range map[string]struct {
		vendor Vendor
		in     SignIn
		want   Claims
	}{
		"Entra": {Entra, SignIn{NameID: persistent, Context: ContextPassword, Attributes: attributes(
			wsClaims+"name", "alice@contoso.example", wsClaims+"givenname", "Alice", wsClaims+"surname", "A", msIdentity+"displayname", "Alice A", wsClaims+"emailaddress", "a@contoso.example",
			msIdentity+"objectidentifier", "oid", msIdentity+"tenantid", "tid", ms2008+"groups", "g1|g2", ms2008+"role", "r1", "http://schemas.microsoft.com/claims/authnmethodsreferences", "pwd|"+ContextEntraMFA,
			groupOverage, "https://graph.example")}, Claims{
			UPN: "alice@contoso.example", Email: "a@contoso.example", Name: "Alice A", GivenName: "Alice", FamilyName: "A",
			Groups: []string{"g1", "g2"}, Roles: []string{"r1"}, Methods: []string{"pwd", ContextEntraMFA}, MultiFactor: true, Truncated: true,
		}},
		"Okta": {Okta, SignIn{NameID: NameID{Value: "alice@contoso.example", Format: FormatEmail}, Context: ContextRefedsMFA, Attributes: attributes("firstname", "Alice", "lastName", "Berg", "groups", "Everyone")}, Claims{
			Email: "alice@contoso.example", Name: "Alice Berg", GivenName: "Alice", FamilyName: "Berg", Groups: []string{"Everyone"}, MultiFactor: true,
		}},
		"Google":   {Google, SignIn{NameID: persistent, Attributes: attributes("primaryEmail", "alice@contoso.example")}, Claims{UPN: "alice@contoso.example", Email: "alice@contoso.example"}},
		"Keycloak": {Keycloak, SignIn{NameID: persistent, Attributes: attributes("Role", "a|b", "username", "alice", oidMail, "a@x.example")}, Claims{UPN: "alice", Email: "a@x.example", Roles: []string{"a", "b"}}},
		"AD FS": {ADFS, SignIn{NameID: persistent, Attributes: attributes(wsClaims+"upn", "alice@corp.example", adfsSchema+"Group", "Staff")}, Claims{
			UPN: "alice@corp.example", Email: "alice@corp.example", Groups: []string{"Staff"},
		}},
		"generic marks no guests": {Generic, SignIn{NameID: persistent, Attributes: attributes("mail", "a@x.example", "userType", "Guest")}, Claims{Email: "a@x.example"}},
		"guest":                   {Entra, SignIn{NameID: persistent, Attributes: attributes("user.usertype", "Guest")}, Claims{External: true}},
	} {
		if got := c.in.Claims(MappingOf(c.vendor)); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s:\n%+v\n%+v", name, got, c.want)
		}
	}
	friendly := SignIn{NameID: persistent, Attributes: []Attribute{{Name: "x", FriendlyName: "email", Values: []string{"mallory@x.example"}}}}
	if friendly.Claims(MappingOf(Generic)).Email != "" {
		t.Error("a FriendlyName was read")
	}
}

func TestReasons(t *testing.T) {
	t.Parallel()
	for _, r := range Reasons() {
		if !strings.HasSuffix(r.Person(), ".") || strings.ToLower(string(r)) != string(r) {
			t.Errorf("%q says %q", r, r.Person())
		}
	}
	err := refuse("op", ReasonDigest, "changed")
	if ReasonOf(fault.Wrap(err, "signin.callback", "x")) != ReasonDigest || fault.Help(err) == "" || !fault.Is(err, fault.Denied) || ReasonOf(nil) != "" {
		t.Errorf("a wrapped refusal: %v", err)
	}
	if !fault.Is(refuse("op", ReasonMetadata, "x"), fault.Invalid) {
		t.Error("an administrator mends metadata: the fault is Invalid")
	}
}
