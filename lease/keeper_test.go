package lease

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// memory is a Store in memory that can be made to fail.
type memory struct {
	mu   sync.Mutex
	held map[string]Lease
	down bool
}

func (m *memory) change(name string, f func(l Lease, held bool) (Lease, error)) (Lease, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down {
		return Lease{}, fault.New(fault.Unavailable, "memory", "down")
	}
	l, ok := m.held[name]
	l, err := f(l, ok && time.Now().Before(l.Expires))
	if err == nil {
		m.held[name] = l
	}
	return l, err
}

var errHeld = fault.New(fault.Conflict, "memory", "held by another")

func (m *memory) AcquireLease(_ context.Context, tenant model.TenantID, name, holder string, ttl time.Duration) (Lease, error) {
	return m.change(name, func(l Lease, held bool) (Lease, error) {
		if held && l.Holder != holder {
			return l, errHeld
		}
		if l.Holder != holder || !held {
			l.Token++
		}
		return Lease{tenant, name, holder, l.Token, time.Now().Add(ttl)}, nil
	})
}

func (m *memory) RenewLease(_ context.Context, old Lease, ttl time.Duration) (Lease, error) {
	return m.change(old.Name, func(l Lease, held bool) (Lease, error) {
		if !held || l.Token != old.Token {
			return l, errHeld
		}
		l.Expires = time.Now().Add(ttl)
		return l, nil
	})
}

func (m *memory) ReleaseLease(_ context.Context, old Lease) error {
	_, err := m.change(old.Name, func(l Lease, held bool) (Lease, error) {
		if held && l.Token == old.Token {
			l.Expires = time.Time{}
		}
		return l, nil
	})
	return err
}

func (m *memory) CheckLease(_ context.Context, old Lease) error {
	_, err := m.change(old.Name, func(l Lease, held bool) (Lease, error) {
		if !held || l.Token != old.Token {
			return l, errHeld
		}
		return l, nil
	})
	return err
}

func (m *memory) setDown(down bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.down = down
}

func keeper(m *memory, holder string) *Keeper {
	return NewKeeper(m, holder, Options{Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
}

func TestOneAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &memory{held: map[string]Lease{}}
		ctx, cancel := context.WithCancel(t.Context())
		var running, rounds atomic.Int32
		var tokens sync.Map
		var wg sync.WaitGroup
		for _, holder := range []string{"a", "b", "c"} {
			wg.Go(func() {
				keeper(m, holder).Run(ctx, "contoso", "poll", func(ctx context.Context, l Lease) error {
					if running.Add(1) > 1 {
						t.Error("two at once")
					}
					defer running.Add(-1)
					if _, twice := tokens.LoadOrStore(l.Token, holder); twice {
						t.Errorf("token %d given twice", l.Token)
					}
					rounds.Add(1)
					select { // long enough to need renewal
					case <-time.After(time.Minute):
						return errors.New("again")
					case <-ctx.Done():
						return ctx.Err()
					}
				})
			})
		}
		time.Sleep(10 * time.Minute)
		cancel()
		wg.Wait()
		if n := rounds.Load(); n < 8 || n > 11 {
			t.Errorf("%d rounds of a minute in ten minutes", n)
		}
	})
}

func TestLossStopsWork(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &memory{held: map[string]Lease{}}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		begun := make(chan Lease)
		stopped := make(chan time.Duration, 2)
		done := make(chan struct{})
		go func() {
			defer close(done)
			keeper(m, "a").Run(ctx, "", "rollout", func(ctx context.Context, l Lease) error {
				begun <- l
				<-ctx.Done()
				stopped <- 0
				return ctx.Err()
			})
		}()
		first := <-begun
		m.setDown(true)
		down := time.Now()
		<-stopped
		if took := time.Since(down); took >= DefaultTTL {
			t.Errorf("work went on for %v after the last renewal, when another may hold the lease", took)
		}
		m.setDown(false)
		second := <-begun
		if m.CheckLease(ctx, first) == nil && first.Token != second.Token {
			t.Error("the old token still passes")
		}
		if err := m.CheckLease(ctx, second); err != nil {
			t.Error(err)
		}
		cancel()
		<-stopped
		<-done
		if _, err := m.AcquireLease(t.Context(), "", "rollout", "b", time.Second); err != nil {
			t.Errorf("not released: %v", err)
		}
	})
}

func TestRunEndsWithNil(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &memory{held: map[string]Lease{}}
		if err := keeper(m, "a").Run(t.Context(), "", "once", func(context.Context, Lease) error { return nil }); err != nil {
			t.Error(err)
		}
	})
}

func TestOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &memory{held: map[string]Lease{}}
		n := 0
		work := func(context.Context, Lease) error { n++; return nil }
		for _, holder := range []string{"a", "b"} {
			ran, err := keeper(m, holder).Once(t.Context(), "contoso", "retention", work)
			if err != nil || ran != (holder == "a") {
				t.Errorf("%s: %v, %v", holder, ran, err)
			}
		}
		time.Sleep(2 * DefaultTTL)
		if ran, _ := keeper(m, "b").Once(t.Context(), "contoso", "retention", work); !ran || n != 2 {
			t.Errorf("after its end: %v, %d", ran, n)
		}
	})
}
