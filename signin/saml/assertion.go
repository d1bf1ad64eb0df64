package saml

import (
	"slices"
	"strings"
	"time"

	"github.com/beevik/etree"
)

// maxAssertionLife bounds how long an assertion may be usable, and so how long its replay key is kept.
const maxAssertionLife = 24 * time.Hour

// openAssertion returns the response's one assertion, decrypted if need be. It is not believed yet. signed says that root
// is what the provider signed, cipher text included.
func (sp *ServiceProvider) openAssertion(op string, root *etree.Element, parts [][]*etree.Element, signed bool) (*etree.Element, *SignIn, error) {
	out := &SignIn{}
	if len(parts[4]) == 1 {
		if sp.RequireEncrypted {
			return nil, nil, refuse(op, ReasonNotEncrypted, "the assertion is not encrypted")
		}
		return parts[4][0], out, nil
	}
	box := parts[5][0]
	plain, cbc, err := sp.Keys.open(op, box, sp.AllowCBC, signed)
	if err != nil {
		return nil, nil, err
	}
	assertion, err := sp.readDecrypted(op, plain, box)
	if err != nil {
		if cbc {
			// Whoever changes CBC's cipher text must not learn how far we got: every failure is the same one.
			return nil, nil, refuse(op, ReasonDecrypt, "the assertion can't be decrypted")
		}
		return nil, nil, err
	}
	if id := attr(assertion, "ID"); id != "" && id == attr(root, "ID") {
		return nil, nil, refuse(op, ReasonDuplicateID, "the response and its assertion have one ID")
	}
	out.Encrypted = true
	if cbc {
		out.Warnings = append(out.Warnings, WarnCBC)
	}
	return assertion, out, nil
}

// readDecrypted reads what was encrypted in box.
func (sp *ServiceProvider) readDecrypted(op string, plain []byte, box *etree.Element) (*etree.Element, error) {
	assertion, err := parse(op, plain, messageLimits, inScope(box))
	if err != nil {
		return nil, err
	}
	if !is(assertion, nsSAML, "Assertion") {
		return nil, refuse(op, ReasonAssertionNumber, "what was encrypted is %q, not an assertion", clip(assertion.FullTag()))
	}
	return assertion, placed(op, assertion)
}

// readAssertion checks an assertion that was signed, and fills in out (SAML core 2.3.3, profiles 4.1.4.3).
func (sp *ServiceProvider) readAssertion(op string, el *etree.Element, h header, want Expect, out *SignIn) error {
	if err := only(op, el, "ID", "Version", "IssueInstant"); err != nil {
		return err
	}
	if v := attr(el, "Version"); v != "2.0" {
		return refuse(op, ReasonVersion, "the assertion is of version %q", clip(v))
	}
	if out.AssertionID = attr(el, "ID"); out.AssertionID == "" {
		return refuse(op, ReasonMissingElement, "the assertion has no ID")
	}
	issued, err := instant(op, el, "IssueInstant")
	if err != nil {
		return err
	}
	if issued.IsZero() {
		return refuse(op, ReasonMissingElement, "the assertion has no IssueInstant")
	}
	if err := sp.recent(op, "the assertion", issued, maxAssertionLife); err != nil {
		return err
	}
	out.Issued = issued
	parts, err := sequence(op, el,
		slot{nsSAML, "Issuer", 1, 1}, slot{nsDS, "Signature", 0, 1}, slot{nsSAML, "Subject", 1, 1}, slot{nsSAML, "Conditions", 1, 1},
		slot{nsSAML, "AuthnStatement", 0, 1}, slot{nsSAML, "AttributeStatement", 0, 8}, slot{nsSAML, "AuthnStatement", 0, 1})
	if err != nil {
		return err
	}
	statements := slices.Concat(parts[4], parts[6])
	if len(statements) != 1 {
		return refuse(op, ReasonMissingElement, "the assertion holds %d AuthnStatements instead of one", len(statements))
	}
	if out.Issuer, err = readIssuer(op, parts[0][0]); err != nil {
		return err
	}
	if out.Issuer != sp.Provider.ID {
		return refuse(op, ReasonIssuer, "the assertion is from %q, expected was %q", clip(out.Issuer), sp.Provider.ID)
	}
	end, err := sp.readConditions(op, parts[3][0])
	if err != nil {
		return err
	}
	confirmed, err := sp.readSubject(op, parts[2][0], h, want, out)
	if err != nil {
		return err
	}
	if err := sp.readAuthn(op, statements[0], want, out); err != nil {
		return err
	}
	if out.Attributes, err = readAttributes(op, parts[5]); err != nil {
		return err
	}
	// The assertion can be used until its confirmation ends; nobody may use it twice until then.
	until := confirmed
	if !end.IsZero() && end.Before(until) {
		until = end
	}
	out.Replay = ReplayKey{Key: "assertion\n" + out.Issuer + "\n" + out.AssertionID, Until: until.Add(sp.skew())}
	return nil
}

