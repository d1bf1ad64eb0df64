package saml

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/beevik/etree"
)

// VerifyResponse reads and checks a Response (SAML core 3.3.3, profiles 4.1.4): bytes, signatures, addressee, times.
// What it returns stands in the bytes that a pinned key signed. The caller stores Replay before it lets anybody in.
func (sp *ServiceProvider) VerifyResponse(in Incoming, want Expect) (*SignIn, error) {
	const op = "saml.VerifyResponse"
	if err := sp.usable(op); err != nil {
		return nil, err
	}
	if in.Binding != Post {
		return nil, refuse(op, ReasonBinding, "a response comes by the Post binding (SAML profiles 4.1.2)")
	}
	root, err := in.tree(op, true, "Response")
	if err != nil {
		return nil, err
	}
	if err := placed(op, root); err != nil {
		return nil, err
	}
	pins := sp.Provider.Provider.Signing
	root, responseBy, err := in.authentic(op, root, pins, sp.RequireSignedResponse)
	if err != nil {
		return nil, err
	}
	// From here on root is what was signed, if responseBy is set; else only the assertion's own signature counts.
	h, parts, err := sp.readResponse(op, root, responseBy != nil, want)
	if err != nil {
		return nil, err
	}
	assertion, out, err := sp.openAssertion(op, root, parts, responseBy != nil)
	if err != nil {
		return nil, err
	}
	assertionBy, err := sp.authenticAssertion(op, &assertion, responseBy != nil)
	if err != nil {
		return nil, err
	}
	out.ResponseID = h.ID
	if err := sp.readAssertion(op, assertion, h, want, out); err != nil {
		return nil, err
	}
	by := assertionBy
	if by == nil {
		by = responseBy
	}
	print := sha256.Sum256(by.Raw)
	out.Fingerprint = hex.EncodeToString(print[:])
	if sp.Now().After(by.NotAfter) {
		out.Warnings = append(out.Warnings, WarnCertificate)
	}
	if want.RequestID == "" {
		out.Warnings = append(out.Warnings, WarnUnsolicited)
	}
	return out, nil
}

// authenticAssertion checks the assertion's own signature and puts the signed reading in its place. It may be
// unsigned only inside a signed response.
func (sp *ServiceProvider) authenticAssertion(op string, assertion **etree.Element, covered bool) (*x509.Certificate, error) {
	own, err := ownSignature(op, *assertion)
	if err != nil {
		return nil, err
	}
	if own == nil {
		if !covered || sp.RequireSignedAssertion {
			return nil, refuse(op, ReasonUnsigned, "neither the response nor the assertion has the signature that is required")
		}
		return nil, nil
	}
	read, by, err := verifyEnveloped(op, *assertion, sp.Provider.Provider.Signing, messageLimits)
	if err != nil {
		return nil, err
	}
	*assertion = read
	return by, nil
}

// structural names mean something to a reader of SAML; wherever they stand, they must be the real ones.
var structural = map[string]string{
	"Assertion": nsSAML, "EncryptedAssertion": nsSAML, "Response": nsSAMLP, "Signature": nsDS, "SignedInfo": nsDS,
	"Subject": nsSAML, "AuthnStatement": nsSAML, "AttributeStatement": nsSAML, "Conditions": nsSAML,
}

// placed refuses the moved, doubled and look-alike elements that signature wrapping is made of, wherever they hide:
// in Extensions, in Object, in an attribute's value, in another namespace.
func placed(op string, root *etree.Element) error {
	assertions := 0
	return walk(root, func(el *etree.Element) error {
		ns, known := structural[el.Tag]
		if !known {
			return nil
		}
		if got := el.NamespaceURI(); got != ns {
			return refuse(op, ReasonNamespace, "an element %q stands in the namespace %q", el.Tag, clip(got))
		}
		parent := el.Parent()
		top := parent == nil || parent.Parent() == nil // el is the root, or its child
		switch el.Tag {
		case "Response":
			if el != root {
				return refuse(op, ReasonUnexpected, "a Response is inside another element")
			}
		case "Assertion", "EncryptedAssertion":
			if assertions++; assertions > 1 || (el != root && parent != root) {
				return refuse(op, ReasonAssertionNumber, "the response must hold exactly one assertion, as its direct child")
			}
		case "Signature":
			if parent == nil || (parent != root && (parent.Parent() != root || !is(parent, nsSAML, "Assertion"))) {
				return refuse(op, ReasonSignaturePlace, "a signature stands inside %s", parentTag(el))
			}
		case "SignedInfo":
			if parent == nil || !is(parent, nsDS, "Signature") {
				return refuse(op, ReasonSignatureShape, "a SignedInfo stands outside of a signature")
			}
		default:
			if (root.Tag == "Response" && top) || !is(parent, nsSAML, "Assertion") {
				return refuse(op, ReasonUnexpected, "%s stands inside %s", el.Tag, parentTag(el))
			}
		}
		return nil
	})
}

