package policy

import "github.com/referee-casb/referee/filter"

// weighAccess tries a Conditional Access policy whose conditions are not false. A condition that can't be
// decided counts as met: better asked once too often than let in by a gap in what is known.
func (t *tally) weighAccess(p *Policy, out filter.Tri) {
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
	case p.grantTags != nil:
		return GateBlock
	case p.grantMFA:
		return max(p.Gate, GateStepUp)
	}
	return p.Gate
}

// grant returns the gate that the grant controls put up, or that a fact about the device is still open.
func (p *Policy) grant(in *Input) (gate Gate, open bool) {
	if p.grantTags == nil {
		if p.grantMFA {
			return GateStepUp, false
		}
		return GateAllow, false
	}
	in.unknownDevice = p.DeviceUnknown
	device := p.grantTags.Eval(in, in.Now)
	switch {
	case device == filter.Undecided:
		return GateBlock, true
	case device == filter.True && (p.grantAny || !p.grantMFA):
		return GateAllow, false
	case device == filter.True || p.grantAny && p.grantMFA:
		return GateStepUp, false
	}
	return GateBlock, false
}
