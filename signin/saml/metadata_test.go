package saml

import (
	"crypto/x509"
	"encoding/base64"
	"strings"
	"testing"
	"time"
)

func encoded(pair string) string {
	return base64.StdEncoding.EncodeToString(keys()[pair].Certificate.Raw)
}

func key(use, pair string) string {
	if use != "" {
		use = ` use="` + use + `"`
	}
	return `<KeyDescriptor` + use + `><KeyInfo xmlns="` + nsDS + `"><X509Data><X509Certificate>` + encoded(pair)[:64] + "\n" + encoded(pair)[64:] + `</X509Certificate></X509Data></KeyInfo></KeyDescriptor>`
}

// entity is a description in a foreign hand, with marks at which the rows put something else.
func entity(role string) string {
	return "\uFEFF" + `<?xml version="1.0" encoding="utf-8"?>
<EntityDescriptor ID="_e" entityID="https://sts.example/adfs" xmlns="` + nsMD + `">` + role + `<ContactPerson contactType="support"/></EntityDescriptor>`
}

func idpRole(keys string) string {
	return `<RoleDescriptor xmlns:xsi="` + nsXSI + `" xmlns:fed="http://docs.oasis-open.org/wsfed/federation/200706" xsi:type="fed:SecurityTokenServiceType" protocolSupportEnumeration="http://docs.oasis-open.org/wsfed/federation/200706"><fed:x>text</fed:x></RoleDescriptor>
<IDPSSODescriptor protocolSupportEnumeration="` + nsSAMLP + `" WantAuthnRequestsSigned="true">` + keys + `
<SingleLogoutService Binding="` + string(Redirect) + `" Location="https://sts.example/slo" ResponseLocation="https://sts.example/slo/done"/>
<SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:SOAP" Location="https://sts.example/soap"/>
<NameIDFormat>` + FormatPersistent + `</NameIDFormat>
<SingleSignOnService Binding="` + string(Redirect) + `" Location="https://sts.example/sso"/></IDPSSODescriptor>`
}

