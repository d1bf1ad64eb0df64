package session_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

// watched counts and can fail the store's reads.
type watched struct {
	session.Store
	session.AppStore
	session.CodeStore
	reads   atomic.Int32
	touches atomic.Int32
	fail    atomic.Pointer[error]
	hold    func() // called after a session was read
}

func (s *watched) look() error {
	s.reads.Add(1)
	if err := s.fail.Load(); err != nil {
		return *err
	}
	return nil
}

func (s *watched) Session(ctx context.Context, t model.TenantID, id model.SessionID) (session.Session, error) {
	if err := s.look(); err != nil {
		return session.Session{}, err
	}
	got, err := s.Store.Session(ctx, t, id)
	if s.hold != nil {
		s.hold()
	}
	return got, err
}

func (s *watched) HostCookie(ctx context.Context, t model.TenantID, hash string) (session.HostCookie, error) {
	if err := s.look(); err != nil {
		return session.HostCookie{}, err
	}
	return s.CodeStore.HostCookie(ctx, t, hash)
}

func (s *watched) TouchSession(ctx context.Context, t model.TenantID, id model.SessionID, at time.Time) error {
	s.touches.Add(1)
	return s.Store.TouchSession(ctx, t, id, at)
}

type cached struct {
	*world
	store *watched
	c     *session.Cache
	app   session.AppSession
	key   *session.DataKey
	value string
}

func newCache(t testing.TB, limit int) *cached {
	w := newWorld(t)
	s := &watched{Store: w.db, AppStore: w.db, CodeStore: w.db}
	c := session.NewCache(session.CacheOptions{Sessions: s, Apps: s, Codes: s, Jars: w.jars, Vault: w.vault, Now: w.clock.Now, Log: quiet(), Max: limit})
	app, key := w.begin(w.s)
	return &cached{w, s, c, app, key, w.enter(app, key, host).Reveal()}
}

func (c *cached) find() (*session.Entry, error) {
	return c.c.Find(c.t.Context(), "contoso", host, c.value)
}

func (c *cached) wantFind(what string, kind fault.Kind) {
	c.t.Helper()
	if _, err := c.find(); !fault.Is(err, kind) {
		c.t.Errorf("%s: %v; want %v", what, err, kind)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	c := newCache(t, 0)
	e, err := c.find()
	c.must(err)
	if e.App.ID != c.app.ID || e.Session().User.ID != "dora" || e.Key.LabelToken() != c.key.LabelToken() || e.Host != host {
		t.Errorf("%+v", e)
	}
	before := c.store.reads.Load()
	for range 100 {
		if again, err := c.find(); err != nil || again != e {
			t.Fatal(again, err)
		}
	}
	if n := c.store.reads.Load() - before; n != 0 {
		t.Errorf("%d store reads when hot", n)
	}
	if l, err := c.c.FindLookup(t.Context(), "contoso", c.key.LookupSecret()); err != nil || l.App.ID != c.app.ID || l.Jar != e.Jar {
		t.Errorf("by look-up secret: %+v, %v", l, err)
	}
	if l, err := c.c.FindLabel(t.Context(), "contoso", c.key.LabelToken()); err != nil || l.App.ID != c.app.ID || l.Jar != e.Jar {
		t.Errorf("by label token: %+v, %v", l, err)
	}
}

func TestFindRefuses(t *testing.T) {
	t.Parallel()
	c := newCache(t, 0)
	_, err := c.find()
	c.must(err)
	for name, try := range map[string]struct {
		tenant      model.TenantID
		host, value string
	}{
		"copied to another host":   {"contoso", "api." + host, c.value},
		"copied to another tenant": {"fabrikam", host, c.value},
		"unknown":                  {"contoso", host, session.NewSecret().Reveal()},
		"the look-up secret":       {"contoso", host, c.key.LookupSecret().Reveal()},
		"the broker's secret":      {"contoso", host, c.broker.Reveal()},
		"its hash":                 {"contoso", host, session.Secret(c.value).Hash()},
		"empty":                    {"contoso", host, ""},
		"long":                     {"contoso", host, c.value + c.value},
	} {
		for range 2 {
			if e, err := c.c.Find(t.Context(), try.tenant, try.host, try.value); !fault.Is(err, fault.Unauthenticated) || e != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if _, err := c.c.FindLookup(t.Context(), "contoso", session.Secret(c.value)); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("a host cookie as look-up secret: %v", err)
	}
	if _, err := c.c.FindLookup(t.Context(), "fabrikam", c.key.LookupSecret()); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("a look-up secret of another tenant: %v", err)
	}
	for _, token := range []string{"", "x", c.key.LabelToken() + "a", c.key.LabelToken()[:25] + "b", c.value} {
		if token == c.key.LabelToken() {
			continue
		}
		if _, err := c.c.FindLabel(t.Context(), "contoso", token); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("label token %q: %v", token, err)
		}
	}
	stranger := session.NewSecret().Reveal()
	before := c.store.reads.Load()
	for range 50 {
		c.c.Find(t.Context(), "contoso", host, stranger)
	}
	if n := c.store.reads.Load() - before; n > 1 {
		t.Errorf("%d store reads for one unknown cookie sent 50 times at once", n)
	}
}

