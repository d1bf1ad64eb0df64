package jetstream_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/bus/bustest"
	"github.com/referee-casb/referee/bus/jetstream"
	"github.com/referee-casb/referee/fault"
)

var background = context.Background()

func mustOpen(t testing.TB, opt jetstream.Options) *jetstream.Bus {
	t.Helper()
	if opt.Consumers == nil {
		opt.Consumers = map[bus.Topic][]string{bus.TopicActivity: {bustest.Consumer}}
	}
	b, err := jetstream.Open(background, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func message(i int) bus.Message {
	return bus.Message{Topic: bus.TopicActivity, Tenant: "contoso", Key: fmt.Sprint("user-", i%50), ID: fmt.Sprint(i), Data: make([]byte, 900)}
}

func TestSyncAlwaysConforms(t *testing.T) {
	t.Parallel()
	bustest.Run(t, func(dir string, maxBytes int64) (bustest.Engine, error) {
		return jetstream.Open(background, jetstream.Options{
			Dir: dir, MaxBytes: maxBytes, SyncAlways: true, Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
			Consumers: map[bus.Topic][]string{bus.TopicActivity: {bustest.Consumer}},
		})
	})
}

func TestOneProcessAStore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mustOpen(t, jetstream.Options{Dir: dir})
	if _, err := jetstream.Open(background, jetstream.Options{Dir: dir}); !fault.Is(err, fault.Conflict) {
		t.Fatalf("a second bus on one store: %v, want a fault of kind conflict", err)
	}
}

// A bus whose store was lost must go on with higher sequences, or the activity log would take new messages for old.
func TestSequencesGrowAcrossALostStore(t *testing.T) {
	t.Parallel()
	first := lastSequence(t, t.TempDir())
	if second := lastSequence(t, t.TempDir()); second <= first {
		t.Fatalf("the new store's sequence %d is not above the lost one's %d", second, first)
	}
}

func lastSequence(t *testing.T, dir string) uint64 {
	b := mustOpen(t, jetstream.Options{Dir: dir})
	for i := range 20 {
		if err := b.Publish(background, message(i)); err != nil {
			t.Fatal(err)
		}
	}
	var last atomic.Uint64
	var n atomic.Int64
	ctx, cancel := context.WithCancel(background)
	err := b.Consume(ctx, bus.TopicActivity, bustest.Consumer, bus.ConsumeOptions{}, func(_ context.Context, batch []bus.Delivery) error {
		for _, d := range batch {
			last.Store(max(last.Load(), d.Sequence))
		}
		if n.Add(int64(len(batch))) == 20 {
			cancel()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	return last.Load()
}

func TestPartitionsGrowAndNeverShrink(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for step, opened := range []struct{ ask, want int }{{8, 8}, {2, 8}, {16, 16}} {
		b := mustOpen(t, jetstream.Options{Dir: dir, Partitions: opened.ask})
		for i := range 400 {
			if err := b.Publish(background, message(step*400+i)); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
	}
	b := mustOpen(t, jetstream.Options{Dir: dir})
	var n atomic.Int64
	seen := make([]atomic.Bool, 16)
	ctx, cancel := context.WithTimeout(background, 20*time.Second)
	defer cancel()
	if err := b.Consume(ctx, bus.TopicActivity, bustest.Consumer, bus.ConsumeOptions{MaxWait: 10 * time.Millisecond}, func(_ context.Context, batch []bus.Delivery) error {
		for _, d := range batch {
			seen[d.Partition].Store(true)
		}
		if n.Add(int64(len(batch))) == 1200 {
			cancel()
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if n.Load() != 1200 || !seen[15].Load() && !seen[14].Load() && !seen[13].Load() {
		t.Fatalf("%d of 1200 messages of all partitions", n.Load())
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	for name, opt := range map[string]jetstream.Options{
		"neither store nor cluster": {},
		"both":                      {Dir: t.TempDir(), URLs: []string{"nats://127.0.0.1:1"}},
		"negative limit":            {Dir: t.TempDir(), MaxBytes: -1},
		"too many partitions":       {Dir: t.TempDir(), Partitions: 1000},
	} {
		if _, err := jetstream.Open(background, opt); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, want a fault of kind invalid", name, err)
		}
	}
}

func TestDiskThatIsNearlyFullTakesNothing(t *testing.T) {
	t.Parallel()
	b := mustOpen(t, jetstream.Options{Dir: t.TempDir(), Reserve: 1 << 61})
	if err := b.Publish(background, message(1)); !fault.Is(err, fault.Limited) {
		t.Errorf("one message: %v, want a fault of kind limited", err)
	}
	if err := b.Publish(background, message(1), message(2)); !fault.Is(err, fault.Limited) {
		t.Errorf("two messages: %v, want a fault of kind limited", err)
	}
	if err := b.Healthy(background); !fault.Is(err, fault.Limited) {
		t.Errorf("health: %v, want a fault of kind limited", err)
	}
	u, err := b.Usage(background)
	if err != nil || u.Messages != 0 || u.Limit > 1 {
		t.Errorf("usage %+v, %v: the disk is the limit", u, err)
	}
}
