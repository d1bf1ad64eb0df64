// Package signin_test drives the sign-in broker the way browsers and apps do: an app that trusts it as its OpenID
// provider, the company's own provider behind it, the gateway beside it, a store on disk, all over TLS.
package signin_test

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/referee-casb/referee/access"
	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/device"
	people "github.com/referee-casb/referee/directory"
	"github.com/referee-casb/referee/enrich"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/gateway"
	"github.com/referee-casb/referee/internal/clock"
	"github.com/referee-casb/referee/internal/devca"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/signin"
	"github.com/referee-casb/referee/store/sqlite"
	"github.com/referee-casb/referee/tenant"
	"github.com/referee-casb/referee/vault"
)

const (
	suffix     = "gate.localhost"
	brokerHost = "signin.referee.localhost"
	deviceHost = "device.referee.localhost"
	idpHost    = "login.provider.localhost"
	partner    = "login.partner.localhost" // the second provider of tenants that have one
	appHost    = "files.app.localhost"
	otherHost  = "notes.other.localhost"
)

// authority issues every certificate of a test run.
var authority = sync.OnceValue(func() *devca.Authority {
	dir, err := os.MkdirTemp("", "signin-test-ca")
	if err != nil {
		panic(err)
	}
	a, err := devca.Open(dir, time.Now)
	if err != nil {
		panic(err)
	}
	return a
})

// rig is everything around one broker.
type rig struct {
	t      testing.TB
	clock  *clock.Clock
	db     *sqlite.DB
	vault  *vault.Vault
	live   *catalog.Live
	dir    *tenant.Directory
	books  map[model.TenantID]*policy.Book
	geo    string // what Locate says of every address
	cache  *session.Cache
	broker *signin.Broker
	idp    *idp
	second *idp
	app    *app
	rec    *recorder
	log    *logBook
	addr   string // of the one listener
	bypass *tenant.Bypasses
	port   string

	mu       sync.Mutex
	hosts    map[string]http.Handler // by name, without port
	print    string                  // JA4 that every connection has
	failures failing
}

// failing makes parts fail.
type failing struct {
	store, blocked bool
	deaf           atomic.Bool // nobody can be told that facts of a device have changed
	resolving      func()      // called once, when the directory has answered and nobody knows yet
}

type setting struct {
	policies string // of tenant contoso
	public   bool   // the app is a public client
	nodevice bool
	change   func(*tenant.Tenant, *rig)
	instance func(*catalog.Instance)
}

