package duckdb

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

// Get implements [activitylog.Log].
func (l *Log) Get(ctx context.Context, tenant model.TenantID, id model.ActivityID) (model.Activity, error) {
	return l.newest(ctx, "duckdb.Get", tenant, string(id), "a."+columnKey+" = ? AND a."+columnID+" = ?", idKey(id), text(string(id)))
}

// Find implements [activitylog.Log]. It takes codes as people type them; of two activities with one code it returns
// the newer.
func (l *Log) Find(ctx context.Context, tenant model.TenantID, reference string) (model.Activity, error) {
	if code, ok := activitylog.ParseReference(reference); ok {
		reference = code
	}
	return l.newest(ctx, "duckdb.Find", tenant, reference, "a."+columnReference+" = ?", text(filter.Fold(reference)))
}

// newest returns the newest activity that a condition picks. When a month can't be read and no other has it, it is
// not known whether it exists.
func (l *Log) newest(ctx context.Context, op string, tenant model.TenantID, key, condition string, args ...any) (model.Activity, error) {
	months, err := l.months(tenant)
	if err != nil {
		return model.Activity{}, fault.Wrap(err, op, key)
	}
	var missing error
	for _, month := range slices.Backward(months) {
		if err := l.settle(ctx, op, fileKey{tenant, month}); err != nil && missing == nil {
			missing = err
		}
		rows, _, err := l.records(ctx, op, fileKey{tenant, month}, condition+" ORDER BY a."+columnTime+" DESC LIMIT 1", args)
		switch {
		case err == nil && len(rows) > 0:
			return rows[0], nil
		case err != nil && stops(ctx, err):
			return model.Activity{}, err
		case err != nil && missing == nil:
			missing = err
		}
	}
	if missing != nil {
		return model.Activity{}, missing
	}
	return model.Activity{}, &fault.Error{Kind: fault.NotFound, Op: op, Key: key, Msg: "there is no such activity"}
}

// OpenIntents returns intents without an outcome whose time is before t, the oldest first. A month that can't be read
// is left out and logged: its intents are closed once it can be.
func (l *Log) OpenIntents(ctx context.Context, tenant model.TenantID, before time.Time, limit int) ([]model.Activity, error) {
	const op = "duckdb.OpenIntents"
	if limit <= 0 || limit > activitylog.MaxLimit {
		limit = activitylog.MaxLimit
	}
	months, err := l.months(tenant)
	if err != nil {
		return nil, fault.Wrap(err, op, string(tenant))
	}
	var out []model.Activity
	for _, month := range months {
		if len(out) == limit || !month.Start().Before(before) {
			break
		}
		rows, err := l.openIntents(ctx, op, fileKey{tenant, month}, before, limit-len(out))
		if err != nil {
			if stops(ctx, err) {
				return out, err
			}
			l.log.Error("intents of a month can't be closed", "tenant", tenant, "month", month, "err", err)
			continue
		}
		out = append(out, rows...)
	}
	return out, nil
}

func (l *Log) openIntents(ctx context.Context, op string, k fileKey, before time.Time, limit int) ([]model.Activity, error) {
	f := l.file(k)
	s := &f.settled
	if end := k.month.End(); before.After(end) {
		before = end
	}
	if s.until(before) {
		return nil, nil
	}
	if f.held.rows.Load() > 0 && f.held.oldest.Load() < filter.Micros(before) {
		if err := l.settle(ctx, op, k); err != nil {
			return nil, err
		}
	}
	stamp := s.stamp()
	rows, _, err := l.records(ctx, op, k, "a."+columnStage+" = ? AND a."+columnTime+" < ? ORDER BY a."+columnTime+", a."+columnID+" LIMIT ?",
		[]any{string(model.StageIntent), filter.Micros(before), limit})
	if err == nil && len(rows) == 0 {
		s.set(stamp, before)
	}
	return rows, err
}

// settled remembers that a month has no open intent before a time, so that the closer does not open every old file at
// every run. Appends of older rows make it forget.
type settled struct {
	mu     sync.Mutex
	before time.Time
	writes uint64
}

// clear forgets what rows change of which the oldest is of that time, as filter.Micros has it.
func (s *settled) clear(oldest int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if oldest < filter.Micros(s.before) {
		s.before = time.Time{}
	}
	s.writes++
}

func (s *settled) stamp() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writes
}

// set remembers what a query found, unless something was appended since the stamp.
func (s *settled) set(stamp uint64, before time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writes == stamp {
		s.before = before
	}
}

func (s *settled) until(t time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !t.After(s.before)
}
