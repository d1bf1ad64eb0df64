package taxonomy

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/referee-casb/referee/dlp/label"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// Label is a sensitivity label of a tenant.
type Label struct {
	ID      string `json:"id" doc:"GUID."`
	Name    string `json:"name"`
	Parent  string `json:"parent,omitempty" doc:"Id of the label that this one is a sublabel of."`
	Colour  string `json:"colour,omitempty" doc:"As #RRGGBB."`
	Tooltip string `json:"tooltip,omitempty"`
	// Encrypts says that Microsoft's programs encrypt what has the label. Metadata alone would claim a protection that
	// isn't there, so it is never written that way.
	Encrypts bool          `json:"encrypts" doc:"Files with the label are encrypted by Microsoft's programs; Referee never writes it as metadata alone."`
	Off      bool          `json:"off,omitempty" doc:"Not given to files any more; still known in them."`
	Marking  label.Marking `json:"marking,omitzero"`
}

// Set is a tenant's taxonomy, the lowest label first: its order is the priority.
type Set struct {
	SiteID string  `json:"siteId" doc:"Id of the Entra tenant that the labels are of."`
	Labels []Label `json:"labels"`
}

// Revision is one version of a tenant's taxonomy, as it was applied.
type Revision struct {
	Tenant  model.TenantID
	Number  int64 // 0: there is none
	Set     Set
	Author  string
	Time    time.Time
	Comment string
}

// Store keeps tenants' taxonomies and all versions of them. Every method answers for one tenant. Implementations are safe
// for concurrent use.
type Store interface {
	// PutLabels writes a revision; its Number must be one more than the latest, else it is a Conflict.
	PutLabels(ctx context.Context, r Revision) error
	// Labels returns the latest revision; Number 0 and an empty set where there is none.
	Labels(ctx context.Context, tenant model.TenantID) (Revision, error)
	// LabelHistory returns all revisions, newest first.
	LabelHistory(ctx context.Context, tenant model.TenantID) ([]Revision, error)
}

// Find returns the label of an id, or of a name where only one has it; names are compared without regard to case.
// "Parent/Name" names a sublabel.
func (s *Set) Find(key string) (*Label, bool) {
	var found *Label
	for i := range s.Labels {
		l := &s.Labels[i]
		if strings.EqualFold(l.ID, key) {
			return l, true
		}
		if strings.EqualFold(l.Name, key) || strings.EqualFold(s.Path(l), key) {
			if found != nil {
				return nil, false
			}
			found = l
		}
	}
	return found, found != nil
}

// Path is a label's name with its parent's before it.
func (s *Set) Path(l *Label) string {
	if l.Parent != "" {
		if i := s.Priority(l.Parent); i >= 0 {
			return s.Labels[i].Name + "/" + l.Name
		}
	}
	return l.Name
}

// Priority is a label's place in the order, -1 for an id that is none of the tenant's.
func (s *Set) Priority(id string) int {
	return slices.IndexFunc(s.Labels, func(l Label) bool { return strings.EqualFold(l.ID, id) })
}

// IsParent reports whether a label has sublabels: such a one is not given to files (Microsoft Learn, "Sublabels").
func (s *Set) IsParent(id string) bool {
	return slices.ContainsFunc(s.Labels, func(l Label) bool { return strings.EqualFold(l.Parent, id) })
}

// Usable returns the label that a policy or person names, or says why it can't be given to files.
func (s *Set) Usable(key string) (*Label, error) {
	const op = "taxonomy.Usable"
	l, ok := s.Find(key)
	switch {
	case !ok:
		return nil, &fault.Error{Kind: fault.NotFound, Op: op, Key: key, Msg: "is no sensitivity label of the tenant, or several have the name", Help: "referee label list shows them"}
	case l.Off:
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: s.Path(l), Msg: "is a label that isn't given to files any more"}
	case s.IsParent(l.ID):
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: s.Path(l), Msg: "is a label with sublabels", Help: "name one of those"}
	}
	return l, nil
}

// Outcome is what becomes of a file's label.
type Outcome int

// The outcomes.
const (
	Apply Outcome = iota // the wanted label is written
	Keep                 // the file has it, or a higher one, and keeps that
	Lower                // the wanted label is lower: it takes a right and a reason
)

// Compare says what becomes of a file that has labels when want is wanted. Labels of other Entra tenants don't count. One
// of this Entra tenant that the taxonomy doesn't know can't be compared, and is taken to be higher.
func (s *Set) Compare(have []label.Label, want *Label) Outcome {
	for _, h := range have {
		if !h.Enabled || h.Removed || h.SiteID != "" && !strings.EqualFold(h.SiteID, s.SiteID) {
			continue
		}
		at := s.Priority(h.ID)
		switch {
		case strings.EqualFold(h.ID, want.ID):
			return Keep
		case at < 0 && h.SiteID == "":
			continue // somebody's; nothing says that it is the tenant's
		case at < 0 || at > s.Priority(want.ID):
			return Lower
		}
	}
	return Apply
}

// Metadata is the label as it is written into a file, without marks' bits.
func (s *Set) Metadata(l *Label, method string, at time.Time) label.Label {
	return label.Label{ID: strings.ToLower(l.ID), Name: l.Name, SiteID: s.SiteID, Method: method, SetDate: at.UTC().Format(time.RFC3339)}
}

// Text is the set as documents have it, in JSON.
func (s *Set) Text() ([]byte, error) {
	return json.Marshal(struct {
		Kind string `json:"kind"`
		*Set
	}{Kind, s})
}
