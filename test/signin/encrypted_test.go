package signin_test

import (
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/beevik/etree"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/model"
)

// xmlsec runs xmlsec1 (build/packages.txt) in a folder and returns what it writes.
func xmlsec(t *testing.T, dir string, args ...string) []byte {
	t.Helper()
	c := exec.CommandContext(t.Context(), "xmlsec1", args...)
	var out, said bytes.Buffer
	c.Dir, c.Stdout, c.Stderr = dir, &out, &said
	if err := c.Run(); err != nil {
		t.Fatalf("xmlsec1 %s: %v\n%s", strings.Join(args, " "), err, said.String())
	}
	return out.Bytes()
}

// TestEncryptedForApp: an app that asks for encrypted assertions gets one that nobody on the way can read, and that
// xmlsec1 opens and verifies with the app's key.
func TestEncryptedForApp(t *testing.T) {
	t.Parallel()
	r, _, app := samlRig(t, "", func(s *catalog.SAMLApp) { s.Encrypt = pemText(samlPairs()[1].Certificate) })
	b := r.browser(nil)
	p := b.open(app.origin + "/n/1")
	var response []byte
	for range 6 {
		_, form := p.fill()
		if v := form.Get("SAMLResponse"); v != "" && strings.HasPrefix(p.at.String(), "https://"+brokerHost) {
			response, _ = base64.StdEncoding.DecodeString(v)
		}
		next := b.submit(p)
		if next == nil {
			break
		}
		p = b.follow(next, 30)
	}
	p.has(t, 200, "email=director@contoso.example", "id=main:director")
	text := string(response)
	if !strings.Contains(text, "EncryptedAssertion") || strings.Contains(text, "director") || strings.Contains(text, "AttributeStatement") {
		t.Fatalf("the app was sent:\n%s", text)
	}
	dir := t.TempDir()
	key, _ := pairText(t, samlPairs()[1])
	idp, err := app.sp()
	if err != nil {
		t.Fatal(err)
	}
	signer := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: idp.Provider.Provider.Signing[0].Raw})
	write(t, dir, map[string]string{"key.pem": key, "response.xml": text, "signer.pem": string(signer)})
	opened := xmlsec(t, dir, "--decrypt", "--privkey-pem", "key.pem", "response.xml")
	if !bytes.Contains(opened, []byte("director@contoso.example")) {
		t.Fatalf("xmlsec1 opens:\n%s", opened)
	}
	if err := os.WriteFile(filepath.Join(dir, "opened.xml"), opened, 0o600); err != nil {
		t.Fatal(err)
	}
	xmlsec(t, dir, "--verify", "--id-attr:ID", "urn:oasis:names:tc:SAML:2.0:assertion:Assertion", "--pubkey-cert-pem", "signer.pem", "--node-xpath", "//*[local-name()='Assertion']/*[local-name()='Signature']", "opened.xml")
}

// seal has xmlsec1 encrypt a response's assertion to a certificate. The response's own signature, which was made over
// the plain text, goes; that of the assertion stays inside.
func seal(t *testing.T, response []byte, to []byte) []byte {
	t.Helper()
	return sealBy(t, response, to, "http://www.w3.org/2009/xmlenc11#aes256-gcm")
}

func sealBy(t *testing.T, response []byte, to []byte, algorithm string) []byte {
	t.Helper()
	const names = "urn:oasis:names:tc:SAML:2.0:assertion"
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(response); err != nil {
		t.Fatal(err)
	}
	root := doc.Root()
	a := root.FindElement("./Assertion")
	if a == nil {
		t.Fatalf("no assertion in:\n%s", response)
	}
	if own := root.FindElement("./Signature"); own != nil {
		root.RemoveChild(own)
	}
	at := a.Index()
	root.RemoveChild(a)
	a.CreateAttr("xmlns:saml", names) // in scope before; it is a document of its own now
	plain := etree.NewDocument()
	plain.SetRoot(a)
	text, err := plain.WriteToString()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"to.pem": string(to), "plain.xml": text,
		"box.xml": `<xenc:EncryptedData xmlns:xenc="http://www.w3.org/2001/04/xmlenc#" Type="http://www.w3.org/2001/04/xmlenc#Element"><xenc:EncryptionMethod Algorithm="` + algorithm + `"/>` +
			`<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><xenc:EncryptedKey><xenc:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"/><ds:KeyInfo/>` +
			`<xenc:CipherData><xenc:CipherValue/></xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo><xenc:CipherData><xenc:CipherValue/></xenc:CipherData></xenc:EncryptedData>`,
	})
	box := etree.NewDocument()
	if err := box.ReadFromBytes(xmlsec(t, dir, "--encrypt", "--pubkey-cert-pem", "to.pem", "--session-key", "aes-256", "--xml-data", "plain.xml", "box.xml")); err != nil {
		t.Fatal(err)
	}
	sealed := etree.NewElement("saml:EncryptedAssertion")
	sealed.CreateAttr("xmlns:saml", names)
	sealed.AddChild(box.Root())
	root.InsertChildAt(at, sealed)
	out, err := doc.WriteToBytes()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestEncryptedByProvider: an assertion that xmlsec1 encrypted to the key in Referee's metadata signs a person in, and
// one that was encrypted to another key, or changed, nobody.
func TestEncryptedByProvider(t *testing.T) {
	t.Parallel()
	r, idp, _ := samlRig(t, "", nil)
	to := func() []byte {
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: idp.referee().App.Encryption[0].Raw})
	}
	answer := func(key []byte, change func([]byte) []byte) func(url.Values) {
		return func(form url.Values) {
			plain, err := base64.StdEncoding.DecodeString(form.Get("SAMLResponse"))
			if err != nil {
				t.Error(err)
				return
			}
			form.Set("SAMLResponse", base64.StdEncoding.EncodeToString(change(seal(t, plain, key))))
		}
	}
	same := func(b []byte) []byte { return b }
	ours := to()
	idp.set(func() { idp.answer = answer(ours, same) })
	r.browser(nil).visit(r.direct(appHost)+"/docs/1").has(t, 200, "hello director@contoso.example of Directors,Staff")
	for name, f := range map[string]func(url.Values){
		"another's key": answer([]byte(pemText(samlPairs()[2].Certificate)), same),
		"changed": answer(ours, func(b []byte) []byte {
			i := bytes.LastIndex(b, []byte("CipherValue>")) - 80
			out := bytes.Clone(b)
			if out[i]++; out[i] > 'y' || out[i] == '\n' {
				out[i] = 'B'
			}
			return out
		}),
	} {
		idp.set(func() { idp.answer = f })
		if p := r.browser(nil).visit(r.direct(appHost) + "/docs/1"); p.status < 400 || strings.Contains(p.text, "hello") {
			t.Errorf("%s: %d at %s", name, p.status, p.at)
		}
	}
	if logins := r.rec.of(model.ActivityLogin); len(logins) != 1 || logins[0].User.ID != "main:director" {
		t.Errorf("recorded %+v", logins)
	}
	if failed := r.rec.of(model.ActivityFailedLogin); len(failed) != 2 {
		t.Errorf("%d failures on record, want 2", len(failed))
	}
}
