package wsfed

import (
	"crypto/rand"
	"strings"
	"time"

	"github.com/beevik/etree"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/signin/saml"
)

// Namespaces and names of the messages.
const (
	nsTrust    = "http://schemas.xmlsoap.org/ws/2005/02/trust"
	nsPolicy   = "http://schemas.xmlsoap.org/ws/2004/09/policy"
	nsAddress  = "http://www.w3.org/2005/08/addressing"
	nsUtility  = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
	nsSAML1    = "urn:oasis:names:tc:SAML:1.0:assertion"
	nsEnvelope = "http://www.w3.org/2003/05/soap-envelope"

	claimsXML       = "http://schemas.xmlsoap.org/claims"
	claimsImmutable = "http://schemas.microsoft.com/LiveID/Federation/2008/05"
	claimsMicrosoft = "http://schemas.microsoft.com/claims"
	nameFormat      = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
	bearer          = "urn:oasis:names:tc:SAML:1.0:cm:bearer"
)

// The methods that tokens and requests name. MultipleAuthn is what Entra asks for in wauth, and looks for in the claim
// authnmethodsreferences, where a domain's federatedIdpMfaBehavior leaves second factors to its identity provider.
const (
	MultipleAuthn = "http://schemas.microsoft.com/claims/multipleauthn"
	Password      = "urn:oasis:names:tc:SAML:1.0:am:password" //nolint:gosec // the name of a method
	Unspecified   = "urn:oasis:names:tc:SAML:1.0:am:unspecified"
	Windows       = "urn:federation:authentication:windows"
)

// MethodsClaim is the claim that says how a person signed in.
const MethodsClaim = claimsMicrosoft + "/authnmethodsreferences"

// tokenLife is how long a token may take to its relying party.
const tokenLife = 5 * time.Minute

// maxImmutableID bounds an ImmutableID; a GUID in base64 has 24 characters.
const maxImmutableID = 64

