package duckdb

import (
	"context"
	"maps"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

// A commit of one row costs DuckDB some 27 kB of log and as much processor time as one of a hundred: each column of the
// table is written as a vector of its own. People make few activities at a time, so what comes in small batches is held
// in the intake and moved to the month's file when enough is there, when it has waited for HoldFor, and before anybody
// reads the month: readers look at files alone.
const (
	manyRows  = 256  // a batch of so many goes to the file at once
	moveRows  = 1000 // so many held rows are moved without waiting
	maxHeld   = 8000 // a batch that comes when so many are held waits until they are moved
	movePause = time.Second
	stuckFor  = 30 * time.Second // until rows that could not be moved are tried again; batches of their month try at once
)

// held is what Log knows of a file's rows in the intake. The fields that are no atomics are guarded by file.write.
type held struct {
	rows   atomic.Int64
	oldest atomic.Int64 // time of the oldest of them as filter.Micros has it; math.MinInt64 when it is not known
	due    atomic.Int64 // when they are moved at the latest, ns since 1970

	positions map[int]uint64 // of file and intake by partition; nil before they are read
	stuck     error          // why the last move failed
}

func (h *held) clear() {
	h.rows.Store(0)
	h.stuck = nil
}

// learn reads the file's positions, unless they are known. f.write is held.
func (l *Log) learn(ctx context.Context, f *file) error {
	if f.held.positions != nil {
		return nil
	}
	positions, err := l.readPositions(ctx, f)
	if err != nil {
		return err
	}
	if l.opt.Intake != nil {
		kept, err := l.opt.Intake.Held(ctx, f.key.tenant, f.key.month)
		if err != nil {
			return err
		}
		for part, last := range kept.Positions {
			positions[part] = max(positions[part], last)
		}
	}
	f.held.positions = positions
	return nil
}

// holdNow holds a batch without opening the file, and reports whether it could: the positions must be known, and what
// is held already must not need to be moved first.
func (l *Log) holdNow(ctx context.Context, op string, k fileKey, b activitylog.Batch) (done bool, err error) {
	leave, err := l.enter(op)
	if err != nil {
		return false, err
	}
	defer leave()
	f := l.file(k)
	f.use.RLock() // a month that is being dropped takes its positions with it
	defer f.use.RUnlock()
	f.write.Lock()
	defer f.write.Unlock()
	if f.held.positions == nil || f.held.stuck != nil || f.held.rows.Load() >= maxHeld {
		return false, nil
	}
	return true, fault.Wrap(l.hold(ctx, f, b), op, f.path)
}

// hold puts a batch into the intake. f.write is held, and the positions are known.
func (l *Log) hold(ctx context.Context, f *file, b activitylog.Batch) error {
	last := f.held.positions[b.Partition]
	if last >= b.Last {
		return nil
	}
	rows, err := fresh(b, last)
	if err != nil {
		return err
	}
	records := make([][]byte, len(rows))
	for i, r := range rows {
		records[i] = []byte(r.record)
	}
	if err := l.opt.Intake.Hold(ctx, b.Tenant, b.Month, b.Partition, b.Last, records); err != nil {
		return err
	}
	f.held.positions[b.Partition] = b.Last
	if len(rows) == 0 {
		return nil
	}
	oldest := oldestOf(rows)
	f.settled.clear(oldest)
	before := f.held.rows.Load()
	if before == 0 {
		f.held.due.Store(time.Now().Add(l.opt.HoldFor).UnixNano())
	}
	if before == 0 || oldest < f.held.oldest.Load() {
		f.held.oldest.Store(oldest)
	}
	f.held.rows.Add(int64(len(rows)))
	if before < moveRows && before+int64(len(rows)) >= moveRows {
		f.held.due.Store(0)
		l.nudge()
	}
	return nil
}

// oldestOf is the time of the oldest of some rows, µs since 1970.
func oldestOf(rows []row) int64 {
	oldest := int64(math.MaxInt64)
	for _, r := range rows {
		oldest = min(oldest, filter.Micros(r.Time))
	}
	return oldest
}

// move brings what the intake holds of a file, and a batch, into the file. f.write is held, the file is open, and the
// positions are known.
func (l *Log) move(ctx context.Context, f *file, b activitylog.Batch) error {
	var kept activitylog.Held
	if f.held.rows.Load() > 0 {
		var err error
		if kept, err = l.opt.Intake.Held(ctx, f.key.tenant, f.key.month); err != nil {
			return err
		}
	}
	rows, err := decoded(kept.Records)
	if err != nil {
		return err
	}
	positions := maps.Clone(kept.Positions)
	if b.Last > f.held.positions[b.Partition] {
		more, err := fresh(b, f.held.positions[b.Partition])
		if err != nil {
			return err
		}
		rows = append(rows, more...)
		if positions == nil {
			positions = map[int]uint64{}
		}
		positions[b.Partition] = b.Last
	}
	if len(rows) == 0 && len(positions) == 0 {
		return nil
	}
	defer f.settled.clear(oldestOf(rows)) // after the commit: see settled.set
	if err := l.commit(ctx, f, latest(rows), positions); err != nil {
		return err
	}
	for part, last := range positions {
		f.held.positions[part] = max(f.held.positions[part], last)
	}
	if kept.Positions == nil {
		return nil
	}
	// A process that is killed here finds the rows in both, and moves them once more to no effect.
	if err := l.opt.Intake.Release(ctx, f.key.tenant, f.key.month); err != nil {
		return err
	}
	f.held.clear()
	return nil
}

// decoded reads the records of an intake.
func decoded(records [][]byte) ([]row, error) {
	rows := make([]row, len(records))
	for i, r := range records {
		a, err := activitylog.Decode(r)
		if err != nil {
			return nil, fault.As(err, fault.Internal, "duckdb.move", "")
		}
		rows[i] = row{&a, string(r)}
	}
	return rows, nil
}

// latest leaves of each id the highest revision.
func latest(rows []row) []row {
	best := make(map[model.ActivityID]*model.Activity, len(rows))
	for _, r := range rows {
		if old, ok := best[r.ID]; !ok || activitylog.Replaces(r.Activity, old) {
			best[r.ID] = r.Activity
		}
	}
	if len(best) == len(rows) {
		return rows
	}
	return slices.DeleteFunc(rows, func(r row) bool { return best[r.ID] != r.Activity })
}
