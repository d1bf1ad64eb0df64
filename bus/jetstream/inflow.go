package jetstream

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// The errors that make a reader go back to the acknowledgement floor.
var (
	errGap    = errors.New("a delivery is missing")
	errClosed = errors.New("the subscription was closed")
)

// Bounds of how long an idle reader waits before it asks whether something was delivered that never arrived.
const (
	idleFirst = 100 * time.Millisecond
	idleMost  = 5 * time.Second
	lostAfter = 2 * time.Second // a starved process delivers late; going back too soon would starve it more
)

// inflow is what one JetStream consumer delivers since its reset, without gaps and doubles.
//
// A delivery gets lost when a connection breaks, and when the server answers a request that an earlier reader left
// behind. The server numbers deliveries from 1 after a reset: a jump in the numbers shows a loss at once, and an idle
// reader compares its number with the server's, since the last message before a pause has no follower to show the jump.
type inflow struct {
	consumer jetstream.Consumer
	pull     jetstream.ConsumeContext
	msgs     chan jetstream.Msg
	errs     chan error
	stopped  chan struct{}
	closed   <-chan struct{}
	next     uint64 // the number of the delivery that is due
	last     uint64 // the highest stream sequence taken
}

// newInflow begins to pull; at most batch messages wait here.
func newInflow(consumer jetstream.Consumer, batch int) (*inflow, error) {
	in := &inflow{consumer: consumer, msgs: make(chan jetstream.Msg, batch), errs: make(chan error, 1), stopped: make(chan struct{}), next: 1}
	var err error
	in.pull, err = consumer.Consume(func(msg jetstream.Msg) {
		select {
		case in.msgs <- msg:
		case <-in.stopped:
		}
	}, jetstream.PullMaxMessages(batch), jetstream.PullExpiry(30*time.Second), jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) {
		select {
		case in.errs <- err:
		default:
		}
	}))
	if err != nil {
		return nil, err
	}
	in.closed = in.pull.Closed()
	return in, nil
}

// stop ends the pull and waits until the server has been told, so that nothing is delivered to it after the next
// reader's reset.
func (in *inflow) stop() {
	close(in.stopped)
	in.pull.Stop()
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	select {
	case <-in.closed:
	case <-timer.C: // an idle reader's look at the server's number covers it
	}
}

// wait returns the next message, or errGap, or ctx's error.
func (in *inflow) wait(ctx context.Context) (jetstream.Msg, *jetstream.MsgMetadata, error) {
	missing := false
	for pause := idleFirst; ; pause = min(2*pause, idleMost) {
		idle, done := context.WithTimeout(ctx, pause)
		msg, meta, err := in.take(idle)
		quiet := err != nil && idle.Err() != nil && ctx.Err() == nil
		done()
		if !quiet {
			return msg, meta, err
		}
		info, err := in.consumer.Info(ctx)
		if err != nil {
			return nil, nil, err
		}
		// One look may see a delivery that is on its way; a second one that has not come is lost.
		ahead := info.Delivered.Consumer >= in.next
		if ahead && missing {
			return nil, nil, errGap
		}
		if missing = ahead; missing {
			pause = lostAfter / 2 // doubled by the loop
		}
	}
}

// take returns the next message as soon as it is there.
func (in *inflow) take(ctx context.Context) (jetstream.Msg, *jetstream.MsgMetadata, error) {
	for {
		var msg jetstream.Msg
		select {
		case msg = <-in.msgs:
		case err := <-in.errs:
			return nil, nil, err
		case <-in.closed:
			return nil, nil, errClosed
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
		meta, err := msg.Metadata()
		if err != nil {
			return nil, nil, err
		}
		if meta.Sequence.Consumer != in.next {
			return nil, nil, errGap
		}
		in.next++
		if meta.Sequence.Stream <= in.last { // delivered again by the server's timer while it waits here
			continue
		}
		in.last = meta.Sequence.Stream
		return msg, meta, nil
	}
}
