package jetstream

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/fault"
)

// partitionsKey is the stream's metadata entry that holds its number of partitions.
const partitionsKey = "referee-partitions"

// topic is an open stream.
type topic struct {
	name       bus.Topic
	stream     jetstream.Stream
	partitions int
	consumers  map[string]bool // durable consumers that are there; guarded by Bus.mu
}

// subject is `<topic>.<partition>.<rest>`.
func (t *topic) subject(partition int, rest string) string {
	return string(t.name) + "." + strconv.Itoa(partition) + "." + rest
}

// openTopic makes or updates the stream of a topic and its consumers. It is called once a topic at Open, and by the
// first Publish or Consume of a topic that no option named.
func (b *Bus) openTopic(ctx context.Context, name bus.Topic, consumers []string) (*topic, error) {
	const op = "jetstream.Topic"
	if string(name) == "" || bus.Subject(string(name)) != string(name) {
		return nil, fault.New(fault.Invalid, op, "a topic's name is one word without dots, not %q", name)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.topics[name]
	if t == nil {
		var err error
		if t, err = b.makeStream(ctx, name); err != nil {
			return nil, toFault(ctx, err, op, string(name))
		}
		b.topics[name] = t
	}
	for _, consumer := range consumers {
		if t.consumers[consumer] {
			continue
		}
		for p := range t.partitions {
			if _, err := b.makeConsumer(ctx, t, consumer, p); err != nil {
				return nil, toFault(ctx, err, op, string(name))
			}
		}
		t.consumers[consumer] = true
	}
	return t, nil
}

// topic returns an open topic.
func (b *Bus) topic(ctx context.Context, name bus.Topic) (*topic, error) {
	b.mu.Lock()
	t := b.topics[name]
	b.mu.Unlock()
	if t != nil {
		return t, nil
	}
	return b.openTopic(ctx, name, nil)
}

func (b *Bus) makeStream(ctx context.Context, name bus.Topic) (*topic, error) {
	cfg := jetstream.StreamConfig{
		Name:       "referee-" + string(name),
		Subjects:   []string{string(name) + ".*.*"},
		Retention:  jetstream.InterestPolicy,
		Discard:    jetstream.DiscardNew,
		MaxBytes:   b.opt.MaxBytes,
		MaxMsgSize: int32(b.opt.MaxMessage + 16<<10), // headers count
		Storage:    jetstream.FileStorage,
		Replicas:   b.opt.Replicas,
		Duplicates: b.opt.DuplicateWindow,
		FirstSeq:   uint64(b.opt.Now().UnixMicro()),
		Metadata:   map[string]string{partitionsKey: strconv.Itoa(b.opt.Partitions)},
	}
	partitions := b.opt.Partitions
	stream, err := b.js.Stream(ctx, cfg.Name)
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		stream, err = b.js.CreateStream(ctx, cfg)
	case err == nil:
		had := stream.CachedInfo().Config
		// Messages in partitions that no longer existed would never be read, so the number only grows.
		if n, convErr := strconv.Atoi(had.Metadata[partitionsKey]); convErr == nil && n > partitions {
			b.opt.Log.Warn("bus keeps its number of partitions", "topic", name, "partitions", n, "asked", partitions)
			partitions = n
			cfg.Metadata[partitionsKey] = strconv.Itoa(n)
		}
		cfg.FirstSeq = had.FirstSeq
		stream, err = b.js.UpdateStream(ctx, cfg)
	}
	if err != nil {
		return nil, err
	}
	return &topic{name: name, stream: stream, partitions: partitions, consumers: map[string]bool{}}, nil
}

func (b *Bus) makeConsumer(ctx context.Context, t *topic, name string, partition int) (jetstream.Consumer, error) {
	return t.stream.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable:       fmt.Sprintf("%s-%d", name, partition),
		FilterSubject: t.subject(partition, "*"),
		AckPolicy:     jetstream.AckAllPolicy,
		DeliverPolicy: jetstream.DeliverAllPolicy,
		// The reader resets the consumer when it needs messages again (see consume.go), so the timer is only a net.
		AckWait:       10 * time.Minute,
		MaxAckPending: 64 << 10,
		MaxDeliver:    -1,
	})
}
