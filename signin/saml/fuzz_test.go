package saml

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"math/rand/v2"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
)

// fixed returns contoso with IDs that are the same in every process.
func fixed() *IdentityProvider {
	idp, n := contoso("provider"), 0
	idp.NewID = func() string { n++; return "_fixed" + string(rune('0'+n)) }
	return idp
}

// seeds are good responses: the only ones that exist, so whatever is accepted must say the same.
func seeds(tb testing.TB) []string {
	tb.Helper()
	var out []string
	for _, set := range []func(*AppSettings){
		func(*AppSettings) {}, func(s *AppSettings) { s.UnsignedResponse = true }, func(s *AppSettings) { s.UnsignedAssertion = true },
		func(s *AppSettings) { s.Encrypt, s.UnsignedResponse = true, true }, func(s *AppSettings) { s.Encrypt, s.UnsignedAssertion = true, true },
	} {
		is := alice()
		set(&is.Settings)
		m, err := fixed().Respond(is)
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, document(tb, &m.Message))
	}
	return out
}

// unforged fails if an accepted sign-in says anything that was not signed.
func unforged(t *testing.T, got *SignIn) {
	t.Helper()
	is := alice()
	if got.NameID != is.NameID || !reflect.DeepEqual(got.Attributes, is.Attributes) || got.Context != is.Context || got.SessionIndex != is.SessionIndex ||
		!got.AuthnInstant.Equal(is.AuthnInstant) || !got.SessionEnd.Equal(is.SessionEnd) || got.Issuer != providerID || got.AssertionID != "_fixed1" ||
		got.InResponseTo != "_request1" || len(got.Authorities) > 0 {
		t.Fatalf("forged: %+v", got)
	}
}

// edit changes a document in some places. The fuzzer then works on a few bytes of edits instead of on kilobytes, of
// which it would minimize each for a minute. Each edit is a position (two bytes), how much goes, how much comes, and
// what comes.
func edit(document string, edits []byte) string {
	for len(edits) >= 4 {
		from := (int(edits[0])<<8 | int(edits[1])) % (len(document) + 1)
		cut, put := min(int(edits[2]), len(document)-from), min(int(edits[3]), len(edits)-4)
		document = document[:from] + string(edits[4:4+put]) + document[from+cut:]
		edits = edits[4+put:]
	}
	return document
}

// insertion is an edit that puts text before the first place of another.
func insertion(document, before, text string) []byte {
	from := strings.Index(document, before)
	return append([]byte{byte(from >> 8), byte(from), 0, byte(len(text))}, text...)
}

func FuzzVerifyResponse(f *testing.F) {
	all := seeds(f)
	for i, s := range all {
		f.Add(byte(i), []byte{})
		f.Add(byte(i), insertion(s, "<saml", "<!---->"))
		f.Add(byte(i), insertion(s, "ID=", "xmlns:a='urn:a' "))
		f.Add(byte(i), insertion(s, "</samlp:Response", "<saml:Assertion/>"))
		f.Add(byte(i), insertion(s, "<samlp:Status", " "))
	}
	f.Add(byte(1), insertion(all[1], "@contoso.example</saml:NameID", "&#38;"))
	f.Fuzz(func(t *testing.T, which byte, edits []byte) {
		document := []byte(edit(all[int(which)%len(all)], edits))
		in, err := FromForm(url.Values{"SAMLResponse": {base64.StdEncoding.EncodeToString(document)}})
		if err != nil {
			return
		}
		got, err := broker().VerifyResponse(in, wanted)
		if (err == nil) == (got == nil) || (err != nil && ReasonOf(err) == "") {
			t.Fatalf("%v, %v", got, err)
		}
		if err == nil {
			unforged(t, got)
		}
	})
}

// FuzzWrapping moves, copies, renames and rewrites elements of good responses: every wrapping, known or not, is a
// sequence of such steps.
func FuzzWrapping(f *testing.F) {
	all := seeds(f)
	f.Add(byte(0), []byte{})
	f.Add(byte(1), []byte{9, 4, 0, 2})                           // XSW3
	f.Add(byte(1), []byte{9, 4, 0, 4, 7, 4, 0, 1})               // XSW7
	f.Add(byte(0), []byte{9, 0, 0, 0, 0, 2, 30, 1, 0, 0, 30, 1}) // the response inside its copy
	f.Add(byte(2), []byte{1, 2, 5, 0, 3, 20, 0, 0, 4, 0, 5, 0})
	f.Fuzz(func(t *testing.T, which byte, steps []byte) {
		if len(steps) > 64 {
			return
		}
		root := tree(t, all[int(which)%len(all)])
		for ; len(steps) >= 4; steps = steps[4:] {
			root = step(root, steps[0], int(steps[1]), int(steps[2]), int(steps[3]))
		}
		got, err := verify(broker(), text(t, root))
		if err == nil {
			unforged(t, got)
		} else if ReasonOf(err) == "" {
			t.Fatal(err)
		}
	})
}

