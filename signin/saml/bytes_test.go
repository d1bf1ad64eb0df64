package saml

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
	"unicode/utf16"
)

// TestBytes changes the text of a good response so that two parsers might read it differently.
func TestBytes(t *testing.T) {
	t.Parallel()
	const name, root = "alice@contoso.example</saml:NameID>", "<samlp:Response "
	cases := []struct {
		name, old, new string
		want           Reason
	}{
		{"comment in the name", name, "alice@contoso.example<!-- -->.evil.example</saml:NameID>", ReasonComment},
		{"comment around the name", name, "alice@contoso.example<!--x--></saml:NameID>", ReasonComment},
		{"comment before the root", root, "<!-- x -->" + root, ReasonComment},
		{"comment without an end", name, "alice@contoso.example<!-- </saml:NameID>", ReasonComment},
		{"instruction in the name", name, "alice@contoso.example<?x y?></saml:NameID>", ReasonInstruction},
		{"style sheet", root, `<?xml-stylesheet href="x"?>` + root, ReasonInstruction},
		{"second declaration", root, `<?xml version="1.0"?><?xml version="1.0"?>` + root, ReasonInstruction},
		{"version 1.1", root, `<?xml version="1.1"?>` + root, ReasonInstruction},
		{"other encoding declared", root, `<?xml version="1.0" encoding="utf-7"?>` + root, ReasonInstruction},
		{"CDATA in the name", name, "<![CDATA[alice@contoso.example]]></saml:NameID>", ReasonCDATA},
		{"document type", root, "<!DOCTYPE Response>" + root, ReasonDTD},
		{"entities by a document type", root, `<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>` + root, ReasonDTD},
		{"external entity", root, `<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]>` + root, ReasonDTD},
		{"external subset", root, `<!DOCTYPE r SYSTEM "http://attacker.example/x.dtd">` + root, ReasonDTD},
		{"CVE-2025-25291: document type whose quotes hold a comment", root, `<!DOCTYPE a SYSTEM 'x"><!--'>` + root, ReasonDTD},
		{"document type that hides a comment's end", root, `<!DOCTYPE x [<!-- > ]> --> ]>` + root, ReasonDTD},
		{"undeclared entity", name, "alice&evil;</saml:NameID>", ReasonEntity},
		{"bare ampersand", name, "alice & bob</saml:NameID>", ReasonEntity},
		{"entity without an end", name, "alice&amp</saml:NameID>", ReasonEntity},
		{"character reference to nothing allowed", name, "alice&#0;</saml:NameID>", ReasonMalformed},
		{"byte order mark", root, "\uFEFF" + root, ReasonMalformed},
		{"not UTF-8", name, "alice\xff</saml:NameID>", ReasonEncoding},
		{"NUL", name, "alice\x00</saml:NameID>", ReasonMalformed},
		{"text before the root", root, "x" + root, ReasonMalformed},
		{"two roots", "</samlp:Response>", "</samlp:Response><samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\"></samlp:Response>", ReasonMalformed},
		{"no end", "</samlp:Response>", "", ReasonMalformed},
		{"ends crossed", "</saml:Issuer><samlp:Status>", "<samlp:Status></saml:Issuer>", ReasonMalformed},
		{"CDATA end in text", name, "alice]]></saml:NameID>", ReasonMalformed},
		{"attribute without quotes", root, "<samlp:Response a=b ", ReasonMalformed},
		{"less-than in an attribute", root, `<samlp:Response a="<" `, ReasonMalformed},

		{"undeclared prefix", name, "alice@contoso.example</saml:NameID><evil:NameID></evil:NameID>", ReasonNamespace},
		{"undeclared prefix of an attribute", "<saml:NameID ", `<saml:NameID evil:x="y" `, ReasonNamespace},
		{"two colons in a name", name, "x</saml:NameID><saml:a:b></saml:a:b>", ReasonMalformed},
		{"name that begins with a colon", name, "x</saml:NameID><:a></:a>", ReasonNamespace},
		{"name that ends with a colon", name, "x</saml:NameID><saml:></saml:>", ReasonNamespace},
		{"attribute that begins with a colon", "<saml:NameID ", `<saml:NameID :ID="y" `, ReasonNamespace},
		{"attribute with two colons", "<saml:NameID ", `<saml:NameID saml:a:ID="y" `, ReasonMalformed},
		{"prefix xmlns on an element", name, "x</saml:NameID><xmlns:a></xmlns:a>", ReasonNamespace},
		{"prefix xml declared anew", root, root + `xmlns:xml="urn:evil" `, ReasonNamespace},
		{"prefix xmlns declared", root, root + `xmlns:xmlns="urn:evil" `, ReasonNamespace},
		{"namespace of xml under another prefix", root, root + `xmlns:x="http://www.w3.org/XML/1998/namespace" `, ReasonNamespace},
		{"void canonicalization: relative namespace", root, root + `xmlns:ns="1" `, ReasonNamespace},
		{"void canonicalization: relative path", root, root + `xmlns:ns="../x" `, ReasonNamespace},
		{"prefix taken back", root, root + `xmlns:ns="" `, ReasonNamespace},
		{"default namespace taken back", root, root + `xmlns="" `, ReasonNamespace},
		{"attribute twice", root, root + `ID="_x" `, ReasonNamespace},
		{"attribute twice by two prefixes", root, root + `xmlns:a="urn:x" xmlns:b="urn:x" a:q="1" b:q="2" `, ReasonNamespace},
		{"attribute pollution: ID in a namespace", root, root + `samlp:ID="_x" `, ReasonNamespace},
		{"attribute pollution: xml:id", root, root + `xml:id="_x" `, ReasonNamespace},
		{"attribute pollution: Id beside ID", root, root + `Id="_x" `, ReasonUnexpected},
		{"attribute pollution: prefixed Destination", root, root + `samlp:Destination="x" `, ReasonUnexpected},
		{"ID that is an expression", "<ds:Signature ", `<ds:Signature Id="x' or '1'='1" `, ReasonMalformed},
		{"signature's ID is the response's", "<ds:Signature ", `<ds:Signature Id="_0" `, ReasonDuplicateID},
		{"structural name in another namespace", "<saml:Issuer>", `<x:Assertion xmlns:x="urn:x"></x:Assertion><saml:Issuer>`, ReasonNamespace},
		{"CVE-2025-25292: signature by an escaped namespace", "<samlp:Status>", `<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig&#x23;"></ds:Signature><samlp:Status>`, ReasonSignatureShape},
		{"text between elements", "<samlp:Status>", "x<samlp:Status>", ReasonUnexpected},
		{"element that nobody knows", "<samlp:Status>", "<samlp:Evil></samlp:Evil><samlp:Status>", ReasonUnexpected},
		{"of version 1.1", `Version="2.0"`, `Version="1.1"`, ReasonVersion},

		{"too deep", name, strings.Repeat("<saml:x>", 40) + strings.Repeat("</saml:x>", 40) + name, ReasonTooDeep},
		{"too many elements", name, strings.Repeat("<saml:x></saml:x>", maxElements) + name, ReasonTooLarge},
		{"too many attributes", "<saml:NameID ", "<saml:NameID " + many(60, "a%d=\"1\" "), ReasonTooLarge},
		{"too many namespaces", "<saml:NameID ", "<saml:NameID " + many(36, "xmlns:a%d=\"urn:x\" "), ReasonTooLarge},
		{"too many bytes", name, strings.Repeat("x", maxMessage) + name, ReasonTooLarge},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			document := good(t, onAssertion)
			if c.name == "signature's ID is the response's" {
				c.new = strings.Replace(c.new, "_0", attr(tree(t, document), "ID"), 1)
			}
			if !strings.Contains(document, c.old) {
				t.Fatalf("there is no %q", c.old)
			}
			got, err := verify(broker(), strings.Replace(document, c.old, c.new, 1))
			refused(t, got, err, c.want)
		})
	}
}

