package apitest

import (
	"context"
	"io"
	"path/filepath"
	"testing"

	"github.com/referee-casb/referee/dlp/evidence"
	"github.com/referee-casb/referee/dlp/extract"
	"github.com/referee-casb/referee/inspect/edm"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/vault"
)

// content makes what the content part of the API stands on.
func (f *Fixture) content(t testing.TB) {
	t.Helper()
	dir := t.TempDir()
	master, err := vault.OpenMaster(dir)
	if err != nil {
		t.Fatal(err)
	}
	f.vault = vault.Open(master, f.DB, f.Clock.Now)
	f.Evidence = evidence.New(evidence.Parts{Store: f.DB, Sealer: f.vault, Now: f.Clock.Now, Setting: func(id model.TenantID) evidence.Setting {
		have, err := f.DB.Tenant(context.Background(), id)
		if err != nil {
			return evidence.Setting{Keep: evidence.KeepOff}
		}
		return have.Evidence
	}})
	if f.tables, err = edm.Open(edm.Options{Dir: filepath.Join(dir, "edm"), Rows: f.DB, Sealer: f.vault, Now: f.Clock.Now}); err != nil {
		t.Fatal(err)
	}
}

// readContent reads a file in this process.
func readContent(ctx context.Context, _ model.TenantID, content io.ReaderAt, size int64, text io.Writer) (extract.Result, error) {
	return extract.Extract(ctx, io.NewSectionReader(content, 0, size), text, extract.Limits{})
}
