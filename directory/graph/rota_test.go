package graph_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/referee-casb/referee/directory"
	"github.com/referee-casb/referee/directory/graph"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// shelf holds sources; what else a store does is not asked for.
type shelf struct {
	directory.SourceStore
	mu  sync.Mutex
	all map[model.TenantID][]directory.Source
}

func (s *shelf) Sources(_ context.Context, t model.TenantID) ([]directory.Source, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]directory.Source(nil), s.all[t]...), nil
}

// TestRota: readings that never end keep nobody else waiting, no source is read twice at once, and a failure is tried
// again.
func TestRota(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &shelf{all: map[model.TenantID][]directory.Source{}}
		var tenants []model.TenantID
		add := func(id model.TenantID, name directory.SourceID, s directory.Sync) {
			store.all[id] = append(store.all[id], directory.Source{ID: name, Tenant: id, Kind: directory.KindGraph, Sync: s})
			tenants = append(tenants, id)
		}
		for i := range 10 {
			add(model.TenantID(fmt.Sprint("new-", i)), "entra", directory.Sync{})
		}
		add("contoso", "entra", directory.Sync{UserDelta: "u", GroupDelta: "g", Finished: time.Now().Add(-time.Hour)})
		add("pushed", "scim", directory.Sync{})
		store.all["pushed"][0].Kind = directory.KindSCIM

		var mu sync.Mutex
		rounds, now, most := map[model.TenantID]int{}, map[model.TenantID]int{}, 0
		ctx, stop := context.WithCancel(t.Context())
		rota := graph.Rota{
			Tenants: func() []model.TenantID { return tenants }, Sources: store, Now: time.Now, Log: slog.New(slog.DiscardHandler), AtOnce: 2,
			Round: func(ctx context.Context, s directory.Source) error {
				mu.Lock()
				rounds[s.Tenant]++
				now[s.Tenant]++
				if now[s.Tenant] > 1 {
					t.Errorf("%s is read twice at once", s.Tenant)
				}
				most = max(most, len(now))
				mu.Unlock()
				defer func() { mu.Lock(); delete(now, s.Tenant); mu.Unlock() }()
				if s.Tenant == "contoso" {
					return fault.New(fault.Unavailable, "test", "Graph does not answer")
				}
				<-ctx.Done() // a first reading that never ends
				return ctx.Err()
			},
		}
		poke := make(chan struct{})
		done := make(chan error, 1)
		go func() { done <- rota.Run(ctx, poke) }()
		synctest.Wait()
		poke <- struct{}{}
		synctest.Wait()
		time.Sleep(time.Minute)
		synctest.Wait()
		mu.Lock()
		if rounds["contoso"] < 10 || rounds["pushed"] != 0 || most > 3 {
			t.Errorf("rounds %v, %d at once", rounds, most)
		}
		mu.Unlock()
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
