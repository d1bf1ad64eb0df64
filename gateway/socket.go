package gateway

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/gateway/recognise"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
)

// A WebSocket under a policy about files is looked into: each message's first bytes are held back until they show whether
// it is a file, which then is decided about like any other. Compression (RFC 7692) is not offered to the app meanwhile, since
// compressed bytes show nothing. A message that is not let pass ends the socket: nothing in the protocol takes its place.

// socket is one WebSocket that is looked into; each direction has a hop of its own to decide with.
type socket struct {
	stopped atomic.Pointer[string] // reference code, or "", of what was not let pass
}

// stream is one direction of it.
type stream struct {
	socket *socket
	h      hop
	kind   model.ActivityType
	allow  func(*model.File) bool // allowed
	src    *bufio.Reader
	dst    io.Writer
	masked bool // frames from clients are (RFC 6455 section 5.1)

	buf    [streamSize]byte
	held   []byte // frames, or parts, that were not handed on
	head   []byte // the message's first bytes, unmasked
	in     bool   // a message has begun and has not ended
	binary bool
	judged bool // … and was let pass
	act    *model.Activity
	bytes  int64
}

var (
	errSocketStopped = errors.New("a message is not let pass")
	errFrame         = errors.New("not a frame that may be here")
)

// heldMost bounds what is held of a message's beginning: its first bytes, and the heads of the fragments that they come in.
// Fragments of a byte or two would need more, and end the socket: nobody sends such.
const heldMost = 4 * recognise.HeadSize

// looksInside reports whether any policy may have to do with files that go over this request's WebSocket.
func (h *hop) looksInside() bool {
	rules := h.g.parts.Rules(h.t.Tenant)
	if rules == nil || h.sess == nil {
		return true // fail closed: each file meets the tenant's default
	}
	for _, kind := range [...]model.ActivityType{model.ActivityDownload, model.ActivityUpload} {
		h.action(kind, &nothingKnown)
		h.in.NameState = unobtainable
		rules.Decide(&h.in, &h.v)
		if h.v.Gate != policy.GateAllow || h.v.Open() || h.v.N > 0 || h.v.M > 0 {
			return true
		}
	}
	return false
}

// recheck is how long the reason why nobody looks into a socket is good for: a proof of the device, a grant or a network runs
// out without anybody being told.
const recheck = time.Second

// reinspected tells whether a socket that nobody looks into still needs nobody to. It is asked before bytes pass, and decides
// anew when the rules or the session have changed, and else once in a while.
func (h *hop) reinspected() func() bool {
	own := h.apart()
	epoch := int64(-1)
	if rules := own.g.parts.Rules(own.t.Tenant); rules != nil {
		epoch = rules.Epoch()
	}
	return func() bool {
		rules := own.g.parts.Rules(own.t.Tenant)
		if rules == nil {
			return false // fail closed: the page opens it anew
		}
		e := rules.Epoch()
		if e == epoch && own.entry.Session() == own.sess && own.g.now().Sub(own.now) < recheck {
			return true
		}
		epoch = e
		own.renew()
		return !own.looksInside()
	}
}

// apart is a copy that decides on its own, beside others.
func (h *hop) apart() hop {
	own := *h
	own.fresh, own.v.Needs, own.v.Steps, own.in.Satisfied = nil, nil, nil, nil
	return own
}

// renew makes a hop that outlives its request's first moment decide by what holds now.
func (h *hop) renew() {
	h.now, h.filled = h.g.now(), false
	if h.entry != nil {
		h.sess = h.entry.Session()
	}
	h.in = policy.Input{}
}

// direction makes one direction. The hop is copied: both decide at once.
func (s *socket) direction(h *hop, kind model.ActivityType, src io.Reader, dst io.Writer) *stream {
	st := &stream{socket: s, h: h.apart(), kind: kind, dst: dst, masked: kind == model.ActivityUpload}
	st.allow = st.allowed
	var ok bool
	if st.src, ok = src.(*bufio.Reader); !ok {
		st.src = bufio.NewReaderSize(src, streamSize)
	}
	return st
}

