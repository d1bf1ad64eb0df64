package pipeline

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// appendAll appends to every file of the batch, several at once, and returns the first error when all have been tried:
// the files that committed skip their rows when the batch comes again.
func (p *Pipeline) appendAll(ctx context.Context, w *work) error {
	var (
		mu     sync.Mutex
		failed = map[int]error{} // by index of the batch that its file did not take
	)
	var g errgroup.Group
	g.SetLimit(p.opt.Appends)
	for i := range w.batches {
		g.Go(func() error {
			if err := p.appendOne(ctx, &w.batches[i], w.attempt); err != nil {
				mu.Lock()
				failed[i] = err
				mu.Unlock()
			}
			return nil
		})
	}
	_ = g.Wait() // the functions keep their errors
	for i, err := range failed {
		b := &w.batches[i]
		k := fileKey{b.Tenant, b.Month}
		// A file whose rows were parked lately is not waited for again: its partition would crawl.
		if w.attempt < p.opt.ParkAfter && !p.unfit.lately(k, p.opt.Now()) || p.opt.DeadLetters == nil || ctx.Err() != nil {
			return fault.Wrap(err, "pipeline.Append", string(b.Tenant)+"/"+string(b.Month))
		}
		p.unfit.add(k, p.opt.Now())
		p.opt.Log.Error("activity file stays unusable, its rows are put with the dead letters",
			"tenant", b.Tenant, "month", b.Month, "rows", len(b.Rows), "err", err)
		if err := p.park(ctx, b, err); err != nil {
			return err // the disk is full, say: nothing is acknowledged that is kept nowhere
		}
	}
	return nil
}

// appendOne appends one file's rows. A batch that the log calls invalid is tried row by row, so that one bad row does
// not take the others with it.
func (p *Pipeline) appendOne(ctx context.Context, b *activitylog.Batch, attempt int) error {
	err := p.log.Append(ctx, *b)
	if !fault.Is(err, fault.Invalid) {
		return err
	}
	p.opt.Log.Warn("batch is appended row by row", "tenant", b.Tenant, "month", b.Month, "rows", len(b.Rows), "err", err)
	kept := b.Rows[:0:0]
	var sequences []uint64
	for i := range b.Rows {
		one := activitylog.Batch{
			Tenant: b.Tenant, Month: b.Month, Partition: b.Partition,
			First: b.Sequences[i], Last: b.Sequences[i], Rows: b.Rows[i : i+1], Sequences: b.Sequences[i : i+1],
		}
		err := p.log.Append(ctx, one)
		switch {
		case err == nil:
			kept, sequences = append(kept, b.Rows[i]), append(sequences, b.Sequences[i])
		case fault.Is(err, fault.Invalid) && attempt > 1: // it was buried at the first
		case fault.Is(err, fault.Invalid):
			data, _ := activitylog.Encode(&b.Rows[i]) // what can't be encoded can't be kept; the log line names it
			p.bury(ctx, b.Tenant, b.Partition, b.Sequences[i], data, err)
		default:
			return err
		}
	}
	b.Rows, b.Sequences = kept, sequences
	return nil
}

// park puts a file's rows with the dead letters and takes them out of the batch, so that no sink sees what can't be
// found.
func (p *Pipeline) park(ctx context.Context, b *activitylog.Batch, cause error) error {
	for i := range b.Rows {
		data, err := activitylog.Encode(&b.Rows[i])
		if err != nil {
			return err
		}
		letter := DeadLetter{Tenant: b.Tenant, Partition: b.Partition, Sequence: b.Sequences[i], Reason: cause.Error(), At: p.opt.Now().UTC(), Data: data}
		if err := p.opt.DeadLetters.Put(ctx, letter); err != nil {
			return fault.Wrap(err, "pipeline.Park", string(b.Tenant))
		}
	}
	p.counts.parked.Add(uint64(len(b.Rows)))
	b.Rows, b.Sequences = []model.Activity{}, nil
	return nil
}

// unfitFor is how long a file is taken for unusable after its rows were parked.
const unfitFor = 5 * time.Minute

// unfit remembers files whose rows were parked.
type unfit struct {
	mu    sync.Mutex
	since map[fileKey]time.Time
}

func (u *unfit) add(k fileKey, now time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.since == nil {
		u.since = map[fileKey]time.Time{}
	}
	if _, ok := u.since[k]; !ok {
		u.since[k] = now
	}
}

// lately reports whether the file's rows were parked within unfitFor. Then it is given its full patience once more.
func (u *unfit) lately(k fileKey, now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	at, ok := u.since[k]
	if ok && now.Sub(at) > unfitFor {
		delete(u.since, k)
		return false
	}
	return ok
}
