package signin_test

import (
	"crypto"
	"encoding/base64"
	"encoding/pem"
	"net/url"
	"strings"
	"testing"

	"github.com/beevik/etree"

	"github.com/referee-casb/referee/tenant"
)

// TestEncryptionSettings: a provider's settings say whether assertions must be encrypted, and whether AES-CBC will do,
// which it does inside a signed response alone.
func TestEncryptionSettings(t *testing.T) {
	t.Parallel()
	const gcm, cbc = "http://www.w3.org/2009/xmlenc11#aes256-gcm", "http://www.w3.org/2001/04/xmlenc#aes256-cbc"
	r, idp, _ := samlRig(t, "", nil)
	to := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: idp.referee().App.Encryption[0].Raw})
	sign := func(text []byte) []byte {
		doc := etree.NewDocument()
		if err := doc.ReadFromBytes(text); err != nil {
			t.Error(err)
		}
		root := doc.Root()
		sig, err := idp.local().Keys.Envelope(root, "ID", crypto.SHA256)
		if err != nil {
			t.Error(err)
			return nil
		}
		root.InsertChildAt(root.FindElement("./Issuer").Index()+1, sig)
		out, err := doc.WriteToBytes()
		if err != nil {
			t.Error(err)
		}
		return out
	}
	for _, c := range []struct {
		name      string
		algorithm string // "" for not encrypted
		signed    bool
		set       func(*tenant.SAMLProvider)
		let       bool
	}{
		{"plain", "", false, func(*tenant.SAMLProvider) {}, true},
		{"plain, encryption wanted", "", false, func(s *tenant.SAMLProvider) { s.RequireEncrypted = true }, false},
		{"GCM, encryption wanted", gcm, false, func(s *tenant.SAMLProvider) { s.RequireEncrypted = true }, true},
		{"CBC", cbc, true, func(*tenant.SAMLProvider) {}, false},
		{"CBC allowed, response not signed", cbc, false, func(s *tenant.SAMLProvider) { s.AllowCBC = true }, false},
		{"CBC allowed, response signed", cbc, true, func(s *tenant.SAMLProvider) { s.AllowCBC = true }, true},
	} {
		r.retenant(func(v *tenant.Tenant) {
			s := *v.Providers[0].SAML
			s.RequireEncrypted, s.AllowCBC = false, false
			c.set(&s)
			v.Providers[0].SAML = &s
		})
		idp.set(func() {
			idp.answer = func(form url.Values) {
				if c.algorithm == "" {
					return
				}
				text, err := base64.StdEncoding.DecodeString(form.Get("SAMLResponse"))
				if err != nil {
					t.Error(err)
					return
				}
				if text = sealBy(t, text, to, c.algorithm); c.signed {
					text = sign(text)
				}
				form.Set("SAMLResponse", base64.StdEncoding.EncodeToString(text))
			}
		})
		p := r.browser(nil).visit(r.direct(appHost) + "/docs/1")
		if let := p.status == 200 && strings.Contains(p.text, "hello director@contoso.example"); let != c.let {
			t.Errorf("%s: %d at %s: %.300s", c.name, p.status, p.at, p.text)
		}
	}
}
