package gateway

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

// lateGrace is how long after its time a body that has stalled is still waited for.
const lateGrace = 30 * time.Second

// inspects reports whether one of the needs is a fact that only an inspector can find.
func (h *hop) inspects(needs []model.Need) bool {
	if h.g.parts.Inspector == nil {
		return false
	}
	for _, n := range needs {
		switch n.Kind {
		case model.NeedContent, model.NeedLabel, model.NeedMalware:
			return true
		case model.NeedDeviceProof, model.NeedTrueType, model.NeedSize, model.NeedNetwork:
		}
	}
	return false
}

// inspected is what an inspector answered.
type inspected struct {
	found Findings
	err   error
}

// holdBack holds a body back in s and has it inspected while it arrives. The facts are filled in when it returns; those that
// could not be had stay open. Whatever ended it, s gives all bytes of src: the held ones, then the rest. An error is one of
// src, or that the disk has no room.
//
// The policy's deadline counts from when the body is there: how fast a person or an app sends is not the scanner's doing.
// How long it may take to arrive is the gateway's own setting.
func (h *hop) holdBack(s *spooled, src io.Reader, needs []model.Need, deadline time.Time) error {
	ctx, cancel := context.WithCancel(h.ctx)
	defer cancel()
	var done chan inspected
	if h.inspects(needs) {
		done = make(chan inspected, 1)
		view := &arriving{s, ctx}
		job := Job{Tenant: h.t.Tenant, Needs: needs, File: h.in.File, Content: view, Size: -1, Whole: view.whole}
		inspector := h.g.parts.Inspector
		go func() { done <- safely(ctx, inspector, job) }()
	}
	early, err := h.fill(s, src, done)
	s.end(err)
	switch {
	case early != nil:
		h.take(needs, early)
		return nil // what is left of the body goes after what is held, if it goes
	case done == nil:
	default:
		late := time.AfterFunc(h.allowed(deadline), cancel)
		answer := <-done
		late.Stop()
		h.take(needs, &answer)
	}
	if errors.Is(err, errTooLarge) {
		return nil
	}
	return err
}

// allowed is how long the policy lets facts take.
func (h *hop) allowed(deadline time.Time) time.Duration {
	if deadline.IsZero() {
		return lateGrace
	}
	return max(deadline.Sub(h.now), time.Second)
}

// fill reads a body into s. It returns early what the inspector answers before the body's end: nothing more has to be
// held then.
func (h *hop) fill(s *spooled, src io.Reader, done <-chan inspected) (*inspected, error) {
	until := time.Now().Add(h.g.cfg.HoldTime)
	late := time.AfterFunc(h.g.cfg.HoldTime+lateGrace, func() { _ = s.src.Close() }) // wakes a read that waits
	defer late.Stop()
	buf := buffers.Get().(*[bufferSize]byte)
	defer buffers.Put(buf)
	for {
		n, err := src.Read(buf[:])
		if n > 0 {
			switch werr := s.write(buf[:n], s.dir); {
			case errors.Is(werr, errTooLarge):
				s.overflow(buf[:n], src)
				return nil, errTooLarge
			case werr != nil:
				return nil, fault.As(werr, fault.Unavailable, "gateway.spool", "")
			}
			if s.size > h.g.cfg.SpoolBody || time.Now().After(until) {
				s.overflow(nil, src)
				return nil, errTooLarge
			}
		}
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		select {
		case answer := <-done:
			s.overflow(nil, src)
			return &answer, nil
		default:
		}
	}
}

// take fills in what was found.
func (h *hop) take(needs []model.Need, answer *inspected) {
	if err := answer.err; err != nil {
		h.g.log.Warn("content not inspected", "err", err, "tenant", h.t.Tenant, "kind", fault.KindOf(err).String())
		return // what stays unknown becomes unobtainable: the policy's unscannable decides
	}
	in, found := &h.in, &answer.found
	for _, n := range needs {
		switch n.Kind {
		case model.NeedContent:
			in.Findings, in.ContentState, h.typeNames, h.matches = found.Types, found.ContentState, found.Names, found.Matches
		case model.NeedLabel:
			in.File.Labels, in.LabelState = found.Labels, found.LabelState
		case model.NeedMalware:
			in.Malware, in.MalwareState, h.malware = found.Malware, found.MalwareState, found.MalwareName
		case model.NeedTrueType:
			if found.TrueMIME != "" {
				in.File.TrueMIME, in.TypeState = found.TrueMIME, filter.Known
			}
		case model.NeedDeviceProof, model.NeedSize, model.NeedNetwork: // not the inspector's
		}
	}
}

// lookAgain inspects a body that is held already.
func (h *hop) lookAgain(s *spooled, content io.ReaderAt, size int64, sum string, needs []model.Need, deadline time.Time) {
	if !h.inspects(needs) {
		return
	}
	ctx, cancel := context.WithTimeout(h.ctx, h.allowed(deadline))
	defer cancel()
	if content == nil {
		content, size, sum = &arriving{s, ctx}, s.size, s.sum
	}
	answer := safely(ctx, h.g.parts.Inspector, Job{Tenant: h.t.Tenant, Needs: needs, File: h.in.File, Content: content, Size: size, Sum: sum})
	h.take(needs, &answer)
}

// safely asks an inspector. One that panics has found nothing out: the content is hostile until somebody has looked.
func safely(ctx context.Context, i Inspector, job Job) (answer inspected) {
	defer func() {
		if p := recover(); p != nil {
			answer = inspected{err: fault.New(fault.Internal, "gateway.inspect", "the inspector panicked: %v", p)} // fail closed: unobtainable
		}
	}()
	found, err := i.Inspect(ctx, job)
	return inspected{found, err}
}
