package replay

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
)

// detailKey is where an activity's detail holds what its other facts don't say about the decision.
const detailKey = "decision"

// memory is what a decision rested on beside the facts that every activity has. Names are short: it is kept
// with each activity.
type memory struct {
	Stage      policy.Stage    `json:"stage"`
	Control    string          `json:"control,omitempty"`
	Suite      string          `json:"suite,omitempty"`
	ClientApp  model.ClientApp `json:"client,omitempty"`
	Preview    bool            `json:"preview,omitempty"`
	Navigation bool            `json:"navigation,omitempty"`
	Saved      bool            `json:"saved,omitempty"`
	Satisfied  []string        `json:"satisfied,omitempty"`

	UserAction policy.UserAction         `json:"userAction,omitempty"`
	Context    string                    `json:"context,omitempty"`
	Flow       policy.AuthenticationFlow `json:"flow,omitempty"`
	Device     *model.DeviceFacts        `json:"device,omitempty"`

	Auth     *model.Authentication `json:"auth,omitempty"`
	Findings []model.Finding       `json:"findings,omitempty"`
	Malware  bool                  `json:"malware,omitempty"`
	// States of device, location, name, size, type, label, content, malware, in this order.
	States [8]filter.State `json:"states"`
}

// Remember keeps in an activity's detail what the decision on in rested on, so that [Input] can make the same
// input again: for a replay, and to explain a block days later. Call it before the activity is written.
func Remember(in *policy.Input, a *model.Activity) {
	if a.Detail == nil {
		a.Detail = map[string]any{}
	}
	a.Detail[detailKey] = memory{
		Stage: in.Stage, Control: in.Control, Suite: in.Suite, ClientApp: in.ClientApp,
		Preview: in.Preview, Navigation: in.Navigation, Saved: in.Saved, Satisfied: slices.Clone(in.Satisfied),
		UserAction: in.UserAction, Context: in.Context, Flow: in.Flow, Device: deviceOf(in),
		Findings: slices.Clone(in.Findings), Malware: in.Malware, Auth: authOf(in),
		States: [8]filter.State{in.DeviceState, in.GeoState, in.NameState, in.SizeState, in.TypeState, in.LabelState, in.ContentState, in.MalwareState},
	}
}

// deviceOf copies what the proofs showed of the device by then.
func deviceOf(in *policy.Input) *model.DeviceFacts {
	if in.DeviceFacts == nil {
		return nil
	}
	d := *in.DeviceFacts
	return &d
}

// authOf copies how the person had signed in by then: sessions go on.
func authOf(in *policy.Input) *model.Authentication {
	if in.Auth == nil {
		return nil
	}
	a := *in.Auth
	a.AMR, a.Steps = slices.Clone(a.AMR), slices.Clone(a.Steps)
	return &a
}

// recall reads what Remember wrote, from this process or from a store.
func recall(a *model.Activity) (memory, bool) {
	switch v := a.Detail[detailKey].(type) {
	case nil:
		return memory{}, false
	case memory:
		return v, true
	default:
		var m memory
		text, err := json.Marshal(v)
		if err != nil || json.Unmarshal(text, &m) != nil {
			return memory{}, false
		}
		return m, true
	}
}

// Input fills in with what a recorded activity knew. Facts that were not recorded are unobtainable. It returns
// false for activities that no policy of a sign-in or a session decides on, such as changes by administrators.
// Suites gives the suite key of an app key, for activities without a remembered decision.
func Input(a *model.Activity, in *policy.Input, suites map[string]string) bool {
	*in = policy.Input{
		Now: a.Time, Tenant: a.Tenant, Session: a.Session, App: a.App, Suite: suites[a.App.Key], User: a.User,
		Network: a.Network, Agent: a.Agent, Device: a.Device.Tags,
	}
	switch a.Source {
	case model.SourceAccess:
		in.Stage = policy.StageSignIn
	case model.SourceSession:
		in.Stage, in.Activity = policy.StageActivity, a.Type
	default:
		return false
	}
	in.File.Size = -1
	if len(a.Files) > 0 {
		in.File = a.Files[0]
	}
	if m, ok := recall(a); ok {
		m.restore(in)
		return true
	}
	guess(a, in)
	return true
}

func (m *memory) restore(in *policy.Input) {
	in.Stage, in.Control, in.ClientApp = m.Stage, m.Control, m.ClientApp
	if m.Suite != "" {
		in.Suite = m.Suite
	}
	in.Preview, in.Navigation, in.Saved, in.Satisfied = m.Preview, m.Navigation, m.Saved, m.Satisfied
	in.UserAction, in.Context, in.Flow, in.DeviceFacts = m.UserAction, m.Context, m.Flow, m.Device
	in.Findings, in.Malware, in.Auth = m.Findings, m.Malware, m.Auth
	for i, to := range []*filter.State{
		&in.DeviceState, &in.GeoState, &in.NameState, &in.SizeState, &in.TypeState,
		&in.LabelState, &in.ContentState, &in.MalwareState,
	} {
		// What nobody knew then, nobody can fetch now.
		if *to = m.States[i]; *to == filter.Unknown {
			*to = filter.Unobtainable
		}
	}
	if in.File.Size < 0 {
		in.SizeState = filter.Unobtainable
	}
}

// guess fills in what activities from before, or from elsewhere, leave open.
func guess(a *model.Activity, in *policy.Input) {
	in.ClientApp = model.ClientBrowser
	if slices.ContainsFunc(a.Agent.Tags, func(t string) bool { return strings.EqualFold(t, "Native client") }) {
		in.ClientApp = model.ClientNative
	}
	in.Saved = a.Type == model.ActivitySave
	in.Navigation = true // the stricter of the two: a download that nobody described counts as one
	state := func(to *filter.State, known bool) {
		if *to = filter.Unobtainable; known {
			*to = filter.Known
		}
	}
	state(&in.DeviceState, len(in.Device) > 0)
	state(&in.GeoState, a.Network.Country != "")
	state(&in.NameState, in.File.Name != "")
	state(&in.SizeState, in.File.Size >= 0)
	state(&in.TypeState, in.File.MIME != "" || in.File.TrueMIME != "")
	state(&in.LabelState, len(in.File.Labels) > 0)
	in.ContentState, in.MalwareState = filter.Unobtainable, filter.Unobtainable
}
