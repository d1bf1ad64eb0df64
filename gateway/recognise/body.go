package recognise

import (
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"mime"
	"net/http"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// Sink hears of the files in one request's body.
type Sink interface {
	// File is called before any byte of the file is handed on, with up to HeadSize of its first bytes. A
	// returned error stops the body: Read returns it then and ever after, and no byte of the file has left.
	File(f *model.File, head []byte) error
	// Also is called before File for each other name that the same file may be kept by. A returned error stops the body
	// as File's does.
	Also(f *model.File, head []byte) error
	// Done is called when a file's last byte was handed on (err nil), or when it ended early.
	Done(f *model.File, bytes int64, sha256 [32]byte, err error)
}

// Body hands a request's body on, byte for byte, and tells a sink of the files in it. It is not safe for
// concurrent use.
type Body struct {
	src  io.ReadCloser
	sink Sink
	scan scanner

	store  []byte // fixed memory that buf lies in
	buf    []byte // read but not handed on
	ready  int    // how many bytes of buf may be handed on
	ended  bool   // src is at its end
	err    error  // what ended the body, io.EOF included
	called bool   // a File call has returned

	file  *model.File
	hash  hash.Hash
	bytes int64
	total int64 // read from src
	start int64 // where in the body the file begins
	coded bool  // its part says that its bytes are written some other way
}

// scanner finds files in a body. Each call looks at buf, which begins where the last call let bytes go, and
// returns how many of its bytes may be handed on. more asks for more bytes before anything else can be told.
type scanner interface {
	scan(b *Body, buf []byte, ended bool) (ready int, more bool, err error)
}

// readSize is how much is read at once, and maxHold what a scanner may hold back: part headers or a file's head,
// and a boundary.
const (
	readSize = 32 << 10
	maxHold  = 128 << 10
)

// NewBody returns a body for a request that may carry files. It returns nil when the request carries none. A
// body that claims to be multipart but can't be read as such is refused, since an app may read it otherwise.
func NewBody(r *http.Request, q *RequestInfo, sink Sink) (*Body, error) {
	if r.Body == nil || r.Body == http.NoBody || !hasBody(r) {
		return nil, nil
	}
	b := &Body{src: r.Body, sink: sink}
	u := &q.Upload
	kind := u.Kind
	if u.Create {
		kind = u.Along
	}
	switch kind {
	case UploadMultipart:
		boundary, err := boundaryOf(r.Header)
		if err != nil {
			return nil, err
		}
		b.scan = newFormScanner(boundary)
	case UploadRelated:
		boundary, err := boundaryOf(r.Header)
		if err != nil {
			return nil, err
		}
		b.scan = newRelatedScanner(boundary, r, q)
	case UploadTusCreate, UploadTusPatch, UploadChunk, UploadRaw:
		f := u.File
		if u.Create && kind == UploadRaw { // what was announced may be something else
			f = rawOf(r, declaredType(r))
			f.URL = "https://" + q.host + q.path
		}
		b.scan = &whole{file: f, middle: u.Chunk && u.Offset > 0}
	default:
		if r.Method != http.MethodPost && r.Method != http.MethodPut && r.Method != http.MethodPatch {
			return nil, nil
		}
		b.scan = &whole{file: model.File{Name: nameFromPath(q.path), MIME: declaredType(r), Size: r.ContentLength, URL: "https://" + q.host + q.path}, bySignature: true}
	}
	return b, nil
}

func declaredType(r *http.Request) string {
	t, _ := cutType(first(r.Header, "Content-Type"))
	return t
}

// boundaryOf reads the one boundary of the one Content-Type.
func boundaryOf(h http.Header) (string, error) {
	refuse := func(why string) (string, error) {
		return "", &fault.Error{Kind: fault.Invalid, Op: "upload", Key: "Content-Type", Msg: why}
	}
	if len(h["Content-Type"]) != 1 {
		return refuse("more than one content type")
	}
	_, params, err := mime.ParseMediaType(h["Content-Type"][0])
	if err != nil {
		return refuse("can't be read: " + err.Error())
	}
	boundary := params["boundary"]
	if boundary == "" || len(boundary) > 70 {
		return refuse("the multipart boundary is missing or longer than 70 characters (RFC 2046 section 5.1.1)")
	}
	return boundary, nil
}

// Prime reads ahead until the first File call has returned, max bytes were read, or the body is at its end. It
// returns what File returned, so that an app need not be contacted for an upload that is refused.
func (b *Body) Prime(limit int) error {
	for !b.called && b.err == nil && b.ready < limit {
		b.fill()
	}
	if b.err != nil && !errors.Is(b.err, io.EOF) {
		return b.err
	}
	return nil
}

// Read hands on what the sink let pass.
func (b *Body) Read(p []byte) (int, error) {
	for b.ready == 0 && b.err == nil {
		b.fill()
	}
	if b.ready > 0 {
		n := copy(p, b.buf[:b.ready])
		b.buf, b.ready = b.buf[n:], b.ready-n
		return n, nil
	}
	return 0, b.err
}

// fill reads once and lets the scanner look.
func (b *Body) fill() {
	if !b.ended {
		if b.store == nil {
			b.store = make([]byte, maxHold+readSize)
		}
		if len(b.buf)+readSize > len(b.store) {
			b.stop(fault.New(fault.Invalid, "upload", "a part's headers are too long"))
			return
		}
		b.buf = b.store[:copy(b.store, b.buf)]
		at := len(b.buf)
		n, err := b.src.Read(b.store[at : at+readSize])
		b.buf = b.store[:at+n]
		b.total += int64(n)
		switch {
		case errors.Is(err, io.EOF):
			b.ended = true
		case err != nil:
			b.stop(err)
			return
		}
	}
	for {
		ready, more, err := b.scan.scan(b, b.buf[b.ready:], b.ended)
		b.ready += ready
		switch {
		case err != nil:
			b.stop(err)
			return
		case more && b.ended, b.ended && b.ready == len(b.buf):
			if b.file != nil {
				b.done(nil)
			}
			b.err = io.EOF
			b.ready = len(b.buf)
			return
		case more:
			return
		}
	}
}

// stop ends the body with err; what had not been let go never is.
func (b *Body) stop(err error) {
	b.err = err
	if b.file != nil {
		b.done(err)
	}
}

// called is a file with all the names that it may be kept by.
type called struct {
	model.File
	also  []string
	coded bool
}

// begin announces a file to the sink.
func (b *Body) begin(f called, head []byte) error {
	if !f.coded { // the bytes of a part in another encoding show nothing of its file
		f.TrueMIME = trueMIME(head)
	}
	b.start, b.coded = 0, f.coded
	if head != nil { // both lie in the store and end with it
		b.start = b.total - int64(len(b.buf)) + int64(cap(b.buf)-cap(head))
	}
	for _, name := range f.also {
		other := f.File
		other.Name = name
		if err := b.sink.Also(&other, head); err != nil {
			b.called = true
			return err
		}
	}
	b.file, b.hash, b.bytes = &f.File, sha256.New(), 0
	err := b.sink.File(b.file, head)
	b.called = true
	if err != nil {
		b.file = nil // the sink knows: it refused
	}
	return err
}

// Start is where in the body the file begins that the sink was told of last.
func (b *Body) Start() int64 { return b.start }

// Coded reports whether the part that the file lies in says that its bytes are written some other way, such as in base64
// (RFC 2045 section 6). Apps differ in whether they decode it.
func (b *Body) Coded() bool { return b.coded }

// feed counts and hashes bytes of the file that are let go.
func (b *Body) feed(p []byte) {
	b.hash.Write(p)
	b.bytes += int64(len(p))
}

func (b *Body) done(err error) {
	var sum [32]byte
	b.hash.Sum(sum[:0])
	b.sink.Done(b.file, b.bytes, sum, err)
	b.file = nil
}

// Close closes the request's body; a file that was not complete is told as ended early.
func (b *Body) Close() error {
	if b.file != nil {
		b.stop(io.ErrUnexpectedEOF)
	}
	if b.err == nil {
		b.err = http.ErrBodyReadAfterClose
	}
	return b.src.Close()
}

// whole scans a body that is one file.
type whole struct {
	file        model.File
	middle      bool // says it is a chunk and not the first: its bytes show a type only if they begin a file
	bySignature bool // a file only if its first bytes say so
	begun, pass bool
}

func (s *whole) scan(b *Body, buf []byte, ended bool) (int, bool, error) {
	if !s.begun {
		if len(buf) < HeadSize && !ended {
			return 0, true, nil
		}
		s.begun = true
		head := buf[:min(len(buf), HeadSize)]
		if s.bySignature && natureOf(head) != natureFile {
			s.pass = true
		} else {
			if s.middle && natureOf(head) != natureFile {
				head = nil
			}
			if err := b.begin(called{File: s.file}, head); err != nil {
				return 0, false, err
			}
		}
	}
	if !s.pass {
		b.feed(buf)
	}
	return len(buf), len(buf) == 0 || !ended, nil
}
