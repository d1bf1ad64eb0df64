package jetstream

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/fault"
)

var (
	_ bus.Bus     = (*Bus)(nil)
	_ bus.Alarmer = (*Bus)(nil)
)

// Bus is an open bus. It is safe for concurrent use.
type Bus struct {
	opt    Options
	lock   *dirLock       // nil in cluster mode
	disk   *disk          // nil in cluster mode
	server *server.Server // nil in cluster mode
	conn   *nats.Conn
	js     jetstream.JetStream
	claims claims
	counts counts
	closed atomic.Bool

	mu     sync.Mutex
	topics map[bus.Topic]*topic
}

// Open starts or joins the bus and makes the streams and consumers that are missing. The caller closes it.
func Open(ctx context.Context, opt Options) (*Bus, error) {
	opt, err := opt.withDefaults()
	if err != nil {
		return nil, err
	}
	b := &Bus{opt: opt, topics: map[bus.Topic]*topic{}}
	if err := b.connect(); err != nil {
		b.Close()
		return nil, err
	}
	for name, consumers := range opt.Consumers {
		if _, err := b.openTopic(ctx, name, consumers); err != nil {
			b.Close()
			return nil, err
		}
	}
	return b, nil
}

// connect starts the embedded server or dials the cluster.
func (b *Bus) connect() error {
	const op = "jetstream.Open"
	natsOptions := []nats.Option{nats.Name("referee"), nats.MaxReconnects(-1), nats.ReconnectWait(250 * time.Millisecond)}
	if b.opt.Dir == "" {
		natsOptions = append(natsOptions, clusterOptions(b.opt)...)
	} else {
		if err := os.MkdirAll(b.opt.Dir, 0o700); err != nil {
			return fault.As(err, fault.Unavailable, op, b.opt.Dir)
		}
		var err error
		if b.lock, err = lockDir(filepath.Join(b.opt.Dir, "lock")); err != nil {
			return err
		}
		b.disk = watchDisk(b.opt)
		if b.server, err = startServer(b.opt, b.disk); err != nil {
			return err
		}
		natsOptions = append(natsOptions, nats.InProcessServer(b.server))
	}
	conn, err := nats.Connect(joinURLs(b.opt.URLs), natsOptions...)
	if err != nil {
		return fault.As(err, fault.Unavailable, op, joinURLs(b.opt.URLs))
	}
	b.conn = conn
	b.js, err = jetstream.New(conn, jetstream.WithPublishAsyncMaxPending(publishWindow*64), jetstream.WithPublishAsyncTimeout(publishTimeout))
	if err != nil {
		return fault.As(err, fault.Unavailable, op, "")
	}
	if b.server != nil {
		b.claims = newLocalClaims()
	} else {
		b.claims = &clusterClaims{js: b.js, replicas: b.opt.Replicas, log: b.opt.Log}
	}
	return nil
}

// Close disconnects and stops the embedded server; what is stored stays. Consume and Listen calls end with an error
// if their context has not ended before.
//
// Calling it again does nothing.
func (b *Bus) Close() error {
	if b.closed.Swap(true) {
		return nil
	}
	if b.conn != nil {
		b.conn.Close()
	}
	if b.server != nil {
		b.server.Shutdown()
		b.server.WaitForShutdown()
	}
	if b.disk != nil {
		b.disk.close()
	}
	if b.lock != nil {
		return b.lock.release()
	}
	return nil
}

// Healthy reports whether the engine answers and can store. It is for readiness checks.
func (b *Bus) Healthy(ctx context.Context) error {
	if err := b.disk.refuse("jetstream.Healthy", ""); err != nil {
		return err
	}
	if _, err := b.js.AccountInfo(ctx); err != nil {
		return toFault(ctx, err, "jetstream.Healthy", "")
	}
	return nil
}

// toFault classifies an error of the NATS libraries.
func toFault(ctx context.Context, err error, op, key string) error {
	kind := fault.Unavailable
	var api *jetstream.APIError
	switch {
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		kind = fault.Canceled
	case errors.As(err, &api) && isFull(api):
		kind = fault.Limited
	case errors.Is(err, nats.ErrMaxPayload):
		kind = fault.Invalid
	}
	return fault.As(err, kind, op, key)
}
