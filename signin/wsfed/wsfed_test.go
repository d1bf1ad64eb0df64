package wsfed

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/signin/saml"
)

var pair = sync.OnceValue(func() saml.KeyPair {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "signing"}, NotBefore: noon.Add(-time.Hour), NotAfter: noon.AddDate(10, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return saml.KeyPair{Signer: key, Certificate: c}
})

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func provider() *Provider {
	return &Provider{Keys: saml.Keys{pair()}, Now: func() time.Time { return noon }, Skew: time.Minute}
}

func issue() Issue {
	return Issue{
		Issuer: "https://signin.example.com/contoso/wsfed/contoso.example", Realm: "urn:federation:MicrosoftOnline", UPN: "director@contoso.example",
		ImmutableID: "q83vEjRWeJA4ISdbIpvNyQ==", Methods: []string{MultipleAuthn}, Signed: noon.Add(-time.Hour),
	}
}

// TestRespond reads the answer back with a validator that knows nothing of this package, and looks at every value.
func TestRespond(t *testing.T) {
	t.Parallel()
	is := issue()
	is.UPN = "o'brien&co\u00e9@contoso.example" // what XML escapes must come out as it went in
	text, err := provider().Respond(is)
	if err != nil {
		t.Fatal(err)
	}
	doc := etree.NewDocument()
	if err := doc.ReadFromString(text); err != nil {
		t.Fatal(err)
	}
	ctx := dsig.NewDefaultValidationContext(&dsig.MemoryX509CertificateStore{Roots: []*x509.Certificate{pair().Certificate}})
	ctx.IdAttribute, ctx.Clock = "AssertionID", dsig.NewFakeClockAt(noon)
	signed, err := ctx.Validate(doc.Root().FindElement("./RequestedSecurityToken/Assertion"))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"./AuthenticationStatement/Subject/NameIdentifier":                                       is.ImmutableID,
		"./AttributeStatement/Subject/NameIdentifier":                                            is.ImmutableID,
		"./AttributeStatement/Attribute[@AttributeName='UPN']/AttributeValue":                    is.UPN,
		"./Conditions/AudienceRestrictionCondition/Audience":                                     is.Realm,
		"./AttributeStatement/Subject/SubjectConfirmation/ConfirmationMethod":                    "urn:oasis:names:tc:SAML:1.0:cm:bearer",
		"./AttributeStatement/Attribute[@AttributeName='ImmutableID']/AttributeValue":            is.ImmutableID,
		"./AttributeStatement/Attribute[@AttributeName='authnmethodsreferences']/AttributeValue": MultipleAuthn,
	} {
		if el := signed.FindElement(path); el == nil || el.Text() != want {
			t.Errorf("%s: %+v, want %q\n%s", path, el, want, text)
		}
	}
	for key, want := range map[string]string{"Issuer": is.Issuer, "MajorVersion": "1", "MinorVersion": "1", "IssueInstant": "2026-11-23T12:00:00.000Z"} {
		if got := signed.SelectAttrValue(key, ""); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	conditions := signed.FindElement("./Conditions")
	if from, to := conditions.SelectAttrValue("NotBefore", ""), conditions.SelectAttrValue("NotOnOrAfter", ""); from != "2026-11-23T11:59:00.000Z" || to != "2026-11-23T12:05:00.000Z" {
		t.Errorf("good from %s to %s", from, to)
	}
	kids := doc.Root().FindElement("./RequestedSecurityToken/Assertion").ChildElements()
	if kids[len(kids)-1].Tag != "Signature" {
		t.Error("the signature is not last, where SAML 1.1 has it")
	}
	other, err := provider().Respond(is)
	if err != nil || other == text {
		t.Errorf("two tokens are the same: %v", err)
	}
}

