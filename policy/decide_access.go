package policy

import "github.com/referee-casb/referee/filter"

// weighAccess tries a Conditional Access policy whose conditions are not false. A condition that can't be
// decided counts as met, unless the policy says otherwise: better asked once too often than let in by a gap in what is
// known.
func (t *tally) weighAccess(p *Policy, out filter.Tri) {
	if out == filter.Undecidable && p.Unscannable == UnscannableAllow {
		return
	}
	gate := p.Gate
	if out != filter.Undecided && gate != GateBlock {
		var open bool
		if gate, open = p.grant(t.in); open {
			out = filter.Undecided
		}
	}
	if out == filter.Undecided {
		t.lacks(p, p.worst())
		if t.asking {
			t.route(p)
			if !p.Monitor {
				t.keep(p)
			}
		}
		return
	}
	if t.asking {
		return
	}
	t.apply(p, gate)
	if !p.Monitor {
		t.matched = true
		t.route(p)
		t.keep(p)
	}
}

// route asks for the gateway when the policy grants with session control. Of several controls the strictest
// holds; session policies apply under block downloads as they do under use custom policy.
func (t *tally) route(p *Policy) {
	if p.Session == "" || p.Monitor {
		return
	}
	t.v.Duties |= DutyRoute
	if controlRank(p.Session) > controlRank(t.v.Control) {
		t.v.Control = p.Session
	}
}

func controlRank(control string) int {
	switch control {
	case controlBlockDownloads:
		return 3
	case controlCustom:
		return 2
	case controlMonitorOnly:
		return 1
	}
	return 0
}

// worst returns the strictest gate that the policy may come to.
func (p *Policy) worst() Gate {
	switch {
	case p.grantTags != nil && !(p.grantAny && len(p.grants) > 0):
		return GateBlock
	case len(p.grants)+len(p.frequency) > 0:
		return max(p.Gate, GateStepUp)
	}
	return p.Gate
}

// grant returns the gate that the grant controls and the sign-in frequency put up, or that a fact about the device
// is still open.
func (p *Policy) grant(in *Input) (gate Gate, open bool) {
	device := filter.False
	if p.grantTags != nil {
		in.unknownDevice = p.DeviceUnknown
		device = p.grantTags.Eval(in, in.Now)
	}
	switch {
	case p.grantAny && (device == filter.True || p.anyGrant(in)):
	case p.grantTags == nil:
		if left(p.grants, in) {
			return GateStepUp, false
		}
	case device == filter.Undecided:
		return p.worst(), true
	case p.grantAny && len(p.grants) > 0: // none of them is met
		return GateStepUp, false
	case device != filter.True:
		return GateBlock, false
	case left(p.grants, in):
		return GateStepUp, false
	}
	if left(p.frequency, in) {
		return GateStepUp, false
	}
	return GateAllow, false
}

// anyGrant reports whether the person meets one of the grant controls.
func (p *Policy) anyGrant(in *Input) bool {
	for i := range p.grants {
		if p.grants[i].done(in) {
			return true
		}
	}
	return false
}

// keep notes the persistent browser session that the policy asks for.
func (t *tally) keep(p *Policy) {
	if p.persistent != "" && t.v.Persistent != PersistentNever {
		t.v.Persistent = p.persistent
	}
}
