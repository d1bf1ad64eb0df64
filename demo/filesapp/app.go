package filesapp

import (
	"crypto/rand"
	"net/http"
	"strings"
	"time"

	"github.com/referee-casb/referee/demo/internal/shelf"
	"github.com/referee-casb/referee/fault"
)

// App is the application. It is safe for concurrent use; it starts nothing that must be stopped, except for
// what hangs on open connections.
type App struct {
	cfg      Config
	store    *store
	signin   *signin
	visitors *shelf.Shelf[*visitor]  // by the value of the session cookie
	tokens   *shelf.Shelf[*visitor]  // API bearer tokens
	cdnKeys  *shelf.Shelf[*visitor]  // by the value of the CDN cookie
	shares   *shelf.Shelf[string]    // file ids by share link
	uploads  *shelf.Shelf[*pending]  // unfinished resumable uploads
	urlKey   [32]byte                // signs CDN URLs
	assets   map[string]asset        // what the static host serves, by path
	pictures pictures                // drawn pages
	presence *presence               // who looks at what
	servers  map[string]http.Handler // by host[:port]
}

// New checks cfg, fills the store with the sample documents and returns the application.
func New(cfg Config) (*App, error) {
	cfg.setDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, fault.Wrap(err, "filesapp.New", "")
	}
	a := &App{cfg: cfg, store: newStore(cfg.Clock, cfg.MaxStore, sampleFolders()), presence: newPresence()}
	_, _ = rand.Read(a.urlKey[:]) // documented never to fail
	a.visitors = shelf.New(shelf.Options[*visitor]{Clock: cfg.Clock, Lifetime: 8 * time.Hour, Idle: time.Hour, Limit: 20000, Gone: a.forget})
	a.tokens = shelf.New(shelf.Options[*visitor]{Clock: cfg.Clock, Lifetime: tokenLifetime, Limit: 100000})
	a.cdnKeys = shelf.New(shelf.Options[*visitor]{Clock: cfg.Clock, Lifetime: 8 * time.Hour, Limit: 20000})
	a.shares = shelf.New(shelf.Options[string]{Clock: cfg.Clock, Lifetime: 30 * 24 * time.Hour, Limit: 10000})
	a.uploads = shelf.New(shelf.Options[*pending]{Clock: cfg.Clock, Lifetime: time.Hour, Limit: 256, Gone: (*pending).end})
	a.signin = newSignin(&a.cfg)
	a.assets = a.loadAssets()
	if err := a.loadSamples(); err != nil {
		return nil, fault.Wrap(err, "filesapp.New", "samples")
	}
	a.servers = map[string]http.Handler{
		cfg.Hosts.App:    a.appRoutes(),
		cfg.Hosts.API:    a.apiRoutes(),
		cfg.Hosts.Static: a.staticRoutes(),
		cfg.Hosts.CDN:    a.cdnRoutes(),
	}
	return a, nil
}

// ServeHTTP answers for the four hosts; any other gets 421.
func (a *App) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h, ok := a.servers[strings.ToLower(r.Host)]
	if !ok {
		http.Error(w, "this server has no such host", http.StatusMisdirectedRequest)
		return
	}
	h.ServeHTTP(w, r)
}

// Handler returns the handler of one of the hosts, whatever Host header a request has. Nil for another host.
func (a *App) Handler(host string) http.Handler { return a.servers[host] }

// Hosts returns the host[:port] values that the application answers for.
func (a *App) Hosts() []string { return a.cfg.Hosts.All() }

// mayOpen reports whether the visitor may open a folder.
func (a *App) mayOpen(v *visitor, fo folder) bool {
	if len(fo.Groups) == 0 {
		return true
	}
	for _, g := range fo.Groups {
		if v.inGroup(g) {
			return true
		}
	}
	return false
}

// fileFor returns a file that the visitor may open. One that is there and may not be opened is not found: its
// name is nobody's business.
func (a *App) fileFor(v *visitor, id string) (*file, error) {
	f, ok := a.store.file(id)
	if ok {
		if fo, known := a.store.folder(f.Folder); known && a.mayOpen(v, fo) {
			return f, nil
		}
	}
	return nil, fault.New(fault.NotFound, "filesapp.fileFor", "there is no such document, or it is not shared with you")
}

func (a *App) folderFor(v *visitor, id string) (folder, error) {
	if fo, ok := a.store.folder(id); ok && a.mayOpen(v, fo) {
		return fo, nil
	}
	return folder{}, fault.New(fault.NotFound, "filesapp.folderFor", "there is no such folder, or it is not shared with you")
}
