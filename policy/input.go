package policy

import (
	"time"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

// Stage is the moment a decision is asked for.
type Stage uint8

// The stages.
const (
	StageSignIn   Stage = iota + 1 // Conditional Access: may this person reach this app, and how
	StageAccess                    // access policies, at sign-in through Referee
	StageActivity                  // a session policy's moment: something happens in a session
)

// Input is everything a decision may rest on, gathered by the caller. Each fact that is not certain carries a
// [filter.State]: Known, NotSet (certainly absent), Unknown (could be fetched: the verdict asks for it if it
// matters) or Unobtainable (asked and not to be had: the policy's unscannable decides).
//
// Callers reuse one Input for a request and fill it in as facts arrive; Decide never keeps a reference. An
// Input belongs to one goroutine at a time, since Decide uses a scratch field of it.
//
// Exceptions are not part of it: the [Book] holds those of the tenant and checks person, app and expiry itself.
type Input struct {
	Now     time.Time
	Tenant  model.TenantID
	Stage   Stage
	Session model.SessionID
	Control string // session.Control of the app session; "" outside one

	App       model.AppRef
	Suite     string // key of the suite the app belongs to, such as "office365"
	ClientApp model.ClientApp
	User      model.User
	// At StageSignIn: what the person does when it is no app that is reached, the authentication context that is asked
	// for, and the authentication flow when it is one of those that policies name.
	UserAction UserAction
	Context    string
	Flow       AuthenticationFlow

	// Auth is how the person signed in and what was done since; steps that it meets are not asked for. nil: nothing
	// is known of it.
	Auth *model.Authentication

	Device      []model.DeviceTag  // proven and live at Now
	DeviceState filter.State       // Unknown: nobody has asked this device for proof yet
	DeviceFacts *model.DeviceFacts // attributes that the proofs show; nil: none
	Network     model.Network
	GeoState    filter.State // of Network's country, ISP and tags
	Agent       model.Agent

	Activity model.ActivityType // what happens, at StageActivity
	File     model.File         // for download, upload and save
	// States of the file's facts. Size is Unknown while File.Size is -1.
	NameState, SizeState, TypeState, LabelState filter.State

	Findings     []model.Finding
	ContentState filter.State
	Malware      bool
	MalwareState filter.State

	Preview    bool     // the bytes are a rendition that the app's profile names as a preview
	Navigation bool     // the browser itself would show or save the answer: an attachment or a navigation
	Saved      bool     // the page's script is saving bytes that it already has
	Satisfied  []string // step-up grants and overrides that hold for this very action: "stepUp:c1", "stepUp:mfa", "override:<policy id>"

	// Scratch space of Decide.
	memo          memo
	unknownDevice model.DeviceTag // how the policy being evaluated counts a device without an answer
	missing       needSet         // what it lacks
	note          func(field string)
	noteOwner     *Input // whose missing the function above fills: an Input may have been copied
}