func TestForeignMetadata(t *testing.T) {
	t.Parallel()
	all := key("signing", "provider") + key("signing", "next") + key("signing", "next") + key("encryption", "app") + key("", "p256")
	e, err := ReadMetadata([]byte(entity(idpRole(all))), MetadataOptions{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	p := e.Provider
	if e.ID != "https://sts.example/adfs" || e.App != nil || !p.WantSignedRequests || len(p.Signing) != 3 || len(p.Encryption) != 2 || len(p.SignOn) != 1 ||
		len(p.Logout) != 1 || p.Logout[0].Response != "https://sts.example/slo/done" || len(p.NameIDFormats) != 1 {
		t.Errorf("read %+v", p)
	}

	const app = `<SPSSODescriptor protocolSupportEnumeration="` + nsSAMLP + `" AuthnRequestsSigned="1"><!-- made by a tool -->
<AssertionConsumerService Binding="` + string(Post) + `" Location="https://app.example/acs0" index="0"/>
<AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact" Location="https://app.example/art" index="1"/>
<AssertionConsumerService Binding="` + string(Post) + `" Location="https://app.example/acs2" index="2" isDefault="true"/>
<AttributeConsumingService index="0"><ServiceName xml:lang="en">x</ServiceName><RequestedAttribute Name="mail"/></AttributeConsumingService></SPSSODescriptor>`
	e, err = ReadMetadata([]byte("<!-- example -->"+strings.TrimPrefix(entity(app), "\uFEFF"+`<?xml version="1.0" encoding="utf-8"?>`)), MetadataOptions{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	if len(e.App.Consumers) != 2 || !e.App.SignsRequests || e.App.WantSignedAssertions || len(e.App.Attributes) != 1 || defaultConsumer(e.App.Consumers).Index != 2 {
		t.Errorf("read %+v", e.App)
	}
}

func TestMetadataRefused(t *testing.T) {
	t.Parallel()
	good := entity(idpRole(key("signing", "provider")))
	role := func(old, new string) string { return strings.Replace(good, old, new, 1) }
	until := func(d time.Duration) string { return role(`ID="_e"`, `validUntil="`+at(d)+`"`) }
	two := `<EntitiesDescriptor xmlns="` + nsMD + `"><EntityDescriptor entityID="a"/><EntityDescriptor entityID="b"/></EntitiesDescriptor>`
	for name, c := range map[string]struct {
		document string
		options  MetadataOptions
		want     Reason
	}{
		"good":                   {good, MetadataOptions{}, ""},
		"of another entity":      {good, MetadataOptions{EntityID: "https://other.example"}, ReasonMetadata},
		"of this entity":         {good, MetadataOptions{EntityID: "https://sts.example/adfs"}, ""},
		"several entities":       {two, MetadataOptions{}, ReasonMetadata},
		"one without a role":     {two, MetadataOptions{EntityID: "a"}, ReasonMetadata},
		"ended":                  {until(-time.Second), MetadataOptions{}, ReasonMetadataExpired},
		"ending":                 {until(time.Second), MetadataOptions{}, ""},
		"role ended":             {role("<IDPSSODescriptor ", `<IDPSSODescriptor validUntil="`+at(-time.Hour)+`" `), MetadataOptions{}, ReasonMetadataExpired},
		"unsigned, signer named": {good, MetadataOptions{Signers: []*x509.Certificate{keys()["provider"].Certificate}}, ReasonMetadataSignature},
		"document type":          {"<!DOCTYPE x>" + strings.TrimPrefix(good, "\uFEFF"), MetadataOptions{}, ReasonDTD},
		"comment splits a text":  {role("</NameIDFormat>", "<!-- -->x</NameIDFormat>"), MetadataOptions{}, ReasonComment},
		"another document":       {`<html xmlns="http://www.w3.org/1999/xhtml"></html>`, MetadataOptions{}, ReasonWrongMessage},
		"no certificate":         {entity(idpRole("")), MetadataOptions{}, ReasonMetadata},
		"encryption alone":       {entity(idpRole(key("encryption", "provider"))), MetadataOptions{}, ReasonMetadata},
		"odd use":                {entity(idpRole(key("signature", "provider"))), MetadataOptions{}, ReasonMetadata},
		"broken certificate":     {role(encoded("provider")[:64], strings.Repeat("A", 64)), MetadataOptions{}, ReasonMetadata},
		"certificate not base64": {role(encoded("provider")[:64], "!"), MetadataOptions{}, ReasonEncoding},
		"plain http":             {role("https://sts.example/sso", "http://sts.example/sso"), MetadataOptions{}, ReasonMetadata},
		"script":                 {role("https://sts.example/sso", "javascript:alert(1)"), MetadataOptions{}, ReasonMetadata},
		"logout answers by http": {role("https://sts.example/slo/done", "http://x.example"), MetadataOptions{}, ReasonMetadata},
		"user in the address":    {role("https://sts.example/sso", "https://a@sts.example/sso"), MetadataOptions{}, ReasonMetadata},
		"no sign-on address":     {role("<SingleSignOnService", "<SingleSignOffService"), MetadataOptions{}, ReasonMetadata},
		"SAML 1.1 alone":         {role(nsSAMLP+`" Want`, `urn:oasis:names:tc:SAML:1.1:protocol" Want`), MetadataOptions{}, ReasonMetadata},
		"one role twice":         {entity(idpRole(key("signing", "provider")) + idpRole(key("signing", "attacker"))), MetadataOptions{}, ReasonMetadata},
		"no entity id":           {role(`entityID="https://sts.example/adfs"`, ""), MetadataOptions{}, ReasonMetadata},
		"padded entity id":       {role(`entityID="`, `entityID=" `), MetadataOptions{}, ReasonMetadata},
		"odd flag":               {role(`Signed="true"`, `Signed="yes"`), MetadataOptions{}, ReasonMalformed},
		"odd time":               {role(`ID="_e"`, `validUntil="soon"`), MetadataOptions{}, ReasonTime},
		"seventeen certificates": {entity(idpRole(manyKeys(t))), MetadataOptions{}, ReasonTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.options.Now = now
			_, err := ReadMetadata([]byte(c.document), c.options)
			if ReasonOf(err) != c.want {
				t.Fatalf("%q instead of %q: %v", ReasonOf(err), c.want, err)
			}
		})
	}
}

// manyKeys describes seventeen different certificates of one key.
func manyKeys(tb testing.TB) string {
	tb.Helper()
	out := ""
	for range 17 {
		pair := newPair(tb, keys()["p256"].Signer, "many")
		out += `<KeyDescriptor><KeyInfo xmlns="` + nsDS + `"><X509Data><X509Certificate>` + base64.StdEncoding.EncodeToString(pair.Certificate.Raw) + `</X509Certificate></X509Data></KeyInfo></KeyDescriptor>`
	}
	return out
}

// TestSignedMetadata reads only what the named signer signed.
func TestSignedMetadata(t *testing.T) {
	t.Parallel()
	document, err := contoso("provider").Metadata(time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	signers := MetadataOptions{Now: now, Signers: []*x509.Certificate{keys()["provider"].Certificate}}
	if _, err := ReadMetadata(document, signers); err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(document), signOnAt, "https://evil.example/sso", 1)
	if _, err := ReadMetadata([]byte(changed), signers); ReasonOf(err) != ReasonMetadataSignature {
		t.Errorf("changed: %v", err)
	}
	signers.Signers = []*x509.Certificate{keys()["attacker"].Certificate}
	if _, err := ReadMetadata(document, signers); ReasonOf(err) != ReasonMetadataSignature {
		t.Errorf("signed by another: %v", err)
	}
}

// TestRollOver follows a key change: published beside the old one, then signing, while the app's pins lag.
func TestRollOver(t *testing.T) {
	t.Parallel()
	idp, sp := contoso("provider"), broker()
	read := func() *Entity {
		document, err := idp.Metadata(time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		e, err := ReadMetadata(document, MetadataOptions{Now: now})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	try := func() error {
		m, err := idp.Respond(alice())
		if err != nil {
			t.Fatal(err)
		}
		_, err = sp.VerifyResponse(incoming(t, &m.Message), wanted)
		return err
	}
	sp.Provider = read()
	idp.Keys = Keys{keys()["provider"], keys()["next"]}
	if err := try(); err != nil {
		t.Fatalf("the next key is published: %v", err)
	}
	late := sp.Provider
	sp.Provider = read()
	idp.Keys = Keys{keys()["next"], keys()["provider"]}
	if err := try(); err != nil {
		t.Fatalf("the next key signs: %v", err)
	}
	if sp.Provider = late; ReasonOf(try()) != ReasonSignature {
		t.Error("who never read the new metadata can't know the key")
	}
	sp.Provider, idp.Keys = read(), Keys{keys()["next"]}
	if sp.Provider = read(); try() != nil || len(sp.Provider.Provider.Signing) != 1 {
		t.Error("after the roll-over one key is left")
	}
}
