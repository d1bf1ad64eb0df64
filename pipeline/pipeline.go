package pipeline

import (
	"context"
	"log/slog"
	"time"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// Enricher completes an activity's network and agent. Doing it twice changes nothing. [enrich.Enricher] is one.
type Enricher interface {
	Activity(a *model.Activity)
}

// Sink takes activities after they were committed: detection, policies, alerts. It is called for one batch of one
// partition at a time, for several partitions at once, and must not change the activities. An error makes the batch
// come again, to all sinks; a sink that can't use an activity at all returns nil and tells in its own way.
type Sink interface {
	Activities(ctx context.Context, activities []model.Activity) error
}

// Options configure a [Pipeline]. The zero value is usable.
type Options struct {
	Name        string        // of the durable consumer; "" means "pipeline"
	MaxBatch    int           // messages; 0 means 4,000
	MaxWait     time.Duration // how long a batch that isn't full waits; 0 means 100 ms
	Appends     int           // files of one batch that are written at once; 0 means 16
	ParkAfter   int           // attempts before rows of one unusable file go to the dead letters; 0 means 20, about 90 s
	Enrich      Enricher      // nil changes nothing
	Sinks       []Sink
	DeadLetters DeadLetters // nil counts and logs them; rows of an unusable file then wait for it
	Now         func() time.Time
	Log         *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Name == "" {
		o.Name = "pipeline"
	}
	if o.MaxBatch <= 0 {
		o.MaxBatch = 4000
	}
	if o.MaxWait <= 0 {
		o.MaxWait = 100 * time.Millisecond
	}
	if o.Appends <= 0 {
		o.Appends = 16
	}
	if o.ParkAfter <= 0 {
		o.ParkAfter = 20
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Pipeline is the consumer of activities. Safe for concurrent use.
type Pipeline struct {
	Tails

	bus    bus.Bus
	log    activitylog.Writer
	opt    Options
	recent recent
	unfit  unfit
	counts counts
}

// New makes a pipeline that reads b and writes log.
func New(b bus.Bus, log activitylog.Writer, opt Options) *Pipeline {
	return &Pipeline{bus: b, log: log, opt: opt.withDefaults()}
}

// Run consumes until ctx ends; then it returns nil.
func (p *Pipeline) Run(ctx context.Context) error {
	options := bus.ConsumeOptions{MaxBatch: p.opt.MaxBatch, MaxWait: p.opt.MaxWait}
	return fault.Wrap(p.bus.Consume(ctx, bus.TopicActivity, p.opt.Name, options, p.handle), "pipeline.Run", p.opt.Name)
}

// handle brings one batch of one partition all the way. An error makes it come again.
func (p *Pipeline) handle(ctx context.Context, deliveries []bus.Delivery) error {
	work := p.decode(ctx, deliveries)
	if err := p.appendAll(ctx, work); err != nil {
		p.counts.retries.Add(1)
		return err
	}
	fresh := work.fresh()
	if len(fresh) > 0 {
		for _, s := range p.opt.Sinks {
			if err := s.Activities(ctx, fresh); err != nil {
				p.counts.sinkErrors.Add(1)
				return fault.Wrap(err, "pipeline.Sink", "")
			}
		}
	}
	p.recent.add(fresh)
	p.Tails.send(fresh)
	p.counts.done(len(deliveries), len(fresh), p.opt.Now().Sub(deliveries[0].Stored))
	return nil
}

// decode reads, enriches and sorts a batch by file.
func (p *Pipeline) decode(ctx context.Context, deliveries []bus.Delivery) *work {
	w := &work{
		partition: deliveries[0].Partition,
		first:     deliveries[0].Sequence,
		last:      deliveries[len(deliveries)-1].Sequence,
		attempt:   deliveries[0].Attempt,
		at:        map[fileKey]int{},
	}
	for i := range deliveries {
		d := &deliveries[i]
		a, err := activitylog.Decode(d.Data)
		if err == nil && a.Tenant != d.Tenant {
			err = fault.New(fault.Invalid, "pipeline.Decode", "the activity is of tenant %q, its message of %q", a.Tenant, d.Tenant)
		}
		if err != nil {
			if d.Attempt <= 1 { // not again when the batch comes again
				p.bury(ctx, d.Tenant, d.Partition, d.Sequence, d.Data, err)
			}
			continue
		}
		if p.recent.has(&a) || !w.unseen(&a) {
			p.counts.duplicates.Add(1)
			continue
		}
		if p.opt.Enrich != nil {
			p.opt.Enrich.Activity(&a)
		}
		w.add(a, d.Sequence)
	}
	return w
}

// bury puts a message that is no activity away. It never stops the others: a letter that can't be kept is logged whole.
func (p *Pipeline) bury(ctx context.Context, tenant model.TenantID, partition int, sequence uint64, data []byte, cause error) {
	p.counts.deadLetters.Add(1)
	letter := DeadLetter{Tenant: tenant, Partition: partition, Sequence: sequence, Reason: cause.Error(), At: p.opt.Now().UTC(), Data: data}
	if p.opt.DeadLetters == nil {
		p.opt.Log.Error("message is no activity", "tenant", tenant, "sequence", sequence, "err", cause)
		return
	}
	if err := p.opt.DeadLetters.Put(ctx, letter); err != nil {
		// fail open: the message was never an activity, and those behind it are.
		p.opt.Log.Error("dead letter can't be kept", "tenant", tenant, "sequence", sequence, "err", err, "cause", cause)
	}
}
