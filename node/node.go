package node

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/referee-casb/referee/access"
	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/api"
	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/bus/jetstream"
	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/device"
	"github.com/referee-casb/referee/device/intune"
	"github.com/referee-casb/referee/directory"
	"github.com/referee-casb/referee/dlp/evidence"
	"github.com/referee-casb/referee/dlp/own"
	"github.com/referee-casb/referee/enrich"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/gateway"
	"github.com/referee-casb/referee/gateway/upstream"
	"github.com/referee-casb/referee/inspect/edm"
	"github.com/referee-casb/referee/inspect/hashlist"
	"github.com/referee-casb/referee/inspect/protect"
	"github.com/referee-casb/referee/inspect/worker"
	"github.com/referee-casb/referee/internal/devca"
	"github.com/referee-casb/referee/lease"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/pipeline"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/signin"
	"github.com/referee-casb/referee/store/duckdb"
	"github.com/referee-casb/referee/store/sqlite"
	"github.com/referee-casb/referee/tenant"
	"github.com/referee-casb/referee/vault"
)

// Options are what only code can give; the zero value of each means the ordinary thing.
type Options struct {
	Now       func() time.Time  // nil: time.Now
	Log       *slog.Logger      // nil: as the configuration says, on standard error
	Listener  net.Listener      // nil: Config.Listen
	Transport http.RoundTripper // towards identity providers; nil: the system's
	Authority *devca.Authority  // the development CA; nil: one in the data folder
	Private   []netip.Prefix    // networks that apps may live in beside the public ones
	// Worker starts a process that reads files in dangerous formats: this very binary, with worker.Command as its
	// argument, to which a folder of the data folder is added; it calls [ReadFiles]. Without it nothing but plain text is inspected, and policies' unscannable decides about the rest.
	Worker []string
}

// Node is one running Referee.
type Node struct {
	config   Config
	options  Options
	log      *slog.Logger
	lock     *os.File
	listener net.Listener

	DB        *sqlite.DB
	Bus       *jetstream.Bus
	Log       *duckdb.Log
	Vault     *vault.Vault
	Authority *devca.Authority // nil unless certificates are the development CA's
	Tenants   *tenant.Directory
	Catalog   *catalog.Live
	Rules     *rules
	Recorder  *activitylog.Recorder
	Bypasses  *tenant.Bypasses

	tables      *edm.Store
	evidence    *evidence.Keeper
	books       enrich.Books
	enrich      *enrich.Enricher
	cache       *session.Cache
	revocations *session.Revocations
	pipeline    *pipeline.Pipeline
	closer      *pipeline.Closer
	keeper      *lease.Keeper
	gateway     *gateway.Gateway
	readers     *worker.Pool
	types       *own.Library
	broker      *signin.Broker
	follower    *follower
	syncs       *syncs
	discoveries *catalog.Discoveries
	hashes      *hashlist.List
	ripe        sync.Map       // ripeRollout to when the log was last read for it
	toApps      *upstream.Pool // of the broker, to tell apps that a session has ended
	api         *api.API
	server      *server
	metrics     *metrics
	traces      *traces // nil where no collector is configured
	acme        runner
}

// runner is a part with a life of its own.
type runner interface {
	Run(ctx context.Context) error
}

// capabilities are what this installation enforces; documents that need more are refused.
func (n *Node) capabilities() policy.Capabilities {
	m := n.config.Malware
	return policy.Capabilities{StepUp: true, Inspector: true, Labels: true, Protect: true, Malware: len(m.Hashes)+len(m.YARA) > 0 || m.Clamd != "" || m.ICAP != ""}
}

// Open makes every part. Nothing listens and nothing runs before [Node.Run]. On an error everything that was
// opened is closed again.
func Open(ctx context.Context, c Config, o Options) (n *Node, err error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = newLogger(c.Log)
	}
	n = &Node{config: c, options: o, log: o.Log}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.Close())
			n = nil
		}
	}()
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return n, fault.As(err, fault.Unavailable, "node.Open", c.Data)
	}
	if n.lock, err = lockFolder(c.Data); err != nil {
		return n, err
	}
	for _, step := range []func(context.Context) error{n.openStores, n.openKnowledge, n.openPipeline, n.openInline, n.openDelivery} {
		if err := step(ctx); err != nil {
			return n, err
		}
	}
	return n, nil
}

