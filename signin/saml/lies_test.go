package saml

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
)

// forge has contoso's key sign a response after change has had its way with it: the signature is good, what it says
// is wrong.
func forge(tb testing.TB, change func(root, assertion *etree.Element)) string {
	tb.Helper()
	idp, is := contoso("provider"), alice()
	assertion, err := idp.assertion("test", is, is.Request.Consumer, is.Request.ID)
	if err != nil {
		tb.Fatal(err)
	}
	root := idp.response("Response", consumerAt, "_request1", "Success")
	if change != nil {
		change(root, assertion)
	}
	if err := idp.Keys.sign("test", assertion, 0); err != nil {
		tb.Fatal(err)
	}
	root.AddChild(assertion)
	if err := idp.Keys.sign("test", root, 0); err != nil {
		tb.Fatal(err)
	}
	return text(tb, root)
}

// set returns a change of one attribute below the assertion; "" removes it.
func set(path, key, value string) func(_, a *etree.Element) {
	return func(_, a *etree.Element) {
		el := a
		if path != "" {
			el = a.FindElement(path)
		}
		if el.RemoveAttr(key); value != "" {
			el.CreateAttr(key, value)
		}
	}
}

func setText(path, value string) func(_, a *etree.Element) {
	return func(_, a *etree.Element) { a.FindElement(path).SetText(value) }
}

// setRoot returns a change of one attribute of the response.
func setRoot(key, value string) func(root, _ *etree.Element) {
	return func(root, _ *etree.Element) {
		if root.RemoveAttr(key); value != "" {
			root.CreateAttr(key, value)
		}
	}
}

func drop(path string) func(_, a *etree.Element) {
	return func(_, a *etree.Element) { take(a, path) }
}

const scd = "./Subject/SubjectConfirmation/SubjectConfirmationData"

func at(d time.Duration) string { return formatTime(now.Add(d)) }

func status(codes ...string) func(root, _ *etree.Element) {
	return func(root, _ *etree.Element) {
		el := root.FindElement("./Status")
		el.Child = nil
		for _, c := range codes {
			el = el.CreateElement("samlp:StatusCode")
			el.CreateAttr("Value", statusPrefix+c)
		}
	}
}

