package gateway

import (
	"context"
	"io"

	"github.com/referee-casb/referee/model"
)

// Protector gives the copy of a file that leaves a sensitivity label. Package inspect/protect is the one that ships;
// without one, policies with the action protect are not put into force.
//
// Protect is called from many goroutines, once the whole file is held and before its first byte is handed on. An error
// means that nothing is known, and nothing is handed on.
type Protector interface {
	Protect(ctx context.Context, job Protection) (Protected, error)
}

// Protection is a file that is to be labelled.
type Protection struct {
	Tenant  model.TenantID
	Labels  []string // ids or names, as the policies have them; the highest is meant
	File    model.File
	User    model.User // who takes the copy
	App     string     // where it comes from
	Content io.ReaderAt
	Size    int64
	Copy    io.Writer // takes the labelled copy
}

// Protecting says what came of it.
type Protecting uint8

// What comes of it. The zero value is none of them.
const (
	Labelled    Protecting = iota + 1 // the copy was written
	Kept                              // the file keeps its own label, which is as high or higher
	Unsupported                       // a file of its kind can't be labelled: the policy's unscannable decides
	Refused                           // it may not leave, whatever the policy says of unscannable files
)

// Protected is what came of a [Protection].
type Protected struct {
	Done  Protecting
	Label model.Label // that the file has now, or was to get
	Why   string      // of Unsupported and Refused, for people
}