// TestRandomWrapping does the same in every test run, a thousand times.
func TestRandomWrapping(t *testing.T) {
	t.Parallel()
	all, random, accepted := seeds(t), rand.New(rand.NewPCG(1, 2)), 0 //nolint:gosec // a repeatable choice of forgeries
	for range 1000 {
		root := tree(t, all[random.IntN(len(all))])
		for range 1 + random.IntN(5) {
			root = step(root, byte(random.IntN(10)), random.IntN(64), random.IntN(64), random.IntN(8))
		}
		got, err := verify(broker(), text(t, root))
		if err == nil {
			accepted++
			unforged(t, got)
		} else if ReasonOf(err) == "" {
			t.Fatal(err)
		}
	}
	if accepted == 0 || accepted > 500 {
		t.Errorf("%d of 1000 were accepted: the steps change too much or too little", accepted)
	}
}

// step changes the tree in one of ten ways and returns its root.
func step(root *etree.Element, op byte, i, j, k int) *etree.Element {
	all := append([]*etree.Element{root}, root.FindElements(".//*")...)
	a, b := all[i%len(all)], all[j%len(all)]
	inside := func(inner, outer *etree.Element) bool {
		for e := inner; e != nil; e = e.Parent() {
			if e == outer {
				return true
			}
		}
		return false
	}
	put := func(el *etree.Element) { b.InsertChildAt(k%(len(b.Child)+1), el) }
	switch op % 10 {
	case 0:
		if a != root && !inside(b, a) {
			a.Parent().RemoveChild(a)
			put(a)
		}
	case 1:
		put(detach(a))
	case 2:
		if a != root {
			a.Parent().RemoveChild(a)
		}
	case 3:
		a.SetText("mallory@contoso.example")
	case 4:
		a.CreateAttr("ID", b.SelectAttrValue("ID", "_new"))
	case 5:
		a.Space, a.Tag = b.Space, b.Tag
	case 6:
		if len(a.Attr) > 0 {
			a.Attr[k%len(a.Attr)].Value = []string{"", "#", "urn:x", brokerID, "2.0", "_request1", nsDS, nsSAML}[j%8]
		}
	case 7:
		wrap := etree.NewElement([]string{"samlp:Extensions", "ds:Object", "saml:Advice", "samlp:Response"}[k%4])
		wrap.CreateAttr("xmlns:samlp", nsSAMLP)
		wrap.CreateAttr("xmlns:saml", nsSAML)
		wrap.CreateAttr("xmlns:ds", nsDS)
		wrap.AddChild(detach(a))
		put(wrap)
	case 8: // put the tree into a copy of its own root
		outer := detach(root)
		outer.Child = nil
		outer.AddChild(root)
		return outer
	case 9:
		c := detach(a)
		for _, n := range c.FindElements(".//NameID") {
			n.SetText("mallory@contoso.example")
		}
		c.RemoveAttr("ID")
		c.CreateAttr("ID", "_forged")
		put(c)
	}
	return root
}

// FuzzParse compares the strict reader with a lax one: what it accepts both read alike, and so does its canonical form.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`<a xmlns:p="urn:p" p:b="&#x41;&amp;" c='"'>x &lt; y<p:d/></a>`))
	f.Add([]byte(`<?xml version="1.0" encoding="UTF-8"?><a xmlns="urn:p">` + "\r\n</a>"))
	f.Fuzz(func(t *testing.T, document []byte) {
		root, err := parse("test", document, messageLimits, nil)
		if err != nil {
			if ReasonOf(err) == "" {
				t.Fatal(err)
			}
			return
		}
		lax := etree.NewDocument()
		if err := lax.ReadFromBytes(document); err != nil {
			t.Fatalf("the lax reader refuses it: %v", err)
		}
		if a, b := text(t, root), text(t, lax.Root()); a != b {
			t.Fatalf("read differently:\n%s\n%s", a, b)
		}
		canonical, err := dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("").Canonicalize(root.Copy())
		if err != nil {
			t.Fatal(err)
		}
		again, err := parse("test", canonical, messageLimits, nil)
		if err != nil {
			if ReasonOf(err) == ReasonTooLarge { // escapes make it longer
				return
			}
			t.Fatalf("the canonical form is refused: %v\n%s", err, canonical)
		}
		second, err := dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("").Canonicalize(again)
		if err != nil || !bytes.Equal(canonical, second) {
			t.Fatalf("the canonical form changes: %v\n%s\n%s", err, canonical, second)
		}
	})
}

