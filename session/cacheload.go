package session

import (
	"context"
	"encoding/base64"
	"sync"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// Shards keep requests on different processors from waiting for each other.
const shardCount = 64

// Unknown cookies are remembered for a moment, so that a client which repeats one does not become store reads.
const (
	absentFor = 2 * time.Second
	absentMax = 1024 // a shard
)

const (
	kindCookie byte = iota
	kindLookup
	kindLabel
)

type entryID struct {
	sum  [32]byte
	kind byte
}

func (id *entryID) shard() int { return int(id.sum[0]) % shardCount }

// hash is the id's sum as stores know it.
func (id *entryID) hash() string { return base64.RawURLEncoding.EncodeToString(id.sum[:]) }

type shard struct {
	mu      sync.RWMutex
	entries map[entryID]*Entry
	absent  map[entryID]int64 // until when, Unix nanoseconds
}

func (s *shard) get(id entryID) *Entry {
	s.mu.RLock()
	e := s.entries[id]
	s.mu.RUnlock()
	return e
}

func (s *shard) isAbsent(id entryID, now time.Time) bool {
	s.mu.RLock()
	until, ok := s.absent[id]
	s.mu.RUnlock()
	return ok && now.UnixNano() < until
}

func (s *shard) setAbsent(id entryID, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.absent) >= absentMax {
		clear(s.absent)
	}
	s.absent[id] = now.Add(absentFor).UnixNano()
}

// load reads an entry from the store, once for all who ask at the same time.
func (c *Cache) load(ctx context.Context, tenant model.TenantID, id entryID, secret Secret) (*Entry, error) {
	key := string(tenant) + "\x00" + string(id.kind) + string(id.sum[:])
	got, err, _ := c.flight.Do(key, func() (any, error) {
		// Others wait for this reading too, so it does not end with the first one's request.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
		defer cancel()
		return c.read(ctx, tenant, id, secret)
	})
	if err != nil {
		if fault.Is(err, fault.Unauthenticated) {
			c.shards[id.shard()].setAbsent(id, c.opt.Now())
		}
		return nil, err
	}
	return got.(*Entry), nil
}

func (c *Cache) read(ctx context.Context, tenant model.TenantID, id entryID, secret Secret) (*Entry, error) {
	for range loadTries {
		c.mu.Lock()
		gen := c.gen
		c.mu.Unlock()
		e, s, err := c.fetch(ctx, tenant, id, secret)
		if err != nil {
			return nil, err
		}
		if c.insert(e, s, gen) {
			return e, nil
		}
	}
	// Something is revoked or changed all the time; fail closed rather than trust a reading from before.
	return nil, fault.New(fault.Unavailable, "session.Find", "sessions change faster than they can be read")
}

// fetch reads what stands behind a secret.
func (c *Cache) fetch(ctx context.Context, tenant model.TenantID, id entryID, secret Secret) (*Entry, *Session, error) {
	e := &Entry{Tenant: tenant, id: id}
	app, wrapped, err := c.fetchApp(ctx, tenant, id, e)
	if err == nil && !app.Revoked.IsZero() {
		err = errNotLive
	}
	var s Session
	if err == nil {
		s, err = c.opt.Sessions.Session(ctx, tenant, app.Session)
	}
	switch {
	case err == errNotLive || fault.Is(err, fault.NotFound):
		return nil, nil, errNotLive
	case err != nil:
		return nil, nil, unavailable(err) // fail closed: who this is can't be told
	case !s.Live(c.opt.Now()):
		return nil, nil, errNotLive
	}
	if e.Key, err = unwrapKey(c.opt.Vault, tenant, app.ID, secret, wrapped); fault.Is(err, fault.Denied) {
		return nil, nil, errNotLive // the row was tampered with, or a vault key is gone
	} else if err != nil {
		return nil, nil, unavailable(err)
	}
	e.App = &app
	return e, &s, nil
}

// fetchApp finds the app session and the wrapped key for an id.
func (c *Cache) fetchApp(ctx context.Context, tenant model.TenantID, id entryID, e *Entry) (app AppSession, wrapped []byte, err error) {
	switch id.kind {
	case kindLookup:
		app, err = c.opt.Apps.ByLookup(ctx, tenant, id.hash())
		return app, app.LookupKey, err
	case kindLabel:
		app, err = c.opt.Apps.ByLabel(ctx, tenant, id.hash())
		return app, app.LabelKey, err
	}
	cookie, err := c.opt.Codes.HostCookie(ctx, tenant, id.hash())
	if err != nil {
		return app, nil, err
	}
	e.Host = cookie.Host
	app, err = c.opt.Apps.AppSession(ctx, tenant, cookie.AppSession)
	return app, cookie.WrappedKey, err
}

// insert makes an entry findable, unless something was revoked or changed since its reading began.
func (c *Cache) insert(e *Entry, s *Session, gen uint64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gen != gen {
		return false
	}
	sid := stateID{e.Tenant, s.ID}
	st := c.states[sid]
	if st == nil {
		st = &state{id: sid}
		st.written.Store(s.LastSeen.UnixNano())
		c.states[sid] = st
	}
	c.adopt(st, s)
	e.state = st
	e.Jar = c.opt.Jars.Jar(e.Tenant, e.App.ID, e.Key)
	e.seen.Store(c.opt.Now().Unix())
	st.entries = append(st.entries, e)
	sh := &c.shards[e.id.shard()]
	sh.mu.Lock()
	old := sh.entries[e.id]
	sh.entries[e.id] = e
	evict := sh.oldest(max(1, c.opt.Max/shardCount), e)
	sh.mu.Unlock()
	for _, gone := range []*Entry{old, evict} {
		if gone != nil {
			c.detach(gone)
		}
	}
	return true
}

// oldest takes out one of the longest unused entries when there are more than limit; the caller holds s.mu. It
// looks at a few, in the map's random order: good enough, and quick.
func (s *shard) oldest(limit int, keep *Entry) *Entry {
	if len(s.entries) <= limit {
		return nil
	}
	var found *Entry
	looked := 0
	for _, e := range s.entries {
		if e != keep && (found == nil || e.seen.Load() < found.seen.Load()) {
			found = e
		}
		if looked++; looked == 8 {
			break
		}
	}
	if found != nil {
		delete(s.entries, found.id)
	}
	return found
}

// detach takes an entry, which no shard has any more, off its state; the caller holds c.mu.
func (c *Cache) detach(e *Entry) {
	st := e.state
	for i, other := range st.entries {
		if other == e {
			st.entries[i] = st.entries[len(st.entries)-1]
			st.entries[len(st.entries)-1] = nil
			st.entries = st.entries[:len(st.entries)-1]
			break
		}
	}
	c.release(st)
}

// release forgets a state that nobody needs; the caller holds c.mu.
func (c *Cache) release(st *state) {
	if len(st.entries) == 0 && st.watchers == 0 && c.states[st.id] == st {
		delete(c.states, st.id)
	}
}
