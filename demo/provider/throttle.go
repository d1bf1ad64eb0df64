package provider

import (
	"sync"
	"time"
)

// throttle slows down guessing: after ten wrong answers for an account within a minute the account waits
// until that minute is over. It counts accounts that exist and those that don't alike.
type throttle struct {
	clock func() time.Time
	mu    sync.Mutex
	since time.Time
	wrong map[string]int
}

const wrongAMinute = 10

func newThrottle(clock func() time.Time) *throttle {
	return &throttle{clock: clock, wrong: map[string]int{}}
}

func (t *throttle) blocked(name string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.roll()
	return t.wrong[name] >= wrongAMinute
}

func (t *throttle) count(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.roll()
	if len(t.wrong) < 4096 { // names are foreign input
		t.wrong[name]++
	}
}

func (t *throttle) roll() {
	if now := t.clock(); now.Sub(t.since) >= time.Minute || now.Before(t.since) {
		t.since = now
		clear(t.wrong)
	}
}
