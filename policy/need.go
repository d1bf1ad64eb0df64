package policy

import (
	"slices"
	"time"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

// needSet is a set of [needKinds] by position.
type needSet uint16

var needKinds = [...]model.NeedKind{model.NeedDeviceProof, model.NeedNetwork, model.NeedSize, model.NeedTrueType, model.NeedLabel}

// needBit is needOf by position, so that collecting needs does not allocate.
var needBit = func() map[string]needSet {
	out := map[string]needSet{}
	for field, kind := range needOf {
		for i, k := range needKinds {
			if k == kind {
				out[field] = 1 << i
			}
		}
	}
	return out
}()

// needs adds what p lacks to the verdict, and its deadline.
func (t *tally) needs(p *Policy) {
	in := t.in
	in.unknownDevice = p.DeviceUnknown
	in.missing = 0
	if in.noteOwner != in {
		in.noteOwner = in
		in.note = func(field string) { in.missing |= needBit[field] }
	}
	p.activities.Missing(in, in.Now, in.note)
	if p.files != nil {
		p.files.Missing(in, in.Now, in.note)
	}
	if p.grantTags != nil {
		p.grantTags.Missing(in, in.Now, in.note)
	}
	for i, k := range needKinds {
		if in.missing&(1<<i) != 0 {
			t.v.need(model.Need{Kind: k})
		}
	}
	// Content is costly: it is asked for only when nothing cheaper is open any more.
	if in.missing == 0 && p.content.method != InspectNone && p.content.eval(in) == filter.Undecided {
		need := &p.content.need
		if p.content.method == InspectBuiltIn && p.Gate == GateBlock && !p.Monitor && p.lifted(in) == nil {
			need = &p.content.stop // nothing opens this gate, so the first hit ends the work
		}
		t.v.need(*need)
	}
	if t.deadline == 0 || p.Deadline < t.deadline {
		t.deadline = max(p.Deadline, time.Second)
	}
}

// need adds n unless the same is asked for already.
func (v *Verdict) need(n model.Need) {
	for i := range v.Needs {
		have := &v.Needs[i]
		if have.Kind == n.Kind && have.All == n.All && slices.Equal(have.Names, n.Names) && slices.EqualFunc(have.Enough, n.Enough, slices.Equal) {
			return
		}
	}
	v.Needs = append(v.Needs, n)
}
