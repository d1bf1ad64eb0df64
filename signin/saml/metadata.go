package saml

import (
	"crypto/x509"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/beevik/etree"

	"github.com/referee-casb/referee/fault"
)

// MetadataOptions say how foreign metadata is read.
type MetadataOptions struct {
	EntityID string // which of an EntitiesDescriptor; "" where the document holds one
	// Signers, where not empty, must have signed the document's root; then nothing else is read than what they signed.
	// Without them the document is as good as the way it came.
	Signers []*x509.Certificate
	Now     time.Time
}

// ReadMetadata reads what a peer says of itself (SAML metadata 2). Documents are up to 2 MB. Expired ones are refused,
// as are addresses that a browser may not be sent to and certificates that can't be read.
func ReadMetadata(document []byte, o MetadataOptions) (*Entity, error) {
	const op = "saml.ReadMetadata"
	root, err := parse(op, document, metadataLimits, nil)
	if err != nil {
		return nil, err
	}
	if len(o.Signers) > 0 {
		if root, _, err = verifyEnveloped(op, root, o.Signers, metadataLimits); err != nil {
			return nil, refuse(op, ReasonMetadataSignature, "the metadata's signature is not good: %v", err)
		}
	}
	until, err := validUntil(op, root, o.Now, time.Time{})
	if err != nil {
		return nil, err
	}
	var found []*etree.Element
	switch {
	case is(root, nsMD, "EntityDescriptor"):
		found = []*etree.Element{root}
	case is(root, nsMD, "EntitiesDescriptor"):
		_ = walk(root, func(el *etree.Element) error {
			if is(el, nsMD, "EntityDescriptor") {
				found = append(found, el)
			}
			return nil
		})
	default:
		return nil, refuse(op, ReasonWrongMessage, "the document is %q, expected was SAML metadata (EntityDescriptor)", clip(root.FullTag()))
	}
	if o.EntityID != "" {
		found = slices.DeleteFunc(found, func(el *etree.Element) bool { return attr(el, "entityID") != o.EntityID })
	}
	if len(found) != 1 {
		return nil, refuse(op, ReasonMetadata, "the document describes %d fitting entities instead of one; name the entity id", len(found))
	}
	return readEntity(op, found[0], o.Now, until)
}

// validUntil returns the earlier of an element's end and outer, and refuses what has ended.
func validUntil(op string, el *etree.Element, now, outer time.Time) (time.Time, error) {
	end, err := instant(op, el, "validUntil")
	if err != nil {
		return end, err
	}
	if end.IsZero() || (!outer.IsZero() && outer.Before(end)) {
		end = outer
	}
	if !end.IsZero() && !now.Before(end) {
		return end, refuse(op, ReasonMetadataExpired, "the metadata ended at %s: get it again from the peer", formatTime(end))
	}
	return end, nil
}

func readEntity(op string, el *etree.Element, now, outer time.Time) (*Entity, error) {
	e := &Entity{ID: attr(el, "entityID")}
	if e.ID == "" || len(e.ID) > 1024 || e.ID != strings.TrimSpace(e.ID) {
		return nil, refuse(op, ReasonMetadata, "the entity id is empty, too long or padded")
	}
	var err error
	if e.ValidUntil, err = validUntil(op, el, now, outer); err != nil {
		return nil, err
	}
	for _, c := range el.ChildElements() {
		provider, app := is(c, nsMD, "IDPSSODescriptor"), is(c, nsMD, "SPSSODescriptor")
		if (!provider && !app) || !slices.Contains(strings.Fields(attr(c, "protocolSupportEnumeration")), nsSAMLP) {
			continue
		}
		if (provider && e.Provider != nil) || (app && e.App != nil) {
			return nil, refuse(op, ReasonMetadata, "%q describes one role twice", clip(e.ID))
		}
		end, err := validUntil(op, c, now, e.ValidUntil)
		if err != nil {
			return nil, err
		}
		e.ValidUntil = end
		if provider {
			e.Provider, err = readProvider(op, c)
		} else {
			e.App, err = readApp(op, c)
		}
		if err != nil {
			return nil, err
		}
	}
	if e.Provider == nil && e.App == nil {
		return nil, refuse(op, ReasonMetadata, "%q is neither a SAML 2.0 identity provider nor an app", clip(e.ID))
	}
	return e, nil
}

func readProvider(op string, el *etree.Element) (*ProviderRole, error) {
	r := &ProviderRole{}
	var err error
	if r.WantSignedRequests, err = flag(op, el, "WantAuthnRequestsSigned"); err != nil {
		return nil, err
	}
	if r.Signing, r.Encryption, err = readKeys(op, el); err != nil {
		return nil, err
	}
	if len(r.Signing) == 0 {
		return nil, refuse(op, ReasonMetadata, "the identity provider has no signing certificate")
	}
	if r.SignOn, err = readEndpoints(op, el, "SingleSignOnService"); err != nil {
		return nil, err
	}
	if len(r.SignOn) == 0 {
		return nil, refuse(op, ReasonMetadata, "the identity provider has no sign-on address for the Redirect or Post binding")
	}
	if r.Logout, err = readEndpoints(op, el, "SingleLogoutService"); err != nil {
		return nil, err
	}
	r.NameIDFormats, err = texts(op, named(el, "NameIDFormat"))
	return r, err
}

