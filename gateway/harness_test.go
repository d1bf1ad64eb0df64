package gateway_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/enrich"
	"github.com/referee-casb/referee/gateway"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/tenant"
	"github.com/referee-casb/referee/vault"
)

const (
	suffix = "gate.test"
	broker = "https://signin.referee.test"
	agent  = "test browser/1"
)

// authority issues certificates for the apps and the gateway of a test run.
var authority = sync.OnceValue(func() *ca {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	t := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, &k.PublicKey, k)
	if err != nil {
		panic(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return &ca{key: k, cert: cert}
})

type ca struct {
	key    *ecdsa.PrivateKey
	cert   *x509.Certificate
	serial atomic.Int64
}

func (c *ca) issue(names ...string) tls.Certificate {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	t := &x509.Certificate{
		SerialNumber: big.NewInt(c.serial.Add(1) + 1), DNSNames: names, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(24 * time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, t, c.cert, &k.PublicKey, c.key)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: k}
}

func (c *ca) roots() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(c.cert)
	return p
}

// rig is a gateway between a client and an app, all over TLS.
type rig struct {
	t        testing.TB
	g        *gateway.Gateway
	front    *httptest.Server
	app      *httptest.Server
	mem      *memory
	rec      *recorder
	vault    *vault.Vault
	cache    *session.Cache
	revoke   *session.Revocations
	live     *catalog.Live
	book     atomic.Pointer[policy.Book]
	norules  atomic.Bool
	inspect  gateway.Inspector
	skew     atomic.Int64
	requests atomic.Int64 // that reached the app
	again    func() (*gateway.Gateway, error)
}

type rigOptions struct {
	app       http.Handler
	policies  string
	inspector gateway.Inspector
	protector gateway.Protector
	evidence  gateway.Evidence
	instances []catalog.Instance // further ones
	change    func(*gateway.Config)
	tenant    func(*tenant.Tenant)
	profile   catalog.Profile
	h1        bool // the app speaks HTTP/1.1 only
	arrived   func(*http.Request) func(context.Context) bool
	found     func(tenant model.TenantID, instance model.InstanceID, host, kind string)
	origin    string           // address of an app that runs elsewhere
	cert      *tls.Certificate // the app's, instead of one that the authority issues directly
}

// hosts of the standard instance.
var hosts = []catalog.Host{
	{Name: "files.app.test", Role: catalog.RoleApp},
	{Name: "api.app.test", Role: catalog.RoleAPI},
	{Name: "cdn.app.test", Role: catalog.RoleStatic},
	{Name: "anon.app.test", Role: catalog.RoleAnonymous},
	{Name: "bytes.app.test", Role: catalog.RoleFiles},
}

