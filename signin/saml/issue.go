package saml

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/beevik/etree"
)

// defaultLife is how long an assertion may take to its app.
const defaultLife = 5 * time.Minute

// AppSettings are an administrator's choices for one app, beside its metadata.
type AppSettings struct {
	// UnsignedResponse and UnsignedAssertion leave that signature out; both together are refused. The default signs
	// both, which every app accepts that checks either.
	UnsignedResponse, UnsignedAssertion bool
	Encrypt                             bool // needs an encryption certificate in the app's metadata
	Encryption                          Encryption
	Life                                time.Duration // of the assertion; zero: 5 minutes; at most an hour
	AllowUnsolicited                    bool          // answers without a request (IdP-initiated)
	// Relays are the RelayStates that an unsolicited answer may carry: absolute https addresses, each allowing itself
	// and what is below its path. With none, an unsolicited answer has no RelayState.
	Relays []string
	// Audiences are further audiences of the assertion; the app's entity id always is one.
	Audiences []string
}

// Issue is what an answer says.
type Issue struct {
	App          *Entity
	Settings     AppSettings
	Request      *AuthnRequest // nil: unsolicited
	NameID       NameID        // see [NameFor]
	Attributes   []Attribute   // see [Rules.Apply]
	AuthnInstant time.Time
	Context      string // "": unspecified
	SessionIndex string // ours for this app and session; comes back in its logout request
	SessionEnd   time.Time
	Relay        string // of an unsolicited answer; otherwise the request's is given back
}

// Issued is an answer and what is to be remembered of it.
type Issued struct {
	Message
	AssertionID string
}

// Respond makes a Response with one assertion for an app (SAML core 3.3.3, profiles 4.1.4.2). Recipient, Destination
// and audience are the app's registered values; the caller may send the form to the mapped address of the same place.
func (idp *IdentityProvider) Respond(is Issue) (*Issued, error) {
	const op = "saml.Respond"
	if err := idp.Validate(); err != nil {
		return nil, err
	}
	to, relay, inResponseTo, err := is.target(op)
	if err != nil {
		return nil, err
	}
	assertion, err := idp.assertion(op, is, to, inResponseTo)
	if err != nil {
		return nil, err
	}
	out := &Issued{AssertionID: attr(assertion, "ID")}
	if !is.Settings.UnsignedAssertion {
		if err := idp.Keys.sign(op, assertion, idp.Hash); err != nil {
			return nil, err
		}
	}
	root := idp.response("Response", to.Location, inResponseTo, "Success")
	if is.Settings.Encrypt {
		certificate, err := is.App.App.encryption(op, idp.Now())
		if err != nil {
			return nil, err
		}
		if assertion, err = seal(op, assertion, certificate, is.Settings.Encryption); err != nil {
			return nil, err
		}
	}
	root.AddChild(assertion)
	m, err := outgoing(op, root, idp.Keys, idp.Hash, !is.Settings.UnsignedResponse, Message{Binding: Post, URL: to.Location, Param: "SAMLResponse", Relay: relay})
	if err != nil {
		return nil, err
	}
	out.Message = *m
	return out, nil
}

// target says where an answer goes, and refuses what may not be answered.
func (is *Issue) target(op string) (to Endpoint, relay, inResponseTo string, err error) {
	s := is.Settings
	switch {
	case is.App == nil || is.App.App == nil:
		err = refuse(op, ReasonSettings, "there is no app to answer")
	case is.Request != nil && is.Request.App != is.App && is.Request.App.ID != is.App.ID:
		err = refuse(op, ReasonSettings, "the request is another app's")
	case s.UnsignedResponse && s.UnsignedAssertion:
		err = refuse(op, ReasonSettings, "an answer needs a signature on the response or on the assertion")
	case s.UnsignedAssertion && is.App.App.WantSignedAssertions:
		err = refuse(op, ReasonSettings, "the app's metadata wants signed assertions")
	case s.Life < 0 || s.Life > time.Hour:
		err = refuse(op, ReasonSettings, "an assertion lives 1 second to 1 hour, not %s", s.Life)
	case is.NameID.Value == "" || is.AuthnInstant.IsZero():
		err = refuse(op, ReasonSettings, "an answer needs a name and the time of the sign-in")
	case is.Request == nil && !s.AllowUnsolicited:
		err = refuse(op, ReasonUnsolicited, "the app takes no sign-in that it did not ask for")
	}
	if err != nil {
		return to, "", "", err
	}
	if is.Request != nil {
		return is.Request.Consumer, is.Request.Relay, is.Request.ID, nil
	}
	if to, err = consumer(op, etree.NewElement("none"), is.App.App); err != nil {
		return to, "", "", err
	}
	if is.Relay != "" && !relayAllowed(is.Relay, s.Relays) {
		return to, "", "", refuse(op, ReasonRelayState, "the app may not be sent to %q", clip(is.Relay))
	}
	return to, is.Relay, "", nil
}

// relayAllowed reports whether an address is one of the list's or below the path of one.
func relayAllowed(relay string, list []string) bool {
	u, err := url.Parse(relay)
	if err != nil || !httpURL(relay) || strings.ContainsAny(u.Path, "\\ \t\r\n") {
		return false
	}
	// The decoded path: %2e%2e climbs as .. does.
	if parts := strings.Split(u.Path, "/"); slices.Contains(parts, "..") || slices.Contains(parts, ".") {
		return false
	}
	return slices.ContainsFunc(list, func(allowed string) bool {
		if !httpURL(allowed) {
			return false
		}
		base := strings.TrimSuffix(allowed, "/")
		rest, ok := strings.CutPrefix(relay, base)
		return ok && (rest == "" || rest[0] == '/' || rest[0] == '?')
	})
}

