package policy

import "github.com/referee-casb/referee/model"

// ConditionalAccess is the body of a Conditional Access policy: Entra's shape and words. Excluding wins over
// including, blocking over granting.
type ConditionalAccess struct {
	Users        Users
	Applications Applications
	ClientApps   []model.ClientApp // empty: all
	Locations    Locations
	Devices      Devices
	Grant        Grant
	Session      string // "", monitorOnly, blockDownloads or mcasConfigured
}

// Users says who a policy is for. Include takes user ids and sign-in names, [All], or [Guests].
type Users struct {
	Include, Exclude             []string
	IncludeGroups, ExcludeGroups []model.GroupID
}

// The words of Entra that stand for many.
const (
	All        = "All"
	None       = "None"
	Guests     = "GuestsOrExternalUsers"
	AllTrusted = "AllTrusted" // addresses in the IP range category Corporate
)

// Applications says which apps a policy is for: keys, suite keys, instance ids, Defender's numeric ids, or [All].
type Applications struct{ Include, Exclude []string }

// Locations limits a policy to where people are: names of the tenant's named locations, [All], [AllTrusted],
// networks in CIDR form, or countries by their two letters.
type Locations struct {
	Include, Exclude                   []string
	IncludeRanges, ExcludeRanges       []string
	IncludeCountries, ExcludeCountries []string
}

// Devices limits a policy by what has been proven of the device.
type Devices struct {
	Mode    DeviceMode
	Tags    []model.DeviceTag
	Unknown model.DeviceTag // what a device counts as that gave no answer; default unmanaged
}

// DeviceMode says whether devices with one of the tags are the ones meant, or the ones left out.
type DeviceMode string

// The modes. The zero value means that devices do not matter.
const (
	DevicesAll     DeviceMode = ""
	DevicesInclude DeviceMode = "include"
	DevicesExclude DeviceMode = "exclude"
)

// Grant is what has to hold before access is given.
type Grant struct {
	Any      bool // operator OR: one control suffices
	Controls []GrantControl
}

// GrantControl is one of Entra's built-in grant controls.
type GrantControl string

// The grant controls.
const (
	GrantBlock           GrantControl = "block"
	GrantMFA             GrantControl = "mfa"
	GrantCompliantDevice GrantControl = "compliantDevice"
	GrantJoinedDevice    GrantControl = "domainJoinedDevice"
)

// Blocks reports whether the policy denies access.
func (c *ConditionalAccess) Blocks() bool {
	for _, g := range c.Grant.Controls {
		if g == GrantBlock {
			return true
		}
	}
	return false
}
