package gateway

import (
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/gateway/page"
	"github.com/referee-casb/referee/model"
)

// section is a part of a held body.
type section struct {
	*io.SectionReader
	s     *spooled
	start int64
}

// File is the file that the part lies in, and where in it; nil while the body is in memory.
func (s section) File() (*os.File, int64) {
	s.s.mu.Lock()
	defer s.s.mu.Unlock()
	return s.s.file, s.start
}

// look brings facts that lie in the content of the file that is being decided: it holds the body back and has it looked
// at. It returns false when the body can't be gone on with.
func (u *uploads) look(needs []model.Need, deadline time.Time) bool {
	h := &u.h
	if !h.isWhole() {
		u.later = true
		return true // a piece doesn't show it: unobtainable
	}
	if u.tape == nil && !u.heldWhole() {
		u.later = u.body == nil // an announcement: the bytes come later, and are decided about
		return true
	}
	if h.inParts() {
		return u.lookAtPart(needs, deadline)
	}
	if u.heldWhole() {
		k := h.kept
		h.lookAgain(nil, section{io.NewSectionReader(k, 0, k.size), k.spooled, 0}, k.size, k.sum, needs, deadline)
		return true
	}
	t := u.tape
	switch {
	case t.lost:
		return u.kept(nil)
	case t.all:
		u.lookAtHeld(needs, deadline)
		return true
	case t.s.rest != nil:
		return true // more than is held
	}
	first := needs
	if h.coding() != "" {
		first = nil // what goes up is not what is looked at
	}
	err := h.holdBack(t.s, t.src, first, deadline)
	t.all = err == nil && t.s.rest == nil
	if t.all && first == nil {
		u.lookAtHeld(needs, deadline)
	}
	if t.all && h.coding() == "" {
		h.in.File.Size, h.in.SizeState = t.s.size, filter.Known
	}
	return u.kept(err)
}

// heldWhole reports whether the body is held already, for a step-up.
func (u *uploads) heldWhole() bool {
	k := u.h.kept
	return k != nil && u.h.src != nil && u.h.src.ReadCloser == io.ReadCloser(k) && k.size > 0
}

// lookAtHeld looks at a body that is held to its end.
func (u *uploads) lookAtHeld(needs []model.Need, deadline time.Time) {
	h, s := &u.h, u.tape.s
	if h.coding() == "" {
		h.lookAgain(s, nil, 0, "", needs, deadline)
		return
	}
	plain, err := h.decode(s, h.coding())
	if err != nil || plain == nil {
		return // unobtainable
	}
	defer plain.release()
	h.lookAgain(plain, nil, 0, "", needs, deadline)
}

// lookAtPart looks at one file of a form. The form is held whole.
func (u *uploads) lookAtPart(needs []model.Need, deadline time.Time) bool {
	h := &u.h
	var s *spooled
	switch t := u.tape; {
	case u.heldWhole():
		s = h.kept.spooled
	case t.lost || t.s.rest != nil:
		return u.kept(nil)
	default:
		if !t.all {
			err := h.holdBack(t.s, t.src, nil, deadline)
			t.all = err == nil && t.s.rest == nil
			if !t.all {
				return u.kept(err)
			}
		}
		s = t.s
	}
	if h.coding() != "" {
		return true // its parts can't be told apart: unobtainable
	}
	if u.spans == nil {
		u.spans = &spans{}
		u.spans.find(h, io.NewSectionReader(s, 0, s.size))
	}
	if u.nth < 0 || u.nth >= len(u.spans.list) || u.spans.list[u.nth].size < 0 {
		return true
	}
	p := u.spans.list[u.nth]
	if p.coded {
		return true // unobtainable: one app decodes it and another does not
	}
	h.in.File.Size, h.in.SizeState = p.size, filter.Known
	h.lookAgain(nil, section{io.NewSectionReader(s, p.start, p.size), s, p.start}, p.size, hex.EncodeToString(p.sum[:]), needs, deadline)
	return true
}

// kept reads how holding a body went. It returns false when there is an answer to give instead of a decision.
func (u *uploads) kept(err error) bool {
	full := u.tape != nil && u.tape.full || err != nil && fault.Is(err, fault.Unavailable)
	switch {
	case full:
		u.h.g.log.Error("upload not held", "tenant", u.h.t.Tenant, "err", err)
		u.instead = func(h *hop) { h.fail(http.StatusInsufficientStorage, page.NoRoom) } // fail closed: there is no room to look at it
		return false
	case err != nil && !errors.Is(err, errTooLarge):
		u.instead = func(h *hop) { h.problem(http.StatusBadRequest, "refused", page.Refused, nil) } // fail closed: the client broke it off
		return false
	}
	return true
}
