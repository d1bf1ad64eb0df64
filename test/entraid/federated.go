package entraid

import (
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/referee-casb/referee/signin/saml"
)

const (
	nsTrust       = "http://schemas.xmlsoap.org/ws/2005/02/trust"
	nsSAML1       = "urn:oasis:names:tc:SAML:1.0:assertion"
	multipleAuthn = "http://schemas.microsoft.com/claims/multipleauthn"
	methodsClaim  = "http://schemas.microsoft.com/claims/authnmethodsreferences"
	clockSkew     = 5 * time.Minute
)

// said is what a token says.
type said struct {
	id, issuer, name, upn, immutable string
	methods                          []string
	at                               time.Time
}

// federated takes the token of a domain's provider.
func (e *Entra) federated(w http.ResponseWriter, r *http.Request) {
	f := r.PostForm
	context, err := url.ParseQuery(f.Get("wctx") + f.Get("RelayState"))
	id := context.Get("estsrequest")
	req := e.waiting[id]
	refuse := func(err error) {
		e.refused = append(e.refused, err)
		w.WriteHeader(http.StatusBadRequest)
		page(w, signInPage, "") // its error pages are of the same kind as the sign-in page
	}
	switch {
	case err != nil || req == nil:
		refuse(errors.New("AADSTS50017: no request waits for this"))
		return
	case cookie(r, "esctx-"+id[:8]) != id:
		refuse(errors.New("AADSTS165000: the request was begun in another browser"))
		return
	}
	d := e.Domains[req.domain]
	var t *said
	if d.SAML {
		t, err = e.readSAML(d, req, f)
	} else {
		t, err = e.readWSFed(d, f)
	}
	if err != nil && strings.Contains(err.Error(), "FailedAuthentication") {
		delete(e.waiting, id)
		e.refused = append(e.refused, err)
		e.send(w, r, req, url.Values{"error": {"interaction_required"}, "error_description": {"AADSTS50126: the identity provider did not sign the person in"}})
		return
	}
	if err == nil {
		err = e.believe(t, d, req)
	}
	if err != nil {
		refuse(err)
		return
	}
	delete(e.waiting, id)
	who := &person{upn: t.upn, id: "oid-" + t.immutable, mfa: slices.Contains(t.methods, multipleAuthn), at: t.at}
	key := rand.Text()
	e.sessions[key] = who
	http.SetCookie(w, &http.Cookie{Name: "ESTSAUTH", Value: key, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteNoneMode})
	if e.StaySigned {
		page(w, stayPage, nil)
		return
	}
	e.issue(w, r, req, who)
}

// believe checks what a token says against the tenant.
func (e *Entra) believe(t *said, d Domain, req *request) error {
	now := e.Now()
	switch {
	case e.seen[t.id]:
		return errors.New("AADSTS51004: the assertion was used before")
	case t.issuer != d.Issuer:
		return fmt.Errorf("AADSTS50107: the issuer %q is not the domain's", t.issuer)
	case domainOf(t.upn) != req.domain:
		return fmt.Errorf("AADSTS50107: %q is not of the domain %s", t.upn, req.domain)
	case t.immutable == "" || e.People[t.immutable] == "":
		return fmt.Errorf("AADSTS51004: no user account has the ImmutableID %q", t.immutable)
	case !strings.EqualFold(e.People[t.immutable], t.upn):
		return fmt.Errorf("AADSTS51004: the account of this ImmutableID is not %q", t.upn)
	case t.name != t.immutable:
		return fmt.Errorf("AADSTS51004: the name %q is not the ImmutableID", t.name)
	case t.at.After(now.Add(clockSkew)):
		return errors.New("AADSTS50008: the sign-in is in the future")
	case req.fresh && t.at.Before(req.begun.Add(-clockSkew)):
		return errors.New("AADSTS50133: a fresh sign-in was asked for")
	case e.RequireMFA && d.MFA == EnforceMFA && !slices.Contains(t.methods, multipleAuthn):
		return errors.New("AADSTS50076: a second factor was asked for, and the provider does not claim one")
	}
	if d.MFA == RejectMFA {
		t.methods = nil
	}
	e.seen[t.id] = true
	return nil
}

// readSAML verifies a SAML 2.0 response.
func (e *Entra) readSAML(d Domain, req *request, form url.Values) (*said, error) {
	in, err := saml.FromForm(form)
	if err != nil {
		return nil, err
	}
	got, err := e.service(d).VerifyResponse(in, saml.Expect{RequestID: req.samlID})
	if err != nil {
		return nil, err
	}
	if got.NameID.Format != saml.FormatPersistent {
		return nil, fmt.Errorf("AADSTS51004: the NameID is %q, not persistent", got.NameID.Format)
	}
	t := &said{id: got.AssertionID, issuer: d.Issuer, name: got.NameID.Value, immutable: got.NameID.Value, at: got.AuthnInstant}
	for _, a := range got.Attributes {
		switch a.Name {
		case "IDPEmail":
			t.upn = strings.Join(a.Values, " ")
		case methodsClaim:
			t.methods = a.Values
		}
	}
	return t, nil
}

