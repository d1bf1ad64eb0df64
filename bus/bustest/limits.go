package bustest

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/fault"
)

func testFull(t *testing.T, open Open) {
	const limit = 1 << 20
	e := opened(t, open, t.TempDir(), limit)
	ctx := context.Background()
	stored := 0
	var full error
	for i := 0; i < 400 && full == nil; i++ {
		m := bus.Message{Topic: bus.TopicActivity, Tenant: "contoso", Key: "k", ID: fmt.Sprint(i), Data: bytes.Repeat([]byte{'x'}, 8<<10)}
		if full = e.Publish(ctx, m); full == nil {
			stored++
		}
	}
	if !fault.Is(full, fault.Limited) {
		t.Fatalf("after %d messages: %v, want a fault of kind limited", stored, full)
	}
	u, err := e.Usage(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if u.Limit != limit || u.Bytes > limit || u.Bytes < limit/2 || u.Messages != uint64(stored) {
		t.Fatalf("usage %+v after %d stored messages of a limit of %d", u, stored, limit)
	}
	// Nothing of a refused message is stored, its id included: it can be published when there is room.
	c := newCollector(stored)
	stop := consume(t, e, bus.ConsumeOptions{}, c.take)
	await(t, c.done, "emptying")
	stop()
	refused := bus.Message{Topic: bus.TopicActivity, Tenant: "contoso", Key: "k", ID: fmt.Sprint(stored), Data: []byte("now")}
	deadline := time.Now().Add(wait)
	for {
		if err = e.Publish(ctx, refused); err == nil || time.Now().After(deadline) {
			break
		}
		time.Sleep(10 * time.Millisecond) // acknowledgements free room a moment later
	}
	if err != nil {
		t.Fatalf("publish when there is room again: %v", err)
	}
	again := newCollector(1)
	consume(t, e, bus.ConsumeOptions{}, func(ctx context.Context, batch []bus.Delivery) error {
		if last := batch[len(batch)-1]; last.ID == refused.ID {
			return again.take(ctx, batch[len(batch)-1:])
		}
		return nil
	})
	await(t, again.done, "the message that had been refused")
}

func testBroadcast(t *testing.T, open Open) {
	e := opened(t, open, t.TempDir(), 0)
	ctx, cancel := context.WithCancel(context.Background())
	got := make(chan time.Time, 64)
	ended := make(chan error, 1)
	go func() {
		ended <- e.Listen(ctx, bus.SignalRevoked, func(data []byte) {
			if string(data) == "session-1" {
				got <- time.Now()
			}
		})
	}()
	// Listening begins a moment after Listen was called: broadcast until heard, then measure.
	heard := false
	for deadline := time.Now().Add(wait); !heard && time.Now().Before(deadline); {
		if err := e.Broadcast(ctx, bus.SignalRevoked, []byte("session-1")); err != nil {
			t.Fatal(err)
		}
		select {
		case <-got:
			heard = true
		case <-time.After(50 * time.Millisecond):
		}
	}
	if !heard {
		t.Fatal("no broadcast arrived")
	}
	for len(got) > 0 {
		<-got
	}
	if err := e.Broadcast(ctx, bus.SignalPolicy, []byte("session-1")); err != nil { // another signal
		t.Fatal(err)
	}
	began := time.Now()
	if err := e.Broadcast(ctx, bus.SignalRevoked, []byte("session-1")); err != nil {
		t.Fatal(err)
	}
	select {
	case at := <-got:
		if took := at.Sub(began); took > time.Second {
			t.Fatalf("a broadcast took %v", took)
		}
	case <-time.After(time.Second):
		t.Fatal("a broadcast took more than a second")
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatalf("Listen ended with %v, want nil when its context ends", err)
	}
}

func testRefused(t *testing.T, open Open) {
	e := opened(t, open, t.TempDir(), 0)
	for name, m := range map[string]bus.Message{
		"no tenant":          {Topic: bus.TopicActivity, ID: "1", Data: []byte("x")},
		"tenant is wildcard": {Topic: bus.TopicActivity, Tenant: ">", ID: "1", Data: []byte("x")},
		"tenant has a dot":   {Topic: bus.TopicActivity, Tenant: "a.b", ID: "1", Data: []byte("x")},
		"id has a header":    {Topic: bus.TopicActivity, Tenant: "contoso", ID: "1\r\nNats-Rollup: all", Data: []byte("x")},
		"key has a header":   {Topic: bus.TopicActivity, Tenant: "contoso", Key: "1\nA: b", Data: []byte("x")},
		"far too large":      {Topic: bus.TopicActivity, Tenant: "contoso", Data: make([]byte, 64<<20)},
	} {
		if err := e.Publish(context.Background(), m); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, want a fault of kind invalid", name, err)
		}
	}
	u, err := e.Usage(context.Background())
	if err != nil || u.Messages != 0 {
		t.Fatalf("usage %+v, %v: a refused message was stored", u, err)
	}
}

func testClosed(t *testing.T, open Open) {
	e := opened(t, open, t.TempDir(), 0)
	ended := make(chan error, 1)
	go func() {
		ended <- e.Consume(context.Background(), bus.TopicActivity, Consumer, bus.ConsumeOptions{}, func(context.Context, []bus.Delivery) error { return nil })
	}()
	publish(t, e, messages(1, 1, 1)...)
	if err := e.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	select {
	case err := <-ended:
		if !fault.Is(err, fault.Unavailable) {
			t.Errorf("Consume on a closed bus: %v, want a fault of kind unavailable", err)
		}
	case <-time.After(wait):
		t.Error("Consume goes on after the bus was closed")
	}
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	if err := e.Publish(ctx, messages(1, 1, 1)...); !fault.Is(err, fault.Unavailable) {
		t.Errorf("Publish on a closed bus: %v, want a fault of kind unavailable", err)
	}
}
