package node

import (
	"context"

	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/gateway"
	"github.com/referee-casb/referee/model"
)

// gatewayRules gives the gateway a tenant's book; nil where there is none, and then it blocks.
func (n *Node) gatewayRules(t model.TenantID) gateway.Rules {
	b, ok := n.Rules.Book(t)
	if !ok {
		return nil
	}
	return b
}

// Changed reloads what a change concerns, here at once and elsewhere by signal.
func (n *Node) Changed(ctx context.Context, signal bus.Signal, t model.TenantID) error {
	if err := n.reload(ctx, signal, t); err != nil {
		return err
	}
	return fault.Wrap(n.Bus.Broadcast(ctx, signal, []byte(t)), "node.Changed", string(signal))
}

func (n *Node) reload(ctx context.Context, signal bus.Signal, t model.TenantID) error {
	switch signal {
	case bus.SignalPolicy:
		return n.Rules.Reload(ctx, t)
	case bus.SignalCatalog:
		if err := n.reloadTenants(ctx); err != nil {
			return err
		}
		return n.Rules.Reload(ctx, t)
	}
	return nil
}
