package node

import (
	"context"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/referee-casb/referee/api"
	"github.com/referee-casb/referee/appcheck"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/gateway/upstream"
	"github.com/referee-casb/referee/internal/buildinfo"
	"github.com/referee-casb/referee/internal/devca"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
)

// openDelivery makes what people and scripts reach: the API, the certificates, the listener's server.
func (n *Node) openDelivery(ctx context.Context) error {
	c, o := n.config, n.options
	n.metrics = newMetrics(n)
	revoke := revoker{store: n.DB, bus: n.Bus, local: n.revocations, log: n.log}
	var err error
	n.api, err = api.New(api.Config{
		URL: "https://" + c.API + c.Port(), Version: buildinfo.Get().Version, Rules: policy.Options{Capabilities: n.capabilities()},
		Suffix: c.Suffix, SignIn: c.SignIn, Hosts: []string{c.API, c.Device}, Port: c.Port(),
	}, api.Parts{
		Tenants: n.DB, Catalog: n.DB, Policies: n.DB, Sessions: n.DB, Apps: n.DB, Tokens: n.DB, Bypasses: n.DB, Recoveries: n.DB, Factors: n.DB, Devices: n.DB, People: n.DB, InfoTypes: n.DB, Discovered: n.DB, Labels: n.DB,
		Library: n.types, Tables: n.tables, Evidence: n.evidence, ReadContent: n.readContent, FollowDirectory: n.follower.Changed, SyncDirectory: n.syncs.Poke, Activity: n.Log, Recorder: n.Recorder, Revoker: revoke,
		Network: func(t model.TenantID, addr netip.Addr) (model.Network, filter.State) {
			found := n.enrich.Network(t, addr)
			return found, n.enrich.GeoState(found)
		},
		Changed: n.Changed, Tail: n.tail, Zone: n.Tenants.Location, Ready: n.ready, Metrics: n.metrics.handler(), Now: o.Now, Log: n.log,
		Keys: n.broker, Connections: n.broker,
		AppChecks: &appcheck.Checker{Dial: upstream.Dialer(upstream.Options{DialTimeout: 10 * time.Second, Private: o.Private}), Now: o.Now},
	})
	if err != nil {
		return err
	}
	if n.Authority = o.Authority; c.TLS.Development && n.Authority == nil {
		if n.Authority, err = devca.Open(filepath.Join(c.Data, "ca"), o.Now); err != nil {
			return err
		}
	}
	certs, err := n.openCertificates(ctx)
	if err != nil {
		return err
	}
	h := &hosts{config: c, gateway: n.gateway, signin: n.broker, device: http.HandlerFunc(n.broker.ServeDevice), api: n.api, owns: n.gateway.Owns}
	for _, p := range c.TrustedProxies {
		h.trusted = append(h.trusted, netip.MustParsePrefix(p)) // checked by Validate
	}
	if n.traces, err = openTraces(ctx, c.Trace); err != nil {
		return err
	}
	n.server = newServer(c, certs, n.traces.handler(h, n.metrics.count(h)), n.log)
	return n.bootstrap(ctx)
}

// openCertificates makes the source of certificates that the configuration names.
func (n *Node) openCertificates(ctx context.Context) (certificates, error) {
	switch c := n.config; {
	case c.TLS.Development:
		return n.Authority, nil
	case c.TLS.ACME != nil:
		a, err := openACME(ctx, c, n.certNames, n.options.Now, n.log)
		if err != nil {
			return nil, err
		}
		n.acme = a
		return a, nil
	}
	return openFileCertificates(n.config.TLS.Files, n.options.Now, n.log)
}

// certNames lists every name that certificates are needed for, one list a certificate. The device host has a
// certificate of its own.
func (n *Node) certNames() [][]string {
	c := n.config
	names := [][]string{{c.SignIn}, {c.API}, {c.Suffix}}
	if c.Device != "" {
		names = append(names, []string{c.Device})
	}
	book := n.Catalog.Book()
	for _, t := range n.tenantIDs() {
		if list := book.CertNames(t); len(list) > 0 {
			names = append(names, list)
		}
	}
	return names
}

// AdminTokenFile is where the first administrator's token is.
func (n *Node) AdminTokenFile() string { return filepath.Join(n.config.Data, "admin.token") }

// bootstrap makes the first administrator at first start, and keeps the CLI's configuration current.
func (n *Node) bootstrap(ctx context.Context) error {
	const op = "node.bootstrap"
	secret, made, err := api.Bootstrap(ctx, n.DB, n.options.Now())
	if err != nil {
		return fault.Wrap(err, op, "")
	}
	if made {
		if err := os.WriteFile(n.AdminTokenFile(), []byte(secret+"\n"), 0o600); err != nil {
			return fault.As(err, fault.Unavailable, op, n.AdminTokenFile())
		}
		n.log.Info("first administrator made", "token_file", n.AdminTokenFile())
	}
	client := map[string]string{"server": "https://" + n.config.API + n.config.Port(), "tokenFile": "admin.token"}
	if n.Authority != nil {
		ca := filepath.Join(n.config.Data, "ca.pem")
		if err := os.WriteFile(ca, n.Authority.RootPEM(), 0o644); err != nil { //nolint:gosec // a certificate is public
			return fault.As(err, fault.Unavailable, op, ca)
		}
		client["caFile"] = "ca.pem"
	}
	if all := n.tenantIDs(); len(all) == 1 {
		client["tenant"] = string(all[0])
	}
	text, err := yaml.Marshal(client)
	if err != nil {
		return fault.Wrap(err, op, "cli.yaml")
	}
	name := filepath.Join(n.config.Data, "cli.yaml")
	return fault.As(os.WriteFile(name, text, 0o600), fault.Unavailable, op, name)
}

// tail adapts the pipeline's tail to the API.
func (n *Node) tail(t model.TenantID, match func(*model.Activity) bool, buffer int) (<-chan model.Activity, func() int64, func()) {
	tail := n.pipeline.Tail(t, match, buffer)
	return tail.C, func() int64 { return int64(tail.Dropped()) }, tail.Close //nolint:gosec // a count of activities
}

// ready reports whether the parts that requests stand on answer.
func (n *Node) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := n.DB.Ping(ctx); err != nil {
		return fault.Wrap(err, "node.ready", "database")
	}
	return fault.Wrap(n.Bus.Healthy(ctx), "node.ready", "bus")
}
