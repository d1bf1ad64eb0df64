// Package rollout takes policies from their monitor phase to the phase in which they stop people, and back.
//
// It owns the conditions of a flip, what an administrator can do to a rollout, and the report "who would have
// been stopped". It does not own clocks, stores or leases: whoever runs it reads the state, calls [Next], and
// writes the state back under compare-and-set. Layer L1. Begin with [Next] and [Reporter].
package rollout

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
)

// Self is the author of steps that nobody took by hand.
const Self = "rollout"

// Facts are what a flip depends on beside the state.
type Facts struct {
	Reads  []policy.ReportRead // of this policy
	Report Report              // over the activities since the phase began
	Zone   *time.Location      // the tenant's; nil means UTC
}

// Wait says why a rollout stays where it is. No reasons means that it moved, or is where it should be.
type Wait struct {
	Reasons []string
	Until   time.Time // when time alone could change that; zero when something else must happen first
}

// String joins the reasons.
func (w Wait) String() string { return strings.Join(w.Reasons, "; ") }

func (w *Wait) add(until time.Time, format string, args ...any) {
	w.Reasons = append(w.Reasons, fmt.Sprintf(format, args...))
	if until.After(w.Until) {
		w.Until = until
	}
}

// Begin returns the first state of a document's rollout. Documents without one have none.
func Begin(d *policy.Document, tenant model.TenantID, author string, now time.Time) (policy.RolloutState, bool) {
	if d.Inline == nil || d.Inline.Rollout == nil {
		return policy.RolloutState{}, false
	}
	phase := d.Inline.Rollout.Phase
	return policy.RolloutState{
		Tenant: tenant, Policy: d.ID, Phase: phase, Since: now, Version: 1,
		Steps: []policy.RolloutStep{{At: now, To: phase, By: author, Why: "applied"}},
	}, true
}

// Next flips a policy from monitor to enforce when everything that its document asks for has happened, and
// else says what it waits for. It is pure; the state it returns has the next version when it changed.
func Next(d *policy.Document, s policy.RolloutState, f Facts, now time.Time) (policy.RolloutState, Wait) {
	var w Wait
	if d.Inline == nil || d.Inline.Rollout == nil || s.Phase != policy.PhaseMonitor {
		return s, w
	}
	r := d.Inline.Rollout
	if s.Held {
		w.add(time.Time{}, "it was put back by hand; flip it by hand when it is time")
		return s, w
	}
	if end := s.Since.Add(r.After); now.Before(end) {
		w.add(end, "it monitors until %s", stamp(end, f.Zone))
	}
	readInTime(&w, r, s, f, now)
	if f.Report.Sessions < r.Sessions {
		w.add(time.Time{}, "%d of %d sessions were seen", f.Report.Sessions, r.Sessions)
	}
	if stopped := len(f.Report.People); stopped > r.People && s.Confirmed == "" {
		w.add(time.Time{}, "%d people would have been stopped, more than %d; somebody must confirm that", stopped, r.People)
	}
	if at := nextWorkingTime(r.Hours, now, f.Zone); at.After(now) && len(w.Reasons) == 0 {
		w.add(at, "it flips in working hours only, next at %s", stamp(at, f.Zone))
	}
	if len(w.Reasons) > 0 {
		return s, w
	}
	why := fmt.Sprintf("report read, %d sessions seen, %d people would have been stopped", f.Report.Sessions, len(f.Report.People))
	return step(s, policy.PhaseEnforce, Self, why, now), w
}

// readInTime waits for a report to have been read long enough ago, but in this phase: a report from before the
// policy was last put back says nothing about what it does now.
func readInTime(w *Wait, r *policy.Rollout, s policy.RolloutState, f Facts, now time.Time) {
	var first time.Time
	for _, read := range f.Reads {
		if read.At.Before(s.Since) || read.At.After(now) {
			continue
		}
		if first.IsZero() || read.At.Before(first) {
			first = read.At
		}
	}
	if first.IsZero() {
		w.add(time.Time{}, "nobody has read its report yet")
		return
	}
	if due := first.Add(r.ReadBefore); now.Before(due) {
		w.add(due, "its report was first read at %s; it flips %s after that at the earliest", stamp(first, f.Zone), r.ReadBefore)
	}
}

