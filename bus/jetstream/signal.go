package jetstream

import (
	"context"

	"github.com/nats-io/nats.go"

	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/fault"
)

func signalSubject(s bus.Signal) string { return bus.Subject("signal") + "." + bus.Subject(string(s)) }

// Broadcast implements [bus.Bus] by core NATS: nothing is stored. It returns when the server has the message, not when
// listeners have handled it.
func (b *Bus) Broadcast(ctx context.Context, signal bus.Signal, data []byte) error {
	const op = "jetstream.Broadcast"
	if err := b.conn.Publish(signalSubject(signal), data); err != nil {
		return toFault(ctx, err, op, string(signal))
	}
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	if err := b.conn.FlushWithContext(ctx); err != nil {
		return toFault(ctx, err, op, string(signal))
	}
	return nil
}

// Listen implements [bus.Bus]. A handler that is slower than 64k waiting signals loses some; epochs repair it.
func (b *Bus) Listen(ctx context.Context, signal bus.Signal, handle func(data []byte)) error {
	const op = "jetstream.Listen"
	sub, err := b.conn.Subscribe(signalSubject(signal), func(m *nats.Msg) { handle(m.Data) })
	if err != nil {
		return toFault(ctx, err, op, string(signal))
	}
	closed := sub.StatusChanged(nats.SubscriptionClosed)
	select {
	case <-ctx.Done():
	case <-closed:
		return fault.New(fault.Unavailable, op, "the bus was closed")
	}
	if err := sub.Unsubscribe(); err != nil && !b.conn.IsClosed() {
		return toFault(ctx, err, op, string(signal))
	}
	return nil
}
