package policy

import (
	"fmt"
	"maps"
	"slices"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

// InfoTypes are the sensitive information types and bundles of types that a tenant's documents may name. Both kinds of id
// are one namespace.
type InfoTypes struct {
	Types   []string
	Bundles map[string][]string // the types of each
}

// Unknown lists the names of information types in documents that there are not. It is asked when documents are applied: a
// type may go later, and then nothing is found of it but that it can't be looked for.
func (k *InfoTypes) Unknown(docs []*Document) Problems {
	var out Problems
	for _, d := range docs {
		var types []InfoType
		switch {
		case d.Inline != nil:
			types = d.Inline.Inspection.Types
		case d.After != nil:
			types = d.After.Inspection.Types
		}
		for i, t := range types {
			if _, bundle := k.Bundles[t.Type]; bundle || slices.Contains(k.Types, t.Type) {
				continue
			}
			path := fmt.Sprintf("inspection.types[%d].type", i)
			advice := filter.Suggest(t.Type, slices.Concat(k.Types, slices.Sorted(maps.Keys(k.Bundles))))
			if advice == "" {
				advice = "`referee dlp types list` shows them all, and --bundles the bundles"
			}
			out = append(out, Problem{File: d.File, Pos: d.Pos(path), Document: d.ID, Path: path, Reason: fmt.Sprintf("there is no information type or bundle %q", t.Type), Advice: advice})
		}
	}
	return out
}

// of lists the types behind a name: those of a bundle, or itself.
func (k *InfoTypes) of(name string) []string {
	if k != nil {
		if types, ok := k.Bundles[name]; ok && len(types) > 0 {
			return types
		}
	}
	return []string{name}
}

// findings are what a condition asks for: one of them is enough.
func (k *InfoTypes) findings(t InfoType) []model.Finding {
	types := k.of(t.Type)
	out := make([]model.Finding, len(types))
	for i, id := range types {
		out[i] = model.Finding{Type: id, Confidence: t.Confidence, Count: t.Count}
	}
	return out
}
