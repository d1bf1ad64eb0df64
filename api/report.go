package api

import (
	"context"
	"time"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy/rollout"
)

// Report says who a policy would have stopped from a time to another (zero: now), by what was recorded of sign-ins
// and sessions. The log reads whole only the activities that the policy matched; the others it counts, so that the
// cost hangs on what the policy is about and not on how much people do. See BenchmarkReport.
func Report(ctx context.Context, log activitylog.Log, tenant model.TenantID, id string, from, to time.Time) (rollout.Report, error) {
	const op = "api.Report"
	decided := filter.Cond("source", filter.Eq, string(model.SourceAccess), string(model.SourceSession))
	r := rollout.NewReporter(id)
	matched := activitylog.Query{Filter: filter.AllOf(decided, filter.Cond("policy", filter.Eq, id)), From: from, To: to}
	for act, err := range log.Export(ctx, tenant, matched) {
		if err != nil {
			return rollout.Report{}, fault.Wrap(err, op, id)
		}
		r.Add(&act)
	}
	all := activitylog.Query{Filter: decided, From: from, To: to}
	sessions, err := log.Count(ctx, tenant, all, "session", rollout.MaxSessions)
	if err != nil {
		return rollout.Report{}, fault.Wrap(err, op, id)
	}
	report := r.Report()
	report.Sessions = len(sessions)
	for _, end := range []struct {
		at        *time.Time
		ascending bool
	}{{&report.From, true}, {&report.Through, false}} {
		q := all
		q.Limit, q.Ascending, q.Total = 1, end.ascending, true
		page, err := log.Search(ctx, tenant, q)
		if err != nil {
			return rollout.Report{}, fault.Wrap(err, op, id)
		}
		if len(page.Missing) > 0 {
			return rollout.Report{}, &fault.Error{Kind: fault.Unavailable, Op: op, Key: id, Msg: "the activities of " + string(page.Missing[0].Month) + " can't be read, so nothing is reported"}
		}
		report.Seen = int(page.Total)
		if len(page.Activities) > 0 {
			*end.at = page.Activities[0].Time
		}
	}
	return report, nil
}
