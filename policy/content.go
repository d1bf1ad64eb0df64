package policy

import (
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

// content is a compiled [Inspection].
type content struct {
	method InspectionMethod
	types  []InfoType
	all    bool
	need   model.Need
}

func newContent(i Inspection) content {
	c := content{method: i.Method, types: i.Types, all: i.All}
	if c.method == "" {
		c.method = InspectNone
	}
	if c.method == InspectMalware {
		c.need.Kind = model.NeedMalware
		return c
	}
	c.need.Kind = model.NeedContent
	for _, t := range i.Types {
		c.need.Names = append(c.need.Names, t.Type)
	}
	return c
}

func (c *content) eval(in *Input) filter.Tri {
	st, hit := in.ContentState, false
	if c.method == InspectMalware {
		st, hit = in.MalwareState, in.Malware
	} else if st == filter.Known {
		hit = c.found(in.Findings)
	}
	switch {
	case st == filter.Unknown:
		return filter.Undecided
	case st == filter.Unobtainable:
		return filter.Undecidable
	case st == filter.Known && hit:
		return filter.True
	}
	return filter.False
}

func (c *content) found(findings []model.Finding) bool {
	for i := range c.types {
		t, hit := &c.types[i], false
		for j := range findings {
			f := &findings[j]
			if f.Type == t.Type && f.Confidence >= t.Confidence && f.Count >= t.Count {
				hit = true
				break
			}
		}
		if hit != c.all {
			return hit
		}
	}
	return c.all
}
