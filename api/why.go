package api

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/policy/replay"
)

type (
	conditionBody struct {
		Path     string   `json:"path"`
		Title    string   `json:"title"`
		Operator string   `json:"operator"`
		Wanted   []string `json:"wanted"`
		Got      []string `json:"got,omitempty"`
		State    string   `json:"state" doc:"known, or why it was not."`
		Holds    string   `json:"holds"`
		Decisive bool     `json:"decisive" doc:"The policy's outcome rests on it."`
	}
	consideredBody struct {
		Policy     string          `json:"policy"`
		Name       string          `json:"name"`
		Revision   int64           `json:"revision,omitempty"`
		Matched    bool            `json:"matched"`
		Effect     string          `json:"effect"`
		Conditions []conditionBody `json:"conditions"`
	}
	decisionBody struct {
		Gate     string           `json:"gate" enum:"allow,blockWithOverride,requireStepUp,block"`
		By       string           `json:"by,omitempty" doc:"Id of the policy whose gate applies."`
		Policies []consideredBody `json:"policies"`
	}
	whyAnswer struct {
		Body struct {
			Reference string         `json:"reference"`
			Activity  model.Activity `json:"activity"`
			Then      *decisionBody  `json:"then,omitempty" doc:"The decision, by the policies as they were; absent when the activity was not decided on."`
			Now       *decisionBody  `json:"now,omitempty" doc:"The same by the policies of today; present when they have changed."`
			Changes   []string       `json:"changes" doc:"How the policies have changed since."`
			Next      []string       `json:"next" doc:"What the person can do."`
			Text      string         `json:"text" doc:"All of it, for a screen."`
		}
	}
)

func toDecision(e *policy.Explanation) *decisionBody {
	d := &decisionBody{Gate: e.Gate.String(), Policies: []consideredBody{}}
	if e.Blocker != nil {
		d.By = e.Blocker.ID
	}
	for i := range e.Policies {
		c := &e.Policies[i]
		b := consideredBody{Policy: c.Policy.ID, Name: c.Policy.Name, Revision: c.Policy.Revision, Matched: c.Matched, Effect: c.Effect, Conditions: []conditionBody{}}
		for _, k := range c.Conditions {
			b.Conditions = append(b.Conditions, conditionBody{Path: k.Path, Title: k.Title, Operator: k.Operator, Wanted: append([]string{}, k.Wanted...), Got: k.Got,
				State: k.State.String(), Holds: holds(k.Holds), Decisive: k.Decisive})
		}
		d.Policies = append(d.Policies, b)
	}
	return d
}

func holds(t filter.Tri) string {
	switch t {
	case filter.True:
		return "yes"
	case filter.False:
		return "no"
	case filter.Undecided, filter.Undecidable:
	}
	return "unknown"
}

