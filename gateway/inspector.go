package gateway

import (
	"context"
	"io"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

// Inspector looks into content when a decision needs it: information types, sensitivity labels, malware. It is wired
// by the content part; until then every content fact is unobtainable and a policy's unscannable decides.
//
// Inspect is called from many goroutines, before the first byte of the content is handed on. The ctx ends at the
// verdict's deadline. content can be read once, in any order of needs; the gateway keeps it and closes it. An error,
// or a need that Findings leaves open, counts as unobtainable: the inspector never has to guess.
type Inspector interface {
	Inspect(ctx context.Context, job Job) (Findings, error)
}

// Job is one piece of content and what has to be known of it.
type Job struct {
	Tenant  model.TenantID
	Needs   []model.Need
	File    model.File
	Content io.ReaderAt
	Size    int64
}

// Findings are what an inspector found. A state that stays NotSet was not asked for.
type Findings struct {
	Types        []model.Finding
	ContentState filter.State
	Labels       []model.Label
	LabelState   filter.State
	Malware      bool
	MalwareState filter.State
	TrueMIME     string // "" when the inspector has nothing to add
}
