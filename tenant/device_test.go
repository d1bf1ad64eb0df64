package tenant

import (
	"errors"
	"slices"
	"testing"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

func TestDeviceSettings(t *testing.T) {
	t.Parallel()
	good := contoso()
	good.Device = Device{
		Certificate: Certificates{EKUs: []string{"1.3.6.1.5.5.7.3.2"}, Revocation: "both", DeviceID: "cn"},
		Intune:      &Intune{Tenant: "contoso.onmicrosoft.com", ClientID: "x", SecretFile: "s", Graph: "https://graph.microsoft.us"},
	}
	good.Providers[0].DeviceClaims = []model.DeviceClaim{{Claim: "ismanaged", Tag: model.TagManaged}}
	good.Providers[0].DeviceContext = "c7"
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	bad := contoso()
	bad.Device = Device{
		Certificate: Certificates{EKUs: []string{"clientAuth", "1.3.06"}, Revocation: "maybe", DeviceID: "here", CRLs: []string{"x", "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"}},
		Intune:      &Intune{Tenant: "../x", Graph: "http://x", Login: "https://x/path"},
	}
	bad.Providers[0].DeviceContext = "c0"
	bad.Providers[0].DeviceClaims = []model.DeviceClaim{
		{Claim: " ", Tag: model.TagManaged},
		{Claim: "a"},
		{Claim: "a", Tag: model.TagValidClientCertificate},
		{Claim: "a", Attribute: "colour"},
		{Claim: "a", Attribute: "deviceId", Values: []string{"x"}},
		{Claim: "a", Tag: model.TagManaged, Values: []string{""}},
	}
	var found filter.Mistakes
	if !errors.As(bad.Validate(), &found) {
		t.Fatal("no mistakes found")
	}
	var paths []string
	for _, m := range found {
		paths = append(paths, m.Path)
	}
	want := []string{
		"device.certificate.crls[0]", "device.certificate.crls[1]", "device.certificate.deviceId", "device.certificate.ekus[0]", "device.certificate.ekus[1]", "device.certificate.revocation",
		"device.intune", "device.intune.graph", "device.intune.login", "device.intune.tenant",
		"providers[0].deviceClaims[0]", "providers[0].deviceClaims[1]", "providers[0].deviceClaims[2]", "providers[0].deviceClaims[3]", "providers[0].deviceClaims[4]", "providers[0].deviceClaims[5]", "providers[0].deviceContext",
	}
	slices.Sort(paths)
	if !slices.Equal(paths, want) {
		t.Errorf("got  %v\nwant %v", paths, want)
	}
}
