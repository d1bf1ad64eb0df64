package jetstream

import (
	"context"
	"sync/atomic"

	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/fault"
)

// Usage implements [bus.Alarmer]: the fullest topic. Where the disk has less room than the topic's limit, the disk is the
// limit.
func (b *Bus) Usage(ctx context.Context) (bus.Usage, error) {
	b.mu.Lock()
	topics := make([]*topic, 0, len(b.topics))
	for _, t := range b.topics {
		topics = append(topics, t)
	}
	b.mu.Unlock()
	var most bus.Usage
	for _, t := range topics {
		info, err := t.stream.Info(ctx)
		if err != nil {
			return bus.Usage{}, toFault(ctx, err, "jetstream.Usage", string(t.name))
		}
		u := bus.Usage{Bytes: info.State.Bytes, Limit: uint64(info.Config.MaxBytes), Messages: info.State.Msgs}
		if b.disk != nil {
			u.Limit = min(u.Limit, u.Bytes+uint64(max(b.disk.spare.Load(), 1)))
		}
		if most.Limit == 0 || u.Bytes*most.Limit > most.Bytes*u.Limit {
			most = u
		}
	}
	return most, nil
}

// Counts are what a bus did since it was opened. They only grow.
type Counts struct {
	Published   uint64 // calls of Publish that succeeded
	Full        uint64 // calls refused because the bus was full
	Failed      uint64 // calls that failed otherwise
	Delivered   uint64 // messages whose batch was acknowledged
	Redelivered uint64 // batches handed over again after their handler failed
	Resets      uint64 // times a reader went back to its acknowledgement floor because a delivery was missing
}

type counts struct {
	ok, full, failed, delivered, redelivered, resets atomic.Uint64
}

func (c *counts) published(err error) {
	switch {
	case err == nil:
		c.ok.Add(1)
	case fault.Is(err, fault.Limited):
		c.full.Add(1)
	default:
		c.failed.Add(1)
	}
}

// Counts returns the counts for metrics.
func (b *Bus) Counts() Counts {
	c := &b.counts
	return Counts{c.ok.Load(), c.full.Load(), c.failed.Load(), c.delivered.Load(), c.redelivered.Load(), c.resets.Load()}
}
