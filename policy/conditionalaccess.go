package policy

import (
	"slices"
	"time"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy/devicerule"
)

// ConditionalAccess is the body of a Conditional Access policy: Entra's shape and words. Excluding wins over
// including, blocking over granting.
type ConditionalAccess struct {
	Users        Users
	Applications Applications
	UserRisk     []model.RiskLevel // empty: whatever it is
	SignInRisk   []model.RiskLevel
	Platforms    Platforms
	ClientApps   []model.ClientApp // empty: all
	Locations    Locations
	Devices      Devices
	Flows        []AuthenticationFlow // empty: whatever it is
	Unscannable  Unscannable          // what a condition that can't be decided counts as; default block: met
	Grant        Grant
	Session      string // "", monitorOnly, blockDownloads or mcasConfigured

	Frequency         Frequency
	PersistentBrowser string // "", [PersistentAlways] or [PersistentNever]
}

// Frequency is Entra's sign-in frequency: how old a sign-in may be. The zero value asks for nothing.
type Frequency struct {
	Every     time.Duration // [EveryTime] when Always is set
	Always    bool          // every time
	Days      bool          // Every was written in days
	Secondary bool          // only the second factor has to be so recent
}

// The modes of a persistent browser session.
const (
	PersistentAlways = "always"
	PersistentNever  = "never"
)

// Users says who a policy is for. Include takes user ids and sign-in names, [All], or [Guests].
type Users struct {
	Include, Exclude             []string
	IncludeGroups, ExcludeGroups []model.GroupID
	IncludeRoles, ExcludeRoles   []string
	IncludeGuests, ExcludeGuests *GuestUsers
}

// GuestUsers are guests or external users of some kinds.
type GuestUsers struct {
	Types   []model.GuestType
	Tenants []string // ids of the organisations they come from; nil: any
}

// guestTypes is every kind of guest, in Graph's order.
var guestTypes = []model.GuestType{
	model.GuestInternal, model.GuestB2BCollaboration, model.GuestB2BMember,
	model.GuestB2BDirectConnect, model.GuestOtherExternal, model.GuestServiceProviderUser,
}

// The words of Entra that stand for many.
const (
	All        = "All"
	None       = "None"
	Guests     = "GuestsOrExternalUsers"
	AllTrusted = "AllTrusted" // addresses in the IP range category Corporate
)

// Applications says what a policy is about: apps (keys, suite keys, instance ids, Defender's numeric ids, or [All]),
// or user actions, or authentication contexts (c1 to c99); one of the three.
type Applications struct {
	Include, Exclude []string
	UserActions      []UserAction
	Contexts         []string
}

// UserAction is something people do at sign-in beside reaching an app.
type UserAction string

// Entra's user actions.
const (
	ActionRegisterSecurityInfo UserAction = "urn:user:registersecurityinfo"
	ActionRegisterDevice       UserAction = "urn:user:registerdevice"
)

// AuthenticationFlow is a way to sign in on behalf of another device.
type AuthenticationFlow string

// Entra's authentication flows.
const (
	FlowDeviceCode AuthenticationFlow = "deviceCodeFlow"
	FlowTransfer   AuthenticationFlow = "authenticationTransfer"
)

// Platform is the operating system that a device claims.
type Platform string

// Entra's device platforms.
const (
	PlatformAll          Platform = "all"
	PlatformAndroid      Platform = "android"
	PlatformIOS          Platform = "iOS"
	PlatformWindows      Platform = "windows"
	PlatformWindowsPhone Platform = "windowsPhone"
	PlatformMacOS        Platform = "macOS"
	PlatformLinux        Platform = "linux"
)

// Platforms limits a policy to platforms. All includes those that nobody recognises.
type Platforms struct{ Include, Exclude []Platform }

// Locations limits a policy to where people are: names of the tenant's named locations, [All], [AllTrusted],
// networks in CIDR form, countries by their two letters, or where no country is known for the address.
type Locations struct {
	Include, Exclude                   []string
	IncludeRanges, ExcludeRanges       []string
	IncludeCountries, ExcludeCountries []string
	IncludeUnknown, ExcludeUnknown     bool
}

// Devices limits a policy by what has been proven of the device: by tags, or by a rule in Entra's language.
type Devices struct {
	Mode    DeviceMode
	Tags    []model.DeviceTag
	Rule    *devicerule.Rule
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
	Any        bool // operator OR: one control suffices
	Controls   []GrantControl
	Strength   string   // authentication strength: a built-in one, or the id of one of the tenant's own
	TermsOfUse []string // ids of agreements
}

// GrantControl is one of Entra's built-in grant controls.
type GrantControl string

// The grant controls.
const (
	GrantBlock           GrantControl = "block"
	GrantMFA             GrantControl = "mfa"
	GrantCompliantDevice GrantControl = "compliantDevice"
	GrantJoinedDevice    GrantControl = "domainJoinedDevice"
	GrantPasswordChange  GrantControl = "passwordChange"
)

// grants compiles the grant controls that a person meets, in the order of what most people can do.
func (c *ConditionalAccess) grants() []step {
	var out []step
	fresh := time.Duration(0)
	if !c.Frequency.Secondary {
		fresh = c.Frequency.Every // primary and secondary: the second factor has to be as recent
	}
	if slices.Contains(c.Grant.Controls, GrantMFA) {
		out = append(out, newStep(model.StepUp{Kind: model.StepMFA, Within: fresh}))
	}
	if c.Grant.Strength != "" {
		out = append(out, newStep(model.StepUp{Kind: model.StepStrength, Value: c.Grant.Strength, Within: fresh}))
	}
	for _, id := range c.Grant.TermsOfUse {
		out = append(out, newStep(model.StepUp{Kind: model.StepTermsOfUse, Value: id}))
	}
	if slices.Contains(c.Grant.Controls, GrantPasswordChange) {
		out = append(out, newStep(model.StepUp{Kind: model.StepPasswordChange}))
	}
	return out
}

func (f Frequency) steps() []step {
	switch {
	case f.Every <= 0:
		return nil
	case f.Secondary:
		return []step{newStep(model.StepUp{Kind: model.StepMFA, Within: f.Every})}
	}
	return []step{newStep(model.StepUp{Kind: model.StepReauthenticate, Within: f.Every})}
}

// refused names the user action that never happens here, and the parts that need the person to do something where the
// installation can't ask for it.
func (c *ConditionalAccess) refused(can Capabilities, no func(path, reason, advice string)) {
	if slices.Contains(c.Applications.UserActions, ActionRegisterDevice) {
		no("conditions.applications.includeUserActions", "devices are registered with Entra, not through Referee, so nobody would ever be asked",
			"leave this policy in Entra; urn:user:registersecurityinfo is honoured here")
	}
	if can.StepUp {
		return
	}
	const reason = "this installation can't ask people to authenticate more strongly"
	if g := c.grants(); len(g) > 0 {
		no("grantControls", reason, "leave "+g[0].Key()+" to your identity provider")
	}
	if c.Frequency.Every > 0 {
		no("sessionControls.signInFrequency", reason, "leave the sign-in frequency to your identity provider")
	}
}

// Blocks reports whether the policy denies access.
func (c *ConditionalAccess) Blocks() bool {
	for _, g := range c.Grant.Controls {
		if g == GrantBlock {
			return true
		}
	}
	return false
}
