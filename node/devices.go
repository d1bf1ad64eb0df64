package node

import (
	"context"
	"log/slog"
	"time"

	"github.com/referee-casb/referee/device"
	"github.com/referee-casb/referee/device/intune"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/signin"
	"github.com/referee-casb/referee/tenant"
)

// lookup asks management systems about a device whose id is proven: Intune by Microsoft Graph, and those that push
// their facts to the API.
type lookup struct {
	directory *tenant.Directory
	records   device.RecordStore
	graph     *intune.Client
	log       *slog.Logger
}

var _ signin.DeviceLookup = lookup{}

// LookUp implements [signin.DeviceLookup]. What can't be found out proves nothing.
func (l lookup) LookUp(ctx context.Context, id model.TenantID, proven string, now time.Time) []model.Proof {
	t, ok := l.directory.Get(id)
	if !ok {
		return nil
	}
	lease := t.Device.Lease.D()
	records, err := l.records.Records(ctx, id, proven, now)
	if err != nil {
		// fail closed: what management systems said of the device is not known, so it proves nothing
		l.log.Warn("device records not read", "tenant", id, "err", err)
	}
	proofs := device.Proofs(records, now, lease)
	if t.Device.Intune == nil {
		return proofs
	}
	a, err := l.ask(ctx, id, *t.Device.Intune, proven)
	if err != nil {
		// fail closed: an error is no word about the device
		l.log.Warn("Intune not asked", "tenant", id, "err", err)
		return proofs
	}
	return append(proofs, intuneProofs(a, proven, lease)...)
}

func (l lookup) ask(ctx context.Context, id model.TenantID, s tenant.Intune, proven string) (intune.Answer, error) {
	secret, err := readSecret(s.SecretFile)
	if err != nil {
		return intune.Answer{}, fault.Wrap(err, "node.LookUp", "")
	}
	return l.graph.LookUp(ctx, id, intune.Settings{Tenant: s.Tenant, ClientID: s.ClientID, Secret: secret, Login: s.Login, Graph: s.Graph}, proven)
}

// intuneProofs turns Graph's answer into proofs, whose age counts from when Graph was asked.
func intuneProofs(a intune.Answer, proven string, lease time.Duration) []model.Proof {
	evidence := "Microsoft Graph at " + a.At.UTC().Format(time.RFC3339) + ": device " + proven
	facts := a.Facts
	issue := func(tag model.DeviceTag, why string) model.Proof {
		p := device.Issue(tag, device.KindIntune, evidence+why, a.At, lease)
		p.Facts = &facts
		return p
	}
	switch {
	case !a.Enrolled:
		return []model.Proof{issue(model.TagUnmanaged, " is not managed by Intune")}
	case !a.Compliant:
		return []model.Proof{issue(model.TagUnmanaged, " is not compliant: "+a.State)}
	}
	out := []model.Proof{issue(model.TagIntuneCompliant, " is compliant: "+a.State)}
	if a.Hybrid {
		out = append(out, issue(model.TagHybridJoined, " is hybrid joined"))
	}
	return out
}
