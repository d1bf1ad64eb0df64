package gateway

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/gateway/recognise"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
)

// uploads follows the files in one request's body. The transport reads the body in a goroutine of its own, which may
// outlive the request; so the decisions there are made on a copy of the hop.
type uploads struct {
	h hop

	reading sync.Mutex // held while the body is read
	body    *recognise.Body
	tape    *taped // nil where no policy looks into what goes up

	// Of the goroutine that reads:
	nth     int        // of the files in the body: the one that is being decided
	spans   *spans     // the files of a form that is held
	later   bool       // what was asked for lies in bytes that come later
	instead func(*hop) // answers when the body can't be gone on with

	mu        sync.Mutex // guards what follows
	going     []*sent    // files that were let pass, in their order
	refused   func(*hop) // answers for a file that was not; nil when none was
	rehearsal bool       // only asks: nothing is written down, nothing goes up
	over      bool       // the request has ended: nothing more is let pass
	ended     bool       // the body was read to its end, or has failed
}

// sent is one file on its way to the app.
type sent struct {
	act   *model.Activity
	whole bool     // every byte was handed on
	file  *tracked // when it goes up in pieces
	first int64
}

var errStopped = errors.New("the file is not allowed to go up")

// body prepares the request's body: small text bodies get their mapped hosts reversed, files are watched.
func (h *hop) body(out *http.Request) error {
	if out.Body != nil && out.ContentLength != 0 {
		h.src = &clientBody{ReadCloser: out.Body}
		out.Body = h.src
	}
	if err := h.reverseBody(out); err != nil {
		return fault.As(err, fault.Invalid, "gateway.body", h.t.Real)
	}
	if err := h.rehearse(out); err != nil {
		return err
	}
	u := &uploads{h: *h, nth: -1}
	h.up = u
	if h.req.Upload.Create && h.req.Upload.Along != recognise.UploadTusCreate && h.sess != nil {
		// The bytes come in later requests: decide before the app makes room for them.
		f := h.req.Upload.File
		u.h.action(model.ActivityUpload, &f)
		if err := u.judge(&f, nil, true); err != nil {
			return err
		}
	}
	if out.Body != nil && !u.heldWhole() && h.watches() {
		u.tape = &taped{src: out.Body, s: h.newSpool(out.Body)}
		out.Body = u.tape
	}
	parsed, err := recognise.NewBody(out, &h.req, u)
	if err != nil || parsed == nil {
		if u.tape != nil && err == nil {
			out.Body = u.tape.src // it carries no file
			u.tape = nil
		}
		return err
	}
	u.body, out.Body = parsed, u
	// The first file is decided before the app is contacted: most refusals cost it nothing.
	if err = parsed.Prime(recognise.HeadSize); err != nil && h.src.broken() {
		err = fault.As(err, fault.Invalid, "gateway.body", h.t.Real)
	}
	return err
}

// clientBody is a request's body as the client sends it. It remembers that the client broke it off or framed it wrongly,
// which is not the app's fault.
type clientBody struct {
	io.ReadCloser
	failed atomic.Bool
}

func (b *clientBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, http.ErrBodyReadAfterClose) {
		b.failed.Store(true)
	}
	return n, err
}

// broken reports whether reading the body has failed; a request without one has none to fail.
func (b *clientBody) broken() bool { return b != nil && b.failed.Load() }

// reverseBody maps suffixed addresses in a small text body back.
func (h *hop) reverseBody(out *http.Request) error {
	n := out.ContentLength
	if n <= 0 || n > h.g.cfg.ReverseBody || !isText(first(out.Header, "Content-Type")) || first(out.Header, "Content-Encoding") != "" {
		return nil
	}
	raw := make([]byte, n)
	if _, err := io.ReadFull(out.Body, raw); err != nil {
		return err
	}
	changed := h.m.ReverseBytes(raw)
	if len(changed) != len(raw) {
		out.ContentLength = int64(len(changed))
		delete(out.Header, "Content-Length")
	}
	out.Body = &held{Reader: bytes.NewReader(changed), src: out.Body}
	return nil
}

// held is a body held in memory.
type held struct {
	*bytes.Reader
	src io.Closer
}

func (b *held) Close() error { return b.src.Close() }

// Read hands the body on.
func (u *uploads) Read(p []byte) (int, error) {
	u.reading.Lock()
	defer u.reading.Unlock()
	n, err := u.body.Read(p)
	if err != nil {
		u.mu.Lock()
		u.ended = true
		u.mu.Unlock()
	}
	return n, err
}

// Close ends the body.
func (u *uploads) Close() error {
	u.reading.Lock()
	defer u.reading.Unlock()
	u.mu.Lock()
	u.ended = true
	u.mu.Unlock()
	return u.body.Close()
}

// File decides one file before a byte of it goes up.
func (u *uploads) File(f *model.File, head []byte) error {
	u.mu.Lock()
	over := u.over
	u.mu.Unlock()
	if over {
		return errStopped
	}
	u.nth++
	return u.file(f, head)
}

// file decides about the file that nth says.
func (u *uploads) file(f *model.File, head []byte) error {
	u.instead, u.later = nil, false
	if u.h.sess == nil {
		return nil
	}
	var st *tracked
	if !u.rehearsal {
		st = u.h.g.chunk(&u.h, f, head)
	}
	u.h.action(model.ActivityUpload, f)
	if f.TrueMIME == "" && head != nil && (u.body == nil || !u.body.Coded()) {
		u.h.in.TypeState = filter.Known // looked at, and of no type that we know
	}
	return u.judge(f, st, head == nil && st.going())
}

