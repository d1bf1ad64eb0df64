package policy

import (
	"slices"

	"github.com/referee-casb/referee/model"
)

// Settle decides as the one who asked did: what happens in a session, a user action and an authentication context by
// [Book.Decide], any other sign-in by [Book.DecideSignIn]. Whoever looks at a decision again settles it, so that what
// is told of it is what happened.
func (b *Book) Settle(in *Input, v *Verdict) {
	stages := settled(in)
	if in.Stage = stages[0]; len(stages) > 1 {
		b.DecideSignIn(in, v)
		return
	}
	b.Decide(in, v)
}

// settled lists the stages that have a say in a decision.
func settled(in *Input) []Stage {
	switch {
	case in.Stage == StageActivity:
		return []Stage{StageActivity}
	case in.UserAction != "", in.Context != "":
		return []Stage{StageSignIn} // access policies are about reaching an app
	}
	return []Stage{StageSignIn, StageAccess}
}

// DecideSignIn decides a sign-in: Conditional Access first, then access policies. The stricter gate applies, duties
// and needs add up. in.Stage is left at the stage whose gate it is. A block of Conditional Access stands alone, be it
// decided or what applies as long as facts are missing; any other verdict that is open still has the access policies'
// gate, since there are those who can't fetch facts and go by the gate: requests without the person, and refresh tokens.
func (b *Book) DecideSignIn(in *Input, v *Verdict) {
	in.Stage = StageSignIn
	b.Decide(in, v)
	if v.Gate != GateBlock {
		var lacking [len(needKinds)]model.Need // here, so that a decision does not allocate
		needs := lacking[:copy(lacking[:], v.Needs)]
		first := *v
		first.Needs, first.Steps = nil, slices.Clone(v.Steps)
		in.Stage = StageAccess
		b.Decide(in, v)
		if first.Gate >= v.Gate {
			in.Stage = StageSignIn
		}
		if v.Gate == GateBlock && !v.Open() && len(needs) > 0 {
			v.monitor(&first) // a decided block is not held open, and what is undecided decided nothing
		} else {
			v.merge(&first)
			for _, n := range needs {
				v.need(n)
			}
		}
	}
	if in.ClientApp != "" && in.ClientApp != model.ClientBrowser && v.Duties.Has(DutyRoute) {
		// fail closed: a native client does not follow the browser's way through the gateway, so what asks for
		// session control can't let it in, nor what may come to ask for it.
		v.Blocker, v.UseBrowser = v.router(), true
		v.Gate, v.Steps, v.Control = GateBlock, v.Steps[:0], ""
		v.Duties &^= DutyRoute
	}
	if v.Gate == GateBlock && v.Blocker != nil && v.Blocker.Action == ActionUseBrowser {
		v.UseBrowser = true
	}
}

// router returns the policy that asks for the gateway, nil where it is one that is not decided yet.
func (v *Verdict) router() *Policy {
	for _, p := range v.Deciding[:v.N] {
		if p.Session == v.Control {
			return p
		}
	}
	if v.Open() {
		return nil
	}
	return v.Deciding[0]
}

// merge joins the verdict of Conditional Access into that of the access policies.
func (v *Verdict) merge(first *Verdict) {
	if first.Gate > v.Gate {
		v.Gate, v.Blocker = first.Gate, first.Blocker
	}
	v.Duties |= first.Duties
	v.Control, v.Persistent, v.Defaulted = first.Control, first.Persistent, first.Defaulted
	if v.Gate == GateBlock { // whoever is kept out is not sent through the gateway, and no browser gets further
		v.Duties &^= DutyRoute
		v.Control = ""
	}
	v.Steps = v.Steps[:0]
	if v.Gate == GateStepUp {
		v.Steps = append(v.Steps, first.Steps...) // access policies ask for none
	}
	for _, p := range first.Deciding[:first.N] {
		if v.N < MaxDeciding {
			v.Deciding[v.N] = p
			v.N++
		}
	}
	v.monitor(first)
	if v.Excepted == "" {
		v.Excepted = first.Excepted
	}
	if first.Deadline.After(v.Deadline) {
		v.Deadline = first.Deadline
	}
}

// monitor adds the report-only policies of Conditional Access that matched.
func (v *Verdict) monitor(first *Verdict) {
	for _, p := range first.Monitored[:first.M] {
		if v.M < MaxDeciding {
			v.Monitored[v.M] = p
			v.M++
		}
	}
}
