package signin_test

import (
	"context"
	"crypto/x509"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/device"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/signin"
	"github.com/referee-casb/referee/tenant"
)

type tenants struct{ r *rig }

func (x tenants) Tenant(id model.TenantID) (tenant.Tenant, bool) {
	e, ok := x.r.dir.Get(id)
	if !ok {
		return tenant.Tenant{}, false
	}
	return e.Tenant, true
}

type directory struct{ live *catalog.Live }

func valueOf(in *catalog.Instance, ok bool) (catalog.Instance, bool) {
	if !ok {
		return catalog.Instance{}, false
	}
	return *in, true
}

func (d directory) Instance(t model.TenantID, id model.InstanceID) (catalog.Instance, bool) {
	return valueOf(d.live.Book().Instance(t, id))
}

func (d directory) Instances(t model.TenantID) []catalog.Instance {
	list := d.live.Book().Instances(t)
	out := make([]catalog.Instance, len(list))
	for i, in := range list {
		out[i] = *in
	}
	return out
}

func (d directory) ByClient(t model.TenantID, id string) (catalog.Instance, bool) {
	for _, in := range d.live.Book().Instances(t) {
		if in.Federation.ClientID == id && id != "" {
			return *in, true
		}
	}
	return catalog.Instance{}, false
}

func (d directory) ByHost(t model.TenantID, host string) (catalog.Instance, bool) {
	in, _, ok := d.live.Book().ByHost(t, strings.ToLower(host))
	return valueOf(in, ok)
}

func (d directory) Mapped(t model.TenantID, real string) (string, bool) {
	return d.live.Book().Mapped(t, real)
}

func (d directory) Real(t model.TenantID, mapped string) (string, bool) {
	return d.live.Book().Real(t, mapped)
}

type books struct{ r *rig }

func (b books) Book(id model.TenantID) (*policy.Book, bool) {
	p := b.r.book(id)
	return p, p != nil
}

type sessionStore = signin.Sessions

// sessions is the store, which can be made to fail.
type sessions struct {
	sessionStore
	r *rig
}

func (s sessions) Session(ctx context.Context, t model.TenantID, id model.SessionID) (session.Session, error) {
	s.r.mu.Lock()
	fails := s.r.failures.store
	s.r.mu.Unlock()
	if fails {
		return session.Session{}, fault.New(fault.Unavailable, "sqlite.Session", "disk 7 of host db-internal is gone")
	}
	return s.sessionStore.Session(ctx, t, id)
}

// fails makes parts fail, or work again.
func (r *rig) fails(change func(*failing)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.failures)
}

// blockedStore is the store of blocked actions, which can be made to fail.
type blockedStore struct {
	session.BlockedStore
	r *rig
}

func (s blockedStore) PutBlocked(ctx context.Context, b session.Blocked) error {
	s.r.mu.Lock()
	fails := s.r.failures.blocked
	s.r.mu.Unlock()
	if fails {
		return fault.New(fault.Unavailable, "sqlite.PutBlocked", "disk 7 of host db-internal is gone")
	}
	return s.BlockedStore.PutBlocked(ctx, b)
}

type revoker struct {
	r     *rig
	local *session.Revocations
}

func (x revoker) Revoke(ctx context.Context, v session.Revocation) error {
	v, err := x.r.db.Revoke(ctx, v)
	if err != nil {
		return err
	}
	return x.local.Apply(ctx, v)
}

type locator struct{ r *rig }

func (l locator) Locate(_ model.TenantID, remote string) model.Network {
	at, err := netip.ParseAddrPort(remote)
	if err != nil {
		return model.Network{}
	}
	l.r.mu.Lock()
	defer l.r.mu.Unlock()
	n := model.Network{Address: at.Addr(), Country: "DK"}
	if l.r.geo != "" {
		n.Address = netip.MustParseAddr(l.r.geo)
	}
	return n
}

func (l locator) ParseAgent(raw string) model.Agent { return model.Agent{Raw: raw} }

type devices struct {
	r        *rig
	verifier *device.Verifier
}

func (d devices) Verify(ctx context.Context, t model.TenantID, chain []*x509.Certificate, now time.Time) (device.Certificate, error) {
	e, ok := d.r.dir.Get(t)
	if !ok {
		return device.Certificate{}, fault.New(fault.Denied, "test", "no tenant")
	}
	c := e.Device.Certificate
	return d.verifier.Verify(ctx, t, chain, e.DeviceRoots, device.Rules{
		EKUs: c.EKUs, Revocation: device.Revocation(c.Revocation), SoftFail: c.SoftFail, CRLs: c.CRLs, Fetch: c.Fetch, Private: c.Private, DeviceID: device.IDPlace(c.DeviceID),
	}, now)
}

func (d devices) Changed(ctx context.Context, t model.TenantID, id model.SessionID) error {
	if d.r.failures.deaf.Load() {
		return fault.New(fault.Unavailable, "rig.Changed", "the bus is away")
	}
	return d.r.cache.Refresh(ctx, t, id)
}

type exceptions struct{}

func (exceptions) RequestException(_ context.Context, _ model.TenantID, _ session.Session, b session.Blocked, _ string) (string, error) {
	return "ex-" + strings.ToLower(b.Reference), nil
}

// recorder keeps activities in memory, with ids as the real one makes them.
type recorder struct {
	mu   sync.Mutex
	all  []model.Activity
	fail bool
	n    int
}

func (r *recorder) Event(_ context.Context, a *model.Activity) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail {
		return fault.New(fault.Unavailable, "bus.Publish", "stream of nats-internal:4222 is full")
	}
	r.n++
	if a.ID == "" {
		a.ID = activitylog.ID(a.Tenant, a.Source, strings.Repeat("x", r.n))
		a.Reference = activitylog.Reference(a.ID)
	}
	r.all = append(r.all, *a)
	return nil
}

func (r *recorder) Intent(ctx context.Context, a *model.Activity) error { return r.Event(ctx, a) }

func (r *recorder) Outcome(ctx context.Context, a *model.Activity) error { return r.Event(ctx, a) }

func (r *recorder) View(*model.Activity) {}

func (r *recorder) Prepare(a *model.Activity) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.n++
	a.ID = activitylog.ID(a.Tenant, a.Source, strings.Repeat("y", r.n))
	a.Reference = activitylog.Reference(a.ID)
}

// of returns what was recorded of a type.
func (r *recorder) of(kind model.ActivityType) []model.Activity {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []model.Activity
	for _, a := range r.all {
		if a.Type == kind {
			out = append(out, a)
		}
	}
	return out
}

func (r *recorder) failing(on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fail = on
}

// logBook keeps Referee's own log, to look for secrets in it and to show it when a test fails.
type logBook struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
