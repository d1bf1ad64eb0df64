package model

import (
	"slices"
	"strings"

	"github.com/referee-casb/referee/fault"
)

// DeviceClaim says what a claim of a provider's signed sign-in proves of the device: a tag when the claim has
// one of the accepted values, an attribute, or both. A claim that is there with another value proves that the
// device is not managed; one that is absent proves nothing.
type DeviceClaim struct {
	Claim     string    `json:"claim" yaml:"claim"`                             // claim of the ID token, or name of the SAML attribute
	Values    []string  `json:"values,omitempty" yaml:"values,omitempty"`       // accepted, in any case; default "true"
	Tag       DeviceTag `json:"tag,omitempty" yaml:"tag,omitempty"`             // compliant, hybridJoined or managed
	Attribute string    `json:"attribute,omitempty" yaml:"attribute,omitempty"` // attribute of [DeviceFacts] that the claim's value becomes
}

// claimTags are the tags that a claim may prove.
var claimTags = []DeviceTag{TagIntuneCompliant, TagHybridJoined, TagManaged}

// Validate reports a claim that can't prove anything.
func (c DeviceClaim) Validate() error {
	bad := func(msg, help string) error {
		return &fault.Error{Kind: fault.Invalid, Op: "device claim", Key: c.Claim, Msg: msg, Help: help}
	}
	switch {
	case strings.TrimSpace(c.Claim) == "" || len(c.Claim) > 500:
		return bad("a claim's name of 1 to 500 characters is needed", "")
	case c.Tag == "" && c.Attribute == "":
		return bad("it proves neither a tag nor an attribute", `set tag to "compliant", "hybridJoined" or "managed", or attribute to a device attribute`)
	case c.Tag != "" && !slices.Contains(claimTags, c.Tag):
		return bad("a claim can't prove the tag "+string(c.Tag), `use "compliant", "hybridJoined" or "managed"`)
	case c.Tag == "" && len(c.Values) > 0:
		return bad("values are given, but no tag that they prove", "")
	case len(c.Values) > 50 || slices.Contains(c.Values, ""):
		return bad("accepted values must be 1 to 50, none empty", "")
	case c.Attribute != "" && !slices.ContainsFunc(DeviceAttributes(), func(a string) bool { return strings.EqualFold(a, c.Attribute) }):
		return bad(c.Attribute+" is no device attribute", "use Entra's names, such as deviceId, trustType or isCompliant")
	}
	return nil
}