// Also decides about a file by another name that the app may keep it by. It has no record of its own, unless it is
// refused.
func (u *uploads) Also(f *model.File, head []byte) error {
	under, nth := u.rehearsal, u.nth
	u.rehearsal = true
	if head != nil {
		u.nth++ // of the file that comes next; without a head it is of one that was there before
	}
	defer func() { u.rehearsal, u.nth = under, nth }()
	return u.file(f, head)
}

// judge asks about the upload that the input describes and writes the intent. st is set for a file that goes up in
// pieces: it has one activity. A file is asked to be confirmed once, with its first bytes: elsewhere is set for an
// announcement without any, and for the pieces that follow.
func (u *uploads) judge(f *model.File, st *tracked, elsewhere bool) error {
	h := &u.h
	refuse := func(answer func(*hop)) error {
		u.mu.Lock()
		defer u.mu.Unlock()
		u.refused = answer
		return errStopped
	}
	came := h.ask(u.look)
	if u.tape != nil && !h.inParts() && !u.tape.all && u.tape.s.rest == nil && !u.tape.lost {
		u.tape.decided()
	}
	switch {
	case came == answered && u.instead != nil:
		return refuse(u.instead)
	case came == answered:
		return refuse(func(*hop) {})
	case came == stopped && h.v.Gate == policy.GateStepUp && elsewhere:
	case came == stopped && u.later && elsewhere && u.body == nil: // an announcement: its bytes are decided about
	case came == stopped:
		file, verdict, in, names, matches, malware := *f, h.v, h.in, h.typeNames, h.matches, h.malware
		return refuse(func(h *hop) {
			h.v, h.in, h.filled, h.typeNames, h.matches, h.malware = verdict, in, true, names, matches, malware
			h.block(&file)
		})
	}
	if u.rehearsal {
		return nil
	}
	s := &sent{file: st, first: max(h.req.Upload.Offset, 0)}
	if st != nil {
		st.mu.Lock()
		defer st.mu.Unlock()
		s.act, st.passed = st.act, true
	}
	if s.act == nil {
		s.act = h.activity(model.ActivityUpload)
		s.act.Files = []model.File{h.lookedAt(f)}
		h.judged(s.act)
		if !h.intend(s.act) {
			return refuse((*hop).notNow)
		}
		h.g.counts.uploads.Add(1)
		if st != nil {
			st.act = s.act
		}
	}
	s.whole = elsewhere && st == nil
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.over { // the request ended while its intent was written
		if s.file == nil {
			s.act.Outcome, s.act.Reason = model.OutcomeAborted, "the request had ended"
			h.g.outcome(h.ctx, s.act)
		}
		return errStopped
	}
	u.going = append(u.going, s)
	return nil
}

// going reports whether pieces of the file were let pass before. That it was announced is not enough: it may be that
// nobody was asked for anything then.
func (f *tracked) going() bool {
	if f == nil {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.passed
}

// Done notes that a file's bytes were handed on, or that they were not.
func (u *uploads) Done(_ *model.File, n int64, sum [32]byte, err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.rehearsal {
		return
	}
	if u.over || len(u.going) == 0 {
		return
	}
	s := u.going[len(u.going)-1]
	s.whole = err == nil
	if s.file != nil {
		s.file.add(s.first, n)
		return
	}
	s.act.BytesUp = n
	if err == nil {
		s.act.Files[0].SHA256 = hex.EncodeToString(sum[:])
		s.act.Files[0].Size = n
	}
}

// refusedUpload answers for a file that was not let pass, and says whether there was one.
func (h *hop) refusedUpload() bool {
	if h.up == nil {
		return false
	}
	h.up.mu.Lock()
	answer := h.up.refused
	h.up.refused = nil
	h.up.mu.Unlock()
	if answer == nil {
		return false
	}
	if h.ctx.Err() == nil {
		answer(h)
	}
	return true
}

// endUploads writes how the files that went up ended: complete only if every byte went and the app took them.
func (h *hop) endUploads(status int) {
	u := h.up
	if u == nil {
		return
	}
	h.up = nil
	defer u.tape.drop()
	u.mu.Lock()
	u.over = true
	going, ended := u.going, u.ended || u.body == nil
	u.mu.Unlock()
	if !ended {
		// The app has answered before it had everything. A read that waits for the client is woken.
		_ = http.NewResponseController(h.w).SetReadDeadline(time.Unix(1, 0)) // best effort: the connection's own end wakes it too
	}
	took := status >= 200 && status < 400
	for _, s := range going {
		if s.file != nil {
			h.g.files.moved(h.ctx, h.g, s.file, took)
			continue
		}
		s.act.Status = status
		switch {
		case !s.whole && h.ctx.Err() != nil:
			s.act.Outcome = model.OutcomeAborted
		case !s.whole:
			s.act.Outcome, s.act.Reason = model.OutcomeFailed, "not all bytes went up"
		case took:
			s.act.Outcome = model.OutcomeComplete
		default:
			s.act.Outcome, s.act.Reason = model.OutcomeFailed, "the app did not take it"
		}
		h.g.outcome(h.ctx, s.act)
	}
}

// guardSize is the body size from which a transfer is watched: a smaller one is over before a revocation arrives.
const guardSize = 64 << 10

// guardBody stops a long upload when its session ends. The returned function ends the guard and says whether it did.
func (h *hop) guardBody(out *http.Request) func() bool {
	if out.Body == nil || h.entry == nil || out.ContentLength >= 0 && out.ContentLength < guardSize {
		return func() bool { return false }
	}
	w := h.w
	return h.guard(func() {
		_ = http.NewResponseController(w).SetReadDeadline(time.Unix(1, 0)) // wakes a read that waits for the client
	})
}
