package session

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// CacheOptions configures [NewCache].
type CacheOptions struct {
	Sessions Store
	Apps     AppStore
	Codes    CodeStore
	Jars     *Jars
	Vault    Sealer
	Now      func() time.Time
	Log      *slog.Logger // nil means none
	// Max bounds the entries, one for each host cookie in use. 0 means 100,000, about 500 MB when full, at ten cookies each.
	Max int
}

const (
	defaultMax   = 100_000
	loadTimeout  = 5 * time.Second
	loadTries    = 4
	touchEvery   = time.Minute
	touchWaiting = 4096
)

// Cache finds the session behind what a browser presents, on every request: by map look-up, without the store
// once it is known. It drops what a [Revocation] ends and checks lifetimes each time. All methods are safe for
// concurrent use. Its owner calls Run.
type Cache struct {
	opt    CacheOptions
	shards [shardCount]shard
	flight singleflight.Group
	touch  chan *state

	mu     sync.Mutex // guards what follows, and the entries and watchers of states
	gen    uint64     // counts revocations and changes, so that a reading from before one is not kept
	states map[stateID]*state
}

// Entry is one host cookie, look-up secret or label token that was found good, with all that a request needs.
// It is shared: read only.
type Entry struct {
	Tenant model.TenantID
	Host   string // mapped host that the cookie is for; "" for look-up and label
	App    *AppSession
	Key    *DataKey
	Jar    *Jar

	id    entryID
	state *state
	seen  atomic.Int64 // Unix seconds of the last use; what to give up when there are too many
}

// Session returns the broker session as it is now; shared, read only. Its LastSeen may lag by a minute.
func (e *Entry) Session() *Session { return e.state.session.Load() }

type stateID struct {
	tenant model.TenantID
	id     model.SessionID
}

// state is a broker session that entries stand on.
type state struct {
	id       stateID
	session  atomic.Pointer[Session]
	lastSeen atomic.Int64 // Unix nanoseconds
	written  atomic.Int64 // the lastSeen that the store has, or is about to have
	dead     atomic.Bool

	reading sync.Mutex // one rereading at a time, so that an older one never replaces a newer

	entries  []*Entry
	watchers int
	cut      chan struct{}
}