func newRig(t testing.TB, set setting) *rig {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, clock: clock.Running(time.Now), addr: l.Addr().String(), rec: &recorder{}, log: &logBook{}, books: map[model.TenantID]*policy.Book{}}
	_, port, err := net.SplitHostPort(r.addr)
	if err != nil {
		t.Fatal(err)
	}
	r.port = ":" + port
	log := slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if r.db, err = sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "referee.db"), sqlite.Options{Now: r.now}); err != nil {
		t.Fatal(err)
	}
	master, err := vault.OpenMaster(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r.vault = vault.Open(master, r.db, r.now)
	r.idp = newIDP(t, "https://"+idpHost+r.port, r.now)
	r.second = newIDP(t, "https://"+partner+r.port, r.now)
	r.seed(set)
	if r.live, err = catalog.NewLive(suffix + r.port); err != nil {
		t.Fatal(err)
	}
	if err := r.live.Reload(t.Context(), r.db, []model.TenantID{"contoso", "fabrikam"}); err != nil {
		t.Fatal(err)
	}
	r.dir = tenant.NewDirectory()
	if err := r.dir.Reload(t.Context(), r.db); err != nil {
		t.Fatal(err)
	}
	r.policies("contoso", set.policies)
	r.policies("fabrikam", "")
	r.bypass = tenant.NewBypasses(r.now)

	r.cache = session.NewCache(session.CacheOptions{
		Sessions: r.db, Apps: r.db, Codes: r.db, Vault: r.vault, Now: r.now, Log: log,
		Jars: session.NewJars(session.JarsOptions{Store: r.db, Now: r.now, Log: log}),
	})
	revocations := session.NewRevocations(r.db, r.cache.Apply)
	for _, id := range []model.TenantID{"contoso", "fabrikam"} {
		if err := revocations.Track(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	config := signin.Config{Origin: "https://" + brokerHost + r.port, DeviceOrigin: "https://" + deviceHost + r.port}
	if set.nodevice {
		config.DeviceOrigin = ""
	}
	transport := r.transport(nil)
	t.Cleanup(transport.CloseIdleConnections)
	revoke := revoker{r, revocations}
	where := locator{r}
	gate := access.New(books{r}, func(model.Network) filter.State { return filter.Known }, r.now)
	r.broker, err = signin.New(config, signin.Parts{
		Tenants: tenants{r}, Catalog: directory{r.live}, Sessions: sessions{r.db, r}, Apps: r.db, Codes: r.db,
		SignIns: r.db, Keys: r.db, AppHTTP: func(catalog.Instance) (*http.Client, error) { return &http.Client{Transport: transport}, nil },
		Flows: r.db, Sealer: r.vault, Tokens: r.vault, Gate: gate, Recorder: r.rec, Revoker: revoke, Locator: where, Devices: devices{r, device.NewVerifier()}, Directory: &watched{people.NewPeople(r.db, r.db), r},
		Exceptions: exceptions{}, Grants: r.db, Bypass: r.bypass.Live, Factors: r.db, Blocked: blockedStore{r.db, r}, Secrets: readFile, HTTP: &http.Client{Transport: transport, Timeout: 10 * time.Second},
		Print: func(*http.Request) string { r.mu.Lock(); defer r.mu.Unlock(); return r.print }, Now: r.now, Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	r.app = newApp(r, "files", appHost, set.public)
	gw, err := gateway.New(gateway.Config{Suffix: suffix + r.port, Broker: config.Origin, Private: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, SpoolDir: t.TempDir()},
		gateway.Parts{
			Catalog: r.live, Tenants: r.dir, Sessions: r.cache, Apps: r.db, Codes: r.db, Stashes: r.db, Blocked: r.db, Grants: r.db, Vault: r.vault,
			Rules: func(id model.TenantID) gateway.Rules { return r.book(id) }, Recorder: r.rec, Enrich: enrich.New(nil, enrich.Options{}),
			Bypassed:    func(t model.TenantID, id model.InstanceID) bool { _, live := r.bypass.Live(t, id); return live },
			Revocations: revocations, Revoke: revoke.Revoke, Refresh: r.cache.Refresh, Log: log, Now: r.now,
			TLSPrint: func(*http.Request) string { r.mu.Lock(); defer r.mu.Unlock(); return r.print },
		})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	wait.Go(func() { _ = gw.Run(ctx) })
	wait.Go(func() { _ = r.cache.Run(ctx) })
	r.hosts = map[string]http.Handler{brokerHost: r.broker, deviceHost: http.HandlerFunc(r.broker.ServeDevice), idpHost: r.idp, partner: r.second, appHost: r.app}
	server := r.server(gw)
	wait.Go(func() { _ = server.ServeTLS(l, "", "") })
	t.Cleanup(func() {
		_ = server.Close()
		cancel()
		wait.Wait()
		gw.Close(context.Background())
		if err := r.db.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// server routes by Host alone, as the node does; the device host asks for client certificates.
func (r *rig) server(gw *gateway.Gateway) *http.Server {
	certificate := func(info *tls.ClientHelloInfo) (*tls.Certificate, error) {
		return authority().Certificate(strings.ToLower(info.ServerName), strings.EqualFold(info.ServerName, deviceHost))
	}
	plain := &tls.Config{GetCertificate: certificate, NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS12}
	asks := plain.Clone()
	asks.ClientAuth = tls.RequestClientCert
	outer := plain.Clone()
	outer.GetConfigForClient = func(info *tls.ClientHelloInfo) (*tls.Config, error) {
		if strings.EqualFold(info.ServerName, deviceHost) {
			return asks, nil
		}
		return plain, nil
	}
	return &http.Server{
		TLSConfig: outer, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError), ReadHeaderTimeout: 10 * time.Second,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			name, _, _ := strings.Cut(strings.ToLower(q.Host), ":")
			r.mu.Lock()
			h := r.hosts[name]
			r.mu.Unlock()
			if h != nil {
				h.ServeHTTP(w, q)
				return
			}
			gw.ServeHTTP(w, q)
		}),
	}
}

// host serves a host, in the place of what was there.
func (r *rig) host(name string, h http.Handler) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hosts[name] = h
}

// transport dials the one listener whatever the name.
func (r *rig) transport(certificate *tls.Certificate) *http.Transport {
	c := &tls.Config{RootCAs: authority().RootPool(), MinVersion: tls.VersionTLS12}
	if certificate != nil {
		c.Certificates = []tls.Certificate{*certificate}
	}
	return &http.Transport{TLSClientConfig: c, ForceAttemptHTTP2: true, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, r.addr)
	}}
}

func (r *rig) now() time.Time { return r.clock.Now() }

// seed stores tenants and instances.
func (r *rig) seed(set setting) {
	r.t.Helper()
	ca := filepath.Join(r.t.TempDir(), "ca.pem")
	secret := filepath.Join(r.t.TempDir(), "secret")
	for name, text := range map[string][]byte{ca: authority().RootPEM(), secret: []byte(clientSecret)} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			r.t.Fatal(err)
		}
	}
	for _, id := range []model.TenantID{"contoso", "fabrikam"} {
		v := tenant.Tenant{
			ID: id, Name: strings.ToUpper(string(id[:1])) + string(id[1:]), Domains: []string{string(id) + ".example"}, Notice: tenant.Notice{Off: true},
			Brand:     tenant.Brand{Contact: "helpdesk@" + string(id) + ".example"},
			Providers: []tenant.Provider{{ID: "main", Issuer: r.idp.issuer, ClientID: "referee-" + string(id), SecretFile: secret}},
			Device:    tenant.Device{CAs: []string{string(authority().DevicePEM())}},
		}
		if set.change != nil {
			set.change(&v, r)
		}
		if _, err := r.db.PutTenant(r.t.Context(), v); err != nil {
			r.t.Fatal(err)
		}
		for _, in := range []catalog.Instance{r.instance(id, "files", appHost, ca, set.public), r.instance(id, "notes", otherHost, ca, false)} {
			if set.instance != nil {
				set.instance(&in)
			}
			if err := r.db.PutInstance(r.t.Context(), in); err != nil {
				r.t.Fatal(err)
			}
		}
	}
}

