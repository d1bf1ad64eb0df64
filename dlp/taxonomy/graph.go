package taxonomy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/referee-casb/referee/fault"
)

// GraphPaths are where Microsoft Graph has a tenant's labels, the newer one first (both of the beta version when this was
// written: "List sensitivityLabels" of tenantDataSecurityAndGovernance, which takes SensitivityLabels.Read.All, and of
// security/informationProtection, which takes InformationProtectionPolicy.Read.All).
var GraphPaths = []string{"/security/dataSecurityAndGovernance/sensitivityLabels", "/security/informationProtection/sensitivityLabels"}

// graphLabel is a sensitivityLabel of either kind; absent properties stay nil.
type graphLabel struct {
	ID            string       `json:"id"`
	Name          string       `json:"name"`
	DisplayName   string       `json:"displayName"`
	Color         string       `json:"color"`
	Tooltip       string       `json:"tooltip"`
	ToolTip2      string       `json:"toolTip"`
	Description   string       `json:"description"`
	Priority      *int         `json:"priority"`
	Sensitivity   *int         `json:"sensitivity"`
	HasProtection *bool        `json:"hasProtection"`
	IsActive      *bool        `json:"isActive"`
	IsEnabled     *bool        `json:"isEnabled"`
	Parent        *graphLabel  `json:"parent"`
	Sublabels     []graphLabel `json:"sublabels"`
}

// FromGraph makes a set of what Graph answered, keeping what it doesn't tell (marks) from the set that there was. Notes say
// what was assumed. A label of which Graph doesn't say whether it protects is taken to encrypt.
func FromGraph(site string, items []json.RawMessage, have Set) (s Set, notes []string, err error) {
	const op = "taxonomy.FromGraph"
	type ranked struct {
		Label
		rank int
	}
	var all []ranked
	var add func(g *graphLabel, parent string, deep int) error
	add = func(g *graphLabel, parent string, deep int) error {
		l := ranked{rank: -1}
		l.ID, l.Parent = strings.ToLower(strings.Trim(g.ID, "{}")), parent
		l.Name = first(g.DisplayName, g.Name)
		l.Tooltip = first(g.Tooltip, g.ToolTip2, g.Description)
		if g.Parent != nil && g.Parent.ID != "" {
			l.Parent = strings.ToLower(g.Parent.ID)
		}
		if colourForm.MatchString(g.Color) {
			l.Colour = g.Color
		}
		for _, n := range []*int{g.Priority, g.Sensitivity} {
			if n != nil && l.rank < 0 {
				l.rank = *n
			}
		}
		l.Off = g.IsActive != nil && !*g.IsActive || g.IsEnabled != nil && !*g.IsEnabled
		l.Encrypts = g.HasProtection == nil || *g.HasProtection
		if g.HasProtection == nil {
			notes = append(notes, fmt.Sprintf("%s: Graph doesn't say whether it encrypts, so it is taken to; set encrypts by hand where it doesn't", l.Name))
		}
		if at := have.Priority(l.ID); at >= 0 && strings.EqualFold(have.SiteID, site) {
			l.Marking = have.Labels[at].Marking
		}
		if l.rank < 0 || deep > 4 || len(all) >= maxLabels {
			return &fault.Error{Kind: fault.Invalid, Op: op, Key: g.ID, Msg: "has no priority, or there are too many labels, so which one is higher can't be told"}
		}
		if !slices.ContainsFunc(all, func(o ranked) bool { return o.ID == l.ID }) { // lists may name sublabels twice
			all = append(all, l)
		}
		for i := range g.Sublabels {
			if err := add(&g.Sublabels[i], l.ID, deep+1); err != nil {
				return err
			}
		}
		return nil
	}
	for _, text := range items {
		var g graphLabel
		if err := json.Unmarshal(text, &g); err != nil {
			return s, nil, &fault.Error{Kind: fault.Invalid, Op: op, Msg: "Graph's answer can't be read", Err: err}
		}
		if err := add(&g, "", 0); err != nil {
			return s, nil, err
		}
	}
	slices.SortStableFunc(all, func(a, b ranked) int { return a.rank - b.rank })
	s.SiteID = strings.ToLower(site)
	for _, l := range all {
		s.Labels = append(s.Labels, l.Label)
	}
	// What Graph says has to be what a document may say.
	text, err := s.Text()
	if err != nil {
		return Set{}, nil, err
	}
	if _, mistakes := Decode(text); len(mistakes) > 0 {
		return Set{}, nil, &fault.Error{Kind: fault.Invalid, Op: op, Msg: "Graph's labels can't be used", Err: mistakes}
	}
	return s, notes, nil
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
