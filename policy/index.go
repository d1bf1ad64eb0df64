package policy

import (
	"slices"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

// bucket holds the policies of one moment, found by what they can't do without: an app, a group, a person.
// Those that need none of them are always candidates.
type bucket struct {
	always []*Policy
	app    map[string][]*Policy
	group  map[string][]*Policy
	user   map[string][]*Policy
}

// witnesses are the fields that policies are found by. All three are facts that a caller always has, which is
// what [filter.Plan.Necessary] asks for.
var witnesses = [...]string{fieldUserID, fieldGroups, fieldApp}

func (k *bucket) table(field string) *map[string][]*Policy {
	switch field {
	case fieldUserID:
		return &k.user
	case fieldGroups:
		return &k.group
	}
	return &k.app
}

// index sorts the policies into buckets.
func (b *Book) index() {
	b.session, b.stepsUp, b.inspects = map[model.ActivityType]*bucket{}, map[model.ActivityType]bool{}, map[model.ActivityType]bool{}
	crowd := map[string]int{} // how many policies ask for a value of a field
	for _, p := range b.policies {
		for _, f := range witnesses {
			values, _ := p.activities.Necessary(f)
			for _, v := range values {
				crowd[f+"\x00"+v]++
			}
		}
	}
	for _, p := range b.policies {
		switch p.stage {
		case StageSignIn:
			if p.aboutActions() {
				b.actions.put(p, crowd)
			} else {
				b.signIn.put(p, crowd)
			}
		case StageAccess:
			b.access.put(p, crowd)
		default:
			for _, a := range p.moments() {
				k := b.session[a]
				if k == nil {
					k = &bucket{}
					b.session[a] = k
				}
				k.put(p, crowd)
				b.stepsUp[a] = b.stepsUp[a] || p.Gate == GateStepUp && !p.Monitor
				b.inspects[a] = b.inspects[a] || p.looks()
			}
		}
	}
}

// looks reports whether the policy rests on what only the whole content shows.
func (p *Policy) looks() bool {
	if p.content.method != InspectNone {
		return true
	}
	if p.Document == nil || p.Document.Inline == nil {
		return false
	}
	return slices.ContainsFunc(conds(p.Document.Inline.Files), func(c *filter.Node) bool {
		kind := needOf[c.Field]
		return kind == model.NeedLabel || kind == model.NeedSize
	})
}

// put files p under the field whose values the fewest policies share.
func (k *bucket) put(p *Policy, crowd map[string]int) {
	best, bestValues, bestCrowd := "", []string(nil), 0
	for _, f := range witnesses {
		values, bound := p.activities.Necessary(f)
		if !bound {
			continue
		}
		sum := 0
		for _, v := range values {
			sum += crowd[f+"\x00"+v]
		}
		if best == "" || sum < bestCrowd {
			best, bestValues, bestCrowd = f, values, sum
		}
	}
	if best == "" {
		k.always = append(k.always, p)
		return
	}
	table := k.table(best)
	if *table == nil {
		*table = map[string][]*Policy{}
	}
	for _, v := range bestValues {
		(*table)[v] = append((*table)[v], p)
	}
}

// moments returns the activities that a session policy looks at.
func (p *Policy) moments() []model.ActivityType {
	switch p.Control {
	case ControlMonitorOnly:
		return []model.ActivityType{model.ActivityLogin}
	case ControlFileDownload:
		return []model.ActivityType{model.ActivityDownload, model.ActivitySave, model.ActivityDrag}
	case ControlFileUpload:
		return []model.ActivityType{model.ActivityUpload}
	}
	values, bound := p.activities.Necessary(fieldActivityType)
	if !bound {
		return controlled
	}
	out := make([]model.ActivityType, len(values))
	for i, v := range values {
		out[i] = model.ActivityType(v)
	}
	return out
}
