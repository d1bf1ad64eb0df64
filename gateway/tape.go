package gateway

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/referee-casb/referee/gateway/recognise"
	"github.com/referee-casb/referee/model"
)

// taped is a request's body that keeps what was read of it, so that a file in it can be looked at before its first byte
// goes on. One goroutine reads it.
type taped struct {
	src  io.ReadCloser
	s    *spooled
	at   int64 // of the bytes that are held: the next to hand on
	lost bool  // no longer kept from the first byte
	full bool  // because the disk has no room
	all  bool  // held to its end
	gone atomic.Bool
}

// Read hands the body on, held bytes first.
func (t *taped) Read(p []byte) (int, error) {
	if t.gone.Load() {
		return 0, http.ErrBodyReadAfterClose
	}
	if t.at < t.s.size {
		n, err := t.s.ReadAt(p, t.at)
		t.at += int64(n)
		switch {
		case t.gone.Load():
			return 0, http.ErrBodyReadAfterClose
		case n == 0 && len(p) > 0:
			err = io.ErrUnexpectedEOF
		case errors.Is(err, io.EOF):
			err = nil
		}
		return n, err
	}
	if t.s.rest != nil {
		return t.s.rest.Read(p)
	}
	if t.all {
		return 0, io.EOF
	}
	n, err := t.src.Read(p)
	if n > 0 && !t.lost {
		if werr := t.s.write(p[:n], t.s.dir); werr != nil {
			t.lose(!errors.Is(werr, errTooLarge))
		} else {
			t.at += int64(n)
		}
	}
	return n, err
}

// lose ends the keeping: everything that was held has been handed on.
func (t *taped) lose(full bool) {
	t.lost, t.full = true, full
	t.s.release()
	t.s.size, t.at = 0, 0
}

// decided says that nobody will ask for this body's bytes any more: what was held goes on from memory, the rest as it comes.
func (t *taped) decided() {
	head := make([]byte, t.s.size-t.at)
	n, _ := t.s.ReadAt(head, t.at) // a few kilobytes, which are there
	t.lose(false)
	t.s.rest = io.MultiReader(bytes.NewReader(head[:n]), t.src)
}

// Close closes the request's body. What was held is let go when the request has ended.
func (t *taped) Close() error { return t.src.Close() }

// drop lets go of everything.
func (t *taped) drop() {
	if t != nil && !t.gone.Swap(true) {
		t.s.release()
	}
}

// inspecting is what rules know that may look into content; *policy.Book does.
type inspecting interface {
	Inspects(kinds ...model.ActivityType) bool
}

// watches reports whether some policy looks into what goes up.
func (h *hop) watches() bool {
	rules, ok := h.g.parts.Rules(h.t.Tenant).(inspecting)
	return ok && h.sess != nil && rules.Inspects(model.ActivityUpload)
}

// place is where a file lies in a held body.
type place struct {
	start, size int64
	sum         [32]byte
	coded       bool // written some other way than plain
}

// spans finds the files in a held form: they are told in the order in which they will be told again.
type spans struct {
	body *recognise.Body
	list []place
}

// File notes where a file begins.
func (s *spans) File(*model.File, []byte) error {
	s.list = append(s.list, place{start: s.body.Start(), size: -1, coded: s.body.Coded()})
	return nil
}

// Also is about a file that File tells.
func (s *spans) Also(*model.File, []byte) error { return nil }

// Done notes how long it is.
func (s *spans) Done(_ *model.File, n int64, sum [32]byte, err error) {
	if last := &s.list[len(s.list)-1]; err == nil {
		last.size, last.sum = n, sum
	}
}

// find reads a form again. What is wrong with it shows when it is handed on.
func (s *spans) find(h *hop, body io.Reader) {
	r := h.r.Clone(h.ctx)
	r.Body = io.NopCloser(body)
	parsed, err := recognise.NewBody(r, &h.req, s)
	if err != nil || parsed == nil {
		return
	}
	s.body = parsed
	_, _ = io.Copy(io.Discard, parsed) // what can't be read has no span, so its facts stay unobtainable
}

// inParts reports whether the body is read as a form of several parts.
func (h *hop) inParts() bool {
	u := &h.req.Upload
	return inParts(u.Kind) || u.Create && inParts(u.Along)
}

// isWhole reports whether the request's body is the whole file: not a piece of one that goes up in several requests.
func (h *hop) isWhole() bool {
	u := &h.req.Upload
	if !u.Chunk && !(u.Create && u.Along == recognise.UploadTusCreate) {
		return true
	}
	total := u.Total
	if total < 0 {
		total = h.in.File.Size // as it was announced
	}
	return u.Offset <= 0 && total >= 0 && total == h.r.ContentLength
}

// coding is the content coding of the request's body, "" for none.
func (h *hop) coding() string {
	c := strings.ToLower(strings.TrimSpace(strings.Join(h.r.Header["Content-Encoding"], ",")))
	if c == "identity" {
		return ""
	}
	return c
}
