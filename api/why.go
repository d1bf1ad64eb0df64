package api

import (
	"context"

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
			Grant     string         `json:"grant,omitempty" doc:"Command that lets it pass for a day."`
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
			b.Conditions = append(b.Conditions, conditionBody{
				Path: k.Path, Title: k.Title, Operator: k.Operator, Wanted: append([]string{}, k.Wanted...), Got: k.Got,
				State: k.State.String(), Holds: holds(k.Holds), Decisive: k.Decisive,
			})
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
},
) (*whyAnswer, error) {
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
	b.Grant = grant(&act, blocker)
	b.Text = screen(&act, b.Reference, explained, today, b.Changes, b.Next, b.Grant, a.Zone(c.Tenant))
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
