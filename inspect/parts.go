package inspect

import (
	"context"
	"io"
	"log/slog"

	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/inspect/worker"
	"github.com/referee-casb/referee/model"
)

// Types is where a tenant's information types come from. It is called for each file and from many goroutines, and should
// answer from memory.
type Types interface {
	// Types are all that the tenant can look for, the built-in ones included, and a revision that changes whenever they
	// do. Tenants that have none of their own share revision 0. The list is not changed after it was returned.
	// An error means that they are not known, and nothing can be looked for.
	Types(ctx context.Context, tenant model.TenantID) ([]dlp.Type, int64, error)
}

// Reader reads text and labels of files in dangerous formats. *[worker.Pool] does.
type Reader interface {
	// Read writes the file's text to text. An error means that nothing is known beyond what was written.
	Read(ctx context.Context, tenant model.TenantID, content io.ReaderAt, size int64, ask worker.Ask, text io.Writer) (worker.Answer, error)
}

// Malware checks content for malware. It is called from many goroutines and may read the content in any order.
type Malware interface {
	// Check returns what the malware is called, "" for content in which nothing was found. An error means that it could
	// not be told.
	Check(ctx context.Context, tenant model.TenantID, content *io.SectionReader, file model.File) (string, error)
}

// Parts are what an [Inspector] is made of.
type Parts struct {
	Types   Types  // nil: the built-in types
	Reader  Reader // needed
	Malware Malware
	// Scan adds to what a scan reports the places that a tenant wants kept; nil: none are reported.
	Scan func(tenant model.TenantID, opt dlp.Options) dlp.Options
	Log  *slog.Logger // needed
}

// Config bounds an [Inspector]. Zero values mean the defaults.
type Config struct {
	Engines int // engines kept, of 10 to 25 MB each; 0 means 16
	Results int // results kept, some hundred bytes each; 0 means 10,000
}

func (c Config) withDefaults() Config {
	if c.Engines <= 0 {
		c.Engines = 16
	}
	if c.Results <= 0 {
		c.Results = 10_000
	}
	return c
}
