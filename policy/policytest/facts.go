package policytest

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
)

// Now is when cases happen unless they say otherwise: a Tuesday at noon in UTC.
var Now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

var everything = policy.Capabilities{Inspector: true, Malware: true, Labels: true, Protect: true, StepUp: true}

// option reads one line of the options:
//
//	phase ID monitor|enforce
//	default block
//	level standard                        of the built-in block of downloads
//	exception ID user|group WHO APP POLICY EXPIRES
func (table *Table) option(line string) error {
	words := strings.Fields(line)
	switch {
	case words[0] == "phase" && len(words) == 3:
		if table.Options.Phases == nil {
			table.Options.Phases = map[string]policy.Phase{}
		}
		table.Options.Phases[words[1]] = policy.Phase(words[2])
	case line == "default block":
		table.Options.DefaultAccess = policy.GateBlock
	case line == "level standard":
		table.Options.BuiltInLevel = policy.LevelStandard
	case words[0] == "exception" && len(words) == 7:
		expires, err := time.Parse(time.RFC3339, words[6])
		if err != nil {
			return err
		}
		e := policy.Exception{
			ID: words[1], Tenant: "contoso", App: words[4], Policy: words[5], Expires: expires, Reason: "a trip",
			Requester: "director", Approver: "admin", State: policy.ExceptionApproved, Version: 1,
			Requested: Now.Add(-48 * time.Hour), Decided: Now.Add(-24 * time.Hour),
		}
		if words[2] == "user" {
			e.User = words[3]
		} else {
			e.Group = model.GroupID(words[3])
		}
		table.Options.Exceptions = append(table.Options.Exceptions, e)
		return e.Validate()
	default:
		return fmt.Errorf("no option reads %q", line)
	}
	return nil
}

// Input reads facts: words of the form key=value, or a flag alone. A value of ? means unknown, of !
// unobtainable. Underscores stand for spaces.
func Input(facts string) (*policy.Input, error) {
	in := &policy.Input{
		Now: Now, Tenant: "contoso", Stage: policy.StageActivity, ClientApp: model.ClientBrowser,
		User: model.User{ID: "u1", Username: "director@contoso.com"}, DeviceState: filter.Known, GeoState: filter.Known,
		NameState: filter.Known, LabelState: filter.Known, TypeState: filter.Known,
	}
	for _, word := range strings.Fields(facts) {
		key, value, _ := strings.Cut(word, "=")
		if err := fact(in, key, strings.ReplaceAll(value, "_", " ")); err != nil {
			return nil, fmt.Errorf("%s: %w", word, err)
		}
	}
	return in, nil
}

func open(value string, st *filter.State) bool {
	switch value {
	case "?":
		*st = filter.Unknown
	case "!":
		*st = filter.Unobtainable
	default:
		*st = filter.Known
		return false
	}
	return true
}

func fact(in *policy.Input, key, value string) (err error) {
	if name, ok := strings.CutPrefix(key, "device."); ok {
		return attribute(in, name, value)
	}
	switch key {
	case "signin":
		in.Stage = policy.StageSignIn
	case "access":
		in.Stage = policy.StageAccess
	case "activity":
		in.Activity = model.ActivityType(value)
	case "at":
		in.Now, err = time.Parse(time.RFC3339, value)
	case "control":
		in.Control = value
	case "app":
		in.App.Key = value
		switch value {
		case "onedrive":
			in.Suite, in.App.ID = "office365", 15600
		case "sharepoint":
			in.Suite, in.App.ID = "office365", 20892
		}
	case "number":
		var id int64
		id, err = strconv.ParseInt(value, 10, 64)
		in.App.ID = model.AppID(id)
	case "os":
		in.Agent.OS = value
	case "client":
		in.ClientApp = model.ClientApp(value)
	case "role":
		in.User.Roles = append(in.User.Roles, value)
	case "guest":
		in.User.External, in.User.GuestType = true, model.GuestType(value)
	case "home":
		in.User.External, in.User.HomeTenant = true, value
	case "action":
		in.UserAction = policy.UserAction(value)
	case "context":
		in.Context = value
	case "flow":
		in.Flow = policy.AuthenticationFlow(value)
	case "instance":
		in.App.Instance = model.InstanceID(value)
	case "native":
		in.ClientApp = model.ClientNative
	case "user":
		in.User.ID, in.User.Username = model.UserID(value), value
	case "group":
		in.User.Groups = append(in.User.Groups, model.GroupID(value))
	case "external":
		in.User.External = true
	case "device":
		if !open(value, &in.DeviceState) && value != "none" {
			in.Device = append(in.Device, model.DeviceTag(value))
		}
	case "agent":
		in.Agent.Tags = append(in.Agent.Tags, value)
	case "preview":
		in.Preview = true
	case "navigation":
		in.Navigation = true
	case "saved":
		in.Saved = true
	case "auth", "acr", "did", "signInRisk", "userRisk":
		return authentication(in, key, value)
	case "satisfied":
		in.Satisfied = append(in.Satisfied, value)
	default:
		return networkOrFile(in, key, value)
	}
	return err
}