func many(n int, form string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Replace(form, "%d", string([]byte{'a' + byte(i/10), '0' + byte(i%10)}), 1))
	}
	return b.String()
}

func TestForm(t *testing.T) {
	t.Parallel()
	document := good(t, onBoth)
	ok := base64.StdEncoding.EncodeToString([]byte(document))
	wide := make([]byte, 0, 2*len(document))
	for _, u := range utf16.Encode([]rune(document)) {
		wide = append(wide, byte(u>>8), byte(u))
	}
	for name, c := range map[string]struct {
		form url.Values
		want Reason
	}{
		"nothing":          {url.Values{}, ReasonMissing},
		"twice":            {url.Values{"SAMLResponse": {ok, ok}}, ReasonMissing},
		"both kinds":       {url.Values{"SAMLResponse": {ok}, "SAMLRequest": {ok}}, ReasonMissing},
		"two RelayStates":  {url.Values{"SAMLResponse": {ok}, "RelayState": {"a", "b"}}, ReasonMissing},
		"long RelayState":  {url.Values{"SAMLResponse": {ok}, "RelayState": {strings.Repeat("x", maxRelay+1)}}, ReasonRelayState},
		"empty":            {url.Values{"SAMLResponse": {""}}, ReasonEncoding},
		"not base64":       {url.Values{"SAMLResponse": {"<samlp:Response/>"}}, ReasonEncoding},
		"loose base64":     {url.Values{"SAMLResponse": {"YR=="}}, ReasonEncoding},
		"URL base64":       {url.Values{"SAMLResponse": {"__-_"}}, ReasonEncoding},
		"huge":             {url.Values{"SAMLResponse": {strings.Repeat("A", 2*maxMessage)}}, ReasonTooLarge},
		"as a request":     {url.Values{"SAMLRequest": {ok}}, ReasonWrongMessage},
		"another message":  {url.Values{"SAMLResponse": {base64.StdEncoding.EncodeToString([]byte(`<samlp:AuthnRequest xmlns:samlp="` + nsSAMLP + `"/>`))}}, ReasonWrongMessage},
		"no namespace":     {url.Values{"SAMLResponse": {base64.StdEncoding.EncodeToString([]byte(`<Response/>`))}}, ReasonWrongMessage},
		"UTF-16":           {url.Values{"SAMLResponse": {base64.StdEncoding.EncodeToString(wide)}}, ReasonMalformed},
		"UTF-16 with mark": {url.Values{"SAMLResponse": {base64.StdEncoding.EncodeToString(append([]byte{0xfe, 0xff}, wide...))}}, ReasonEncoding},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in, err := FromForm(c.form)
			var got *SignIn
			if err == nil {
				got, err = broker().VerifyResponse(in, wanted)
			}
			refused(t, got, err, c.want)
		})
	}
	// Line breaks inside are what some providers send.
	in, err := FromForm(url.Values{"SAMLResponse": {ok[:76] + "\r\n" + ok[76:]}})
	if err == nil {
		_, err = broker().VerifyResponse(in, wanted)
	}
	if err != nil {
		t.Errorf("with line breaks: %v", err)
	}
}
