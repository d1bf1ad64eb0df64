package dlp

import "slices"

// Description is what a type looks for, for people and scripts.
type Description struct {
	ID         string               `json:"id"`
	Name       string               `json:"name"`
	GUID       string               `json:"guid,omitempty"` // Purview's id
	Group      string               `json:"group"`
	Countries  []string             `json:"countries,omitempty"`
	Confidence []int                `json:"confidence"` // the levels that it is found with, ascending
	About      string               `json:"about,omitempty"`
	Source     string               `json:"source,omitempty"`
	Proximity  int                  `json:"proximity"` // characters
	Keywords   []string             `json:"keywords,omitempty"`
	Patterns   []PatternDescription `json:"patterns"`
	Similarity []int                `json:"similarity,omitempty"` // of a fingerprint: per cent for 65, 75 and 85; 0 for none
}

// PatternDescription is one way in which a type is written.
type PatternDescription struct {
	Regexp      string   `json:"regexp,omitempty"`
	Words       int      `json:"words,omitempty"`    // how many
	Checked     bool     `json:"checked"`            // by a checksum or other code
	Compared    bool     `json:"compared,omitempty"` // with rows of a table
	Confidence  int      `json:"confidence,omitempty"`
	WithKeyword int      `json:"withKeyword,omitempty"` // or with other columns of the same row
	Keywords    []string `json:"keywords,omitempty"`
	Without     []string `json:"without,omitempty"`
}

// Describe says what a type looks for.
func Describe(t *Type) Description {
	d := Description{
		ID: t.ID, Name: t.Name, GUID: t.GUID, Group: string(t.Group), Countries: t.Countries, About: t.About, Source: t.Source, Proximity: t.Proximity, Keywords: t.Keywords,
		Patterns: []PatternDescription{}, Confidence: []int{},
	}
	if d.Proximity == 0 {
		d.Proximity = DefaultProximity
	}
	level := func(c int) {
		if c != 0 && !slices.Contains(d.Confidence, c) {
			d.Confidence = append(d.Confidence, c)
		}
	}
	for _, p := range t.Patterns {
		d.Patterns = append(d.Patterns, PatternDescription{
			Regexp: p.Expr, Words: len(p.Words), Checked: p.Check != nil && p.Judge == nil, Compared: p.Judge != nil, Confidence: p.Alone, WithKeyword: p.Near, Keywords: p.Keywords, Without: p.Without,
		})
		level(p.Alone)
		level(p.Near)
	}
	if p := t.Print; p != nil {
		d.Similarity = []int{p.Low, p.Medium, p.High}
		for i, at := range d.Similarity {
			if at > 0 {
				level(levels[i])
			}
		}
	}
	slices.Sort(d.Confidence)
	return d
}
