package jetstream_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/bus/bustest"
	"github.com/referee-casb/referee/bus/jetstream"
	"github.com/referee-casb/referee/fault"
)

// natsServer runs a server that listens on loopback, as a cluster's does.
func natsServer(t *testing.T) string {
	t.Helper()
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(),
		JetStreamMaxStore: 4 << 30, MaxPayload: 8 << 20, NoSigs: true, NoLog: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server does not start")
	}
	return s.ClientURL()
}

func TestClusterConforms(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	urls := map[string]string{} // the store's folder stands for one server
	bustest.Run(t, func(dir string, maxBytes int64) (bustest.Engine, error) {
		mu.Lock()
		defer mu.Unlock()
		if urls[dir] == "" {
			urls[dir] = natsServer(t)
		}
		return jetstream.Open(background, jetstream.Options{
			URLs: []string{urls[dir]}, MaxBytes: maxBytes,
			Consumers: map[bus.Topic][]string{bus.TopicActivity: {bustest.Consumer}},
		})
	})
}

// Two processes share the partitions, and one takes over when the other goes, in order and without a gap.
func TestTakeOver(t *testing.T) {
	t.Parallel()
	url := natsServer(t)
	first := mustOpen(t, jetstream.Options{URLs: []string{url}})
	second := mustOpen(t, jetstream.Options{URLs: []string{url}})
	const n = 300
	var mu sync.Mutex
	last, count := map[int]uint64{}, 0
	done := make(chan struct{})
	handle := func(who string) func(context.Context, []bus.Delivery) error {
		return func(_ context.Context, batch []bus.Delivery) error {
			mu.Lock()
			defer mu.Unlock()
			for _, d := range batch {
				if d.Sequence <= last[d.Partition] {
					t.Errorf("%s got %d of partition %d after %d", who, d.Sequence, d.Partition, last[d.Partition])
				}
				last[d.Partition] = d.Sequence
			}
			if count += len(batch); count == n {
				close(done)
			}
			return nil
		}
	}
	publish := func(from, to int) {
		for i := from; i < to; i++ {
			if err := first.Publish(background, message(i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	ctx, leave := context.WithCancel(background)
	ended := make(chan error, 2)
	go func() {
		ended <- first.Consume(ctx, bus.TopicActivity, bustest.Consumer, bus.ConsumeOptions{MaxBatch: 10}, handle("first"))
	}()
	rest, stop := context.WithCancel(background)
	go func() {
		ended <- second.Consume(rest, bus.TopicActivity, bustest.Consumer, bus.ConsumeOptions{MaxBatch: 10}, handle("second"))
	}()
	publish(0, n/2)
	leave()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	publish(n/2, n)
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		mu.Lock()
		t.Fatalf("%d of %d after the take-over", count, n)
	}
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}

func TestClusterThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	if _, err := jetstream.Open(background, jetstream.Options{URLs: []string{"nats://127.0.0.1:1"}}); !fault.Is(err, fault.Unavailable) {
		t.Fatalf("%v, want a fault of kind unavailable", err)
	}
}

func BenchmarkPublish(b *testing.B) {
	for _, sync := range []bool{false, true} {
		for _, n := range []int{1, 100} {
			b.Run(fmt.Sprintf("sync=%v/batch=%d", sync, n), func(b *testing.B) {
				bs := mustOpen(b, jetstream.Options{Dir: b.TempDir(), SyncAlways: sync, MaxBytes: 8 << 30, DuplicateWindow: time.Second})
				i := 0
				b.ReportAllocs()
				for b.Loop() {
					batch := make([]bus.Message, n)
					for j := range batch {
						batch[j] = message(i)
						i++
					}
					if err := bs.Publish(background, batch...); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(i)/b.Elapsed().Seconds(), "messages/s")
			})
		}
	}
}

// BenchmarkPublishParallel is many requests that each wait for their own message, as the gateway's do.
func BenchmarkPublishParallel(b *testing.B) {
	bs := mustOpen(b, jetstream.Options{Dir: b.TempDir(), MaxBytes: 8 << 30, DuplicateWindow: time.Second})
	var mu sync.Mutex
	i := 0
	b.SetParallelism(32)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			mu.Lock()
			m := message(i)
			i++
			mu.Unlock()
			if err := bs.Publish(background, m); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(i)/b.Elapsed().Seconds(), "messages/s")
}
