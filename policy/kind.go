package policy

// Kind is the kind of a document.
type Kind string

// The kinds of documents. Activity and file policies are read, checked and stored in text form; [Compile]
// refuses them, since nothing in this version acts on them.
const (
	KindConditionalAccess Kind = "ConditionalAccess"
	KindAccess            Kind = "AccessPolicy"
	KindSession           Kind = "SessionPolicy"
	KindActivity          Kind = "ActivityPolicy"
	KindFile              Kind = "FilePolicy"
)

// State says whether a document takes part in decisions.
type State string

// The states. Report only is for Conditional Access; the other kinds have a [Rollout] for that.
const (
	StateEnabled    State = "enabled"
	StateDisabled   State = "disabled"
	StateReportOnly State = "enabledForReportingButNotEnforced" // "reportOnly" is read as well
)

// Severity is how much a match matters, on alerts and in lists.
type Severity string

// The severities.
const (
	SeverityLow    Severity = "low"
	SeverityMedium Severity = "medium"
	SeverityHigh   Severity = "high"
)

// Category is Defender's risk category.
type Category string

// The categories.
const (
	CategoryAccessControl        Category = "accessControl"
	CategoryCompliance           Category = "compliance"
	CategoryConfigurationControl Category = "configurationControl"
	CategoryCloudDiscovery       Category = "cloudDiscovery"
	CategoryDLP                  Category = "dlp"
	CategoryPrivilegedAccounts   Category = "privilegedAccounts"
	CategorySharingControl       Category = "sharingControl"
	CategoryThreatDetection      Category = "threatDetection"
)

// ControlType is a session policy's control type: which moments of a session it looks at.
type ControlType string

// The control types.
const (
	ControlMonitorOnly  ControlType = "monitorOnly"         // logs the sign-in to the app
	ControlActivities   ControlType = "blockActivities"     // print, copy, paste, share and the like
	ControlFileDownload ControlType = "controlFileDownload" // downloads, saves by the page, files dragged out
	ControlFileUpload   ControlType = "controlFileUpload"
)

// Action is what an access or session policy asks for when it matches.
type Action string

// The actions. Block with override and use browser are Referee's
// own; the others are Defender's. "test" is read as audit: Defender called it so.
const (
	ActionAudit         Action = "audit"
	ActionBlock         Action = "block"
	ActionOverride      Action = "blockWithOverride"
	ActionProtect       Action = "protect"
	ActionRequireStepUp Action = "requireStepUp"
	// ActionUseBrowser blocks a program that is no browser and tells the person to use one: access policies only.
	ActionUseBrowser Action = "useBrowser"
)

// gate returns the gate that the action puts up.
func (a Action) gate() Gate {
	switch a {
	case ActionBlock, ActionUseBrowser:
		return GateBlock
	case ActionOverride:
		return GateBlockWithOverride
	case ActionRequireStepUp:
		return GateStepUp
	case ActionAudit, ActionProtect:
	}
	return GateAllow
}

// Unscannable says what happens to an action when a fact that a policy rests on can't be had.
type Unscannable string

// The choices. Block takes the condition as met, allow as missed.
const (
	UnscannableBlock Unscannable = "block"
	UnscannableAllow Unscannable = "allow"
)

// Phase is where a policy stands in its rollout.
type Phase string

// The phases.
const (
	PhaseMonitor Phase = "monitor" // would-be gates are recorded, none applies
	PhaseEnforce Phase = "enforce" // written as the policy's action in documents: "then: block"
)
