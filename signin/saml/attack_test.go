package saml

import (
	"encoding/base64"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/beevik/etree"
)

// signed names which of the two signatures a good response carries.
type signed string

const (
	onAssertion signed = "assertion signed"
	onResponse  signed = "response signed"
	onBoth      signed = "both signed"
)

var allSigned = []signed{onAssertion, onResponse, onBoth}

// good returns a response to "_request1" about alice, as contoso signs it.
func good(tb testing.TB, how signed) string {
	tb.Helper()
	is := alice()
	is.Settings.UnsignedResponse, is.Settings.UnsignedAssertion = how == onAssertion, how == onResponse
	m, err := contoso("provider").Respond(is)
	if err != nil {
		tb.Fatal(err)
	}
	return document(tb, &m.Message)
}

func document(tb testing.TB, m *Message) string {
	tb.Helper()
	b, err := base64.StdEncoding.DecodeString(m.Value)
	if err != nil {
		tb.Fatal(err)
	}
	return string(b)
}

// verify gives a document to the broker, as a browser posts it.
func verify(sp *ServiceProvider, document string) (*SignIn, error) {
	in, err := FromForm(url.Values{"SAMLResponse": {base64.StdEncoding.EncodeToString([]byte(document))}})
	if err != nil {
		return nil, err
	}
	return sp.VerifyResponse(in, wanted)
}

// tree reads a document by the library's own lax parser, as an attacker would.
func tree(tb testing.TB, document string) *etree.Element {
	tb.Helper()
	doc := etree.NewDocument()
	if err := doc.ReadFromString(document); err != nil {
		tb.Fatal(err)
	}
	return doc.Root()
}

func text(tb testing.TB, root *etree.Element) string {
	tb.Helper()
	b, err := serialize(root)
	if err != nil {
		tb.Fatal(err)
	}
	return string(b)
}

// take removes and returns the first element at a path.
func take(el *etree.Element, path string) *etree.Element {
	found := el.FindElement(path)
	found.Parent().RemoveChild(found)
	return found
}

// evil returns a copy of a response or assertion that is about mallory, with another ID and without a signature.
func evil(el *etree.Element) *etree.Element {
	out := detach(el)
	out.CreateAttr("ID", "_evil")
	for s := out.FindElement(".//Signature"); s != nil; s = out.FindElement(".//Signature") {
		s.Parent().RemoveChild(s)
	}
	if a := out.FindElement("./Assertion"); a != nil {
		a.CreateAttr("ID", "_evilassertion")
	}
	out.FindElement(".//NameID").SetText("mallory@contoso.example")
	return out
}

// wrapping is a generator of one forged document from a good one. It returns the new root.
type wrapping struct {
	name string
	on   []signed // which good documents it starts from
	make func(root *etree.Element) *etree.Element
	want []Reason // any of them, since three starting documents fail at different places
}

