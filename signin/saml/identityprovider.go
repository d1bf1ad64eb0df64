package saml

import (
	"slices"
	"strconv"
	"strings"

	"github.com/beevik/etree"
)

// IdentityProvider is Referee towards the apps. It is immutable after Validate and safe for concurrent use.
type IdentityProvider struct {
	Local
	SignOn string // our single sign-on address, for both bindings
	// RefuseUnsigned refuses unsigned requests of all apps; [AppRole].SignsRequests does it for one.
	RefuseUnsigned bool
}

// Validate reports settings that can't work.
func (idp *IdentityProvider) Validate() error {
	if err := idp.Local.Validate(); err != nil {
		return err
	}
	if !httpURL(idp.SignOn) {
		return refuse("saml.IdentityProvider", ReasonSettings, "the sign-on address %q is not an absolute https address", idp.SignOn)
	}
	return nil
}

// AuthnRequest is an app's wish that somebody signs in.
type AuthnRequest struct {
	ID           string
	App          *Entity
	Consumer     Endpoint // registered, whatever the request said; its Binding is Post
	NameIDFormat string   // "" or unspecified: our choice
	ForceAuthn   bool
	Passive      bool
	Contexts     []string
	Comparison   Comparison
	Hint         *NameID
	Relay        string
	Signed       bool
	Replay       ReplayKey // for callers that want a request to be used once
}

// ParseRequest reads an AuthnRequest (SAML core 3.4.1, profiles 4.1.4.1). find returns a registered app by its entity
// id. The answer can only go to a consumer of that registration. When the app can be told that its request won't do,
// the request is returned beside the error, for [IdentityProvider.Refuse].
func (idp *IdentityProvider) ParseRequest(in Incoming, find func(entityID string) (*Entity, bool)) (*AuthnRequest, error) {
	const op = "saml.ParseRequest"
	root, err := in.tree(op, false, "AuthnRequest")
	if err != nil {
		return nil, err
	}
	app, err := idp.sender(op, root, find)
	if err != nil {
		return nil, err
	}
	if app.App == nil {
		return nil, refuse(op, ReasonIssuer, "%q is registered, but not as an app", app.ID)
	}
	root, by, err := in.authentic(op, root, app.App.Signing, idp.RefuseUnsigned || app.App.SignsRequests)
	if err != nil {
		return nil, err
	}
	h, err := idp.readHeader(op, root, []string{idp.SignOn}, by != nil, "ForceAuthn", "IsPassive", "ProtocolBinding",
		"AssertionConsumerServiceIndex", "AssertionConsumerServiceURL", "AttributeConsumingServiceIndex", "ProviderName")
	if err != nil {
		return nil, err
	}
	r := &AuthnRequest{
		ID: h.ID, App: app, Relay: in.Relay, Signed: by != nil,
		Replay: ReplayKey{Key: "request\n" + app.ID + "\n" + h.ID, Until: h.Issued.Add(messageLife + idp.skew())},
	}
	parts, err := sequence(op, root,
		slot{nsSAML, "Issuer", 1, 1}, slot{nsDS, "Signature", 0, 1}, slot{nsSAMLP, "Extensions", 0, 1}, slot{nsSAML, "Subject", 0, 1},
		slot{nsSAMLP, "NameIDPolicy", 0, 1}, slot{nsSAML, "Conditions", 0, 1}, slot{nsSAMLP, "RequestedAuthnContext", 0, 1}, slot{nsSAMLP, "Scoping", 0, 1})
	if err != nil {
		return nil, err
	}
	if r.Consumer, err = consumer(op, root, app.App); err != nil {
		return nil, err // never told to the address that was asked for: it isn't the app's
	}
	if r.ForceAuthn, err = flag(op, root, "ForceAuthn"); err != nil {
		return r, err
	}
	if r.Passive, err = flag(op, root, "IsPassive"); err != nil {
		return r, err
	}
	return r, r.read(op, parts)
}

// sender finds who says that it sent a message. Who it is, the signature or the registered consumer decides.
func (l *Local) sender(op string, root *etree.Element, find func(string) (*Entity, bool)) (*Entity, error) {
	kids := root.ChildElements()
	if len(kids) == 0 || !is(kids[0], nsSAML, "Issuer") {
		return nil, refuse(op, ReasonIssuer, "%s has no Issuer", root.Tag)
	}
	id, err := readIssuer(op, kids[0])
	if err != nil {
		return nil, err
	}
	e, ok := find(id)
	if !ok || e == nil || e.ID != id {
		return nil, refuse(op, ReasonIssuer, "nothing is registered as %q", clip(id))
	}
	if !e.ValidUntil.IsZero() && l.Now().After(e.ValidUntil) {
		return nil, refuse(op, ReasonMetadataExpired, "the metadata of %q ended at %s: load it again", id, formatTime(e.ValidUntil))
	}
	return e, nil
}

