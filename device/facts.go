package device

import (
	"slices"
	"time"

	"github.com/referee-casb/referee/model"
)

// Facts joins the attributes that the proofs which hold at now show. Where two differ, the newer counts.
func Facts(proofs []model.Proof, now time.Time) model.DeviceFacts {
	sorted := slices.Clone(proofs)
	slices.SortStableFunc(sorted, func(a, b model.Proof) int { return b.At.Compare(a.At) })
	var out model.DeviceFacts
	for i := range sorted {
		if p := &sorted[i]; p.Facts != nil && live(*p, now) {
			out.Merge(p.Facts)
		}
	}
	return out
}

// ProvenID returns the device id that a proof which holds at now shows: from a verified certificate or a signed
// claim, never from what a management system said of itself. Only such an id may be looked up elsewhere. Two
// proofs that name different devices prove neither.
func ProvenID(proofs []model.Proof, now time.Time) (id string, by model.Proof, ok bool) {
	for _, p := range proofs {
		if p.Facts == nil || !live(p, now) || p.Kind != KindCertificate && p.Kind != KindClaim {
			continue
		}
		v, set := p.Facts.DeviceID.Value()
		switch {
		case !set || v == "":
		case id != "" && id != v:
			return "", model.Proof{}, false
		default:
			id, by = v, p
		}
	}
	return id, by, id != ""
}
