package device

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// Record is what a management system says of a device: not Intune, which is asked, but one that pushes its facts
// to the API. It counts only for a device whose id is proven otherwise ([ProvenID]), and until it expires.
type Record struct {
	Tenant   model.TenantID    `json:"-"`
	Device   string            `json:"device"` // the id as certificates or claims prove it, lower case
	Source   string            `json:"source"` // the token that posted it; systems don't overwrite each other
	Tags     []model.DeviceTag `json:"tags,omitempty"`
	Facts    model.DeviceFacts `json:"facts,omitzero"`
	Evidence string            `json:"evidence,omitempty"` // for people: which check, which report
	At       time.Time         `json:"at"`
	Expires  time.Time         `json:"expires"`
}

// RecordStore keeps records. Every method answers for one tenant.
type RecordStore interface {
	// PutRecord writes a device's record of a source, in the place of the one before.
	PutRecord(ctx context.Context, r Record) error
	// Records returns a device's records that hold at now, or all devices' for "", by device and source.
	Records(ctx context.Context, tenant model.TenantID, device string, now time.Time) ([]Record, error)
	// DeleteRecord removes one; NotFound when it is not there.
	DeleteRecord(ctx context.Context, tenant model.TenantID, device, source string) error
}

// MaxRecordLife is how long a record may hold: a device that stopped reporting is no longer known.
const MaxRecordLife = 7 * 24 * time.Hour

// recordTags are the tags that a management system may give. What a browser must show itself it can't.
var recordTags = []model.DeviceTag{model.TagManaged, model.TagIntuneCompliant, model.TagHybridJoined, model.TagUnmanaged}

// Validate reports the first mistake, at now.
func (r *Record) Validate(now time.Time) error {
	bad := func(key, format string, args ...any) error {
		return &fault.Error{Kind: fault.Invalid, Op: "device.Record", Key: key, Msg: fmt.Sprintf(format, args...)}
	}
	switch {
	case !idPattern.MatchString(r.Device) || r.Device != strings.ToLower(r.Device):
		return bad("device", "%q is not a device id: 1 to 128 lower-case letters, digits and . _ : -", r.Device)
	case len(r.Tags) == 0 && !r.Facts.Any():
		return bad("tags", "neither a tag nor a fact is given")
	case len(r.Evidence) > 500:
		return bad("evidence", "%d bytes are more than 500", len(r.Evidence))
	case !r.Expires.After(now):
		return bad("expires", "it would have expired already")
	case r.Expires.After(now.Add(MaxRecordLife)):
		return bad("expires", "it is more than seven days ahead")
	}
	for i, tag := range r.Tags {
		if !slices.Contains(recordTags, tag) {
			return bad("tags", "a management system can't give the tag %q; it gives managed, compliant, hybridJoined or unmanaged", tag)
		}
		if slices.Contains(r.Tags[:i], tag) || tag == model.TagUnmanaged && len(r.Tags) > 1 {
			return bad("tags", "the tags contradict each other or are there twice: %v", r.Tags)
		}
	}
	if id, ok := r.Facts.DeviceID.Value(); ok && !strings.EqualFold(id, r.Device) {
		return bad("facts.deviceId", "the facts are of another device")
	}
	for _, name := range model.DeviceAttributes() {
		values, _ := r.Facts.Attribute(name)
		for _, v := range values {
			if len(v) > maxClaimLength || len(values) > maxClaimValues {
				return bad("facts."+name, "it is too long")
			}
		}
	}
	return nil
}

// Proofs turns records of one proven device into proofs for a lease from now, but never beyond the records' own end.
// A device that one system calls unmanaged is not made managed by another of them.
func Proofs(records []Record, now time.Time, lease time.Duration) []model.Proof {
	var proofs []model.Proof
	var refused bool
	for i := range records {
		r := &records[i]
		if !now.Before(r.Expires) {
			continue
		}
		evidence := fmt.Sprintf("%s said so of device %s at %s", r.Source, r.Device, r.At.UTC().Format(time.RFC3339))
		if r.Evidence != "" {
			evidence += ": " + r.Evidence
		}
		tags := r.Tags
		if len(tags) == 0 {
			tags = []model.DeviceTag{""}
		}
		for _, tag := range tags {
			p := Issue(tag, KindManagement, evidence, now, lease)
			p.Expires = earlier(p.Expires, r.Expires)
			p.Facts = &r.Facts
			proofs = append(proofs, p)
			refused = refused || tag == model.TagUnmanaged
		}
	}
	if refused {
		proofs = slices.DeleteFunc(proofs, func(p model.Proof) bool { return p.Tag != "" && p.Tag != model.TagUnmanaged })
	}
	return proofs
}