func TestSignedLies(t *testing.T) {
	t.Parallel()
	type change = func(root, a *etree.Element)
	cases := []struct {
		name   string
		change change
		want   Reason // "" is accepted
	}{
		{"nothing", nil, ""},
		{"audience of another", setText("./Conditions/AudienceRestriction/Audience", "https://other.example"), ReasonAudience},
		{"audience that ours begins", setText("./Conditions/AudienceRestriction/Audience", brokerID+"/x"), ReasonAudience},
		{"audience in other case", setText("./Conditions/AudienceRestriction/Audience", "HTTPS://SIGNIN.referee.example/contoso/saml"), ReasonAudience},
		{"no audience", drop("./Conditions/AudienceRestriction"), ReasonAudience},
		{"second restriction to another", func(_, a *etree.Element) {
			a.FindElement("./Conditions").CreateElement("saml:AudienceRestriction").CreateElement("saml:Audience").SetText("https://other.example")
		}, ReasonAudience},
		{"us among other audiences", func(_, a *etree.Element) {
			a.FindElement("./Conditions/AudienceRestriction").CreateElement("saml:Audience").SetText("https://other.example")
		}, ""},
		{"no conditions", drop("./Conditions"), ReasonMissingElement},
		{"unknown condition", func(_, a *etree.Element) { a.FindElement("./Conditions").CreateElement("saml:Condition") }, ReasonUnexpected},
		{"one-time use", func(_, a *etree.Element) { a.FindElement("./Conditions").CreateElement("saml:OneTimeUse") }, ""},
		{"recipient elsewhere", set(scd, "Recipient", "https://other.example/acs"), ReasonRecipient},
		{"no recipient", set(scd, "Recipient", ""), ReasonRecipient},
		{"issuer of the response", func(root, _ *etree.Element) { root.FindElement("./Issuer").SetText("https://evil.example") }, ReasonIssuer},
		{"issuer of the assertion", setText("./Issuer", "https://evil.example"), ReasonIssuer},
		{"empty issuer", setText("./Issuer", " "), ReasonIssuer},
		{"issuer of another format", set("./Issuer", "Format", FormatEmail), ReasonIssuer},
		{"issuer said to be an entity", set("./Issuer", "Format", formatEntity), ""},
		{"no issuer of the assertion", drop("./Issuer"), ReasonMissingElement},
		{"destination elsewhere", setRoot("Destination", "https://other.example/acs"), ReasonDestination},
		{"no destination, though signed", setRoot("Destination", ""), ReasonDestination},
		{"no InResponseTo of the response", setRoot("InResponseTo", ""), ReasonUnsolicited},
		{"InResponseTo of another request", setRoot("InResponseTo", "_request2"), ReasonRequestUnknown},
		{"no InResponseTo of the confirmation", set(scd, "InResponseTo", ""), ReasonUnsolicited},
		{"confirmation for another request", set(scd, "InResponseTo", "_request2"), ReasonRequestUnknown},

		{"response issued in the future", setRoot("IssueInstant", at(2*time.Minute)), ReasonNotYet},
		{"response issued within the skew", setRoot("IssueInstant", at(time.Minute)), ""},
		{"response issued long ago", setRoot("IssueInstant", at(-7*time.Minute)), ReasonExpired},
		{"no issue instant", setRoot("IssueInstant", ""), ReasonMissingElement},
		{"issue instant with a zone", setRoot("IssueInstant", "2026-11-23T17:00:00+01:00"), ReasonTime},
		{"issue instant without a zone", setRoot("IssueInstant", "2026-11-23T16:00:00"), ReasonTime},
		{"issue instant that is no time", setRoot("IssueInstant", "now"), ReasonTime},
		{"assertion issued in the future", set("", "IssueInstant", at(2*time.Minute)), ReasonNotYet},
		{"assertion issued long ago", set("", "IssueInstant", at(-25*time.Hour)), ReasonExpired},
		{"no issue instant of the assertion", set("", "IssueInstant", ""), ReasonMissingElement},
		{"not yet", set("./Conditions", "NotBefore", at(2*time.Minute)), ReasonNotYet},
		{"nearly yet", set("./Conditions", "NotBefore", at(80*time.Second)), ""},
		{"no more", set("./Conditions", "NotOnOrAfter", at(-2*time.Minute)), ReasonExpired},
		{"at the very end", set("./Conditions", "NotOnOrAfter", at(-defaultSkew)), ReasonExpired},
		{"a breath before the end", set("./Conditions", "NotOnOrAfter", at(-defaultSkew+time.Millisecond)), ""},
		{"no end of the conditions", set("./Conditions", "NotOnOrAfter", ""), ""},
		{"ends before it begins", set("./Conditions", "NotBefore", at(6*time.Minute)), ReasonNotYet},
		{"ends as it begins", func(_, a *etree.Element) {
			c := a.FindElement("./Conditions")
			c.CreateAttr("NotBefore", at(time.Second))
			c.CreateAttr("NotOnOrAfter", at(time.Second))
		}, ReasonTime},
		{"confirmation ended", set(scd, "NotOnOrAfter", at(-2*time.Minute)), ReasonExpired},
		{"confirmation without an end", set(scd, "NotOnOrAfter", ""), ReasonConfirmation},
		{"confirmation for a year", set(scd, "NotOnOrAfter", at(365*24*time.Hour)), ReasonTime},
		{"confirmation with a beginning", set(scd, "NotBefore", at(-time.Minute)), ReasonConfirmation},
		{"no confirmation", drop("./Subject/SubjectConfirmation"), ReasonConfirmation},
		{"no confirmation data", drop(scd), ReasonMissingElement},
		{"holder of key", set("./Subject/SubjectConfirmation", "Method", "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"), ReasonConfirmation},
		{"sender vouches", set("./Subject/SubjectConfirmation", "Method", "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches"), ReasonConfirmation},
		{"holder of key beside bearer", func(_, a *etree.Element) {
			c := etree.NewElement("saml:SubjectConfirmation")
			c.CreateAttr("Method", "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key")
			a.FindElement("./Subject").InsertChildAt(1, c)
		}, ""},
		{"confirmation with a name of its own", func(_, a *etree.Element) {
			n := etree.NewElement("saml:NameID")
			n.SetText("mallory@contoso.example")
			a.FindElement("./Subject/SubjectConfirmation").InsertChildAt(0, n)
		}, ReasonConfirmation},
		{"confirmation data with elements", func(_, a *etree.Element) { a.FindElement(scd).CreateElement("saml:x") }, ReasonConfirmation},
		{"session ended", set("./AuthnStatement", "SessionNotOnOrAfter", at(-2*time.Minute)), ReasonExpired},
		{"signed in in the future", set("./AuthnStatement", "AuthnInstant", at(2*time.Minute)), ReasonNotYet},
		{"no time of the sign-in", set("./AuthnStatement", "AuthnInstant", ""), ReasonMissingElement},
		{"no statement of the sign-in", drop("./AuthnStatement"), ReasonMissingElement},
		{"two statements of the sign-in", func(_, a *etree.Element) { a.AddChild(a.FindElement("./AuthnStatement").Copy()) }, ReasonMissingElement},
		{"no name", drop("./Subject/NameID"), ReasonMissingElement},
		{"empty name", setText("./Subject/NameID", ""), ReasonNameID},
		{"blank name", setText("./Subject/NameID", " \n "), ReasonNameID},
		{"name with a line break", setText("./Subject/NameID", "alice\nmallory"), ReasonNameID},
		{"name that is no address", setText("./Subject/NameID", "alice"), ReasonNameID},
		{"name of two addresses", setText("./Subject/NameID", "alice@a.example@b.example"), ReasonNameID},
		{"name for another party", set("./Subject/NameID", "SPNameQualifier", "https://other.example"), ReasonNameID},
		{"name in an element", func(_, a *etree.Element) {
			n := a.FindElement("./Subject/NameID")
			n.CreateElement("saml:b").SetText("x")
		}, ReasonUnexpected},
		{"encrypted name", func(_, a *etree.Element) { a.FindElement("./Subject/NameID").Tag = "EncryptedID" }, ReasonNameID},
		{"two names", func(_, a *etree.Element) {
			s := a.FindElement("./Subject")
			s.InsertChildAt(0, s.FindElement("./NameID").Copy())
		}, ReasonUnexpected},
		{"advice", func(_, a *etree.Element) { a.CreateElement("saml:Advice") }, ReasonUnexpected},
		{"decision statement", func(_, a *etree.Element) { a.CreateElement("saml:AuthzDecisionStatement") }, ReasonUnexpected},
		{"version 1.1 of the assertion", set("", "Version", "1.1"), ReasonVersion},
		{"version 2.0 of the future", setRoot("Version", "2.1"), ReasonVersion},
		{"one attribute in two formats", func(_, a *etree.Element) {
			s := a.FindElement("./AttributeStatement")
			c := s.ChildElements()[0].Copy()
			c.CreateAttr("NameFormat", "urn:other")
			s.AddChild(c)
		}, ReasonUnexpected},
		{"attribute without a name", set("./AttributeStatement/Attribute", "Name", ""), ReasonMissingElement},
		{"encrypted attribute", func(_, a *etree.Element) {
			a.FindElement("./AttributeStatement").CreateElement("saml:EncryptedAttribute")
		}, ReasonUnexpected},
		{"element in an attribute's value", func(_, a *etree.Element) { a.FindElement(".//AttributeValue").CreateElement("saml:b") }, ReasonUnexpected},
		{"long value", setText(".//AttributeValue", strings.Repeat("x", maxValue+1)), ReasonTooLarge},

		{"could not sign in", status("Responder", "AuthnFailed"), ReasonStatusAuthn},
		{"no such context", status("Requester", "NoAuthnContext"), ReasonStatusContext},
		{"not without asking", status("Responder", "NoPassive"), ReasonStatusPassive},
		{"denied", status("Requester", "RequestDenied"), ReasonStatusDenied},
		{"name format", status("Requester", "InvalidNameIDPolicy"), ReasonStatusNameID},
		{"unknown person", status("Responder", "UnknownPrincipal"), ReasonStatusPrincipal},
		{"our fault", status("Requester"), ReasonStatusRequester},
		{"their fault", status("Responder"), ReasonStatusResponder},
		{"their version", status("VersionMismatch"), ReasonStatusVersion},
		{"a status that nobody knows", status("Whatever"), ReasonStatus},
		{"no status code", status(), ReasonMissingElement},
		{"no status", func(root, _ *etree.Element) { take(root, "./Status") }, ReasonMissingElement},
		{"Entra's cancel", func(root, a *etree.Element) {
			status("Responder", "RequestDenied")(root, a)
			root.FindElement("./Status").CreateElement("samlp:StatusMessage").SetText("AADSTS65004: the user declined")
		}, ReasonStatusCancelled},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := verify(broker(), forge(t, c.change))
			if c.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			refused(t, got, err, c.want)
		})
	}
}