// consumer picks the registered consumer that a request names by address or index, or the default one.
func consumer(op string, root *etree.Element, app *AppRole) (Endpoint, error) {
	var list []Endpoint
	for _, e := range app.Consumers {
		if e.Binding == Post && httpURL(e.Location) {
			list = append(list, e)
		}
	}
	if len(list) == 0 {
		return Endpoint{}, refuse(op, ReasonACS, "the app has no consumer for the Post binding")
	}
	if b := attr(root, "ProtocolBinding"); b != "" && b != string(Post) {
		return Endpoint{}, refuse(op, ReasonBinding, "the app wants its answer by %q; Post is spoken", clip(b))
	}
	location, index := attr(root, "AssertionConsumerServiceURL"), attr(root, "AssertionConsumerServiceIndex")
	switch {
	case location != "" && index != "":
		return Endpoint{}, refuse(op, ReasonACS, "the request names a consumer by address and by index")
	case location != "":
		for _, e := range list {
			if e.Location == location {
				return e, nil
			}
		}
		return Endpoint{}, refuse(op, ReasonACS, "%q is not a registered consumer of the app", clip(location))
	case index != "":
		n, err := strconv.Atoi(index)
		for _, e := range list {
			if err == nil && e.Index == n {
				return e, nil
			}
		}
		return Endpoint{}, refuse(op, ReasonACS, "the app has no registered consumer with the index %q", clip(index))
	}
	return defaultConsumer(list), nil
}

// defaultConsumer is the one marked so, else the first.
func defaultConsumer(list []Endpoint) Endpoint {
	if i := slices.IndexFunc(list, func(e Endpoint) bool { return e.Default }); i >= 0 {
		return list[i]
	}
	return list[0]
}

// flag reads an XML Schema boolean.
func flag(op string, el *etree.Element, key string) (bool, error) {
	switch v := attr(el, key); v {
	case "true", "1":
		return true, nil
	case "", "false", "0":
		return false, nil
	default:
		return false, refuse(op, ReasonMalformed, "%s is %q, which is neither true nor false", key, clip(v))
	}
}

// read reads the parts of a request that ask for something.
func (r *AuthnRequest) read(op string, parts [][]*etree.Element) error {
	if len(parts[3]) == 1 {
		subject, err := sequence(op, parts[3][0], slot{nsSAML, "NameID", 1, 1})
		if err != nil {
			return refuse(op, ReasonPolicy, "the request's Subject is no plain NameID: %v", err)
		}
		name, err := readNameID(op, subject[0][0])
		if err != nil {
			return err
		}
		r.Hint = &name
	}
	if len(parts[4]) == 1 {
		policy := parts[4][0]
		if err := only(op, policy, "Format", "SPNameQualifier", "AllowCreate"); err != nil {
			return err
		}
		if q := attr(policy, "SPNameQualifier"); q != "" && q != r.App.ID {
			return refuse(op, ReasonPolicy, "the app asks for a name of another app, %q", clip(q))
		}
		switch f := attr(policy, "Format"); f {
		case "", FormatUnspecified, FormatEmail, FormatPersistent, FormatTransient:
			r.NameIDFormat = f
		default:
			return refuse(op, ReasonPolicy, "the name format %q is not given", clip(f))
		}
	}
	if len(parts[5]) == 1 {
		return refuse(op, ReasonPolicy, "the request wants Conditions of its own")
	}
	if len(parts[6]) == 1 {
		return r.readContexts(op, parts[6][0])
	}
	return nil
}

// readContexts reads RequestedAuthnContext (SAML core 3.3.2.2.1).
func (r *AuthnRequest) readContexts(op string, el *etree.Element) error {
	if err := only(op, el, "Comparison"); err != nil {
		return err
	}
	switch c := Comparison(attr(el, "Comparison")); c {
	case "":
		r.Comparison = Exact
	case Exact, Minimum, Better, Maximum:
		r.Comparison = c
	default:
		return refuse(op, ReasonPolicy, "the comparison %q is not known", clip(string(c)))
	}
	parts, err := sequence(op, el, slot{nsSAML, "AuthnContextClassRef", 1, 16})
	if err != nil {
		return refuse(op, ReasonPolicy, "the request asks for a context by other than its class: %v", err)
	}
	for _, c := range parts[0] {
		text, err := content(op, c)
		if err != nil {
			return err
		}
		if text = strings.Trim(text, " \t\r\n"); text == "" || len(text) > maxName {
			return refuse(op, ReasonPolicy, "the request asks for an empty or overlong context")
		}
		r.Contexts = append(r.Contexts, text)
	}
	return nil
}
