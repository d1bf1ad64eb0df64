package bustest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/referee-casb/referee/bus"
)

func testOrder(t *testing.T, open Open) {
	e := opened(t, open, t.TempDir(), 0)
	const n = 3000
	ms := messages(n, 3, 7)
	c := newCollector(n)
	consume(t, e, bus.ConsumeOptions{MaxBatch: 64, MaxWait: 20 * time.Millisecond}, func(ctx context.Context, batch []bus.Delivery) error {
		if len(batch) == 0 || len(batch) > 64 {
			return fmt.Errorf("a batch of %d", len(batch))
		}
		for _, d := range batch {
			if d.Partition != batch[0].Partition {
				return errors.New("a batch of two partitions")
			}
		}
		return c.take(ctx, batch)
	})
	for at := 0; at < n; at += 300 {
		publish(t, e, ms[at:at+300]...)
	}
	await(t, c.done, "delivery")
	got := c.deliveries()
	checkOrder(t, got, n)
	for _, d := range got {
		if d.ID == "" || d.Topic != bus.TopicActivity || d.Stored.IsZero() || d.Attempt != 1 {
			t.Fatalf("incomplete delivery %+v", d)
		}
	}
}

func testRedelivery(t *testing.T, open Open) {
	e := opened(t, open, t.TempDir(), 0)
	const n = 200
	publish(t, e, messages(n, 2, 5)...)
	c := newCollector(n)
	var mu sync.Mutex
	failed := map[uint64]bool{}
	var attempts atomic.Int64
	consume(t, e, bus.ConsumeOptions{MaxBatch: 20, MaxWait: 20 * time.Millisecond}, func(ctx context.Context, batch []bus.Delivery) error {
		mu.Lock()
		first := !failed[batch[0].Sequence]
		failed[batch[0].Sequence] = true
		mu.Unlock()
		if first { // every batch fails once
			return errors.New("not now")
		}
		attempts.Add(int64(batch[0].Attempt))
		return c.take(ctx, batch)
	})
	await(t, c.done, "delivery after errors")
	checkOrder(t, c.deliveries(), n)
	if attempts.Load() == 0 {
		t.Fatal("a batch that came again must say which attempt it is")
	}
}

func testOneInFlight(t *testing.T, open Open) {
	e := opened(t, open, t.TempDir(), 0)
	const n = 400
	publish(t, e, messages(n, 2, 50)...)
	c := newCollector(n)
	var mu sync.Mutex
	busy := map[int]bool{}
	handle := func(ctx context.Context, batch []bus.Delivery) error {
		p := batch[0].Partition
		mu.Lock()
		if busy[p] {
			mu.Unlock()
			t.Errorf("two batches of partition %d at once", p)
			return nil
		}
		busy[p] = true
		mu.Unlock()
		defer func() {
			mu.Lock()
			busy[p] = false
			mu.Unlock()
		}()
		return c.take(ctx, batch)
	}
	// Two readers with one name share the partitions.
	consume(t, e, bus.ConsumeOptions{MaxBatch: 10, MaxWait: 5 * time.Millisecond}, handle)
	consume(t, e, bus.ConsumeOptions{MaxBatch: 10, MaxWait: 5 * time.Millisecond}, handle)
	await(t, c.done, "delivery to two readers")
	checkOrder(t, c.deliveries(), n)
}

func testRestart(t *testing.T, open Open) {
	dir := t.TempDir()
	const n = 600
	ms := messages(n, 2, 5)
	e := opened(t, open, dir, 0)
	publish(t, e, ms[:n/2]...)
	c := newCollector(n / 2)
	stop := consume(t, e, bus.ConsumeOptions{MaxBatch: 50}, c.take)
	await(t, c.done, "first half")
	stop()
	publish(t, e, ms[n/2:]...)
	if err := e.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}

	e = opened(t, open, dir, 0)
	rest := newCollector(n / 2)
	consume(t, e, bus.ConsumeOptions{MaxBatch: 50}, rest.take)
	await(t, rest.done, "second half")
	got := append(c.deliveries(), dropSeen(c.deliveries(), rest.deliveries())...)
	checkOrder(t, got, n)
}

// dropSeen removes what was delivered before: an acknowledgement right before a close may be lost.
func dropSeen(before, after []bus.Delivery) []bus.Delivery {
	seen := map[uint64]bool{}
	for _, d := range before {
		seen[d.Sequence] = true
	}
	var out []bus.Delivery
	for _, d := range after {
		if !seen[d.Sequence] {
			out = append(out, d)
		}
	}
	return out
}

func testAbandoned(t *testing.T, open Open) {
	e := opened(t, open, t.TempDir(), 0)
	const n = 60
	publish(t, e, messages(n, 1, 1)...)
	reached := make(chan struct{})
	var once sync.Once
	stop := consume(t, e, bus.ConsumeOptions{MaxBatch: 10, MaxWait: 5 * time.Millisecond}, func(ctx context.Context, batch []bus.Delivery) error {
		once.Do(func() { close(reached) })
		<-ctx.Done() // as a handler that a shutdown interrupts
		return ctx.Err()
	})
	await(t, reached, "first batch")
	stop()
	began := time.Now()
	c := newCollector(n)
	consume(t, e, bus.ConsumeOptions{MaxBatch: 10, MaxWait: 5 * time.Millisecond}, c.take)
	await(t, c.done, "the abandoned batch")
	checkOrder(t, c.deliveries(), n)
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("the next reader waited %v for the abandoned batch", took)
	}
}

// testManyReaders publishes while no reader is there and has each message taken by a new reader: requests that a reader
// leaves behind must not swallow what is meant for the next one.
func testManyReaders(t *testing.T, open Open) {
	e := opened(t, open, t.TempDir(), 0)
	for i := range 20 {
		m := bus.Message{Topic: bus.TopicActivity, Tenant: "contoso", Key: "k", ID: fmt.Sprint(i), Data: fmt.Append(nil, i)}
		publish(t, e, m)
		got := make(chan string, 16)
		stop := consume(t, e, bus.ConsumeOptions{MaxBatch: 1}, func(_ context.Context, batch []bus.Delivery) error {
			got <- string(batch[0].Data)
			return nil
		})
		select {
		case data := <-got:
			if data != fmt.Sprint(i) {
				t.Fatalf("reader %d got %s", i, data)
			}
		case <-time.After(wait):
			t.Fatalf("reader %d got nothing", i)
		}
		stop()
	}
}

func testDuplicates(t *testing.T, open Open) {
	e := opened(t, open, t.TempDir(), 0)
	ms := messages(50, 1, 5)
	publish(t, e, ms...)
	publish(t, e, ms...)
	for _, m := range ms {
		publish(t, e, m)
	}
	other := ms[0]
	other.Tenant = "other" // the same id of another tenant is another message
	publish(t, e, other)
	c := newCollector(len(ms) + 1)
	consume(t, e, bus.ConsumeOptions{MaxBatch: 500, MaxWait: 50 * time.Millisecond}, c.take)
	await(t, c.done, "delivery")
	u, err := e.Usage(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if got := len(c.deliveries()); got != len(ms)+1 {
		t.Fatalf("%d deliveries, want %d; usage %+v", got, len(ms)+1, u)
	}
}
