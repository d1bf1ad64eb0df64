package session_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/session"
)

func TestRevocationCuts(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]session.Revocation{"session": {}, "person": {User: "dora"}, "tenant": {}} {
		c := newCache(t, 0)
		other := c.signIn("eva", c.broker)
		app, key := c.begin(other)
		bystander := c.enter(app, key, host).Reveal()
		e, err := c.find()
		c.must(err)
		b, err := c.c.Find(t.Context(), "contoso", host, bystander)
		c.must(err)
		cut, stop := c.c.Watch(e)
		defer stop()
		calm, stopCalm := c.c.Watch(b)
		defer stopCalm()
		r.Tenant = "contoso"
		if name == "session" {
			r.Session = c.s.ID
		}
		r, err = c.db.Revoke(t.Context(), r)
		c.must(err)
		foreign := r
		foreign.Tenant = "fabrikam"
		c.c.Apply(foreign)
		select {
		case <-cut:
			t.Errorf("%s: another tenant's revocation cut", name)
		default:
		}
		c.c.Apply(r)
		select {
		case <-cut:
		default:
			t.Errorf("%s: not cut", name)
		}
		c.wantFind(name, fault.Unauthenticated)
		if late, _ := c.c.Watch(e); !closed(late) {
			t.Errorf("%s: watching an ended session waits for ever", name)
		}
		_, err = c.c.Find(t.Context(), "contoso", host, bystander)
		if all := name == "tenant"; closed(calm) != all || fault.Is(err, fault.Unauthenticated) != all {
			t.Errorf("%s: the bystander: cut %v, %v", name, closed(calm), err)
		}
	}
}

func closed(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}

// A session is read, then revoked, and only then does the reading arrive: it must not be kept.
func TestReadingFromBeforeARevocationIsNotKept(t *testing.T) {
	t.Parallel()
	c := newCache(t, 0)
	var once sync.Once
	c.store.hold = func() {
		once.Do(func() {
			r, err := c.db.Revoke(t.Context(), session.Revocation{Tenant: "contoso", Session: c.s.ID})
			c.must(err)
			c.c.Apply(r)
		})
	}
	c.wantFind("revoked while being read", fault.Unauthenticated)
	if c.c.Len() != 0 {
		t.Error("the reading was kept")
	}
}

func TestWatchEndsWithTheSession(t *testing.T) {
	t.Parallel()
	c := newCache(t, 0)
	e, err := c.find()
	c.must(err)
	cut, stop := c.c.Watch(e)
	defer stop()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); c.c.Run(ctx) }()
	c.clock.Advance(59 * time.Minute)
	c.must(c.c.Touch(t.Context(), e)) // frames go to and fro
	c.clock.Advance(59 * time.Minute)
	if closed(cut) {
		t.Error("cut while in use")
	}
	c.clock.Advance(time.Minute)
	select {
	case <-cut:
	case <-time.After(5 * time.Second):
		t.Error("an idle session's stream goes on")
	}
	cancel()
	<-done
}