func parentTag(el *etree.Element) string {
	if el.Parent() == nil {
		return "nothing"
	}
	return clip(el.Parent().Tag)
}

// readResponse checks what stands around the assertion. signed says that root is what was signed.
func (sp *ServiceProvider) readResponse(op string, root *etree.Element, signed bool, want Expect) (header, [][]*etree.Element, error) {
	h, err := sp.readHeader(op, root, []string{sp.Consumer}, signed, "InResponseTo")
	if err != nil {
		return h, nil, err
	}
	parts, err := sequence(op, root,
		slot{nsSAML, "Issuer", 0, 1}, slot{nsDS, "Signature", 0, 1}, slot{nsSAMLP, "Extensions", 0, 1}, slot{nsSAMLP, "Status", 1, 1},
		slot{nsSAML, "Assertion", 0, 1}, slot{nsSAML, "EncryptedAssertion", 0, 1})
	if err != nil {
		return h, nil, err
	}
	if h.Issuer != "" && h.Issuer != sp.Provider.ID {
		return h, nil, refuse(op, ReasonIssuer, "the response is from %q, expected was %q", clip(h.Issuer), sp.Provider.ID)
	}
	if err := sp.answers(op, h.InResponseTo, want); err != nil {
		return h, nil, err
	}
	if err := readStatus(op, parts[3][0]); err != nil {
		return h, nil, err
	}
	if len(parts[4])+len(parts[5]) != 1 {
		return h, nil, refuse(op, ReasonAssertionNumber, "the response holds %d assertions instead of one", len(parts[4])+len(parts[5]))
	}
	return h, parts, nil
}

// answers checks InResponseTo against the request that is open in this browser.
func (sp *ServiceProvider) answers(op, to string, want Expect) error {
	switch {
	case to == "" && want.RequestID == "" && sp.AllowUnsolicited:
		return nil
	case to == "":
		return refuse(op, ReasonUnsolicited, "the message has no InResponseTo, and this provider may not start sign-ins by itself")
	case to != want.RequestID:
		return refuse(op, ReasonRequestUnknown, "the message answers %q, which is not the request that is open here", clip(to))
	}
	return nil
}

// statuses holds the second-level codes with a reason of their own, then the first-level ones.
var statuses = map[string]Reason{
	"AuthnFailed": ReasonStatusAuthn, "NoAuthnContext": ReasonStatusContext, "NoPassive": ReasonStatusPassive,
	"RequestDenied": ReasonStatusDenied, "InvalidNameIDPolicy": ReasonStatusNameID, "UnknownPrincipal": ReasonStatusPrincipal,
	"PartialLogout": ReasonStatusPartial, "Requester": ReasonStatusRequester, "Responder": ReasonStatusResponder,
	"VersionMismatch": ReasonStatusVersion,
}

const statusPrefix = "urn:oasis:names:tc:SAML:2.0:status:"

// readStatus returns nil for success and the precise reason for anything else.
func readStatus(op string, el *etree.Element) error {
	parts, err := sequence(op, el, slot{nsSAMLP, "StatusCode", 1, 1}, slot{nsSAMLP, "StatusMessage", 0, 1}, slot{nsSAMLP, "StatusDetail", 0, 1})
	if err != nil {
		return err
	}
	code := parts[0][0]
	var codes []string
	for depth := 0; code != nil && depth < 4; depth++ {
		codes = append(codes, strings.TrimPrefix(attr(code, "Value"), statusPrefix))
		inner, err := sequence(op, code, slot{nsSAMLP, "StatusCode", 0, 1})
		if err != nil {
			return err
		}
		if code = nil; len(inner[0]) == 1 {
			code = inner[0][0]
		}
	}
	if codes[0] == "Success" && (len(codes) == 1 || !slices.Contains(codes, "PartialLogout")) {
		return nil
	}
	said := ""
	if len(parts[1]) == 1 {
		if text, err := content(op, parts[1][0]); err == nil {
			said = text
		}
	}
	reason := ReasonStatus
	for i := len(codes) - 1; i >= 0; i-- { // the innermost code that is known says most
		if r, ok := statuses[codes[i]]; ok {
			reason = r
			break
		}
	}
	// Entra says so when the person presses Cancel on the consent page.
	if reason == ReasonStatusDenied && strings.Contains(said, "AADSTS65004") {
		reason = ReasonStatusCancelled
	}
	return refuse(op, reason, "the other side refused with %q and said %q", clip(strings.Join(codes, " / ")), clip(said))
}
