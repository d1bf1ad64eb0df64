package extract

import (
	"bytes"
	"io"
)

// pdfText tells whether a PDF is encrypted (ISO 32000-1, 7.6.1: the trailer, which is at the end, has Encrypt). Its text
// is not read.
func pdfText(_ *run, src *io.SectionReader) error {
	const tail = 64 << 10
	at := max(0, src.Size()-tail)
	end := make([]byte, src.Size()-at)
	if _, err := src.ReadAt(end, at); err != nil && err != io.EOF { //nolint:errorlint // a SectionReader's own
		return err
	}
	if bytes.Contains(end, []byte("/Encrypt")) {
		return badf(Encrypted, "the PDF has a password or rights on it")
	}
	return badf(Unsupported, "%s", describe(PDF))
}
