package saml_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"math/big"
	"net/url"
	"time"

	"github.com/referee-casb/referee/signin/saml"
)

// A sign-in at the company's provider, seen from both sides: request, answer, check.
func Example() {
	now := func() time.Time { return time.Date(2026, 11, 23, 16, 0, 0, 0, time.UTC) }
	provider := &saml.IdentityProvider{
		Local:  saml.Local{EntityID: "https://idp.example/saml", Keys: newKeys(), Now: now},
		SignOn: "https://idp.example/saml/sso",
	}
	description, _ := provider.Metadata(24 * time.Hour)

	// The service provider trusts what it read from the provider's metadata.
	peer, err := saml.ReadMetadata(description, saml.MetadataOptions{Now: now()})
	if err != nil {
		fmt.Println(err)
		return
	}
	us := &saml.ServiceProvider{
		Local:    saml.Local{EntityID: "https://signin.example/contoso/saml", Keys: newKeys(), Now: now},
		Provider: peer, Consumer: "https://signin.example/contoso/saml/acs",
	}
	ask, _ := us.Request(saml.RequestOptions{Binding: saml.Redirect, Relay: "flow-7"}) // keep ask.ID, bound to the browser
	sent, _ := url.Parse(ask.URL)

	// At the provider: read the request of a registered app, answer it.
	in, _ := saml.FromQuery(sent.RawQuery)
	app := &saml.Entity{ID: us.EntityID, App: &saml.AppRole{Consumers: []saml.Endpoint{{Binding: saml.Post, Location: us.Consumer}}}}
	request, err := provider.ParseRequest(in, func(id string) (*saml.Entity, bool) { return app, id == app.ID })
	if err != nil {
		fmt.Println(err)
		return
	}
	answer, _ := provider.Respond(saml.Issue{
		App: app, Request: request, AuthnInstant: now(), NameID: saml.NameID{Value: "alice@example.com", Format: saml.FormatEmail},
	})

	// Back here: the browser posts the form.
	in, _ = saml.FromForm(url.Values{answer.Param: {answer.Value}, "RelayState": {answer.Relay}})
	person, err := us.VerifyResponse(in, saml.Expect{RequestID: ask.ID})
	fmt.Println(person.Claims(saml.MappingOf(saml.Generic)).Email, in.Relay, err)

	// The same answer in another browser, where another request is open.
	_, err = us.VerifyResponse(in, saml.Expect{RequestID: "_another"})
	fmt.Println(saml.ReasonOf(err))
	// Output:
	// alice@example.com flow-7 <nil>
	// in_response_to_mismatch
}

func newKeys() saml.Keys {
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}
	der, _ := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	certificate, _ := x509.ParseCertificate(der)
	return saml.Keys{{Signer: key, Certificate: certificate}}
}
