package node

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/device"
	"github.com/referee-casb/referee/enrich"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/signin"
	"github.com/referee-casb/referee/tenant"
)

// These adapters fit what one package offers to what another asks for. Each is a few lines; what grows beyond
// that belongs into a package.

// brokerTenants gives the broker its tenants.
type brokerTenants struct{ directory *tenant.Directory }

func (b brokerTenants) Tenant(id model.TenantID) (tenant.Tenant, bool) {
	e, ok := b.directory.Get(id)
	if !ok {
		return tenant.Tenant{}, false
	}
	return e.Tenant, true
}

// brokerCatalog gives the broker the catalogue.
type brokerCatalog struct{ live *catalog.Live }

func (b brokerCatalog) Instance(t model.TenantID, id model.InstanceID) (catalog.Instance, bool) {
	return value(b.live.Book().Instance(t, id))
}

func (b brokerCatalog) Instances(t model.TenantID) []catalog.Instance {
	list := b.live.Book().Instances(t)
	out := make([]catalog.Instance, len(list))
	for i, in := range list {
		out[i] = *in
	}
	return out
}

func (b brokerCatalog) ByClient(t model.TenantID, clientID string) (catalog.Instance, bool) {
	for _, in := range b.live.Book().Instances(t) {
		if in.Federation.ClientID == clientID && clientID != "" {
			return *in, true
		}
	}
	return catalog.Instance{}, false
}

func (b brokerCatalog) ByHost(t model.TenantID, mapped string) (catalog.Instance, bool) {
	in, _, ok := b.live.Book().ByHost(t, strings.ToLower(mapped))
	return value(in, ok)
}

func (b brokerCatalog) Mapped(t model.TenantID, realHost string) (string, bool) {
	return b.live.Book().Mapped(t, realHost)
}

func (b brokerCatalog) Real(t model.TenantID, mapped string) (string, bool) {
	return b.live.Book().Real(t, mapped)
}

func value(in *catalog.Instance, ok bool) (catalog.Instance, bool) {
	if !ok {
		return catalog.Instance{}, false
	}
	return *in, true
}

// locator tells the broker about addresses and user agents.
type locator struct{ enrich *enrich.Enricher }

func (l locator) Locate(t model.TenantID, remoteAddr string) model.Network {
	host, _, err := net.SplitHostPort(remoteAddr)
	if err != nil {
		host = remoteAddr
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return model.Network{}
	}
	return l.enrich.Network(t, a)
}

func (l locator) ParseAgent(raw string) model.Agent { return l.enrich.Agent(raw) }

// revoker ends sessions: in the store first, then on every gateway by broadcast. A lost broadcast is repaired by
// the gateways' reconciliation.
type revoker struct {
	store session.Store
	bus   bus.Bus
	local *session.Revocations
	log   *slog.Logger
}

func (r revoker) Revoke(ctx context.Context, v session.Revocation) error {
	v, err := r.store.Revoke(ctx, v)
	if err != nil {
		return fault.Wrap(err, "node.Revoke", string(v.Tenant))
	}
	if err := r.local.Apply(ctx, v); err != nil {
		return fault.Wrap(err, "node.Revoke", string(v.Tenant))
	}
	data, err := json.Marshal(v)
	if err != nil {
		return fault.Wrap(err, "node.Revoke", string(v.Tenant))
	}
	if err := r.bus.Broadcast(ctx, bus.SignalRevoked, data); err != nil {
		// Revoked it is: here at once, elsewhere when the gateways next reconcile with the store.
		r.log.Error("revocation not broadcast", "tenant", v.Tenant, "err", err)
	}
	return nil
}

// devices verifies client certificates, and tells gateways of changed sessions.
type devices struct {
	directory *tenant.Directory
	verifier  *device.Verifier
	bus       bus.Bus
	refresh   func(context.Context, model.TenantID, model.SessionID) error
}

func (d devices) Verify(ctx context.Context, t model.TenantID, chain []*x509.Certificate, now time.Time) (device.Certificate, error) {
	e, ok := d.directory.Get(t)
	if !ok || e.DeviceRoots == nil {
		return device.Certificate{}, fault.New(fault.Denied, "node.Verify", "the tenant trusts no device authority")
	}
	return d.verifier.Verify(ctx, t, chain, e.DeviceRoots, certificateRules(e.Device.Certificate), now)
}

func certificateRules(c tenant.Certificates) device.Rules {
	return device.Rules{
		EKUs: c.EKUs, Revocation: device.Revocation(c.Revocation), SoftFail: c.SoftFail, CRLs: c.CRLs, Fetch: c.Fetch, Nonce: c.Nonce,
		Private: c.Private, DeviceID: device.IDPlace(c.DeviceID),
	}
}

// Changed reads a session again here at once, and elsewhere by signal.
func (d devices) Changed(ctx context.Context, t model.TenantID, id model.SessionID) error {
	if err := d.refresh(ctx, t, id); err != nil {
		return fault.Wrap(err, "node.Changed", string(id))
	}
	return fault.Wrap(d.bus.Broadcast(ctx, bus.SignalDevice, []byte(string(t)+"/"+string(id))), "node.Changed", string(id))
}

// requests files a person's wish for an exception.
type requests struct {
	store   policy.ExceptionStore
	now     func() time.Time
	changed func(context.Context, bus.Signal, model.TenantID) error
}

// requestedFor is how long an exception is asked for; whoever approves may change it.
const requestedFor = 7 * 24 * time.Hour

func (q requests) RequestException(ctx context.Context, t model.TenantID, s session.Session, b session.Blocked, reason string) (string, error) {
	now := q.now()
	e := policy.Exception{
		ID: "ex-" + strings.ToLower(b.Reference), Tenant: t, User: s.User.Username, App: b.App.Key, Policy: b.Policy.ID, Reason: reason,
		Reference: b.Reference, State: policy.ExceptionRequested, Requester: s.User.Username, Requested: now, Expires: now.Add(requestedFor), Version: 1,
	}
	if e.User == "" {
		e.User, e.Requester = string(s.User.ID), string(s.User.ID)
	}
	if err := e.Validate(); err != nil {
		return "", err
	}
	err := q.store.PutException(ctx, e)
	if fault.Is(err, fault.Conflict) {
		return e.ID, nil // asked for already: the same request
	}
	if err != nil {
		return "", fault.Wrap(err, "node.RequestException", b.Reference)
	}
	return e.ID, fault.Wrap(q.changed(ctx, bus.SignalPolicy, t), "node.RequestException", b.Reference)
}

// readSecret reads a secret from a file, without the line end that editors add.
func readSecret(file string) (string, error) {
	b, err := os.ReadFile(file) //nolint:gosec // an administrator names it
	if err != nil {
		return "", fault.As(err, fault.Invalid, "node.readSecret", file)
	}
	return strings.TrimRight(string(b), "\r\n"), nil
}

var (
	_ signin.Tenants    = brokerTenants{}
	_ signin.Catalog    = brokerCatalog{}
	_ signin.Locator    = locator{}
	_ signin.Revoker    = revoker{}
	_ signin.Devices    = devices{}
	_ signin.Exceptions = requests{}
)
