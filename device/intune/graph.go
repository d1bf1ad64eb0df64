package intune

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/referee-casb/referee/internal/msgraph"
	"github.com/referee-casb/referee/model"
)

// managedDevice is what is read of Graph's resource managedDevice.
type managedDevice struct {
	DeviceID   string `json:"azureADDeviceId"`
	State      string `json:"complianceState"`
	Owner      string `json:"managedDeviceOwnerType"`
	Name       string `json:"deviceName"`
	OS         string `json:"operatingSystem"`
	Version    string `json:"osVersion"`
	Model      string `json:"model"`
	Maker      string `json:"manufacturer"`
	Profile    string `json:"enrollmentProfileName"`
	Registered string `json:"deviceRegistrationState"`
}

// managed asks Intune. complianceState inGracePeriod counts as compliant, as it does in Entra's Conditional Access
// until the grace period is over.
func managed(ctx context.Context, g *msgraph.Client, device string, a *Answer) error {
	at := "/deviceManagement/managedDevices?" + url.Values{"$filter": {"azureADDeviceId eq '" + device + "'"}}.Encode()
	var found []managedDevice
	for page := 0; at != ""; page++ {
		if page >= maxPages {
			return errors.New("too many pages from Graph for one device")
		}
		p, err := g.Page(ctx, at)
		if err != nil {
			return err
		}
		for _, one := range p.Value {
			var d managedDevice
			if err := json.Unmarshal(one, &d); err != nil {
				return err
			}
			if strings.EqualFold(d.DeviceID, device) { // whatever the filter did
				found = append(found, d)
			}
		}
		at = p.Next
	}
	if len(found) == 0 {
		return nil
	}
	d := found[0]
	a.Enrolled, a.State = true, d.State
	a.Compliant = true
	for _, f := range found { // a device that was enrolled twice must be compliant twice
		if !slices.Contains([]string{"compliant", "inGracePeriod"}, f.State) {
			a.Compliant, a.State = false, f.State
		}
	}
	if slices.Contains([]string{"unknown", "error", "configManager", ""}, a.State) {
		return errors.New("Intune does not know whether the device is compliant: " + strconv.Quote(a.State))
	}
	f := &a.Facts
	f.DeviceID, f.IsCompliant = model.FactOf(device), model.FactOf(a.Compliant)
	text(&f.DisplayName, d.Name)
	text(&f.OperatingSystem, d.OS)
	text(&f.OperatingSystemVersion, d.Version)
	text(&f.Model, d.Model)
	text(&f.Manufacturer, d.Maker)
	text(&f.EnrollmentProfileName, d.Profile)
	switch d.Owner {
	case "company":
		f.DeviceOwnership = model.FactOf("Company")
	case "personal":
		f.DeviceOwnership = model.FactOf("Personal")
	}
	return nil
}

// registeredDevice is what is read of Graph's resource device. Absent and null mean the same there: no value.
type registeredDevice struct {
	DeviceID   string            `json:"deviceId"`
	Name       string            `json:"displayName"`
	Ownership  string            `json:"deviceOwnership"`
	Profile    string            `json:"enrollmentProfileName"`
	Compliant  *bool             `json:"isCompliant"`
	Maker      string            `json:"manufacturer"`
	MDM        string            `json:"mdmAppId"`
	Model      string            `json:"model"`
	OS         string            `json:"operatingSystem"`
	Version    string            `json:"operatingSystemVersion"`
	Physical   []string          `json:"physicalIds"`
	Type       string            `json:"profileType"`
	Labels     []string          `json:"systemLabels"`
	Trust      string            `json:"trustType"`
	Enabled    *bool             `json:"accountEnabled"`
	Extensions map[string]string `json:"extensionAttributes"`
}

// registered asks Entra for the attributes that its device filter knows. It takes the permission Device.Read.All;
// without it those attributes stay unknown, and Intune's answer stands.
func registered(ctx context.Context, g *msgraph.Client, device string, a *Answer) error {
	var d registeredDevice
	err := g.Get(ctx, "/devices(deviceId='"+device+"')", &d)
	var no *msgraph.Refusal
	switch refused := errors.As(err, &no); {
	case refused && no.Status == http.StatusForbidden:
		return nil
	case refused && no.Status == http.StatusNotFound:
		// Not registered: every attribute is known to have no value, as for Entra's own filter.
		var none model.DeviceFacts
		for _, name := range model.DeviceAttributes() {
			none.Set(name)
		}
		a.Facts.Merge(&none)
		return nil
	case err != nil:
		return err
	case !strings.EqualFold(d.DeviceID, device):
		return errors.New("the answer of Graph is about another device")
	}
	if d.Enabled != nil && !*d.Enabled {
		// Disabled in the directory, by an administrator most likely: what Intune last heard does not count.
		a.Compliant, a.State = false, "disabled in Entra"
		a.Facts.IsCompliant = model.FactOf(false)
	}
	f := model.DeviceFacts{DeviceID: model.FactOf(device)}
	for name, value := range map[string]string{
		"displayName": d.Name, "deviceOwnership": d.Ownership, "enrollmentProfileName": d.Profile, "manufacturer": d.Maker, "mdmAppId": d.MDM, "model": d.Model,
		"operatingSystem": d.OS, "operatingSystemVersion": d.Version, "profileType": d.Type, "trustType": trust(d.Trust),
	} {
		set(&f, name, value)
	}
	for n := 1; n <= 15; n++ {
		name := "extensionAttribute" + strconv.Itoa(n)
		set(&f, name, d.Extensions[name])
	}
	f.Set("physicalIds", d.Physical...)
	f.Set("systemLabels", d.Labels...)
	if d.Compliant == nil {
		f.IsCompliant = model.NoValue[bool]()
	} else {
		f.IsCompliant = model.FactOf(*d.Compliant)
	}
	if a.Facts.IsCompliant.Known() {
		f.IsCompliant = a.Facts.IsCompliant // Intune's own word is newer
	}
	a.Hybrid = strings.EqualFold(d.Trust, "ServerAd") && (d.Enabled == nil || *d.Enabled)
	f.Merge(&a.Facts)
	a.Facts = f
	return nil
}

// trust writes a trust type as Entra's device filter does; Graph writes AzureAd and ServerAd.
func trust(t string) string {
	for _, known := range []string{"AzureAD", "ServerAD", "Workplace"} {
		if strings.EqualFold(t, known) {
			return known
		}
	}
	return t
}

func set(f *model.DeviceFacts, name, value string) {
	if value == "" {
		f.Set(name)
		return
	}
	f.Set(name, value)
}

func text(f *model.Fact[string], v string) {
	if v != "" {
		*f = model.FactOf(v)
	}
}
