package node

import (
	"context"
	"io"
	"path/filepath"
	"slices"
	"time"

	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/extract"
	"github.com/referee-casb/referee/dlp/own"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/gateway"
	"github.com/referee-casb/referee/inspect"
	"github.com/referee-casb/referee/inspect/ocr"
	"github.com/referee-casb/referee/inspect/pdf"
	"github.com/referee-casb/referee/inspect/worker"
	"github.com/referee-casb/referee/model"
)

// openInspector makes what looks into content. The tenants' own information types and a malware checker go into its parts.
func (n *Node) openInspector(ctx context.Context) (gateway.Inspector, error) {
	c := n.config.Content
	command := slices.Clone(n.options.Worker)
	if len(command) > 0 {
		compiled, err := filepath.Abs(pdf.Folder(filepath.Join(n.config.Data, "cache", "pdf"))) // the process has another folder
		if err != nil {
			return nil, fault.As(err, fault.Invalid, "node.Open", n.config.Data)
		}
		command = append(command, compiled)
	}
	conf := worker.Config{Command: command, Most: c.Processes, Spare: c.Spare, Memory: int64(c.MemoryMB) << 20}
	if len(n.config.OCR) > 0 {
		pictures, err := ocr.Open(ctx, ocr.Config{Languages: n.config.OCR})
		if err != nil {
			return nil, err
		}
		conf.OCR = pictures
	}
	n.readers = worker.New(conf, n.log)
	checkers, err := n.openMalware(ctx)
	if err != nil {
		return nil, err
	}
	return inspect.New(inspect.Config{Engines: c.Engines, Results: c.Results}, inspect.Parts{Types: tenantTypes{n.types}, Reader: n.readers, Malware: checkers, Scan: n.evidence.Options, Log: n.log}), nil
}

// warmReaders starts a reading process once some tenant has a policy that looks into content: the first one has code to
// compile, which takes seconds.
func (n *Node) warmReaders(ctx context.Context) error {
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for {
		for _, id := range n.tenantIDs() {
			if b, ok := n.Rules.Book(id); ok && b.Inspects(model.ActivityDownload, model.ActivityUpload, model.ActivitySendItem) {
				n.readers.Warm()
				<-ctx.Done()
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// checkContent reports limits that contradict each other.
func (c *Config) checkContent(m *mistakes) {
	k := c.Content
	for _, n := range []struct {
		key   string
		value int64
	}{
		{"maxBody", k.MaxBody},
		{"maxSession", k.MaxSession},
		{"maxTenant", k.MaxTenant},
		{"maxNode", k.MaxNode},
		{"reserve", k.Reserve},
		{"holdMinutes", int64(k.HoldMinutes)},
		{"processes", int64(k.Processes)},
		{"spare", int64(k.Spare)},
		{"memoryMB", int64(k.MemoryMB)},
		{"engines", int64(k.Engines)},
		{"results", int64(k.Results)},
	} {
		if n.value < 0 {
			m.add("content."+n.key, "leave it out for the default", "must not be negative, and is %d", n.value)
		}
	}
	if k.MemoryMB > 0 && k.MemoryMB < 128 {
		m.add("content.memoryMB", "give at least 128", "a process of %d MB can't read documents", k.MemoryMB)
	}
}

// tenantTypes are the information types that each tenant can look for.
type tenantTypes struct{ library *own.Library }

func (t tenantTypes) Types(ctx context.Context, tenant model.TenantID) ([]dlp.Type, int64, error) {
	set, err := t.library.Of(ctx, tenant)
	if err != nil {
		return nil, 0, err
	}
	return set.Types, set.Revision, nil
}

// ReadFiles is a reading process from its beginning to its end: it loads what reads PDF documents while it still may read
// its own files, then gives that up. It returns the code to exit with.
func ReadFiles() int {
	pdfs := pdf.New(pdf.Config{Cache: worker.Folder(), Instances: 1})
	if err := pdfs.Warm(); err != nil {
		// fail open: without a folder for compiled code it is slow to start, and reads the same.
		pdfs = pdf.New(pdf.Config{Instances: 1})
		if err := pdfs.Warm(); err != nil {
			return 4
		}
	}
	return worker.Serve(func(ctx context.Context, src *io.SectionReader, w io.Writer, lim extract.Limits) (extract.Result, error) {
		lim.PDF = pdfs
		return extract.Extract(ctx, src, w, lim)
	})
}
