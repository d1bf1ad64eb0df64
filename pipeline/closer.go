package pipeline

import (
	"context"
	"log/slog"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// Intents lists intents that have no outcome and whose time is before before, the oldest first. The activity log's
// embedded engine is one.
type Intents interface {
	OpenIntents(ctx context.Context, tenant model.TenantID, before time.Time, limit int) ([]model.Activity, error)
}

// Publisher records that an intent's writer was not heard of again. [activitylog.Recorder] is one.
type Publisher interface {
	Unknown(ctx context.Context, a *model.Activity) error
}

// CloserOptions configure a [Closer]. Tenants is required.
type CloserOptions struct {
	Tenants func() []model.TenantID
	Age     time.Duration // after which an intent without an outcome is closed; 0 means 15 minutes
	Every   time.Duration // between runs; 0 means one minute

	// Started is when the only process that writes intents began: older ones belong to a predecessor that died, and are
	// closed as soon as the bus has had ten seconds to bring their outcomes. Zero where several processes write.
	Started time.Time

	Now func() time.Time
	Log *slog.Logger
}

const (
	closerPage   = 500
	closerSettle = 10 * time.Second
)

// Closer closes intents that were left alone as unknown. An outcome that comes later beats it by its revision: an
// action may last longer than Age. One process at a time runs it, under a lease.
type Closer struct {
	intents Intents
	rec     Publisher
	opt     CloserOptions
}

// NewCloser makes a closer.
func NewCloser(intents Intents, rec Publisher, opt CloserOptions) *Closer {
	if opt.Age <= 0 {
		opt.Age = 15 * time.Minute
	}
	if opt.Every <= 0 {
		opt.Every = time.Minute
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	return &Closer{intents, rec, opt}
}

// Run closes again and again until ctx ends; then it returns nil. Give it to a lease keeper.
func (c *Closer) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		closed, err := c.RunOnce(ctx)
		if err != nil && ctx.Err() == nil {
			c.opt.Log.Warn("intents can't be closed", "err", err)
		}
		if closed > 0 {
			c.opt.Log.Info("intents were closed as unknown", "count", closed)
		}
		next := c.opt.Every
		if s := c.settled(); !c.opt.Started.IsZero() && s > 0 {
			next = min(next, s)
		}
		timer.Reset(next)
	}
}

// settled is how long until a predecessor's intents may be closed; not positive when they may.
func (c *Closer) settled() time.Duration {
	return c.opt.Started.Add(closerSettle).Sub(c.opt.Now())
}

// RunOnce closes what is due, at most 500 a tenant, and returns how many. What the pipeline has not stored yet may be
// closed twice, to no effect. One tenant's failure does not keep the others'; the first error is returned.
func (c *Closer) RunOnce(ctx context.Context) (closed int, err error) {
	const op = "pipeline.Close"
	if c.opt.Tenants == nil {
		return 0, fault.New(fault.Internal, op, "nothing lists the tenants")
	}
	tenants := c.opt.Tenants()
	before := c.opt.Now().Add(-c.opt.Age)
	if !c.opt.Started.IsZero() && c.settled() <= 0 && c.opt.Started.After(before) {
		before = c.opt.Started
	}
	var first error
	for _, tenant := range tenants {
		open, err := c.intents.OpenIntents(ctx, tenant, before, closerPage)
		for i := range open {
			if err != nil {
				break
			}
			if err = c.rec.Unknown(ctx, &open[i]); err == nil {
				closed++
			}
		}
		if err != nil && first == nil {
			first = fault.Wrap(err, op, string(tenant))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return closed, first
}
