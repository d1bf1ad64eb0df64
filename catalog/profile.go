package catalog

import "github.com/referee-casb/referee/model"

// Profile is what is known about an instance's requests beyond generic recognition. Patterns are path patterns with *
// within a segment and ** across segments; those of downloads, exports, uploads, token issuers and activities may end in
// a query, such as /download.aspx?id=*&raw: each name must be there, with the value where one is given. Previews and
// NeverFiles take none, since page script could add it to the address of any file.
type Profile struct {
	Previews     []string `json:"previews,omitempty" yaml:"previews,omitempty"`         // renditions that strict lets pass
	Downloads    []string `json:"downloads,omitempty" yaml:"downloads,omitempty"`       // always a download
	Exports      []string `json:"exports,omitempty" yaml:"exports,omitempty"`           // archive exports
	Uploads      []string `json:"uploads,omitempty" yaml:"uploads,omitempty"`           // the body is a file, whatever its type says
	NeverFiles   []string `json:"neverFiles,omitempty" yaml:"neverFiles,omitempty"`     // the app's own code and assets, whatever their type
	TokenIssuers []string `json:"tokenIssuers,omitempty" yaml:"tokenIssuers,omitempty"` // answers that carry a bearer for sibling hosts
	JSONFields   []string `json:"jsonFields,omitempty" yaml:"jsonFields,omitempty"`     // JSON fields whose URLs are mapped
	// Code changes texts in the app's scripts and style that no general rule can know: regular expressions and bare suffixes that hosts are
	// compared with. {suffix} in Replace stands for "<tenant>.<suffix>", {suffixPattern} for the same with its dots escaped.
	Code       []CodeRule `json:"code,omitempty" yaml:"code,omitempty"`
	Activities []Rule     `json:"activities,omitempty" yaml:"activities,omitempty"`
	// AnyCase says that the app reads paths without regard to case, as IIS does: so are patterns then.
	AnyCase bool `json:"anyCase,omitempty" yaml:"anyCase,omitempty"`
}

// Rule names the activity that requests of a pattern are. The first that fits holds.
type Rule struct {
	Method string             `json:"method,omitempty" yaml:"method,omitempty"`
	Host   Role               `json:"host,omitempty" yaml:"host,omitempty"`
	Path   string             `json:"path" yaml:"path"`
	Type   model.ActivityType `json:"type" yaml:"type"`
}

// With is the profile with that of one instance added, whose activities come first.
func (p Profile) With(own Profile) Profile {
	join := func(a, b []string) []string { return append(a[:len(a):len(a)], b...) }
	return Profile{
		Previews: join(p.Previews, own.Previews), Downloads: join(p.Downloads, own.Downloads), Exports: join(p.Exports, own.Exports),
		Uploads: join(p.Uploads, own.Uploads), NeverFiles: join(p.NeverFiles, own.NeverFiles), TokenIssuers: join(p.TokenIssuers, own.TokenIssuers),
		JSONFields: join(p.JSONFields, own.JSONFields), Activities: append(own.Activities[:len(own.Activities):len(own.Activities)], p.Activities...),
		Code: append(p.Code[:len(p.Code):len(p.Code)], own.Code...), AnyCase: p.AnyCase || own.AnyCase,
	}
}

// CodeRule replaces a text in scripts and style, byte by byte.
type CodeRule struct {
	Find    string `json:"find" yaml:"find"`
	Replace string `json:"replace" yaml:"replace"`
}
