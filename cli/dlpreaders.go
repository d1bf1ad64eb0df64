package cli

import (
	"context"
	"time"

	"github.com/referee-casb/referee/dlp/extract"
	"github.com/referee-casb/referee/inspect/ocr"
	"github.com/referee-casb/referee/inspect/pdf"
)

// scanReaders says what a scan reads beside text that is easily found.
type scanReaders struct {
	ocr       bool
	languages []string
}

// open makes the readers, and what closes them.
func (r scanReaders) open(ctx context.Context) (extract.Limits, func() error, error) {
	conf := pdf.Config{Cache: pdf.Folder("")}
	var lim extract.Limits
	if r.ocr {
		pictures, err := ocr.Open(ctx, ocr.Config{Languages: r.languages})
		if err != nil {
			return lim, nil, err
		}
		lim.OCR, lim.Recognise = pictures, 10_000
		conf.Time = time.Hour // the caller waits for it, and may end it
	}
	pdfs := pdf.New(conf)
	lim.PDF = pdfs
	return lim, pdfs.Close, nil
}
