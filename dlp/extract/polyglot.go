package extract

import (
	"bytes"
	"io"
)

// A file may be two: programs that open zips go by its end, those that open PDFs accept something before it. Whoever
// receives it chooses, so both are read.

// also reads what else a file is that was read as one kind.
func (x *run) also(kind Kind, at *io.SectionReader) error {
	if begin := x.pdfInside(kind, at); begin > 0 {
		inside := io.NewSectionReader(at, begin, at.Size()-begin)
		if err := x.part("a PDF within", PDF, inside, inside); err != nil {
			return err
		}
	}
	switch kind {
	case Zip, Word, Sheet, Slides, OpenDocument, Empty:
		return nil
	}
	if _, _, ok := zipEnd(at, 1); ok {
		return x.part("a zip at the end", Zip, at, at)
	}
	return nil
}

// pdfInside is where a PDF begins that is not at the start: readers look for it in the first 1024 bytes (ISO 32000-1,
// annex H, note 13). A zip whose first file is a PDF, not packed, is no such thing.
func (x *run) pdfInside(kind Kind, at *io.SectionReader) int64 {
	if kind == PDF {
		return 0
	}
	head := make([]byte, min(1024, at.Size()))
	if _, err := at.ReadAt(head, 0); err != nil && err != io.EOF { //nolint:errorlint // a SectionReader's own
		return 0
	}
	begin := bytes.Index(head, []byte("%PDF-"))
	if begin < 1 || begin+8 > len(head) || head[begin+5] < '1' || head[begin+5] > '2' || head[begin+6] != '.' {
		return 0
	}
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) && begin == 30+int(head[26])+int(head[27])<<8+int(head[28])+int(head[29])<<8 {
		return 0
	}
	return int64(begin)
}
