package signin

import (
	"context"
	"net/http"
	"time"

	"github.com/referee-casb/referee/device"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/tenant"
)

// DeviceLookup asks management systems about a device whose id is proven. Its answers are proofs; what it can't
// find out it leaves out. It must be quick, or give up.
type DeviceLookup interface {
	LookUp(ctx context.Context, tenant model.TenantID, device string, now time.Time) []model.Proof
}

// claimProofs reads proofs out of verified claims or attributes that a provider signed at issued.
func (b *Broker) claimProofs(t tenant.Tenant, p tenant.Provider, claims map[string]any, issued time.Time) []model.Proof {
	if len(p.DeviceClaims) == 0 {
		return nil
	}
	flat := make(map[string]any, len(p.DeviceClaims))
	for _, c := range p.DeviceClaims {
		if v := claimAt(claims, c.Claim); v != nil {
			flat[c.Claim] = v
		}
	}
	set := device.ClaimSettings{Provider: p.ID, Claims: p.DeviceClaims, Lease: time.Duration(t.Device.Lease), Issued: issued}
	return device.FromClaims(set, flat, b.parts.Now())
}

// signInProofs are the proofs that a sign-in brings along. Where the device can be asked in another way as well, they
// wait for that asking, which hears the claims again: an answer that holds already would keep it from being made. A
// SAML provider is asked at sign-in only, so what its claims prove counts at once.
func (b *Broker) signInProofs(ctx context.Context, t tenant.Tenant, p tenant.Provider, claims map[string]any, issued time.Time) []model.Proof {
	proofs := b.claimProofs(t, p, claims, issued)
	others := b.asksCertificates(t) || p.DeviceContext != ""
	now := b.parts.Now()
	switch {
	case len(proofs) == 0, others && p.Kind != tenant.KindSAML:
		return nil
	case others && !managed(proofs, now):
		return nil
	}
	return append(proofs, b.lookUp(ctx, t.ID, proofs, now)...)
}

func managed(proofs []model.Proof, now time.Time) bool {
	for _, tag := range device.Tags(proofs, now, false) {
		if tag == model.TagManaged {
			return true
		}
	}
	return false
}

// asksCertificates reports whether a tenant's devices can be asked for certificates.
func (b *Broker) asksCertificates(t tenant.Tenant) bool {
	return b.config.DeviceOrigin != "" && len(t.Device.CAs) > 0
}

// provable reports whether there is a way to ask a session's device for proof.
func (b *Broker) provable(t tenant.Tenant, s session.Session) bool {
	p, ok := providerOf(t, s)
	return b.asksCertificates(t) || ok && asksSilently(p)
}

// lookUp asks management systems about the device id that proofs prove, if they prove one.
func (b *Broker) lookUp(ctx context.Context, id model.TenantID, proofs []model.Proof, now time.Time) []model.Proof {
	proven, _, ok := device.ProvenID(proofs, now)
	if b.parts.Lookup == nil || !ok {
		return nil
	}
	return b.parts.Lookup.LookUp(ctx, id, proven, now)
}

// finishProof is the last step of every asking: it adds what management systems say of a proven id, writes all down
// and goes on at ret. Where nothing was found out, that is written down too, so that nobody is asked in a circle.
func (b *Broker) finishProof(w http.ResponseWriter, r *http.Request, t tenant.Tenant, s session.Session, fresh []model.Proof, ret string) {
	now := b.parts.Now()
	if _, changed := device.Change(seenIn(&s), b.seen(r, t.ID)); changed {
		s.Proofs = nil
	}
	fresh = append(fresh, b.lookUp(r.Context(), t.ID, device.RenewAll(s.Proofs, fresh), now)...)
	if after := device.RenewAll(s.Proofs, fresh); !device.Asked(after, now) && !device.Tried(after, now) {
		fresh = append(fresh, device.Issue(model.TagUnknown, device.KindAttempt, "there is nobody to ask about this device", now, refusalLease))
	}
	if len(fresh) > 0 {
		if err := b.keepProofs(r, t, s, fresh); err != nil {
			b.fail(w, r, t, err) // fail closed: the proof does not count
			return
		}
	}
	http.Redirect(w, r, b.absolute(ret), http.StatusSeeOther)
}

// noteChange records that proofs don't count for a request, since the browser looks like another one: a person moved
// to another network, or a cookie was taken along. Once a minute a session is enough. What can't be recorded stops
// nothing: the proofs don't count all the same.
func (b *Broker) noteChange(r *http.Request, t tenant.Tenant, s session.Session, reason string) {
	if !device.Asked(s.Proofs, b.parts.Now()) || !b.throttle.take("change "+string(t.ID)+" "+string(s.ID), 1, 1, 1.0/60) {
		return
	}
	err := b.record(r, s, model.ActivityDeviceProof, func(a *model.Activity) {
		a.ActionType, a.Reason = "DeviceProofEnded", "the device must prove itself again: "+reason
		a.Agent = b.parts.Locator.ParseAgent(r.UserAgent())
		a.Device.Tags = device.Tags(nil, b.parts.Now(), false)
	})
	if err != nil {
		b.parts.Log.Error("end of a device proof not recorded", "tenant", t.ID, "err", err)
	}
}

// keepProofs records proofs, gives them to the session and tells the gateways.
func (b *Broker) keepProofs(r *http.Request, t tenant.Tenant, s session.Session, fresh []model.Proof) error {
	now := b.parts.Now()
	err := b.record(r, s, model.ActivityDeviceProof, func(a *model.Activity) {
		for i, p := range fresh {
			if i > 0 {
				a.Reason += "; "
			}
			a.Reason += p.Evidence
		}
		a.Device.Tags = device.Tags(fresh, now, false)
	})
	if err == nil {
		_, err = b.parts.Sessions.UpdateSession(r.Context(), t.ID, s.ID, func(have *session.Session) error {
			b.rebind(have, r)
			have.Proofs = device.RenewAll(have.Proofs, fresh)
			return nil
		})
	}
	if err == nil {
		err = b.parts.Devices.Changed(r.Context(), t.ID, s.ID)
	}
	return fault.Wrap(err, "signin.keepProofs", string(s.ID))
}