// run relays until either side ends, a message is not let pass, or something is no frame.
func (s *stream) run() error {
	defer s.end(false)
	for {
		if err := s.frame(); err != nil {
			return err
		}
	}
}

// frame relays one frame.
func (s *stream) frame() error {
	var raw [14]byte
	if _, err := io.ReadFull(s.src, raw[:2]); err != nil {
		return err
	}
	fin, opcode, masked, n, size := raw[0]&0x80 != 0, raw[0]&0x0f, raw[1]&0x80 != 0, uint64(raw[1]&0x7f), 2
	if raw[0]&0x70 != 0 || masked != s.masked {
		return errFrame // fail closed: an extension that nobody agreed on, or not from where it should be
	}
	more := 0
	switch n {
	case 126:
		more = 2
	case 127:
		more = 8
	}
	if masked {
		size += 4
	}
	size += more
	if _, err := io.ReadFull(s.src, raw[2:size]); err != nil {
		return err
	}
	switch more {
	case 2:
		n = uint64(binary.BigEndian.Uint16(raw[2:]))
	case 8:
		if n = binary.BigEndian.Uint64(raw[2:]); n>>63 != 0 {
			return errFrame
		}
	}
	var key [4]byte
	copy(key[:], raw[2+more:size])
	if opcode >= 8 {
		return s.control(raw[:size], fin, opcode, n)
	}
	switch {
	case opcode > 2, (opcode == 0) != s.in: // a continuation of nothing, or a message within another
		return errFrame
	case opcode != 0:
		s.in, s.binary, s.judged, s.held, s.head, s.bytes = true, opcode == 2, false, s.held[:0], s.head[:0], 0
	}
	size64 := int64(-1)
	if opcode != 0 && fin {
		size64 = int64(n) //nolint:gosec // its highest bit is not set
	}
	if len(s.held) > heldMost && !s.judged {
		return errFrame // fail closed: fragments without content that would be held without end
	}
	if err := s.pass(raw[:size]); err != nil {
		return err
	}
	if err := s.payload(n, key, size64); err != nil {
		return err
	}
	if !fin {
		return nil
	}
	if err := s.judge(size64); err != nil { // short messages are judged at their end
		return err
	}
	s.in = false
	s.end(true)
	return nil
}

// control relays a control frame at once: it may stand between the fragments of a message.
func (s *stream) control(raw []byte, fin bool, opcode byte, n uint64) error {
	if !fin || n > 125 || opcode > 10 {
		return errFrame
	}
	if opcode == 8 && s.in { // nothing follows: what is held is all that there is
		if err := s.judge(-1); err != nil {
			return err
		}
	}
	frame := make([]byte, len(raw)+int(n)) //nolint:gosec // at most 125
	copy(frame, raw)
	if _, err := io.ReadFull(s.src, frame[len(raw):]); err != nil {
		return err
	}
	_, err := s.dst.Write(frame)
	return err
}

