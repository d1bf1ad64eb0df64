package jetstream

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// claims decide which reader has a partition. hold calls work while this process owns name, with a context that ends
// when the claim is lost, and returns nil without calling it when somebody else owns it.
type claims interface {
	hold(ctx context.Context, name string, work func(context.Context) error) error
}

// claimRetry is how often a reader without a claim asks again.
const claimRetry = 2 * time.Second

// localClaims are for the readers of one process.
type localClaims struct {
	mu   sync.Mutex
	held map[string]bool
}

func newLocalClaims() *localClaims { return &localClaims{held: map[string]bool{}} }

func (l *localClaims) hold(ctx context.Context, name string, work func(context.Context) error) error {
	l.mu.Lock()
	taken := l.held[name]
	l.held[name] = true
	l.mu.Unlock()
	if taken {
		return nil
	}
	defer func() {
		l.mu.Lock()
		delete(l.held, name)
		l.mu.Unlock()
	}()
	return work(ctx)
}

const (
	claimBucket = "referee-claims"
	claimLife   = 10 * time.Second // an owner that was not heard of for so long has lost its claim
	claimRenew  = 3 * time.Second
)

// clusterClaims keep claims in a key-value bucket whose entries expire. A paused owner may work on for a moment after
// it lost a claim: its handler's work must be idempotent, which the contract of the activity log asks anyway.
type clusterClaims struct {
	js       jetstream.JetStream
	replicas int
	log      *slog.Logger

	mu sync.Mutex
	kv jetstream.KeyValue
}

func (c *clusterClaims) bucket(ctx context.Context) (jetstream.KeyValue, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kv != nil {
		return c.kv, nil
	}
	kv, err := c.js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: claimBucket, TTL: claimLife, History: 1, Replicas: c.replicas})
	if err != nil {
		return nil, err
	}
	c.kv = kv
	return kv, nil
}

func (c *clusterClaims) hold(ctx context.Context, name string, work func(context.Context) error) error {
	kv, err := c.bucket(ctx)
	if err != nil {
		return err
	}
	revision, err := kv.Create(ctx, name, []byte("held"))
	if errors.Is(err, jetstream.ErrKeyExists) {
		return nil
	}
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	renewed := make(chan uint64, 1)
	go func() {
		defer cancel()
		renewed <- c.renew(ctx, kv, name, revision)
	}()
	err = work(ctx)
	cancel()
	last := <-renewed
	// Giving the claim up lets the next owner begin at once. The release has its own time: ctx has ended.
	release, done := context.WithTimeout(context.WithoutCancel(ctx), claimRenew)
	defer done()
	if delErr := kv.Delete(release, name, jetstream.LastRevision(last)); delErr != nil {
		c.log.Debug("bus claim was not given up", "claim", name, "err", delErr)
	}
	return err
}

// renew keeps a claim alive until ctx ends or the claim is lost, and returns its last revision.
func (c *clusterClaims) renew(ctx context.Context, kv jetstream.KeyValue, name string, revision uint64) uint64 {
	tick := time.NewTicker(claimRenew)
	defer tick.Stop()
	failedSince := time.Time{}
	for {
		select {
		case <-ctx.Done():
			return revision
		case now := <-tick.C:
			next, err := kv.Update(ctx, name, []byte("held"), revision)
			switch {
			case err == nil:
				revision, failedSince = next, time.Time{}
			case ctx.Err() != nil:
				return revision
			case errors.Is(err, jetstream.ErrKeyExists), !failedSince.IsZero() && now.Sub(failedSince) >= claimLife-2*claimRenew:
				c.log.Warn("bus claim was lost", "claim", name, "err", err)
				return revision
			case failedSince.IsZero():
				failedSince = now
			}
		}
	}
}
