package api

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
)

// stepUpBody tells of the step-up that an action waited for, or went on with.
type stepUpBody struct {
	Asked    []string      `json:"asked" doc:"What had to be done, such as authenticationContext=c1."`
	Passed   bool          `json:"passed"`
	Attempts []attemptBody `json:"attempts" doc:"What the person did, in order."`
	Unread   bool          `json:"unread,omitempty" doc:"Part of the log can't be read now, so there may have been more."`
}

type attemptBody struct {
	At     time.Time `json:"at"`
	Passed bool      `json:"passed"`
	Reason string    `json:"reason" doc:"What was done and by what, or why it did not count."`
}

// How long after an action that waits, and before one that went on, its step-up is looked for: the address of
// what waits holds for a day, a challenge lives fifteen minutes and the grant that it ends in five.
const (
	stepAfter  = 25 * time.Hour
	stepBefore = 20 * time.Minute
)

// mostAttempts bounds what is read of one session's step-ups.
const mostAttempts = 200

// stepUpOf reads what is on record of an action's step-up; nil for an action that none was asked for.
func (a *API) stepUpOf(ctx context.Context, tenant model.TenantID, act *model.Activity, then *policy.Book, input policy.Input) (*stepUpBody, error) {
	if act.Source != model.SourceSession || act.Taken != model.TakenVerify && act.Taken != model.TakenVerified || act.Session == "" {
		return nil, nil
	}
	out := &stepUpBody{Asked: []string{}, Passed: act.Taken == model.TakenVerified, Attempts: []attemptBody{}}
	from, to := act.Time, act.Time.Add(stepAfter)
	if out.Passed {
		from, to = act.Time.Add(-stepBefore), act.Time
		for _, g := range input.Satisfied {
			if key, ok := strings.CutPrefix(g, "stepUp:"); ok {
				out.Asked = append(out.Asked, key)
			}
		}
	} else if then != nil {
		var v policy.Verdict
		then.Decide(&input, &v)
		for _, s := range v.Steps {
			out.Asked = append(out.Asked, s.Key())
		}
	}
	page, err := a.Activity.Search(ctx, tenant, activitylog.Query{
		Filter: filter.AllOf(filter.Cond("session", filter.Eq, string(act.Session)), filter.Cond("activity.type", filter.Eq, string(model.ActivityStepUp))),
		From:   from, To: to.Add(time.Microsecond), Limit: mostAttempts, Ascending: true,
	})
	if err != nil {
		return nil, fault.Wrap(err, "api.why", act.Reference)
	}
	out.Unread = len(page.Missing) > 0
	for i := range page.Activities {
		s := &page.Activities[i]
		passed := s.ActionType == "StrongAuthenticationSucceeded"
		if out.Passed && !(passed && sameMatter(s, act)) || !out.Passed && !waitsFor(s, act.Reference) {
			continue
		}
		out.Attempts = append(out.Attempts, attemptBody{At: s.Time, Passed: passed, Reason: s.Reason})
	}
	if !out.Passed {
		out.Passed = slices.ContainsFunc(out.Attempts, func(t attemptBody) bool { return t.Passed })
	}
	return out, nil
}

// sameMatter reports whether a step-up was asked for by a policy that the action matched, in the same app.
func sameMatter(s, act *model.Activity) bool {
	return s.App.Instance == act.App.Instance && slices.ContainsFunc(s.Policies, func(p model.PolicyRef) bool {
		return slices.ContainsFunc(act.Policies, func(q model.PolicyRef) bool { return p.ID == q.ID })
	})
}

// waitsFor reports whether a step-up was for the action of a reference.
func waitsFor(s *model.Activity, reference string) bool {
	return reference != "" && slices.ContainsFunc(s.Objects, func(o model.Object) bool { return o.Type == "blockedAction" && o.ID == reference })
}

// text tells of the step-up on a screen.
func (s *stepUpBody) text(zone *time.Location) string {
	var b strings.Builder
	if len(s.Asked) > 0 {
		b.WriteString("asked for " + strings.Join(s.Asked, ", ") + "\n")
	}
	for _, t := range s.Attempts {
		word := "failed"
		if t.Passed {
			word = "passed"
		}
		b.WriteString(wrapped(fmt.Sprintf("%s on %s: %s", word, t.At.In(zone).Format("Mon 2 Jan 2006 15:04:05 MST"), t.Reason)) + "\n")
	}
	switch {
	case s.Unread:
		b.WriteString("part of the log can't be read now: there may have been more\n")
	case len(s.Attempts) == 0:
		b.WriteString("nothing that the person did for it is on record\n")
	}
	return b.String()
}