func newRig(t testing.TB, opt rigOptions) *rig {
	t.Helper()
	r := &rig{t: t, mem: newMemory(), rec: &recorder{}, inspect: opt.inspector}
	ca := authority()
	r.app = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.requests.Add(1)
		opt.app.ServeHTTP(w, req)
	}))
	r.app.EnableHTTP2 = !opt.h1
	r.app.TLS = &tls.Config{Certificates: []tls.Certificate{ca.issue("*.app.test", "*.other.test")}}
	if opt.cert != nil {
		r.app.TLS.Certificates = []tls.Certificate{*opt.cert}
	}
	r.app.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	r.app.StartTLS()
	t.Cleanup(r.app.Close)
	addr := r.app.Listener.Addr().String()
	if opt.origin != "" {
		addr = opt.origin
	}
	caFile := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(caFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.cert.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	instance := func(tn model.TenantID, id model.InstanceID, hosts []catalog.Host) catalog.Instance {
		in := catalog.Instance{
			ID: id, Tenant: tn, App: "onedrive", Name: "Files", Route: model.RouteSSO, Evidence: model.EvidenceDemo,
			Hosts: hosts, Origins: map[string]string{}, CAFile: caFile, Profile: opt.profile,
			Federation: catalog.Federation{Protocol: "oidc", ClientID: "files", RedirectURIs: []string{"https://" + hosts[0].Name + "/callback"}},
		}
		for _, h := range hosts {
			in.Origins[h.Name] = addr
		}
		return in
	}
	list := append([]catalog.Instance{
		instance("contoso", "files", hosts), instance("fabrikam", "files", hosts),
		instance("contoso", "other", []catalog.Host{{Name: "evil.other.test", Role: catalog.RoleApp}}),
	}, opt.instances...)
	var err error
	if r.live, err = catalog.NewLive(suffix); err != nil {
		t.Fatal(err)
	}
	if err := r.live.Reload(t.Context(), instances(list), []model.TenantID{"contoso", "fabrikam"}); err != nil {
		t.Fatal(err)
	}
	master, err := vault.OpenMaster(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r.vault = vault.Open(master, r.mem, r.now)
	log := slog.New(slog.DiscardHandler)
	if os.Getenv("REFEREE_TEST_LOG") != "" {
		log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	r.cache = session.NewCache(session.CacheOptions{
		Sessions: r.mem, Apps: r.mem, Codes: r.mem, Vault: r.vault, Now: r.now, Log: log,
		Jars: session.NewJars(session.JarsOptions{Store: r.mem, Now: r.now, Log: log}),
	})
	r.revoke = session.NewRevocations(r.mem, r.cache.Apply)
	for _, tn := range []model.TenantID{"contoso", "fabrikam"} {
		if err := r.revoke.Track(t.Context(), tn); err != nil {
			t.Fatal(err)
		}
	}
	r.setPolicies(opt.policies)
	cfg := gateway.Config{
		Suffix: suffix, Broker: broker, Private: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		SpoolDir: t.TempDir(),
	}
	if opt.change != nil {
		opt.change(&cfg)
	}
	parts := gateway.Parts{
		Catalog: r.live, Tenants: tenantsOf(t, opt.tenant), Sessions: r.cache, Apps: r.mem, Codes: r.mem,
		Arrived: opt.arrived, Stashes: r.mem, Blocked: r.mem, Grants: r.mem, Vault: r.vault, Recorder: r.rec, Enrich: enrich.New(nil, enrich.Options{}),
		Rules: func(model.TenantID) gateway.Rules {
			if r.norules.Load() {
				return nil
			}
			return r.book.Load()
		},
		Revocations: r.revoke, Inspector: opt.inspector, Protector: opt.protector, Evidence: opt.evidence, Discovered: opt.found, Log: log, Now: r.now,
		Revoke: func(ctx context.Context, rev session.Revocation) error {
			rev, err := r.mem.Revoke(ctx, rev)
			if err != nil {
				return err
			}
			return r.revoke.Apply(ctx, rev)
		},
	}
	r.again = func() (*gateway.Gateway, error) { return gateway.New(cfg, parts) }
	if r.g, err = r.again(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = r.g.Run(ctx) })
	wg.Go(func() { _ = r.cache.Run(ctx) })
	r.front = httptest.NewUnstartedServer(r.g)
	r.front.EnableHTTP2 = true
	r.front.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	r.front.TLS = &tls.Config{Certificates: []tls.Certificate{ca.issue("*.contoso.gate.test", "*.fabrikam.gate.test", "gate.test", "stranger.test")}}
	r.front.StartTLS()
	t.Cleanup(func() {
		r.front.Close()
		cancel()
		wg.Wait()
		r.g.Close(context.Background())
	})
	return r
}

func (r *rig) now() time.Time { return time.Now().Add(time.Duration(r.skew.Load())) }

func (r *rig) setPolicies(text string) {
	r.t.Helper()
	var docs []*policy.Document
	if text != "" {
		var problems policy.Problems
		if docs, problems = policy.Decode("test.yaml", []byte(text)); len(problems) > 0 {
			r.t.Fatal(problems)
		}
	}
	epoch := int64(1)
	if old := r.book.Load(); old != nil {
		epoch = old.Epoch() + 1
	}
	b, problems := policy.Compile(docs, policy.Options{Tenant: "contoso", Epoch: epoch, Capabilities: policy.Capabilities{Inspector: true, Malware: true, Labels: true, StepUp: true, Protect: true}})
	if len(problems) > 0 {
		r.t.Fatal(problems)
	}
	r.book.Store(b)
}

// instances is a catalog.Store over a list.
type instances []catalog.Instance

func (l instances) PutInstance(context.Context, catalog.Instance) error { return nil }
func (l instances) DeleteInstance(context.Context, model.TenantID, model.InstanceID) error {
	return nil
}

func (l instances) Instances(_ context.Context, t model.TenantID) ([]catalog.Instance, error) {
	var out []catalog.Instance
	for _, in := range l {
		if in.Tenant == t {
			out = append(out, in)
		}
	}
	return out, nil
}

type tenantList []tenant.Tenant

func (l tenantList) PutTenant(context.Context, tenant.Tenant) (tenant.Tenant, error) {
	return tenant.Tenant{}, nil
}

func (l tenantList) Tenant(context.Context, model.TenantID) (tenant.Tenant, error) {
	return tenant.Tenant{}, nil
}
func (l tenantList) Tenants(context.Context) ([]tenant.Tenant, error)   { return l, nil }
func (l tenantList) DeleteTenant(context.Context, model.TenantID) error { return nil }

func tenantsOf(t testing.TB, change func(*tenant.Tenant)) *tenant.Directory {
	t.Helper()
	list := tenantList{
		{ID: "contoso", Name: "Contoso", Notice: tenant.Notice{Off: true}, Brand: tenant.Brand{Contact: "helpdesk@contoso.test"}},
		{ID: "fabrikam", Name: "Fabrikam", Notice: tenant.Notice{Off: true}},
	}
	for i := range list {
		if change != nil {
			change(&list[i])
		}
		list[i] = list[i].WithDefaults()
	}
	d := tenant.NewDirectory()
	if err := d.Reload(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	return d
}

// eventually waits for something that happens beside.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("not within 5 s: %s", what)
}
