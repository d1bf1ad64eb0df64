package graph

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/referee-casb/referee/directory"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// Rota reads every tenant's sources when they are due, each in its own time: readings of everything, which may take hours,
// a few at once, and beside them what has changed in the others. One process runs it.
type Rota struct {
	Tenants func() []model.TenantID
	Sources directory.SourceStore
	Round   func(ctx context.Context, s directory.Source) error // reads one source; its failure is kept there
	Now     func() time.Time
	Log     *slog.Logger
	Look    time.Duration // between looks for what is due; 0: five seconds
	AtOnce  int           // sources that are read for the first time, and as many others; 0: four
}

// Run reads until ctx ends, and waits for what it began. A poke lets it look at once.
func (r *Rota) Run(ctx context.Context, poke <-chan struct{}) error {
	look, atOnce := r.Look, r.AtOnce
	if look <= 0 {
		look = 5 * time.Second
	}
	if atOnce <= 0 {
		atOnce = 4
	}
	// Readings of everything have places of their own: sixty new tenants don't keep the changes of the others out.
	turn := turns{whole: make(chan struct{}, atOnce), rest: make(chan struct{}, atOnce), under: map[string]bool{}}
	defer turn.wait.Wait()
	every := time.NewTicker(look)
	defer every.Stop()
	for {
		for _, t := range r.Tenants() {
			r.tenant(ctx, t, &turn)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-every.C:
		case <-poke:
		}
	}
}

// turns are the places that readings take.
type turns struct {
	whole, rest chan struct{}
	wait        sync.WaitGroup

	mu    sync.Mutex
	under map[string]bool // sources that are read, or wait for a place
}

func (r *Rota) tenant(ctx context.Context, t model.TenantID, turn *turns) {
	all, err := r.Sources.Sources(ctx, t)
	if err != nil && ctx.Err() == nil {
		r.Log.Error("directory sources", "tenant", t, "err", err)
	}
	for _, s := range all {
		if ctx.Err() != nil || !Due(&s, r.Now()) || !turn.begin(s) {
			continue
		}
		turn.wait.Go(func() {
			defer turn.end(s)
			// A round that ends early goes on in a place of the kind that it needs now.
			for more := true; more; {
				var err error
				if more, err = r.round(ctx, &s, turn); err != nil && ctx.Err() == nil {
					r.Log.Error("directory not read", "tenant", t, "source", s.ID, "err", err)
				}
			}
		})
	}
}

// round waits for a place, which may take hours, and reads the source as it is by then. more asks for another round at
// once.
func (r *Rota) round(ctx context.Context, s *directory.Source, turn *turns) (more bool, err error) {
	places, all := turn.rest, whole(&s.Sync)
	if all {
		places = turn.whole
	}
	select {
	case <-ctx.Done():
		return false, nil
	case places <- struct{}{}:
	}
	defer func() { <-places }()
	if there, err := r.still(ctx, s); !there {
		return false, err
	}
	if whole(&s.Sync) != all {
		return true, nil // everything was asked for meanwhile: a place of the other kind
	}
	if err := r.Round(ctx, *s); err != nil {
		return false, err
	}
	there, err := r.still(ctx, s)
	return there && s.Sync.Phase != "" && ctx.Err() == nil, err
}

// still reads the source again, and reports whether it is there: another one that was added by its id since is found by
// the next look.
func (r *Rota) still(ctx context.Context, s *directory.Source) (bool, error) {
	now, err := r.Sources.Source(ctx, s.Tenant, s.ID)
	if fault.Is(err, fault.NotFound) || err == nil && !now.Created.Equal(s.Created) {
		return false, nil
	}
	if err == nil {
		*s = now
	}
	return err == nil, err
}

// whole reports whether the next reading is one of everything.
func whole(s *directory.Sync) bool {
	return s.Full || s.AskFull || s.Phase == "" && (s.UserDelta == "" || s.GroupDelta == "")
}

func (t *turns) begin(s directory.Source) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	name := string(s.Tenant) + " " + string(s.ID)
	if t.under[name] {
		return false
	}
	t.under[name] = true
	return true
}

func (t *turns) end(s directory.Source) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.under, string(s.Tenant)+" "+string(s.ID))
}