// window refuses a time outside of [begin, end), skew allowed for; zero times don't bound.
func (l *Local) window(op, what string, begin, end time.Time) error {
	now := l.Now()
	if !begin.IsZero() && now.Add(l.skew()).Before(begin) {
		return refuse(op, ReasonNotYet, "%s holds from %s, it is %s here: compare the clocks", what, formatTime(begin), formatTime(now))
	}
	if !end.IsZero() && !now.Add(-l.skew()).Before(end) {
		return refuse(op, ReasonExpired, "%s held until %s, it is %s here", what, formatTime(end), formatTime(now))
	}
	if !begin.IsZero() && !end.IsZero() && !begin.Before(end) {
		return refuse(op, ReasonTime, "%s ends before it begins", what)
	}
	return nil
}

// readConditions checks times and audience (SAML core 2.5.1). Every AudienceRestriction must name us.
func (sp *ServiceProvider) readConditions(op string, el *etree.Element) (end time.Time, err error) {
	if err := only(op, el, "NotBefore", "NotOnOrAfter"); err != nil {
		return end, err
	}
	begin, err := instant(op, el, "NotBefore")
	if err != nil {
		return end, err
	}
	if end, err = instant(op, el, "NotOnOrAfter"); err != nil {
		return end, err
	}
	if err := sp.window(op, "the assertion", begin, end); err != nil {
		return end, err
	}
	parts, err := sequence(op, el, slot{nsSAML, "AudienceRestriction", 0, 4}, slot{nsSAML, "OneTimeUse", 0, 1}, slot{nsSAML, "ProxyRestriction", 0, 1})
	if err != nil {
		return end, err
	}
	if len(parts[0]) == 0 {
		return end, refuse(op, ReasonAudience, "the assertion names no audience")
	}
	for _, restriction := range parts[0] {
		list, err := sequence(op, restriction, slot{nsSAML, "Audience", 1, 32})
		if err != nil {
			return end, err
		}
		ours := append([]string{sp.EntityID}, sp.Audiences...)
		var names []string
		for _, a := range list[0] {
			text, err := content(op, a)
			if err != nil {
				return end, err
			}
			names = append(names, strings.Trim(text, " \t\r\n"))
		}
		if !slices.ContainsFunc(names, func(n string) bool { return oneOf(n, ours) }) {
			return end, refuse(op, ReasonAudience, "the assertion is for %q, this is %q", clip(strings.Join(names, `", "`)), sp.EntityID)
		}
	}
	return end, nil
}

// readSubject reads the name and finds a bearer confirmation that fits (SAML profiles 4.1.4.2).
func (sp *ServiceProvider) readSubject(op string, el *etree.Element, h header, want Expect, out *SignIn) (time.Time, error) {
	var none time.Time
	for _, k := range el.ChildElements() {
		if k.Tag == "EncryptedID" || k.Tag == "BaseID" {
			return none, refuse(op, ReasonNameID, "the person is named by %s, a NameID is needed", k.Tag)
		}
	}
	parts, err := sequence(op, el, slot{nsSAML, "NameID", 1, 1}, slot{nsSAML, "SubjectConfirmation", 0, 4})
	if err != nil {
		return none, err
	}
	if out.NameID, err = readNameID(op, parts[0][0]); err != nil {
		return none, err
	}
	if q := out.NameID.SPNameQualifier; q != "" && q != sp.EntityID && !oneOf(q, sp.Audiences) {
		return none, refuse(op, ReasonNameID, "the name is one for %q", clip(q))
	}
	if want.Subject != nil && !want.Subject.Same(out.NameID) {
		return none, refuse(op, ReasonSubject, "somebody else than the person asked for signed in")
	}
	failed := refuse(op, ReasonConfirmation, "the assertion has no bearer confirmation")
	for _, c := range parts[1] {
		if attr(c, "Method") != "urn:oasis:names:tc:SAML:2.0:cm:bearer" {
			continue
		}
		end, err := sp.confirm(op, c, want)
		if err == nil {
			if out.InResponseTo = want.RequestID; out.InResponseTo == "" {
				out.InResponseTo = h.InResponseTo
			}
			return end, nil
		}
		failed = err
	}
	return none, failed
}

