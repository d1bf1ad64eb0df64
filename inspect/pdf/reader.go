package pdf

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"

	pdfium "github.com/klippa-app/go-pdfium"
	pdfiumerrors "github.com/klippa-app/go-pdfium/errors"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"

	"github.com/referee-casb/referee/dlp/extract"
	"github.com/referee-casb/referee/fault"
)

var _ extract.PDFReader = (*Reader)(nil)

// Reader reads PDF documents, several at a time. PDFium is compiled, or its compiled code loaded, for the first one.
type Reader struct {
	conf  Config
	slots chan struct{}

	mu     sync.Mutex
	pool   pdfium.Pool
	cache  wazero.CompilationCache
	closed bool
}

// New makes a reader. Nothing is compiled yet.
func New(conf Config) *Reader {
	conf = conf.withDefaults()
	return &Reader{conf: conf, slots: make(chan struct{}, conf.Instances)}
}

// Warm compiles PDFium, so that the first document doesn't wait for it. The error is [fault.Invalid] when the folder for
// compiled code can't be used.
func (r *Reader) Warm() error {
	_, err := r.open()
	return err
}

func (r *Reader) open() (pdfium.Pool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, fault.New(fault.Unavailable, "pdf.Open", "the reader of PDF is closed")
	}
	if r.pool != nil {
		return r.pool, nil
	}
	cache, err := compiled(r.conf.Cache)
	if err != nil {
		return nil, err
	}
	pool, err := webassembly.Init(webassembly.Config{
		MaxTotal:      2 * r.conf.Instances, // slots bound it; one that is being closed may still count
		FSConfig:      wazero.NewFSConfig(), // no files
		RuntimeConfig: runtimeOf(r.conf, cache),
		Stdout:        io.Discard,
		Stderr:        io.Discard,
	})
	if err != nil {
		return nil, errors.Join(fault.As(err, fault.Internal, "pdf.Open", ""), closeCache(cache))
	}
	r.pool, r.cache = pool, cache
	return pool, nil
}

// Close frees the compiled code. Documents that are being read are waited for.
func (r *Reader) Close() error {
	for range cap(r.slots) {
		r.slots <- struct{}{}
	}
	defer func() {
		for range cap(r.slots) {
			<-r.slots
		}
	}()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	if r.pool == nil {
		return nil
	}
	err := errors.Join(r.pool.Close(), closeCache(r.cache))
	r.pool = nil
	return fault.As(err, fault.Internal, "pdf.Close", "")
}

// maxFile is the largest document that PDFium's 32-bit memory addresses, in bytes.
const maxFile = 1<<31 - 1

// ReadPDF implements [extract.PDFReader]. Files in the document are handed on after its instance has been given back, so
// that PDFs in PDFs don't wait for each other.
func (r *Reader) ReadPDF(ctx context.Context, src *io.SectionReader, to *extract.Sink) error {
	if src.Size() > maxFile {
		return extract.Problem(extract.Limited, "a PDF of more than %d MB", maxFile>>20)
	}
	d := &document{conf: r.conf, src: src, to: to}
	if err := r.read(ctx, d); err != nil {
		return err
	}
	return d.handOn()
}

// read reads a document with an instance of its own.
func (r *Reader) read(ctx context.Context, d *document) error {
	select {
	case r.slots <- struct{}{}:
		defer func() { <-r.slots }()
	case <-ctx.Done():
		return ctx.Err()
	}
	pool, err := r.open()
	if err != nil {
		return extract.Stop(err)
	}
	in, err := pool.GetInstanceWithContext(ctx)
	if err != nil {
		return extract.Stop(fault.As(err, fault.Unavailable, "pdf.Read", ""))
	}
	limited, cancel := context.WithTimeout(ctx, r.conf.Time)
	defer cancel()
	killed := make(chan struct{})
	stop := context.AfterFunc(limited, func() {
		defer close(killed)
		_ = in.Kill() // the one that reads finds out by its error
	})
	d.in = in
	err = d.read(limited)
	if stop() {
		if cerr := in.Close(); cerr != nil && err == nil {
			// After a trap of the sandbox; everything was read before it.
			_ = in.Kill()
		}
	} else {
		<-killed
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case limited.Err() != nil && (err == nil || errors.Is(err, errEngine)):
		return extract.Problem(extract.Limited, "reading takes more than %s", r.conf.Time)
	case errors.Is(err, errEngine):
		return extract.Problem(extract.Corrupt, "the reader of PDF gave up: the document is damaged, or needs more than %d MB of memory", r.conf.Memory>>20)
	}
	return err
}

// errEngine marks errors of the sandbox: traps, memory, time.
var errEngine = errors.New("pdfium")

// document is one on its way.
type document struct {
	conf Config
	src  *io.SectionReader
	to   *extract.Sink
	in   pdfium.Pdfium
	doc  references.FPDF_DOCUMENT

	files  []file // to hand on
	held   int64  // bytes of them
	images int
	faults pageFaults
}

// read reads the document, with an instance at hand.
func (d *document) read(ctx context.Context) error {
	opened, err := d.in.FPDF_LoadCustomDocument(&requests.FPDF_LoadCustomDocument{Reader: d.src, Size: d.src.Size()})
	switch {
	case errors.Is(err, pdfiumerrors.ErrPassword):
		return extract.Problem(extract.Encrypted, "the PDF has a password on it")
	case errors.Is(err, pdfiumerrors.ErrSecurity):
		return extract.Problem(extract.Encrypted, "the PDF is encrypted in a way that is not read")
	case errors.Is(err, pdfiumerrors.ErrFormat), errors.Is(err, pdfiumerrors.ErrFile), errors.Is(err, pdfiumerrors.ErrUnknown), errors.Is(err, pdfiumerrors.ErrPage):
		return extract.Problem(extract.Corrupt, "the PDF is damaged")
	case err != nil:
		return engine(err)
	}
	d.doc = opened.Document
	if err := d.copied(); err != nil {
		return err
	}
	if err := d.pages(ctx); err != nil {
		return err
	}
	return d.attachments() // at last: unpacking them may end the instance
}

// engine marks an error of the sandbox.
func engine(err error) error { return errors.Join(errEngine, err) }

// trapped tells errors of the sandbox, after which an instance can't be used, from PDFium's own of one call.
func trapped(err error) bool {
	if err == nil {
		return false
	}
	s := err.Error()
	return strings.Contains(s, "wasm error") || strings.Contains(s, "panic occurred") || strings.Contains(s, "module closed") || strings.Contains(s, "instance is closed")
}
