package pipeline

import (
	"sync"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/model"
)

// fileKey names a file of the log.
type fileKey struct {
	tenant model.TenantID
	month  activitylog.Month
}

// work is a batch of one partition, by file.
type work struct {
	partition   int
	first, last uint64
	attempt     int
	batches     []activitylog.Batch // in the order of their first rows
	at          map[fileKey]int
	seen        map[revisionKey]struct{}
}

// unseen reports whether the batch has not had this revision of an activity.
func (w *work) unseen(a *model.Activity) bool {
	if w.seen == nil {
		w.seen = map[revisionKey]struct{}{}
	}
	k := keyOf(a)
	_, seen := w.seen[k]
	w.seen[k] = struct{}{}
	return !seen
}

// add puts an activity with its file's rows. Every file's batch covers all of the partition's: what is between belongs
// to other files.
func (w *work) add(a model.Activity, sequence uint64) {
	k := fileKey{a.Tenant, activitylog.MonthOf(a.Time)}
	i, ok := w.at[k]
	if !ok {
		i = len(w.batches)
		w.at[k] = i
		w.batches = append(w.batches, activitylog.Batch{Tenant: k.tenant, Month: k.month, Partition: w.partition, First: w.first, Last: w.last})
	}
	b := &w.batches[i]
	b.Rows = append(b.Rows, a)
	b.Sequences = append(b.Sequences, sequence)
}

// fresh returns the activities, file after file.
func (w *work) fresh() []model.Activity {
	if len(w.batches) == 1 {
		return w.batches[0].Rows
	}
	var out []model.Activity
	for i := range w.batches {
		out = append(out, w.batches[i].Rows...)
	}
	return out
}

// revisionKey names one revision of one activity.
type revisionKey struct {
	tenant   model.TenantID
	id       model.ActivityID
	revision int
}

func keyOf(a *model.Activity) revisionKey { return revisionKey{a.Tenant, a.ID, a.Revision} }

// recentSize is how many revisions are remembered: about a minute of a busy node, 4 MB.
const recentSize = 32 << 10

// recent remembers the revisions that went through lately, so that sinks don't see what a source or the bus sends
// twice. What it has forgotten the log still keeps once.
type recent struct {
	mu   sync.Mutex
	set  map[revisionKey]struct{}
	ring []revisionKey
	next int
}

func (r *recent) has(a *model.Activity) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, ok := r.set[keyOf(a)]
	return ok
}

func (r *recent) add(as []model.Activity) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.set == nil {
		r.set = make(map[revisionKey]struct{}, recentSize)
	}
	for i := range as {
		k := keyOf(&as[i])
		if _, ok := r.set[k]; ok {
			continue
		}
		if len(r.ring) < recentSize {
			r.ring = append(r.ring, k)
		} else {
			delete(r.set, r.ring[r.next])
			r.ring[r.next] = k
			r.next = (r.next + 1) % recentSize
		}
		r.set[k] = struct{}{}
	}
}
