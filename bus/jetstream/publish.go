package jetstream

import (
	"context"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/fault"
)

const (
	publishWindow  = 256              // messages of one call that wait for their acknowledgement at once
	publishTimeout = 10 * time.Second // for one acknowledgement
	keyHeader      = "Referee-Key"
)

// Publish implements [bus.Bus]. Every message is acknowledged on its own: after an error any of them may have been
// stored, and publishing all again stores none twice within the duplicate window.
func (b *Bus) Publish(ctx context.Context, messages ...bus.Message) error {
	if len(messages) == 1 {
		return b.publishOne(ctx, &messages[0])
	}
	var first error
	pending := make([]jetstream.PubAckFuture, 0, min(len(messages), publishWindow))
	for len(messages) > 0 && first == nil {
		n := min(len(messages), publishWindow)
		pending = pending[:0]
		for i := range messages[:n] {
			msg, err := b.message(ctx, &messages[i])
			if err == nil {
				var future jetstream.PubAckFuture
				if future, err = b.js.PublishMsgAsync(msg, jetstream.WithStallWait(publishTimeout)); err == nil {
					pending = append(pending, future)
					continue
				}
				err = toFault(ctx, err, "jetstream.Publish", messages[i].ID)
			}
			first = err
			break
		}
		for i, future := range pending {
			if err := b.await(ctx, future, messages[i].ID); err != nil && first == nil {
				first = err
			}
		}
		messages = messages[n:]
	}
	b.counts.published(first)
	return first
}

func (b *Bus) publishOne(ctx context.Context, m *bus.Message) error {
	msg, err := b.message(ctx, m)
	if err == nil {
		// A context without an end would make the client library use its own, longer one.
		ctx, cancel := context.WithTimeout(ctx, publishTimeout)
		defer cancel()
		if _, err = b.js.PublishMsg(ctx, msg, jetstream.WithRetryAttempts(0)); err != nil {
			err = toFault(ctx, err, "jetstream.Publish", m.ID)
		}
	}
	b.counts.published(err)
	return err
}

// await waits for one acknowledgement.
func (b *Bus) await(ctx context.Context, future jetstream.PubAckFuture, id string) error {
	select {
	case <-future.Ok():
		return nil
	case err := <-future.Err():
		return toFault(ctx, err, "jetstream.Publish", id)
	case <-ctx.Done():
		return fault.As(ctx.Err(), fault.Canceled, "jetstream.Publish", id)
	}
}

// message converts a bus message. The duplicate id carries the tenant, so that no tenant can name another's message.
func (b *Bus) message(ctx context.Context, m *bus.Message) (*nats.Msg, error) {
	const op = "jetstream.Publish"
	if err := m.Tenant.Validate(); err != nil {
		return nil, fault.Wrap(err, op, m.ID)
	}
	if len(m.Data) > b.opt.MaxMessage {
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: m.ID, Msg: "the message is larger than the bus takes"}
	}
	if strings.ContainsAny(m.ID, "\r\n") || strings.ContainsAny(m.Key, "\r\n") {
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Msg: "an id or key can't hold a line break"}
	}
	if err := b.disk.refuse(op, m.ID); err != nil {
		return nil, err
	}
	t, err := b.topic(ctx, m.Topic)
	if err != nil {
		return nil, err
	}
	msg := nats.NewMsg(t.subject(bus.Partition(m.Tenant, m.Key, t.partitions), string(m.Tenant)))
	msg.Data = m.Data
	if m.ID != "" {
		msg.Header[jetstream.MsgIDHeader] = []string{string(m.Tenant) + "/" + m.ID}
	}
	if m.Key != "" {
		msg.Header[keyHeader] = []string{m.Key}
	}
	return msg, nil
}

// storeFailed is JetStream's code for "could not store"; the text tells the limit from a broken disk.
const storeFailed = 10077

func isFull(err *jetstream.APIError) bool {
	switch err.ErrorCode {
	case 10002, 10023, 10047: // account, memory and storage limits of the server
		return true
	case storeFailed:
		return strings.Contains(err.Description, "maximum")
	}
	return false
}
