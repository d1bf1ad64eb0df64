package gateway

import (
	"context"
	"io"

	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

// Inspector looks into content when a decision needs it: information types, sensitivity labels, malware. Package inspect
// is the one that ships; without one every content fact is unobtainable and a policy's unscannable decides.
//
// Inspect is called from many goroutines, before the first byte of the content is handed on. The ctx ends at the
// verdict's deadline. The gateway keeps the content and closes it after Inspect has returned. An error, or a need that
// Findings leaves open, counts as unobtainable: the inspector never has to guess.
type Inspector interface {
	Inspect(ctx context.Context, job Job) (Findings, error)
}

// Job is one piece of content and what has to be known of it.
type Job struct {
	Tenant model.TenantID
	Needs  []model.Need
	File   model.File
	// Content may have a method File() *os.File or File() (*os.File, int64): if that returns a file, the content lies in it
	// from its first byte, or from there on.
	Content io.ReaderAt
	Size    int64 // -1 while content is still arriving: reading blocks then until bytes are there, or end
	// Whole waits until all content has arrived and returns its size and its sum; nil when Size is known.
	Whole func(ctx context.Context) (size int64, sum string, err error)
	// Sum is the content's SHA-256 in lower-case hex; "" when it is not known.
	Sum string
}

// Findings are what an inspector found. A state that stays NotSet was not asked for.
type Findings struct {
	// Types are the information types in the text. With ContentState Unobtainable they are what was seen before the rest
	// could not be: they are there all the same.
	Types []model.Finding
	Names map[string]string // what people call the types, by id
	// Matches are places in the text, masked, as the tenant wants them kept ([Evidence]).
	Matches      []dlp.Match
	ContentState filter.State
	// Enough says that the work stopped at what decides ([model.Need.Enough]): there may be more than Types.
	Enough       bool
	Labels       []model.Label
	LabelState   filter.State
	Malware      bool
	MalwareName  string // what the checker calls it
	MalwareState filter.State
	TrueMIME     string // "" when the inspector has nothing to add
}

// Evidence keeps what was found in the content of an action that a policy decided about; *evidence.Keeper is one. It is
// called after the action was recorded, from many goroutines.
type Evidence interface {
	Keep(ctx context.Context, tenant model.TenantID, activity model.ActivityID, file string, matches []dlp.Match) error
}
