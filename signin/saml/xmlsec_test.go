package saml

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
)

// xmlsec runs xmlsec1 (build/packages.txt) in a folder and returns what it writes.
func xmlsec(tb testing.TB, dir, command string, args ...string) []byte {
	tb.Helper()
	cmd := exec.CommandContext(tb.Context(), "xmlsec1", slices.Concat([]string{command}, idAttributes, args)...)
	cmd.Dir = dir
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		tb.Fatalf("xmlsec1 %s %s: %v\n%s", command, strings.Join(args, " "), err, errs.String())
	}
	return out.Bytes()
}

func write(tb testing.TB, dir, name string, data []byte) string {
	tb.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		tb.Fatal(err)
	}
	return name
}

// pems writes a pair's certificate and private key.
func pems(tb testing.TB, dir, pair string) {
	tb.Helper()
	write(tb, dir, "cert.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: keys()[pair].Certificate.Raw}))
	der, err := x509.MarshalPKCS8PrivateKey(keys()[pair].Signer)
	if err != nil {
		tb.Fatal(err)
	}
	write(tb, dir, "key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

var idAttributes = []string{"--id-attr:ID", nsSAMLP + ":Response", "--id-attr:ID", nsSAML + ":Assertion", "--id-attr:ID", nsSAMLP + ":AuthnRequest", "--id-attr:ID", nsSAMLP + ":LogoutRequest", "--id-attr:ID", nsMD + ":EntityDescriptor"}

func TestXMLSecAcceptsOurSignatures(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pair string
		hash crypto.Hash
	}{
		"RSA-SHA256": {"provider", crypto.SHA256}, "RSA-SHA384": {"provider", crypto.SHA384}, "RSA-SHA512": {"provider", crypto.SHA512},
		"P-256": {"p256", crypto.SHA256}, "P-384": {"p384", crypto.SHA384}, "P-521": {"p521", crypto.SHA512},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			pems(t, dir, c.pair)
			idp, is := contoso(c.pair), alice()
			idp.Hash = c.hash
			is.Attributes = append(is.Attributes, Attribute{Name: "odd", FriendlyName: `a"b'<c>&`, Values: []string{"x < y & z > \" ' \r\n\t é 漢 \U0001F600", "  "}})
			m, err := idp.Respond(is)
			if err != nil {
				t.Fatal(err)
			}
			write(t, dir, "response.xml", []byte(document(t, &m.Message)))
			for _, parent := range []string{"/*", "/*/*[local-name()='Assertion']"} {
				xmlsec(t, dir, "--verify", "--pubkey-cert-pem", "cert.pem", "--node-xpath", parent+"/*[local-name()='Signature']", "response.xml")
			}
			metadata, err := idp.Metadata(time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			write(t, dir, "metadata.xml", metadata)
			sp := broker()
			sp.Keys, sp.SignRequests = Keys{keys()[c.pair]}, true
			request, err := sp.Request(RequestOptions{Binding: Post})
			if err != nil {
				t.Fatal(err)
			}
			write(t, dir, "request.xml", []byte(document(t, request)))
			logout, err := sp.RequestLogout(sp.Provider, RoleProvider, Post, is.NameID, []string{"_s1"}, "")
			if err != nil {
				t.Fatal(err)
			}
			write(t, dir, "logout.xml", []byte(document(t, logout)))
			for _, file := range []string{"metadata.xml", "request.xml", "logout.xml"} {
				xmlsec(t, dir, "--verify", "--pubkey-cert-pem", "cert.pem", file)
			}
			// It does check: with a bit changed, it refuses.
			changed := strings.Replace(document(t, &m.Message), "Finance", "Fimance", 1)
			write(t, dir, "changed.xml", []byte(changed))
			cmd := exec.CommandContext(t.Context(), "xmlsec1", slices.Concat([]string{"--verify"}, idAttributes, []string{"--pubkey-cert-pem", "cert.pem", "changed.xml"})...)
			cmd.Dir = dir
			if cmd.Run() == nil {
				t.Error("a changed document passes")
			}
		})
	}
}

// template is a signature that xmlsec1 fills in.
func template(id, method, digest, prefixes string) string {
	inclusive := ""
	if prefixes != "" {
		inclusive = `<ec:InclusiveNamespaces xmlns:ec="` + nsEC + `" PrefixList="` + prefixes + `"/>`
	}
	return `<Signature xmlns="` + nsDS + `">
  <SignedInfo>
    <CanonicalizationMethod Algorithm="` + excC14N + `"/>
    <SignatureMethod Algorithm="` + method + `"/>
    <Reference URI="#` + id + `">
      <Transforms><Transform Algorithm="` + enveloped + `"/><Transform Algorithm="` + excC14N + `">` + inclusive + `</Transform></Transforms>
      <DigestMethod Algorithm="` + digest + `"/>
      <DigestValue/>
    </Reference>
  </SignedInfo>
  <SignatureValue/>
  <KeyInfo><X509Data/></KeyInfo>
</Signature>`
}

// foreign is a response in another hand: other prefixes, default namespaces, white space, typed values.
func foreign(signature string) string {
	return `<?xml version="1.0" encoding="UTF-8"?>
<p:Response xmlns:p="` + nsSAMLP + `" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="` + nsXSI + `" ID="_resp" Version="2.0" IssueInstant="` + at(0) + `" Destination="` + consumerAt + `" InResponseTo="_request1">
  <Issuer xmlns="` + nsSAML + `">` + providerID + `</Issuer>
  <p:Status><p:StatusCode Value="` + statusPrefix + `Success"/></p:Status>
  <Assertion xmlns="` + nsSAML + `" ID="_assertion" Version="2.0" IssueInstant="` + at(0) + `">
    <Issuer>` + providerID + `</Issuer>` + signature + `
    <Subject>
      <NameID Format="` + FormatPersistent + `">al&#105;ce &amp; co</NameID>
      <SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><SubjectConfirmationData InResponseTo="_request1" NotOnOrAfter="` + at(time.Minute) + `" Recipient="` + consumerAt + `"/></SubjectConfirmation>
    </Subject>
    <Conditions NotBefore="` + at(-time.Minute) + `" NotOnOrAfter="` + at(time.Hour) + `"><AudienceRestriction><Audience>` + brokerID + `</Audience></AudienceRestriction></Conditions>
    <AttributeStatement>
      <Attribute Name="Role"><AttributeValue xsi:type="xs:string">reader</AttributeValue></Attribute>
      <Attribute Name="Role"><AttributeValue xsi:type="xs:string">writer</AttributeValue></Attribute>
    </AttributeStatement>
    <AuthnStatement AuthnInstant="` + at(-time.Minute) + `" SessionIndex="_x"><AuthnContext><AuthnContextClassRef>` + ContextPassword + `</AuthnContextClassRef></AuthnContext></AuthnStatement>
  </Assertion>
</p:Response>
`
}

func TestXMLSecSignsWhatWeAccept(t *testing.T) {
	t.Parallel()
	const sha384 = "http://www.w3.org/2001/04/xmldsig-more#sha384"
	for name, c := range map[string]struct{ pair, method, digest, prefixes string }{
		"RSA-SHA256":          {"provider", string(RSASHA256), nsXENC + "sha256", ""},
		"RSA-SHA256, typed":   {"provider", string(RSASHA256), nsXENC + "sha256", "xs xsi"},
		"RSA-SHA512":          {"provider", string(RSASHA512), nsXENC + "sha512", ""},
		"RSA-SHA384":          {"provider", string(RSASHA384), sha384, ""},
		"P-256":               {"p256", string(ECDSASHA256), nsXENC + "sha256", ""},
		"P-521, small digest": {"p521", string(ECDSASHA512), nsXENC + "sha256", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			pems(t, dir, c.pair)
			write(t, dir, "template.xml", []byte(foreign(template("_assertion", c.method, c.digest, c.prefixes))))
			out := xmlsec(t, dir, "--sign", "--privkey-pem", "key.pem,cert.pem", "template.xml")
			sp := broker()
			sp.Provider = provider(c.pair)
			got, err := verify(sp, string(out))
			if err != nil {
				t.Fatal(err)
			}
			if got.NameID.Value != "alice & co" || len(got.Attributes) != 1 || strings.Join(got.Attributes[0].Values, " ") != "reader writer" || got.SessionIndex != "_x" {
				t.Errorf("read %+v", got)
			}
			changed, err := verify(sp, strings.Replace(string(out), "writer", "owner", 1))
			refused(t, changed, err, ReasonDigest)
		})
	}
}

