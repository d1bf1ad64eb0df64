package gateway

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/referee-casb/referee/gateway/header"
	"github.com/referee-casb/referee/gateway/page"
	"github.com/referee-casb/referee/gateway/recognise"
	"github.com/referee-casb/referee/gateway/rewrite"
	"github.com/referee-casb/referee/model"
)

// bufferSize is how much is read from an app and written to a client at once.
const bufferSize = 64 << 10

var buffers = sync.Pool{New: func() any { return new([bufferSize]byte) }}

// answer is an app's answer on its way: its first bytes, which have been read, and the rest, which has not.
type answer struct {
	out    *http.Request
	res    *http.Response
	buf    *[bufferSize]byte
	n      int   // first bytes in buf
	err    error // what reading them ended with; io.EOF: they are all
	coding string
	known  bool // the content coding can be read
	looked bool // the file's first bytes were seen

	act  *model.Activity // intent of a download or of the request's own activity
	file *tracked        // when it comes in pieces

	stream    bool            // events: open for long, each byte at once
	announced map[string]bool // trailers
	spool     *spooled        // the app's bytes, when they are held
	plain     *spooled        // the same without their content coding
	copy      *spooled        // the labelled copy, which is then the body
	body      io.ReadCloser   // what goes to the client instead of the app's bytes; nil for these
	kind      rewrite.Kind
}

// respond recognises the app's answer, decides about it, and hands it over.
func (h *hop) respond(out *http.Request, res *http.Response, act *model.Activity) {
	a := &answer{out: out, res: res, buf: buffers.Get().(*[bufferSize]byte), act: act}
	defer a.letGo()
	if err := h.jar(a); err != nil {
		h.g.log.Error("cookies of an answer not kept", "tenant", h.t.Tenant, "err", err)
		h.dropped(a, "the app's cookies could not be kept")
		h.fail(http.StatusServiceUnavailable, page.NotNow) // fail closed: the app would count on cookies that nobody has
		return
	}
	if h.signsIn() && !h.signInAnswer(a) {
		return
	}
	if !h.recognise(a) || h.resp.Partial && !h.piece(a) {
		return
	}
	if h.resp.Download && !h.download(a) {
		return
	}
	h.issued(a)
	h.announced(a)
	h.rewriting(a)
	if !h.checkable(a) {
		h.dropped(a, "it can't be checked by its digest")
		h.problem(http.StatusBadGateway, "refused", page.Refused, nil) // fail closed: the page asked for a check
		return
	}
	h.send(a)
}

// streamSize is how much of an event stream is read at once.
const streamSize = 4 << 10

// letGo gives the buffer back, once.
func (a *answer) letGo() {
	if a.buf != nil {
		buffers.Put(a.buf)
		a.buf = nil
	}
	for _, s := range [...]*spooled{a.spool, a.plain, a.copy} {
		if s != nil {
			s.release()
		}
	}
}

// isStream reports whether a media type is one whose head must not wait for its first byte: the client waits for the head
// before it says more.
func isStream(mediaType string) bool {
	return strings.HasPrefix(mediaType, "text/event-stream") || strings.HasPrefix(mediaType, "application/grpc")
}

// dropped ends what was intended when the answer can't be handed over.
func (h *hop) dropped(a *answer, why string) {
	if a.act != nil {
		a.act.Outcome, a.act.Reason = model.OutcomeFailed, why
		h.g.outcome(h.ctx, a.act)
		a.act = nil
	}
}

// jar takes the app's cookies. They are stored when it returns.
func (h *hop) jar(a *answer) error {
	lines := a.res.Header["Set-Cookie"]
	if len(lines) == 0 || h.bare || h.entry == nil {
		return nil // who asked without credentials can't be given any (Fetch standard, section 4.6)
	}
	mirrors, err := h.entry.Jar.SetCookies(h.ctx, a.out.URL, lines, h.cookieContext())
	h.fresh = append(h.fresh, mirrors...)
	return err
}

// recognise reads the first bytes and says what the answer is. It returns false when it had to answer instead.
func (h *hop) recognise(a *answer) bool {
	res := a.res
	a.coding, a.known = first(res.Header, "Content-Encoding"), true
	silent := h.r.Method == http.MethodHead || res.StatusCode == http.StatusNoContent || res.StatusCode == http.StatusNotModified ||
		res.ContentLength == 0
	a.stream = !silent && isStream(first(res.Header, "Content-Type")) && a.coding == ""
	if silent {
		a.err = io.EOF
	} else if !a.stream {
		a.more()
	}
	recognise.Response(&h.resp, &h.req, res.StatusCode, res.Header, a.head(), a.err != nil || a.stream, h.app.profile)
	for h.resp.NeedHead && a.err == nil && a.n < recognise.HeadSize {
		a.more()
		recognise.Response(&h.resp, &h.req, res.StatusCode, res.Header, a.head(), a.err != nil, h.app.profile)
	}
	if h.resp.NeedHead {
		recognise.Response(&h.resp, &h.req, res.StatusCode, res.Header, a.head(), true, h.app.profile)
	}
	if !a.known && !silent {
		h.dropped(a, "the answer's content coding is unknown")
		h.g.log.Warn("answer in an unknown content coding", "tenant", h.t.Tenant, "host", h.t.Real, "coding", a.coding)
		h.fail(http.StatusBadGateway, page.AppDown) // fail closed: it can't be told what the bytes are
		return false
	}
	a.looked = a.n > 0
	return true
}