func (a *API) why(ctx context.Context, c *caller, in *struct {
	InTenant
	Code string `path:"code" maxLength:"40" doc:"Reference code, as people read it out; or the activity's id."`
}) (*whyAnswer, error) {
	act, err := a.byCode(ctx, c.Tenant, in.Code)
	if err != nil {
		return nil, err
	}
	out := &whyAnswer{}
	b := &out.Body
	b.Activity, b.Reference, b.Changes = act, activitylog.FormatReference(act.Reference), []string{}
	s, err := a.stored(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	var explained, today string
	var blocker *policy.Policy
	var input policy.Input
	if replay.Input(&act, &input, suites()) {
		then, changes, err := a.asOf(ctx, s, &act)
		if err != nil {
			return nil, err
		}
		b.Changes = changes
		e := then.Explain(&input)
		b.Then, explained, blocker = toDecision(&e), e.String(), e.Blocker
		if act.Taken == model.TakenBlock && e.Gate == policy.GateAllow {
			b.Changes = append(b.Changes, "the action was blocked, and what is kept explains that no more: an exception or a rollout was decided since")
		}
		if len(changes) > 0 {
			current, problems := a.compile(s, s.docs)
			if len(problems) > 0 {
				return nil, broken("api.why", in.Code, problems)
			}
			// What the caller had satisfied then is as it was; exceptions and time are today's.
			input.Now = a.Now()
			e := current.Explain(&input)
			b.Now, today = toDecision(&e), e.String()
		}
	}
	t, err := a.Tenants.Tenant(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	b.Next = nextSteps(&act, blocker, t.Brand.Contact)
	b.Text = screen(&act, b.Reference, explained, today, b.Changes, b.Next, a.Zone(c.Tenant))
	return out, nil
}

func (a *API) byCode(ctx context.Context, tenant model.TenantID, code string) (model.Activity, error) {
	if ref, ok := activitylog.ParseReference(code); ok {
		act, err := a.Activity.Find(ctx, tenant, ref)
		if fault.Is(err, fault.NotFound) {
			err = &fault.Error{Kind: fault.NotFound, Op: "api.why", Key: code, Msg: "no activity has this code", Help: "read it again letter by letter; it may also be older than what the log keeps"}
		}
		return act, err
	}
	return a.Activity.Get(ctx, tenant, model.ActivityID(code))
}

// nextSteps says what the person can do now.
func nextSteps(act *model.Activity, p *policy.Policy, contact string) []string {
	out := []string{}
	if p == nil || p.Gate == policy.GateAllow {
		return out
	}
	if p.Contact != "" {
		contact = p.Contact
	}
	if p.NextStep != "" {
		out = append(out, strings.Join(strings.Fields(policy.Fill(p.NextStep, filler(act, p, contact))), " "))
	}
	switch {
	case p.NextStep != "" && p.Gate == policy.GateBlock:
	case p.Gate == policy.GateBlockWithOverride:
		out = append(out, "go on after giving a justification on the page that stopped them")
	case p.Gate == policy.GateStepUp:
		out = append(out, "sign in again more strongly, then try again")
	case p.Control == policy.ControlFileDownload && p.Level != policy.LevelInspect:
		out = append(out, "read and edit the file in the browser; previews still work")
	}
	if act.Reference != "" {
		out = append(out, `ask for an exception with "Request access" on the page that stopped them; an administrator grants it with "referee exception add --reference `+activitylog.FormatReference(act.Reference)+`"`)
	}
	if contact != "" {
		out = append(out, "ask "+contact)
	}
	return out
}

// filler gives the placeholders of a policy's texts their values, as the block page did.
func filler(act *model.Activity, p *policy.Policy, contact string) func(string) string {
	file := ""
	if len(act.Files) > 0 {
		file = act.Files[0].Name
	}
	values := map[string]string{"user": first(act.User.Name, act.User.Username), "file": file, "app": first(act.App.Name, act.App.Key),
		"policy": p.Name, "contact": contact, "reference": activitylog.FormatReference(act.Reference)}
	return func(name string) string { return values[name] }
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// screen writes the answer for a helpdesk: who, what, where, when, the outcome, why, and what now.
func screen(act *model.Activity, ref, explained, today string, changes, next []string, zone *time.Location) string {
	var b strings.Builder
	row := func(title, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%-9s %s\n", title, value)
		}
	}
	row("Code", ref)
	row("When", act.Time.In(zone).Format("Mon 2 Jan 2006 15:04:05 MST"))
	row("Who", person(&act.User))
	row("What", what(act))
	row("Where", place(act))
	row("Device", proven(act))
	row("Outcome", outcome(act))
	if explained != "" {
		title := "\nWhy\n"
		if len(changes) > 0 {
			title = "\nWhy, by the policies as they were then\n"
		}
		b.WriteString(title + indent(explained))
	}
	if len(changes) > 0 {
		b.WriteString("\nChanged since\n" + indent(strings.Join(changes, "\n")))
		b.WriteString("\nThe same today\n" + indent(firstLine(today)))
	}
	if len(next) > 0 {
		b.WriteString("\nWhat the person can do\n" + indent("- "+strings.Join(next, "\n- ")))
	}
	return b.String()
}

func person(u *model.User) string {
	name := u.Username
	if name == "" {
		name = string(u.ID)
	}
	if u.Name != "" && u.Name != name {
		name = u.Name + " <" + name + ">"
	}
	if u.External {
		name += ", external"
	}
	return name
}

func what(a *model.Activity) string {
	s := string(a.Type)
	for _, f := range a.Files {
		s += " " + fmt.Sprintf("%q", f.Name)
		break
	}
	if n := len(a.Files); n > 1 {
		s += fmt.Sprintf(" and %d more", n-1)
	}
	name := a.App.Name
	if name == "" {
		name = a.App.Key
	}
	if name != "" {
		s += " in " + name
	}
	if a.App.Instance != "" {
		s += " (" + string(a.App.Instance) + ")"
	}
	return s
}

func place(a *model.Activity) string {
	var parts []string
	if a.Network.Address.IsValid() {
		parts = append(parts, a.Network.Address.String())
	}
	for _, s := range append([]string{a.Network.Country}, a.Network.Locations...) {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ", ")
}

func proven(a *model.Activity) string {
	var tags []string
	for _, t := range a.Device.Tags {
		tags = append(tags, string(t))
	}
	text := strings.Join(tags, ", ")
	if text == "" {
		text = "nothing proven"
	}
	if a.Agent.Browser == "" {
		return text
	}
	return text + "; says it is " + strings.TrimSpace(a.Agent.Browser+" on "+a.Agent.OS)
}

func outcome(a *model.Activity) string {
	s := string(a.Outcome)
	if s == "" {
		s = string(a.Taken)
	}
	if a.Reason != "" {
		s += ": " + a.Reason
	}
	return strings.TrimPrefix(s, ": ")
}

func indent(s string) string {
	return "  " + strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n  ") + "\n"
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
