package device

import (
	"slices"
	"time"

	"github.com/referee-casb/referee/model"
)

// The kinds of proof.
const (
	KindCertificate = "client-certificate"
	KindNone        = "none-offered"  // the device was asked for a certificate and had none to show, or a bad one
	KindClaim       = "claim"         // the provider signed it at sign-in
	KindContext     = "entra-context" // Entra granted, or refused, an authentication context for compliant devices
	KindAttempt     = "attempt"       // asking led to nothing
	KindIntune      = "intune"        // Microsoft Graph said it of a proven device id
	KindBound       = "bound-session" // the browser signed with the key that its session is bound to; it has no tag
	KindManagement  = "management"    // another management system said it of a proven device id
)

// DefaultLease is how long a proof holds when the tenant says nothing.
const DefaultLease = 15 * time.Minute

// Issue makes a proof that holds for a lease from now. evidence is text for people and never a secret.
func Issue(tag model.DeviceTag, kind, evidence string, now time.Time, lease time.Duration) model.Proof {
	return model.Proof{Tag: tag, Kind: kind, Evidence: evidence, At: now, Expires: expiry(now, lease)}
}

func expiry(at time.Time, lease time.Duration) time.Time {
	if lease <= 0 {
		lease = DefaultLease
	}
	return at.Add(lease)
}

// Renew adds a proof to those that a session has, in the place of those that answered the same asking, and
// leaves out those that have ended: the newest answer counts. A certificate takes the place of "none offered",
// "not compliant" that of "compliant", and the other way round.
func Renew(proofs []model.Proof, p model.Proof) []model.Proof {
	out := make([]model.Proof, 0, len(proofs)+1)
	for _, old := range proofs {
		if !live(old, p.At) || answersSame(old, p) {
			continue
		}
		out = append(out, old)
	}
	return append(out, p)
}

// answersSame reports whether two proofs answer the same asking. One sign-in may prove several tags by claims,
// which [RenewAll] replaces together.
func answersSame(a, b model.Proof) bool {
	asking := func(kind string) string {
		if kind == KindNone {
			return KindCertificate
		}
		return kind
	}
	return asking(a.Kind) == asking(b.Kind)
}

// RenewAll takes over all that one asking proved: what the same kinds of proof said before is replaced.
func RenewAll(proofs, fresh []model.Proof) []model.Proof {
	if len(fresh) == 0 {
		return proofs
	}
	out := make([]model.Proof, 0, len(proofs)+len(fresh))
	for _, old := range proofs {
		if live(old, fresh[0].At) && !slices.ContainsFunc(fresh, func(p model.Proof) bool { return answersSame(old, p) }) {
			out = append(out, old)
		}
	}
	return append(out, fresh...)
}

func live(p model.Proof, now time.Time) bool {
	return now.Before(p.Expires) && !now.Before(p.At.Add(-clockSkew))
}

// clockSkew is how far two machines' clocks may differ.
const clockSkew = time.Minute

// End ends all proofs at now: the device may be another one. The proofs stay as evidence of what was.
func End(proofs []model.Proof, now time.Time) []model.Proof {
	out := slices.Clone(proofs)
	for i := range out {
		if out[i].Expires.After(now) {
			out[i].Expires = now
		}
	}
	return out
}

// Stale reports whether the device should prove again before a decision rests on its tags: nothing holds, or
// what holds ends within margin.
func Stale(proofs []model.Proof, now time.Time, margin time.Duration) bool {
	return !slices.ContainsFunc(proofs, func(p model.Proof) bool { return p.Tag != "" && live(p, now) && now.Add(margin).Before(p.Expires) })
}

// Asked reports whether an answer to the asking for proof holds, be it that there was none to show.
func Asked(proofs []model.Proof, now time.Time) bool {
	return slices.ContainsFunc(proofs, func(p model.Proof) bool { return p.Tag != "" && p.Tag != model.TagUnknown && live(p, now) })
}

// Tried reports whether the device was asked lately and it could not be found out what it is: asking again at
// once would lead in a circle.
func Tried(proofs []model.Proof, now time.Time) bool {
	return slices.ContainsFunc(proofs, func(p model.Proof) bool { return p.Tag == model.TagUnknown && live(p, now) })
}

// Tags returns what is proven of a device at now, sorted. Proof of a certificate, of compliance or of a domain
// also makes it managed. One that shows attributes alone has no tag and answers nothing, as does one that says
// unknown. Without proof it is unmanaged when it was asked, and otherwise unknown; where a policy
// counts unknown devices as unmanaged, the default, it is both.
func Tags(proofs []model.Proof, now time.Time, unknownAsUnmanaged bool) []model.DeviceTag {
	var tags []model.DeviceTag
	asked, managed := false, false
	for _, p := range proofs {
		if !live(p, now) || p.Tag == "" || p.Tag == model.TagUnknown {
			continue
		}
		asked = true
		switch p.Tag {
		case model.TagValidClientCertificate, model.TagIntuneCompliant, model.TagHybridJoined, model.TagManaged:
			managed = true
			tags = append(tags, p.Tag)
		}
	}
	switch {
	case managed:
		tags = append(tags, model.TagManaged)
	case asked:
		tags = append(tags, model.TagUnmanaged)
	case unknownAsUnmanaged:
		tags = append(tags, model.TagUnknown, model.TagUnmanaged)
	default:
		tags = append(tags, model.TagUnknown)
	}
	slices.Sort(tags)
	return slices.Compact(tags)
}
