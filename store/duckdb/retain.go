package duckdb

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// DropBefore implements [activitylog.Retainer]: it removes the files of the tenant's months that end at or before t,
// damaged ones as well. Queries that are in a file are waited for. On an error the months dropped so far are returned.
func (l *Log) DropBefore(ctx context.Context, tenant model.TenantID, t time.Time) ([]activitylog.Month, error) {
	const op = "duckdb.DropBefore"
	leave, err := l.enter(op)
	if err != nil {
		return nil, err
	}
	defer leave()
	months, err := l.months(tenant)
	if err != nil {
		return nil, fault.Wrap(err, op, string(tenant))
	}
	var dropped []activitylog.Month
	for _, month := range months {
		if month.End().After(t) {
			break
		}
		if err := ctx.Err(); err != nil {
			return dropped, fault.As(err, fault.Canceled, op, string(tenant))
		}
		k := fileKey{tenant, month}
		if err := l.drop(ctx, k); err != nil {
			return dropped, fault.As(err, fault.Unavailable, op, l.path(k))
		}
		dropped = append(dropped, month)
		l.log.Info("activities of a month were dropped", "tenant", tenant, "month", month)
	}
	return dropped, nil
}

func (l *Log) drop(ctx context.Context, k fileKey) error {
	f := l.file(k)
	f.use.Lock()
	defer f.use.Unlock()
	if f.alias != "" {
		if err := l.detach(f.alias, f.path); err != nil {
			return err
		}
		f.alias = ""
	}
	if l.opt.Intake != nil {
		if err := l.opt.Intake.Release(ctx, k.tenant, k.month); err != nil {
			return err
		}
	}
	f.held.clear()
	f.held.positions = nil
	f.bad, f.badInfo = nil, nil
	f.settled.clear(math.MinInt64)
	// The file first: without it, a log left by a killed process belongs to nothing, and the next drop removes it.
	for _, name := range []string{f.path, f.path + ".wal", f.path + ".new", f.path + ".new.wal"} {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return syncDir(filepath.Dir(f.path))
}
