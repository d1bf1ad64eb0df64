package policy

import (
	"slices"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

// PlaceholderFound is what a session policy's message may name beside the placeholders of all messages: what was found.
const PlaceholderFound = "found"

// Found returns what of the content the policy goes by: the ids of the information types that its condition asks for and
// that are there, and the labels when it asks for labels.
func (p *Policy) Found(in *Input) (types []string, labels []model.Label) {
	for _, group := range p.content.stop.Enough {
		for i := range group {
			if id := group[i].Type; model.AnyReached(group[i:i+1], in.Findings) && !slices.Contains(types, id) {
				types = append(types, id)
			}
		}
	}
	if p.fileTree != nil && slices.ContainsFunc(conds(p.fileTree), func(c *filter.Node) bool { return c.Field == "fileLabels" }) {
		labels = in.File.Labels
	}
	return types, labels
}