func TestStoreDownFailsClosed(t *testing.T) {
	t.Parallel()
	c := newCache(t, 0)
	down := error(fault.New(fault.Internal, "test", "disk gone"))
	c.store.fail.Store(&down)
	c.wantFind("cold, store down", fault.Unavailable)
	c.store.fail.Store(nil)
	_, err := c.find()
	c.must(err)
	c.store.fail.Store(&down)
	if _, err := c.find(); err != nil {
		t.Errorf("hot, store down: %v", err)
	}
	c.clock.Advance(time.Hour)
	c.wantFind("maybe idle, store down", fault.Unavailable)
	c.store.fail.Store(nil)
	c.wantFind("idle", fault.Unauthenticated)
}

func TestLifetimes(t *testing.T) {
	t.Parallel()
	c := newCache(t, 0)
	for range 15 { // in use, so not idle, for seven and a half hours
		_, err := c.find()
		c.must(err)
		c.clock.Advance(30 * time.Minute)
	}
	_, err := c.find()
	c.must(err)
	c.clock.Advance(30 * time.Minute)
	c.wantFind("at its absolute end", fault.Unauthenticated)
	if c.c.Len() != 0 {
		t.Error("an ended session stays in the cache")
	}

	idle := newCache(t, 0)
	_, err = idle.find()
	idle.must(err)
	idle.clock.Advance(time.Hour)
	idle.wantFind("idle", fault.Unauthenticated)

	elsewhere := newCache(t, 0)
	_, err = elsewhere.find()
	elsewhere.must(err)
	elsewhere.clock.Advance(50 * time.Minute)
	elsewhere.must(elsewhere.db.TouchSession(t.Context(), "contoso", elsewhere.s.ID, elsewhere.clock.Now())) // by another gateway
	elsewhere.clock.Advance(15 * time.Minute)
	if _, err := elsewhere.find(); err != nil {
		t.Errorf("in use at another gateway: %v", err)
	}
}

func TestLastSeenIsWrittenOnceAMinute(t *testing.T) {
	t.Parallel()
	c := newCache(t, 0)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); c.c.Run(ctx) }()
	for range 600 {
		_, err := c.find()
		c.must(err)
		c.clock.Advance(time.Second)
	}
	cancel()
	<-done
	if n := c.store.touches.Load(); n < 5 || n > 10 {
		t.Errorf("%d writes in ten minutes", n)
	}
	s, err := c.db.Session(t.Context(), "contoso", c.s.ID)
	if err != nil || c.clock.Now().Sub(s.LastSeen) > 70*time.Second {
		t.Errorf("last seen %v at %v, %v", s.LastSeen, c.clock.Now(), err)
	}
}

func TestRefreshAndForget(t *testing.T) {
	t.Parallel()
	c := newCache(t, 0)
	e, err := c.find()
	c.must(err)
	_, err = c.db.UpdateSession(t.Context(), "contoso", c.s.ID, func(s *session.Session) error { s.TLSPrint = "new"; return nil })
	c.must(err)
	c.must(c.c.Refresh(t.Context(), "contoso", c.s.ID))
	c.must(c.c.Refresh(t.Context(), "contoso", "unknown"))
	if e.Session().TLSPrint != "new" {
		t.Error("a changed session is not seen")
	}
	c.app.Noticed = c.clock.Now()
	c.must(c.db.PutAppSession(t.Context(), c.app))
	c.c.Forget("contoso", c.s.ID, c.app.ID)
	again, err := c.find()
	if err != nil || again.App.Noticed.IsZero() || again.Jar != e.Jar {
		t.Errorf("after the notice: %+v, %v", again, err)
	}
	down := error(fault.New(fault.Unavailable, "test", "down"))
	c.store.fail.Store(&down)
	if err := c.c.Refresh(t.Context(), "contoso", c.s.ID); !fault.Is(err, fault.Unavailable) {
		t.Errorf("refresh without a store: %v", err)
	}
	c.wantFind("facts that may be old", fault.Unavailable)
}

func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	c := newCache(t, 128)
	for range 1000 {
		_, err := c.c.Find(t.Context(), "contoso", host, c.enter(c.app, c.key, host).Reveal())
		c.must(err)
	}
	if n := c.c.Len(); n > 128 {
		t.Errorf("%d entries", n)
	}
	if _, err := c.find(); err != nil {
		t.Error(err)
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	c := newCache(t, 256)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); c.c.Run(ctx) }()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			broker := session.NewSecret()
			for round := range 5 {
				s := c.signIn(model.UserID(fmt.Sprint("u", i)), broker)
				app, key := c.begin(s)
				value := c.enter(app, key, host).Reveal()
				for range 50 {
					e, err := c.c.Find(ctx, "contoso", host, value)
					if err != nil {
						t.Error(err)
						return
					}
					_, stop := c.c.Watch(e)
					stop()
				}
				if round%2 == 0 {
					r, err := c.db.Revoke(ctx, session.Revocation{Tenant: "contoso", Session: s.ID})
					if err != nil {
						t.Error(err)
					}
					c.c.Apply(r)
					if _, err := c.c.Find(ctx, "contoso", host, value); !fault.Is(err, fault.Unauthenticated) {
						t.Errorf("after revocation: %v", err)
					}
				}
			}
		})
	}
	wg.Wait()
	cancel()
	<-done
}
