package policy

import (
	"time"

	"github.com/referee-casb/referee/internal/strict"
)

// governance is what activity and file policies may ask for, in Defender's words.
var governance = map[Kind][]string{
	KindActivity: {"notifyUser", "suspendUser", "requireSignInAgain", "confirmUserCompromised", "revokeAdmin"},
	KindFile: {
		"notifyOwner", "notifyUsers", "makePrivate", "removeExternalUsers", "removeCollaborator", "removePublicAccess",
		"applyLabel", "removeLabel", "quarantine", "adminQuarantine", "trash", "expireLink", "transferOwnership", "inheritParentPermissions",
	},
}

// decodeAfter checks the shape. Filters are checked for notation only: their fields are those of activities and
// files at rest, which package filter/entity knows.
func decodeAfter(r *strict.Reader, m *strict.Map, kind Kind) *AfterTheFact {
	a := &AfterTheFact{Inspection: Inspection{Method: InspectNone}}
	m.Need("filters", "write filters: with the conditions, or filters: {} for everything")
	a.Filters = decodeFilter(r, m, "filters", nil)
	if kind == KindFile {
		decodeInspection(r, m, &a.Inspection)
	} else if rep := m.Map("repeated"); rep != nil {
		rep.Need("count", "write the least number of activities")
		rep.Need("within", "write a time such as 10m")
		rep.Int("count", &a.Repeated.Count, 2, 100_000)
		rep.Duration("within", &a.Repeated.Within, time.Minute, 24*time.Hour)
		rep.Bool("oneApp", &a.Repeated.OneApp)
		rep.Bool("onePlace", &a.Repeated.OnePlace)
		rep.Done()
	}
	strict.Words(m, "governance", &a.Governance, governance[kind]...)
	a.Alert = decodeAlert(r, m)
	return a
}
