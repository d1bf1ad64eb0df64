package jetstream

import (
	"log/slog"
	"time"

	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/fault"
)

// Options configure a bus. Either Dir or URLs is set.
type Options struct {
	Dir  string   // store of the server inside the process; made if absent
	URLs []string // servers of a NATS cluster to use instead, such as tls://nats-1:4222

	CredentialsFile string // NATS credentials (JWT and seed) for the cluster
	CAFile          string // certificate authority of the cluster
	CertFile        string // client certificate for the cluster
	KeyFile         string // its key

	SyncAlways      bool          // fsync before a message is acknowledged; in a cluster, the servers' own setting counts
	MaxBytes        int64         // bytes a topic may hold; 0 means 2 GiB
	MaxMessage      int           // bytes of one message; 0 means 4 MiB
	Reserve         int64         // bytes of the disk that stay free: below, nothing is taken; 0 means 64 MiB
	Partitions      int           // 0 means 4; a topic's partitions may grow and never shrink
	Replicas        int           // copies in a cluster; 0 means 1
	DuplicateWindow time.Duration // 0 means two minutes

	// Consumers are the durable consumers that exist from the start, by topic. nil means "pipeline" on activities.
	Consumers map[bus.Topic][]string

	Now func() time.Time // nil means time.Now
	Log *slog.Logger     // nil discards
}

// withDefaults returns the options with every default in place, or what is wrong with them.
func (o Options) withDefaults() (Options, error) {
	if (o.Dir == "") == (len(o.URLs) == 0) {
		return o, &fault.Error{
			Kind: fault.Invalid, Op: "jetstream.Open", Msg: "exactly one of a directory and cluster addresses is needed",
			Help: "set bus.dir for one machine or bus.urls for a cluster",
		}
	}
	switch {
	case o.MaxBytes < 0, o.MaxMessage < 0, o.Partitions < 0, o.Replicas < 0, o.Reserve < 0, o.DuplicateWindow < 0:
		return o, fault.New(fault.Invalid, "jetstream.Open", "limits can't be negative")
	case o.Partitions > 256:
		return o, fault.New(fault.Invalid, "jetstream.Open", "at most 256 partitions, not %d", o.Partitions)
	}
	orInt := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	orInt(&o.MaxMessage, 4<<20)
	orInt(&o.Partitions, 4)
	orInt(&o.Replicas, 1)
	if o.MaxBytes == 0 {
		o.MaxBytes = 2 << 30
	}
	if o.Reserve == 0 {
		o.Reserve = 64 << 20
	}
	if o.DuplicateWindow == 0 {
		o.DuplicateWindow = 2 * time.Minute
	}
	if o.Consumers == nil {
		o.Consumers = map[bus.Topic][]string{bus.TopicActivity: {"pipeline"}}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o, nil
}