// assertion makes the assertion, unsigned.
func (idp *IdentityProvider) assertion(op string, is Issue, to Endpoint, inResponseTo string) (*etree.Element, error) {
	now, life := idp.Now(), is.Settings.Life
	if life == 0 {
		life = defaultLife
	}
	if is.AuthnInstant.After(now.Add(idp.skew())) {
		return nil, refuse(op, ReasonSettings, "the sign-in is in the future")
	}
	root := etree.NewElement("saml:Assertion")
	root.CreateAttr("xmlns:saml", nsSAML)
	root.CreateAttr("ID", idp.newID())
	root.CreateAttr("Version", "2.0")
	root.CreateAttr("IssueInstant", formatTime(now))
	root.CreateElement("saml:Issuer").SetText(idp.EntityID)

	subject := root.CreateElement("saml:Subject")
	is.NameID.write(subject, "NameID")
	confirmation := subject.CreateElement("saml:SubjectConfirmation")
	confirmation.CreateAttr("Method", "urn:oasis:names:tc:SAML:2.0:cm:bearer")
	data := confirmation.CreateElement("saml:SubjectConfirmationData")
	data.CreateAttr("NotOnOrAfter", formatTime(now.Add(life)))
	data.CreateAttr("Recipient", to.Location)
	if inResponseTo != "" {
		data.CreateAttr("InResponseTo", inResponseTo)
	}

	conditions := root.CreateElement("saml:Conditions")
	conditions.CreateAttr("NotBefore", formatTime(now.Add(-idp.skew())))
	conditions.CreateAttr("NotOnOrAfter", formatTime(now.Add(life)))
	audiences := conditions.CreateElement("saml:AudienceRestriction")
	for _, a := range append([]string{is.App.ID}, is.Settings.Audiences...) {
		audiences.CreateElement("saml:Audience").SetText(a)
	}

	authn := root.CreateElement("saml:AuthnStatement")
	authn.CreateAttr("AuthnInstant", formatTime(is.AuthnInstant))
	if is.SessionIndex != "" {
		authn.CreateAttr("SessionIndex", is.SessionIndex)
	}
	if !is.SessionEnd.IsZero() {
		authn.CreateAttr("SessionNotOnOrAfter", formatTime(is.SessionEnd))
	}
	if is.Context == "" {
		is.Context = ContextUnspecified
	}
	authn.CreateElement("saml:AuthnContext").CreateElement("saml:AuthnContextClassRef").SetText(is.Context)
	writeAttributes(root, is.Attributes)
	return root, nil
}

// writeAttributes appends an AttributeStatement, which must not be empty.
func writeAttributes(root *etree.Element, list []Attribute) {
	if len(list) == 0 {
		return
	}
	statement := root.CreateElement("saml:AttributeStatement")
	for _, a := range list {
		el := statement.CreateElement("saml:Attribute")
		el.CreateAttr("Name", a.Name)
		if a.Format != "" {
			el.CreateAttr("NameFormat", a.Format)
		}
		if a.FriendlyName != "" {
			el.CreateAttr("FriendlyName", a.FriendlyName)
		}
		for _, v := range a.Values {
			el.CreateElement("saml:AttributeValue").SetText(v)
		}
	}
}

// response begins a Response or LogoutResponse with its status; codes go from the outer to the inner.
func (l *Local) response(tag, destination, inResponseTo string, codes ...string) *etree.Element {
	root := l.message(tag, l.newID(), destination)
	if inResponseTo != "" {
		root.CreateAttr("InResponseTo", inResponseTo)
	}
	status := root.CreateElement("samlp:Status")
	at := status
	for _, c := range codes {
		at = at.CreateElement("samlp:StatusCode")
		at.CreateAttr("Value", statusPrefix+c)
	}
	return root
}

// Status is why an app gets no assertion: the second-level code of SAML core 3.2.2.2.
type Status string

// The statuses that an app is told.
const (
	StatusAuthnFailed   Status = "AuthnFailed"
	StatusNoContext     Status = "NoAuthnContext"
	StatusNoPassive     Status = "NoPassive"
	StatusDenied        Status = "RequestDenied"
	StatusNameIDPolicy  Status = "InvalidNameIDPolicy"
	StatusUnknownPerson Status = "UnknownPrincipal"
)

// StatusOf returns the status that tells an app of an error of [IdentityProvider.ParseRequest].
func StatusOf(err error) Status {
	switch ReasonOf(err) {
	case ReasonPolicy, ReasonNameID:
		return StatusNameIDPolicy
	case ReasonContext:
		return StatusNoContext
	}
	return StatusDenied
}

// Refuse makes a signed Response without an assertion. text is for the app's log and tells no secret; "" for none.
func (idp *IdentityProvider) Refuse(request *AuthnRequest, status Status, text string) (*Message, error) {
	const op = "saml.Refuse"
	if err := idp.Validate(); err != nil {
		return nil, err
	}
	outer := "Responder"
	if status == StatusNameIDPolicy || status == StatusDenied {
		outer = "Requester"
	}
	root := idp.response("Response", request.Consumer.Location, request.ID, outer, string(status))
	if text != "" {
		kids := root.ChildElements()
		kids[len(kids)-1].CreateElement("samlp:StatusMessage").SetText(clip(text))
	}
	return outgoing(op, root, idp.Keys, idp.Hash, true, Message{Binding: Post, URL: request.Consumer.Location, Param: "SAMLResponse", Relay: request.Relay})
}
