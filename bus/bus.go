// Package bus is the contract of the message bus that joins what happens in line to what happens beside it.
//
// It owns subjects, messages, delivery rules and errors. It does not own an engine: bus/jetstream runs NATS
// JetStream inside the process or talks to a cluster, and bus/bustest holds the conformance suite every
// engine passes. Layer L1. Begin with [Bus].
package bus

import (
	"context"
	"strings"
	"time"

	"github.com/referee-casb/referee/model"
)

// Topic is a stream of messages of one meaning, shared by all tenants.
type Topic string

// The topics.
const (
	TopicActivity Topic = "activity" // model.Activity as JSON, one a message
)

// Signal is a broadcast subject: small, lossy, repaired by epochs.
type Signal string

// The signals.
const (
	SignalRevoked Signal = "revoked" // payload: session.Revocation as JSON
	SignalPolicy  Signal = "policy"  // payload: tenant id; its rule book has a new epoch
	SignalCatalog Signal = "catalog" // payload: tenant id; its apps or hosts have a new epoch
	SignalDevice  Signal = "device"  // payload: "<tenant>/<session id>" whose device facts changed
)

// Message is one thing to keep until every consumer has it.
type Message struct {
	Topic  Topic
	Tenant model.TenantID
	Key    string // messages of one tenant and key are delivered in order
	ID     string // the same id within the engine's duplicate window is stored once
	Data   []byte
}

// Delivery is a message as a consumer gets it, with its place in the stream.
type Delivery struct {
	Message
	Partition int    // 0 … partitions-1, by tenant and key
	Sequence  uint64 // grows within a partition
	Attempt   int    // from 1
	Stored    time.Time
}

// Bus keeps messages until they are consumed and tells every process of signals.
//
// All methods are safe for concurrent use. The process that opened an engine closes it.
type Bus interface {
	// Publish returns when every message is stored (with `sync: always`, on disk). It returns a fault of kind
	// Limited when the bus is at its byte limit (nothing of the failed message was stored) and Unavailable
	// when the engine does not answer. Any other message of the call may have been stored; publishing all again with
	// the same ids stores none twice within the engine's duplicate window.
	Publish(ctx context.Context, messages ...Message) error

	// Consume delivers batches of one topic to handle until ctx ends, as the durable consumer named name. A
	// batch holds messages of one partition in order. When handle returns nil the batch is acknowledged;
	// otherwise it comes again, later and in the same order. Several processes with one name share the work,
	// never one partition at a time.
	Consume(ctx context.Context, topic Topic, name string, opt ConsumeOptions, handle func(context.Context, []Delivery) error) error

	// Broadcast tells all processes, this one included, at most once each, within a second.
	Broadcast(ctx context.Context, signal Signal, data []byte) error

	// Listen calls handle for each broadcast until ctx ends. handle must be quick.
	Listen(ctx context.Context, signal Signal, handle func(data []byte)) error
}

// ConsumeOptions bounds a batch. Zero values take the engine's defaults (500 messages, 200 ms).
type ConsumeOptions struct {
	MaxBatch int
	MaxWait  time.Duration // how long a batch that isn't full may wait
}

// Usage is an engine's fill level.
type Usage struct {
	Bytes, Limit uint64
	Messages     uint64
}

// Alarmer is the optional ability to tell how full the bus is.
type Alarmer interface {
	Usage(ctx context.Context) (Usage, error)
}

// Partition maps a tenant and key to one of n partitions (FNV-1a, 32 bits), the same in every process.
func Partition(tenant model.TenantID, key string, n int) int {
	h := uint32(2166136261)
	for _, s := range []string{string(tenant), "\x00", key} {
		for i := range len(s) {
			h = (h ^ uint32(s[i])) * 16777619
		}
	}
	return int(h % uint32(n))
}

// Subject joins parts into a subject; a part may hold no dot, space or wildcard, so others are replaced by _.
func Subject(parts ...string) string {
	clean := strings.NewReplacer(".", "_", " ", "_", "*", "_", ">", "_")
	out := make([]string, len(parts))
	for i, p := range parts {
		out[i] = clean.Replace(p)
	}
	return strings.Join(out, ".")
}
