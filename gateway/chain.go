package gateway

import (
	"context"
	"strings"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/gateway/upstream"
	"github.com/referee-casb/referee/model"
)

// completed reports that an app's host leaves out certificates: it works here, since they were found, but other clients
// of the app may fail, and so would this one while the authority's server can't be reached.
func (g *Gateway) completed(in *catalog.Instance, c upstream.Completed) {
	g.counts.chains.Add(1)
	added := strings.Join(c.Added, "; ")
	g.log.Warn("app sends an incomplete certificate chain", "tenant", in.Tenant, "app", in.ID, "host", c.Host, "certificate", c.Subject, "added", added)
	a := &model.Activity{
		Tenant: in.Tenant, Time: g.now(), Source: model.SourceSession, Type: model.ActivityAppChain, App: in.Ref(), Host: c.Host,
		Reason: "the host sends its certificate without what leads to an authority; have the app's operator install the whole chain",
		Detail: map[string]any{"certificate": c.Subject, "added": added},
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := g.parts.Recorder.Event(ctx, a); err != nil {
		// fail open: it is in the log and counted; the app is who it says it is either way.
		g.log.Warn("incomplete chain not recorded", "tenant", in.Tenant, "err", err)
	}
}
