package lint

import (
	"slices"
	"strconv"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
)

// Set is the documents in a form that checks can ask about.
type Set struct {
	World
	Docs   []*policy.Document // enabled ones and those that only report
	suites map[string]string  // suite by app
}

func newSet(docs []*policy.Document, w World) *Set {
	s := &Set{World: w, suites: map[string]string{}}
	for _, d := range docs {
		if d.State != policy.StateDisabled {
			s.Docs = append(s.Docs, d)
		}
	}
	for _, a := range w.Apps {
		s.suites[a.Key] = a.Suite
	}
	return s
}

// Sessions returns the session policies.
func (s *Set) Sessions() []*policy.Document {
	return s.only(func(d *policy.Document) bool { return d.Kind == policy.KindSession })
}

// Inline returns the access and session policies.
func (s *Set) Inline() []*policy.Document {
	return s.only(func(d *policy.Document) bool { return d.Inline != nil })
}

// Access returns the Conditional Access policies that are in force.
func (s *Set) Access() []*policy.Document {
	return s.only(func(d *policy.Document) bool { return d.Access != nil && d.State == policy.StateEnabled })
}

func (s *Set) only(keep func(*policy.Document) bool) []*policy.Document {
	var out []*policy.Document
	for _, d := range s.Docs {
		if keep(d) {
			out = append(out, d)
		}
	}
	return out
}

// Apps returns the app, suite and instance keys of which a policy's filter asks for one. All is true when it may
// be about any app.
func Apps(d *policy.Document) (keys []string, all bool) {
	if d.Access != nil {
		if slices.Contains(d.Access.Applications.Include, policy.All) {
			return nil, true
		}
		return d.Access.Applications.Include, false
	}
	if d.Inline == nil {
		return nil, true
	}
	keys, bound := policy.Asked(d.Inline.Activities, "app")
	return keys, !bound
}

// covers reports whether the Conditional Access policy applies at some of what a key of a policy stands for.
func (s *Set) covers(c *policy.ConditionalAccess, key string) bool {
	if slices.ContainsFunc(c.Applications.Exclude, func(have string) bool { return s.holds(have, key) }) {
		return false
	}
	return slices.Contains(c.Applications.Include, policy.All) || s.names(c.Applications.Include, key)
}

// names reports whether one of the keys and the key meet: one is the other, or holds it.
func (s *Set) names(list []string, key string) bool {
	return slices.ContainsFunc(list, func(have string) bool { return s.holds(have, key) || s.holds(key, have) || s.isID(have) })
}

// holds reports whether the app, suite or instance called outer is inner, or what inner belongs to.
func (s *Set) holds(outer, inner string) bool {
	app := s.appOf(inner)
	return outer != "" && (outer == inner || outer == app || outer == s.suites[inner] || app != "" && outer == s.suites[app])
}

// isID takes Defender's numeric ids for what they may be: without a catalogue of ids at hand they could name any
// app, and a lint should rather stay silent than be wrong.
func (s *Set) isID(have string) bool {
	_, err := strconv.ParseInt(have, 10, 64)
	return err == nil
}

// appOf returns the app of an instance id, "" when key is none.
func (s *Set) appOf(key string) string {
	for _, i := range s.Instances {
		if string(i.ID) == key {
			return i.App
		}
	}
	return ""
}

// routed reports whether a policy in force sends browsers at the app through the gateway with one of the controls.
func (s *Set) routed(key string, any bool, controls ...string) bool {
	for _, d := range s.Access() {
		if slices.Contains(controls, d.Access.Session) && (any || s.covers(d.Access, key)) && takesBrowser(d.Access) {
			return true
		}
	}
	return false
}

func takesBrowser(c *policy.ConditionalAccess) bool {
	return len(c.ClientApps) == 0 || slices.Contains(c.ClientApps, model.ClientBrowser)
}

// Gates reports whether a document can stop anybody.
func Gates(d *policy.Document) bool {
	return d.Inline != nil && d.Inline.Action != policy.ActionAudit && d.Inline.Action != policy.ActionProtect
}

// written reports whether a key of a document was written, as far as the text is known.
func written(d *policy.Document, path string) bool {
	_, ok := d.Places[path]
	return ok
}

// equals returns every value that a tree asks a field for with eq or neq.
func equals(n *filter.Node, field string) []string {
	var out []string
	n.Walk(func(c *filter.Node) {
		if c.Field == field && (c.Op == filter.Eq || c.Op == filter.Neq) {
			for _, v := range c.Values {
				out = append(out, v.Text)
			}
		}
	})
	return out
}

// gatedElsewhere reports whether a session policy of the control type can stop people at the app.
func (s *Set) gatedElsewhere(control policy.ControlType, app string) bool {
	for _, d := range s.Sessions() {
		keys, all := Apps(d)
		if d.Inline.Control == control && Gates(d) && (all || s.names(keys, app)) {
			return true
		}
	}
	return false
}
