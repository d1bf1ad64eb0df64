package rewrite

import (
	"bytes"
	"errors"
	"io"
	"sync"

	"github.com/referee-casb/referee/fault"
)

// Hosts maps real authorities to mapped ones. An authority is a host in lower case, with ":port" unless 443.
type Hosts interface {
	// Mapped returns the mapped authority of a real one; ok false: leave it.
	Mapped(real string) (mapped string, ok bool)
	// Reals lists every real authority that Mapped knows.
	Reals() []string
	// Epoch is equal for hosts that map equally.
	Epoch() uint64
}

// Options say how a body is rewritten.
type Options struct {
	Hosts    Hosts
	Real     string   // the document's own real authority
	Encoding string   // Content-Encoding of the source: "", gzip, br, zstd, deflate, or a list
	Accept   string   // the client's Accept-Encoding, already intersected with what we can write
	Charset  string   // from Content-Type, "" unknown
	Inject   []byte   // HTML: put before anything that can run; Worker: put first
	Fields   []string // JSON: names of fields whose URLs are mapped
	Nonce    string   // nonce to use in policies that a page carries itself (meta)
	Strict   bool     // ambiguity ends the stream with an [Ambiguous] error instead of passing the rest as it is

	Replace   []Replacement // code: a profile's rules, before host names are mapped
	Address   string        // the document's own real address, for what is relative to it
	Digests   *Digests      // by which policies in the answer's head know the page's scripts; with Nonce
	Integrity Integrity     // digests of rewritten bodies; nil: they are taken out of pages
	Check     *Check        // verify the body; nil: not
}

// Body is a rewritten body. It is not safe for concurrent use.
type Body struct {
	src      io.ReadCloser // as received
	plain    io.ReadCloser // decoded
	step     transformer
	sink     encoder
	encoding string

	in      *[pieceSize]byte
	out     *bytes.Buffer // rewritten and encoded
	err     error
	changed bool
	strict  bool
	unclear error // why the rest passes as it is
	check   *Check
}

// transformer rewrites a stream piece by piece. It appends to w what is settled and keeps the rest; end says
// that nothing follows. It reports whether it changed anything in this piece.
type transformer interface {
	transform(w io.Writer, piece []byte, end bool) (changed bool, err error)
	// rest gives what is kept, after an error.
	rest() []byte
}

// pieceSize is how much is read at once.
const pieceSize = 16 << 10

// outs are buffers for what was rewritten.
var outs = sync.Pool{New: func() any { return bytes.NewBuffer(make([]byte, 0, pieceSize+4<<10)) }}

var pieces = sync.Pool{New: func() any { return new([pieceSize]byte) }}

// New rewrites src as a stream: Read returns as soon as there is something to give, memory is bounded, and
// Close closes src. An unknown content coding is an error of kind Invalid; the caller decides by its fail mode whether the
// bytes pass as they are.
func New(kind Kind, src io.ReadCloser, opt Options) (*Body, error) {
	plain, err := decoder(src, opt.Encoding)
	if err != nil {
		return nil, err
	}
	b := &Body{src: src, plain: plain, in: pieces.Get().(*[pieceSize]byte), out: outs.Get().(*bytes.Buffer), strict: opt.Strict, check: opt.Check}
	b.out.Reset()
	if b.step, err = newTransformer(kind, opt); err != nil {
		return nil, err
	}
	if kind != JSON {
		b.step = &wide{charset: opt.Charset, next: b.step}
	}
	b.encoding = choose(opt.Accept)
	if b.sink, err = newEncoder(b.out, b.encoding); err != nil {
		return nil, err
	}
	return b, nil
}

func newTransformer(kind Kind, opt Options) (transformer, error) {
	v := newValues(opt)
	switch kind {
	case HTML:
		return newHTML(opt), nil
	case XHTML:
		return newXML(opt), nil
	case SVG:
		opt.Inject = nil
		return newXML(opt), nil
	case CSS, JS:
		return v.stream(), nil
	case Worker:
		return &prefixed{prefix: opt.Inject, next: v.stream()}, nil
	case JSON:
		return newJSON(v, opt.Fields), nil
	case Manifest:
		return newJSON(v, []string{"start_url", "scope", "src", "url", "id", "action"}), nil
	}
	return nil, fault.New(fault.Internal, "rewrite.New", "kind %d is not rewritten", kind)
}

