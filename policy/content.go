package policy

import (
	"slices"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

// content is a compiled [Inspection].
type content struct {
	method InspectionMethod
	all    bool
	need   model.Need // everything is to be counted
	stop   model.Need // for a gate that blocks: what decides is enough
}

func newContent(i Inspection, known *InfoTypes) content {
	c := content{method: i.Method, all: i.All}
	if c.method == "" {
		c.method = InspectNone
	}
	if c.method == InspectMalware {
		c.need.Kind = model.NeedMalware
		return c
	}
	c.need.Kind = model.NeedContent
	for _, t := range i.Types {
		for _, id := range known.of(t.Type) {
			if !slices.Contains(c.need.Names, id) {
				c.need.Names = append(c.need.Names, id)
			}
		}
		c.stop.Enough = append(c.stop.Enough, known.findings(t))
	}
	c.stop.Kind, c.stop.Names, c.stop.All = c.need.Kind, c.need.Names, c.all
	return c
}

func (c *content) eval(in *Input) filter.Tri {
	st, hit := in.ContentState, false
	if c.method == InspectMalware {
		st, hit = in.MalwareState, in.Malware
	} else if st == filter.Known || st == filter.Unobtainable {
		hit = c.found(in.Findings)
	}
	switch {
	case st == filter.Unknown:
		return filter.Undecided
	case hit && c.method != InspectMalware:
		return filter.True // also when the rest can't be read: what was seen is there, and more would change nothing
	case st == filter.Unobtainable:
		return filter.Undecidable
	case st == filter.Known && hit:
		return filter.True
	}
	return filter.False
}

func (c *content) found(findings []model.Finding) bool {
	for _, group := range c.stop.Enough {
		if hit := model.AnyReached(group, findings); hit != c.all {
			return hit
		}
	}
	return c.all
}
