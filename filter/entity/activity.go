package entity

import (
	"net/netip"
	"slices"
	"time"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

// Activity is the schema of recorded activities.
var Activity = filter.MustSchema("activity", slices.Concat(
	activityFields, activityAppFields, activityUserFields, activityClientFields, activityFileFields, activityTrafficFields,
))

var activityFields = []filter.Field[model.Activity]{
	{
		Info: filter.Info{
			Name: "date", Aliases: []string{"timestamp"}, Title: "Date", Kind: filter.KindTime, Column: "activity_time",
			Doc: "When it happened; for an outcome, when its intent did.",
		},
		Time: func(a *model.Activity) (time.Time, filter.State) { return a.Time, filter.Known },
	},
	{
		Info: filter.Info{
			Name: "created", Title: "Recorded", Kind: filter.KindTime, Column: "recorded_time",
			Doc: "When this revision was written.",
		},
		Time: func(a *model.Activity) (time.Time, filter.State) { return a.Recorded, filter.Known },
	},
	text(filter.Info{
		Name: "activity.id", Title: "Activity ID", Kind: filter.KindID, Column: "activity_id",
		Doc: "The id of one activity; its intent and its outcome share it.",
	},
		func(a *model.Activity) string { return string(a.ID) }),
	text(filter.Info{
		Name: "activity.type", Title: "Activity type", Kind: filter.KindEnum, Column: "activity_type",
		Doc: "What was done, in Referee's words. The app's own word is activity.eventActionType.",
		Values: choices(
			model.ActivityLogin, model.ActivityFailedLogin, model.ActivityLogout, model.ActivityView, model.ActivityDownload,
			model.ActivityUpload, model.ActivityPrint, model.ActivityCopy, model.ActivityCut, model.ActivityPaste,
			model.ActivityDrag, model.ActivitySave, model.ActivitySendItem, model.ActivityShare, model.ActivityUnshare,
			model.ActivityEdit, model.ActivityCreate, model.ActivityDelete, model.ActivityAccess, model.ActivityOverride,
			model.ActivityStepUp, model.ActivitySecurityInfo, model.ActivityTermsOfUse,
			model.ActivityDeviceProof, model.ActivitySessionRevoked, model.ActivityPolicyChange, model.ActivityExceptionChange,
			model.ActivityReportRead, model.ActivityAdmin, model.ActivityDefault, model.ActivityTamper, model.ActivityAppChain),
	},
		func(a *model.Activity) string { return string(a.Type) }),
	text(filter.Info{
		Name: "activity.eventActionType", Aliases: []string{"actionType", "activity.actionType"}, Title: "Action type",
		Kind: filter.KindText, Fold: true, Column: "action_type", Doc: "The app's own name of what was done.",
	},
		func(a *model.Activity) string { return a.ActionType }),
	text(filter.Info{
		Name: "activity.takenAction", Title: "Applied action", Kind: filter.KindEnum, Column: "taken_action",
		Doc: "What Referee did about it; not set when nothing was applied.",
		Values: []filter.Choice{
			choice(model.TakenAudit, "Audit"), choice(model.TakenBlock, "Block"), choice(model.TakenOverride, "Block, overridden"),
			choice(model.TakenProtect, "Protect"), choice(model.TakenVerify, "Require step-up"), choice(model.TakenVerified, "Stepped up"),
			choice(model.TakenBypass, "Bypass session control"),
		},
	},
		func(a *model.Activity) string { return string(a.Taken) }),
	text(filter.Info{
		Name: "activity.stage", Title: "Stage", Kind: filter.KindEnum, Column: "stage",
		Doc:    "Whether the row is an intent, written before the first byte, or its outcome.",
		Values: choices(model.StageIntent, model.StageOutcome),
	},
		func(a *model.Activity) string { return string(a.Stage) }),
	text(filter.Info{
		Name: "activity.outcome", Title: "Outcome", Kind: filter.KindEnum, Column: "outcome",
		Doc:    "How the action ended.",
		Values: choices(model.OutcomeComplete, model.OutcomeAborted, model.OutcomeFailed, model.OutcomeBlocked, model.OutcomeUnknown),
	},
		func(a *model.Activity) string { return string(a.Outcome) }),
	text(filter.Info{
		Name: "source", Title: "Source", Kind: filter.KindEnum, Column: "source",
		Doc: "Where the activity was seen. Defender's numbers are accepted.",
		Values: []filter.Choice{
			choice(model.SourceAccess, "Access control", "0"), choice(model.SourceSession, "Session control", "1"),
			choice(model.SourceConnector, "App connector", "2"), choice(model.SourceAnalysis, "App connector analysis", "3"),
			choice(model.SourceDiscovery, "Discovery", "5"), choice(model.SourceAdmin, "Referee"),
		},
	},
		func(a *model.Activity) string { return string(a.Source) }),
	flag(filter.Info{
		Name: "activity.admin", Aliases: []string{"isAdminOperation"}, Title: "Administrative activity", Column: "is_admin",
		Doc: "Whether an administrator did it as such.",
	},
		func(a *model.Activity) bool { return a.Admin }),
	flag(filter.Info{
		Name: "activity.impersonated", Aliases: []string{"isImpersonated"}, Title: "Impersonated activity", Column: "is_impersonated",
		Doc: "Whether somebody acted in another person's name.",
	},
		func(a *model.Activity) bool { return a.Imperson }),
	text(filter.Info{
		Name: "activity.alertId", Title: "Alert ID", Kind: filter.KindID, Column: "alert_id",
		Doc: "The alert that the activity belongs to.",
	},
		func(a *model.Activity) string { return a.Alert }),
	text(filter.Info{
		Name: "reference", Title: "Reference code", Kind: filter.KindID, Fold: true, Column: "reference",
		Doc: "The short code that a block page shows.",
	},
		func(a *model.Activity) string { return a.Reference }),
	text(filter.Info{
		Name: "session", Aliases: []string{"inLineSessionId"}, Title: "Session", Kind: filter.KindID, Column: "session_id",
		Doc: "The sign-in that the activity belongs to.",
	},
		func(a *model.Activity) string { return string(a.Session) }),
	texts(filter.Info{
		Name: "policy", Title: "Matched policy", Kind: filter.KindID, Fold: true, Column: "policy_ids",
		Doc: "Ids of the policies that matched, those in a monitor phase included.",
	},
		func(a *model.Activity) int { return len(a.Policies) }, func(a *model.Activity, i int) string { return a.Policies[i].ID }),
	texts(filter.Info{
		Name: "policy.name", Title: "Matched policy, by name", Kind: filter.KindText, Fold: true, Column: "policy_names",
		Doc: "Names of the policies that matched.",
	},
		func(a *model.Activity) int { return len(a.Policies) }, func(a *model.Activity, i int) string { return a.Policies[i].Name }),
	texts(filter.Info{
		Name: "activityObject", Title: "Activity object", Kind: filter.KindID, Column: "object_ids",
		Doc: "Ids of what the activity was about.",
	},
		func(a *model.Activity) int { return len(a.Objects) }, func(a *model.Activity, i int) string { return a.Objects[i].ID }),
	texts(filter.Info{
		Name: "activityObject.name", Title: "Activity object, by name", Kind: filter.KindText, Fold: true, Column: "object_names",
		Doc: "Names of what the activity was about.",
	},
		func(a *model.Activity) int { return len(a.Objects) }, func(a *model.Activity, i int) string { return a.Objects[i].Name }),
	texts(filter.Info{
		Name: "activityObject.type", Title: "Activity object type", Kind: filter.KindID, Fold: true, Column: "object_types",
		Doc: "Types of what the activity was about: file, folder, policy, session.",
	},
		func(a *model.Activity) int { return len(a.Objects) }, func(a *model.Activity, i int) string { return a.Objects[i].Type }),
	text(filter.Info{
		Name: "reason", Title: "Reason", Kind: filter.KindText, Fold: true, Column: "reason",
		Doc: "The justification, error or explanation that was recorded.",
	},
		func(a *model.Activity) string { return a.Reason }),
	{Info: filter.Info{
		Name: "text", Title: "Free text", Kind: filter.KindText, Fold: true,
		Doc: "Names in the activity: person, app, action, files, objects, policies, provider, host and reason.",
		Over: []string{
			"user.username", "user.name", "app.name", "activity.eventActionType", "fileName", "activityObject.name",
			"policy.name", "location.organizations", "host", "reason",
		},
	}},
}

var activityAppFields = []filter.Field[model.Activity]{
	number(filter.Info{
		Name: "service", Aliases: []string{"appId"}, Title: "App, by number", Column: "app_id",
		Doc: "Defender's number of the app: 11161 is Office 365.",
	}, 1,
		func(a *model.Activity) int64 { return int64(a.App.ID) }),
	text(filter.Info{
		Name: "app", Title: "App", Kind: filter.KindID, Fold: true, Column: "app_key",
		Doc: "The short name of the app, such as onedrive.",
	},
		func(a *model.Activity) string { return a.App.Key }),
	text(filter.Info{
		Name: "app.name", Title: "App name", Kind: filter.KindText, Fold: true, Column: "app_name",
		Doc: "The full name of the app.",
	},
		func(a *model.Activity) string { return a.App.Name }),
	text(filter.Info{
		Name: "instance", Aliases: []string{"appInstance"}, Title: "App instance", Kind: filter.KindID, Column: "app_instance",
		Doc: "The tenant's instance of the app.",
	},
		func(a *model.Activity) string { return string(a.App.Instance) }),
}

var activityUserFields = []filter.Field[model.Activity]{
	text(filter.Info{
		Name: "user.id", Aliases: []string{"entity"}, Title: "User ID", Kind: filter.KindID, Column: "user_id",
		Doc: "The provider's id of the person.",
	},
		func(a *model.Activity) string { return string(a.User.ID) }),
	text(filter.Info{
		Name: "user.username", Title: "User", Kind: filter.KindText, Fold: true, Column: "user_username",
		Doc: "The person's sign-in name.",
	},
		func(a *model.Activity) string { return a.User.Username }),
	text(filter.Info{
		Name: "user.name", Title: "User's display name", Kind: filter.KindText, Fold: true, Column: "user_name",
		Doc: "The person's name as it is shown.",
	},
		func(a *model.Activity) string { return a.User.Name }),
	text(filter.Info{
		Name: "user.email", Title: "User's address", Kind: filter.KindText, Fold: true, Column: "user_email",
		Doc: "The person's e-mail address.",
	},
		func(a *model.Activity) string { return a.User.Email }),
	text(filter.Info{
		Name: "user.domain", Title: "User's domain", Kind: filter.KindText, Fold: true, Column: "user_domain",
		Doc: "What follows the @ of the sign-in name, else of the e-mail address.",
	},
		func(a *model.Activity) string { return domain(&a.User) }),
	texts(filter.Info{
		Name: "user.tags", Aliases: []string{"user.groups"}, Title: "User group", Kind: filter.KindID, Fold: true, Column: "user_groups",
		Doc: "Groups of the person, as the provider sends them.",
	},
		func(a *model.Activity) int { return len(a.User.Groups) }, func(a *model.Activity, i int) string { return string(a.User.Groups[i]) }),
	texts(filter.Info{
		Name: "user.roles", Title: "User role", Kind: filter.KindID, Fold: true, Column: "user_roles",
		Doc: "Roles of the person, as the provider sends them.",
	},
		func(a *model.Activity) int { return len(a.User.Roles) }, func(a *model.Activity, i int) string { return a.User.Roles[i] }),
	flag(filter.Info{
		Name: "user.external", Aliases: []string{"isExternalUser"}, Title: "External user", Column: "user_external",
		Doc: "Whether the person is a guest or outside the tenant's domains.",
	},
		func(a *model.Activity) bool { return a.User.External }),
	text(filter.Info{
		Name: "user.provider", Title: "Identity provider", Kind: filter.KindID, Column: "user_provider",
		Doc: "The provider at which the person signed in.",
	},
		func(a *model.Activity) string { return string(a.User.Provider) }),
}

var activityClientFields = []filter.Field[model.Activity]{
	text(filter.Info{
		Name: "device.id", Title: "Device ID", Kind: filter.KindID, Column: "device_id",
		Doc: "The id of the device, where proof gave one.",
	},
		func(a *model.Activity) string { return a.Device.ID }),
	texts(filter.Info{
		Name: "device.tags", Title: "Device tag", Kind: filter.KindEnum, Column: "device_tags",
		Doc: "What had been proven of the device when it happened.",
		Values: []filter.Choice{
			choice(model.TagIntuneCompliant, "Intune compliant"), choice(model.TagHybridJoined, "Microsoft Entra hybrid joined"),
			choice(model.TagValidClientCertificate, "Valid client certificate"), choice(model.TagManaged, "Managed"),
			choice(model.TagUnmanaged, "Unmanaged"), choice(model.TagUnknown, "Unknown"),
		},
	},
		func(a *model.Activity) int { return len(a.Device.Tags) }, func(a *model.Activity, i int) string { return string(a.Device.Tags[i]) }),
	text(filter.Info{
		Name: "device.type", Title: "Device type", Kind: filter.KindEnum, Column: "device_type",
		Doc: "The form of the device as its user agent claims it.",
		Values: []filter.Choice{
			choice(model.DevicePC, "PC", "DESKTOP"), choice(model.DeviceMobile, "Mobile"),
			choice(model.DeviceTablet, "Tablet"), choice(model.DeviceOther, "Other"),
		},
	},
		func(a *model.Activity) string { return string(a.Agent.DeviceType) }),
	text(filter.Info{
		Name: "userAgent.userAgent", Title: "User agent", Kind: filter.KindText, Fold: true, Column: "agent_raw",
		Doc: "The user agent string.",
	},
		func(a *model.Activity) string { return a.Agent.Raw }),
	texts(filter.Info{
		Name: "userAgent.tags", Title: "User agent tag", Kind: filter.KindID, Fold: true, Column: "agent_tags",
		Doc: "Native client, Outdated browser, Outdated operating system, Robot.",
	},
		func(a *model.Activity) int { return len(a.Agent.Tags) }, func(a *model.Activity, i int) string { return a.Agent.Tags[i] }),
	text(filter.Info{
		Name: "userAgent.operatingSystem", Aliases: []string{"userAgent.os"}, Title: "Operating system", Kind: filter.KindText, Fold: true, Column: "agent_os",
		Doc: "The operating system that the user agent claims.",
	},
		func(a *model.Activity) string { return a.Agent.OS }),
	text(filter.Info{
		Name: "userAgent.browser", Title: "Browser", Kind: filter.KindText, Fold: true, Column: "agent_browser",
		Doc: "The browser that the user agent claims.",
	},
		func(a *model.Activity) string { return a.Agent.Browser }),
	{
		Info: filter.Info{
			Name: "ip.address", Title: "IP address", Kind: filter.KindAddress, Column: "ip_address",
			Doc: "The address that the request came from; eq takes networks too.",
		},
		Addr: func(a *model.Activity) (netip.Addr, filter.State) { return a.Network.Address, filter.Known },
	},
	texts(filter.Info{
		Name: "ip.category", Title: "IP address category", Kind: filter.KindEnum, Column: "ip_categories",
		Doc: "Categories of the IP ranges that hold the address. Defender's numbers are accepted.",
		Values: []filter.Choice{
			choice("Corporate", "Corporate", "1"), choice("Administrative", "Administrative", "2"), choice("Risky", "Risky", "3"),
			choice("VPN", "VPN", "4"), choice("Cloud provider", "Cloud provider", "5"), choice("Other", "Other", "6"),
		},
	},
		func(a *model.Activity) int { return len(a.Network.Categories) }, func(a *model.Activity, i int) string { return a.Network.Categories[i] }),
	texts(filter.Info{
		Name: "ip.tags", Title: "IP address tag", Kind: filter.KindID, Fold: true, Column: "ip_tags",
		Doc: "Tags of the IP ranges that hold the address.",
	},
		func(a *model.Activity) int { return len(a.Network.Tags) }, func(a *model.Activity, i int) string { return a.Network.Tags[i] }),
	text(filter.Info{
		Name: "location.country", Title: "Location", Kind: filter.KindID, Fold: true, Column: "country",
		Doc: "The country of the address, in two letters: DK.",
	},
		func(a *model.Activity) string { return a.Network.Country }),
	text(filter.Info{
		Name: "location.city", Title: "City", Kind: filter.KindText, Fold: true, Column: "city",
		Doc: "The city of the address.",
	},
		func(a *model.Activity) string { return a.Network.City }),
	text(filter.Info{
		Name: "location.organizations", Aliases: []string{"isp"}, Title: "Registered ISP", Kind: filter.KindText, Fold: true, Column: "isp",
		Doc: "The provider that the address is registered to.",
	},
		func(a *model.Activity) string { return a.Network.ISP }),
	number(filter.Info{
		Name: "location.asn", Title: "AS number", Column: "asn",
		Doc: "The number of the provider's network.",
	}, 1,
		func(a *model.Activity) int64 { return int64(a.Network.ASN) }),
	texts(filter.Info{
		Name: "location.named", Title: "Named location", Kind: filter.KindID, Fold: true, Column: "named_locations",
		Doc: "The tenant's named locations that hold the address.",
	},
		func(a *model.Activity) int { return len(a.Network.Locations) }, func(a *model.Activity, i int) string { return a.Network.Locations[i] }),
}

var activityTrafficFields = []filter.Field[model.Activity]{
	text(filter.Info{
		Name: "host", Title: "Host", Kind: filter.KindText, Fold: true, Column: "host",
		Doc: "The app's real host.",
	},
		func(a *model.Activity) string { return a.Host }),
	text(filter.Info{
		Name: "path", Title: "Path", Kind: filter.KindText, Column: "path",
		Doc: "The path of the request, without query.",
	},
		func(a *model.Activity) string { return a.Path }),
	text(filter.Info{
		Name: "method", Title: "Method", Kind: filter.KindID, Fold: true, Column: "method",
		Doc: "The HTTP method.",
	},
		func(a *model.Activity) string { return a.Method }),
	number(filter.Info{
		Name: "status", Title: "Status", Column: "status",
		Doc: "The HTTP status of the answer.",
	}, 1,
		func(a *model.Activity) int64 { return int64(a.Status) }),
	number(filter.Info{
		Name: "bytesUp", Title: "Bytes up", Unit: filter.UnitBytes, Column: "bytes_up",
		Doc: "Bytes of the request's body.",
	}, 0,
		func(a *model.Activity) int64 { return a.BytesUp }),
	number(filter.Info{
		Name: "bytesDown", Title: "Bytes down", Unit: filter.UnitBytes, Column: "bytes_down",
		Doc: "Bytes of the answer's body.",
	}, 0,
		func(a *model.Activity) int64 { return a.BytesDown }),
}