// IsImmutableID reports whether a text can be an ImmutableID.
func IsImmutableID(s string) bool {
	return s != "" && len(s) <= maxImmutableID && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// Provider signs tokens.
type Provider struct {
	Keys saml.Keys
	Now  func() time.Time
	Skew time.Duration // tolerated difference of clocks
}

// Issue is what a token says.
type Issue struct {
	Issuer      string // issuerUri of the person's domain in Entra
	Realm       string // of the relying party
	UPN         string // user principal name
	ImmutableID string
	Methods     []string // such as MultipleAuthn
	Signed      time.Time
}

// Respond makes the value of wresult: a WS-Trust response that holds one signed assertion.
func (p *Provider) Respond(is Issue) (string, error) {
	const op = "wsfed.Respond"
	now := p.Now()
	switch {
	case is.Issuer == "" || is.Realm == "" || is.Signed.IsZero():
		return "", fault.New(fault.Internal, op, "a token needs its issuer, its relying party and the time of the sign-in")
	case is.Signed.After(now.Add(p.Skew)):
		return "", fault.New(fault.Internal, op, "the sign-in is in the future")
	case !IsImmutableID(is.ImmutableID):
		return "", fault.New(fault.Denied, op, "there is no ImmutableID")
	case strings.Count(is.UPN, "@") != 1:
		return "", fault.New(fault.Denied, op, "%.100q is no user principal name", is.UPN)
	}
	assertion := p.assertion(is, now)
	sig, err := p.Keys.Envelope(assertion, "AssertionID", 0)
	if err != nil {
		return "", fault.Wrap(err, op, is.Realm)
	}
	assertion.AddChild(sig) // SAML 1.1 has it last (SAML 1.1 core 2.3.2)

	root := etree.NewElement("t:RequestSecurityTokenResponse")
	root.CreateAttr("xmlns:t", nsTrust)
	life := root.CreateElement("t:Lifetime")
	for _, at := range []struct {
		tag string
		t   time.Time
	}{{"wsu:Created", now}, {"wsu:Expires", now.Add(tokenLife)}} {
		el := life.CreateElement(at.tag)
		el.CreateAttr("xmlns:wsu", nsUtility)
		el.SetText(stamp(at.t))
	}
	to := root.CreateElement("wsp:AppliesTo")
	to.CreateAttr("xmlns:wsp", nsPolicy)
	reference := to.CreateElement("wsa:EndpointReference")
	reference.CreateAttr("xmlns:wsa", nsAddress)
	reference.CreateElement("wsa:Address").SetText(is.Realm)
	root.CreateElement("t:RequestedSecurityToken").AddChild(assertion)
	root.CreateElement("t:TokenType").SetText(nsSAML1)
	root.CreateElement("t:RequestType").SetText(nsTrust + "/Issue")
	root.CreateElement("t:KeyType").SetText("http://schemas.xmlsoap.org/ws/2005/05/identity/NoProofKey")
	return written(op, root)
}

// assertion makes the assertion, unsigned.
func (p *Provider) assertion(is Issue, now time.Time) *etree.Element {
	root := etree.NewElement("saml:Assertion")
	root.CreateAttr("xmlns:saml", nsSAML1)
	root.CreateAttr("MajorVersion", "1")
	root.CreateAttr("MinorVersion", "1")
	root.CreateAttr("AssertionID", "_"+rand.Text())
	root.CreateAttr("Issuer", is.Issuer)
	root.CreateAttr("IssueInstant", stamp(now))
	conditions := root.CreateElement("saml:Conditions")
	conditions.CreateAttr("NotBefore", stamp(now.Add(-p.Skew)))
	conditions.CreateAttr("NotOnOrAfter", stamp(now.Add(tokenLife)))
	conditions.CreateElement("saml:AudienceRestrictionCondition").CreateElement("saml:Audience").SetText(is.Realm)

	statement := root.CreateElement("saml:AttributeStatement")
	subject(statement, is.ImmutableID)
	attribute(statement, claimsXML, "UPN", is.UPN)
	attribute(statement, claimsImmutable, "ImmutableID", is.ImmutableID)
	if len(is.Methods) > 0 {
		attribute(statement, claimsMicrosoft, "authnmethodsreferences", is.Methods...)
	}
	method := Unspecified
	if len(is.Methods) > 0 && is.Methods[0] != MultipleAuthn {
		method = is.Methods[0]
	}
	authn := root.CreateElement("saml:AuthenticationStatement")
	authn.CreateAttr("AuthenticationMethod", method)
	authn.CreateAttr("AuthenticationInstant", stamp(is.Signed))
	subject(authn, is.ImmutableID)
	return root
}

func subject(statement *etree.Element, name string) {
	el := statement.CreateElement("saml:Subject")
	id := el.CreateElement("saml:NameIdentifier")
	id.CreateAttr("Format", nameFormat)
	id.SetText(name)
	el.CreateElement("saml:SubjectConfirmation").CreateElement("saml:ConfirmationMethod").SetText(bearer)
}

func attribute(statement *etree.Element, namespace, name string, values ...string) {
	el := statement.CreateElement("saml:Attribute")
	el.CreateAttr("AttributeName", name)
	el.CreateAttr("AttributeNamespace", namespace)
	for _, v := range values {
		el.CreateElement("saml:AttributeValue").SetText(v)
	}
}

// Refuse makes the value of wresult for a request that gets no token: a SOAP fault (WS-Federation 1.2 section 13.2.3),
// with WS-Trust's code for it. text is for the relying party's log and tells no secret.
func Refuse(text string) (string, error) {
	root := etree.NewElement("s:Fault")
	root.CreateAttr("xmlns:s", nsEnvelope)
	code := root.CreateElement("s:Code")
	code.CreateElement("s:Value").SetText("s:Sender")
	sub := code.CreateElement("s:Subcode").CreateElement("s:Value")
	sub.CreateAttr("xmlns:t", nsTrust)
	sub.SetText("t:FailedAuthentication")
	reason := root.CreateElement("s:Reason").CreateElement("s:Text")
	reason.CreateAttr("xml:lang", "en")
	reason.SetText(text)
	return written("wsfed.Refuse", root)
}

func written(op string, root *etree.Element) (string, error) {
	doc := etree.NewDocumentWithRoot(root)
	// What a reader's canonicalizer makes of a line break or a tab must be what was signed.
	doc.WriteSettings = etree.WriteSettings{CanonicalText: true, CanonicalAttrVal: true, CanonicalEndTags: true}
	text, err := doc.WriteToString()
	return text, fault.As(err, fault.Internal, op, "")
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
