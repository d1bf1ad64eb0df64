package model

import "time"

// DeviceTag is what has been proven of a device. Tags come from proof only, never from the user agent.
type DeviceTag string

// The device tags, in Defender's words where it has them. Unmanaged means that no proof of management could
// be had; Unknown that nobody has asked yet or that asking failed.
const (
	TagValidClientCertificate DeviceTag = "validClientCertificate"
	TagIntuneCompliant        DeviceTag = "compliant"
	TagHybridJoined           DeviceTag = "hybridJoined"
	TagManaged                DeviceTag = "managed"
	TagUnmanaged              DeviceTag = "unmanaged"
	TagUnknown                DeviceTag = "unknown"
)

// DeviceType is the form of a device as its user agent claims it; good for statistics, not for decisions.
type DeviceType string

// The device types.
const (
	DevicePC     DeviceType = "PC"
	DeviceMobile DeviceType = "Mobile"
	DeviceTablet DeviceType = "Tablet"
	DeviceOther  DeviceType = "Other"
)

// Proof is one piece of evidence for a device tag, with its age and end.
type Proof struct {
	Tag      DeviceTag `json:"tag"`
	Kind     string    `json:"kind"`     // "client-certificate", …
	Evidence string    `json:"evidence"` // certificate fingerprint, claim name; never a secret
	At       time.Time `json:"at"`
	Expires  time.Time `json:"expires"`
	// Facts are the attributes that this proof shows, nil for none; shared and never changed. Where DeviceID is
	// among them, it is proven, and further systems may be asked about it.
	Facts *DeviceFacts `json:"facts,omitempty"`
}
