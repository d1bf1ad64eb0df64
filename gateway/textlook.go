package gateway

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/gateway/page"
	"github.com/referee-casb/referee/model"
)

// formMost is how long a form may be whose fields are decoded before they are looked at.
const formMost = 16 << 20

// textState says whether the text of an action that is about no file can be had.
func (h *hop) textState(kind model.ActivityType) filter.State {
	switch kind {
	case model.ActivityView, model.ActivityLogin, model.ActivityLogout, model.ActivityAccess:
		return filter.NotSet
	case model.ActivityCopy, model.ActivityCut, model.ActivityPaste, model.ActivityPrint, model.ActivityDrag, model.ActivitySave:
		return filter.Unobtainable // it stays in the page, where nobody looks: the policy's unscannable decides
	}
	if h.g.parts.Inspector == nil || h.onPage {
		return filter.Unobtainable
	}
	return filter.Unknown
}

// lookAtText brings facts of the text that a request sends: a message, a comment, a field. It returns false when it has
// answered.
func (h *hop) lookAtText(needs []model.Need, deadline time.Time) bool {
	if !h.inspects(needs) {
		return true
	}
	s := h.text
	switch {
	case s != nil:
	case h.kept != nil:
		s = h.kept.spooled
	case h.r.Body == nil || h.r.ContentLength == 0:
		h.in.ContentState, h.in.MalwareState = filter.Known, filter.Known // nothing is sent
		return true
	default:
		s = h.newSpool(h.r.Body)
		h.text = s
		err := h.holdBack(s, h.r.Body, nil, deadline)
		h.r.Body = s
		if err != nil {
			if fault.Is(err, fault.Unavailable) {
				h.g.log.Error("text not held", "tenant", h.t.Tenant, "err", err)
				h.fail(http.StatusInsufficientStorage, page.NoRoom) // fail closed: there is no room to look at it
			} else if h.ctx.Err() == nil {
				h.problem(http.StatusBadRequest, "refused", page.Refused, nil) // fail closed: the client broke it off
			}
			return false
		}
	}
	if s.rest != nil {
		return true // more than is held
	}
	plain := s
	if c := h.coding(); c != "" {
		var err error
		if plain, err = h.decode(s, c); err != nil || plain == nil {
			return true // unobtainable
		}
		defer plain.release()
	}
	if kind, _, _ := strings.Cut(first(h.r.Header, "Content-Type"), ";"); strings.EqualFold(strings.TrimSpace(kind), "application/x-www-form-urlencoded") {
		h.lookAtForm(plain, needs, deadline)
		return true
	}
	content := section{io.NewSectionReader(plain, 0, plain.size), plain, 0}
	h.lookAgain(nil, content, plain.size, "", needs, deadline)
	return true
}

// lookAtForm looks at the fields of a form, a line each. What can't be read stays open.
func (h *hop) lookAtForm(s *spooled, needs []model.Need, deadline time.Time) {
	if s.size > formMost {
		return
	}
	raw := make([]byte, s.size)
	if _, err := s.ReadAt(raw, 0); err != nil && s.size > 0 {
		return
	}
	fields, err := url.ParseQuery(string(raw))
	if err != nil {
		return // an app may read it otherwise
	}
	var b strings.Builder
	for name, values := range fields {
		for _, v := range values {
			b.WriteString(name + ": " + v + "\n")
		}
	}
	h.lookAgain(nil, strings.NewReader(b.String()), int64(b.Len()), "", needs, deadline)
}
