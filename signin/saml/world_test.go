package saml

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	_ "embed"
	"encoding/pem"
	"math/big"
	"net/url"
	"sync"
	"testing"
	"time"
)

// now is the time in all tests.
var now = time.Date(2026, 11, 23, 16, 0, 0, 0, time.UTC)

const (
	providerID = "https://idp.contoso.example/metadata"
	brokerID   = "https://signin.referee.example/contoso/saml"
	consumerAt = "https://signin.referee.example/contoso/saml/acs"
	logoutAt   = "https://signin.referee.example/contoso/saml/logout"
	signOnAt   = "https://idp.contoso.example/sso"
	appID      = "https://files.fabrikam.example/saml"
	appACS     = "https://files.fabrikam.example/saml/acs"
)

func newPair(tb testing.TB, signer crypto.Signer, name string) KeyPair {
	tb.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, signer.Public(), signer)
	if err != nil {
		tb.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	return KeyPair{Signer: signer, Certificate: certificate}
}

//go:embed testdata/keys.pem
var keyFile []byte

// keys of the tests. They are the same in every process, so that what a fuzzing coordinator signs its workers accept.
// They are keys to nothing else.
var keys = sync.OnceValue(func() map[string]KeyPair {
	out, tb := map[string]KeyPair{}, &testing.B{}
	for block, rest := pem.Decode(keyFile); block != nil; block, rest = pem.Decode(rest) {
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			panic(err)
		}
		name := block.Headers["Name"]
		out[name] = newPair(tb, key.(crypto.Signer), name)
	}
	return out
})

func clock() time.Time { return now }

// contoso is the company's provider: our own code in the other role, as a peer.
func contoso(pair string) *IdentityProvider {
	return &IdentityProvider{
		Local:  Local{EntityID: providerID, Logout: "https://idp.contoso.example/slo", Keys: Keys{keys()[pair]}, Now: clock},
		SignOn: signOnAt,
	}
}

// provider is contoso as the broker knows it.
func provider(pair string) *Entity {
	return &Entity{ID: providerID, Provider: &ProviderRole{
		SignOn:  []Endpoint{{Binding: Redirect, Location: signOnAt}, {Binding: Post, Location: signOnAt}},
		Logout:  []Endpoint{{Binding: Redirect, Location: "https://idp.contoso.example/slo"}, {Binding: Post, Location: "https://idp.contoso.example/slo"}},
		Signing: []*x509.Certificate{keys()[pair].Certificate},
	}}
}

// broker is Referee as service provider.
func broker() *ServiceProvider {
	return &ServiceProvider{
		Local:    Local{EntityID: brokerID, Logout: logoutAt, Keys: Keys{keys()["broker"]}, Now: clock},
		Provider: provider("provider"), Consumer: consumerAt,
	}
}

// us is the broker as contoso knows it.
func us() *Entity {
	return &Entity{ID: brokerID, App: &AppRole{
		Consumers:  []Endpoint{{Binding: Post, Location: consumerAt, Default: true}},
		Logout:     []Endpoint{{Binding: Post, Location: logoutAt}, {Binding: Redirect, Location: logoutAt}},
		Signing:    []*x509.Certificate{keys()["broker"].Certificate},
		Encryption: []*x509.Certificate{keys()["broker"].Certificate},
	}}
}

func finder(list ...*Entity) func(string) (*Entity, bool) {
	return func(id string) (*Entity, bool) {
		for _, e := range list {
			if e.ID == id {
				return e, true
			}
		}
		return nil, false
	}
}

// alice is a good answer to the request "_request1".
func alice() Issue {
	return Issue{
		App: us(), Request: &AuthnRequest{ID: "_request1", App: us(), Consumer: us().App.Consumers[0], Relay: "flow-1"},
		NameID:       NameID{Value: "alice@contoso.example", Format: FormatEmail},
		Attributes:   []Attribute{{Name: wsClaims + "name", Values: []string{"alice@contoso.example"}}, {Name: ms2008 + "groups", Values: []string{"Finance", "Staff"}}},
		AuthnInstant: now.Add(-time.Minute), Context: ContextPassword, SessionIndex: "_s1", SessionEnd: now.Add(8 * time.Hour),
	}
}

func form(m *Message) url.Values {
	v := url.Values{m.Param: {m.Value}}
	if m.Relay != "" {
		v.Set("RelayState", m.Relay)
	}
	return v
}

// incoming turns a message into what the receiver gets.
func incoming(tb testing.TB, m *Message) Incoming {
	tb.Helper()
	var in Incoming
	var err error
	if m.Binding == Post {
		in, err = FromForm(form(m))
	} else {
		u, parse := url.Parse(m.URL)
		if parse != nil {
			tb.Fatal(parse)
		}
		in, err = FromQuery(u.RawQuery)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return in
}

func (l *Local) certificates() []*x509.Certificate {
	var out []*x509.Certificate
	for _, k := range l.Keys {
		out = append(out, k.Certificate)
	}
	return out
}
