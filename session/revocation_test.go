package session_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

// ledger is the revocations' side of a Store in memory.
type ledger struct {
	session.Store
	mu   sync.Mutex
	list []session.Revocation
	err  error
}

func (l *ledger) RevokedSince(_ context.Context, tenant model.TenantID, epoch int64) (out []session.Revocation, _ error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.list {
		if r.Tenant == tenant && r.Epoch > epoch {
			out = append(out, r)
		}
	}
	return out, l.err
}

func (l *ledger) add(tenant model.TenantID) session.Revocation {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := session.Revocation{Tenant: tenant, Epoch: 1}
	for _, old := range l.list {
		if old.Tenant == tenant {
			r.Epoch = old.Epoch + 1
		}
	}
	l.list = append(l.list, r)
	return r
}

func (l *ledger) setError(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = err
}

func TestRevocationsAreNeverMissed(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	l := &ledger{}
	var got []int64
	r := session.NewRevocations(l, func(v session.Revocation) { got = append(got, v.Epoch) })
	want := func(what string, epochs ...int64) {
		t.Helper()
		if !slices.Equal(got, epochs) {
			t.Errorf("%s: applied %v, want %v", what, got, epochs)
		}
		got = nil
	}
	l.add("contoso")
	if err := r.Track(ctx, "contoso"); err != nil {
		t.Fatal(err)
	}
	want("from before")
	if err := r.Apply(ctx, l.add("contoso")); err != nil {
		t.Error(err)
	}
	want("in order", 2)
	l.add("contoso")
	l.add("contoso")
	fifth := l.add("contoso")
	if err := r.Apply(ctx, fifth); err != nil {
		t.Error(err)
	}
	want("a gap is filled", 5, 3, 4, 5)
	if err := r.Apply(ctx, fifth); err != nil {
		t.Error(err)
	}
	want("again", 5)
	l.add("contoso")
	if err := r.Reconcile(ctx); err != nil {
		t.Error(err)
	}
	want("a lost broadcast", 6)
	if err := r.Reconcile(ctx); err != nil {
		t.Error(err)
	}
	want("nothing new")
	r.Apply(ctx, l.add("fabrikam"))
	want("a tenant that is not tracked", 1)

	l.setError(fault.New(fault.Unavailable, "test", "down"))
	l.add("contoso")
	if err := r.Apply(ctx, l.add("contoso")); !fault.Is(err, fault.Unavailable) {
		t.Errorf("store down: %v", err)
	}
	want("store down", 8)
	l.setError(nil)
	if err := r.Reconcile(ctx); err != nil {
		t.Error(err)
	}
	want("store back", 7, 8)
}

func TestReconcileRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &ledger{}
		var mu sync.Mutex
		applied, failed := 0, 0
		r := session.NewRevocations(l, func(session.Revocation) { mu.Lock(); applied++; mu.Unlock() })
		if err := r.Track(t.Context(), "contoso"); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			r.Run(ctx, time.Second, func(error) { mu.Lock(); failed++; mu.Unlock() })
		}()
		l.add("contoso")
		time.Sleep(1100 * time.Millisecond)
		l.setError(fault.New(fault.Unavailable, "test", "down"))
		time.Sleep(2 * time.Second)
		cancel()
		<-done
		if applied != 1 || failed != 2 {
			t.Errorf("applied %d, failed %d", applied, failed)
		}
	})
}

func TestHits(t *testing.T) {
	t.Parallel()
	s := &session.Session{ID: "s1", Tenant: "contoso", User: model.User{ID: "dora"}, Created: start}
	for _, c := range []struct {
		r    session.Revocation
		want bool
	}{
		{session.Revocation{Tenant: "contoso", Session: "s1"}, true},
		{session.Revocation{Tenant: "contoso", Session: "s2"}, false},
		{session.Revocation{Tenant: "contoso", User: "dora", At: start}, true},
		{session.Revocation{Tenant: "contoso", User: "eva", At: start}, false},
		{session.Revocation{Tenant: "contoso", User: "dora", At: start.Add(-1)}, false},
		{session.Revocation{Tenant: "contoso", At: start}, true},
		{session.Revocation{Tenant: "fabrikam", At: start}, false},
		{session.Revocation{Tenant: "fabrikam", Session: "s1"}, false},
	} {
		if got := c.r.Hits(s); got != c.want {
			t.Errorf("%+v: %v", c.r, got)
		}
	}
}
