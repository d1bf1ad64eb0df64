package signin

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// FlowNotice marks a warning as given, so that each is given once.
const FlowNotice FlowKind = "notice"

// keyWarnings are how many days before a key's planned end administrators are told.
var keyWarnings = []int{60, 30, 7}

// KeyStatus is a signing key as administrators see it.
type KeyStatus struct {
	Use         KeyUse    `json:"use" enum:"oidc,saml"`
	ID          string    `json:"id"`
	State       string    `json:"state" enum:"next,current,retired" doc:"next is published and not used yet; retired is published for what it signed."`
	Created     time.Time `json:"created"`
	Active      time.Time `json:"active" doc:"When it came, or comes, into use."`
	Ends        time.Time `json:"ends" doc:"Planned end; the next key is published 60 days before it."`
	Fingerprint string    `json:"fingerprint" doc:"SHA-256 of its certificate."`
	Certificate string    `json:"certificate,omitempty" doc:"PEM; of SAML keys."`
	Withdraws   bool      `json:"withdraws,omitempty" doc:"The older keys are withdrawn when it comes into use."`
}

// KeyReport are a tenant's keys and the apps that don't have the newest one.
type KeyReport struct {
	Keys []KeyStatus `json:"keys"`
	Old  []OldApp    `json:"old" doc:"Apps that, as far as Referee can tell, still know an older key only."`
}

// OldApp is an app that still relies on an older key.
type OldApp struct {
	App model.InstanceID `json:"app"`
	Use KeyUse           `json:"use"`
	Key string           `json:"key,omitempty" doc:"The key it has; empty where nothing is known."`
	Why string           `json:"why"`
	// Perhaps is only a hint, since anybody can fetch metadata.
	Perhaps bool `json:"perhaps,omitempty" doc:"Somebody fetched the app's metadata since the newest key: it may have it."`
}

// KeyReport lists a tenant's published keys, and the apps that still rely on an older one.
func (b *Broker) KeyReport(ctx context.Context, id model.TenantID) (KeyReport, error) {
	out := KeyReport{Keys: []KeyStatus{}, Old: []OldApp{}}
	newest, now := map[KeyUse]ringKey{}, b.parts.Now()
	for _, use := range []KeyUse{KeyOpenID, KeySAML} {
		r, err := b.ring(ctx, id, use)
		if err != nil {
			return out, err
		}
		current := r.current(now)
		for i := range r.keys {
			k := &r.keys[i]
			if !r.published(i, now) {
				continue
			}
			s := KeyStatus{Use: use, ID: k.ID, State: "current", Created: k.Created, Active: k.Active, Ends: k.Ends, Fingerprint: k.Fingerprint(), Withdraws: k.Alone && i > current}
			switch {
			case i < current:
				s.State = "retired"
			case i > current:
				s.State = "next"
			}
			if use == KeySAML {
				s.Certificate = pemOf(k.cert)
			}
			out.Keys = append(out.Keys, s)
		}
		newest[use] = r.keys[len(r.keys)-1]
	}
	seen, err := b.parts.Keys.KeysSeen(ctx, id)
	if err != nil {
		return out, fault.Wrap(err, "signin.KeyReport", string(id))
	}
	for _, inst := range b.parts.Catalog.Instances(id) {
		use := KeyUse(inst.Federation.Protocol)
		want, ok := newest[use]
		if !ok || use == KeySAML && inst.Federation.SAML != nil && inst.Federation.SAML.Certificate == want.Fingerprint() {
			continue // by setting: its administrator says that it has the newest
		}
		i := slices.IndexFunc(seen, func(s KeySeen) bool { return s.Use == use && s.Instance == inst.ID })
		switch {
		case i < 0 && len(out.of(use)) > 1:
			out.Old = append(out.Old, OldApp{App: inst.ID, Use: use, Why: "nobody has signed in to it since keys are counted"})
		case i >= 0 && seen[i].Key != want.ID:
			out.Old = append(out.Old, OldApp{App: inst.ID, Use: use, Key: seen[i].Key, Why: "last " + seen[i].How + " " + seen[i].At.UTC().Format(time.DateOnly)})
		case i >= 0 && use == KeySAML && seen[i].How == "fetched" && len(out.of(use)) > 1:
			out.Old = append(out.Old, OldApp{App: inst.ID, Use: use, Perhaps: true, Why: "its metadata was fetched " + seen[i].At.UTC().Format(time.DateOnly) + ", by whom is not known; set knownCertificate when the app has it"})
		}
	}
	return out, nil
}

