package policy

import (
	"time"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

// Explanation says why a decision came out as it did: every policy that was considered, what each of its
// conditions saw, and what came of it. It allocates; decisions don't wait for it.
type Explanation struct {
	Stage     Stage
	Time      time.Time
	Epoch     int64
	Gate      Gate
	Duties    Duty
	Control   string
	Needs     []model.Need
	Defaulted bool
	Excepted  string
	Blocker   *Policy // the policy whose gate applies
	Policies  []Considered
	// UseBrowser reports that a browser would get further than the program; only [Book.Why] says so.
	UseBrowser bool
}

// Considered is one policy of an explanation.
type Considered struct {
	Policy     *Policy
	Outcome    filter.Tri // of all its conditions
	Matched    bool       // Outcome, with what can't be decided read as the policy says
	Effect     string     // what came of it, in a sentence
	Conditions []Condition
}

// Condition is what one condition of a policy saw.
type Condition struct {
	Path     string // in the document, such as activities.device.tags.eq
	Field    string
	Title    string // of the field
	Operator string
	Wanted   []string
	Got      []string // nil unless State is Known
	State    filter.State
	Holds    filter.Tri // from the policy's point of view: a condition under not holds when it is false
	Inverted bool       // stands under not
	Decisive bool       // the policy's outcome rests on it
	Note     string     // what Got does not say, or ""
}

// Explain decides like [Book.Decide] and says why. Policies that missed come with the condition that missed.
func (b *Book) Explain(in *Input) Explanation {
	var v Verdict
	b.Decide(in, &v)
	return b.explanation(in, &v, in.Stage)
}

// Why settles like [Book.Settle] and says why: of a sign-in, Conditional Access and access policies together.
func (b *Book) Why(in *Input) Explanation {
	var v Verdict
	b.Settle(in, &v)
	return b.explanation(in, &v, settled(in)...)
}

func (b *Book) explanation(in *Input, v *Verdict, stages ...Stage) Explanation {
	e := Explanation{
		Stage: in.Stage, Time: in.Now, Epoch: b.epoch, Gate: v.Gate, Duties: v.Duties, Control: v.Control,
		Needs: v.Needs, Defaulted: v.Defaulted, Excepted: v.Excepted, Blocker: v.Blocker, UseBrowser: v.UseBrowser,
	}
	for _, s := range stages {
		in.Stage = s
		for _, p := range b.considered(in) {
			e.Policies = append(e.Policies, p.explain(in))
		}
	}
	in.Stage, in.unknownDevice = e.Stage, ""
	return e
}

// considered returns the policies that could have had a say at in's stage and activity, in document order.
func (b *Book) considered(in *Input) []*Policy {
	var out []*Policy
	if in.Stage == StageActivity && in.Control == controlMonitorOnly {
		return []*Policy{b.monitorOnly}
	}
	for _, p := range b.policies {
		if p.stage != in.Stage || p.stage == StageSignIn && p.aboutActions() != (in.UserAction != "") {
			continue
		}
		if p.stage != StageActivity || contains(p.moments(), in.Activity) {
			out = append(out, p)
		}
	}
	if in.Stage == StageActivity && in.Control == controlBlockDownloads && contains(b.blockDownloads.moments(), in.Activity) {
		out = append(out, b.blockDownloads)
	}
	return out
}

func contains(list []model.ActivityType, a model.ActivityType) bool {
	for _, have := range list {
		if have == a {
			return true
		}
	}
	return false
}

func (p *Policy) explain(in *Input) Considered {
	c := Considered{Policy: p, Outcome: p.eval(in)}
	c.Matched = p.matches(c.Outcome)
	conditions := func(prog *filter.Program[Input], path string) {
		if prog == nil {
			return
		}
		for _, r := range prog.Explain(in, in.Now) {
			holds := r.Outcome
			if r.Inverted {
				holds = holds.Not()
			}
			k := Condition{
				Path: path + "." + r.Path, Field: r.Field, Title: r.Title, Operator: string(r.Operator), Wanted: r.Wanted,
				Got: r.Got, State: r.State, Holds: holds, Inverted: r.Inverted, Decisive: r.Settled && holds == c.Outcome,
			}
			if ofDevice(r.Field) && in.DeviceState == filter.Unobtainable {
				k.Note = "the device gave no answer and counts as " + string(p.DeviceUnknown)
			}
			c.Conditions = append(c.Conditions, k)
		}
	}
	root := "activities"
	if p.Kind == KindConditionalAccess {
		root = "conditions"
	}
	conditions(p.activities, root)
	conditions(p.files, "files")
	if p.content.method != InspectNone {
		c.Conditions = append(c.Conditions, p.content.explain(in, c.Outcome))
	}
	c.Effect = p.effect(in, c)
	return c
}

func (c *content) explain(in *Input, whole filter.Tri) Condition {
	out := Condition{Path: "inspection", Field: "inspection", Title: "Content", Operator: "has", Wanted: c.need.Names, State: in.ContentState, Holds: c.eval(in)}
	if c.method == InspectMalware {
		out.Title, out.Operator, out.Wanted, out.State = "Malware", "is", []string{"true"}, in.MalwareState
		if out.State == filter.Known {
			out.Got = []string{map[bool]string{true: "true", false: "false"}[in.Malware]}
		}
	} else if out.State == filter.Known {
		out.Got = []string{}
		for _, f := range in.Findings {
			out.Got = append(out.Got, f.Type)
		}
	}
	out.Decisive = out.Holds == whole
	return out
}

// effect says what came of the policy.
func (p *Policy) effect(in *Input, c Considered) string {
	switch {
	case c.Outcome == filter.Undecided:
		return "waits for a fact that is not known yet"
	case c.Outcome == filter.Undecidable && !c.Matched:
		return "let it pass: a fact could not be had, and unscannable is allow"
	case !c.Matched:
		return "missed"
	case !p.stops(in) && in.Preview:
		return "matched, and lets previews pass"
	case !p.stops(in):
		return "matched, and level standard lets the page itself read the file"
	}
	unscannable := ""
	if c.Outcome == filter.Undecidable {
		unscannable = " (a fact could not be had, and unscannable is block)"
	}
	gate := p.Gate
	if p.Kind == KindConditionalAccess && gate != GateBlock {
		var open bool
		if gate, open = p.grant(in); open {
			return "waits for proof of the device"
		}
	}
	switch {
	case gate != GateAllow && gate != GateBlock && p.open(in):
		return "matched; its " + gate.String() + " has been met" + unscannable
	case gate != GateAllow && p.lifted(in) != nil:
		return "matched; exception " + p.lifted(in).ID + " lifts its " + gate.String() + unscannable
	case p.Monitor && gate != GateAllow:
		return "matched; would have set " + gate.String() + ", but it only monitors" + unscannable
	case p.Monitor:
		return "matched, but it only reports" + unscannable
	case gate != GateAllow:
		return "matched: " + gate.String() + unscannable
	case p.Session != "":
		return "matched: grants with session control " + p.Session + unscannable
	case p.Kind == KindConditionalAccess:
		return "matched: grants" + unscannable
	}
	return "matched: " + string(p.Action) + unscannable
}