// attribute reads an attribute of the device: device.model=Surface; device.physicalIds=a,b; none means that it is
// known to have no value.
func attribute(in *policy.Input, name, value string) error {
	if in.DeviceFacts == nil {
		in.DeviceFacts = &model.DeviceFacts{}
	}
	values := strings.Split(value, ",")
	if value == "none" {
		values = nil
	}
	if !in.DeviceFacts.Set(name, values...) {
		return fmt.Errorf("no device has %s %q", name, value)
	}
	return nil
}

// authentication reads how the person signed in: auth=90m is a sign-in 90 minutes ago, acr=c1 its class,
// did=mfa@5m a step-up five minutes ago. A step-up with a value is written did=authenticationStrength:passwordless@5m.
func authentication(in *policy.Input, key, value string) error {
	if in.Auth == nil {
		in.Auth = &model.Authentication{Provider: "company", Time: in.Now.Add(-time.Minute), AMR: []string{"pwd"}}
	}
	name, ago, _ := strings.Cut(value, "@")
	if key == "auth" {
		name, ago = "", value
	}
	var since time.Duration
	if ago != "" {
		var ok bool
		if since, ok = policy.ParseDuration(ago); !ok {
			return fmt.Errorf("%q is no time", ago)
		}
	}
	switch key {
	case "signInRisk":
		in.Auth.SignInRisk = model.RiskLevel(value)
	case "userRisk":
		in.Auth.UserRisk = model.RiskLevel(value)
	case "auth":
		in.Auth.Time = in.Now.Add(-since)
	case "acr":
		in.Auth.ACR = name
	default:
		kind, of, _ := strings.Cut(name, ":")
		in.Auth.Steps = append(in.Auth.Steps, model.Satisfaction{Kind: model.StepUpKind(kind), Value: of, At: in.Now.Add(-since), By: "test"})
	}
	return nil
}

func networkOrFile(in *policy.Input, key, value string) (err error) {
	switch key {
	case "ip":
		in.Network.Address, err = netip.ParseAddr(value)
	case "country":
		if !open(value, &in.GeoState) {
			in.Network.Country = value
		}
	case "category":
		in.Network.Categories = append(in.Network.Categories, value)
	case "located":
		in.Network.Locations = append(in.Network.Locations, value)
	case "file":
		in.File.Name = value
	case "size":
		if open(value, &in.SizeState) {
			in.File.Size = -1
		} else {
			in.File.Size, err = strconv.ParseInt(value, 10, 64)
		}
	case "type":
		if !open(value, &in.TypeState) {
			in.File.TrueMIME = value
		}
	case "label":
		if !open(value, &in.LabelState) {
			in.File.Labels = append(in.File.Labels, model.Label{ID: value})
		}
	case "content":
		if !open(value, &in.ContentState) && value != "clean" {
			name, count, _ := strings.Cut(value, "*")
			f := model.Finding{Type: name, Confidence: 85, Count: 1}
			if count != "" {
				f.Count, err = strconv.Atoi(count)
			}
			in.Findings = append(in.Findings, f)
		}
	case "malware":
		if !open(value, &in.MalwareState) {
			in.Malware = value == "yes"
		}
	default:
		return fmt.Errorf("no fact is called %q", key)
	}
	return err
}

// Describe writes a verdict in one line: the gate, then what is not empty.
func Describe(v *policy.Verdict) string {
	out := []string{v.Gate.String()}
	add := func(key string, values []string) {
		if len(values) > 0 {
			out = append(out, key+"="+strings.Join(values, ","))
		}
	}
	ids := func(list []*policy.Policy) (ids []string) {
		for _, p := range list {
			ids = append(ids, p.ID)
		}
		return ids
	}
	if v.Open() {
		out[0] = "open," + out[0]
	}
	add("by", ids(v.Deciding[:v.N]))
	var duties []string
	for i, name := range []string{"audit", "alert", "notify", "protect", "govern", "route"} {
		if v.Duties.Has(1 << i) {
			duties = append(duties, name)
		}
	}
	add("duties", duties)
	if v.Control != "" {
		add("control", []string{v.Control})
	}
	if v.Persistent != "" {
		add("browser", []string{v.Persistent})
	}
	var steps []string
	for _, s := range v.Steps {
		name := s.Key()
		if s.Within > 0 {
			name += "<" + policy.FormatDuration(s.Within)
		}
		steps = append(steps, name)
	}
	add("steps", steps)
	if v.Level != 0 {
		add("level", []string{v.Level.String()})
	}
	var needs []string
	for _, n := range v.Needs {
		name := string(n.Kind)
		if len(n.Names) > 0 {
			name += "(" + strings.Join(n.Names, "+") + ")"
		}
		needs = append(needs, name)
	}
	add("needs", needs)
	if v.Open() {
		add("within", []string{v.Deadline.Sub(Now).String()})
	}
	add("monitored", ids(v.Monitored[:v.M]))
	if v.Excepted != "" {
		add("excepted", []string{v.Excepted})
	}
	if v.Defaulted {
		out = append(out, "default")
	}
	return strings.Join(out, " ")
}