// TestSignatureByXmlsec checks a token with software that has nothing to do with us.
func TestSignatureByXmlsec(t *testing.T) {
	t.Parallel()
	text, err := provider().Respond(issue())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		text string
		good bool
	}{"as made": {text, true}, "changed": {strings.Replace(text, "director@", "president@", 1), false}} {
		dir := t.TempDir()
		file, cert := filepath.Join(dir, "token.xml"), filepath.Join(dir, "cert.der")
		for at, b := range map[string][]byte{file: []byte(c.text), cert: pair().Certificate.Raw} {
			if err := os.WriteFile(at, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		out, err := exec.CommandContext(t.Context(), "xmlsec1", "--verify", "--id-attr:AssertionID", "urn:oasis:names:tc:SAML:1.0:assertion:Assertion",
			"--pubkey-cert-der", cert, "--enabled-key-data", "rsa", file).CombinedOutput()
		if (err == nil) != c.good {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

func TestRespondRefuses(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Issue){
		"no issuer":         func(is *Issue) { is.Issuer = "" },
		"no realm":          func(is *Issue) { is.Realm = "" },
		"no time":           func(is *Issue) { is.Signed = time.Time{} },
		"in the future":     func(is *Issue) { is.Signed = noon.Add(time.Hour) },
		"no ImmutableID":    func(is *Issue) { is.ImmutableID = "" },
		"ImmutableID space": func(is *Issue) { is.ImmutableID = "a b" },
		"ImmutableID long":  func(is *Issue) { is.ImmutableID = strings.Repeat("a", 65) },
		"no UPN":            func(is *Issue) { is.UPN = "director" },
		"two UPNs":          func(is *Issue) { is.UPN = "a@b.example@c.example" },
	} {
		is := issue()
		change(&is)
		if text, err := provider().Respond(is); err == nil {
			t.Errorf("%s: %s", name, text)
		}
	}
	broken := provider()
	broken.Keys = nil
	if _, err := broken.Respond(issue()); err == nil {
		t.Error("a token without a key")
	}
}

func TestReadRequest(t *testing.T) {
	t.Parallel()
	r, err := ReadRequest("wa=wsignin1.0&wtrealm=urn%3afederation%3aMicrosoftOnline&wctx=LoginOptions%3D3%26estsredirect%3d2%26estsrequest%3dabc&cbcxt=&username=director%40contoso.example" +
		"&mkt=&lc=&wfresh=0&whr=contoso.example&wauth=http%3a%2f%2fschemas.microsoft.com%2fclaims%2fmultipleauthn&wct=2026-11-23T12%3a00%3a00Z&via=token")
	if err != nil {
		t.Fatal(err)
	}
	want := Request{
		Action: SignIn, Realm: "urn:federation:MicrosoftOnline", Context: "LoginOptions=3&estsredirect=2&estsrequest=abc", Home: "contoso.example",
		Method: MultipleAuthn, Fresh: 0, Sent: noon, Hint: "director@contoso.example",
	}
	if *r != want {
		t.Errorf("got %+v\nwant %+v", *r, want)
	}
	if r, err := ReadRequest("wa=wsignin1.0&wtrealm=x&wfresh=4294967295&login_hint=a"); err != nil || r.Fresh != maxFresh*time.Minute || r.Hint != "a" {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := ReadRequest("wa=wsignin1.0&wtrealm=x&prompt=none"); err != nil || r.Fresh >= 0 || !r.Silent {
		t.Errorf("%+v, %v", r, err)
	}
	for _, bad := range []string{
		"", "wa=wsignin1.0", "wa=x&wtrealm=y", "wa=wsignin1.0&wtrealm=a&wtrealm=b", "wa=wsignin1.0&wtrealm=a%00b", "wa=wsignin1.0&wtrealm=%ff", "wa=wsignin1.0&wtrealm=a&wfresh=1.5",
		"wa=wsignin1.0&wtrealm=a&wfresh=-1", "wa=wsignin1.0&wtrealm=a&wct=yesterday", "wa=wsignin1.0&wtrealm=%zz", "wa=wsignin1.0;wtrealm=a",
		"wa=wsignin1.0&wtrealm=" + strings.Repeat("a", maxParam+1), "wa=wsignin1.0&wtrealm=a&wctx=" + strings.Repeat("a", maxContext+1), strings.Repeat("a", 5*maxContext),
	} {
		if r, err := ReadRequest(bad); !fault.Is(err, fault.Invalid) {
			t.Errorf("%.60q: %+v, %v", bad, r, err)
		}
	}
}

func TestRefuse(t *testing.T) {
	t.Parallel()
	text, err := Refuse(`nobody <is> signed in & "so on"`)
	doc := etree.NewDocument()
	if err != nil || doc.ReadFromString(text) != nil || doc.Root().Tag != "Fault" || doc.Root().FindElement("./Reason/Text").Text() != `nobody <is> signed in & "so on"` {
		t.Errorf("%s, %v", text, err)
	}
}

func FuzzReadRequest(f *testing.F) {
	f.Add("wa=wsignin1.0&wtrealm=urn%3afederation%3aMicrosoftOnline&wctx=a%26b&wfresh=0&wct=2026-11-23T12%3a00%3a00Z")
	f.Add("wa=wsignout1.0&wreply=https://x.example/")
	f.Fuzz(func(t *testing.T, query string) {
		r, err := ReadRequest(query)
		if err != nil {
			if r != nil || !fault.Is(err, fault.Invalid) {
				t.Fatalf("%q: %+v, %v", query, r, err)
			}
			return
		}
		q, err := url.ParseQuery(query)
		if err != nil || len(q["wa"]) != 1 || len(q["wtrealm"]) > 1 || r.Context != q.Get("wctx") || r.Realm != q.Get("wtrealm") {
			t.Fatalf("%q was read as %+v", query, r)
		}
		if r.Action == SignIn && r.Realm == "" || r.Fresh > maxFresh*time.Minute {
			t.Fatalf("%q: %+v", query, r)
		}
	})
}

// FuzzRespond puts foreign text into a token: whatever a directory holds comes out as the same text, under the signature.
func FuzzRespond(f *testing.F) {
	f.Add("a@b.example", "id", "urn:realm")
	f.Add("a\r\n\t@b", "]]>", "<x>&amp;")
	f.Fuzz(func(t *testing.T, upn, id, realm string) {
		is := issue()
		is.UPN, is.ImmutableID, is.Realm = upn, id, realm
		text, err := provider().Respond(is)
		if err != nil {
			return
		}
		doc := etree.NewDocument()
		if err := doc.ReadFromString(text); err != nil {
			return // characters that XML has not: no reader takes them for others
		}
		values := doc.FindElements("//Attribute[@AttributeName='ImmutableID']/AttributeValue")
		if len(values) != 1 || values[0].Text() != id {
			t.Fatalf("%q became %d values\n%s", id, len(values), text)
		}
	})
}
