package api

import (
	"context"
	"errors"
	"fmt"
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
			Grant     string         `json:"grant,omitempty" doc:"Command that lets it pass for a day."`
			StepUp    *stepUpBody    `json:"stepUp,omitempty" doc:"The step-up that it waited for, or went on with."`
			Exception *exceptionBody `json:"exception,omitempty" doc:"The exception that let it pass, as it stands today."`
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
	lifted := liftedBy(s, &act)
	var explained, today string
	var blocker *policy.Policy
	var input policy.Input
	if replay.Input(&act, &input, suites()) {
		then, changes, err := a.asOf(ctx, s, &act)
		if unusable := (*wrong)(nil); errors.As(err, &unusable) {
			// What is on record of the action holds; only the conditions can't be told any more.
			changes, err = []string{unusable.sentence()}, nil
		}
		if err != nil {
			return nil, err
		}
		b.Changes = changes
		if lifted != nil {
			b.Changes = append(b.Changes, a.endOf(lifted)...)
		}
		if then != nil {
			e := then.Why(&input)
			b.Then, explained, blocker = toDecision(&e), e.String(), e.Blocker
			if act.Taken == model.TakenBlock && e.Gate == policy.GateAllow {
				b.Changes = append(b.Changes, "the action was blocked, and what is kept explains that no more: an exception or a rollout was decided since")
			}
		}
		if b.StepUp, err = a.stepUpOf(ctx, c.Tenant, &act, then, input); err != nil {
			return nil, err
		}
		if len(b.Changes) > 0 {
			if current, problems := a.compile(s, s.docs); len(problems) > 0 {
				today = broken(in.Code, problems).sentence()
			} else {
				// What the caller had satisfied then is as it was; exceptions and time are today's.
				input.Now = a.Now()
				e := current.Why(&input)
				b.Now, today = toDecision(&e), e.String()
			}
		}
	}
	t, err := a.Tenants.Tenant(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	b.Next = nextSteps(&act, blocker, t.Brand.Contact)
	b.Grant = grant(&act, blocker)
	if lifted != nil {
		body := a.exceptionBody(*lifted)
		b.Exception = &body
	}
	b.Text = screen(&act, b.Reference, lifted, b.StepUp, explained, today, b.Changes, b.Next, b.Grant, a.Zone(c.Tenant))
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

// exceptionOf is the id of the exception that let an activity pass, "" when none did.
func exceptionOf(act *model.Activity) string {
	for _, o := range act.Objects {
		if o.Type == "exception" && act.Type != model.ActivityExceptionChange {
			return o.ID
		}
	}
	return ""
}

// liftedBy returns the exception that let an activity pass, nil when none did or it is not kept any more.
func liftedBy(s *ruleset, act *model.Activity) *policy.Exception {
	id := exceptionOf(act)
	for i := range s.exceptions {
		if s.exceptions[i].ID == id && id != "" {
			return &s.exceptions[i]
		}
	}
	return nil
}

// endOf says how an exception that let something pass has ended, nothing while it holds.
func (a *API) endOf(e *policy.Exception) []string {
	at := func(t time.Time) string { return t.In(a.Zone(e.Tenant)).Format("2006-01-02 15:04 MST") }
	switch now := a.Now(); {
	case e.State == policy.ExceptionEnded:
		text := fmt.Sprintf("exception %s was ended before its time, on %s by %s", e.ID, at(e.Decided), e.Approver)
		if e.Answer != "" {
			text += ": " + e.Answer
		}
		return []string{text}
	case !e.Live(now):
		return []string{fmt.Sprintf("exception %s expired on %s", e.ID, at(e.Expires))}
	}
	return nil
}