// NewCache makes an empty cache.
func NewCache(opt CacheOptions) *Cache {
	if opt.Max == 0 {
		opt.Max = defaultMax
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	c := &Cache{opt: opt, touch: make(chan *state, touchWaiting), states: map[stateID]*state{}}
	for i := range c.shards {
		c.shards[i].entries = map[entryID]*Entry{}
		c.shards[i].absent = map[entryID]int64{}
	}
	return c
}

// Find returns the entry of a host cookie's value at a mapped host, and counts as a use of the session. It is
// Unauthenticated when the value is not that of a live session at this host and tenant, and Unavailable when
// the store is needed and does not answer.
func (c *Cache) Find(ctx context.Context, tenant model.TenantID, host, value string) (*Entry, error) {
	secret, ok := ParseSecret(value)
	if !ok {
		return nil, errNotLive
	}
	e, err := c.find(ctx, tenant, kindCookie, secret)
	if err != nil {
		return nil, err
	}
	if e.Host != host {
		return nil, errNotLive // a cookie copied to another host
	}
	return e, nil
}

// FindLookup returns the entry of a look-up secret. It authorises nothing alone: the caller has checked that
// the request is no navigation and that its origin is a mapped host whose app session lists this one.
func (c *Cache) FindLookup(ctx context.Context, tenant model.TenantID, lookup Secret) (*Entry, error) {
	if _, ok := ParseSecret(string(lookup)); !ok {
		return nil, errNotLive
	}
	return c.find(ctx, tenant, kindLookup, lookup)
}

// FindLabel returns the entry of a label token, for anonymous hosts.
func (c *Cache) FindLabel(ctx context.Context, tenant model.TenantID, token string) (*Entry, error) {
	if !isLabelToken(token) {
		return nil, errNotLive
	}
	return c.find(ctx, tenant, kindLabel, Secret(token))
}

// errNotLive is shared: strangers knock often, and each time for nothing.
var errNotLive error = &fault.Error{Kind: fault.Unauthenticated, Op: "session.Find", Msg: "no live session"}

func (c *Cache) find(ctx context.Context, tenant model.TenantID, kind byte, secret Secret) (*Entry, error) {
	id := idOf(kind, secret)
	sh := &c.shards[id.shard()]
	now := c.opt.Now()
	e := sh.get(id)
	if e == nil {
		if sh.isAbsent(id, now) {
			return nil, errNotLive
		}
		var err error
		if e, err = c.load(ctx, tenant, id, secret); err != nil {
			return nil, err
		}
	}
	if e.Tenant != tenant {
		return nil, errNotLive
	}
	if err := c.use(ctx, e.state, now); err != nil {
		return nil, err
	}
	if s := now.Unix(); e.seen.Load() != s {
		e.seen.Store(s)
	}
	return e, nil
}

// Touch counts as a use of the session: for frames of a WebSocket and pieces of a long transfer.
func (c *Cache) Touch(ctx context.Context, e *Entry) error { return c.use(ctx, e.state, c.opt.Now()) }

// use checks that a session is live and moves LastSeen forward.
func (c *Cache) use(ctx context.Context, st *state, now time.Time) error {
	if st.dead.Load() {
		return errNotLive
	}
	s := st.session.Load()
	if !now.Before(s.Expires) {
		c.end(st)
		return errNotLive
	}
	last := st.lastSeen.Load()
	if s.Idle > 0 && now.UnixNano()-last >= int64(s.Idle) {
		// Another gateway may have seen the person meanwhile.
		if err := c.reread(ctx, st, now); err != nil {
			return err // fail closed: whether the session is over can't be told
		}
	}
	// A coarse step keeps the cache line from changing with every request; a lifetime is not that exact.
	if n := now.UnixNano(); n-last >= int64(time.Second) {
		st.lastSeen.CompareAndSwap(last, n)
		if w := st.written.Load(); n-w >= int64(writeEvery(s)) && st.written.CompareAndSwap(w, n) {
			select {
			case c.touch <- st:
			default: // so many at once that they can't be written: the next use tries again
				st.written.Store(w)
			}
		}
	}
	return nil
}

// writeEvery is how often LastSeen is written: once a minute, or oftener when the idle limit is so short that a
// minute's lag would end sessions in use.
func writeEvery(s *Session) time.Duration {
	if s.Idle > 0 {
		return min(touchEvery, s.Idle/4)
	}
	return touchEvery
}

// reread takes a session from the store anew and ends it here when it is over.
func (c *Cache) reread(ctx context.Context, st *state, now time.Time) error {
	st.reading.Lock()
	defer st.reading.Unlock()
	s, err := c.opt.Sessions.Session(ctx, st.id.tenant, st.id.id)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return unavailable(err)
	}
	if here := time.Unix(0, st.lastSeen.Load()); here.After(s.LastSeen) {
		s.LastSeen = here // what this gateway saw may not be written yet
	}
	if err != nil || !s.Live(now) {
		c.end(st)
		return errNotLive
	}
	c.adopt(st, &s)
	return nil
}

// adopt makes a newer reading of a session the current one.
func (c *Cache) adopt(st *state, s *Session) {
	st.session.Store(s)
	n := s.LastSeen.UnixNano()
	for last := st.lastSeen.Load(); n > last && !st.lastSeen.CompareAndSwap(last, n); last = st.lastSeen.Load() {
	}
}

func unavailable(err error) error {
	if k := fault.KindOf(err); k == fault.Canceled || k == fault.Unavailable {
		return fault.Wrap(err, "session.Find", "")
	}
	return fault.As(err, fault.Unavailable, "session.Find", "")
}

// Watch returns a channel that closes when the session of an entry is revoked or over, for what outlives its
// request's start: WebSockets, transfers. The caller calls stop when it no longer looks.
func (c *Cache) Watch(e *Entry) (cut <-chan struct{}, stop func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	st := e.state
	if st.dead.Load() || c.states[st.id] != st {
		// Ended, or given up for want of room, since it was found: a revocation could be missed, so
		// fail closed: cut.
		return closedChan, func() {}
	}
	if st.cut == nil {
		st.cut = make(chan struct{})
	}
	st.watchers++
	return st.cut, sync.OnceFunc(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		st.watchers--
		c.release(st)
	})
}

var closedChan = func() chan struct{} {
	ch := make(chan struct{})
	close(ch)
	return ch
}()

// idOf is a secret's place in the cache. The copy keeps the text off the heap.
func idOf(kind byte, secret Secret) entryID {
	var text [secretLen]byte
	n := copy(text[:], secret)
	return entryID{kind: kind, sum: sha256.Sum256(text[:n])}
}
