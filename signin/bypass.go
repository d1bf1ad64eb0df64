package signin

import (
	"context"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/tenant"
)

// bypass takes session control off a decision while a bypass covers the app: whoever Conditional Access lets in goes
// straight to the app. It never lets anybody in who would be stopped.
func (b *Broker) bypass(id model.TenantID, inst catalog.Instance, d *decision) {
	if d.Gate != policy.GateAllow {
		return
	}
	if live, ok := b.covered(id, inst); ok && d.Duties.Has(policy.DutyRoute) {
		d.Duties &^= policy.DutyRoute
		d.bypassed = live.ID
	}
}

// covered finds the bypass that covers an app now: its own, or that of the app through which people sign in to it, which
// covers also those that came to a suite after it had begun.
func (b *Broker) covered(id model.TenantID, inst catalog.Instance) (tenant.Bypass, bool) {
	if b.parts.Bypass == nil {
		return tenant.Bypass{}, false
	}
	live, ok := b.parts.Bypass(id, inst.ID)
	if !ok && inst.Federation.Through != "" {
		live, ok = b.parts.Bypass(id, inst.Federation.Through)
	}
	return live, ok
}

// EndBypassed ends the sessions that went straight to an app under a bypass that is over, as far as their apps can be
// told: OpenID apps with a back-channel logout address. It returns how many it ended. A SAML app would have to be told by
// the person's browser, which is not here: its sessions, and those of other apps, are the apps' own and go on until the
// app ends them.
func (b *Broker) EndBypassed(ctx context.Context, of tenant.Bypass) (int, error) {
	const op = "signin.EndBypassed"
	all, err := b.parts.Sessions.Sessions(ctx, of.Tenant, "", time.Time{}) // also those that nobody used lately: the app's may live on
	if err != nil {
		return 0, fault.Wrap(err, op, of.ID)
	}
	ended := 0
	for _, s := range all {
		if !s.Revoked.IsZero() {
			continue
		}
		list, err := b.parts.SignIns.AppSignIns(ctx, of.Tenant, s.ID)
		if err != nil {
			return ended, fault.Wrap(err, op, of.ID)
		}
		for _, a := range list {
			if a.Bypass != of.ID {
				continue
			}
			if err := b.parts.Revoker.Revoke(ctx, session.Revocation{Tenant: of.Tenant, Session: s.ID, Reason: "the bypass under which it went straight to an app is over"}); err != nil {
				return ended, fault.Wrap(err, op, of.ID)
			}
			ended++
			break
		}
	}
	return ended, nil
}