func readApp(op string, el *etree.Element) (*AppRole, error) {
	r := &AppRole{}
	var err error
	if r.SignsRequests, err = flag(op, el, "AuthnRequestsSigned"); err != nil {
		return nil, err
	}
	if r.WantSignedAssertions, err = flag(op, el, "WantAssertionsSigned"); err != nil {
		return nil, err
	}
	if r.Signing, r.Encryption, err = readKeys(op, el); err != nil {
		return nil, err
	}
	if r.Consumers, err = readEndpoints(op, el, "AssertionConsumerService"); err != nil {
		return nil, err
	}
	if _, ok := endpoint(r.Consumers, Post); !ok {
		return nil, refuse(op, ReasonMetadata, "the app has no consumer for the Post binding")
	}
	if r.Logout, err = readEndpoints(op, el, "SingleLogoutService"); err != nil {
		return nil, err
	}
	for _, service := range named(el, "AttributeConsumingService") {
		for _, a := range named(service, "RequestedAttribute") {
			r.Attributes = append(r.Attributes, attr(a, "Name"))
		}
	}
	r.NameIDFormats, err = texts(op, named(el, "NameIDFormat"))
	return r, err
}

// named returns el's children of a name in the metadata namespace.
func named(el *etree.Element, tag string) []*etree.Element {
	var out []*etree.Element
	for _, c := range el.ChildElements() {
		if is(c, nsMD, tag) {
			out = append(out, c)
		}
	}
	return out
}

// readEndpoints reads those of the bindings that are spoken, and leaves the others out.
func readEndpoints(op string, el *etree.Element, tag string) ([]Endpoint, error) {
	var out []Endpoint
	for _, c := range named(el, tag) {
		e := Endpoint{Binding: Binding(attr(c, "Binding")), Location: strings.TrimSpace(attr(c, "Location")), Response: strings.TrimSpace(attr(c, "ResponseLocation"))}
		if e.Binding != Post && e.Binding != Redirect {
			continue
		}
		if !httpURL(e.Location) || (e.Response != "" && !httpURL(e.Response)) {
			return nil, refuse(op, ReasonMetadata, "the address %q of %s is not an absolute https address", clip(e.Location), tag)
		}
		if i := attr(c, "index"); i != "" {
			n, err := strconv.ParseUint(i, 10, 16)
			if err != nil {
				return nil, refuse(op, ReasonMetadata, "the index %q of %s is not a small number", clip(i), tag)
			}
			e.Index = int(n)
		}
		var err error
		if e.Default, err = flag(op, c, "isDefault"); err != nil {
			return nil, err
		}
		if out = append(out, e); len(out) > 256 {
			return nil, refuse(op, ReasonTooLarge, "there are more than 256 %s", tag)
		}
	}
	return out, nil
}

// readKeys reads the certificates by their use; one without a use is for both.
func readKeys(op string, el *etree.Element) (signing, encryption []*x509.Certificate, err error) {
	for _, k := range named(el, "KeyDescriptor") {
		use := attr(k, "use")
		if use != "" && use != "signing" && use != "encryption" {
			return nil, nil, refuse(op, ReasonMetadata, "a key is for %q", clip(use))
		}
		for _, c := range certificatesIn(k) {
			der, err := base64Of(op, c)
			if err != nil {
				return nil, nil, err
			}
			certificate, err := x509.ParseCertificate(der)
			if err != nil {
				return nil, nil, refuse(op, ReasonMetadata, "a certificate can't be read: %v", err)
			}
			same := func(o *x509.Certificate) bool { return o.Equal(certificate) }
			if use != "encryption" && !slices.ContainsFunc(signing, same) {
				signing = append(signing, certificate)
			}
			if use != "signing" && !slices.ContainsFunc(encryption, same) {
				encryption = append(encryption, certificate)
			}
		}
	}
	if len(signing) > 16 || len(encryption) > 16 {
		return nil, nil, refuse(op, ReasonTooLarge, "there are more than 16 certificates for one use")
	}
	return signing, encryption, nil
}

// certificatesIn returns the X509Certificate elements of a KeyDescriptor's KeyInfo.
func certificatesIn(k *etree.Element) []*etree.Element {
	var out []*etree.Element
	for _, info := range k.ChildElements() {
		if !is(info, nsDS, "KeyInfo") {
			continue
		}
		for _, data := range info.ChildElements() {
			if !is(data, nsDS, "X509Data") {
				continue
			}
			for _, c := range data.ChildElements() {
				if is(c, nsDS, "X509Certificate") {
					out = append(out, c)
				}
			}
		}
	}
	return out
}

