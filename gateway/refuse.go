package gateway

import (
	"net/http"
	"strings"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/gateway/page"
	"github.com/referee-casb/referee/internal/webpage"
)

// malformed says why a request is refused before anything is looked up, "" when it is not. net/http refuses most of
// what request smuggling lives on (two Hosts, two lengths, length with chunking over HTTP/1.0, bare CR); what is left
// here are requests whose meaning a second server could see differently.
func malformed(r *http.Request) string {
	switch {
	case r.Method == "" || methodToken(r.Method) == "" || r.Method == http.MethodConnect || r.Method == "TRACE" || r.Method == "TRACK":
		return "method"
	case r.URL.Host != "" && !strings.EqualFold(r.URL.Host, r.Host): // absolute-form
		return "two hosts"
	case r.URL.Scheme != "" && r.URL.Scheme != "https":
		return "scheme"
	case r.URL.Opaque != "" || r.URL.User != nil:
		return "target"
	case r.Method != http.MethodOptions && (r.URL.Path == "" || r.URL.Path[0] != '/'):
		return "target"
	case strings.ContainsAny(r.URL.RawQuery, " #"): // HTTP/2 lets them come; in HTTP/1.1 they would end the target
		return "target"
	case len(r.TransferEncoding) > 1 || len(r.TransferEncoding) == 1 && r.TransferEncoding[0] != "chunked":
		return "transfer coding"
	case len(r.TransferEncoding) == 1 && r.Header["Content-Length"] != nil:
		return "length with chunking"
	case r.ProtoMajor == 1 && r.ProtoMinor == 0 && len(r.TransferEncoding) > 0:
		return "chunking in HTTP/1.0"
	case len(r.Header["Host"]) > 0 || len(r.Header["Content-Length"]) > 1 || len(r.Header["Origin"]) > 1 ||
		len(r.Header["Authorization"]) > 1 || len(r.Header["Content-Type"]) > 1 || len(r.Header["Sec-Fetch-Site"]) > 1:
		return "doubled field"
	}
	// A field whose name only looks like another's is read as that one by servers that map "_" to "-".
	for name := range r.Header {
		if strings.IndexByte(name, '_') >= 0 {
			switch strings.ToLower(strings.ReplaceAll(name, "_", "-")) {
			case "content-length", "transfer-encoding", "host", "x-forwarded-for", "cookie", "authorization":
				return "field name"
			}
		}
	}
	return ""
}

// agrees reports whether the connection was opened for the host that the request names. A browser may use one HTTP/2
// connection for hosts that share certificate and address (RFC 9113 section 9.1.1): that is one tenant's hosts, no more.
func (g *Gateway) agrees(r *http.Request, book *catalog.Book, t *catalog.Target) bool {
	if r.TLS == nil {
		return g.cfg.Plain
	}
	name := r.TLS.ServerName
	host := hostOf(r.Host)
	if strings.EqualFold(name, host) {
		return true
	}
	if r.ProtoMajor < 2 || name == "" {
		return false
	}
	tenant, ok := book.TenantOf(name + g.port)
	return ok && tenant == t.Tenant
}

// refuse answers a malformed request. fail closed: nothing of it reaches an app.
func (g *Gateway) refuse(w http.ResponseWriter, r *http.Request, why string) {
	g.counts.refused.Add(1)
	g.log.Debug("request refused", "reason", why, "host", r.Host)
	w.Header().Set("Connection", "close")
	if r.Method == http.MethodConnect { // no body, no page
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	g.plainError(w, r, http.StatusBadRequest, page.Refused)
}

// unknown answers for a host that isn't mapped: the apex, or nothing. fail closed: labels are looked up, never decoded.
func (g *Gateway) unknown(w http.ResponseWriter, r *http.Request) {
	if strings.EqualFold(r.Host, g.cfg.Suffix) || g.port == "" && strings.EqualFold(r.Host, g.cfg.Suffix+":443") {
		g.apex(w, r)
		return
	}
	g.counts.refused.Add(1)
	status := http.StatusMisdirectedRequest // a new connection may lead to the right server
	if g.Owns(r.Host) {
		status = http.StatusNotFound
	}
	g.plainError(w, r, status, page.NotServed)
}

func (g *Gateway) apex(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/" {
		g.plainError(w, r, http.StatusNotFound, page.NotServed)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	a := page.Apex{Suffix: hostOf(g.cfg.Suffix), Operator: g.cfg.Operator, Site: g.cfg.Site, Abuse: g.cfg.Abuse}
	if a.Operator == "" {
		a.Operator = "The operator of " + a.Suffix
	}
	if err := page.WriteApex(w, r, a); err != nil {
		g.log.Debug("page not written", "err", err)
	}
}

// plainError answers where no tenant is known.
func (g *Gateway) plainError(w http.ResponseWriter, r *http.Request, status int, words page.Words) {
	err := page.WriteError(w, r, status, webpage.Brand{}, "", page.Error{Title: words.Title, Message: words.Message})
	if err != nil {
		g.log.Debug("page not written", "err", err)
	}
}
