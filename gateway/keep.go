package gateway

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/gateway/page"
	"github.com/referee-casb/referee/gateway/recognise"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

// A write that a policy may ask a step-up for is held until it is decided: only so is the grant bound to its very bytes,
// and only so can it be sent again without the person's doing.
const (
	keepPurpose = "gateway.keep"
	keepParam   = ".referee-resume"
	keepTime    = 15 * time.Minute
	keepPerson  = 64 << 20 // bytes that one session may have stashed within keepTime
)

// heldBody is a request's body, held back until it is decided.
type heldBody struct {
	*spooled
	room   *room
	tenant model.TenantID
	person model.SessionID
	sum    string      // SHA-256 of its bytes as they came
	header http.Header // the request's fields as they came, mapped addresses included
	method string
	target string // path and query
	bare   bool

	mu   sync.Mutex // guards what follows, and reading: the transport may still read when the request has been answered
	gone bool
}

// Read hands the body on, as long as it is held.
func (k *heldBody) Read(p []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.gone {
		return 0, http.ErrBodyReadAfterClose
	}
	return k.spooled.Read(p)
}

// Seek goes back to the first byte; it knows no other place.
func (k *heldBody) Seek(offset int64, whence int) (int64, error) {
	if offset != 0 || whence != io.SeekStart {
		return 0, errors.New("a held body is read again from its first byte")
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.at = 0
	return 0, nil
}

// Close does nothing: the transport closes what it was given, and the body may be needed again. [heldBody.drop] lets go.
func (k *heldBody) Close() error { return nil }

func (k *heldBody) drop() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.gone {
		return
	}
	k.gone = true
	k.room.leave(k.tenant, k.person, k.size)
	k.mem = nil
	_ = k.spooled.Close() // only closes a file without a name
}

// stepping is what rules know that may ask for a step-up; *policy.Book does.
type stepping interface {
	StepsUp(kinds ...model.ActivityType) bool
}

// hold reads a write's body whole when some policy may ask for a step-up before it. It returns false when it has answered.
func (h *hop) hold() bool {
	switch h.r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return true
	}
	if h.sess == nil || h.socket || h.kept != nil {
		return true
	}
	rules, ok := h.g.parts.Rules(h.t.Tenant).(stepping)
	if !ok || !rules.StepsUp(h.req.Activity, model.ActivityUpload, model.ActivityDownload) {
		return true
	}
	k := &heldBody{
		room: &h.g.holding, tenant: h.t.Tenant, person: h.sess.ID, spooled: &spooled{src: io.NopCloser(nil)},
		header: h.r.Header.Clone(), method: h.r.Method, target: h.r.URL.RequestURI(), bare: h.bare,
	}
	sum := sha256.New()
	if h.r.Body == nil || h.r.ContentLength == 0 {
		k.sum = hex.EncodeToString(sum.Sum(nil))
		h.kept = k
		return true
	}
	if h.r.ContentLength > h.g.cfg.HoldBody {
		return true // too large to hold: it is decided without its hash, and no grant can fit
	}
	buf := buffers.Get().(*[bufferSize]byte)
	defer buffers.Put(buf)
	for {
		n, err := h.r.Body.Read(buf[:])
		if n > 0 {
			sum.Write(buf[:n])
			if !h.g.holding.take(k.tenant, k.person, int64(n)) {
				k.drop()
				h.g.log.Warn("no room to hold a request", "tenant", h.t.Tenant, "user", h.sess.User.ID)
				h.fail(http.StatusServiceUnavailable, page.NotNow) // fail closed: undecided, it does not go on
				return false
			}
			if werr := k.write(buf[:n], h.g.cfg.SpoolDir); werr != nil {
				k.drop()
				h.g.log.Error("request not held", "tenant", h.t.Tenant, "err", werr)
				h.fail(http.StatusServiceUnavailable, page.NotNow) // fail closed
				return false
			}
			if k.size > h.g.cfg.HoldBody { // of unknown length, and too large: what was read goes first, then the rest
				h.large = k
				h.r.Body = &rest{Reader: io.MultiReader(k, h.r.Body), Closer: h.r.Body}
				return true
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			k.drop()
			if h.ctx.Err() == nil {
				h.problem(http.StatusBadRequest, "refused", page.Refused, nil) // fail closed: the client framed it wrongly
			}
			return false
		}
	}
	k.sum = hex.EncodeToString(sum.Sum(nil))
	h.kept, h.r.Body, h.r.ContentLength = k, k, k.size
	return true
}

type rest struct {
	io.Reader
	io.Closer
}

// rehearse decides about every file of a held form before the app hears of the first: a step-up in the middle would
// leave half an upload behind.
func (h *hop) rehearse(out *http.Request) error {
	if h.kept == nil || h.src == nil || h.src.ReadCloser != io.ReadCloser(h.kept) || out.Body != io.ReadCloser(h.src) ||
		!inParts(h.req.Upload.Kind) && !inParts(h.req.Upload.Along) {
		return nil
	}
	u := &uploads{h: *h, rehearsal: true, nth: -1}
	parsed, err := recognise.NewBody(out, &h.req, u)
	if err != nil || parsed == nil {
		return err
	}
	u.body, u.ended = parsed, true // all of it is held
	_, err = io.Copy(io.Discard, parsed)
	if u.refused != nil {
		h.up = u
		return errStopped
	}
	if err != nil {
		return fault.As(err, fault.Invalid, "gateway.body", h.t.Real)
	}
	_, err = h.kept.Seek(0, io.SeekStart)
	return err
}

