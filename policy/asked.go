package policy

import "github.com/referee-casb/referee/filter"

// Asked returns values of which a field of the `activities` filter must have one for the filter to hold, see
// [filter.Plan.Necessary]. Bound is false when it may hold with any value, or the filter is wrong.
func Asked(activities *filter.Node, field string) (values []string, bound bool) {
	plan, err := activitySchema.Bind(activities)
	if err != nil {
		return nil, false
	}
	return plan.Necessary(field)
}

// Many reports whether a field of `activities` or `files` may have several values at once, or is unknown.
func Many(field string) bool {
	for _, c := range []*filter.Catalog{activitySchema.Catalog, fileSchema.Catalog} {
		if f := c.Field(field); f != nil {
			return f.Many || f.Kind == filter.KindAddress
		}
	}
	return true
}
