package model

import "strings"

// File is what is known of a file in flight or at rest. Size -1 means unknown.
type File struct {
	ID       string  `json:"id,omitempty"`
	Name     string  `json:"name,omitempty"`
	MIME     string  `json:"mime,omitempty"`     // as declared by the sender
	TrueMIME string  `json:"trueMime,omitempty"` // as its first bytes show it
	Size     int64   `json:"size"`
	SHA256   string  `json:"sha256,omitempty"` // lower-case hex, of the whole file
	Labels   []Label `json:"labels,omitempty"`
	URL      string  `json:"url,omitempty"` // at the real host, without query
}

// Extension returns the name's last extension in lower case without its dot, or "".
func (f File) Extension() string {
	if i := strings.LastIndexByte(f.Name, '.'); i >= 0 && i < len(f.Name)-1 && !strings.ContainsAny(f.Name[i:], `/\`) {
		return strings.ToLower(f.Name[i+1:])
	}
	return ""
}

// Label is a sensitivity label on a file.
type Label struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
}

// Finding is one sensitive information type found in content: never the content itself.
type Finding struct {
	Type       string `json:"type"`
	Confidence int    `json:"confidence"` // 65, 75 or 85
	Count      int    `json:"count"`
	Unique     int    `json:"unique"`
}

// Need is a fact that a decision still lacks and that its caller may be able to get.
type Need struct {
	Kind  NeedKind `json:"kind"`
	Names []string `json:"names,omitempty"` // information types to scan for, tags to prove
	// Enough is what decides a scan: once it is found, nothing else matters and the work may stop. A group is met when one
	// of its findings is there, by type, with at least its confidence and count; All asks for every group, else one is
	// enough. Without groups everything is counted.
	Enough [][]Finding `json:"enough,omitempty"`
	All    bool        `json:"all,omitempty"`
}

// Met reports whether what was found decides the scan.
func (n *Need) Met(found []Finding) bool {
	if len(n.Enough) == 0 {
		return false
	}
	for _, group := range n.Enough {
		if AnyReached(group, found) != n.All {
			return !n.All
		}
	}
	return n.All
}

// AnyReached reports whether one of the wanted findings was found with its confidence and count, or more.
func AnyReached(wanted, found []Finding) bool {
	for i := range wanted {
		for j := range found {
			if found[j].Type == wanted[i].Type && found[j].Confidence >= wanted[i].Confidence && found[j].Count >= wanted[i].Count {
				return true
			}
		}
	}
	return false
}

// NeedKind says which part can fetch a fact.
type NeedKind string

// The kinds of need.
const (
	NeedDeviceProof NeedKind = "deviceProof" // ask the device for proof, or renew its lease
	NeedContent     NeedKind = "content"     // scan the content for the named information types
	NeedLabel       NeedKind = "label"       // read the file's sensitivity labels
	NeedTrueType    NeedKind = "trueType"    // look at the first bytes
	NeedSize        NeedKind = "size"        // the body must be read to its end
	NeedNetwork     NeedKind = "network"     // country, provider or tags of the address
	NeedMalware     NeedKind = "malware"     // a malware verdict
)