func TestSettingsAskForMore(t *testing.T) {
	t.Parallel()
	other := NameID{Value: "bob@contoso.example", Format: FormatEmail}
	same := NameID{Value: "alice@contoso.example", Format: FormatEmail}
	for name, c := range map[string]struct {
		how  signed
		set  func(*ServiceProvider)
		want Expect
		why  Reason
	}{
		"response signature required":          {onAssertion, func(sp *ServiceProvider) { sp.RequireSignedResponse = true }, wanted, ReasonUnsigned},
		"assertion signature required":         {onResponse, func(sp *ServiceProvider) { sp.RequireSignedAssertion = true }, wanted, ReasonUnsigned},
		"encryption required":                  {onBoth, func(sp *ServiceProvider) { sp.RequireEncrypted = true }, wanted, ReasonNotEncrypted},
		"provider's metadata ended":            {onBoth, func(sp *ServiceProvider) { sp.Provider.ValidUntil = now }, wanted, ReasonMetadataExpired},
		"no pins":                              {onBoth, func(sp *ServiceProvider) { sp.Provider.Provider.Signing = nil }, wanted, ReasonNoKey},
		"pin of another key":                   {onBoth, func(sp *ServiceProvider) { sp.Provider = provider("attacker") }, wanted, ReasonSignature},
		"pin of another kind":                  {onBoth, func(sp *ServiceProvider) { sp.Provider = provider("p256") }, wanted, ReasonNoKey},
		"no request open":                      {onBoth, nil, Expect{}, ReasonRequestUnknown},
		"no request open, unsolicited allowed": {onBoth, func(sp *ServiceProvider) { sp.AllowUnsolicited = true }, Expect{}, ReasonRequestUnknown},
		"too old a sign-in":                    {onBoth, nil, Expect{RequestID: "_request1", Fresh: now.Add(time.Minute)}, ReasonStale},
		"fresh enough":                         {onBoth, nil, Expect{RequestID: "_request1", Fresh: now.Add(-2 * time.Minute)}, ""},
		"another person":                       {onBoth, nil, Expect{RequestID: "_request1", Subject: &other}, ReasonSubject},
		"the person":                           {onBoth, nil, Expect{RequestID: "_request1", Subject: &same}, ""},
		"context not asked for":                {onBoth, nil, Expect{RequestID: "_request1", Contexts: []string{ContextRefedsMFA}}, ReasonContext},
		"context asked for":                    {onBoth, nil, Expect{RequestID: "_request1", Contexts: []string{ContextPassword}}, ""},
		"context at least":                     {onBoth, nil, Expect{RequestID: "_request1", Contexts: []string{ContextRefedsMFA}, Comparison: Minimum}, ""},
		"context not accepted":                 {onBoth, nil, Expect{RequestID: "_request1", Accepted: []string{ContextRefedsMFA}}, ReasonContext},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sp := broker()
			if c.set != nil {
				c.set(sp)
			}
			in := incoming(t, &Message{Binding: Post, Param: "SAMLResponse", Value: base64.StdEncoding.EncodeToString([]byte(good(t, c.how)))})
			got, err := sp.VerifyResponse(in, c.want)
			if c.why != "" {
				refused(t, got, err, c.why)
			} else if err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestUnsolicitedWhereAllowed(t *testing.T) {
	t.Parallel()
	document := forge(t, func(root, a *etree.Element) {
		setRoot("InResponseTo", "")(root, a)
		set(scd, "InResponseTo", "")(root, a)
	})
	sp := broker()
	if got, err := verify(sp, document); ReasonOf(err) != ReasonUnsolicited {
		t.Errorf("without permission: %v, %v", got, err)
	}
	sp.AllowUnsolicited = true
	// A request is open: an answer to none is somebody else's.
	if got, err := verify(sp, document); ReasonOf(err) != ReasonUnsolicited {
		t.Errorf("while a request is open: %v, %v", got, err)
	}
	in := incoming(t, &Message{Binding: Post, Param: "SAMLResponse", Value: base64.StdEncoding.EncodeToString([]byte(document))})
	got, err := sp.VerifyResponse(in, Expect{})
	if err != nil || len(got.Warnings) != 1 || got.Warnings[0] != WarnUnsolicited {
		t.Errorf("with permission: %+v, %v", got, err)
	}
}

// TestReplay shows what a caller does with the key: the same assertion gives the same key, however it is packed anew.
func TestReplay(t *testing.T) {
	t.Parallel()
	document, seen := good(t, onAssertion), map[string]bool{}
	again := tree(t, document)
	again.CreateAttr("ID", "_another") // the response is not signed: an attacker may change what is around
	for i, d := range []string{document, document, text(t, again)} {
		got, err := verify(broker(), d)
		if err != nil {
			t.Fatal(err)
		}
		if seen[got.Replay.Key] != (i > 0) {
			t.Errorf("use %d: replayed is %v", i, seen[got.Replay.Key])
		}
		if seen[got.Replay.Key] = true; got.Replay.Until.Before(now.Add(defaultLife)) {
			t.Error("forgotten while the assertion still holds")
		}
	}
}

func TestExpiredCertificateIsAWarning(t *testing.T) {
	t.Parallel()
	sp, idp, is := broker(), contoso("provider"), alice()
	later := func() time.Time { return now.Add(48 * time.Hour) }
	sp.Now, idp.Now = later, later
	is.AuthnInstant, is.SessionEnd = later(), time.Time{}
	m, err := idp.Respond(is)
	if err != nil {
		t.Fatal(err)
	}
	got, err := sp.VerifyResponse(incoming(t, &m.Message), wanted)
	if err != nil || len(got.Warnings) != 1 || got.Warnings[0] != WarnCertificate {
		t.Errorf("%+v, %v", got, err)
	}
}
