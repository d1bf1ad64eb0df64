package gateway

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

// reconcileEvery is how often missed revocations are read from the store. A broadcast that was lost costs no more than
// this, which keeps "within a second" true without it.
const reconcileEvery = 500 * time.Millisecond

// Run hears revocations and device changes, repairs what was missed, and ends files that were left half fetched, until
// ctx ends. It returns when all of it has stopped.
func (g *Gateway) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	listen := func(signal bus.Signal, handle func([]byte)) {
		wg.Go(func() {
			for ctx.Err() == nil {
				if err := g.parts.Signals.Listen(ctx, signal, handle); err != nil && ctx.Err() == nil {
					g.log.Error("signals not heard", "signal", signal, "err", err)
				}
				select {
				case <-ctx.Done():
				case <-time.After(time.Second):
				}
			}
		})
	}
	if g.parts.Signals != nil {
		if g.parts.Revocations != nil {
			listen(bus.SignalRevoked, func(data []byte) { g.revoked(ctx, data) })
		}
		if g.parts.Refresh != nil {
			listen(bus.SignalDevice, func(data []byte) { g.deviceChanged(ctx, data) })
		}
	}
	if g.parts.Revocations != nil {
		wg.Go(func() {
			err := g.parts.Revocations.Run(ctx, reconcileEvery, func(err error) {
				g.log.Error("revocations not reconciled", "err", err)
			})
			if err != nil && ctx.Err() == nil {
				g.log.Error("reconciling ended", "err", err)
			}
		})
	}
	wg.Go(func() { g.files.run(ctx, g) })
	wg.Wait()
	return nil
}

func (g *Gateway) revoked(ctx context.Context, data []byte) {
	var r session.Revocation
	if err := json.Unmarshal(data, &r); err != nil || r.Tenant == "" {
		g.log.Error("revocation not understood", "err", err)
		return // the next reconciliation reads it from the store
	}
	if err := g.parts.Revocations.Apply(ctx, r); err != nil {
		g.log.Error("revocation gap not filled", "tenant", r.Tenant, "err", err)
	}
}

// deviceChanged re-reads a session. The payload is "<tenant>/<session id>".
func (g *Gateway) deviceChanged(ctx context.Context, data []byte) {
	tenant, id, ok := strings.Cut(string(data), "/")
	if !ok {
		g.log.Error("device signal not understood", "data", string(data))
		return
	}
	g.asked.forget(model.SessionID(id))
	if err := g.parts.Refresh(ctx, model.TenantID(tenant), model.SessionID(id)); err != nil && !fault.Is(err, fault.NotFound) {
		g.log.Error("session not read again", "tenant", tenant, "session", id, "err", err)
	}
}

// guard calls cut once when the request's session ends while something long goes on. The returned function ends the guard
// and says whether it has fired; it must be called.
func (h *hop) guard(cut func()) func() bool {
	over, stop := h.g.parts.Sessions.Watch(h.entry)
	done := make(chan struct{})
	var fired atomic.Bool
	var wg sync.WaitGroup
	h.g.counts.open.Add(1)
	wg.Go(func() {
		select {
		case <-over:
			fired.Store(true)
			cut()
		case <-done:
		}
	})
	return func() bool {
		close(done)
		wg.Wait()
		stop()
		h.g.counts.open.Add(-1)
		return fired.Load()
	}
}
