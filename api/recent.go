package api

import (
	"context"
	"sync"
	"time"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/policy/rollout"
)

// recentFor is how long a rollout's status goes by one reading of the log, which takes seconds where a phase has
// matched much. Reports are never older: who reads one sees what has happened, and so does the flip.
const recentFor = time.Minute

// recent keeps the last reading of the log for each rollout's status. It takes care of its own locks.
type recent struct {
	mu   sync.Mutex
	kept map[recentKey]recentReport
}

// recentKey names a phase: a phase that begins again has another start.
type recentKey struct {
	tenant   model.TenantID
	policy   string
	from, to int64 // Unix nanoseconds; those of the zero time when there is no end
}

type recentReport struct {
	report rollout.Report
	at     time.Time // when reading began
}

func (r *recent) get(k recentKey, now time.Time) (recentReport, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	v, ok := r.kept[k]
	return v, ok && v.fresh(now)
}

func (r *recent) put(k recentKey, v recentReport) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kept == nil {
		r.kept = map[recentKey]recentReport{}
	}
	for old, have := range r.kept {
		if !have.fresh(v.at) {
			delete(r.kept, old) // so that it holds no more than what was asked for within a minute
		}
	}
	r.kept[k] = v
}

// fresh is false for a report from the future too: a clock was set back.
func (v recentReport) fresh(now time.Time) bool {
	age := now.Sub(v.at)
	return age >= 0 && age < recentFor
}

// phaseReport reads the log about a phase, and returns when it was read. With old, a reading of the last minute will do.
func (a *API) phaseReport(ctx context.Context, st policy.RolloutState, old bool) (recentReport, error) {
	from, to := period(st)
	key := recentKey{st.Tenant, st.Policy, from.UnixNano(), to.UnixNano()}
	now := a.Now()
	if v, ok := a.recent.get(key, now); ok && old {
		return v, nil
	}
	extend(ctx)
	report, err := Report(ctx, a.Activity, st.Tenant, st.Policy, from, to)
	if err != nil {
		return recentReport{}, err
	}
	v := recentReport{report, now}
	a.recent.put(key, v)
	return v, nil
}

// waitsFor returns the report that says what a rollout waits for, and an empty one where nothing in the log could: a
// policy that is in force waits for nothing, and one that was put back by hand for a hand.
func (a *API) waitsFor(ctx context.Context, st policy.RolloutState, old bool) (recentReport, error) {
	if st.Phase != policy.PhaseMonitor || st.Held {
		return recentReport{at: a.Now()}, nil
	}
	return a.phaseReport(ctx, st, old)
}
