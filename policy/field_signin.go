package policy

import (
	"strings"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

var riskLevels = []model.RiskLevel{model.RiskNone, model.RiskLow, model.RiskMedium, model.RiskHigh}

var platforms = []Platform{PlatformAndroid, PlatformIOS, PlatformWindows, PlatformWindowsPhone, PlatformMacOS, PlatformLinux}

var signInFields = []filter.Field[Input]{
	{
		Info: filter.Info{Name: fieldUserRisk, Title: "User risk", Kind: filter.KindEnum, Values: choices(riskLevels), Doc: "How likely the person's account is compromised, as the provider claims at sign-in. Not to be had where it claims nothing."},
		Text: func(in *Input) (string, filter.State) {
			if in.Auth == nil {
				return "", filter.Unobtainable
			}
			return claimed(in.Auth.UserRisk)
		},
	},
	{
		Info: filter.Info{Name: fieldSignInRisk, Title: "Sign-in risk", Kind: filter.KindEnum, Values: choices(riskLevels), Doc: "How likely the sign-in is somebody else's, as the provider claims. Not to be had where it claims nothing."},
		Text: func(in *Input) (string, filter.State) {
			if in.Auth == nil {
				return "", filter.Unobtainable
			}
			return claimed(in.Auth.SignInRisk)
		},
	},
	{
		Info: filter.Info{
			Name: fieldUserAction, Title: "User action", Kind: filter.KindEnum, Values: choices([]UserAction{ActionRegisterSecurityInfo, ActionRegisterDevice}),
			Doc: "What the person does at sign-in beside reaching an app.",
		},
		Text: func(in *Input) (string, filter.State) { return certain(string(in.UserAction)) },
	},
	{
		Info: filter.Info{Name: fieldContext, Title: "Authentication context", Kind: filter.KindID, Doc: "The authentication context that is asked for, c1 to c99."},
		Text: func(in *Input) (string, filter.State) { return certain(in.Context) },
	},
	{
		Info: filter.Info{
			Name: fieldFlow, Title: "Authentication flow", Kind: filter.KindEnum, Values: choices([]AuthenticationFlow{FlowDeviceCode, FlowTransfer}),
			Doc: "A sign-in on behalf of another device. Referee's own broker offers neither.",
		},
		Text: func(in *Input) (string, filter.State) { return certain(string(in.Flow)) },
	},
	{
		Info: filter.Info{
			Name: fieldPlatform, Title: "Device platform", Kind: filter.KindEnum, Values: choices(platforms),
			Doc: "The operating system as the user agent claims it, in Entra's words; not set when nobody recognises it.",
		},
		Text: func(in *Input) (string, filter.State) { return certain(string(platformOf(in.Agent.OS))) },
	},
}

// claimed is a fact that comes from the provider or from nobody.
func claimed(level model.RiskLevel) (string, filter.State) {
	if level == "" {
		return "", filter.Unobtainable
	}
	return string(level), filter.Known
}

// platformOf reads the operating system's name as enrich writes it; versions may follow.
func platformOf(os string) Platform {
	for _, p := range [...]struct {
		begins string
		is     Platform
	}{
		{"windows phone", PlatformWindowsPhone},
		{"windows", PlatformWindows},
		{"android", PlatformAndroid},
		{"ipados", PlatformIOS},
		{"ios", PlatformIOS},
		{"macos", PlatformMacOS},
		{"mac os x", PlatformMacOS},
		{"linux", PlatformLinux},
		{"ubuntu", PlatformLinux},
	} {
		if len(os) >= len(p.begins) && strings.EqualFold(os[:len(p.begins)], p.begins) {
			return p.is
		}
	}
	return ""
}