// nextWorkingTime returns now if it is in working hours, else when they begin next. Days without the hour that a
// change of clocks skips are handled by time.Date.
func nextWorkingTime(h policy.WorkingHours, now time.Time, zone *time.Location) time.Time {
	if zone == nil {
		zone = time.UTC
	}
	local := now.In(zone)
	for ahead := range 8 {
		day := time.Date(local.Year(), local.Month(), local.Day()+ahead, 0, 0, 0, 0, zone)
		if !h.Days[day.Weekday()] {
			continue
		}
		at := func(minutes int) time.Time {
			return time.Date(day.Year(), day.Month(), day.Day(), 0, minutes, 0, 0, zone)
		}
		switch from, to := at(h.From), at(h.To); {
		case now.Before(from):
			return from
		case now.Before(to):
			return now
		}
	}
	return now // no working day at all: the decoder refuses that
}

func stamp(t time.Time, zone *time.Location) string {
	if zone == nil {
		zone = time.UTC
	}
	return t.In(zone).Format("Mon 2 Jan 15:04 MST")
}

// step moves s and keeps the history. What somebody confirmed holds for one phase.
func step(s policy.RolloutState, to policy.Phase, by, why string, now time.Time) policy.RolloutState {
	s.Steps = append(slices.Clone(s.Steps), policy.RolloutStep{At: now, To: to, By: by, Why: why})
	s.Phase, s.Since, s.Confirmed = to, now, ""
	s.Version++
	return s
}

// Revise returns the state after its document was changed. A policy in force stays in force, changed or not: an
// edit must not open what was closed. One that monitors begins its phase again when what it would do has
// changed, since the report so far is about something else.
func Revise(before, after *policy.Document, s policy.RolloutState, by string, now time.Time) policy.RolloutState {
	if s.Phase != policy.PhaseMonitor || !decidesOtherwise(before.Inline, after.Inline) {
		return s
	}
	return step(s, policy.PhaseMonitor, by, "the policy was changed", now)
}

func decidesOtherwise(a, b *policy.Inline) bool {
	if a == nil || b == nil {
		return a != b
	}
	return a.Control != b.Control || a.Action != b.Action || a.Level != b.Level || a.Unscannable != b.Unscannable ||
		a.DeviceUnknown != b.DeviceUnknown || a.Activities.String() != b.Activities.String() || a.Files.String() != b.Files.String() ||
		!reflect.DeepEqual(a.Inspection, b.Inspection)
}

// Flip puts a policy into force by hand, whatever it waits for.
func Flip(s policy.RolloutState, by, why string, now time.Time) (policy.RolloutState, error) {
	if s.Phase == policy.PhaseEnforce {
		return s, &fault.Error{Kind: fault.Conflict, Op: "rollout.Flip", Key: s.Policy, Msg: "it is in force already"}
	}
	s.Held = false
	return step(s, policy.PhaseEnforce, by, why, now), nil
}

// Back puts a policy back to monitor by hand. It then stays there until somebody flips or resumes it.
func Back(s policy.RolloutState, by, why string, now time.Time) (policy.RolloutState, error) {
	if s.Phase == policy.PhaseMonitor {
		return s, &fault.Error{Kind: fault.Conflict, Op: "rollout.Back", Key: s.Policy, Msg: "it only monitors already"}
	}
	s.Held = true
	return step(s, policy.PhaseMonitor, by, why, now), nil
}

// Confirm records that somebody has seen how many people the policy would stop, and wants it. It also lets a
// rollout go on that was put back by hand.
func Confirm(s policy.RolloutState, by string, now time.Time) (policy.RolloutState, error) {
	if s.Phase != policy.PhaseMonitor {
		return s, &fault.Error{Kind: fault.Conflict, Op: "rollout.Confirm", Key: s.Policy, Msg: "it is in force already"}
	}
	s.Steps = append(slices.Clone(s.Steps), policy.RolloutStep{At: now, To: s.Phase, By: by, Why: "confirmed how many people it would stop"})
	s.Confirmed, s.Held = by, false
	s.Version++
	return s, nil
}
