package saml

import (
	"time"

	"github.com/beevik/etree"
)

// ServiceProvider is Referee towards one identity provider. It is immutable after Validate and safe for concurrent use.
type ServiceProvider struct {
	Local
	Provider *Entity // the company's provider; its pins are the only keys believed
	Consumer string  // our assertion consumer address (Post): Recipient and Destination of every response

	// SignRequests signs requests even where the provider's metadata doesn't want it.
	SignRequests bool
	// RequireSignedResponse and RequireSignedAssertion ask for that signature. With neither, one of the two suffices;
	// a signature that is there must always be good.
	RequireSignedResponse, RequireSignedAssertion bool
	// RequireEncrypted refuses assertions that are not encrypted.
	RequireEncrypted bool
	// AllowCBC accepts AES-CBC inside a response that is signed itself. It has no integrity of its own: whoever could
	// change the cipher text and watch our answers might learn what an assertion says (padding oracle). Only for
	// providers that can't do GCM; Warnings say so.
	AllowCBC bool
	// AllowUnsolicited accepts responses that answer no request (IdP-initiated): login CSRF is then possible.
	AllowUnsolicited bool
	// Audiences are further names that the provider may know us by; EntityID always is one.
	Audiences []string
}

// Validate reports settings that can't work.
func (sp *ServiceProvider) Validate() error {
	const op = "saml.ServiceProvider"
	if err := sp.Local.Validate(); err != nil {
		return err
	}
	switch {
	case !httpURL(sp.Consumer):
		return refuse(op, ReasonSettings, "the consumer address %q is not an absolute https address", sp.Consumer)
	case sp.Provider == nil || sp.Provider.Provider == nil || sp.Provider.ID == "":
		return refuse(op, ReasonSettings, "there is no identity provider, or its metadata has no such role")
	case len(sp.Provider.Provider.Signing) == 0:
		return refuse(op, ReasonNoKey, "the provider %q has no signing certificate", sp.Provider.ID)
	}
	if _, ok := endpoint(sp.Provider.Provider.SignOn, ""); !ok {
		return refuse(op, ReasonSettings, "the provider %q has no sign-in address for the Redirect or Post binding", sp.Provider.ID)
	}
	return nil
}

// usable is Validate, and that the provider's metadata still holds: keys of an expired one may have been taken back.
func (sp *ServiceProvider) usable(op string) error {
	if err := sp.Validate(); err != nil {
		return err
	}
	if end := sp.Provider.ValidUntil; !end.IsZero() && !sp.Now().Before(end) {
		return refuse(op, ReasonMetadataExpired, "the metadata of %q ended at %s: load it again", sp.Provider.ID, formatTime(end))
	}
	return nil
}

// Comparison says how a requested authentication context is met (SAML core 3.3.2.2.1).
type Comparison string

// The comparisons. Exact is the default; the order of contexts in the others is the provider's business.
const (
	Exact   Comparison = "exact"
	Minimum Comparison = "minimum"
	Better  Comparison = "better"
	Maximum Comparison = "maximum"
)

// RequestOptions say what a sign-in is asked for with.
type RequestOptions struct {
	Binding      Binding    // "": the first that the provider has
	ForceAuthn   bool       // the person signs in again
	Passive      bool       // the provider must not ask the person anything
	Contexts     []string   // AuthnContextClassRef, in order of preference
	Comparison   Comparison // "": exact
	NameIDFormat string     // "": the provider's choice
	AllowCreate  bool       // the provider may make a new persistent name
	Hint         *NameID    // whom we expect; not every provider accepts it (Entra refuses Subject)
	Relay        string     // comes back beside the response
}

