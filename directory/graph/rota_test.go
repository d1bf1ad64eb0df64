package graph_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
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

func (s *shelf) Source(_ context.Context, t model.TenantID, id directory.SourceID) (directory.Source, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range s.all[t] {
		if v.ID == id {
			return v, nil
		}
	}
	return directory.Source{}, fault.New(fault.NotFound, "test", "no source %s", id)
}

// change alters a tenant's one source.
func (s *shelf) change(t model.TenantID, change func(*directory.Source)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.all[t][0])
}

// TestRotaReadsWhatIsThere: a source that was removed while its reading waited is not read, nor is another one in its
// stead with the settings of the first; changes that turn into a reading of everything give their place back.
func TestRotaReadsWhatIsThere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		source := func(id model.TenantID, s directory.Sync) []directory.Source {
			return []directory.Source{{ID: "entra", Tenant: id, Kind: directory.KindGraph, Graph: &directory.Graph{Tenant: "old"}, Created: start, Sync: s}}
		}
		known := directory.Sync{UserDelta: "u", GroupDelta: "g", Finished: start.Add(-time.Hour)}
		store := &shelf{all: map[model.TenantID][]directory.Source{
			"first": source("first", directory.Sync{}), "moved": source("moved", directory.Sync{}), "gone": source("gone", directory.Sync{}),
			"forgotten": source("forgotten", known), "other": source("other", known),
		}}
		release := make(chan struct{})
		var mu sync.Mutex
		var read []string
		tenants := []model.TenantID{"first"}
		ctx, stop := context.WithCancel(t.Context())
		rota := graph.Rota{
			Tenants: func() []model.TenantID {
				mu.Lock()
				defer mu.Unlock()
				return tenants
			},
			Sources: store, Now: time.Now, Log: slog.New(slog.DiscardHandler), AtOnce: 1,
			Round: func(ctx context.Context, s directory.Source) error {
				mu.Lock()
				read = append(read, string(s.Tenant)+" "+s.Graph.Tenant+" "+s.Sync.Phase)
				mu.Unlock()
				switch {
				case s.Tenant == "first":
					select {
					case <-release:
					case <-ctx.Done():
					}
				case s.Tenant == "forgotten" && !s.Sync.Full:
					store.change("forgotten", func(s *directory.Source) { s.Sync = directory.Sync{Full: true, Phase: "users"} })
					return nil
				}
				store.change(s.Tenant, func(s *directory.Source) {
					s.Sync = directory.Sync{UserDelta: "u", GroupDelta: "g", Finished: time.Now()}
				})
				return nil
			},
		}
		done := make(chan error, 1)
		go func() { done <- rota.Run(ctx, nil) }()
		synctest.Wait()
		mu.Lock()
		tenants = append(tenants, "moved", "gone", "forgotten", "other")
		mu.Unlock()
		time.Sleep(6 * time.Second)
		synctest.Wait()
		mu.Lock()
		if len(read) != 3 { // the first one, and what is new of the two that were read before
			t.Errorf("read %q", read)
		}
		mu.Unlock()
		store.change("moved", func(s *directory.Source) {
			s.Created, s.Graph = start.Add(time.Second), &directory.Graph{Tenant: "new"}
		})
		store.change("gone", func(s *directory.Source) { s.ID = "another" })
		close(release)
		time.Sleep(time.Second)
		synctest.Wait()
		mu.Lock()
		if got := strings.Join(read, ", "); strings.Contains(got, "moved") || strings.Contains(got, "gone") || !strings.HasSuffix(got, "forgotten old users") {
			t.Errorf("read %q", read)
		}
		mu.Unlock()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		mu.Lock()
		if got := strings.Join(read, ", "); !strings.Contains(got, "moved new ") || strings.Contains(got, "moved old") || !strings.Contains(got, "gone old ") {
			t.Errorf("read later %q", read)
		}
		mu.Unlock()
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
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
