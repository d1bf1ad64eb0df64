package saml

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
)

// ask returns the query of a signed request of ours, and the provider that it goes to.
func ask(tb testing.TB) (string, *IdentityProvider) {
	tb.Helper()
	sp := broker()
	sp.SignRequests = true
	m, err := sp.Request(RequestOptions{Binding: Redirect, Relay: "flow-1"})
	if err != nil {
		tb.Fatal(err)
	}
	_, query, _ := strings.Cut(m.URL, "?")
	return query, contoso("provider")
}

func deflate(tb testing.TB, text string) string {
	tb.Helper()
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestSpeed)
	if _, err := w.Write([]byte(text)); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

func TestRedirect(t *testing.T) {
	t.Parallel()
	param := func(query, key string) string {
		v, _ := url.ParseQuery(query)
		return url.QueryEscape(v.Get(key))
	}
	request := `<samlp:AuthnRequest xmlns:samlp="` + nsSAMLP + `"/>`
	for name, c := range map[string]struct {
		change func(q string) string
		want   Reason
	}{
		"as it was sent": {func(q string) string { return q }, ""},
		"parameters in other order": {func(q string) string {
			p := strings.Split(q, "&")
			return p[3] + "&" + p[1] + "&x=y&" + p[0] + "&" + p[2]
		}, ""},
		"RelayState changed":      {func(q string) string { return strings.Replace(q, "flow-1", "flow-2", 1) }, ReasonSignature},
		"RelayState removed":      {func(q string) string { return strings.Replace(q, "&RelayState=flow-1", "", 1) }, ReasonSignature},
		"RelayState spelled anew": {func(q string) string { return strings.Replace(q, "flow-1", "flow%2D1", 1) }, ReasonSignature},
		"signature removed":       {func(q string) string { return q[:strings.Index(q, "&SigAlg")] }, ReasonUnsigned},
		"value of it removed":     {func(q string) string { return q[:strings.Index(q, "&Signature")] }, ReasonSignatureShape},
		"its algorithm removed":   {func(q string) string { return strings.Replace(q, "SigAlg=", "x=", 1) }, ReasonSignatureShape},
		"SHA-1": {func(q string) string {
			return strings.Replace(q, param(q, "SigAlg"), url.QueryEscape(nsDS+"rsa-sha1"), 1)
		}, ReasonAlgorithm},
		"HMAC": {func(q string) string {
			return strings.Replace(q, param(q, "SigAlg"), url.QueryEscape(nsDS+"hmac-sha1"), 1)
		}, ReasonAlgorithm},
		"none":        {func(q string) string { return strings.Replace(q, param(q, "SigAlg"), "none", 1) }, ReasonAlgorithm},
		"another RSA": {func(q string) string { return strings.Replace(q, "sha256", "sha512", 1) }, ReasonSignature},
		"another request": {func(q string) string {
			other, _ := ask(t)
			return strings.Replace(q, param(q, "SAMLRequest"), param(other, "SAMLRequest"), 1)
		}, ReasonSignature},
		"request twice":       {func(q string) string { return q + "&" + q }, ReasonMissing},
		"name with an escape": {func(q string) string { return q + "&SAMLReques%74=x" }, ReasonMissing},
		"response beside it":  {func(q string) string { return q + "&SAMLResponse=x" }, ReasonMissing},
		"no request":          {func(string) string { return "RelayState=x" }, ReasonMissing},
		"broken escape":       {func(q string) string { return q + "&%zz=1" }, ReasonEncoding},
		"other encoding":      {func(q string) string { return q + "&SAMLEncoding=urn:x" }, ReasonEncoding},
		"not deflated": {func(string) string {
			return "SAMLRequest=" + url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(request)))
		}, ReasonEncoding},
		"bytes after the end": {func(string) string {
			b, _ := base64.StdEncoding.DecodeString(deflate(t, request))
			return "SAMLRequest=" + url.QueryEscape(base64.StdEncoding.EncodeToString(append(b, 'x')))
		}, ReasonEncoding},
		"bomb":   {func(string) string { return "SAMLRequest=" + url.QueryEscape(deflate(t, strings.Repeat(" ", 64<<20))) }, ReasonTooLarge},
		"long":   {func(q string) string { return q + "&x=" + strings.Repeat("x", 2*maxMessage) }, ReasonTooLarge},
		"spaces": {func(q string) string { return q + "&RelayState=" + strings.Repeat("x", 3000) }, ReasonMissing},
		"signature inside": {func(string) string {
			root := broker().message("AuthnRequest", "_r", signOnAt)
			if err := broker().Keys.sign("test", root, 0); err != nil {
				t.Fatal(err)
			}
			return "SAMLRequest=" + url.QueryEscape(deflate(t, text(t, root)))
		}, ReasonSignaturePlace},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			query, idp := ask(t)
			idp.RefuseUnsigned = true
			in, err := FromQuery(c.change(query))
			if err == nil {
				_, err = idp.ParseRequest(in, finder(us()))
			}
			if ReasonOf(err) != c.want {
				t.Fatalf("%q instead of %q: %v", ReasonOf(err), c.want, err)
			}
		})
	}
}