// Ambiguous ends the rewriting of a page that browsers may read otherwise than it is read here.
type Ambiguous struct{ Reason error }

func (a *Ambiguous) Error() string { return a.Reason.Error() }

// Unwrap gives the fault.
func (a *Ambiguous) Unwrap() error { return a.Reason }

// Encoding is the Content-Encoding of what Read gives, "" for none.
func (b *Body) Encoding() string { return b.encoding }

// Changed reports after EOF whether anything was changed.
func (b *Body) Changed() bool { return b.changed }

// Read gives rewritten bytes as soon as there are any.
func (b *Body) Read(p []byte) (int, error) {
	for b.out.Len() == 0 && b.err == nil {
		n, err := b.plain.Read(b.in[:])
		end := err == io.EOF
		if n > 0 || end {
			b.advance(b.in[:n], end)
		}
		if b.err == nil {
			b.err = b.flush(end)
		}
		if err != nil && b.err == nil {
			b.err = err
		}
	}
	if b.out.Len() > 0 {
		return b.out.Read(p)
	}
	return 0, b.err
}

// Begin rewrites what src gives at once, so that a page that can't be read is known before anything is sent.
func (b *Body) Begin() error {
	if b.out.Len() > 0 || b.err != nil {
		return b.err
	}
	n, err := b.plain.Read(b.in[:])
	if n > 0 {
		b.advance(b.in[:n], false)
		if b.err == nil {
			b.err = b.flush(false)
		}
	}
	if b.err == nil && err != nil && err != io.EOF {
		b.err = err
	}
	return b.err
}

// Unclear says why the rest of a page passed as it is; nil where it was read to its end.
func (b *Body) Unclear() error { return b.unclear }

// advance rewrites a piece.
func (b *Body) advance(piece []byte, end bool) {
	w := io.Writer(b.sink)
	if b.check != nil {
		b.check.before(piece)
		w = io.MultiWriter(b.sink, b.check)
	}
	changed, err := b.step.transform(w, piece, end)
	b.changed = b.changed || changed
	var unclear *Ambiguous
	if errors.As(err, &unclear) && !b.strict {
		// fail open: only monitored sessions come here; the rest passes as it is
		b.unclear = err
		rest := b.step.rest()
		b.step = asItIs{}
		_, err = w.Write(rest)
	}
	if err == nil && end && b.check != nil {
		err = b.check.end()
	}
	b.err = err
}

// asItIs passes the rest of a page that can't be read.
type asItIs struct{}

func (asItIs) transform(w io.Writer, piece []byte, _ bool) (bool, error) {
	_, err := w.Write(piece)
	return false, err
}

func (asItIs) rest() []byte { return nil }

// flush makes what was written readable at once, so that pages paint progressively.
func (b *Body) flush(end bool) error {
	if end {
		return b.sink.Close()
	}
	return b.sink.Flush()
}

// Close closes the source.
func (b *Body) Close() error {
	if b.plain != b.src {
		_ = b.plain.Close() // a decoder holds memory only; the source's error is the one that matters
	}
	if b.err == nil {
		b.err = io.ErrClosedPipe
	}
	if b.in != nil {
		pieces.Put(b.in)
		b.in = nil
		if b.out.Cap() < 1<<20 {
			outs.Put(b.out)
		}
		b.out = new(bytes.Buffer)
	}
	return b.src.Close()
}

// prefixed puts bytes before a stream.
type prefixed struct {
	prefix []byte
	next   transformer
}

func (p *prefixed) transform(w io.Writer, piece []byte, end bool) (bool, error) {
	first := len(p.prefix) > 0
	if first {
		if _, err := w.Write(p.prefix); err != nil {
			return false, err
		}
		p.prefix = nil
	}
	changed, err := p.next.transform(w, piece, end)
	return changed || first, err
}

func (p *prefixed) rest() []byte { return p.next.rest() }