// payload relays n bytes of a message.
func (s *stream) payload(n uint64, key [4]byte, size int64) error {
	for at := uint64(0); n > 0; {
		p := s.buf[:min(n, uint64(len(s.buf)))]
		got, err := s.src.Read(p)
		if got > 0 {
			p = p[:got]
			if !s.judged {
				for i := 0; i < len(p) && len(s.head) < recognise.HeadSize; i++ {
					c := p[i]
					if s.masked {
						c ^= key[(at+uint64(i))&3] //nolint:gosec // not negative
					}
					s.head = append(s.head, c)
				}
			}
			if err := s.pass(p); err != nil {
				return err
			}
			switch {
			case s.judged:
			case len(s.head) >= recognise.HeadSize:
				if err := s.judge(size); err != nil {
					return err
				}
			case len(s.held) > heldMost:
				return errFrame // fail closed: too little of it is known, and no more is held
			}
			at, n, s.bytes = at+uint64(got), n-uint64(got), s.bytes+int64(got)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// pass hands bytes on, or holds them while the message is not judged.
func (s *stream) pass(p []byte) error {
	if !s.judged {
		s.held = append(s.held, p...)
		return nil
	}
	_, err := s.dst.Write(p)
	return err
}

// judge decides about the message by its first bytes, once, and hands on what was held of it.
func (s *stream) judge(size int64) error {
	if s.judged {
		return nil
	}
	if f, ok := recognise.Message(s.head, s.binary); ok {
		f.Size, f.URL = size, "https://"+s.h.t.Real+s.h.r.URL.Path
		if !s.allow(&f) {
			return errSocketStopped
		}
	}
	s.judged = true
	_, err := s.dst.Write(s.held)
	return err
}

// allowed decides about a file in a message, and writes the intent of one that passes.
func (s *stream) allowed(f *model.File) bool {
	h := &s.h
	h.renew()
	h.action(s.kind, f)
	h.in.NameState = unobtainable
	if f.TrueMIME == "" {
		h.in.TypeState = filter.Known // looked at, and of no type that we know
	}
	code := ""
	defer func() {
		if s.act == nil {
			s.socket.stopped.CompareAndSwap(nil, &code)
		}
	}()
	if h.ask(nil) != passes || h.unlabelled() {
		h.g.counts.blocked.Add(1)
		a := h.activity(s.kind)
		a.Outcome, a.Status, a.Files = model.OutcomeBlocked, http.StatusForbidden, []model.File{*f}
		h.judged(a)
		h.event(a)
		code = h.remember(a, f).code
		return false
	}
	a := h.activity(s.kind)
	a.Files = []model.File{*f}
	h.judged(a)
	if err := h.g.parts.Recorder.Intent(h.ctx, a); err != nil {
		h.unrecorded(err, a)
		return false // fail closed: what can't be recorded does not happen
	}
	h.keep(a)
	if s.act = a; s.kind == model.ActivityUpload {
		h.g.counts.uploads.Add(1)
	} else {
		h.g.counts.downloads.Add(1)
	}
	return true
}

// end writes the outcome of a file whose message has ended, or was broken off.
func (s *stream) end(whole bool) {
	a := s.act
	if a == nil {
		return
	}
	s.act = nil
	if a.BytesDown = s.bytes; s.kind == model.ActivityUpload {
		a.BytesUp, a.BytesDown = s.bytes, 0
	}
	if a.Outcome = model.OutcomeComplete; !whole {
		a.Outcome = model.OutcomeAborted
	} else if len(a.Files) > 0 {
		a.Files[0].Size = s.bytes
	}
	s.h.g.outcome(s.h.ctx, a)
}

// farewell is a close frame to a client: 1008, a policy's violation (RFC 6455 section 7.4.1), with the reference code.
func (s *socket) farewell() []byte {
	reason := "Blocked by your organisation"
	if code := s.stopped.Load(); code != nil && *code != "" {
		reason += ", reference " + *code
	}
	frame := append([]byte{0x88, byte(2 + len(reason)), 0, 0}, reason...)
	binary.BigEndian.PutUint16(frame[2:], 1008)
	return frame
}

// lookInto joins client and app for a WebSocket that is looked into.
func (h *hop) lookInto(client io.WriteCloser, fromClient *bufio.Reader, app io.ReadWriteCloser) {
	s := &socket{}
	if h.app.anonymous {
		h.hosts.label() // worked out before both directions want it
	}
	up, down := s.direction(h, model.ActivityUpload, fromClient, app), s.direction(h, model.ActivityDownload, app, client)
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.broken(up.run())
		app.Close() // wakes the other direction
	}()
	h.broken(down.run())
	if s.stopped.Load() != nil && (!down.in || !down.judged) { // not within a message that the client has half of
		_, _ = client.Write(s.farewell()) // it is closed either way
	}
	client.Close()
	<-done
}

// broken logs what was no frame; every other end is how connections end.
func (h *hop) broken(err error) {
	if errors.Is(err, errFrame) {
		h.g.log.Info("WebSocket ended", "tenant", h.t.Tenant, "host", h.t.Real, "err", fault.As(err, fault.Invalid, "gateway.socket", h.t.Real))
	}
}
