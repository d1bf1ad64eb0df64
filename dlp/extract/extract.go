package extract

import (
	"context"
	"errors"
	"io"
)

// Status is how a part of a file was read.
type Status string

// The statuses, from good to bad. Anything but Complete means that text may be there that was not seen.
const (
	Complete    Status = "complete"
	Limited     Status = "limited" // beyond a bound
	Unsupported Status = "unsupported"
	Encrypted   Status = "encrypted"
	Corrupt     Status = "corrupt"
)

var severity = map[Status]int{Complete: 0, Limited: 1, Unsupported: 2, Encrypted: 3, Corrupt: 4}

// Limits bound what a file may cost. Zero values mean the defaults.
type Limits struct {
	Depth    int   // files in files; 0 means 8
	Parts    int   // files and streams in all; 0 means 20,000
	Member   int64 // bytes held in memory of one packed file that is not read from front to back; 0 means 64 MiB
	Inflated int64 // bytes of everything that was packed, unpacked; 0 means 64 MiB and 200 times the file, at most 4 GiB
	Text     int64 // bytes of text; 0 means 4 times the file and twice what may be unpacked

	// PDF reads PDF documents, from any number of goroutines. Nil means that they are unsupported.
	PDF PDFReader `json:"-"`
	// OCR reads pictures, from any number of goroutines. Nil means that they are not read: those in documents are counted,
	// others are unsupported.
	OCR PictureReader `json:"-"`
	// Recognise is how many pictures of a file are read by OCR; 0 means 100.
	Recognise int
	// Pictures makes pictures in documents unsupported as well, where there is no OCR.
	Pictures bool
}

func (l Limits) withDefaults(size int64) Limits {
	if l.Depth <= 0 {
		l.Depth = 8
	}
	if l.Parts <= 0 {
		l.Parts = 20_000
	}
	if l.Member <= 0 {
		l.Member = 64 << 20
	}
	if l.Inflated <= 0 {
		l.Inflated = min(64<<20+200*min(size, 1<<40), 4<<30)
	}
	if l.Text <= 0 {
		l.Text = 4*min(size, 1<<60) + 2*l.Inflated
	}
	return l
}

// Part is a part that was not read completely.
type Part struct {
	Path   string `json:"path"` // of the names of files in files, joined by "!/"; "" for the file itself
	Kind   Kind   `json:"kind,omitempty"`
	Status Status `json:"status"`
	Reason string `json:"reason"`
}

// maxOpen is how many parts a result names.
const maxOpen = 100

// Result says what was read.
type Result struct {
	Kind   Kind   `json:"kind"`   // of the file itself
	Status Status `json:"status"` // the worst of all parts'
	Parts  int    `json:"parts"`  // files and streams that were looked at, the file itself included
	Images int    `json:"images"` // of them pictures
	Text   int64  `json:"text"`   // bytes of text

	Recognised int    `json:"recognised,omitempty"` // pictures and pages that are pictures, read by OCR
	Open       []Part `json:"open,omitempty"`       // those not complete, the first hundred
}

// Extract writes the text of a file to w. What is wrong with the file is in the result. An error is the end of ctx, or
// comes from w or from reading src, and the result is then of what was read until there.
func Extract(ctx context.Context, src *io.SectionReader, w io.Writer, lim Limits) (Result, error) {
	x := &run{ctx: ctx, w: w, lim: lim.withDefaults(src.Size()), src: &source{ReaderAt: src}, formats: all()}
	x.res.Status = Complete
	whole := io.NewSectionReader(x.src, 0, src.Size())
	kind, err := sniff(whole)
	if err == nil {
		x.res.Kind = kind
		err = x.part("", kind, whole, whole)
	}
	var end *stop
	if errors.As(err, &end) {
		return x.res, end.err
	}
	return x.res, err
}

// source tells errors of the file's own reader from those of formats.
type source struct {
	io.ReaderAt
	err error
}

func (s *source) ReadAt(p []byte, at int64) (int, error) {
	n, err := s.ReaderAt.ReadAt(p, at)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}
