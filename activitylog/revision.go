package activitylog

import "github.com/referee-casb/referee/model"

// The revisions of an activity that has an intent and an outcome. A real outcome beats the closer's: a download that
// takes longer than the closer's patience is first closed as unknown and then told as it was.
const (
	RevisionFirst   = 1 // an intent, or an activity of one moment
	RevisionUnknown = 2 // an intent that was closed because its writer was not heard of again
	RevisionOutcome = 3 // what happened
)

// Replaces reports whether next takes the place of old, two records of one id: only a higher revision does.
func Replaces(next, old *model.Activity) bool { return next.Revision > old.Revision }

// Latest returns the indexes of the rows that remain when every id keeps its highest revision, the earlier of equals, in
// the order of rows. It is the rule within a batch; engines apply it between batch and file.
func Latest(rows []model.Activity) []int {
	best := make(map[model.ActivityID]int, len(rows))
	for i := range rows {
		if j, ok := best[rows[i].ID]; !ok || Replaces(&rows[i], &rows[j]) {
			best[rows[i].ID] = i
		}
	}
	out := make([]int, 0, len(best))
	for i := range rows {
		if best[rows[i].ID] == i {
			out = append(out, i)
		}
	}
	return out
}
