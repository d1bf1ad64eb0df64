package duckdb

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/referee-casb/referee/activitylog"
)

// settle brings what the intake holds of a month into its file, so that a query of the file sees it. A query whose
// month can't be settled answers from the file and says that the month is not whole.
func (l *Log) settle(ctx context.Context, op string, k fileKey) error {
	if l.opt.Intake == nil || l.file(k).held.rows.Load() == 0 {
		return nil
	}
	ctx = context.WithoutCancel(ctx) // others wait for it
	err := l.with(ctx, op, k, true, func(f *file) error {
		f.write.Lock()
		defer f.write.Unlock()
		if f.held.rows.Load() == 0 {
			return nil
		}
		if err := l.learn(ctx, f); err != nil {
			return err
		}
		return l.move(ctx, f, activitylog.Batch{})
	})
	if err != nil {
		l.stuck(l.file(k), err)
	}
	return err
}

// stuck notes that a file's rows can't be moved. From then on a batch of the month is taken only when they can.
func (l *Log) stuck(f *file, err error) {
	f.write.Lock()
	defer f.write.Unlock()
	if f.held.stuck == nil {
		l.log.Error("activities can't be moved to their month's file, they stay in the intake", "file", f.path, "rows", f.held.rows.Load(), "err", err)
	}
	f.held.stuck = err
	f.held.due.Store(time.Now().Add(stuckFor).UnixNano())
}

// settleAll brings everything into its file and returns the first error.
func (l *Log) settleAll(ctx context.Context) error {
	var errs []error
	for _, k := range l.holding(func(*held) bool { return true }) {
		errs = append(errs, l.settle(ctx, "duckdb.settle", k))
	}
	return errors.Join(errs...)
}

// holding returns the months of which the intake holds rows and that match.
func (l *Log) holding(match func(*held) bool) []fileKey {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []fileKey
	for k, f := range l.files {
		if f.held.rows.Load() > 0 && match(&f.held) {
			out = append(out, k)
		}
	}
	return out
}

// remember notes what a process before this one left in the intake.
func (l *Log) remember(ctx context.Context) error {
	left, err := l.opt.Intake.Holding(ctx)
	if err != nil {
		return err
	}
	for _, h := range left {
		f := l.file(fileKey{h.Tenant, h.Month})
		f.held.rows.Store(int64(h.Rows))
		f.held.oldest.Store(math.MinInt64)
		f.held.due.Store(time.Now().Add(l.opt.HoldFor).UnixNano())
	}
	return nil
}

// tend moves what is due until the log is closed.
func (l *Log) tend() {
	defer close(l.tended)
	tick := time.NewTicker(movePause)
	defer tick.Stop()
	for {
		select {
		case <-l.closing:
			return
		case <-tick.C:
		case <-l.nudged:
		}
		now := time.Now().UnixNano()
		for _, k := range l.holding(func(h *held) bool { return h.due.Load() <= now }) {
			select {
			case <-l.closing:
				return
			default:
			}
			// The rows stay where they are; stuck says what is wrong.
			_ = l.settle(context.Background(), "duckdb.tend", k)
		}
	}
}

// nudge has tend look at once.
func (l *Log) nudge() {
	select {
	case l.nudged <- struct{}{}:
	default:
	}
}
