package jetstream

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// Bounds of the wait before a failed batch is handed over again.
const (
	retryFirst = 50 * time.Millisecond
	retryMost  = 5 * time.Second
)

// Consume implements [bus.Bus]. It returns nil when ctx ends.
func (b *Bus) Consume(ctx context.Context, name bus.Topic, consumer string, opt bus.ConsumeOptions, handle func(context.Context, []bus.Delivery) error) error {
	if consumer == "" || bus.Subject(consumer) != consumer {
		return fault.New(fault.Invalid, "jetstream.Consume", "a consumer's name is one word without dots, not %q", consumer)
	}
	if opt.MaxBatch <= 0 {
		opt.MaxBatch = 500
	}
	if opt.MaxWait <= 0 {
		opt.MaxWait = 200 * time.Millisecond
	}
	t, err := b.openTopic(ctx, name, []string{consumer})
	for wait := retryFirst; fault.Is(err, fault.Unavailable) && !b.conn.IsClosed(); wait = min(2*wait, retryMost) {
		b.opt.Log.Warn("bus topic can't be opened yet", "topic", name, "err", err)
		if !sleep(ctx, wait) {
			return nil
		}
		t, err = b.openTopic(ctx, name, []string{consumer})
	}
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	for p := range t.partitions {
		r := &reader{bus: b, topic: t, partition: p, durable: fmt.Sprintf("%s-%d", consumer, p), opt: opt, handle: handle}
		g.Go(func() error { return r.run(ctx) })
	}
	return g.Wait()
}

// reader reads one partition for one durable consumer.
type reader struct {
	bus       *Bus
	topic     *topic
	partition int
	durable   string
	opt       bus.ConsumeOptions
	handle    func(context.Context, []bus.Delivery) error
	delivered uint64 // messages acknowledged, to tell a reader that gets on from one that fails at once
}

// run claims the partition, reads it, and begins again after every failure until ctx ends or the bus is closed.
func (r *reader) run(ctx context.Context) error {
	for wait := retryFirst; ; {
		delivered := r.delivered
		err := r.bus.claims.hold(ctx, string(r.topic.name)+"."+r.durable, r.read)
		switch {
		case ctx.Err() != nil:
			return nil
		case r.bus.conn.IsClosed():
			return fault.New(fault.Unavailable, "jetstream.Consume", "the bus was closed")
		case err != nil:
			r.bus.opt.Log.Warn("bus reader begins again", "consumer", r.durable, "err", err)
			if wait = min(2*wait, retryMost); r.delivered > delivered {
				wait = retryFirst
			}
		default: // somebody else has the partition
			wait = claimRetry
		}
		if !sleep(ctx, wait) {
			return nil
		}
	}
}

// read delivers batches from the acknowledgement floor on. Deliveries are numbered by the server without gaps since the
// reset; when one is missing (a lost connection) read ends with errGap and run begins again at the floor.
func (r *reader) read(ctx context.Context) error {
	if _, err := r.bus.js.ResetConsumer(ctx, r.topic.stream.CachedInfo().Config.Name, r.durable); err != nil {
		return err
	}
	consumer, err := r.topic.stream.Consumer(ctx, r.durable)
	if err != nil {
		return err
	}
	in, err := newInflow(consumer, r.opt.MaxBatch)
	if err != nil {
		return err
	}
	defer in.stop()
	for {
		tail, batch, err := r.gather(ctx, in)
		if ctx.Err() != nil {
			return nil
		}
		if len(batch) > 0 {
			if !r.deliver(ctx, batch) {
				return nil
			}
			// Confirmed, so that no acknowledgement is on its way when the next reader resets the consumer.
			if ackErr := confirm(ctx, tail); ackErr != nil {
				return ackErr
			}
			r.delivered += uint64(len(batch))
			r.bus.counts.delivered.Add(uint64(len(batch)))
		}
		if err != nil {
			if errors.Is(err, errGap) {
				r.bus.counts.resets.Add(1)
			}
			return err
		}
	}
}

// gather takes one message, then more until the batch is full or has waited long enough. It returns the last message,
// whose acknowledgement covers the batch.
func (r *reader) gather(ctx context.Context, in *inflow) (jetstream.Msg, []bus.Delivery, error) {
	tail, meta, err := in.wait(ctx)
	if err != nil {
		return nil, nil, err
	}
	batch := append(make([]bus.Delivery, 0, 16), r.delivery(tail, meta))
	linger, done := context.WithTimeout(ctx, r.opt.MaxWait)
	defer done()
	for len(batch) < r.opt.MaxBatch {
		msg, meta, err := in.take(linger)
		if err != nil {
			if linger.Err() != nil && ctx.Err() == nil {
				err = nil // the batch has waited long enough
			}
			return tail, batch, err
		}
		tail = msg
		batch = append(batch, r.delivery(msg, meta))
	}
	return tail, batch, nil
}

// deliver hands a batch over until its handler takes it. It returns false when ctx ended first.
func (r *reader) deliver(ctx context.Context, batch []bus.Delivery) bool {
	wait := retryFirst
	for attempt := 1; ; attempt++ {
		for i := range batch {
			batch[i].Attempt = attempt
		}
		err := r.handle(ctx, batch)
		if err == nil {
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		r.bus.counts.redelivered.Add(1)
		r.bus.opt.Log.Warn("bus batch is handed over again", "consumer", r.durable, "messages", len(batch), "attempt", attempt, "err", err)
		if !sleep(ctx, wait) {
			return false
		}
		wait = min(2*wait, retryMost)
	}
}

func confirm(ctx context.Context, tail jetstream.Msg) error {
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), publishTimeout)
	defer done()
	return tail.DoubleAck(ctx)
}

func (r *reader) delivery(msg jetstream.Msg, meta *jetstream.MsgMetadata) bus.Delivery {
	d := bus.Delivery{
		Message:   bus.Message{Topic: r.topic.name, Data: msg.Data()},
		Partition: r.partition,
		Sequence:  meta.Sequence.Stream,
		Attempt:   1,
		Stored:    meta.Timestamp,
	}
	subject := msg.Subject()
	d.Tenant = model.TenantID(subject[strings.LastIndexByte(subject, '.')+1:])
	if v := msg.Headers()[jetstream.MsgIDHeader]; len(v) > 0 {
		d.ID = strings.TrimPrefix(v[0], string(d.Tenant)+"/")
	}
	if v := msg.Headers()[keyHeader]; len(v) > 0 {
		d.Key = v[0]
	}
	return d
}

// sleep waits and returns false when ctx ends first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
