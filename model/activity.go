package model

import (
	"time"

	"github.com/referee-casb/referee/fault"
)

// ActivityID identifies an activity. It is deterministic from tenant, source and source id, so that a resend
// is the same activity; an intent and its outcome share one.
type ActivityID string

// ActivityType is the normalised kind of an activity; ActionType in [Activity] is the app's own name for it.
type ActivityType string

// The activity types.
const (
	ActivityLogin           ActivityType = "login"
	ActivityFailedLogin     ActivityType = "failedLogin"
	ActivityLogout          ActivityType = "logout"
	ActivityView            ActivityType = "view" // a page view
	ActivityDownload        ActivityType = "download"
	ActivityUpload          ActivityType = "upload"
	ActivityPrint           ActivityType = "print"
	ActivityCopy            ActivityType = "copy"
	ActivityCut             ActivityType = "cut"
	ActivityPaste           ActivityType = "paste"
	ActivityDrag            ActivityType = "drag" // dragging content or a file out of the page
	ActivitySave            ActivityType = "save" // saving bytes that the page already holds
	ActivitySendItem        ActivityType = "sendItem"
	ActivityShare           ActivityType = "share"
	ActivityUnshare         ActivityType = "unshare"
	ActivityEdit            ActivityType = "edit"
	ActivityCreate          ActivityType = "create"
	ActivityDelete          ActivityType = "delete"
	ActivityAccess          ActivityType = "access" // a Conditional Access or access policy decision
	ActivityOverride        ActivityType = "override"
	ActivityStepUp          ActivityType = "stepUp"       // a stronger authentication was asked for, passed or failed
	ActivitySecurityInfo    ActivityType = "securityInfo" // a person's own factor was registered, used up or reset
	ActivityTermsOfUse      ActivityType = "termsOfUse"   // an agreement was accepted or declined
	ActivityDeviceProof     ActivityType = "deviceProof"
	ActivitySessionRevoked  ActivityType = "sessionRevoked"
	ActivityPolicyChange    ActivityType = "policyChange"
	ActivityExceptionChange ActivityType = "exceptionChange"
	ActivityReportRead      ActivityType = "reportRead"
	ActivityAdmin           ActivityType = "admin"           // any other change an administrator made to Referee
	ActivityDefault         ActivityType = "defaultBehavior" // the tenant default applied because a part failed
	ActivityTamper          ActivityType = "tamper"          // the client script is missing or was altered
	ActivityAppChain        ActivityType = "appChain"        // an app's host sends an incomplete certificate chain, which was completed
)

// Source says where an activity was seen; numbers in Defender's API are 0 to 6 in this order.
type Source string

// The sources.
const (
	SourceAccess    Source = "accessControl"
	SourceSession   Source = "sessionControl"
	SourceConnector Source = "appConnector"
	SourceAnalysis  Source = "appConnectorAnalysis"
	SourceDiscovery Source = "discovery"
	SourceAdmin     Source = "referee" // Referee's own console, CLI and API
)

// Taken is the action that was applied, Defender's activity.takenAction.
type Taken string

// The applied actions. The zero value means that nothing was applied.
const (
	TakenNone     Taken = ""
	TakenAudit    Taken = "audit"
	TakenBlock    Taken = "block"
	TakenOverride Taken = "override" // a block that the person overrode with a justification
	TakenProtect  Taken = "protect"
	TakenVerify   Taken = "verify" // step-up was asked for
	TakenVerified Taken = "verified"
	TakenBypass   Taken = "bypassProxy"
)

// Stage tells an intent, written before the first byte, from its outcome, written after the last.
type Stage string

// The stages. Activities of one moment have no stage.
const (
	StageNone    Stage = ""
	StageIntent  Stage = "intent"
	StageOutcome Stage = "outcome"
)

// Outcome says how an action ended.
type Outcome string

// The outcomes. Complete is written only when every byte was handed to the client's connection.
const (
	OutcomeNone     Outcome = ""
	OutcomeComplete Outcome = "complete"
	OutcomeAborted  Outcome = "aborted" // the client went away
	OutcomeFailed   Outcome = "failed"  // the app or Referee failed
	OutcomeBlocked  Outcome = "blocked"
	OutcomeUnknown  Outcome = "unknown" // nobody can tell: its writer was never heard of again, or the client never confirmed the last bytes
)

// PolicyRef names a policy and what it asked for.
type PolicyRef struct {
	ID       string `json:"id"`
	Name     string `json:"name,omitempty"`
	Revision int64  `json:"revision,omitempty"`
	Action   string `json:"action,omitempty"`
	Monitor  bool   `json:"monitor,omitempty"` // matched in a monitor phase: would have applied Action
}

// Object is something an activity was about: a file, a folder, a policy, a session.
type Object struct {
	Type string `json:"type"`
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
	Role string `json:"role,omitempty"`
}

// Activity is one thing that happened. Its facts are those of Defender's CloudAppEvents table.
type Activity struct {
	ID         ActivityID     `json:"id"`
	Tenant     TenantID       `json:"tenant"`
	Revision   int            `json:"revision"` // a higher one replaces a lower one
	Time       time.Time      `json:"time"`     // of the action; for an outcome, of its intent
	Recorded   time.Time      `json:"recorded"` // when this revision was written
	Source     Source         `json:"source"`
	Type       ActivityType   `json:"type"`
	ActionType string         `json:"actionType,omitempty"`
	Stage      Stage          `json:"stage,omitempty"`
	Outcome    Outcome        `json:"outcome,omitempty"`
	Taken      Taken          `json:"takenAction,omitempty"`
	Reference  string         `json:"reference,omitempty"` // the short code a person can read to a helpdesk
	App        AppRef         `json:"app"`
	User       User           `json:"user"`
	Session    SessionID      `json:"session,omitempty"`
	Device     ActivityDevice `json:"device"`
	Network    Network        `json:"network"`
	Agent      Agent          `json:"agent"`
	Files      []File         `json:"files,omitempty"`
	Objects    []Object       `json:"objects,omitempty"`
	Policies   []PolicyRef    `json:"policies,omitempty"`
	Admin      bool           `json:"isAdminOperation,omitempty"`
	Imperson   bool           `json:"isImpersonated,omitempty"`
	Host       string         `json:"host,omitempty"` // the real host
	Path       string         `json:"path,omitempty"`
	Method     string         `json:"method,omitempty"`
	Status     int            `json:"status,omitempty"`
	BytesUp    int64          `json:"bytesUp,omitempty"`
	BytesDown  int64          `json:"bytesDown,omitempty"`
	Reason     string         `json:"reason,omitempty"` // justification, error or explanation in a sentence
	Detail     map[string]any `json:"detail,omitempty"` // small JSON facts without a column of their own; raw event of a connector
	Alert      string         `json:"alert,omitempty"`
}

// ActivityDevice is what was proven of the device when the activity happened.
type ActivityDevice struct {
	ID   string      `json:"id,omitempty"`
	Tags []DeviceTag `json:"tags,omitempty"`
}

// Validate reports the first fact without which an activity cannot be kept.
func (a *Activity) Validate() error {
	bad := func(field, why string) error {
		return &fault.Error{Kind: fault.Invalid, Op: "activity", Key: string(a.ID), Msg: field + " " + why}
	}
	switch {
	case a.ID == "":
		return bad("id", "is missing")
	case a.Type == "":
		return bad("type", "is missing")
	case a.Source == "":
		return bad("source", "is missing")
	case a.Time.IsZero():
		return bad("time", "is missing")
	case a.Revision < 0:
		return bad("revision", "is negative")
	}
	return a.Tenant.Validate()
}
