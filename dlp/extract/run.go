package extract

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// run is one extraction.
type run struct {
	ctx context.Context
	w   io.Writer
	src *source
	lim Limits
	res Result

	formats map[Kind]format

	path     []string
	pictures bool // the part belongs to a document, in which pictures are no verdict
	inflated int64
	last     byte // the last byte written
}

// stop ends a run: what it holds goes to the caller.
type stop struct{ err error }

func (s *stop) Error() string { return s.err.Error() }

// bad is what is wrong with a part.
type bad struct {
	status Status
	reason string
}

func (b *bad) Error() string { return string(b.status) + ": " + b.reason }

func badf(status Status, format string, args ...any) error {
	return &bad{status, fmt.Sprintf(format, args...)}
}

// Write writes text; formats call it with pieces of any size.
func (x *run) Write(text []byte) (int, error) {
	if len(text) == 0 {
		return 0, nil
	}
	if err := x.ctx.Err(); err != nil {
		return 0, &stop{err}
	}
	if x.res.Text+int64(len(text)) > x.lim.Text {
		return 0, badf(Limited, "more than %d MB of text", x.lim.Text>>20)
	}
	x.res.Text += int64(len(text))
	x.last = text[len(text)-1]
	n, err := x.w.Write(text)
	if err != nil {
		return n, &stop{err}
	}
	return n, nil
}

func (x *run) write(text []byte) error {
	_, err := x.Write(text)
	return err
}

func (x *run) text(s string) error {
	_, err := io.WriteString(x, s)
	return err
}

// line ends a line, unless one has just ended.
func (x *run) line() error {
	if x.res.Text == 0 || x.last == '\n' {
		return nil
	}
	return x.text("\n")
}

// part reads a file or a stream. r reads it from front to back; at is the same for formats that jump, nil when it must be
// held in memory first. What is wrong with it is noted; the error is one that ends the whole.
func (x *run) part(name string, kind Kind, r io.Reader, at *io.SectionReader) error {
	if name != "" {
		x.path = append(x.path, name)
		defer func() { x.path = x.path[:len(x.path)-1] }()
	}
	if x.res.Parts++; x.res.Parts > x.lim.Parts {
		return x.note(kind, badf(Limited, "more than %d parts", x.lim.Parts))
	}
	if len(x.path) > x.lim.Depth {
		return x.note(kind, badf(Limited, "more than %d files deep", x.lim.Depth))
	}
	if err := x.line(); err != nil {
		return err
	}
	err := x.note(kind, x.extract(kind, r, at))
	if err == nil && at != nil && len(x.path) == 0 {
		err = x.also(kind, at)
	}
	return err
}

func (x *run) extract(kind Kind, r io.Reader, at *io.SectionReader) error {
	f := x.formats[kind]
	switch {
	case kind == Image:
		return x.picture(r)
	case f.stream != nil:
		return f.stream(x, r)
	case f.random == nil:
		return badf(Unsupported, "%s", describe(kind))
	case at == nil:
		all, err := io.ReadAll(io.LimitReader(r, x.lim.Member+1))
		if err != nil {
			return err
		}
		if int64(len(all)) > x.lim.Member {
			return badf(Limited, "more than %d MB in another file", x.lim.Member>>20)
		}
		at = io.NewSectionReader(bytes.NewReader(all), 0, int64(len(all)))
	}
	return f.random(x, at)
}

// note puts what is wrong with a part into the result, and returns what ends the run.
func (x *run) note(kind Kind, err error) error {
	if err == nil {
		return nil
	}
	var end *stop
	if errors.As(err, &end) {
		return end
	}
	if x.src.err != nil { // the file could not be read, which is not the file's fault
		return &stop{x.src.err}
	}
	if err := x.ctx.Err(); err != nil {
		return &stop{err}
	}
	b := &bad{Corrupt, "the " + string(kind) + " ends early or is damaged"}
	errors.As(err, &b)
	if severity[b.status] > severity[x.res.Status] {
		x.res.Status = b.status
	}
	if len(x.res.Open) < maxOpen {
		x.res.Open = append(x.res.Open, Part{Path: strings.Join(x.path, "!/"), Kind: kind, Status: b.status, Reason: b.reason})
	}
	return nil
}

// packed reads a file out of another. It counts towards what may be unpacked.
func (x *run) packed(name string, r io.Reader) error { return x.packedPiece(name, &inflating{x, r}) }

// packedPiece reads a file of several that one stream holds, whose bytes are counted already.
func (x *run) packedPiece(name string, r io.Reader) error {
	in := bufio.NewReaderSize(r, sniffed)
	head, err := in.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) {
		x.path = append(x.path, name)
		defer func() { x.path = x.path[:len(x.path)-1] }()
		return x.note("", err)
	}
	return x.part(name, identify(head), in, nil)
}

// inflating counts what is unpacked.
type inflating struct {
	x *run
	r io.Reader
}

func (i *inflating) Read(p []byte) (int, error) {
	if err := i.x.ctx.Err(); err != nil {
		return 0, &stop{err}
	}
	n, err := i.r.Read(p)
	if err := i.x.count(int64(n)); err != nil {
		return 0, err
	}
	return n, err
}

// count counts bytes that were unpacked.
func (x *run) count(n int64) error {
	if x.inflated += n; x.inflated > x.lim.Inflated {
		return badf(Limited, "more than %d MB unpacked", x.lim.Inflated>>20)
	}
	return nil
}

// failed notes that a file in the part is not read.
func (x *run) failed(name string, err error) error {
	x.path = append(x.path, name)
	defer func() { x.path = x.path[:len(x.path)-1] }()
	return x.note("", err)
}
