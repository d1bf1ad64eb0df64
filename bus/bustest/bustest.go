// Package bustest is the conformance suite that every engine of package bus passes: order, redelivery, restart,
// duplicates, a full bus, broadcasts and a killed process. Layer L4, for tests only. Begin with [Run].
package bustest

import (
	"context"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/model"
)

// Engine is an open bus that the suite may close and open again on the same store.
type Engine interface {
	bus.Bus
	bus.Alarmer
	io.Closer
}

// Open opens an engine on a store in dir that holds at most maxBytes (0 means plenty) and has the durable consumer
// [Consumer] on activities from the start.
type Open func(dir string, maxBytes int64) (Engine, error)

// Consumer is the durable consumer that exists before anything is published.
const Consumer = "suite"

// wait is how long the suite waits for what must happen; it is never waited out when all is well.
const wait = 20 * time.Second

// Run runs every test that needs no second process.
func Run(t *testing.T, open Open) {
	t.Run("order", func(t *testing.T) { t.Parallel(); testOrder(t, open) })
	t.Run("order_within_partition_when_handler_fails", func(t *testing.T) { t.Parallel(); testRedelivery(t, open) })
	t.Run("one_batch_a_partition_in_flight", func(t *testing.T) { t.Parallel(); testOneInFlight(t, open) })
	t.Run("restart_keeps_what_was_not_acknowledged", func(t *testing.T) { t.Parallel(); testRestart(t, open) })
	t.Run("reader_that_stops_mid_batch_gets_it_again", func(t *testing.T) { t.Parallel(); testAbandoned(t, open) })
	t.Run("reader_after_reader_misses_nothing", func(t *testing.T) { t.Parallel(); testManyReaders(t, open) })
	t.Run("duplicates", func(t *testing.T) { t.Parallel(); testDuplicates(t, open) })
	t.Run("full", func(t *testing.T) { t.Parallel(); testFull(t, open) })
	t.Run("broadcast", func(t *testing.T) { t.Parallel(); testBroadcast(t, open) })
	t.Run("bad_messages_are_refused", func(t *testing.T) { t.Parallel(); testRefused(t, open) })
	t.Run("closed_bus_says_so", func(t *testing.T) { t.Parallel(); testClosed(t, open) })
}

// opened opens an engine and closes it at the end of the test.
func opened(t testing.TB, open Open, dir string, maxBytes int64) Engine {
	t.Helper()
	e, err := open(dir, maxBytes)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// messages makes n messages of a few tenants and keys; the data tells tenant, key and place.
func messages(n, tenants, keys int) []bus.Message {
	out := make([]bus.Message, n)
	place := map[string]int{}
	for i := range out {
		tenant, key := fmt.Sprintf("tenant-%d", i%tenants), fmt.Sprintf("user-%d", (i/tenants)%keys)
		at := tenant + "/" + key
		out[i] = bus.Message{
			Topic: bus.TopicActivity, Tenant: model.TenantID(tenant), Key: key,
			ID: fmt.Sprintf("m-%d", i), Data: fmt.Appendf(nil, "%s/%d", at, place[at]),
		}
		place[at]++
	}
	return out
}

// collector gathers deliveries until it has as many as wanted.
type collector struct {
	mu   sync.Mutex
	got  []bus.Delivery
	want int
	done chan struct{}
}

func newCollector(want int) *collector { return &collector{want: want, done: make(chan struct{})} }

func (c *collector) take(_ context.Context, batch []bus.Delivery) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := len(c.got)
	c.got = append(c.got, batch...)
	if before < c.want && len(c.got) >= c.want {
		close(c.done)
	}
	return nil
}

func (c *collector) deliveries() []bus.Delivery {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]bus.Delivery(nil), c.got...)
}

// consume runs a consumer until the returned function is called.
func consume(t testing.TB, e bus.Bus, opt bus.ConsumeOptions, handle func(context.Context, []bus.Delivery) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- e.Consume(ctx, bus.TopicActivity, Consumer, opt, handle) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			select {
			case err := <-ended:
				if err != nil {
					t.Errorf("Consume ended with %v, want nil when its context ends", err)
				}
			case <-time.After(wait):
				t.Error("Consume does not end with its context")
			}
		})
	}
	t.Cleanup(stop)
	return stop
}

func await(t testing.TB, done <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(wait):
		t.Fatalf("%s did not happen within %v", what, wait)
	}
}

func publish(t testing.TB, e bus.Bus, ms ...bus.Message) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	if err := e.Publish(ctx, ms...); err != nil {
		t.Fatalf("publish: %v", err)
	}
}

// checkOrder fails when messages of a key came in another order than published, when a partition's sequence did not
// grow, or when one was delivered twice.
func checkOrder(t testing.TB, got []bus.Delivery, want int) {
	t.Helper()
	if len(got) != want {
		t.Fatalf("%d deliveries, want %d", len(got), want)
	}
	next, sequence := map[string]int{}, map[int]uint64{}
	for _, d := range got {
		at := string(d.Tenant) + "/" + d.Key
		if data := fmt.Sprintf("%s/%d", at, next[at]); string(d.Data) != data {
			t.Fatalf("got %q where %q was due", d.Data, data)
		}
		next[at]++
		if d.Sequence <= sequence[d.Partition] {
			t.Fatalf("partition %d: sequence %d after %d", d.Partition, d.Sequence, sequence[d.Partition])
		}
		sequence[d.Partition] = d.Sequence
	}
}