func inParts(k recognise.UploadKind) bool {
	return k == recognise.UploadMultipart || k == recognise.UploadRelated
}

// request is a write as it waits, sealed, for a step-up.
type request struct {
	Session model.SessionID `json:"s"`
	Method  string          `json:"m"`
	Target  string          `json:"t"`
	Header  http.Header     `json:"h"`
	Bare    bool            `json:"a,omitempty"`
	Script  bool            `json:"j,omitempty"` // sent by a page's script
	Body    []byte          `json:"b,omitempty"`
}

// stashRequest keeps the held request for one repetition and returns its id, "" when it is too large or can't be kept:
// the person sends it again then.
func (h *hop) stashRequest() string {
	k := h.kept
	if k == nil || k.size > h.g.cfg.StashUpload || !h.g.waiting.take(h.sess.ID, k.size, h.now) {
		return ""
	}
	body := make([]byte, k.size)
	if _, err := k.ReadAt(body, 0); err != nil && !errors.Is(err, io.EOF) {
		h.g.log.Error("request not kept", "tenant", h.t.Tenant, "err", err)
		return ""
	}
	id := session.NewID()
	plain, err := json.Marshal(request{Session: h.sess.ID, Method: k.method, Target: k.target, Header: k.header, Bare: k.bare, Script: !h.req.Navigation, Body: body})
	var sealed []byte
	if err == nil {
		sealed, err = h.g.parts.Vault.Seal(h.t.Tenant, keepPurpose, plain, []byte(h.t.Mapped+"\x00"+id))
	}
	if err == nil {
		err = h.g.parts.Stashes.PutStash(h.ctx, session.Stash{ID: id, Tenant: h.t.Tenant, Host: h.t.Mapped, Sealed: sealed, Expires: h.now.Add(keepTime)})
	}
	if err != nil {
		h.g.log.Error("request not kept", "tenant", h.t.Tenant, "err", err)
		return ""
	}
	return id
}

// resumeURL is the address at which a stashed request is sent again: its own, with the stash's id.
func (h *hop) resumeURL(id string) string {
	target := h.kept.target
	if strings.Contains(target, "?") {
		target += "&"
	} else {
		target += "?"
	}
	return origin(h.t) + target + keepParam + "=" + id
}

// takeResume takes the id of a stashed request off the query.
func takeResume(u *url.URL) string {
	i := strings.LastIndex(u.RawQuery, keepParam+"=")
	if i < 0 || i > 0 && u.RawQuery[i-1] != '&' {
		return ""
	}
	id := u.RawQuery[i+len(keepParam)+1:]
	u.RawQuery = strings.TrimSuffix(u.RawQuery[:i], "&")
	return id
}

// again puts a stashed request in the place of the one that names it, once. Whose it was and who began it stays as it was:
// an id that leaks is of use to nobody else, and a foreign site's form does not become the app's own on its way.
func (h *hop) again(id string) bool {
	back := func() bool {
		if h.req.Navigation {
			h.redirect(origin(h.t) + "/") // sent already, or too old
		} else {
			h.problem(http.StatusGone, "gone", page.Refused, nil)
		}
		return false
	}
	if h.sess == nil || h.how != byCookie || h.req.Navigation && !h.req.TopLevel {
		return back() // fail closed
	}
	s, err := h.g.parts.Stashes.TakeStash(h.ctx, h.t.Tenant, id)
	if err != nil || s.Host != h.t.Mapped || !h.now.Before(s.Expires) {
		return back()
	}
	var was request
	plain, err := h.g.parts.Vault.Open(h.t.Tenant, keepPurpose, s.Sealed, []byte(h.t.Mapped+"\x00"+id))
	if err == nil {
		err = json.Unmarshal(plain, &was)
	}
	var u *url.URL
	if err == nil {
		u, err = url.ParseRequestURI(was.Target)
	}
	if err != nil || was.Session != h.sess.ID || was.Script == h.req.Navigation || u.Path != h.r.URL.Path {
		h.g.log.Warn("kept request refused", "tenant", h.t.Tenant, "err", err)
		return back() // fail closed: it is dropped
	}
	was.Header["User-Agent"] = h.r.Header["User-Agent"] // whose browser this is now decides what its grant is good for
	delete(was.Header, "Content-Length")
	delete(was.Header, "Cookie")
	r := h.r.Clone(h.ctx)
	r.Method, r.URL, r.Header, r.RequestURI = was.Method, u, was.Header, was.Target
	r.Body, r.ContentLength, r.TransferEncoding = io.NopCloser(bytes.NewReader(was.Body)), int64(len(was.Body)), nil
	h.r, h.bare = r, was.Bare
	h.begun = h.m.Begun(r.Header, h.t.Real, related)
	recognise.Request(&h.req, r, h.t.Real, h.t.Host.Role, h.app.profile)
	return true
}

// quota bounds what sessions have stashed.
type quota struct {
	mu sync.Mutex
	by map[model.SessionID]spent
}

type spent struct {
	bytes int64
	since time.Time
}

func (q *quota) take(id model.SessionID, n int64, now time.Time) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.by == nil {
		q.by = map[model.SessionID]spent{}
	}
	if len(q.by) > 10_000 {
		for k, s := range q.by {
			if now.Sub(s.since) >= keepTime {
				delete(q.by, k)
			}
		}
	}
	s := q.by[id]
	if now.Sub(s.since) >= keepTime {
		s = spent{since: now}
	}
	if s.bytes+n > keepPerson {
		return false
	}
	s.bytes += n
	q.by[id] = s
	return true
}