// TestXMLSecDecrypts has xmlsec1 open what we encrypt, and us what it encrypts.
func TestXMLSecDecrypts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pems(t, dir, "broker")
	assertion := tree(t, assertionText(t))
	sealed, err := seal("test", assertion, keys()["broker"].Certificate, AES256GCM)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "sealed.xml", []byte(text(t, sealed)))
	opened := etree.NewDocument()
	if err := opened.ReadFromBytes(xmlsec(t, dir, "--decrypt", "--privkey-pem", "key.pem", "sealed.xml")); err != nil {
		t.Fatal(err)
	}
	inner := opened.FindElement("./EncryptedAssertion/Assertion")
	if inner == nil || canonical(t, inner) != canonical(t, assertion) {
		t.Fatal("xmlsec1 opens something else")
	}

	write(t, dir, "plain.xml", []byte(assertionText(t)))
	write(t, dir, "box.xml", []byte(`<xenc:EncryptedData xmlns:xenc="`+nsXENC+`" Type="`+typeElement+`"><xenc:EncryptionMethod Algorithm="`+gcm256+`"/>`+
		`<ds:KeyInfo xmlns:ds="`+nsDS+`"><xenc:EncryptedKey><xenc:EncryptionMethod Algorithm="`+oaepMGF1P+`"/><ds:KeyInfo/><xenc:CipherData><xenc:CipherValue/></xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo>`+
		`<xenc:CipherData><xenc:CipherValue/></xenc:CipherData></xenc:EncryptedData>`))
	out := xmlsec(t, dir, "--encrypt", "--pubkey-cert-pem", "cert.pem", "--session-key", "aes-256", "--xml-data", "plain.xml", "box.xml")
	box := tree(t, `<saml:EncryptedAssertion xmlns:saml="`+nsSAML+`"></saml:EncryptedAssertion>`)
	box.AddChild(tree(t, string(out)))
	got, err := verify(broker(), text(t, boxed(t, box)))
	if err != nil || !got.Encrypted || got.NameID.Value != "alice@contoso.example" {
		t.Fatal(got, err)
	}
}

