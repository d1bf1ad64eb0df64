package catalog

import "github.com/referee-casb/referee/model"

// Profile is what is known about an instance's requests beyond generic recognition. Patterns are path
// patterns with * within a segment and ** across segments.
type Profile struct {
	Previews     []string `json:"previews,omitempty" yaml:"previews,omitempty"`         // renditions that strict lets pass
	Downloads    []string `json:"downloads,omitempty" yaml:"downloads,omitempty"`       // always a download
	Exports      []string `json:"exports,omitempty" yaml:"exports,omitempty"`           // archive exports
	NeverFiles   []string `json:"neverFiles,omitempty" yaml:"neverFiles,omitempty"`     // the app's own code and assets, whatever their type
	TokenIssuers []string `json:"tokenIssuers,omitempty" yaml:"tokenIssuers,omitempty"` // answers that carry a bearer for sibling hosts
	JSONFields   []string `json:"jsonFields,omitempty" yaml:"jsonFields,omitempty"`     // JSON fields whose URLs are mapped
	Activities   []Rule   `json:"activities,omitempty" yaml:"activities,omitempty"`
}

// Rule names the activity that requests of a pattern are.
type Rule struct {
	Method string             `json:"method,omitempty" yaml:"method,omitempty"`
	Host   Role               `json:"host,omitempty" yaml:"host,omitempty"`
	Path   string             `json:"path" yaml:"path"`
	Type   model.ActivityType `json:"type" yaml:"type"`
}
