package catalog

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"

	"github.com/referee-casb/referee/fault"
)

// SAMLApp is an app that takes Referee for its SAML identity provider. Its addresses are the app's own, at its real hosts:
// assertions are made out to them, wherever the browser posts them.
type SAMLApp struct {
	EntityID     string   `json:"entityId" yaml:"entityId"`
	Consumers    []string `json:"consumers" yaml:"consumers"` // assertion consumer services, HTTP-POST; the first is the default
	LogoutURI    string   `json:"logoutUri,omitempty" yaml:"logoutUri,omitempty"`
	LogoutPost   bool     `json:"logoutPost,omitempty" yaml:"logoutPost,omitempty"`             // logout by HTTP-POST; default HTTP-Redirect
	Certificates []string `json:"certificates,omitempty" yaml:"certificates,omitempty"`         // PEM, that its signed requests verify with
	Encrypt      string   `json:"encryptTo,omitempty" yaml:"encryptTo,omitempty"`               // PEM, that assertions are encrypted to
	SignsRequest bool     `json:"signsRequests,omitempty" yaml:"signsRequests,omitempty"`       // unsigned requests are refused
	NameID       string   `json:"nameId,omitempty" yaml:"nameId,omitempty"`                     // persistent (default), email, transient, unspecified or immutableId
	IdPInitiated bool     `json:"idpInitiated,omitempty" yaml:"idpInitiated,omitempty"`         // assertions that the app did not ask for
	Certificate  string   `json:"knownCertificate,omitempty" yaml:"knownCertificate,omitempty"` // SHA-256 of the certificate that the app was given
	// IgnoreContexts passes over how the app wants people to have signed in (RequestedAuthnContext): for apps that always
	// ask for a password, whatever the provider does.
	IgnoreContexts bool `json:"ignoreContexts,omitempty" yaml:"ignoreContexts,omitempty"`
	// Attributes maps the app's names to what they hold: one of [SAMLAttributes]. Empty sends id, name, email, username,
	// groups and roles by these names.
	Attributes map[string]string `json:"attributes,omitempty" yaml:"attributes,omitempty"`
}

// SAMLAttributes are what attributes may hold. The immutableId is that of the account in Entra; methods are how the
// person signed in, in the words of Entra's claim authnmethodsreferences.
var SAMLAttributes = []string{"id", "name", "email", "username", "groups", "roles", "immutableId", "methods"}

// Logout is where the app takes logout messages; "" where it takes none.
func (s *SAMLApp) Logout() string {
	if s == nil {
		return ""
	}
	return s.LogoutURI
}

// Pins are the certificates that the app's signatures verify with.
func (s *SAMLApp) Pins() ([]*x509.Certificate, error) { return certificates(s.Certificates) }

// EncryptTo is the certificate that assertions are encrypted to, nil for none.
func (s *SAMLApp) EncryptTo() (*x509.Certificate, error) {
	if s.Encrypt == "" {
		return nil, nil //nolint:nilnil // none is asked for
	}
	list, err := certificates([]string{s.Encrypt})
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

func certificates(texts []string) ([]*x509.Certificate, error) {
	list := make([]*x509.Certificate, 0, len(texts))
	for _, text := range texts {
		block, rest := pem.Decode([]byte(text))
		if block == nil || block.Type != "CERTIFICATE" || strings.TrimSpace(string(rest)) != "" {
			return nil, &fault.Error{Kind: fault.Invalid, Op: "catalog.certificates", Msg: "this is not one certificate in PEM", Help: "give one certificate as PEM"}
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, &fault.Error{Kind: fault.Invalid, Op: "catalog.certificates", Msg: "the certificate can't be read", Help: "give one certificate as PEM", Err: err}
		}
		list = append(list, c)
	}
	return list, nil
}

func (v *validation) saml(path string, s *SAMLApp) {
	if s == nil {
		v.add(path, "copy entity id and consumer addresses from the app's metadata", "a SAML app needs its settings")
		return
	}
	if s.EntityID == "" || len(s.EntityID) > 1024 || strings.ContainsAny(s.EntityID, " \t\r\n") {
		v.add(path+".entityId", "copy it from the app's metadata", "an entity id of 1 to 1024 characters without spaces is needed")
	}
	if len(s.Consumers) == 0 {
		v.add(path+".consumers", "copy AssertionConsumerService from the app's metadata", "at least one consumer address is needed")
	}
	for i, u := range s.Consumers {
		v.uri(fmt.Sprintf("%s.consumers[%d]", path, i), u)
	}
	if s.LogoutURI != "" {
		v.uri(path+".logoutUri", s.LogoutURI)
	}
	for i, text := range s.Certificates {
		if _, err := certificates([]string{text}); err != nil {
			v.add(fmt.Sprintf("%s.certificates[%d]", path, i), fault.Help(err), "it can't be read")
		}
	}
	if _, err := s.EncryptTo(); err != nil {
		v.add(path+".encryptTo", fault.Help(err), "it can't be read")
	}
	if s.SignsRequest && len(s.Certificates) == 0 {
		v.add(path+".certificates", "copy the signing certificate from the app's metadata", "signed requests can't be verified without a certificate")
	}
	if !slices.Contains([]string{"", "persistent", "email", "transient", "unspecified", "immutableId"}, s.NameID) {
		v.add(path+".nameId", "persistent, email, transient, unspecified or immutableId", "there is no form of NameID %q", s.NameID)
	}
	for name, holds := range s.Attributes {
		if !slices.Contains(SAMLAttributes, holds) {
			v.add(path+".attributes."+name, "one of "+strings.Join(SAMLAttributes, ", "), "an attribute can't hold %q", holds)
		}
	}
}
