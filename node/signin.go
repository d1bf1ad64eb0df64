package node

import (
	"context"
	"net/http"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/gateway/upstream"
	"github.com/referee-casb/referee/lease"
	"github.com/referee-casb/referee/model"
)

// How often the broker's own work is looked for. A look costs one query on an index.
const (
	logoutEvery = time.Second
	keysEvery   = time.Hour
)

// appTransports reaches apps for the broker as the gateway reaches them: with their own addresses and authorities, and
// never into private networks that nobody has named.
func (n *Node) appTransports() *upstream.Pool {
	return upstream.NewPool(upstream.Options{DialTimeout: 10 * time.Second, HeaderTimeout: 10 * time.Second, IdleConns: 2, Private: n.options.Private})
}

func (n *Node) appHTTP(in catalog.Instance) (*http.Client, error) {
	t, err := n.toApps.Transport(&in)
	if err != nil {
		return nil, fault.Wrap(err, "node.appHTTP", string(in.ID))
	}
	return &http.Client{Transport: t}, nil
}

// logouts tells apps of sessions that have ended. One process does it, whoever revoked the session.
func (n *Node) logouts(ctx context.Context) error {
	return n.keeper.Run(ctx, systemTenant, "logouts", func(ctx context.Context, _ lease.Lease) error {
		every := time.NewTicker(logoutEvery)
		defer every.Stop()
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-every.C:
				if _, err := n.broker.LogOut(ctx); err != nil && ctx.Err() == nil {
					n.log.Error("logouts", "err", err)
				}
			}
		}
	})
}

// tendKeys rolls and warns of every tenant's signing keys. One tenant's failure does not keep the others waiting.
func (n *Node) tendKeys(ctx context.Context, tenants []model.TenantID) {
	for _, t := range tenants {
		if err := n.broker.TendKeys(ctx, t); err != nil && ctx.Err() == nil {
			n.log.Error("signing keys", "tenant", t, "err", err)
		}
	}
}