// Request makes an AuthnRequest (SAML core 3.4.1). The message's ID is to be kept, bound to the browser, for
// [Expect].RequestID.
func (sp *ServiceProvider) Request(o RequestOptions) (*Message, error) {
	const op = "saml.Request"
	if err := sp.usable(op); err != nil {
		return nil, err
	}
	to, ok := endpoint(sp.Provider.Provider.SignOn, o.Binding)
	if !ok {
		return nil, refuse(op, ReasonBinding, "the provider has no sign-in address for the binding %q", clip(string(o.Binding)))
	}
	root := sp.message("AuthnRequest", sp.newID(), to.Location)
	root.CreateAttr("AssertionConsumerServiceURL", sp.Consumer)
	root.CreateAttr("ProtocolBinding", string(Post))
	if o.ForceAuthn {
		root.CreateAttr("ForceAuthn", "true")
	}
	if o.Passive {
		root.CreateAttr("IsPassive", "true")
	}
	if o.Hint != nil {
		o.Hint.write(root.CreateElement("saml:Subject"), "NameID")
	}
	policy := etree.NewElement("samlp:NameIDPolicy")
	if o.NameIDFormat != "" {
		policy.CreateAttr("Format", o.NameIDFormat)
	}
	if o.AllowCreate {
		policy.CreateAttr("AllowCreate", "true")
	}
	if len(policy.Attr) > 0 {
		root.AddChild(policy)
	}
	if len(o.Contexts) > 0 {
		asked := root.CreateElement("samlp:RequestedAuthnContext")
		if o.Comparison == "" {
			o.Comparison = Exact
		}
		asked.CreateAttr("Comparison", string(o.Comparison))
		for _, c := range o.Contexts {
			asked.CreateElement("saml:AuthnContextClassRef").SetText(c)
		}
	}
	sign := sp.SignRequests || sp.Provider.Provider.WantSignedRequests
	return outgoing(op, root, sp.Keys, sp.Hash, sign, Message{Binding: to.Binding, URL: to.Location, Param: "SAMLRequest", Relay: o.Relay})
}

// Expect is what a response must fit, from what was kept when the request was made.
type Expect struct {
	RequestID string // "": unsolicited, which AllowUnsolicited must permit
	// Fresh refuses a sign-in that is older; zero asks nothing. With ForceAuthn it is the time of the request.
	Fresh time.Time
	// Contexts and Comparison are those of the request. Exact wants one of them; for the others the provider's own
	// order can't be checked, so any context but "unspecified" passes, and Accepted narrows it.
	Contexts   []string
	Comparison Comparison
	Accepted   []string // where not empty: the context must be one of these, whatever was asked for
	Subject    *NameID  // where not nil: this very person
}

// Warning is something an administrator should mend although the sign-in is good.
type Warning string

// The warnings.
const (
	WarnCBC         Warning = "assertion_encrypted_with_cbc"
	WarnCertificate Warning = "provider_certificate_expired" // the pinned certificate's own date has passed
	WarnUnsolicited Warning = "unsolicited_response"
)

// ReplayKey marks a message as used. The caller stores it, tenant beside it, until Until, in one step that says
// whether it was there: the second who comes with it is refused with [ReasonReplay].
type ReplayKey struct {
	Key   string
	Until time.Time
}

// SignIn is what a provider vouched for, read from signed bytes alone.
type SignIn struct {
	Issuer       string
	NameID       NameID
	SessionIndex string    // for logout; "" if the provider gives none
	Issued       time.Time // when the assertion was made
	AuthnInstant time.Time // when the person signed in there
	SessionEnd   time.Time // SessionNotOnOrAfter; zero: not said
	Context      string    // AuthnContextClassRef
	Authorities  []string  // AuthenticatingAuthority: where a brokering provider had it from
	Attributes   []Attribute
	ResponseID   string
	AssertionID  string
	InResponseTo string
	Replay       ReplayKey
	Encrypted    bool
	Fingerprint  string // hex SHA-256 of the pinned certificate whose key signed: which one is in use
	Warnings     []Warning
}

// Attribute is one of an assertion.
type Attribute struct {
	Name, Format, FriendlyName string
	Values                     []string
}
