package node

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/referee-casb/referee/directory"
	"github.com/referee-casb/referee/directory/graph"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/internal/msgraph"
	"github.com/referee-casb/referee/lease"
	"github.com/referee-casb/referee/model"
)

// How often the directory is looked at. Changes are followed at once; the rest repairs what was missed.
const (
	followPause = 250 * time.Millisecond // between two looks at a tenant's sessions while changes pour in
	followAll   = time.Minute
)

// follower lets sessions follow the directory. Who may not stay is cut before the change is answered; groups and roles
// follow right after, many changes with one look.
type follower struct {
	end    func(context.Context, model.TenantID, []directory.User) (int, error)
	follow func(context.Context, model.TenantID) (int, error)
	log    *slog.Logger

	mu    sync.Mutex
	dirty map[model.TenantID]bool
	poke  chan struct{}
}

func newFollower(end func(context.Context, model.TenantID, []directory.User) (int, error), follow func(context.Context, model.TenantID) (int, error), log *slog.Logger) *follower {
	return &follower{end: end, follow: follow, log: log, dirty: map[model.TenantID]bool{}, poke: make(chan struct{}, 1)}
}

// Changed is told of each change of a tenant's directory.
func (f *follower) Changed(ctx context.Context, t model.TenantID, refused []directory.User) error {
	f.mark(t)
	n, err := f.end(ctx, t, refused)
	if n > 0 {
		f.log.Info("sessions ended by the directory", "tenant", t, "sessions", n)
	}
	return fault.Wrap(err, "node.directory", string(t))
}

func (f *follower) mark(t model.TenantID) {
	f.mu.Lock()
	f.dirty[t] = true
	f.mu.Unlock()
	select {
	case f.poke <- struct{}{}:
	default:
	}
}

// run looks at the sessions of tenants whose directory has changed, and now and again at all.
func (f *follower) run(ctx context.Context, all func() []model.TenantID) error {
	every := time.NewTicker(followAll)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-every.C:
			for _, t := range all() {
				f.mark(t)
			}
		case <-f.poke:
			f.mu.Lock()
			now := f.dirty
			f.dirty = map[model.TenantID]bool{}
			f.mu.Unlock()
			for t := range now {
				if _, err := f.follow(ctx, t); err != nil && ctx.Err() == nil {
					f.log.Error("sessions don't follow the directory", "tenant", t, "err", err)
				}
			}
			select { // what comes meanwhile is looked at together
			case <-ctx.Done():
				return nil
			case <-time.After(followPause):
			}
		}
	}
}

// syncs reads directories that are due. One process does it.
type syncs struct {
	n    *Node
	http *http.Client
	poke chan struct{}
}

func (s *syncs) Poke(model.TenantID) {
	select {
	case s.poke <- struct{}{}:
	default:
	}
}

func (s *syncs) run(ctx context.Context) error {
	return s.n.keeper.Run(ctx, systemTenant, "directory", func(ctx context.Context, _ lease.Lease) error {
		r := graph.Rota{Tenants: s.n.tenantIDs, Sources: s.n.DB, Round: s.round, Now: s.n.options.Now, Log: s.n.log}
		return r.Run(ctx, s.poke)
	})
}

func (s *syncs) round(ctx context.Context, src directory.Source) error {
	r := &graph.Reader{
		Tenant: src.Tenant, Source: src.ID, Created: src.Created, Store: s.n.DB, Sources: s.n.DB, Changed: s.n.follower.Changed, Now: s.n.options.Now, Log: s.n.log,
	}
	c := msgraph.Config{Tenant: src.Graph.Tenant, ClientID: src.Graph.ClientID, Login: src.Graph.Login, Graph: src.Graph.Graph, HTTP: s.http, Now: s.n.options.Now}
	if file := src.Graph.SecretFile; file != "" {
		c.Secret = func() (string, error) { return readSecret(file) }
	} else {
		c.Certificate = func() ([]byte, error) {
			text, err := os.ReadFile(src.Graph.CertificateFile) //nolint:gosec // an administrator of the installation names it
			return text, fault.As(err, fault.Invalid, "node.directory", src.Graph.CertificateFile)
		}
	}
	client, err := msgraph.New(c)
	if err != nil {
		r.Graph = broken{err} // so that the failure is kept where the administrator looks
	} else {
		r.Graph = client
	}
	return r.Round(ctx)
}

// broken is a Graph that can't be asked.
type broken struct{ err error }

func (b broken) Page(context.Context, string) (msgraph.Page, error) {
	return msgraph.Page{}, b.err
}
