package session

import (
	"context"
	"log/slog"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// Apply drops the sessions that a revocation ends and cuts who watches them. It is quick, and does not touch
// the store.
func (c *Cache) Apply(r Revocation) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gen++
	if r.Session != "" {
		if st := c.states[stateID{r.Tenant, r.Session}]; st != nil {
			c.kill(st)
		}
		return
	}
	for id, st := range c.states {
		if id.tenant == r.Tenant && r.Hits(st.session.Load()) {
			c.kill(st)
		}
	}
}

// end is kill for a session that is over by itself.
func (c *Cache) end(st *state) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kill(st)
}

// kill makes a session unusable here; the caller holds c.mu.
func (c *Cache) kill(st *state) {
	if st.dead.Swap(true) {
		return
	}
	if st.cut != nil {
		close(st.cut)
	}
	for _, e := range st.entries {
		c.remove(e)
	}
	st.entries = nil
	if c.states[st.id] == st {
		delete(c.states, st.id)
	}
}

// remove takes an entry out of its shard; the caller holds c.mu.
func (c *Cache) remove(e *Entry) {
	sh := &c.shards[e.id.shard()]
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.entries[e.id] == e {
		delete(sh.entries, e.id)
	}
}

// Refresh reads a session anew when its facts have changed, such as the device's proofs. Entries stay. When the
// store does not answer, the session's entries are dropped instead: the next request reads it.
func (c *Cache) Refresh(ctx context.Context, tenant model.TenantID, id model.SessionID) error {
	c.mu.Lock()
	c.gen++
	st := c.states[stateID{tenant, id}]
	c.mu.Unlock()
	if st == nil {
		return nil
	}
	err := c.reread(ctx, st, c.opt.Now())
	if err == nil || fault.Is(err, fault.Unauthenticated) {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range st.entries {
		c.remove(e)
	}
	st.entries = nil
	c.release(st)
	return fault.Wrap(err, "session.Refresh", string(id))
}

// Forget drops the entries of an app session, so that it is read anew: when its notice was acknowledged, say.
func (c *Cache) Forget(tenant model.TenantID, id model.SessionID, appSession string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gen++
	st := c.states[stateID{tenant, id}]
	if st == nil {
		return
	}
	kept := st.entries[:0]
	for _, e := range st.entries {
		if e.App.ID == appSession {
			c.remove(e)
		} else {
			kept = append(kept, e)
		}
	}
	clear(st.entries[len(kept):])
	st.entries = kept
	c.release(st)
}

// Len returns how many entries there are.
func (c *Cache) Len() int {
	n := 0
	for i := range c.shards {
		c.shards[i].mu.RLock()
		n += len(c.shards[i].entries)
		c.shards[i].mu.RUnlock()
	}
	return n
}

// Run writes LastSeen, at most once a minute a session, and cuts watchers of sessions that are over, until ctx
// ends; what then waits is still written.
func (c *Cache) Run(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			for len(c.touch) > 0 {
				c.writeSeen(ctx, <-c.touch)
			}
			return nil
		case st := <-c.touch:
			c.writeSeen(ctx, st)
		case <-tick.C:
			c.sweep(ctx)
		}
	}
}

func (c *Cache) writeSeen(ctx context.Context, st *state) {
	if st.dead.Load() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout) // also while Run is ending
	defer cancel()
	at := time.Unix(0, st.lastSeen.Load()).UTC()
	if err := c.opt.Sessions.TouchSession(ctx, st.id.tenant, st.id.id, at); err != nil {
		// fail open: the session lives on here; it only may end early elsewhere.
		c.opt.Log.LogAttrs(ctx, slog.LevelWarn, "last use of a session not written", slog.String("session", string(st.id.id)), slog.Any("err", err))
	}
}

// sweep ends watched sessions that nothing else would look at.
func (c *Cache) sweep(ctx context.Context) {
	now := c.opt.Now()
	var over, idle []*state
	c.mu.Lock()
	for _, st := range c.states {
		s := st.session.Load()
		switch {
		case st.watchers == 0:
		case !now.Before(s.Expires):
			over = append(over, st)
		case s.Idle > 0 && now.UnixNano()-st.lastSeen.Load() >= int64(s.Idle):
			idle = append(idle, st)
		}
	}
	c.mu.Unlock()
	for _, st := range over {
		c.end(st)
	}
	for _, st := range idle {
		// When the store does not answer, the next second asks again: the streams of a person who may be
		// active elsewhere are not cut for it (fail open: idle is a convenience limit, the absolute one holds).
		if err := c.reread(ctx, st, now); err != nil && !fault.Is(err, fault.Unauthenticated) {
			c.opt.Log.LogAttrs(ctx, slog.LevelWarn, "idle session can't be checked", slog.String("session", string(st.id.id)), slog.Any("err", err))
		}
	}
}
