package clock

import (
	"sync"
	"testing"
	"time"
)

func TestStanding(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	c := Standing(start)
	if got := c.Now(); !got.Equal(start) {
		t.Errorf("now %s, want %s", got, start)
	}
	var wg sync.WaitGroup
	for range 7 {
		wg.Go(func() { c.Advance(24 * time.Hour) })
	}
	wg.Wait()
	if got, want := c.Now(), start.AddDate(0, 0, 7); !got.Equal(want) {
		t.Errorf("a week later: %s, want %s", got, want)
	}
}

func TestRunning(t *testing.T) {
	t.Parallel()
	c := Running(time.Now)
	c.Advance(time.Hour)
	before := time.Now()
	if ahead := c.Now().Sub(before); ahead < time.Hour || ahead > time.Hour+time.Minute {
		t.Errorf("%s ahead, want an hour", ahead)
	}
	if first := c.Now(); c.Now().Before(first) {
		t.Error("the clock went back")
	}
}

func TestAdvanceBack(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("a clock was put back")
		}
	}()
	Standing(time.Now()).Advance(-time.Second)
}
