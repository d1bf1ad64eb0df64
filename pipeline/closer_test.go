package pipeline

import (
	"context"
	"errors"
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

type unknown []model.Activity

func (u *unknown) Unknown(_ context.Context, a *model.Activity) error {
	*u = append(*u, *a)
	return nil
}

func tenants() []model.TenantID { return []model.TenantID{"fabrikam", "contoso"} }

func TestCloserClosesWhatIsOld(t *testing.T) {
	t.Parallel()
	now := noon
	in := &intents{open: []model.Activity{activity("contoso", "old", noon.Add(-16*time.Minute)), activity("contoso", "young", noon.Add(-14*time.Minute))}, fail: "fabrikam"}
	var out unknown
	c := NewCloser(in, &out, CloserOptions{Tenants: tenants, Now: func() time.Time { return now }})
	n, err := c.RunOnce(t.Context())
	if n != 1 || err == nil || len(out) != 1 || out[0].ID != "old" {
		t.Fatalf("%d closed, %v, %v: one tenant's failure does not keep the others'", n, err, out)
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
		if len(out) != 0 {
			t.Fatalf("closed %v before the bus could bring the outcomes", out)
		}
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		cancel()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if len(out) != 1 || out[0].ID != "before" {
			t.Fatalf("closed %v, want the predecessor's", out)
		}
	})
}

func TestCloserWithoutTenantsSaysSo(t *testing.T) {
	t.Parallel()
	if _, err := NewCloser(&intents{}, &unknown{}, CloserOptions{}).RunOnce(t.Context()); err == nil {
		t.Fatal("no error")
	}
}
