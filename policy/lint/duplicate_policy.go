package lint

import (
	"fmt"

	"github.com/referee-casb/referee/policy"
)

var duplicatePolicy = Check{
	Code: "duplicate_policy", Severity: Warning,
	Doc: "Two policies look at the same moments under the same conditions: the stricter one decides alone, and changing the other changes nothing.",
	Run: func(s *Set, report Report) {
		first := map[string]*policy.Document{}
		for _, d := range s.Docs {
			key := ""
			switch {
			case d.Inline != nil && d.Inline.Inspection.Method == policy.InspectNone:
				key = fmt.Sprint(d.Kind, d.Inline.Control, d.Inline.Activities, d.Inline.Files, d.Inline.DeviceUnknown, d.Inline.Unscannable)
			case d.Access != nil && d.State == policy.StateEnabled:
				key = fmt.Sprint(d.Access.Filter(), d.Access.Devices.Unknown)
			default:
				continue
			}
			if other := first[key]; other != nil {
				report(d, "", "merge the two, or tell them apart by a condition", "it has the conditions of %q (%s)", other.Name, other.ID)
				continue
			}
			first[key] = d
		}
	},
}