func FuzzMetadata(f *testing.F) {
	sp, err := broker().Metadata(time.Hour)
	if err != nil {
		f.Fatal(err)
	}
	idp, err := contoso("provider").Metadata(time.Hour)
	if err != nil {
		f.Fatal(err)
	}
	all := []string{string(sp), string(idp), `<md:EntitiesDescriptor xmlns:md="` + nsMD + `"><md:EntityDescriptor entityID="x"/></md:EntitiesDescriptor>`}
	for i, s := range all {
		f.Add(byte(i), []byte{}, false)
		f.Add(byte(i), []byte{}, true)
		f.Add(byte(i), insertion(s, "<md:", "<!-- x -->"), false)
		f.Add(byte(i), insertion(s, "entityID", "validUntil='2026-11-23T17:00:00Z' "), false)
	}
	f.Fuzz(func(t *testing.T, which byte, edits []byte, signed bool) {
		document := []byte(edit(all[int(which)%len(all)], edits))
		o := MetadataOptions{Now: now}
		if signed {
			o.Signers = []*x509.Certificate{keys()["provider"].Certificate}
		}
		e, err := ReadMetadata(document, o)
		if err != nil {
			if ReasonOf(err) == "" {
				t.Fatal(err)
			}
			return
		}
		if signed && (e.ID != providerID || e.App != nil || !reflect.DeepEqual(e.Provider.SignOn, provider("provider").Provider.SignOn)) {
			t.Fatalf("forged: %+v", e)
		}
		if e.ID == "" || (e.Provider == nil && e.App == nil) {
			t.Fatalf("read %+v", e)
		}
	})
}

func FuzzQuery(f *testing.F) {
	query, _ := ask(f)
	m, err := contoso("provider").RequestLogout(us(), RoleApp, Redirect, alice().NameID, []string{"_s1"}, "")
	if err != nil {
		f.Fatal(err)
	}
	_, logout, _ := strings.Cut(m.URL, "?")
	all := []string{query, logout}
	for i, s := range all {
		f.Add(byte(i), []byte{})
		f.Add(byte(i), insertion(s, "&SigAlg", "&RelayState=x"))
		f.Add(byte(i), insertion(s, "&Signature", "%20"))
	}
	f.Fuzz(func(t *testing.T, which byte, edits []byte) {
		in, err := FromQuery(edit(all[int(which)%len(all)], edits))
		if err != nil {
			if ReasonOf(err) == "" {
				t.Fatal(err)
			}
			return
		}
		idp, sp := contoso("provider"), broker()
		idp.RefuseUnsigned = true
		if r, err := idp.ParseRequest(in, finder(us())); err == nil && (r.Relay != "flow-1" || r.Consumer.Location != consumerAt || r.ForceAuthn) {
			t.Fatalf("forged: %+v", r)
		}
		if r, err := sp.ParseLogoutRequest(in, RoleProvider, finder(sp.Provider)); err == nil && (r.NameID != alice().NameID || r.Relay != "") {
			t.Fatalf("forged: %+v", r)
		}
		_, _ = sp.ParseLogoutResponse(in, RoleProvider, sp.Provider, "_x")
	})
}

func FuzzRequest(f *testing.F) {
	var all []string
	for _, sign := range []bool{true, false} {
		sp := broker()
		sp.SignRequests, sp.NewID = sign, fixed().NewID
		m, err := sp.Request(RequestOptions{Binding: Post, ForceAuthn: true, Contexts: []string{ContextPassword}, NameIDFormat: FormatEmail, Hint: &NameID{Value: "a@b.example", Format: FormatEmail}})
		if err != nil {
			f.Fatal(err)
		}
		all = append(all, document(f, m))
	}
	for i, s := range all {
		f.Add(byte(i), []byte{})
		f.Add(byte(i), insertion(s, " ID=", " AssertionConsumerServiceURL='https://evil.example'"))
		f.Add(byte(i), insertion(s, "</samlp:AuthnRequest", "<samlp:Scoping/>"))
	}
	f.Fuzz(func(t *testing.T, which byte, edits []byte) {
		document := []byte(edit(all[int(which)%len(all)], edits))
		in, err := FromForm(url.Values{"SAMLRequest": {base64.StdEncoding.EncodeToString(document)}})
		if err != nil {
			return
		}
		idp := contoso("provider")
		r, err := idp.ParseRequest(in, finder(us()))
		if err != nil && ReasonOf(err) == "" {
			t.Fatal(err)
		}
		if r != nil && r.Consumer.Location != consumerAt {
			t.Fatalf("the answer would go to %+v", r.Consumer)
		}
		if err == nil && r.Signed && (r.ID != "_fixed1" || !r.ForceAuthn || r.Hint == nil || r.Hint.Value != "a@b.example") {
			t.Fatalf("forged: %+v", r)
		}
		_, _ = idp.ParseLogoutRequest(in, RoleApp, finder(us()))
	})
}

// TestSecondOpinion has goxmldsig's own verification agree with ours, byte for byte.
func TestSecondOpinion(t *testing.T) {
	t.Parallel()
	for _, how := range []signed{onAssertion, onResponse} {
		root := tree(t, good(t, how))
		el := root
		if how == onAssertion {
			el = detach(root.FindElement("./Assertion"))
		}
		mine, _, err := verifyEnveloped("test", el, provider("provider").Provider.Signing, messageLimits)
		if err != nil {
			t.Fatal(err)
		}
		ctx := dsig.NewDefaultValidationContext(&dsig.MemoryX509CertificateStore{Roots: provider("provider").Provider.Signing})
		ctx.Clock = dsig.NewFakeClockAt(now)
		theirs, err := ctx.Validate(el)
		if err != nil {
			t.Fatal(err)
		}
		if a, b := text(t, mine), text(t, theirs); a != b {
			t.Errorf("read differently:\n%s\n%s", a, b)
		}
	}
}