// TestRedirectResponse refuses a response by the Redirect binding, which profiles 4.1.2 forbids.
func TestRedirectResponse(t *testing.T) {
	t.Parallel()
	in, err := FromQuery("SAMLResponse=" + url.QueryEscape(deflate(t, good(t, onBoth))))
	if err != nil {
		t.Fatal(err)
	}
	got, err := broker().VerifyResponse(in, wanted)
	refused(t, got, err, ReasonBinding)
}

// posted makes a Post request by hand.
func posted(tb testing.TB, pair string, change func(root *etree.Element)) Incoming {
	tb.Helper()
	root := broker().message("AuthnRequest", "_r1", signOnAt)
	if change != nil {
		change(root)
	}
	if pair != "" {
		if err := (Keys{keys()[pair]}).sign("test", root, 0); err != nil {
			tb.Fatal(err)
		}
	}
	return incoming(tb, &Message{Binding: Post, Param: "SAMLRequest", Value: base64.StdEncoding.EncodeToString([]byte(text(tb, root)))})
}

func TestRequests(t *testing.T) {
	t.Parallel()
	setting := func(key, value string) func(*etree.Element) {
		return func(root *etree.Element) { root.CreateAttr(key, value) }
	}
	add := func(xml string) func(*etree.Element) {
		return func(root *etree.Element) {
			root.AddChild(tree(t, strings.Replace(xml, ">", ` xmlns:samlp="`+nsSAMLP+`" xmlns:saml="`+nsSAML+`">`, 1)))
		}
	}
	for name, c := range map[string]struct {
		pair   string
		change func(*etree.Element)
		app    func(*Entity)
		want   Reason
		tell   bool // the app can be told
	}{
		"unsigned, allowed":      {"", nil, nil, "", true},
		"signed":                 {"broker", nil, nil, "", true},
		"unsigned, not allowed":  {"", nil, func(e *Entity) { e.App.SignsRequests = true }, ReasonUnsigned, false},
		"signed by another":      {"attacker", nil, nil, ReasonSignature, false},
		"signed, no key known":   {"broker", nil, func(e *Entity) { e.App.Signing = nil }, ReasonNoKey, false},
		"registered consumer":    {"", setting("AssertionConsumerServiceURL", consumerAt), nil, "", true},
		"unregistered consumer":  {"", setting("AssertionConsumerServiceURL", "https://evil.example/acs"), nil, ReasonACS, false},
		"signed, unregistered":   {"broker", setting("AssertionConsumerServiceURL", "https://evil.example/acs"), nil, ReasonACS, false},
		"consumer with a suffix": {"", setting("AssertionConsumerServiceURL", consumerAt+"/../evil"), nil, ReasonACS, false},
		"consumer in other case": {"", setting("AssertionConsumerServiceURL", strings.ToUpper(consumerAt)), nil, ReasonACS, false},
		"consumer by index":      {"", setting("AssertionConsumerServiceIndex", "0"), nil, "", true},
		"unknown index":          {"", setting("AssertionConsumerServiceIndex", "7"), nil, ReasonACS, false},
		"odd index":              {"", setting("AssertionConsumerServiceIndex", "0x0"), nil, ReasonACS, false},
		"consumer by both": {"", func(el *etree.Element) {
			el.CreateAttr("AssertionConsumerServiceIndex", "0")
			el.CreateAttr("AssertionConsumerServiceURL", consumerAt)
		}, nil, ReasonACS, false},
		"artifact wanted":        {"", setting("ProtocolBinding", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact"), nil, ReasonBinding, false},
		"scripted consumer":      {"", nil, func(e *Entity) { e.App.Consumers[0].Location = "javascript:alert(1)" }, ReasonACS, false},
		"unknown app":            {"", func(el *etree.Element) { el.FindElement("./Issuer").SetText("https://unknown.example") }, nil, ReasonIssuer, false},
		"no issuer":              {"", func(el *etree.Element) { take(el, "./Issuer") }, nil, ReasonIssuer, false},
		"sent elsewhere":         {"", setting("Destination", "https://other.example/sso"), nil, ReasonDestination, false},
		"signed without address": {"broker", func(el *etree.Element) { el.RemoveAttr("Destination") }, nil, ReasonDestination, false},
		"unsigned without it":    {"", func(el *etree.Element) { el.RemoveAttr("Destination") }, nil, "", true},
		"old":                    {"", setting("IssueInstant", at(-7*time.Minute)), nil, ReasonExpired, false},
		"of the future":          {"", setting("IssueInstant", at(2*time.Minute)), nil, ReasonNotYet, false},
		"no ID":                  {"", func(el *etree.Element) { el.RemoveAttr("ID") }, nil, ReasonMissingElement, false},
		"metadata ended":         {"", nil, func(e *Entity) { e.ValidUntil = now.Add(-time.Second) }, ReasonMetadataExpired, false},
		"unknown attribute":      {"", setting("Evil", "x"), nil, ReasonUnexpected, false},
		"odd flag":               {"", setting("ForceAuthn", "yes"), nil, ReasonMalformed, true},
		"odd name format":        {"", add(`<samlp:NameIDPolicy Format="urn:x">` + "</samlp:NameIDPolicy>"), nil, ReasonPolicy, true},
		"name of another party":  {"", add(`<samlp:NameIDPolicy SPNameQualifier="https://other.example">` + "</samlp:NameIDPolicy>"), nil, ReasonPolicy, true},
		"odd comparison":         {"", add(`<samlp:RequestedAuthnContext Comparison="best"><saml:AuthnContextClassRef>x</saml:AuthnContextClassRef></samlp:RequestedAuthnContext>`), nil, ReasonPolicy, true},
		"context by declaration": {"", add(`<samlp:RequestedAuthnContext><saml:AuthnContextDeclRef>x</saml:AuthnContextDeclRef></samlp:RequestedAuthnContext>`), nil, ReasonPolicy, true},
		"conditions":             {"", add(`<saml:Conditions></saml:Conditions>`), nil, ReasonPolicy, true},
		"assertion in it":        {"", add(`<saml:Assertion></saml:Assertion>`), nil, ReasonUnexpected, false},
		"scoping":                {"", add(`<samlp:Scoping></samlp:Scoping>`), nil, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := us()
			if c.app != nil {
				c.app(app)
			}
			idp := contoso("provider")
			r, err := idp.ParseRequest(posted(t, c.pair, c.change), finder(app))
			if ReasonOf(err) != c.want {
				t.Fatalf("%q instead of %q: %v", ReasonOf(err), c.want, err)
			}
			if (r != nil) != c.tell {
				t.Fatalf("the app can be told: %v, want %v", r != nil, c.tell)
			}
			if r == nil || err == nil {
				return
			}
			m, err := idp.Refuse(r, StatusOf(err), "the request can't be fulfilled")
			if err != nil || m.URL != consumerAt {
				t.Fatal(m, err)
			}
			sp := broker()
			in := incoming(t, m)
			if _, err := sp.VerifyResponse(in, Expect{RequestID: "_r1"}); !strings.HasPrefix(string(ReasonOf(err)), "status_") {
				t.Errorf("the app reads %v", err)
			}
		})
	}
}

func TestLogoutRefused(t *testing.T) {
	t.Parallel()
	name := NameID{Value: "alice@contoso.example", Format: FormatEmail}
	for label, c := range map[string]struct {
		pair   string // "" unsigned
		change func(*etree.Element)
		role   Role
		want   Reason
	}{
		"signed":              {"provider", nil, RoleProvider, ""},
		"unsigned":            {"", nil, RoleProvider, ReasonUnsigned},
		"signed by another":   {"attacker", nil, RoleProvider, ReasonSignature},
		"signed by an app":    {"broker", nil, RoleProvider, ReasonSignature},
		"role it has not":     {"provider", nil, RoleApp, ReasonNoKey},
		"issuer unknown":      {"provider", func(el *etree.Element) { el.FindElement("./Issuer").SetText("x") }, RoleProvider, ReasonIssuer},
		"sent elsewhere":      {"provider", func(el *etree.Element) { el.CreateAttr("Destination", "https://x.example") }, RoleProvider, ReasonDestination},
		"without address":     {"provider", func(el *etree.Element) { el.RemoveAttr("Destination") }, RoleProvider, ReasonDestination},
		"old":                 {"provider", func(el *etree.Element) { el.CreateAttr("IssueInstant", at(-10*time.Minute)) }, RoleProvider, ReasonExpired},
		"ended":               {"provider", func(el *etree.Element) { el.CreateAttr("NotOnOrAfter", at(-2*time.Minute)) }, RoleProvider, ReasonExpired},
		"encrypted name":      {"provider", func(el *etree.Element) { el.FindElement("./NameID").Tag = "EncryptedID" }, RoleProvider, ReasonNameID},
		"no name":             {"provider", func(el *etree.Element) { take(el, "./NameID") }, RoleProvider, ReasonMissingElement},
		"two names":           {"provider", func(el *etree.Element) { el.AddChild(el.FindElement("./NameID").Copy()) }, RoleProvider, ReasonUnexpected},
		"empty session index": {"provider", func(el *etree.Element) { el.CreateElement("samlp:SessionIndex") }, RoleProvider, ReasonTooLarge},
		"another message":     {"provider", func(el *etree.Element) { el.Tag = "ManageNameIDRequest" }, RoleProvider, ReasonWrongMessage},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			root := contoso("provider").message("LogoutRequest", "_l1", logoutAt)
			name.write(root, "NameID")
			if c.change != nil {
				c.change(root)
			}
			if c.pair != "" {
				if err := (Keys{keys()[c.pair]}).sign("test", root, 0); err != nil {
					t.Fatal(err)
				}
			}
			in := incoming(t, &Message{Binding: Post, Param: "SAMLRequest", Value: base64.StdEncoding.EncodeToString([]byte(text(t, root)))})
			sp := broker()
			got, err := sp.ParseLogoutRequest(in, c.role, finder(sp.Provider))
			if ReasonOf(err) != c.want || (err == nil) != (got != nil) {
				t.Fatalf("%q instead of %q: %v, %v", ReasonOf(err), c.want, got, err)
			}
		})
	}
}