// wrappings holds the eight variants of signature wrapping that the literature numbers, and their descendants, made
// anew from their descriptions.
var wrappings = []wrapping{
	{"XSW1: forged response, the signed one inside its signature", []signed{onResponse, onBoth}, func(root *etree.Element) *etree.Element {
		forged, sig := evil(root), take(root, "./Signature")
		sig.AddChild(root)
		forged.InsertChildAt(1, sig)
		return forged
	}, []Reason{ReasonUnexpected}},
	{"XSW2: forged response, the signed one before its detached signature", []signed{onResponse, onBoth}, func(root *etree.Element) *etree.Element {
		forged, sig := evil(root), take(root, "./Signature")
		forged.InsertChildAt(1, root)
		forged.InsertChildAt(2, sig)
		return forged
	}, []Reason{ReasonUnexpected}},
	{"XSW3: forged assertion before the signed one", []signed{onAssertion, onBoth}, func(root *etree.Element) *etree.Element {
		a := root.FindElement("./Assertion")
		root.InsertChildAt(a.Index(), evil(a))
		return root
	}, []Reason{ReasonAssertionNumber}},
	{"XSW3b: forged assertion after the signed one", allSigned, func(root *etree.Element) *etree.Element {
		root.AddChild(evil(root.FindElement("./Assertion")))
		return root
	}, []Reason{ReasonAssertionNumber}},
	{"XSW4: signed assertion inside the forged one", []signed{onAssertion, onBoth}, func(root *etree.Element) *etree.Element {
		a := take(root, "./Assertion")
		forged := evil(a)
		forged.AddChild(a)
		root.AddChild(forged)
		return root
	}, []Reason{ReasonAssertionNumber}},
	{"XSW5: forged assertion with the signature, the signed one at the end", []signed{onAssertion, onBoth}, func(root *etree.Element) *etree.Element {
		a := take(root, "./Assertion")
		forged, sig := evil(a), take(a, "./Signature")
		forged.InsertChildAt(1, sig)
		root.AddChild(forged)
		root.AddChild(a)
		return root
	}, []Reason{ReasonAssertionNumber}},
	{"XSW6: forged assertion with the signature, the signed one inside that", []signed{onAssertion, onBoth}, func(root *etree.Element) *etree.Element {
		a := take(root, "./Assertion")
		forged, sig := evil(a), take(a, "./Signature")
		sig.AddChild(a)
		forged.InsertChildAt(1, sig)
		root.AddChild(forged)
		return root
	}, []Reason{ReasonAssertionNumber}},
	{"XSW7: forged assertion inside Extensions", []signed{onAssertion, onBoth}, func(root *etree.Element) *etree.Element {
		x := etree.NewElement("samlp:Extensions")
		x.AddChild(evil(root.FindElement("./Assertion")))
		root.InsertChildAt(root.FindElement("./Status").Index(), x)
		return root
	}, []Reason{ReasonAssertionNumber}},
	{"XSW8: forged assertion, the signed one inside an Object of its signature", []signed{onAssertion, onBoth}, func(root *etree.Element) *etree.Element {
		a := take(root, "./Assertion")
		forged, sig := evil(a), take(a, "./Signature")
		sig.CreateElement("ds:Object").AddChild(a)
		forged.InsertChildAt(1, sig)
		root.AddChild(forged)
		return root
	}, []Reason{ReasonAssertionNumber}},

	{"signed response inside an Object of the forged one's signature", []signed{onResponse, onBoth}, func(root *etree.Element) *etree.Element {
		forged, sig := evil(root), take(root, "./Signature")
		sig.CreateElement("ds:Object").AddChild(root)
		forged.InsertChildAt(1, sig)
		return forged
	}, []Reason{ReasonUnexpected}},
	{"signed response with its signature inside Extensions of the forged one", allSigned, func(root *etree.Element) *etree.Element {
		forged := evil(root)
		x := etree.NewElement("samlp:Extensions")
		x.AddChild(root)
		forged.InsertChildAt(1, x)
		return forged
	}, []Reason{ReasonUnexpected}},
	{"signed assertion inside Advice", []signed{onAssertion, onBoth}, func(root *etree.Element) *etree.Element {
		a := take(root, "./Assertion")
		forged := evil(a)
		forged.CreateElement("saml:Advice").AddChild(a)
		root.AddChild(forged)
		return root
	}, []Reason{ReasonAssertionNumber}},
	{"signed assertion inside an attribute's value", []signed{onAssertion, onBoth}, func(root *etree.Element) *etree.Element {
		a := take(root, "./Assertion")
		forged := evil(a)
		forged.FindElement(".//AttributeValue").AddChild(a)
		root.AddChild(forged)
		return root
	}, []Reason{ReasonAssertionNumber}},
	{"signed assertion inside SubjectConfirmationData", []signed{onAssertion, onBoth}, func(root *etree.Element) *etree.Element {
		a := take(root, "./Assertion")
		forged := evil(a)
		forged.FindElement(".//SubjectConfirmationData").AddChild(a)
		root.AddChild(forged)
		return root
	}, []Reason{ReasonAssertionNumber}},
	{"signed assertion inside KeyInfo of its signature", []signed{onAssertion, onBoth}, func(root *etree.Element) *etree.Element {
		a := take(root, "./Assertion")
		forged, sig := evil(a), take(a, "./Signature")
		sig.FindElement("./KeyInfo").AddChild(a)
		forged.InsertChildAt(1, sig)
		root.AddChild(forged)
		return root
	}, []Reason{ReasonAssertionNumber}},
	{"signed assertion inside StatusDetail", []signed{onAssertion, onBoth}, func(root *etree.Element) *etree.Element {
		a := take(root, "./Assertion")
		root.FindElement("./Status").CreateElement("samlp:StatusDetail").AddChild(a)
		root.AddChild(evil(a))
		return root
	}, []Reason{ReasonAssertionNumber}},
	{"forged assertion beside an assertion in another namespace", []signed{onAssertion, onBoth}, func(root *etree.Element) *etree.Element {
		a := root.FindElement("./Assertion")
		forged := evil(a)
		forged.CreateAttr("xmlns:saml", "urn:oasis:names:tc:SAML:1.0:assertion")
		root.AddChild(forged)
		return root
	}, []Reason{ReasonNamespace}},
	{"forged assertion under the ID of the signed one", []signed{onAssertion, onBoth}, func(root *etree.Element) *etree.Element {
		a := root.FindElement("./Assertion")
		forged := evil(a)
		forged.CreateAttr("ID", a.SelectAttrValue("ID", ""))
		root.InsertChildAt(a.Index(), forged)
		return root
	}, []Reason{ReasonDuplicateID}},
	{"signature taken from the assertion to the response", []signed{onAssertion}, func(root *etree.Element) *etree.Element {
		root.InsertChildAt(1, take(root, "./Assertion/Signature"))
		root.FindElement(".//NameID").SetText("mallory@contoso.example")
		return root
	}, []Reason{ReasonReference}},
	{"response takes the assertion's ID and signature", []signed{onAssertion}, func(root *etree.Element) *etree.Element {
		a := root.FindElement("./Assertion")
		root.CreateAttr("ID", a.SelectAttrValue("ID", ""))
		a.CreateAttr("ID", "_other")
		root.InsertChildAt(1, take(a, "./Signature"))
		return root
	}, []Reason{ReasonDigest}},
	{"signature after what it should stand before", allSigned, func(root *etree.Element) *etree.Element {
		sig := root.FindElement(".//Signature")
		parent := sig.Parent()
		parent.RemoveChild(sig)
		parent.AddChild(sig)
		return root
	}, []Reason{ReasonSignaturePlace}},
	{"two signatures in one parent", allSigned, func(root *etree.Element) *etree.Element {
		sig := root.FindElement(".//Signature")
		sig.Parent().InsertChildAt(sig.Index(), sig.Copy())
		return root
	}, []Reason{ReasonSignaturePlace}},
	{"second SignedInfo, for readers that take the other", allSigned, func(root *etree.Element) *etree.Element {
		sig := root.FindElement(".//Signature")
		info := sig.FindElement("./SignedInfo").Copy()
		info.FindElement(".//DigestValue").SetText("AAAA")
		sig.InsertChildAt(0, info)
		root.FindElement(".//NameID").SetText("mallory@contoso.example")
		return root
	}, []Reason{ReasonSignatureShape}},
	{"SignedInfo hidden in KeyInfo", allSigned, func(root *etree.Element) *etree.Element {
		sig := root.FindElement(".//Signature")
		sig.FindElement("./KeyInfo").AddChild(sig.FindElement("./SignedInfo").Copy())
		return root
	}, []Reason{ReasonSignatureShape}},
	{"CVE-2024-45409: digest of the forged content in StatusDetail", []signed{onAssertion}, func(root *etree.Element) *etree.Element {
		detail := root.FindElement("./Status").CreateElement("samlp:StatusDetail")
		d := detail.CreateElement("ds:DigestValue")
		d.CreateAttr("xmlns:ds", nsDS)
		d.SetText("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
		root.FindElement(".//NameID").SetText("mallory@contoso.example")
		return root
	}, []Reason{ReasonDigest}},
	{"name changed", allSigned, func(root *etree.Element) *etree.Element {
		root.FindElement(".//NameID").SetText("mallory@contoso.example")
		return root
	}, []Reason{ReasonDigest}},
	{"attribute added", allSigned, func(root *etree.Element) *etree.Element {
		s := root.FindElement(".//AttributeStatement")
		s.AddChild(s.ChildElements()[0].Copy())
		return root
	}, []Reason{ReasonDigest}},
	{"signatures removed", allSigned, func(root *etree.Element) *etree.Element {
		for s := root.FindElement(".//Signature"); s != nil; s = root.FindElement(".//Signature") {
			s.Parent().RemoveChild(s)
		}
		return root
	}, []Reason{ReasonUnsigned}},
	{"assertion removed", allSigned, func(root *etree.Element) *etree.Element {
		take(root, "./Assertion")
		return root
	}, []Reason{ReasonAssertionNumber, ReasonDigest}},
	{"two subjects in the assertion", allSigned, func(root *etree.Element) *etree.Element {
		a := root.FindElement("./Assertion")
		a.AddChild(evil(a).FindElement("./Subject"))
		return root
	}, []Reason{ReasonDigest}},
	{"a second subject beside the assertion", []signed{onAssertion}, func(root *etree.Element) *etree.Element {
		root.AddChild(evil(root.FindElement("./Assertion")).FindElement("./Subject"))
		return root
	}, []Reason{ReasonUnexpected}},
	{"assertion as the root", []signed{onAssertion, onBoth}, func(root *etree.Element) *etree.Element {
		return detach(root.FindElement("./Assertion"))
	}, []Reason{ReasonWrongMessage}},
}

func TestWrapping(t *testing.T) {
	t.Parallel()
	for _, w := range wrappings {
		for _, how := range w.on {
			t.Run(w.name+"/"+string(how), func(t *testing.T) {
				t.Parallel()
				before := good(t, how)
				if _, err := verify(broker(), before); err != nil {
					t.Fatalf("the good one is refused: %v", err)
				}
				forged := text(t, w.make(tree(t, before)))
				if forged == before {
					t.Fatal("nothing was forged")
				}
				got, err := verify(broker(), forged)
				refused(t, got, err, w.want...)
			})
		}
	}
}

// refused fails unless the error's reason is one of want.
func refused(t *testing.T, got any, err error, want ...Reason) {
	t.Helper()
	reason := ReasonOf(err)
	if err == nil || !reflect.ValueOf(got).IsNil() && reflect.TypeOf(got) == reflect.TypeFor[*SignIn]() {
		t.Fatalf("accepted: %+v", got)
	}
	for _, w := range want {
		if reason == w {
			if strings.TrimSpace(reason.Person()) == "" {
				t.Error("nothing to say to the person")
			}
			return
		}
	}
	t.Fatalf("refused because of %q, want %q (%v)", reason, want, err)
}
