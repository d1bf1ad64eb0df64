package rewrite

import (
	"bytes"
	"io"
	"strings"

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
	Strict   bool     // ambiguity ends the stream with an error instead of passing the rest as it is
}

// Body is a rewritten body. It is not safe for concurrent use.
type Body struct {
	src      io.ReadCloser // as received
	plain    io.ReadCloser // decoded
	step     transformer
	sink     encoder
	encoding string

	in      []byte
	out     bytes.Buffer // rewritten and encoded
	err     error
	changed bool
}

// transformer rewrites a stream piece by piece. It appends to w what is settled and keeps the rest; end says
// that nothing follows. It reports whether it changed anything in this piece.
type transformer interface {
	transform(w io.Writer, piece []byte, end bool) (changed bool, err error)
}

// pieceSize is how much is read at once.
const pieceSize = 16 << 10

// New rewrites src as a stream: Read returns as soon as there is something to give, memory is bounded, and
// Close closes src. An unknown content coding or a charset that is not ASCII-compatible is an error of kind
// Invalid; the caller decides by its fail mode whether the bytes pass as they are.
func New(kind Kind, src io.ReadCloser, opt Options) (*Body, error) {
	if wide(opt.Charset) {
		return nil, &fault.Error{Kind: fault.Invalid, Op: "rewrite.New", Key: opt.Charset, Msg: "the charset is not ASCII-compatible"}
	}
	plain, err := decoder(src, opt.Encoding)
	if err != nil {
		return nil, err
	}
	b := &Body{src: src, plain: plain, in: make([]byte, pieceSize)}
	if b.step, err = newTransformer(kind, opt); err != nil {
		return nil, err
	}
	b.encoding = choose(opt.Accept)
	if b.sink, err = newEncoder(&b.out, b.encoding); err != nil {
		return nil, err
	}
	return b, nil
}

func newTransformer(kind Kind, opt Options) (transformer, error) {
	switch kind {
	case HTML:
		return newHTML(opt), nil
	case SVG:
		h := newHTML(opt)
		h.inject, h.foreign = nil, []string{"svg"}
		return h, nil
	case CSS:
		return newLiteral(opt.Hosts, contextCode), nil
	case JS:
		return newLiteral(opt.Hosts, contextCode), nil
	case Worker:
		return &prefixed{prefix: opt.Inject, next: newLiteral(opt.Hosts, contextCode)}, nil
	case JSON:
		return newJSON(opt.Hosts, opt.Fields), nil
	case Manifest:
		return newJSON(opt.Hosts, []string{"start_url", "scope", "src", "url", "id", "action"}), nil
	}
	return nil, fault.New(fault.Internal, "rewrite.New", "kind %d is not rewritten", kind)
}

// wide reports charsets in which ASCII bytes don't stand for themselves.
func wide(charset string) bool {
	c := strings.ToLower(strings.Trim(charset, `"' `))
	return strings.HasPrefix(c, "utf-16") || strings.HasPrefix(c, "utf-32") || c == "iso-2022-jp" || c == "hz-gb-2312" || c == "utf-7"
}

// Encoding is the Content-Encoding of what Read gives, "" for none.
func (b *Body) Encoding() string { return b.encoding }

// Changed reports after EOF whether anything was changed.
func (b *Body) Changed() bool { return b.changed }

// Read gives rewritten bytes as soon as there are any.
func (b *Body) Read(p []byte) (int, error) {
	for b.out.Len() == 0 && b.err == nil {
		n, err := b.plain.Read(b.in)
		end := err == io.EOF
		if n > 0 || end {
			changed, stepErr := b.step.transform(b.sink, b.in[:n], end)
			b.changed = b.changed || changed
			if stepErr != nil {
				b.err = stepErr
			}
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