func canonical(tb testing.TB, el *etree.Element) string {
	tb.Helper()
	out, err := dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("").Canonicalize(detach(el))
	if err != nil {
		tb.Fatal(err)
	}
	return string(out)
}

// BenchmarkVerify reads and checks a response with both signatures; BenchmarkIssue makes it.
func BenchmarkVerify(b *testing.B) {
	for name, pair := range map[string]string{"RSA-2048": "provider", "P-256": "p256"} {
		for _, encrypt := range []bool{false, true} {
			label := name
			if encrypt {
				label += " encrypted"
			}
			b.Run(label, func(b *testing.B) {
				is, sp := alice(), broker()
				sp.Provider, is.Settings.Encrypt = provider(pair), encrypt
				m, err := contoso(pair).Respond(is)
				if err != nil {
					b.Fatal(err)
				}
				data, err := base64.StdEncoding.DecodeString(m.Value)
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(len(data)))
				b.ReportAllocs()
				for b.Loop() {
					if _, err := verify(sp, string(data)); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkIssue(b *testing.B) {
	for name, pair := range map[string]string{"RSA-2048": "provider", "P-256": "p256"} {
		b.Run(name, func(b *testing.B) {
			is, idp := alice(), contoso(pair)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := idp.Respond(is); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkRefuse is what a forger costs us: a document that is read whole and has no good signature.
func BenchmarkRefuse(b *testing.B) {
	forged := shaped(b, shape{key: "attacker"})
	sp := broker()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := verify(sp, forged); ReasonOf(err) != ReasonSignature {
			b.Fatal(err)
		}
	}
}