func (r *rig) instance(id model.TenantID, name model.InstanceID, host, ca string, public bool) catalog.Instance {
	real := host + r.port
	in := catalog.Instance{
		ID: name, Tenant: id, App: "onedrive", Name: "Contoso " + string(name), Route: model.RouteSSO, Evidence: model.EvidenceDemo, CAFile: ca,
		Hosts: []catalog.Host{{Name: real, Role: catalog.RoleApp}}, Origins: map[string]string{real: r.addr},
		Federation: catalog.Federation{
			Protocol: "oidc", ClientID: string(name), SecretHash: session.Secret(clientSecret).Hash(), RedirectURIs: []string{"https://" + real + "/callback"},
			LogoutURIs: []string{"https://" + real + "/signed-out"},
		},
	}
	if public {
		in.Federation.SecretHash = ""
	}
	return in
}

func (r *rig) book(id model.TenantID) *policy.Book {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.books[id]
}

func (r *rig) policies(id model.TenantID, text string) {
	r.t.Helper()
	r.excepted(id, text)
}

// excepted puts policies in force, with exceptions from them.
func (r *rig) excepted(id model.TenantID, text string, exceptions ...policy.Exception) {
	r.t.Helper()
	var docs []*policy.Document
	if text != "" {
		var problems policy.Problems
		if docs, problems = policy.Decode("test.yaml", []byte(text)); len(problems) > 0 {
			r.t.Fatal(problems)
		}
	}
	b, problems := policy.Compile(docs, policy.Options{Tenant: id, Epoch: 1, Exceptions: exceptions, Capabilities: policy.Capabilities{StepUp: true}})
	if len(problems) > 0 {
		r.t.Fatal(problems)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.books[id] = b
}

// mapped is the mapped origin of a tenant's app.
func (r *rig) mapped(id model.TenantID, host string) string {
	r.t.Helper()
	m, ok := r.live.Book().Mapped(id, host+r.port)
	if !ok {
		r.t.Fatalf("%s of %s is not mapped", host, id)
	}
	return "https://" + m
}

func (r *rig) direct(host string) string { return "https://" + host + r.port }

// at is an address at the broker.
func (r *rig) at(id model.TenantID, path string) string {
	return "https://" + brokerHost + r.port + "/" + string(id) + path
}

// --- what the node wires ---

func readFile(name string) (string, error) {
	text, err := os.ReadFile(name)
	return strings.TrimSpace(string(text)), err
}

func body(t testing.TB, res *http.Response) string {
	t.Helper()
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
