package pipeline

import (
	"sync/atomic"
	"time"
)

// Counts are what a pipeline did since it was made. All grow but Lag.
type Counts struct {
	Messages    uint64 // acknowledged
	Activities  uint64 // of these, committed and handed on
	Batches     uint64
	Duplicates  uint64 // dropped as seen lately; the log drops more by itself
	DeadLetters uint64 // messages that are no activity
	Parked      uint64 // activities put with the dead letters because their file stayed unusable
	Retries     uint64 // batches that came again because a file did not take its rows
	SinkErrors  uint64
	TailDropped uint64        // for readers that were too slow
	Lag         time.Duration // from the bus to the commit, of the last batch's oldest message
}

type counts struct {
	messages, activities, batches, duplicates, deadLetters, parked, retries, sinkErrors atomic.Uint64
	lag                                                                                 atomic.Int64
}

func (c *counts) done(messages, activities int, lag time.Duration) {
	c.messages.Add(uint64(messages))
	c.activities.Add(uint64(activities))
	c.batches.Add(1)
	c.lag.Store(int64(lag))
}

// Counts returns the counts for metrics.
func (p *Pipeline) Counts() Counts {
	c := &p.counts
	return Counts{
		Messages: c.messages.Load(), Activities: c.activities.Load(), Batches: c.batches.Load(), Duplicates: c.duplicates.Load(),
		DeadLetters: c.deadLetters.Load(), Parked: c.parked.Load(), Retries: c.retries.Load(), SinkErrors: c.sinkErrors.Load(),
		TailDropped: p.Tails.dropped.Load(), Lag: time.Duration(c.lag.Load()),
	}
}
