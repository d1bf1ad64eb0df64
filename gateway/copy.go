package gateway

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
)

// viaTime is how long a marked redirect may take to the broker.
const viaTime = 5 * time.Minute

// transfer is the handing over of one body.
type transfer struct {
	h     *hop
	a     *answer
	rc    *http.ResponseController
	hash  hash.Hash // of a file under an intent; nil otherwise
	bytes int64
	flush bool // every piece at once

	framed bool // writes are full HTTP/2 frames
	left   int  // bytes at the start of the buffer that are not written yet
}

// frameData is the payload of an HTTP/2 frame that fills one TLS record with its head (RFC 8446 section 5.1, RFC 9113
// section 4.1): 16 kB of payload would take a second record, and a system call, for nine bytes.
const frameData = 16<<10 - 9

// framedFrom is the size from which a body is handed over in full frames.
const framedFrom = 64 << 10

// first writes what was read ahead, and returns how much of it is left at the start of the buffer.
func (t *transfer) first() (left int, err error) {
	a := t.a
	t.framed = t.h.r.ProtoMajor == 2 && a.res.ContentLength >= framedFrom && a.err == nil && !a.stream
	n := a.n
	if t.framed && n > frameData {
		n -= n % frameData
	}
	if err := t.write(a.buf[:n]); err != nil {
		return 0, err
	}
	return copy(a.buf[:], a.buf[n:a.n]), nil
}

// filled reads until the buffer is full, as long as that goes quickly: what comes slowly is handed on as it comes. Only
// for bodies of a known length, because what came quickly waits for the next bytes.
type filled struct{ io.ReadCloser }

// fillTime is how long filling may take.
const fillTime = 5 * time.Millisecond

func (f filled) Read(p []byte) (n int, err error) {
	for start := time.Now(); n < len(p) && err == nil && (n == 0 || time.Since(start) < fillTime); {
		var m int
		m, err = f.ReadCloser.Read(p[n:])
		n += m
	}
	return n, err
}

// copy hands the body over and writes how it ended.
func (h *hop) copy(a *answer) {
	t := transfer{h: h, a: a}
	if a.act != nil && h.resp.Download && a.file == nil && h.r.Method != http.MethodHead {
		t.hash = sha256.New()
	}
	whole, err := t.run()
	h.bodyEnd(a, err)
	h.finish(a, &t, whole, err)
	if err != nil && !whole {
		// What was promised can't be kept: the client must see the answer cut off, not end.
		panic(http.ErrAbortHandler)
	}
}

// run copies. whole says that every byte of the answer was handed to the client's connection.
func (t *transfer) run() (whole bool, err error) {
	h, a := t.h, t.a
	if h.r.Method == http.MethodHead {
		return true, nil
	}
	src := io.ReadCloser(a.res.Body)
	if a.body != nil {
		src = a.body
		defer a.body.Close()
	} else if a.n > 0 {
		if t.left, err = t.first(); err != nil {
			return false, err
		}
	}
	if a.body == nil && a.err != nil {
		return t.end(a.err)
	}
	if a.body == nil || a.err == nil { // there is more than what was read ahead
		cut := h.guardAnswer(a)
		defer func() {
			if cut() {
				whole, err = false, errCut
			}
		}()
	}
	t.flush = a.res.ContentLength < 0 || a.body != nil
	if t.flush && (a.n > 0 && a.body == nil || a.n == 0) {
		if err := t.flushNow(); err != nil {
			return false, err
		}
	}
	buf := a.buf[:]
	switch {
	case a.stream: // open for hours, a few bytes now and then
		a.letGo()
		buf = make([]byte, streamSize)
	case a.body != nil: // a.buf is being read from
		own := buffers.Get().(*[bufferSize]byte)
		defer buffers.Put(own)
		buf = own[:]
	}
	if a.body != nil && a.res.ContentLength >= 0 {
		src = filled{src} // a page of a known length is there already
	}
	if t.framed {
		src, buf = filled{src}, buf[:bufferSize-bufferSize%frameData]
	}
	for {
		n, err := src.Read(buf[t.left:])
		n, t.left = n+t.left, 0
		if n > 0 {
			if err := t.write(buf[:n]); err != nil {
				return false, err
			}
			if t.flush && err == nil {
				if err := t.flushNow(); err != nil {
					return false, err
				}
			}
		}
		if err != nil {
			return t.end(err)
		}
	}
}

// errClient marks an error of the client's connection.
type errClient struct{ error }

func (t *transfer) write(p []byte) error {
	if t.hash != nil {
		t.hash.Write(p)
	} else if t.a.file != nil {
		t.a.file.feed(t.h.resp.First+t.bytes, p)
	}
	n, err := t.h.w.Write(p)
	t.bytes += int64(n)
	if err != nil {
		return errClient{err}
	}
	return nil
}

func (t *transfer) flushNow() error {
	if t.rc == nil {
		t.rc = http.NewResponseController(t.h.w)
	}
	if err := t.rc.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return errClient{err}
	}
	return nil
}

// end closes a body that err ended. For an action under an intent the last bytes are pushed out first: complete is
// claimed of what the connection took, not of what lies in a buffer.
func (t *transfer) end(err error) (bool, error) {
	if !errors.Is(err, io.EOF) {
		return false, err
	}
	if t.a.act != nil || t.a.file != nil {
		if err := t.flushNow(); err != nil {
			return false, err
		}
	}
	// The app's trailers are there once its body is at its end. Those that it didn't announce need the prefix.
	t.a.res.Body.Close()
	for k, v := range t.a.res.Trailer {
		if !t.a.announced[k] {
			k = http.TrailerPrefix + k
		}
		t.h.w.Header()[k] = v
	}
	return true, nil
}

// guardAnswer cuts a long answer when its session ends: no byte more, in either direction.
func (h *hop) guardAnswer(a *answer) func() bool {
	if h.entry == nil {
		return func() bool { return false }
	}
	w, body := h.w, a.res.Body
	return h.guard(func() {
		rc := http.NewResponseController(w)
		_ = rc.SetWriteDeadline(time.Unix(1, 0)) // wakes a write to a client that doesn't read
		body.Close()                             // and a read from an app that doesn't write
	})
}

// sum is the hash of the file as it was handed over; of a compressed one it would not be the file's.
func (h *hop) sum(t *transfer) string {
	if t.a.coding != "" && t.a.coding != "identity" {
		return ""
	}
	return hex.EncodeToString(t.hash.Sum(nil))
}

// charset reads the charset of a media type.
func charset(contentType string) string {
	if !strings.Contains(contentType, "charset") {
		return ""
	}
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return ""
	}
	return params["charset"]
}
