// Package clock holds a clock that can be moved. Code takes the time as a func() time.Time; tests hand in one that
// stands still, the demo one that runs ahead ("seven days later").
//
// It owns no time zones, timers or tickers. In no layer: all may import it.
package clock

import (
	"sync/atomic"
	"time"
)

// Clock is a base clock plus an offset that only grows by [Clock.Advance]. It is safe for concurrent use.
type Clock struct {
	base   func() time.Time
	offset atomic.Int64
}

// Standing returns a clock that says t until it is advanced.
func Standing(t time.Time) *Clock { return &Clock{base: func() time.Time { return t }} }

// Running returns a clock that goes as base does, time.Now in general.
func Running(base func() time.Time) *Clock { return &Clock{base: base} }

// Now returns the clock's time. Without an offset it keeps the base's monotonic reading.
func (c *Clock) Now() time.Time { return c.base().Add(time.Duration(c.offset.Load())) }

// Advance moves the clock forward by d and returns the new time. A negative d panics: time that goes back is a
// mistake in the caller, and code may rely on its absence.
func (c *Clock) Advance(d time.Duration) time.Time {
	if d < 0 {
		panic("clock: advance by a negative duration")
	}
	c.offset.Add(int64(d))
	return c.Now()
}
