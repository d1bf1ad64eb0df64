package activitylog

import (
	"log/slog"
	"sync/atomic"

	"github.com/referee-casb/referee/bus"
)

// RecorderCounts are what a recorder did since it was made. All grow, but OutcomesWaiting and Fill.
type RecorderCounts struct {
	Intents, IntentsRefused              uint64
	Outcomes                             uint64 // stored
	OutcomesRetried                      uint64 // not stored at once
	OutcomesLost                         uint64 // never stored: the closer tells their intents' end as unknown
	OutcomesWaiting                      int
	Unknown                              uint64 // intents closed as unknown
	Events, EventsRefused                uint64
	Views, ViewsSampledOut, ViewsDropped uint64
	Fill                                 float64 // of the bus's byte limit, 0 to 1
}

type recorderCounts struct {
	intents, intentsRefused                 atomic.Uint64
	outcomes, outcomesRetried, outcomesLost atomic.Uint64
	unknown                                 atomic.Uint64
	events, eventsRefused                   atomic.Uint64
	views, viewsSampledOut, viewsDropped    atomic.Uint64
}

// Counts returns the counts for metrics.
func (r *Recorder) Counts() RecorderCounts {
	c := &r.counts
	return RecorderCounts{
		Intents: c.intents.Load(), IntentsRefused: c.intentsRefused.Load(),
		Outcomes: c.outcomes.Load(), OutcomesRetried: c.outcomesRetried.Load(), OutcomesLost: c.outcomesLost.Load(),
		OutcomesWaiting: r.retry.len(), Unknown: c.unknown.Load(),
		Events: c.events.Load(), EventsRefused: c.eventsRefused.Load(),
		Views: c.views.Load(), ViewsSampledOut: c.viewsSampledOut.Load(), ViewsDropped: c.viewsDropped.Load(),
		Fill: float64(r.fill.permille.Load()) / 1000,
	}
}

// The levels of the bus, in thousandths of its byte limit.
const (
	fillWarn = 800
	fillHigh = 950
	fillLow  = 900 // below which intents are taken again
)

// fill is how full the bus was last seen.
type fill struct {
	permille atomic.Int64
	refuse   atomic.Bool
}

func (f *fill) high() bool { return f.refuse.Load() }

func (f *fill) set(u bus.Usage, log *slog.Logger) {
	if u.Limit == 0 {
		return
	}
	level := int64(float64(u.Bytes) / float64(u.Limit) * 1000)
	before := f.permille.Swap(level)
	switch {
	case level >= fillHigh && !f.refuse.Swap(true):
		log.Error("bus is nearly full, actions that must be recorded are refused", "bytes", u.Bytes, "limit", u.Limit)
	case level < fillLow && f.refuse.Swap(false):
		log.Warn("bus has room again", "bytes", u.Bytes, "limit", u.Limit)
	case level >= fillWarn && before < fillWarn:
		log.Warn("bus is filling up: the activity log may not keep up", "bytes", u.Bytes, "limit", u.Limit)
	}
}