// more reads once.
func (a *answer) more() {
	n, err := a.res.Body.Read(a.buf[a.n:])
	a.n += n
	a.err = err
}

// head is the first bytes without their content coding.
func (a *answer) head() []byte {
	if a.n == 0 {
		return nil
	}
	raw := a.buf[:a.n]
	if a.coding == "" || a.coding == "identity" {
		return raw[:min(len(raw), recognise.HeadSize)]
	}
	var head []byte
	head, a.known = plainHead(raw, a.coding)
	return head
}

// source is the app's body from its first byte.
func (a *answer) source() io.ReadCloser {
	return &replayBody{answer: a}
}

// replayBody gives the bytes that were read ahead, and then the rest.
type replayBody struct {
	*answer
	at int
}

func (b *replayBody) Read(p []byte) (int, error) {
	if b.at < b.n {
		n := copy(p, b.buf[b.at:b.n])
		b.at += n
		return n, nil
	}
	if b.err != nil {
		return 0, b.err
	}
	return b.res.Body.Read(p)
}

func (b *replayBody) Close() error { return b.res.Body.Close() }

// send writes head and body.
func (h *hop) send(a *answer) {
	res, hd := a.res, h.w.Header()
	in := header.Incoming{HSTS: h.g.hsts, Location: h.location}
	var csp policies
	switch {
	case a.kind != rewrite.None:
		csp = h.policies(res.Header, a.kind.Page())
		if !h.wrap(a, &csp) {
			return
		}
		if a.kind == rewrite.None {
			break
		}
		in.Rewritten, in.Caching, in.Epoch = true, header.CacheBrief, h.epoch()
		if a.kind.Page() {
			in.Caching = header.CacheCheck
		}
	case h.resp.Download:
		in.Caching = header.CacheNever
	case res.StatusCode == http.StatusNotModified && h.variant, h.r.Method == http.MethodHead && h.wouldRewrite(res):
		// What is said of the body is said of the rewritten one.
		in.Rewritten, in.Epoch, in.Caching = true, h.epoch(), header.CacheBrief
		if h.req.Navigation {
			in.Caching = header.CacheCheck
		}
	}
	if h.siblings() && (h.how == byCookie || h.how == byLookup) {
		in.CORS = h.begun.Mapped
	}
	if h.resp.Class == recognise.ClassPage && h.entry != nil && !h.bare {
		if lines, err := h.entry.Jar.Mirrors(h.ctx, a.out.URL, h.cookies); err == nil {
			h.fresh = append(h.fresh, lines...)
		} // fail open: script sees a cookie less until the next page; the app's own requests carry it
	}
	h.m.Response(hd, res.Header, &in)
	if in.ClearCookies && h.entry != nil {
		if err := h.entry.Jar.Clear(h.ctx); err != nil {
			h.g.log.Error("jar not cleared", "tenant", h.t.Tenant, "err", err)
		}
	}
	h.addFresh()
	a.announce(hd)
	h.w.WriteHeader(res.StatusCode)
	h.copy(a)
}

// announce announces the app's trailers as far as it did so itself; net/http then takes them from the header map.
func (a *answer) announce(hd http.Header) {
	for k := range a.res.Trailer {
		if a.announced == nil {
			a.announced = map[string]bool{}
		}
		a.announced[k] = true
		hd.Add("Trailer", k)
	}
}

// location marks a redirect to the tenant's own sign-in as one that came through the gateway.
func (h *hop) location(to string) string {
	rest, ok := strings.CutPrefix(to, h.g.cfg.Broker+"/"+string(h.t.Tenant)+"/")
	if !ok || h.entry == nil || !strings.HasPrefix(rest, "oauth/v2/authorize") && !strings.HasPrefix(rest, "authorize") && !strings.HasPrefix(rest, "saml/") && !strings.HasPrefix(rest, "wsfed?") {
		return to
	}
	via, err := h.g.parts.Vault.Sign(h.t.Tenant, "via", []byte(h.entry.App.ID), h.now.Add(viaTime))
	if err != nil {
		h.g.log.Error("redirect not marked", "tenant", h.t.Tenant, "err", err)
		return to // fail closed: the broker starts again at the mapped host
	}
	to, fragment, has := strings.Cut(to, "#")
	sep := "?"
	if strings.Contains(to, "?") {
		sep = "&"
	}
	to += sep + "via=" + via
	if has {
		to += "#" + fragment
	}
	return to
}

var errCut = errors.New("the session ended")