func (r *KeyReport) of(use KeyUse) (list []KeyStatus) {
	for _, k := range r.Keys {
		if k.Use == use {
			list = append(list, k)
		}
	}
	return list
}

// TendKeys does for one tenant what time asks for: publish the next key, warn, say that a key took over, and remove
// what nobody needs any more. The caller holds the lease of this work; calling it again does nothing.
func (b *Broker) TendKeys(ctx context.Context, id model.TenantID) error {
	now := b.parts.Now()
	for _, use := range []KeyUse{KeyOpenID, KeySAML} {
		stored, err := b.parts.Keys.SigningKeys(ctx, id, use)
		if err != nil {
			return fault.Wrap(err, "signin.TendKeys", string(id))
		}
		if len(stored) == 0 {
			continue // nobody has asked for one yet
		}
		b.warnOfEnd(ctx, id, use, stored, now)
		newest := stored[len(stored)-1]
		if newest.Ends.Sub(now) <= keyNotice {
			life := keyLife
			if use == KeySAML {
				life = samlLife
			}
			active := maxTime(newest.Ends, now.Add(minRoll))
			if _, err := b.nextKey(ctx, SigningKey{Tenant: id, Use: use, Active: active, Ends: active.Add(life)}); err != nil {
				return err
			}
		}
		if err := b.retire(ctx, id, use, stored, now); err != nil {
			return err
		}
	}
	return nil
}

// retire says which keys came into use, and removes those that nobody needs any more or that were withdrawn.
func (b *Broker) retire(ctx context.Context, id model.TenantID, use KeyUse, stored []SigningKey, now time.Time) error {
	for i := 1; i < len(stored); i++ {
		k := stored[i]
		if k.Active.After(now) {
			break
		}
		b.once(ctx, id, string(use)+" "+k.ID+" active", "SigningKeyRolled", "the "+string(use)+" signing key "+k.ID+" is in use")
		var gone []SigningKey
		switch {
		case k.Alone:
			gone = stored[:i]
		case now.After(k.Active.Add(keyOverlap)):
			gone = stored[i-1 : i]
		}
		for _, old := range gone {
			if err := b.parts.Keys.DeleteSigningKey(ctx, id, use, old.ID); err != nil {
				return fault.Wrap(err, "signin.TendKeys", old.ID)
			}
			if k.Alone {
				b.once(ctx, id, string(use)+" "+old.ID+" withdrawn", "SigningKeyWithdrawn", "the "+string(use)+" signing key "+old.ID+" is withdrawn: nothing that it signed counts any more")
			}
		}
	}
	if use != KeyOpenID {
		return nil
	}
	return (&storage{broker: b, tenant: id}).dropFirstRecord(ctx)
}

// warnOfEnd says how long the key in use still is: until its planned end, or until the next one takes over. The next one
// being there does not end the warnings: it is what apps have to be given before.
func (b *Broker) warnOfEnd(ctx context.Context, id model.TenantID, use KeyUse, stored []SigningKey, now time.Time) {
	at := 0
	for i := range stored {
		if !stored[i].Active.After(now) {
			at = i
		}
	}
	key, end := stored[at], stored[at].Ends
	if at+1 < len(stored) && stored[at+1].Active.Before(end) {
		end = stored[at+1].Active // rolled by hand
	}
	left := end.Sub(now)
	for _, days := range slices.Backward(keyWarnings) {
		if left > time.Duration(days)*24*time.Hour {
			continue
		}
		b.once(ctx, id, fmt.Sprintf("%s %s %d", use, key.ID, days), "SigningKeyExpires",
			fmt.Sprintf("the %s signing key %s is in use for %d more days, until %s; apps need the next one before that: referee keys list", use, key.ID, max(0, int(left.Hours()/24)), end.UTC().Format(time.DateOnly)))
		return // the nearest says it all
	}
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// once records an event of a key unless that was done before.
func (b *Broker) once(ctx context.Context, id model.TenantID, name, what, why string) {
	err := b.flows.put(ctx, id, FlowNotice, name, true, 2*samlLife)
	if fault.Is(err, fault.Conflict) {
		return
	}
	if err != nil {
		b.parts.Log.Error("key notice", "tenant", id, "err", err) // told again, at worst
	}
	b.recordKey(ctx, id, what, why)
}

// saw writes down which key an app was given or fetched. It is for information only: a failure is logged.
func (b *Broker) saw(ctx context.Context, s KeySeen) {
	s.At = b.parts.Now()
	if err := b.parts.Keys.PutKeySeen(ctx, s); err != nil {
		b.parts.Log.Warn("key seen not written", "tenant", s.Tenant, "err", err)
	}
}
