package pipeline

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/referee-casb/referee/model"
)

type intents struct {
	open []model.Activity
	fail model.TenantID
	asks []time.Time
}

func (i *intents) OpenIntents(_ context.Context, tenant model.TenantID, before time.Time, _ int) ([]model.Activity, error) {
	i.asks = append(i.asks, before)
	if tenant == i.fail {
		return nil, errors.New("damaged")
	}
	var out []model.Activity
	for _, a := range i.open {
		if a.Tenant == tenant && a.Time.Before(before) {
			out = append(out, a)
		}
	}
	return out, nil
}

type unknown struct {
	mu  sync.Mutex
	got []model.Activity
}

func (u *unknown) Unknown(_ context.Context, a *model.Activity) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.got = append(u.got, *a)
	return nil
}

func (u *unknown) closed() []model.Activity {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.Clone(u.got)
}

func tenants() []model.TenantID { return []model.TenantID{"fabrikam", "contoso"} }

func TestCloserClosesWhatIsOld(t *testing.T) {
	t.Parallel()
	now := noon
	in := &intents{open: []model.Activity{activity("contoso", "old", noon.Add(-16*time.Minute)), activity("contoso", "young", noon.Add(-14*time.Minute))}, fail: "fabrikam"}
	var out unknown
	c := NewCloser(in, &out, CloserOptions{Tenants: tenants, Now: func() time.Time { return now }})
	n, err := c.RunOnce(t.Context())
	if got := out.closed(); n != 1 || err == nil || len(got) != 1 || got[0].ID != "old" {
		t.Fatalf("%d closed, %v, %v: one tenant's failure does not keep the others'", n, err, got)
	}
}

func TestCloserClosesADeadPredecessorsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		started := time.Now()
		in := &intents{open: []model.Activity{activity("contoso", "before", started.Add(-time.Second)), activity("contoso", "mine", started.Add(time.Second))}}
		var out unknown
		c := NewCloser(in, &out, CloserOptions{Tenants: tenants, Started: started})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- c.Run(ctx) }()
		time.Sleep(closerSettle - time.Millisecond)
		synctest.Wait()
		if got := out.closed(); len(got) != 0 {
			t.Fatalf("closed %v before the bus could bring the outcomes", got)
		}
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		cancel()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if got := out.closed(); len(got) != 1 || got[0].ID != "before" {
			t.Fatalf("closed %v, want the predecessor's", got)
		}
	})
}

func TestCloserWithoutTenantsSaysSo(t *testing.T) {
	t.Parallel()
	if _, err := NewCloser(&intents{}, &unknown{}, CloserOptions{}).RunOnce(t.Context()); err == nil {
		t.Fatal("no error")
	}
}
