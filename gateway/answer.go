package gateway

import (
	"encoding/json"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/referee-casb/referee/gateway/page"
	"github.com/referee-casb/referee/gateway/shim"
	"github.com/referee-casb/referee/internal/webpage"
)

func first(h http.Header, key string) string {
	if v := h[key]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// brand is how the tenant shows itself on Referee's pages.
func (h *hop) brand() webpage.Brand {
	b := webpage.Brand{Name: h.tenant.Brand.Name, Color: h.tenant.Brand.Color, Contact: h.tenant.Brand.Contact}
	if b.Name == "" {
		b.Name = h.tenant.Name
	}
	if h.tenant.Brand.LogoFile != "" {
		b.Logo = ownPath("logo")
	}
	return b
}

// ancestors lets the tenant's own hosts show a page of ours in a frame; "" where it isn't in one.
func (h *hop) ancestors() string {
	if h.req.TopLevel || !h.req.Navigation {
		return ""
	}
	return "https://*." + string(h.t.Tenant) + "." + h.g.cfg.Suffix
}

// fail answers that something doesn't work, as a page to a person and as a problem document to a script.
func (h *hop) fail(status int, words page.Words) {
	if status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout {
		h.w.Header().Set("Retry-After", "5")
	}
	if h.req.Navigation {
		retry := ""
		if h.r.Method == http.MethodGet {
			retry = h.r.URL.RequestURI()
		}
		h.errorPage(status, words, retry)
		return
	}
	h.problem(status, "unavailable", words, nil)
}

// errorPage writes an error as a page. retry is a path on this host, "" for no link.
func (h *hop) errorPage(status int, words page.Words, retry string) {
	h.writeError(status, page.Error{Title: words.Title, Message: words.Message, Retry: retry})
}

// waitPage answers a frame that has no session yet with a page that loads itself again for a few seconds.
func (h *hop) waitPage(words page.Words, retry string) {
	h.writeError(http.StatusUnauthorized, page.Error{Title: words.Title, Message: words.Message, Retry: retry, Wait: h.r.Method == http.MethodGet})
}

func (h *hop) writeError(status int, e page.Error) {
	h.addFresh()
	if e.Retry != "" {
		e.Retry = origin(h.t) + e.Retry
	}
	e.Contact = h.tenant.Brand.Contact
	err := page.WriteError(h.w, h.r, status, h.brand(), h.ancestors(), e)
	if err != nil {
		h.g.log.Debug("page not written", "err", err)
	}
}

// problem writes a problem document (RFC 9457). kind is the end of its type; change may add to it.
func (h *hop) problem(status int, kind string, words page.Words, change func(*shim.Problem)) {
	p := shim.Problem{Type: shim.ProblemType + kind, Title: words.Title, Detail: words.Message, Status: status}
	if change != nil {
		change(&p)
	}
	body, err := json.Marshal(p)
	if err != nil {
		body = []byte("{}")
	}
	h.addFresh()
	h.allow()
	hd := h.w.Header()
	hd.Set("Content-Type", p.Media())
	hd.Set("Content-Length", strconv.Itoa(len(body)))
	hd.Set("Cache-Control", "no-store")
	hd.Set("X-Content-Type-Options", "nosniff")
	h.w.WriteHeader(status)
	if h.r.Method != http.MethodHead {
		if _, err := h.w.Write(body); err != nil {
			h.g.log.Debug("problem not written", "err", err)
		}
	}
}

// allow lets a page of a sibling host read an answer of Referee's own.
func (h *hop) allow() {
	if !h.siblings() {
		return
	}
	hd := h.w.Header()
	hd.Set("Access-Control-Allow-Origin", h.begun.Mapped)
	hd.Set("Access-Control-Allow-Credentials", "true")
	hd.Add("Vary", "Origin")
}

// addFresh sends cookies that were minted for this request. It does so once.
func (h *hop) addFresh() {
	for _, line := range h.fresh {
		h.w.Header().Add("Set-Cookie", line)
	}
	h.fresh = nil
}

// method answers a wrong method at one of Referee's own paths.
func (h *hop) method(allow string) {
	h.w.Header().Set("Allow", allow)
	h.w.WriteHeader(http.StatusMethodNotAllowed)
}

// reference is an activity's code as a person reads it out: in two halves.
func reference(code string) string {
	if len(code) != 8 {
		return code
	}
	return code[:4] + "-" + code[4:]
}

// logo serves the tenant's logo. The file is the operator's; its type is taken from its name, and it can't run.
func (h *hop) logo() {
	f, err := os.Open(h.tenant.Brand.LogoFile)
	if err != nil {
		http.NotFound(h.w, h.r)
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() > 1<<20 {
		http.NotFound(h.w, h.r)
		return
	}
	hd := h.w.Header()
	hd.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	hd.Set("X-Content-Type-Options", "nosniff")
	hd.Set("Cache-Control", "private, max-age=3600")
	http.ServeContent(h.w, h.r, info.Name(), info.ModTime().Truncate(time.Second), f)
}
