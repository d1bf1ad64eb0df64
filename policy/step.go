package policy

import (
	"slices"
	"time"

	"github.com/referee-casb/referee/model"
)

// The authentication strengths that Entra has built in, as [model.StepUp] carries them. A strength of the tenant's
// own is carried by its id.
const (
	StrengthMultifactor       = "multifactor"
	StrengthPasswordless      = "passwordless"
	StrengthPhishingResistant = "phishingResistant"
)

// EveryTime is how recent a sign-in must be under a sign-in frequency of every time. Entra allows for five minutes
// too, so that one page with several requests asks once.
const EveryTime = 5 * time.Minute

// freshStep is how recent the step-up of a session policy must be when its document does not say.
const freshStep = 5 * time.Minute

// stronger lists what else meets a step-up, by its key: a stronger strength meets a weaker one, and any of them is
// a second factor. What a person did is recorded under one name only.
var stronger = map[string][]model.StepUp{
	string(model.StepMFA): {
		{Kind: model.StepStrength, Value: StrengthMultifactor},
		{Kind: model.StepStrength, Value: StrengthPasswordless},
		{Kind: model.StepStrength, Value: StrengthPhishingResistant},
	},
	string(model.StepStrength) + "=" + StrengthMultifactor: {
		{Kind: model.StepMFA},
		{Kind: model.StepStrength, Value: StrengthPasswordless},
		{Kind: model.StepStrength, Value: StrengthPhishingResistant},
	},
	string(model.StepStrength) + "=" + StrengthPasswordless: {
		{Kind: model.StepStrength, Value: StrengthPhishingResistant},
	},
}

// step is a compiled step-up: the one asked for, what meets it as well, and the grant that stands for it.
type step struct {
	model.StepUp
	also  []model.StepUp
	grant string // in Input.Satisfied
}

func newStep(s model.StepUp) step { return step{s, stronger[s.Key()], "stepUp:" + s.Key()} }

// Meets reports whether what a person has done so far meets a step-up at now, counting what is stronger than it.
func Meets(a *model.Authentication, need model.StepUp, now time.Time) bool {
	s := newStep(need)
	return s.met(a, now)
}

func (s *step) met(a *model.Authentication, now time.Time) bool {
	if a == nil {
		return false
	}
	if a.Satisfies(s.StepUp, now) {
		return true
	}
	for _, other := range s.also {
		other.Within = s.Within
		if a.Satisfies(other, now) {
			return true
		}
	}
	return false
}

// done reports whether the step needs not be asked for in this decision.
func (s *step) done(in *Input) bool {
	return s.met(in.Auth, in.Now) || slices.Contains(in.Satisfied, s.grant)
}

// left reports whether one of the steps needs to be asked for.
func left(steps []step, in *Input) bool {
	for i := range steps {
		if !steps[i].done(in) {
			return true
		}
	}
	return false
}

// steps adds what opens the policy's gate to the verdict. Of alternatives the first is asked for: they are in the
// order of what most people can do.
func (t *tally) steps(p *Policy) {
	if p.stage != StageSignIn {
		for i := range p.grants {
			t.step(p.grants[i].StepUp)
		}
		return
	}
	for i := range p.grants {
		if p.grantAny && !p.anyGrant(t.in) {
			t.step(p.grants[i].StepUp)
			break
		}
		if !p.grantAny && !p.grants[i].done(t.in) {
			t.step(p.grants[i].StepUp)
		}
	}
	for i := range p.frequency {
		if s := &p.frequency[i]; !s.done(t.in) {
			t.step(s.StepUp)
		}
	}
}

// step adds one step-up. A verdict names each once, with the shortest time that a policy allows it, in an order
// that does not depend on that of the policies.
func (t *tally) step(s model.StepUp) {
	steps := t.v.Steps
	for i := range steps {
		have := &steps[i]
		if have.Kind == s.Kind && have.Value == s.Value {
			if s.Within > 0 && (have.Within == 0 || s.Within < have.Within) {
				have.Within = s.Within
			}
			return
		}
	}
	steps = append(steps, s)
	for i := len(steps) - 1; i > 0 && before(steps[i], steps[i-1]); i-- {
		steps[i], steps[i-1] = steps[i-1], steps[i]
	}
	t.v.Steps = steps
}

// before puts steps in the order in which they make sense to a person: who are you, show it, then the rest.
func before(a, b model.StepUp) bool {
	if ra, rb := stepRank(a.Kind), stepRank(b.Kind); ra != rb {
		return ra < rb
	}
	return a.Value < b.Value
}

func stepRank(k model.StepUpKind) int {
	switch k {
	case model.StepReauthenticate:
		return 0
	case model.StepMFA:
		return 1
	case model.StepStrength:
		return 2
	case model.StepContext:
		return 3
	case model.StepPasswordChange:
		return 4
	}
	return 5
}