// openStores opens what keeps things: database, keys, bus, activity log.
func (n *Node) openStores(ctx context.Context) error {
	c, o := n.config, n.options
	dir := func(name string) string { return filepath.Join(c.Data, name) }
	always := c.Bus.Sync == "always"
	syncMode := sqlite.SyncNormal
	if always {
		syncMode = sqlite.SyncAlways
	}
	var err error
	if n.DB, err = sqlite.Open(ctx, dir("referee.db"), sqlite.Options{Sync: syncMode, Now: o.Now, Log: n.log}); err != nil {
		return err
	}
	if err := os.MkdirAll(dir("keys"), 0o700); err != nil {
		return fault.As(err, fault.Unavailable, "node.Open", dir("keys"))
	}
	master, err := vault.OpenMaster(dir("keys"))
	if err != nil {
		return err
	}
	n.Vault = vault.Open(master, n.DB, o.Now)
	if n.Bus, err = jetstream.Open(ctx, jetstream.Options{Dir: dir("bus"), URLs: c.Bus.URLs, SyncAlways: always, MaxBytes: c.Bus.MaxBytes, Now: o.Now, Log: n.log}); err != nil {
		return err
	}
	n.Log, err = duckdb.Open(duckdb.Options{Dir: dir("activity"), MemoryLimit: int64(c.Activity.MemoryMB) << 20, Intake: n.DB, Now: o.Now, Log: n.log})
	return err
}

// openKnowledge loads what decisions rest on: tenants, catalogue, rule books, address tables.
func (n *Node) openKnowledge(ctx context.Context) error {
	tables, err := enrich.Load()
	if err != nil {
		return err
	}
	n.enrich = enrich.New(tables, enrich.Options{Books: n.books.Of, Log: n.log})
	n.Tenants = tenant.NewDirectory()
	if n.Catalog, err = catalog.NewLive(n.config.Suffix + n.config.Port()); err != nil {
		return err
	}
	n.Bypasses = tenant.NewBypasses(n.options.Now)
	if err := n.openContent(); err != nil {
		return err
	}
	n.Rules = newRules(n.DB, n.capabilities(), n.types, n.log)
	n.cache = session.NewCache(session.CacheOptions{
		Sessions: n.DB, Apps: n.DB, Codes: n.DB, Vault: n.Vault, Now: n.options.Now, Log: n.log,
		Jars: session.NewJars(session.JarsOptions{Store: n.DB, Now: n.options.Now}),
	})
	n.revocations = session.NewRevocations(n.DB, n.cache.Apply)
	return n.reloadAll(ctx)
}

// reloadAll reads tenants and catalogue, and every tenant's rules.
func (n *Node) reloadAll(ctx context.Context) error {
	if err := n.reloadTenants(ctx); err != nil {
		return err
	}
	for _, id := range n.tenantIDs() {
		if err := n.Rules.Reload(ctx, id); err != nil {
			// fail closed: that tenant has no book and lets nobody in; the others work
			n.log.Error("rule book", "tenant", id, "err", err)
		}
	}
	return nil
}

// reloadTenants reads tenants, their address ranges and the catalogue.
func (n *Node) reloadTenants(ctx context.Context) error {
	if err := n.Tenants.Reload(ctx, n.DB); err != nil {
		return err
	}
	for _, e := range n.Tenants.All() {
		n.books.Set(e.Tenant.ID, e.Networks)
		if err := n.revocations.Track(ctx, e.Tenant.ID); err != nil {
			return err
		}
	}
	if err := n.Catalog.Reload(ctx, n.DB, n.tenantIDs()); err != nil {
		return err
	}
	if err := n.Bypasses.Reload(ctx, n.DB, n.tenantIDs()); err != nil {
		return err
	}
	n.types.Forget(n.tenantIDs())
	if p, ok := n.acme.(interface{ Poke() }); ok {
		p.Poke() // a new tenant waits for no timer to get its certificate
	}
	return nil
}

func (n *Node) tenantIDs() []model.TenantID {
	all := n.Tenants.All()
	ids := make([]model.TenantID, len(all))
	for i, e := range all {
		ids[i] = e.Tenant.ID
	}
	return ids
}