// readWSFed verifies a WS-Trust response with a SAML 1.1 assertion. What is read is what the signature covers.
func (e *Entra) readWSFed(d Domain, form url.Values) (*said, error) {
	if form.Get("wa") != "wsignin1.0" {
		return nil, errors.New("AADSTS50009: wa is not wsignin1.0")
	}
	doc := etree.NewDocument()
	if err := doc.ReadFromString(form.Get("wresult")); err != nil || doc.Root() == nil {
		return nil, fmt.Errorf("AADSTS50009: wresult is no XML: %w", err)
	}
	root := doc.Root()
	if root.Tag == "Fault" {
		return nil, errors.New("the provider answers: FailedAuthentication")
	}
	if root.Tag != "RequestSecurityTokenResponse" || root.NamespaceURI() != nsTrust {
		return nil, fmt.Errorf("AADSTS50009: wresult is a %s", root.Tag)
	}
	if to := root.FindElement("./AppliesTo/EndpointReference/Address"); to == nil || to.Text() != Realm {
		return nil, errors.New("AADSTS50009: the response is not for us")
	}
	tokens := root.FindElements("./RequestedSecurityToken/Assertion")
	if len(tokens) != 1 || len(root.FindElements("//Assertion")) != 1 || tokens[0].NamespaceURI() != nsSAML1 {
		return nil, errors.New("AADSTS50009: there is not one SAML 1.1 assertion")
	}
	kids := tokens[0].ChildElements()
	if len(kids) == 0 || kids[len(kids)-1].Tag != "Signature" {
		return nil, errors.New("AADSTS50008: the assertion's signature is not its last element")
	}
	alone, err := verified(d.Signing, tokens[0])
	if err != nil {
		return nil, fmt.Errorf("AADSTS50008: the signature: %w", err)
	}
	return e.readAssertion(alone)
}

// verified returns the signed element.
func verified(pins []*x509.Certificate, el *etree.Element) (*etree.Element, error) {
	ctx := dsig.NewDefaultValidationContext(&dsig.MemoryX509CertificateStore{Roots: pins})
	ctx.IdAttribute = "AssertionID"
	copied := etree.NewDocument()
	text, err := func() ([]byte, error) {
		d := etree.NewDocumentWithRoot(el.Copy())
		for _, a := range el.Parent().Attr { // declarations from around it
			if a.Space == "xmlns" && d.Root().SelectAttr("xmlns:"+a.Key) == nil {
				d.Root().CreateAttr("xmlns:"+a.Key, a.Value)
			}
		}
		return d.WriteToBytes()
	}()
	if err != nil {
		return nil, err
	}
	if err := copied.ReadFromBytes(text); err != nil {
		return nil, err
	}
	return ctx.Validate(copied.Root())
}

func (e *Entra) readAssertion(el *etree.Element) (*said, error) {
	now := e.Now()
	t := &said{id: el.SelectAttrValue("AssertionID", ""), issuer: el.SelectAttrValue("Issuer", "")}
	if el.SelectAttrValue("MajorVersion", "") != "1" || el.SelectAttrValue("MinorVersion", "") != "1" || t.id == "" {
		return nil, errors.New("AADSTS50009: the assertion is not of SAML 1.1")
	}
	conditions := el.FindElement("./Conditions")
	if conditions == nil {
		return nil, errors.New("AADSTS50008: the assertion has no conditions")
	}
	from, err1 := time.Parse(time.RFC3339, conditions.SelectAttrValue("NotBefore", ""))
	to, err2 := time.Parse(time.RFC3339, conditions.SelectAttrValue("NotOnOrAfter", ""))
	if err := errors.Join(err1, err2); err != nil {
		return nil, fmt.Errorf("AADSTS50008: %w", err)
	}
	if now.Before(from.Add(-clockSkew)) || !now.Before(to.Add(clockSkew)) {
		return nil, fmt.Errorf("AADSTS500081: the assertion is good from %s to %s, and it is %s", from, to, now)
	}
	audiences := conditions.FindElements("./AudienceRestrictionCondition/Audience")
	if len(audiences) != 1 || audiences[0].Text() != Realm {
		return nil, errors.New("AADSTS50008: the assertion is for another audience")
	}
	for _, a := range el.FindElements("./AttributeStatement/Attribute") {
		var values []string
		for _, v := range a.FindElements("./AttributeValue") {
			values = append(values, v.Text())
		}
		switch a.SelectAttrValue("AttributeNamespace", "") + "/" + a.SelectAttrValue("AttributeName", "") {
		case "http://schemas.xmlsoap.org/claims/UPN":
			t.upn = strings.Join(values, " ")
		case "http://schemas.microsoft.com/LiveID/Federation/2008/05/ImmutableID":
			t.immutable = strings.Join(values, " ")
		case methodsClaim:
			t.methods = values
		}
	}
	names := el.FindElements(".//Subject/NameIdentifier")
	if len(names) == 0 {
		return nil, errors.New("AADSTS51004: the assertion names nobody")
	}
	for _, n := range names {
		if t.name == "" {
			t.name = n.Text()
		}
		if n.Text() != t.name || n.SelectAttrValue("Format", "") != "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified" {
			return nil, errors.New("AADSTS51004: the assertion names several people")
		}
	}
	for _, m := range el.FindElements(".//SubjectConfirmation/ConfirmationMethod") {
		if m.Text() != "urn:oasis:names:tc:SAML:1.0:cm:bearer" {
			return nil, errors.New("AADSTS50008: the confirmation is not bearer")
		}
	}
	statement := el.FindElement("./AuthenticationStatement")
	if statement == nil {
		return nil, errors.New("AADSTS50008: the assertion does not say how the person signed in")
	}
	var err error
	t.at, err = time.Parse(time.RFC3339, statement.SelectAttrValue("AuthenticationInstant", ""))
	return t, err
}
