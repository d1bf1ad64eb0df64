package gateway

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/gateway/page"
	"github.com/referee-casb/referee/gateway/upstream"
	"github.com/referee-casb/referee/model"
)

// Gateway answers for every host below one suffix. Make one with [New], run [Gateway.Run] beside it.
type Gateway struct {
	cfg    Config
	parts  Parts
	log    *slog.Logger
	now    func() time.Time
	port   string   // of the suffix: ":8443", or ""
	hsts   []string // field value, nil for none
	broker string   // authority of cfg.Broker

	apps     *upstream.Pool
	profiles profiles
	files    *files
	tags     tags
	asked    asked
	stashed  stashQuota
	hops     sync.Pool
	holding  room  // for request bodies that wait for a step-up
	spooling room  // for bodies that are looked at
	waiting  quota // bytes of requests that wait for a step-up
	counts   counters
	digests  digests
	arriving sync.WaitGroup // answers whose arrival is being confirmed

	crossings  atomic.Int32 // preflights between apps that are with an app now
	complained atomic.Int64 // when an unrecorded action was last logged, Unix nanoseconds
}

// New makes a gateway. Parts that are not optional must be there.
func New(cfg Config, parts Parts) (*Gateway, error) {
	cfg = cfg.withDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if err := parts.check(); err != nil {
		return nil, err
	}
	g := &Gateway{cfg: cfg, parts: parts, log: parts.Log, now: parts.Now, broker: strings.TrimPrefix(cfg.Broker, "https://")}
	if g.log == nil {
		g.log = slog.New(slog.DiscardHandler)
	}
	if g.now == nil {
		g.now = time.Now
	}
	if host := hostOf(cfg.Suffix); host != cfg.Suffix {
		g.port = cfg.Suffix[len(host):]
	}
	if cfg.HSTS > 0 {
		g.hsts = []string{"max-age=" + strconv.Itoa(int(cfg.HSTS.Seconds()))}
	}
	g.apps = upstream.NewPool(upstream.Options{
		DialTimeout: cfg.DialTimeout, HeaderTimeout: cfg.HeaderTimeout,
		IdleConns: cfg.IdleConns, Private: cfg.Private, Completed: g.completed,
	})
	g.spooling.most, g.spooling.tenant, g.spooling.person = cfg.SpoolNode, cfg.SpoolTenant, cfg.SpoolSession
	g.files = newFiles(cfg.RangeIdle, g.now)
	g.hops.New = func() any { return new(hop) }
	return g, nil
}

func (p *Parts) check() error {
	for _, part := range []struct {
		name string
		ok   bool
	}{
		{"catalog", p.Catalog != nil},
		{"tenants", p.Tenants != nil},
		{"sessions", p.Sessions != nil},
		{"apps", p.Apps != nil},
		{"codes", p.Codes != nil},
		{"stashes", p.Stashes != nil},
		{"blocked", p.Blocked != nil},
		{"grants", p.Grants != nil},
		{"vault", p.Vault != nil},
		{"rules", p.Rules != nil},
		{"recorder", p.Recorder != nil},
		{"enrich", p.Enrich != nil},
		{"revoke", p.Revoke != nil},
	} {
		if !part.ok {
			return &fault.Error{Kind: fault.Invalid, Op: "gateway.New", Key: part.name, Msg: "is missing"}
		}
	}
	return nil
}

// Owns reports whether a host is the suffix apex or below it. Node routes by it.
func (g *Gateway) Owns(host string) bool {
	host = strings.ToLower(host)
	if g.port == "" {
		host = strings.TrimSuffix(host, ":443")
	}
	return host == g.cfg.Suffix || len(host) > len(g.cfg.Suffix) && strings.HasSuffix(host, g.cfg.Suffix) && host[len(host)-len(g.cfg.Suffix)-1] == '.'
}

// ServeHTTP answers one request.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.counts.requests.Add(1)
	if why := malformed(r); why != "" {
		g.refuse(w, r, why)
		return
	}
	book := g.parts.Catalog.Book()
	t, token, ok := book.Find(r.Host)
	if !ok {
		g.unknown(w, r)
		return
	}
	if !g.agrees(r, book, t) {
		g.counts.refused.Add(1)
		g.plainError(w, r, http.StatusMisdirectedRequest, page.Refused)
		return
	}
	h := g.hops.Get().(*hop)
	defer g.put(h)
	h.begin(g, w, r, book, t, token)
	h.serve()
}

// address is the client's.
func (g *Gateway) address(r *http.Request) netip.Addr {
	if ap, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		return ap.Addr().Unmap().WithZone("")
	}
	return netip.Addr{}
}

// brokerURL is an address on the tenant's sign-in pages; path begins without a slash.
func (g *Gateway) brokerURL(tenant model.TenantID, path string) string {
	return g.cfg.Broker + "/" + string(tenant) + "/" + path
}

// origin is the mapped origin of a target.
func origin(t *catalog.Target) string { return "https://" + t.Mapped }

// Counts are what the gateway has done since it was made. They only grow, Open aside.
type Counts struct {
	Requests, Refused, Unauthenticated, Blocked, Downloads, Uploads, Unrecorded, AppErrors uint64
	Chains                                                                                 uint64 // incomplete certificate chains of apps that were completed
	Ambiguous                                                                              uint64 // pages that browsers may read in two ways
	Open                                                                                   int64  // WebSockets and long transfers now
}

type counters struct {
	requests, refused, unauthenticated, blocked, downloads, uploads, unrecorded, appErrors, chains, ambiguous atomic.Uint64
	open                                                                                                      atomic.Int64
}

// Counts returns the counts.
func (g *Gateway) Counts() Counts {
	c := &g.counts
	return Counts{
		Requests: c.requests.Load(), Refused: c.refused.Load(), Unauthenticated: c.unauthenticated.Load(),
		Blocked: c.blocked.Load(), Downloads: c.downloads.Load(), Uploads: c.uploads.Load(), Unrecorded: c.unrecorded.Load(),
		AppErrors: c.appErrors.Load(), Chains: c.chains.Load(), Ambiguous: c.ambiguous.Load(), Open: c.open.Load(),
	}
}

// Close ends idle connections to apps and files fetched in pieces. Call it after Run has returned.
func (g *Gateway) Close(ctx context.Context) {
	g.apps.Close()
	g.arriving.Wait() // connections are closed by now, so nothing waits for long
	g.files.flush(ctx, g)
}
