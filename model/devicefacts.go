package model

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Fact is one attribute of a device: unknown, known to have no value, or a value. The zero Fact is unknown.
//
// The difference carries weight. A device that is not registered has no value for any attribute, which is
// known: Entra's negative operators then match. Of a device that nobody could look up, nothing is known, and a
// policy's own rule for what can't be had applies.
//
// In JSON an unknown attribute is absent, one without value is null.
type Fact[T any] struct {
	value T
	state uint8
}

const (
	factNull uint8 = iota + 1
	factSet
)

// FactOf is a known value.
func FactOf[T any](v T) Fact[T] { return Fact[T]{v, factSet} }

// NoValue is known to be without a value.
func NoValue[T any]() Fact[T] { return Fact[T]{state: factNull} }

// Known reports whether something is known, be it that there is no value.
func (f Fact[T]) Known() bool { return f.state != 0 }

// Value returns the value; ok is false where there is none or nothing is known.
func (f Fact[T]) Value() (v T, ok bool) { return f.value, f.state == factSet }

// IsZero leaves unknown facts out of JSON.
func (f Fact[T]) IsZero() bool { return f.state == 0 }

// MarshalJSON writes the value, or null for none.
func (f Fact[T]) MarshalJSON() ([]byte, error) {
	if f.state != factSet {
		return []byte("null"), nil
	}
	return json.Marshal(f.value)
}

// UnmarshalJSON reads a value, or null as known to have none.
func (f *Fact[T]) UnmarshalJSON(b []byte) error {
	*f = Fact[T]{state: factNull}
	if bytes.Equal(b, []byte("null")) {
		return nil
	}
	f.state = factSet
	return json.Unmarshal(b, &f.value)
}

// DeviceFacts are a device's attributes in Entra's names (filter for devices), each known or unknown by itself.
// They come from what proved the device ([Proof]) and hold as long as the proof does.
type DeviceFacts struct {
	DeviceID               Fact[string]   `json:"deviceId,omitzero"` // Entra's, a GUID in lower case
	DisplayName            Fact[string]   `json:"displayName,omitzero"`
	DeviceOwnership        Fact[string]   `json:"deviceOwnership,omitzero"` // Personal, Company
	EnrollmentProfileName  Fact[string]   `json:"enrollmentProfileName,omitzero"`
	IsCompliant            Fact[bool]     `json:"isCompliant,omitzero"`
	Manufacturer           Fact[string]   `json:"manufacturer,omitzero"`
	MDMAppID               Fact[string]   `json:"mdmAppId,omitzero"`
	Model                  Fact[string]   `json:"model,omitzero"`
	OperatingSystem        Fact[string]   `json:"operatingSystem,omitzero"`
	OperatingSystemVersion Fact[string]   `json:"operatingSystemVersion,omitzero"`
	PhysicalIDs            Fact[[]string] `json:"physicalIds,omitzero"`
	ProfileType            Fact[string]   `json:"profileType,omitzero"`
	SystemLabels           Fact[[]string] `json:"systemLabels,omitzero"`
	TrustType              Fact[string]   `json:"trustType,omitzero"` // AzureAD, ServerAD, Workplace

	ExtensionAttribute1  Fact[string] `json:"extensionAttribute1,omitzero"`
	ExtensionAttribute2  Fact[string] `json:"extensionAttribute2,omitzero"`
	ExtensionAttribute3  Fact[string] `json:"extensionAttribute3,omitzero"`
	ExtensionAttribute4  Fact[string] `json:"extensionAttribute4,omitzero"`
	ExtensionAttribute5  Fact[string] `json:"extensionAttribute5,omitzero"`
	ExtensionAttribute6  Fact[string] `json:"extensionAttribute6,omitzero"`
	ExtensionAttribute7  Fact[string] `json:"extensionAttribute7,omitzero"`
	ExtensionAttribute8  Fact[string] `json:"extensionAttribute8,omitzero"`
	ExtensionAttribute9  Fact[string] `json:"extensionAttribute9,omitzero"`
	ExtensionAttribute10 Fact[string] `json:"extensionAttribute10,omitzero"`
	ExtensionAttribute11 Fact[string] `json:"extensionAttribute11,omitzero"`
	ExtensionAttribute12 Fact[string] `json:"extensionAttribute12,omitzero"`
	ExtensionAttribute13 Fact[string] `json:"extensionAttribute13,omitzero"`
	ExtensionAttribute14 Fact[string] `json:"extensionAttribute14,omitzero"`
	ExtensionAttribute15 Fact[string] `json:"extensionAttribute15,omitzero"`
}