// openPipeline makes what works beside the line.
func (n *Node) openPipeline(context.Context) error {
	c, o := n.config, n.options
	n.Recorder = activitylog.NewRecorder(n.Bus, activitylog.RecorderOptions{Now: o.Now, Log: n.log, ViewShare: c.Activity.viewShare()})
	n.pipeline = pipeline.New(n.Bus, n.Log, pipeline.Options{
		Enrich: n.enrich, Now: o.Now, Log: n.log,
		DeadLetters: &pipeline.Folder{Dir: filepath.Join(c.Data, "dead-letters")},
	})
	n.closer = pipeline.NewCloser(n.Log, n.Recorder, pipeline.CloserOptions{Tenants: n.tenantIDs, Started: o.Now(), Now: o.Now, Log: n.log})
	n.keeper = lease.NewKeeper(n.DB, holder(), lease.Options{Log: n.log})
	return nil
}

// openInline makes the broker and the gateway.
func (n *Node) openInline(ctx context.Context) error {
	c, o := n.config, n.options
	port := c.Port()
	revoke := revoker{store: n.DB, bus: n.Bus, local: n.revocations, log: n.log}
	gate := access.New(n.Rules, n.enrich.GeoState, o.Now)
	deviceOrigin := ""
	if c.Device != "" {
		deviceOrigin = "https://" + c.Device + port
	}
	client := &http.Client{Transport: o.Transport, Timeout: 15 * time.Second}
	where := locator{n.enrich}
	n.toApps = n.appTransports()
	var err error
	n.broker, err = signin.New(signin.Config{Origin: "https://" + c.SignIn + port, DeviceOrigin: deviceOrigin}, signin.Parts{
		Tenants: brokerTenants{n.Tenants}, Catalog: brokerCatalog{n.Catalog}, Sessions: n.DB, Apps: n.DB, Codes: n.DB, Flows: n.DB,
		SignIns: n.DB, Keys: n.DB, AppHTTP: n.appHTTP,
		Sealer: n.Vault, Tokens: n.Vault, Gate: gate, Recorder: n.Recorder, Revoker: revoke, Locator: where,
		Devices:    devices{directory: n.Tenants, verifier: device.NewVerifier(), bus: n.Bus, refresh: n.cache.Refresh},
		Lookup:     lookup{n.Tenants, n.DB, intune.New(client, o.Now), n.log},
		Directory:  directory.NewPeople(n.DB, n.DB),
		Exceptions: requests{store: n.DB, now: o.Now, changed: n.Changed}, Grants: n.DB, Bypass: n.Bypasses.Live, Factors: n.DB, Blocked: n.DB, Secrets: readSecret, HTTP: client,
		Print: func(r *http.Request) string { return n.server.print.of(r) }, Now: o.Now, Log: n.log,
	})
	if err != nil {
		return err
	}
	n.follower = newFollower(n.broker.EndRefused, n.broker.FollowDirectory, n.log)
	n.syncs = &syncs{n: n, http: client, poke: make(chan struct{}, 1)}
	inspector, err := n.openInspector(ctx)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.Content.Spool, 0o700); err != nil {
		return fault.As(err, fault.Unavailable, "node.Open", c.Content.Spool)
	}
	n.discoveries = catalog.NewDiscoveries(n.DB, o.Now, n.log)
	n.gateway, err = gateway.New(gateway.Config{
		Suffix: c.Suffix + port, Broker: "https://" + c.SignIn + port, Operator: c.Operator.Name, Abuse: c.Operator.Abuse,
		HSTS: 365 * 24 * time.Hour, Private: o.Private, SpoolDir: c.Content.Spool, SpoolBody: c.Content.MaxBody,
		SpoolSession: c.Content.MaxSession, SpoolTenant: c.Content.MaxTenant, SpoolNode: c.Content.MaxNode, SpoolReserve: c.Content.Reserve,
		HoldTime: time.Duration(c.Content.HoldMinutes) * time.Minute,
	}, gateway.Parts{
		Catalog: n.Catalog, Tenants: n.Tenants, Sessions: n.cache, Apps: n.DB, Codes: n.DB, Stashes: n.DB, Blocked: n.DB, Grants: n.DB, Vault: n.Vault,
		Rules: n.gatewayRules, Recorder: n.Recorder, Enrich: n.enrich, Signals: n.Bus, Revocations: n.revocations, Revoke: revoke.Revoke,
		Refresh: n.cache.Refresh, TLSPrint: func(r *http.Request) string { return n.server.print.of(r) }, Arrived: arrived, Log: n.log, Now: o.Now, Inspector: inspector, Evidence: n.evidence, Protector: protect.New(n.DB, n.readers, o.Now, n.log),
		Discovered: n.discoveries.Seen,
		Bypassed:   func(t model.TenantID, id model.InstanceID) bool { _, live := n.Bypasses.Live(t, id); return live },
	})
	return err
}

