package tenant

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/url"
	"regexp"
	"slices"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/internal/pemroots"
)

// Device says how devices are proven and what an unproven one counts as.
type Device struct {
	CAs     []string `json:"cas,omitempty" yaml:"cas,omitempty"`         // PEM certificates of the authorities that issue client certificates
	Lease   Duration `json:"lease,omitzero" yaml:"lease,omitempty"`      // how long a proof holds; default 15m
	Unknown string   `json:"unknown,omitempty" yaml:"unknown,omitempty"` // "unmanaged", the default, or "unknown"
	// BoundSessions binds sign-ins to a key of the browser, where the browser knows device-bound session credentials.
	BoundSessions bool `json:"boundSessions,omitempty" yaml:"boundSessions,omitempty"`

	Certificate Certificates `json:"certificate,omitzero" yaml:"certificate,omitempty"`
	Intune      *Intune      `json:"intune,omitempty" yaml:"intune,omitempty"` // look-up of proven device ids; none without it
}

// Certificates are what a client certificate must be beyond a chain to one of the authorities.
type Certificates struct {
	EKUs       []string `json:"ekus,omitempty" yaml:"ekus,omitempty"`             // dotted object identifiers that it must list, beside allowing clientAuth
	Revocation string   `json:"revocation,omitempty" yaml:"revocation,omitempty"` // "", "crl", "ocsp" or "both"
	SoftFail   bool     `json:"softFail,omitempty" yaml:"softFail,omitempty"`     // accept where revocation can't be found out; without it the device is unknown
	CRLs       []string `json:"crls,omitempty" yaml:"crls,omitempty"`             // uploaded revocation lists, PEM
	Fetch      bool     `json:"fetch,omitempty" yaml:"fetch,omitempty"`           // also fetch lists from the distribution points of the certificates
	Nonce      bool     `json:"nonce,omitempty" yaml:"nonce,omitempty"`           // OCSP answers must be made for the question
	Private    bool     `json:"private,omitempty" yaml:"private,omitempty"`       // loopback and private addresses may be fetched from; only for the installation
	DeviceID   string   `json:"deviceId,omitempty" yaml:"deviceId,omitempty"`     // where it names the device: "cn", "sanUri" or "sanDns"
}

// Intune says where Microsoft Graph is asked about a device whose id is proven.
type Intune struct {
	Tenant     string `json:"tenant" yaml:"tenant"`     // directory id or domain in Entra
	ClientID   string `json:"clientId" yaml:"clientId"` // app registration with DeviceManagementManagedDevices.Read.All
	SecretFile string `json:"secretFile" yaml:"secretFile"`
	Login      string `json:"login,omitempty" yaml:"login,omitempty"` // default https://login.microsoftonline.com
	Graph      string `json:"graph,omitempty" yaml:"graph,omitempty"` // default https://graph.microsoft.com
}

// UnknownAsUnmanaged reports whether a device that nobody could ask counts as unmanaged.
func (d Device) UnknownAsUnmanaged() bool { return d.Unknown != "unknown" }

var (
	oidPattern       = regexp.MustCompile(`^[0-2](\.(0|[1-9][0-9]{0,9})){1,20}$`)
	directoryPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$`)
)

// maxCRLText bounds the lists in a tenant's document, which every node holds in memory; larger ones are fetched.
const maxCRLText = 256 << 10

// device checks how devices are proven.
func (v *validation) device(d Device) {
	for i, text := range d.CAs {
		if _, err := pemroots.Parse([]string{text}); err != nil {
			v.add(fmt.Sprintf("device.cas[%d]", i), fault.Help(err), "%s", reason(err))
		}
	}
	c := d.Certificate
	for i, o := range c.EKUs {
		if !oidPattern.MatchString(o) {
			v.add(fmt.Sprintf("device.certificate.ekus[%d]", i), `such as "1.3.6.1.4.1.311.20.2.2"`, "%q is not an object identifier", o)
		}
	}
	if !slices.Contains([]string{"", "crl", "ocsp", "both"}, c.Revocation) {
		v.add("device.certificate.revocation", `"crl", "ocsp", "both", or leave it out`, "revocation can't be looked up by %q", c.Revocation)
	}
	if !slices.Contains([]string{"", "cn", "sanUri", "sanDns"}, c.DeviceID) {
		v.add("device.certificate.deviceId", `"cn", "sanUri" or "sanDns"`, "a certificate can't name the device in %q", c.DeviceID)
	}
	for i, text := range c.CRLs {
		path := fmt.Sprintf("device.certificate.crls[%d]", i)
		block, _ := pem.Decode([]byte(text))
		switch {
		case len(text) > maxCRLText:
			v.add(path, "let it be fetched instead: device.certificate.fetch", "a list in a document may have 256 kB")
		case block == nil || block.Type != "X509 CRL":
			v.add(path, "give it as PEM, from -----BEGIN X509 CRL-----", "it is not a revocation list")
		default:
			if _, err := x509.ParseRevocationList(block.Bytes); err != nil {
				v.add(path, "", "the revocation list can't be read: %v", err)
			}
		}
	}
	if d.Intune == nil {
		return
	}
	if !directoryPattern.MatchString(d.Intune.Tenant) {
		v.add("device.intune.tenant", "the directory's id or one of its domains", "%q is no directory", d.Intune.Tenant)
	}
	if d.Intune.ClientID == "" || d.Intune.SecretFile == "" {
		v.add("device.intune", "make an app registration with a client secret, and put the secret in a file", "clientId and secretFile are needed")
	}
	for _, f := range []struct{ path, text string }{{"device.intune.login", d.Intune.Login}, {"device.intune.graph", d.Intune.Graph}} {
		if u, err := url.Parse(f.text); f.text != "" && (err != nil || u.Scheme != "https" || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.User != nil) {
			v.add(f.path, "such as https://graph.microsoft.us", "%q is not an https address without path", f.text)
		}
	}
}
