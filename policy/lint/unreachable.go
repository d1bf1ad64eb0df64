package lint

import (
	"slices"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/policy"
)

var unreachable = Check{
	Code: "unreachable", Severity: Error,
	Doc: "The conditions of a policy contradict each other, or its exclusions take away all that it includes: it never matches.",
	Run: func(s *Set, report Report) {
		for _, d := range s.Docs {
			switch {
			case d.Access != nil:
				c := d.Access
				if nobody(&c.Users) {
					report(d, "conditions.users", "exclude fewer users", "everybody it includes is excluded")
				}
				if emptied(c.Applications.Include, c.Applications.Exclude) {
					report(d, "conditions.applications", "exclude fewer apps", "every app it includes is excluded")
				}
			case d.Inline != nil:
				for _, part := range []struct {
					path string
					tree *filter.Node
				}{{"activities", d.Inline.Activities}, {"files", d.Inline.Files}} {
					if field := contradiction(part.tree); field != "" {
						report(d, part.path, "join the values in one list, or use any", "%s can't be all that it is asked to be", field)
					}
				}
			}
		}
	},
}

// nobody reports whether the exclusions take away everybody that is included, as far as lists tell.
func nobody(u *policy.Users) bool {
	if u.IncludeGuests != nil || len(u.IncludeRoles) > 0 && !emptied(u.IncludeRoles, u.ExcludeRoles) {
		return slices.Contains(u.Exclude, policy.All)
	}
	groups := make([]string, len(u.IncludeGroups))
	for i, g := range u.IncludeGroups {
		if groups[i] = string(g); !slices.Contains(u.ExcludeGroups, g) {
			return slices.Contains(u.Exclude, policy.All)
		}
	}
	return len(u.Include) == 0 || emptied(u.Include, u.Exclude)
}

// emptied reports whether exclude takes away all of include.
func emptied(include, exclude []string) bool {
	if len(include) == 0 || slices.Contains(exclude, policy.All) {
		return len(include) > 0
	}
	if slices.Equal(include, []string{policy.None}) {
		return true
	}
	return !slices.ContainsFunc(include, func(s string) bool { return !slices.Contains(exclude, s) })
}

// contradiction returns a field with one value of which conditions that must all hold ask for different ones.
func contradiction(n *filter.Node) string {
	if n == nil {
		return ""
	}
	kids := []*filter.Node{n}
	if n.Shape == filter.ShapeAll {
		kids = n.Kids
	}
	allowed := map[string][]string{}
	for _, k := range kids {
		if k.Shape != filter.ShapeCond || policy.Many(k.Field) {
			continue
		}
		values := make([]string, len(k.Values))
		for i, v := range k.Values {
			values[i] = filter.Fold(v.Text)
		}
		have, asked := allowed[k.Field]
		switch {
		case k.Op == filter.Eq && !asked:
			allowed[k.Field] = values
		case k.Op == filter.Eq:
			allowed[k.Field] = slices.DeleteFunc(slices.Clone(have), func(s string) bool { return !slices.Contains(values, s) })
		}
	}
	for _, k := range kids {
		if k.Shape != filter.ShapeCond || k.Op != filter.Neq {
			continue
		}
		if have, asked := allowed[k.Field]; asked {
			allowed[k.Field] = slices.DeleteFunc(slices.Clone(have), func(s string) bool {
				return slices.ContainsFunc(k.Values, func(v filter.Value) bool { return filter.Fold(v.Text) == s })
			})
		}
	}
	for _, k := range kids {
		if have, asked := allowed[k.Field]; asked && k.Shape == filter.ShapeCond && len(have) == 0 {
			return k.Field
		}
	}
	return ""
}