// Run serves and works until ctx ends or a part fails.
func (n *Node) Run(ctx context.Context) error {
	if n.listener == nil {
		if err := n.Listen(); err != nil {
			return err
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	run := func(name string, f func(context.Context) error) {
		g.Go(func() error {
			err := f(ctx)
			if ctx.Err() != nil {
				return nil
			}
			return fault.Wrap(err, "node.Run", name)
		})
	}
	run("recorder", n.Recorder.Run)
	run("pipeline", n.pipeline.Run)
	run("sessions", n.cache.Run)
	run("gateway", n.gateway.Run)
	run("readers", n.warmReaders)
	run("rules", func(ctx context.Context) error { return n.Rules.follow(ctx, 30*time.Second, n.tenantIDs) })
	run("signals", n.listen)
	run("jobs", n.jobs)
	run("logouts", n.logouts)
	run("break-glass", n.breakGlass)
	run("people", func(ctx context.Context) error { return n.follower.run(ctx, n.tenantIDs) })
	run("directories", n.syncs.run)
	run("discovered hosts", func(ctx context.Context) error { n.discoveries.Run(ctx, 20*time.Second); return nil })
	run("intents", func(ctx context.Context) error {
		return n.keeper.Run(ctx, systemTenant, "intents", func(ctx context.Context, _ lease.Lease) error { return n.closer.Run(ctx) })
	})
	if n.hashes != nil {
		run("lists of malware", n.hashes.Run)
	}
	if n.acme != nil {
		run("certificates", n.acme.Run)
	}
	run("server", func(ctx context.Context) error { return n.server.run(ctx, n.listener) })
	return g.Wait()
}

// Listen opens the listener; Run does it if nobody did before.
func (n *Node) Listen() error {
	if n.options.Listener != nil {
		n.listener = n.options.Listener
		return nil
	}
	l, err := net.Listen("tcp", n.config.Listen)
	if err != nil {
		return &fault.Error{
			Kind: fault.Unavailable, Op: "node.Listen", Key: n.config.Listen, Err: err,
			Help: "choose another port in listen, or give the process the right to use this one",
		}
	}
	n.listener = l
	return nil
}

// listen follows the signals of other processes.
func (n *Node) listen(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, signal := range []bus.Signal{bus.SignalPolicy, bus.SignalCatalog} {
		g.Go(func() error {
			return n.Bus.Listen(ctx, signal, func(data []byte) {
				if err := n.reload(ctx, signal, model.TenantID(data)); err != nil && ctx.Err() == nil {
					n.log.Error("reload", "signal", signal, "tenant", string(data), "err", err)
				}
			})
		})
	}
	return g.Wait()
}

// Close closes what Open opened, in the opposite order.
func (n *Node) Close() error {
	if n == nil {
		return nil
	}
	errs := []error{n.traces.close()}
	if n.gateway != nil {
		ctx, cancel := context.WithTimeout(context.Background(), drainTime)
		n.gateway.Close(ctx)
		cancel()
	}
	if n.readers != nil {
		n.readers.Close()
	}
	if n.Log != nil {
		errs = append(errs, n.Log.Close())
	}
	if n.Bus != nil {
		errs = append(errs, n.Bus.Close())
	}
	if n.DB != nil {
		errs = append(errs, n.DB.Close())
	}
	if n.lock != nil {
		errs = append(errs, unlockFolder(n.lock))
	}
	return errors.Join(errs...)
}