// deviceText names the attributes of one text in Entra's words.
var deviceText = []struct {
	name string
	of   func(*DeviceFacts) *Fact[string]
}{
	{"deviceId", func(d *DeviceFacts) *Fact[string] { return &d.DeviceID }},
	{"displayName", func(d *DeviceFacts) *Fact[string] { return &d.DisplayName }},
	{"deviceOwnership", func(d *DeviceFacts) *Fact[string] { return &d.DeviceOwnership }},
	{"enrollmentProfileName", func(d *DeviceFacts) *Fact[string] { return &d.EnrollmentProfileName }},
	{"manufacturer", func(d *DeviceFacts) *Fact[string] { return &d.Manufacturer }},
	{"mdmAppId", func(d *DeviceFacts) *Fact[string] { return &d.MDMAppID }},
	{"model", func(d *DeviceFacts) *Fact[string] { return &d.Model }},
	{"operatingSystem", func(d *DeviceFacts) *Fact[string] { return &d.OperatingSystem }},
	{"operatingSystemVersion", func(d *DeviceFacts) *Fact[string] { return &d.OperatingSystemVersion }},
	{"profileType", func(d *DeviceFacts) *Fact[string] { return &d.ProfileType }},
	{"trustType", func(d *DeviceFacts) *Fact[string] { return &d.TrustType }},
	{"extensionAttribute1", func(d *DeviceFacts) *Fact[string] { return &d.ExtensionAttribute1 }},
	{"extensionAttribute2", func(d *DeviceFacts) *Fact[string] { return &d.ExtensionAttribute2 }},
	{"extensionAttribute3", func(d *DeviceFacts) *Fact[string] { return &d.ExtensionAttribute3 }},
	{"extensionAttribute4", func(d *DeviceFacts) *Fact[string] { return &d.ExtensionAttribute4 }},
	{"extensionAttribute5", func(d *DeviceFacts) *Fact[string] { return &d.ExtensionAttribute5 }},
	{"extensionAttribute6", func(d *DeviceFacts) *Fact[string] { return &d.ExtensionAttribute6 }},
	{"extensionAttribute7", func(d *DeviceFacts) *Fact[string] { return &d.ExtensionAttribute7 }},
	{"extensionAttribute8", func(d *DeviceFacts) *Fact[string] { return &d.ExtensionAttribute8 }},
	{"extensionAttribute9", func(d *DeviceFacts) *Fact[string] { return &d.ExtensionAttribute9 }},
	{"extensionAttribute10", func(d *DeviceFacts) *Fact[string] { return &d.ExtensionAttribute10 }},
	{"extensionAttribute11", func(d *DeviceFacts) *Fact[string] { return &d.ExtensionAttribute11 }},
	{"extensionAttribute12", func(d *DeviceFacts) *Fact[string] { return &d.ExtensionAttribute12 }},
	{"extensionAttribute13", func(d *DeviceFacts) *Fact[string] { return &d.ExtensionAttribute13 }},
	{"extensionAttribute14", func(d *DeviceFacts) *Fact[string] { return &d.ExtensionAttribute14 }},
	{"extensionAttribute15", func(d *DeviceFacts) *Fact[string] { return &d.ExtensionAttribute15 }},
}

// DeviceText returns where the attribute of one text is kept that Entra calls by the name, nil for any other.
func DeviceText(name string) func(*DeviceFacts) *Fact[string] {
	for _, a := range deviceText {
		if a.name == name {
			return a.of
		}
	}
	return nil
}

// DeviceAttributes lists the names that [DeviceFacts.Attribute] and [DeviceFacts.Set] take.
func DeviceAttributes() []string {
	names := []string{"isCompliant", "physicalIds", "systemLabels"}
	for _, a := range deviceText {
		names = append(names, a.name)
	}
	return names
}

// Attribute returns an attribute by Entra's name, in any case: its values as text ("True" and "False" for
// isCompliant), none where it is known to have no value. known is false where nothing is known, and for a name
// that is no attribute.
func (d *DeviceFacts) Attribute(name string) (values []string, known bool) {
	switch strings.ToLower(name) {
	case "iscompliant":
		if v, ok := d.IsCompliant.Value(); ok && v {
			values = []string{"True"}
		} else if ok {
			values = []string{"False"}
		}
		return values, d.IsCompliant.Known()
	case "physicalids":
		values, _ = d.PhysicalIDs.Value()
		return values, d.PhysicalIDs.Known()
	case "systemlabels":
		values, _ = d.SystemLabels.Value()
		return values, d.SystemLabels.Known()
	}
	for _, a := range deviceText {
		if strings.EqualFold(a.name, name) {
			f := a.of(d)
			if v, ok := f.Value(); ok {
				values = []string{v}
			}
			return values, f.Known()
		}
	}
	return nil, false
}

// Set sets an attribute by Entra's name, in any case; no values mean that it is known to have none. It reports
// whether there is such an attribute that takes these values.
func (d *DeviceFacts) Set(name string, values ...string) bool {
	switch strings.ToLower(name) {
	case "iscompliant":
		switch {
		case len(values) == 0:
			d.IsCompliant = NoValue[bool]()
		case len(values) == 1 && strings.EqualFold(values[0], "true"):
			d.IsCompliant = FactOf(true)
		case len(values) == 1 && strings.EqualFold(values[0], "false"):
			d.IsCompliant = FactOf(false)
		default:
			return false
		}
		return true
	case "physicalids":
		d.PhysicalIDs = listFact(values)
		return true
	case "systemlabels":
		d.SystemLabels = listFact(values)
		return true
	}
	for _, a := range deviceText {
		if !strings.EqualFold(a.name, name) || len(values) > 1 {
			continue
		}
		if len(values) == 0 {
			*a.of(d) = NoValue[string]()
		} else {
			*a.of(d) = FactOf(values[0])
		}
		return true
	}
	return false
}

func listFact(values []string) Fact[[]string] {
	if len(values) == 0 {
		return NoValue[[]string]()
	}
	return FactOf(values)
}

// Merge takes over what other knows and d does not.
func (d *DeviceFacts) Merge(other *DeviceFacts) {
	if !d.IsCompliant.Known() {
		d.IsCompliant = other.IsCompliant
	}
	if !d.PhysicalIDs.Known() {
		d.PhysicalIDs = other.PhysicalIDs
	}
	if !d.SystemLabels.Known() {
		d.SystemLabels = other.SystemLabels
	}
	for _, a := range deviceText {
		if to := a.of(d); !to.Known() {
			*to = *a.of(other)
		}
	}
}

// Any reports whether anything is known.
func (d *DeviceFacts) Any() bool {
	if d.IsCompliant.Known() || d.PhysicalIDs.Known() || d.SystemLabels.Known() {
		return true
	}
	for _, a := range deviceText {
		if a.of(d).Known() {
			return true
		}
	}
	return false
}
