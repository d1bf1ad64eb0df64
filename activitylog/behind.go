package activitylog

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// This file is what a Recorder does behind the requests: page views, outcomes that wait, the bus's fill level.

const (
	viewBatch   = 256
	retryPause  = 250 * time.Millisecond
	fillPeriod  = time.Second
	flushWithin = 5 * time.Second // at the end of Run
)

// View records a page view: sampled, asynchronously, and dropped (counted) when too many wait or the bus is full. It
// never blocks. It copies a, whose slices and maps must not change any more.
func (r *Recorder) View(a *model.Activity) {
	view := *a
	view.Stage, view.Revision = model.StageNone, RevisionFirst
	r.Prepare(&view)
	if !r.sampled(view.ID) {
		r.counts.viewsSampledOut.Add(1)
		return
	}
	if r.fill.high() {
		// fail open: a page view is worth less than the page.
		r.counts.viewsDropped.Add(1)
		return
	}
	select {
	case r.views <- &view:
	default:
		// fail open: a page view is worth less than the page.
		r.counts.viewsDropped.Add(1)
	}
}

// sampled decides by the id, so that a view that is recorded twice is kept or left twice.
func (r *Recorder) sampled(id model.ActivityID) bool {
	if r.opt.ViewShare >= 1 {
		return true
	}
	h := uint32(2166136261)
	for i := range len(id) {
		h = (h ^ uint32(id[i])) * 16777619
	}
	return float64(h) < r.opt.ViewShare*(1<<32)
}

// Run stores page views and waiting outcomes and watches how full the bus is, until ctx ends; then it tries for five
// seconds to store the rest. Stop what records before it, and close the bus after it.
func (r *Recorder) Run(ctx context.Context) error {
	var group sync.WaitGroup
	group.Go(func() { r.runViews(ctx) })
	group.Go(func() { r.runRetries(ctx) })
	group.Go(func() { r.runFill(ctx) })
	group.Wait()
	flush, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushWithin)
	defer cancel()
	for r.storeViews(flush, r.waitingViews(nil)) {
	}
	for !r.retry.empty() && r.storeRetries(flush) == nil {
	}
	if n := r.retry.len(); n > 0 {
		r.opt.Log.Error("outcomes were lost at the end", "count", n)
		r.counts.outcomesLost.Add(uint64(n))
	}
	return nil
}

func (r *Recorder) runViews(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case first := <-r.views:
			r.storeViews(ctx, r.waitingViews([]*model.Activity{first}))
		}
	}
}

// waitingViews adds what waits to batch, up to a batch's size.
func (r *Recorder) waitingViews(batch []*model.Activity) []*model.Activity {
	for len(batch) < viewBatch {
		select {
		case v := <-r.views:
			batch = append(batch, v)
		default:
			return batch
		}
	}
	return batch
}

// storeViews publishes a batch or drops it, and returns false for an empty one.
func (r *Recorder) storeViews(ctx context.Context, batch []*model.Activity) bool {
	messages := make([]bus.Message, 0, len(batch))
	for _, v := range batch {
		m, err := r.message(v)
		if err != nil {
			r.counts.viewsDropped.Add(1)
			r.opt.Log.Warn("page view was dropped", "activity", v.ID, "err", err)
			continue
		}
		messages = append(messages, m)
	}
	if len(messages) == 0 {
		return len(batch) > 0
	}
	if err := r.bus.Publish(ctx, messages...); err != nil {
		// fail open: a page view is worth less than the page. Some of the batch may be stored; counting all as dropped
		// is the careful answer.
		r.counts.viewsDropped.Add(uint64(len(messages)))
		if !errors.Is(err, context.Canceled) {
			r.opt.Log.Warn("page views were dropped", "count", len(messages), "err", err)
		}
		return true
	}
	r.counts.views.Add(uint64(len(messages)))
	return true
}

func (r *Recorder) runRetries(ctx context.Context) {
	tick := time.NewTicker(retryPause)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			for !r.retry.empty() && ctx.Err() == nil && r.storeRetries(ctx) == nil {
			}
		}
	}
}

// storeRetries publishes the oldest waiting outcomes. A batch that fails comes again whole; the bus stores none twice.
func (r *Recorder) storeRetries(ctx context.Context) error {
	batch := r.retry.front(viewBatch)
	err := r.bus.Publish(ctx, batch...)
	if fault.Is(err, fault.Invalid) {
		// One message that the bus never takes must not hold the others up: each on its own.
		for _, m := range batch {
			if err := r.bus.Publish(ctx, m); fault.Is(err, fault.Invalid) {
				r.counts.outcomesLost.Add(1)
				r.opt.Log.Error("outcome was lost", "activity", m.ID, "err", err)
			} else if err != nil {
				return err
			}
			r.retry.drop(1)
		}
		return nil
	}
	if err != nil {
		return err
	}
	r.retry.drop(len(batch))
	r.counts.outcomes.Add(uint64(len(batch)))
	return nil
}

func (r *Recorder) runFill(ctx context.Context) {
	alarmer, ok := r.bus.(bus.Alarmer)
	if !ok {
		return
	}
	tick := time.NewTicker(fillPeriod)
	defer tick.Stop()
	for {
		if u, err := alarmer.Usage(ctx); err == nil {
			r.fill.set(u, r.opt.Log)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// retryQueue holds outcomes that wait for the bus, oldest first.
type retryQueue struct {
	mu       sync.Mutex
	messages []bus.Message
	limit    int
	n        atomic.Int64 // len(messages), for a look without the lock
}

func (q *retryQueue) empty() bool { return q.n.Load() == 0 }
func (q *retryQueue) len() int    { return int(q.n.Load()) }

func (q *retryQueue) put(m bus.Message) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.messages) >= q.limit {
		return false
	}
	q.messages = append(q.messages, m)
	q.n.Store(int64(len(q.messages)))
	return true
}

func (q *retryQueue) front(n int) []bus.Message {
	q.mu.Lock()
	defer q.mu.Unlock()
	return append([]bus.Message(nil), q.messages[:min(n, len(q.messages))]...)
}

func (q *retryQueue) drop(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.messages = append([]bus.Message(nil), q.messages[n:]...)
	q.n.Store(int64(len(q.messages)))
}
