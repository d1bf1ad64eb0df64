package node

import (
	"context"
	"io"
	"path/filepath"

	"github.com/referee-casb/referee/dlp/evidence"
	"github.com/referee-casb/referee/dlp/extract"
	"github.com/referee-casb/referee/dlp/own"
	"github.com/referee-casb/referee/inspect/edm"
	"github.com/referee-casb/referee/inspect/worker"
	"github.com/referee-casb/referee/model"
)

// openContent makes what tenants look for in content, and what is kept of what was found.
func (n *Node) openContent() error {
	var err error
	if n.tables, err = edm.Open(edm.Options{Dir: filepath.Join(n.config.Data, "edm"), Rows: n.DB, Sealer: n.Vault, Now: n.options.Now}); err != nil {
		return err
	}
	n.types = own.NewLibrary(n.DB, n.tables)
	n.evidence = evidence.New(evidence.Parts{Store: n.DB, Sealer: n.Vault, Now: n.options.Now, Setting: func(t model.TenantID) evidence.Setting {
		if e, ok := n.Tenants.Get(t); ok {
			return e.Evidence
		}
		return evidence.Setting{Keep: evidence.KeepOff} // of a tenant that is not there nothing is kept
	}})
	return nil
}

// readContent reads a file as the gateway's are read: in a process of its own.
func (n *Node) readContent(ctx context.Context, t model.TenantID, content io.ReaderAt, size int64, text io.Writer) (extract.Result, error) {
	a, err := n.readers.Read(ctx, t, content, size, worker.Ask{Text: true}, text)
	return a.Result, err
}
