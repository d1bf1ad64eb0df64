package lint

import (
	"strings"

	"github.com/referee-casb/referee/policy"
)

// appPath is where a document names its apps.
func appPath(d *policy.Document) string {
	if d.Access != nil {
		return "conditions.applications.includeApplications"
	}
	return "activities"
}

func list(names []string) string { return strings.Join(names, ", ") }
