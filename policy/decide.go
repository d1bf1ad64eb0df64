package policy

import (
	"time"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

// Decide fills v with the book's verdict on in. It is pure but for in's scratch field, and does not allocate
// once v.Needs has grown to what the policies ask for.
//
// The strictest gate of the policies that match applies, and their duties add up. Facts that are Unknown and
// could change that are named in v.Needs, with the gate that applies if nobody fetches them; a decided block is
// not held open for them, so the duties of policies that are still open are then left out.
func (b *Book) Decide(in *Input, v *Verdict) {
	v.Reset()
	v.Epoch = b.epoch
	in.memo.begin()
	t := tally{in: in, v: v}
	t.book(b)
	if t.open && v.Gate < GateBlock {
		t.asking = true
		t.book(b)
		if len(v.Needs) > 0 {
			v.Deadline = in.Now.Add(t.deadline)
		}
	}
	t.finish(b)
	in.unknownDevice = ""
}

// tally is a decision being made.
type tally struct {
	in       *Input
	v        *Verdict
	gates    [MaxDeciding]Gate // of v.Deciding: what each one's gate came to
	would    [MaxDeciding]Gate // of v.Monitored: what each one's gate would have come to
	open     bool              // a policy lacks a fact
	asking   bool              // second round: collect the needs
	matched  bool              // an enforced Conditional Access policy matched
	deadline time.Duration
}

// book tries the candidates.
func (t *tally) book(b *Book) {
	in := t.in
	switch in.Stage {
	case StageSignIn:
		if in.UserAction != "" {
			t.bucket(&b.actions)
		} else {
			t.bucket(&b.signIn)
		}
	case StageAccess:
		t.bucket(&b.access)
	case StageActivity:
		if in.Control == controlMonitorOnly {
			t.weigh(b.monitorOnly)
			return
		}
		if in.Control == controlBlockDownloads {
			switch in.Activity {
			case model.ActivityDownload, model.ActivitySave, model.ActivityDrag:
				t.weigh(b.blockDownloads)
			}
		}
		if k := b.session[in.Activity]; k != nil {
			t.bucket(k)
		}
	}
}

func (t *tally) bucket(k *bucket) {
	in := t.in
	t.all(k.always)
	if k.app != nil {
		t.all(k.app[in.App.Key])
		if in.Suite != "" {
			t.all(k.app[in.Suite])
		}
		if in.App.Instance != "" {
			t.all(k.app[string(in.App.Instance)])
		}
	}
	if k.group != nil {
		for _, g := range in.User.Groups {
			t.all(k.group[string(g)])
		}
	}
	if k.user != nil {
		t.all(k.user[string(in.User.ID)])
	}
}

func (t *tally) all(list []*Policy) {
	for _, p := range list {
		t.weigh(p)
	}
}

// weigh tries one policy. Doing it twice with the same policy changes nothing: one that is listed under two
// values may come up again.
func (t *tally) weigh(p *Policy) {
	out := p.eval(t.in)
	if out == filter.False {
		return
	}
	if p.stage == StageSignIn {
		t.weighAccess(p, out)
		return
	}
	stops := p.stops(t.in)
	if p.Level != 0 && !p.Monitor && (out == filter.Undecided || p.matches(out)) && p.lifted(t.in) == nil {
		t.v.Level = stricter(t.v.Level, p.Level)
	}
	if out == filter.Undecided {
		if stops {
			t.lacks(p, p.Gate)
		}
		return
	}
	if t.asking || !p.matches(out) {
		return
	}
	if !stops {
		if !t.in.Preview {
			t.v.Duties |= DutyAudit // original bytes reach the page; a determined person can keep them
		}
		return
	}
	t.apply(p, p.Gate)
}

// apply counts a policy that matched and whose gate came to gate.
func (t *tally) apply(p *Policy, gate Gate) {
	v := t.v
	if gate != GateAllow && gate != GateBlock && p.open(t.in) {
		gate = GateAllow
	}
	if gate != GateAllow {
		if e := p.lifted(t.in); e != nil {
			gate = GateAllow
			if !p.Monitor && (v.Excepted == "" || e.ID < v.Excepted) {
				v.Excepted = e.ID
			}
		}
	}
	if p.Monitor {
		v.Duties |= p.duties & DutyAudit
		if gate != GateAllow || p.Kind == KindConditionalAccess {
			place(&v.Monitored, &t.would, &v.M, p, gate)
		}
		return
	}
	v.Duties |= p.duties
	v.Gate = max(v.Gate, gate)
	if gate == GateStepUp {
		t.steps(p)
	}
	place(&v.Deciding, &t.gates, &v.N, p, gate)
}

// lacks counts a policy that can't be decided yet. In the second round its needs are collected and its gate,
// unless a grant or an exception opens it, stands for what it may come to.
func (t *tally) lacks(p *Policy, gate Gate) {
	t.open = true
	if !t.asking {
		return
	}
	t.needs(p)
	if p.Monitor || gate != GateBlock && p.open(t.in) || p.lifted(t.in) != nil {
		return
	}
	t.v.Gate = max(t.v.Gate, gate)
	if gate == GateStepUp {
		t.steps(p)
	}
	if gate != GateAllow {
		place(&t.v.Deciding, &t.gates, &t.v.N, p, gate)
	}
}

// finish drops what an enforced gate makes moot and names the policy whose gate applies.
func (t *tally) finish(b *Book) {
	v := t.v
	if t.in.Stage == StageSignIn && !t.matched {
		v.Defaulted = !t.open
		v.Gate = max(v.Gate, b.defaultAccess)
	}
	if v.Gate == GateBlock {
		v.Duties &^= DutyRoute
		v.Control = ""
	}
	if v.Gate != GateStepUp {
		v.Steps = v.Steps[:0]
	}
	if v.Gate != GateAllow && v.N > 0 {
		v.Blocker = v.Deciding[0]
	}
	kept := 0
	for i := range v.M {
		if t.would[i] > v.Gate || v.Monitored[i].Kind == KindConditionalAccess {
			v.Monitored[kept] = v.Monitored[i]
			kept++
		}
	}
	for i := kept; i < v.M; i++ {
		v.Monitored[i] = nil
	}
	v.M = kept
}

// place inserts p by strictness of gate, then by order of documents, and drops what does not fit.
func place(list *[MaxDeciding]*Policy, gates *[MaxDeciding]Gate, n *int, p *Policy, gate Gate) {
	at := *n
	for i := range *n {
		if list[i] == p {
			return
		}
		if at == *n && (gate > gates[i] || gate == gates[i] && p.rank < list[i].rank) {
			at = i
		}
	}
	if at == MaxDeciding {
		return
	}
	if *n < MaxDeciding {
		*n++
	}
	copy(list[at+1:*n], list[at:*n-1])
	copy(gates[at+1:*n], gates[at:*n-1])
	list[at], gates[at] = p, gate
}

func stricter(a, b Level) Level {
	// Strict stops more than inspect, which stops more than standard.
	order := [...]int{0, LevelStandard: 1, LevelInspect: 2, LevelStrict: 3}
	if order[b] > order[a] {
		return b
	}
	return a
}
