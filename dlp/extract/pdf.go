package extract

import (
	"bytes"
	"context"
	"errors"
	"image"
	"io"
)

// A PDFReader reads PDF documents for [Limits]. ReadPDF gives what it finds to the sink, from one goroutine, and returns the
// sink's errors as they are; its own errors are made by [Problem] or [Stop], or mean that the document is damaged. It reads
// nothing of the source after it has returned, and ends when ctx does. Files in the document may lead back to it.
type PDFReader interface {
	ReadPDF(ctx context.Context, src *io.SectionReader, to *Sink) error
}

// Problem is an error that says how a part was read, for readers outside of this package.
func Problem(status Status, format string, args ...any) error { return badf(status, format, args...) }

// Told is what an error of [Problem] says; known is false for others.
func Told(err error) (status Status, reason string, known bool) {
	var b *bad
	if errors.As(err, &b) {
		return b.status, b.reason, true
	}
	return "", "", false
}

// Stop is an error that ends the extraction and is returned by [Extract]: what failed is not the file.
func Stop(err error) error { return &stop{err} }

// Sink takes what a reader outside of this package finds in a part. Its errors end that reader.
type Sink struct{ x *run }

// Text writes text on lines of its own.
func (s *Sink) Text(text string) error {
	if text == "" {
		return s.x.ctx.Err()
	}
	return s.x.own(text)
}

// File reads a file in the part, of whatever kind.
func (s *Sink) File(name string, r io.Reader) error { return s.x.packed(name, r) }

// Images counts pictures that are not read.
func (s *Sink) Images(n int) { s.x.res.Images += n }

// Reads reports whether pictures are read.
func (s *Sink) Reads() bool { return s.x.lim.OCR != nil }

// Picture reads the text of a picture, of [MaxPixels] at most. A status other than Complete says, with its reason, that it
// was not read.
func (s *Sink) Picture(img *image.Gray) (Status, string, error) {
	err := s.x.recognise(img)
	var b *bad
	if errors.As(err, &b) {
		return b.status, b.reason, nil
	}
	return Complete, "", err
}

// Note says that something in the part was not read: a page, say. An empty name means the part itself.
func (s *Sink) Note(name string, status Status, reason string) error {
	x := s.x
	if name != "" {
		x.path = append(x.path, name)
		defer func() { x.path = x.path[:len(x.path)-1] }()
	}
	return x.note(PDF, badf(status, "%s", reason))
}

// Member is how many bytes of a file in the part may be held in memory.
func (s *Sink) Member() int64 { return s.x.lim.Member }

// pdfText is a PDF, by the reader that the limits name. Without one, it is told whether the PDF is encrypted (ISO
// 32000-1, 7.6.1: the trailer, which is at the end, has Encrypt), and its text is not read.
func pdfText(x *run, src *io.SectionReader) error {
	if x.lim.PDF != nil {
		return x.lim.PDF.ReadPDF(x.ctx, src, &Sink{x})
	}
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