// encryption picks the certificate that an assertion is encrypted to: the first that hasn't ended, else the first.
func (r *AppRole) encryption(op string, now time.Time) (*x509.Certificate, error) {
	for _, c := range r.Encryption {
		if now.Before(c.NotAfter) {
			return c, nil
		}
	}
	if len(r.Encryption) == 0 {
		return nil, refuse(op, ReasonNoKey, "assertions are to be encrypted, and the app's metadata has no encryption certificate")
	}
	return r.Encryption[0], nil
}

// Metadata writes our description for the provider, valid for a time; zero: without end. It is signed.
func (sp *ServiceProvider) Metadata(valid time.Duration) ([]byte, error) {
	if err := sp.Local.Validate(); err != nil {
		return nil, err
	}
	root, role := sp.describe("SPSSODescriptor", valid)
	role.CreateAttr("AuthnRequestsSigned", strconv.FormatBool(sp.SignRequests || (sp.Provider != nil && sp.Provider.Provider != nil && sp.Provider.Provider.WantSignedRequests)))
	role.CreateAttr("WantAssertionsSigned", strconv.FormatBool(sp.RequireSignedAssertion))
	sp.describeKeys(role, true)
	sp.describeLogout(role)
	for _, f := range []string{FormatPersistent, FormatEmail, FormatUnspecified, FormatTransient} {
		role.CreateElement("md:NameIDFormat").SetText(f)
	}
	consumer := role.CreateElement("md:AssertionConsumerService")
	consumer.CreateAttr("Binding", string(Post))
	consumer.CreateAttr("Location", sp.Consumer)
	consumer.CreateAttr("index", "0")
	consumer.CreateAttr("isDefault", "true")
	return sp.finish("saml.Metadata", root)
}

// Metadata writes our description for the apps, valid for a time; zero: without end. It is signed.
func (idp *IdentityProvider) Metadata(valid time.Duration) ([]byte, error) {
	if err := idp.Validate(); err != nil {
		return nil, err
	}
	root, role := idp.describe("IDPSSODescriptor", valid)
	role.CreateAttr("WantAuthnRequestsSigned", strconv.FormatBool(idp.RefuseUnsigned))
	idp.describeKeys(role, false)
	idp.describeLogout(role)
	for _, f := range []string{FormatPersistent, FormatEmail, FormatTransient, FormatUnspecified} {
		role.CreateElement("md:NameIDFormat").SetText(f)
	}
	for _, b := range []Binding{Redirect, Post} {
		service := role.CreateElement("md:SingleSignOnService")
		service.CreateAttr("Binding", string(b))
		service.CreateAttr("Location", idp.SignOn)
	}
	return idp.finish("saml.Metadata", root)
}

// describe begins an EntityDescriptor with one role.
func (l *Local) describe(tag string, valid time.Duration) (root, role *etree.Element) {
	root = etree.NewElement("md:EntityDescriptor")
	root.CreateAttr("xmlns:md", nsMD)
	root.CreateAttr("xmlns:ds", nsDS)
	root.CreateAttr("ID", l.newID())
	root.CreateAttr("entityID", l.EntityID)
	if valid > 0 {
		root.CreateAttr("validUntil", formatTime(l.Now().Add(valid)))
	}
	role = root.CreateElement("md:" + tag)
	role.CreateAttr("protocolSupportEnumeration", nsSAMLP)
	return root, role
}

// describeKeys lists every certificate, the signing one first, so that peers take up the next key before it signs.
func (l *Local) describeKeys(role *etree.Element, encryption bool) {
	write := func(use string, p KeyPair) *etree.Element {
		k := role.CreateElement("md:KeyDescriptor")
		k.CreateAttr("use", use)
		k.CreateElement("ds:KeyInfo").CreateElement("ds:X509Data").CreateElement("ds:X509Certificate").
			SetText(base64.StdEncoding.EncodeToString(p.Certificate.Raw))
		return k
	}
	for _, p := range l.Keys {
		write("signing", p)
	}
	for _, p := range l.Keys {
		if _, err := p.decrypter(); encryption && err == nil {
			write("encryption", p).CreateElement("md:EncryptionMethod").CreateAttr("Algorithm", gcm256)
		}
	}
}

func (l *Local) describeLogout(role *etree.Element) {
	if l.Logout == "" {
		return
	}
	for _, b := range []Binding{Redirect, Post} {
		service := role.CreateElement("md:SingleLogoutService")
		service.CreateAttr("Binding", string(b))
		service.CreateAttr("Location", l.Logout)
	}
}

// finish signs and writes a description.
func (l *Local) finish(op string, root *etree.Element) ([]byte, error) {
	if err := l.Keys.sign(op, root, l.Hash); err != nil {
		return nil, err
	}
	out, err := serialize(root)
	if err != nil {
		return nil, fault.As(err, fault.Internal, op, "")
	}
	return append([]byte("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"), out...), nil
}
