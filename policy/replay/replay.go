// Package replay runs a draft of a rule book over recorded activities, before anybody applies it.
//
// It owns how an activity becomes a [policy.Input] again, and the comparison of two books. What was not recorded
// is unobtainable: the answer then is that of each policy's unscannable, and the result says how often that
// decided. Layer L1. Begin with [Run].
package replay

import (
	"iter"
	"slices"
	"time"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
)

// Options tells what an activity does not record.
type Options struct {
	Suites map[string]string // suite key by app key
	Sample int               // how many changes are kept; 0 means 100
}

// Result says what a draft would have changed.
type Result struct {
	Seen     int       `json:"seen"`     // activities looked at
	Replayed int       `json:"replayed"` // those that policies decide on
	Stricter int       `json:"stricter"` // of those, how many the draft treats more strictly
	Looser   int       `json:"looser"`
	Guessed  int       `json:"guessed"` // changes that rest on a fact that was not recorded
	From     time.Time `json:"from,omitzero"`
	Through  time.Time `json:"through,omitzero"`
	People   []string  `json:"people"`  // sign-in names of who would have met a stricter gate
	Changes  []Change  `json:"changes"` // the first of them, see Options.Sample
}

// Change is one activity that would have gone another way.
type Change struct {
	Activity model.ActivityID   `json:"activity"`
	Time     time.Time          `json:"time"`
	User     string             `json:"user"`
	App      string             `json:"app"`
	Type     model.ActivityType `json:"type"`
	File     string             `json:"file,omitempty"`
	Before   string             `json:"before"` // gate
	After    string             `json:"after"`
	By       string             `json:"by,omitempty"` // id of the policy behind the stricter of the two
	Guessed  bool               `json:"guessed,omitempty"`
}

// Run decides every activity by both books and compares. Policies of the draft that are in their monitor phase
// count as if they were in force: what they would do is the question. Activities of the same id count once, in
// the revision that comes first.
func Run(draft, current *policy.Book, activities iter.Seq2[model.Activity, error], opt Options) (Result, error) {
	if opt.Sample == 0 {
		opt.Sample = 100
	}
	out := Result{People: []string{}, Changes: []Change{}}
	seen := map[model.ActivityID]bool{}
	var in policy.Input
	var before, after policy.Verdict
	for a, err := range activities {
		if err != nil {
			return out, err
		}
		if seen[a.ID] {
			continue
		}
		seen[a.ID] = true
		out.Seen++
		if out.From.IsZero() || a.Time.Before(out.From) {
			out.From = a.Time
		}
		if a.Time.After(out.Through) {
			out.Through = a.Time
		}
		if !Input(&a, &in, opt.Suites) {
			continue
		}
		out.Replayed++
		current.Settle(&in, &before)
		draft.Settle(&in, &after)
		out.compare(&a, &in, verdictGate(&before, false), verdictGate(&after, true), opt.Sample)
	}
	slices.Sort(out.People)
	return out, nil
}

// gated is a gate and who put it up.
type gated struct {
	gate policy.Gate
	by   string
}

func verdictGate(v *policy.Verdict, monitored bool) gated {
	g := gated{gate: v.Gate}
	if v.Blocker != nil {
		g.by = v.Blocker.ID
	}
	if !monitored {
		return g
	}
	for _, p := range v.Monitored[:v.M] { // of a sign-in, those of two decisions
		if p.Gate > g.gate {
			g = gated{p.Gate, p.ID}
		}
	}
	return g
}

func (r *Result) compare(a *model.Activity, in *policy.Input, before, after gated, sample int) {
	if before.gate == after.gate {
		return
	}
	c := Change{
		Activity: a.ID, Time: a.Time, User: a.User.Username, App: a.App.Key, Type: a.Type, File: in.File.Name,
		Before: before.gate.String(), After: after.gate.String(), By: after.by, Guessed: guessed(in),
	}
	if after.gate > before.gate {
		r.Stricter++
		if !slices.Contains(r.People, c.User) {
			r.People = append(r.People, c.User)
		}
	} else {
		r.Looser++
		c.By = before.by
	}
	if c.Guessed {
		r.Guessed++
	}
	if len(r.Changes) < sample {
		r.Changes = append(r.Changes, c)
	}
}

func guessed(in *policy.Input) bool {
	return in.DeviceState == filter.Unobtainable || in.GeoState == filter.Unobtainable || in.SizeState == filter.Unobtainable ||
		in.LabelState == filter.Unobtainable || in.TypeState == filter.Unobtainable
}