func TestLogoutAnswerRefused(t *testing.T) {
	t.Parallel()
	for label, c := range map[string]struct {
		pair   string
		change func(*etree.Element)
		want   Reason
	}{
		"signed":               {"provider", nil, ""},
		"unsigned":             {"", nil, ReasonUnsigned},
		"signed by another":    {"attacker", nil, ReasonSignature},
		"of another request":   {"provider", func(el *etree.Element) { el.CreateAttr("InResponseTo", "_other") }, ReasonRequestUnknown},
		"of no request":        {"provider", func(el *etree.Element) { el.RemoveAttr("InResponseTo") }, ReasonRequestUnknown},
		"of another issuer":    {"provider", func(el *etree.Element) { el.FindElement("./Issuer").SetText("x") }, ReasonIssuer},
		"refused there":        {"provider", func(el *etree.Element) { el.FindElement(".//StatusCode").CreateAttr("Value", statusPrefix+"Requester") }, ReasonStatusRequester},
		"sent elsewhere":       {"provider", func(el *etree.Element) { el.CreateAttr("Destination", "https://x.example") }, ReasonDestination},
		"an assertion with it": {"provider", func(el *etree.Element) { el.CreateElement("saml:Assertion") }, ReasonUnexpected},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			root := contoso("provider").response("LogoutResponse", logoutAt, "_l1", "Success")
			if c.change != nil {
				c.change(root)
			}
			if c.pair != "" {
				if err := (Keys{keys()[c.pair]}).sign("test", root, 0); err != nil {
					t.Fatal(err)
				}
			}
			in := incoming(t, &Message{Binding: Post, Param: "SAMLResponse", Value: base64.StdEncoding.EncodeToString([]byte(text(t, root)))})
			sp := broker()
			got, err := sp.ParseLogoutResponse(in, RoleProvider, sp.Provider, "_l1")
			if ReasonOf(err) != c.want || (err == nil) != (got != nil) {
				t.Fatalf("%q instead of %q: %v", ReasonOf(err), c.want, err)
			}
		})
	}
}
