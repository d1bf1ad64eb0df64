package api

import (
	"context"
	"time"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/policy/replay"
)

// replayFor is how far a replay looks back when nobody says.
const replayFor = 7 * 24 * time.Hour

type replayAnswer struct{ Body replay.Result }

func (a *API) replayPolicies(ctx context.Context, c *caller, in *struct {
	InTenant
	Body struct {
		Documents
		From   time.Time `json:"from,omitzero" doc:"Seven days ago when absent."`
		To     time.Time `json:"to,omitzero" doc:"Now when absent."`
		Sample int       `json:"sample,omitempty" minimum:"1" maximum:"1000" doc:"How many changes are listed; 100 when absent."`
	}
},
) (*replayAnswer, error) {
	docs, err := decode(in.Body.Files)
	if err != nil {
		return nil, err
	}
	s, err := a.stored(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	current, problems := a.compile(s, s.docs)
	if len(problems) > 0 {
		return nil, broken(string(c.Tenant), problems)
	}
	draft, problems := a.compile(s, s.with(docs))
	if len(problems) > 0 {
		return nil, &wrong{kind: fault.Invalid, detail: "the documents can't be put into force", mistakes: problemsOf(problems)}
	}
	q := activitylog.Query{From: in.Body.From, To: in.Body.To}
	if q.From.IsZero() {
		q.From = a.Now().Add(-replayFor)
	}
	extend(ctx)
	result, err := replay.Run(draft, current, a.Activity.Export(ctx, c.Tenant, q), replay.Options{Suites: suites(), Sample: in.Body.Sample})
	return &replayAnswer{result}, err
}