// confirm checks one bearer confirmation and returns when it ends.
func (sp *ServiceProvider) confirm(op string, el *etree.Element, want Expect) (time.Time, error) {
	var none time.Time
	for _, k := range el.ChildElements() {
		if k.Tag == "EncryptedID" || k.Tag == "BaseID" || k.Tag == "NameID" {
			return none, refuse(op, ReasonConfirmation, "the confirmation names a person of its own")
		}
	}
	parts, err := sequence(op, el, slot{nsSAML, "SubjectConfirmationData", 1, 1})
	if err != nil {
		return none, err
	}
	data := parts[0][0]
	if len(data.ChildElements()) > 0 {
		return none, refuse(op, ReasonConfirmation, "the bearer confirmation holds elements")
	}
	if err := only(op, data, "Recipient", "NotBefore", "NotOnOrAfter", "InResponseTo", "Address"); err != nil {
		return none, err
	}
	if r := attr(data, "Recipient"); r != sp.Consumer {
		return none, refuse(op, ReasonRecipient, "the assertion is to be delivered to %q, this is %q", clip(r), sp.Consumer)
	}
	if hasAttr(data, "NotBefore") { // profiles 4.1.4.2: must not be there
		return none, refuse(op, ReasonConfirmation, "the bearer confirmation has a NotBefore")
	}
	end, err := instant(op, data, "NotOnOrAfter")
	if err != nil {
		return none, err
	}
	if end.IsZero() {
		return none, refuse(op, ReasonConfirmation, "the bearer confirmation has no NotOnOrAfter")
	}
	if end.After(sp.Now().Add(maxAssertionLife)) {
		return none, refuse(op, ReasonTime, "the bearer confirmation holds for more than %s", maxAssertionLife)
	}
	if err := sp.window(op, "the bearer confirmation", none, end); err != nil {
		return none, err
	}
	return end, sp.answers(op, attr(data, "InResponseTo"), want)
}

// readAuthn reads how and when the person signed in.
func (sp *ServiceProvider) readAuthn(op string, el *etree.Element, want Expect, out *SignIn) error {
	if err := only(op, el, "AuthnInstant", "SessionIndex", "SessionNotOnOrAfter"); err != nil {
		return err
	}
	var err error
	if out.AuthnInstant, err = instant(op, el, "AuthnInstant"); err != nil {
		return err
	}
	if out.AuthnInstant.IsZero() {
		return refuse(op, ReasonMissingElement, "the AuthnStatement has no AuthnInstant")
	}
	if out.AuthnInstant.After(sp.Now().Add(sp.skew())) {
		return refuse(op, ReasonNotYet, "the person signs in at %s, it is %s here", formatTime(out.AuthnInstant), formatTime(sp.Now()))
	}
	if !want.Fresh.IsZero() && out.AuthnInstant.Add(sp.skew()).Before(want.Fresh) {
		return refuse(op, ReasonStale, "the person signed in at %s, asked was for %s or later", formatTime(out.AuthnInstant), formatTime(want.Fresh))
	}
	if out.SessionEnd, err = instant(op, el, "SessionNotOnOrAfter"); err != nil {
		return err
	}
	if err := sp.window(op, "the provider's session", time.Time{}, out.SessionEnd); err != nil {
		return err
	}
	if out.SessionIndex = attr(el, "SessionIndex"); len(out.SessionIndex) > maxName {
		return refuse(op, ReasonTooLarge, "the SessionIndex has %d bytes", len(out.SessionIndex))
	}
	parts, err := sequence(op, el, slot{nsSAML, "SubjectLocality", 0, 1}, slot{nsSAML, "AuthnContext", 1, 1})
	if err != nil {
		return err
	}
	if err := out.readContext(op, parts[1][0]); err != nil {
		return err
	}
	return checkContext(op, out.Context, want)
}

func (s *SignIn) readContext(op string, el *etree.Element) error {
	parts, err := sequence(op, el, slot{nsSAML, "AuthnContextClassRef", 0, 1}, slot{nsSAML, "AuthnContextDeclRef", 0, 1}, slot{nsSAML, "AuthenticatingAuthority", 0, 8})
	if err != nil {
		return err
	}
	for i, list := range parts {
		for _, el := range list {
			text, err := content(op, el)
			if err != nil {
				return err
			}
			if text = strings.Trim(text, " \t\r\n"); len(text) > maxName {
				return refuse(op, ReasonTooLarge, "%s has %d bytes", el.Tag, len(text))
			}
			switch i {
			case 0:
				s.Context = text
			case 2:
				s.Authorities = append(s.Authorities, text)
			}
		}
	}
	return nil
}

// checkContext compares the context reached with the one asked for.
func checkContext(op, got string, want Expect) error {
	fits := true
	switch {
	case len(want.Contexts) == 0:
	case want.Comparison == "" || want.Comparison == Exact:
		fits = slices.Contains(want.Contexts, got)
	default:
		fits = got != "" && got != ContextUnspecified
	}
	if len(want.Accepted) > 0 && !slices.Contains(want.Accepted, got) {
		fits = false
	}
	if !fits {
		return refuse(op, ReasonContext, "the person signed in by %q, asked was for %q", clip(got), clip(strings.Join(append(want.Contexts, want.Accepted...), `", "`)))
	}
	return nil
}
