package header

import (
	"net/http"
	"strings"
)

// Caching says how long a browser may keep an answer.
type Caching uint8

// The cachings. Every answer is private to the browser that got it.
const (
	CachePrivate Caching = iota // as the app says
	CacheBrief                  // rewritten code: at most five minutes, since mapping may change under it
	CacheCheck                  // rewritten pages: kept, but asked for again each time
	CacheNever                  // file bytes under a decision: no copy that outlives the decision
)

// Incoming says what the response side needs beside the fields themselves.
type Incoming struct {
	Epoch     int64
	Rewritten bool // the body's bytes change on their way
	Caching   Caching
	// CORS is the mapped origin of a sibling of the same instance that asked with Referee's credentials; "" otherwise.
	CORS string
	CSP  func(values []string) []string // edits one policy field; nil leaves it
	// Location is asked after a redirect target was mapped; nil leaves it.
	Location func(target string) string
	HSTS     []string // Referee's own field; nil sends none
	// ClearCookies is set when the app asked to clear cookies; the browser is not told, the jar must be cleared.
	ClearCookies bool
}

var (
	yes         = []string{"true"}
	private     = []string{"private"}
	noStore     = []string{"no-store"}
	checkAgain  = []string{"private, no-cache"}
	fiveMinutes = []string{"private, max-age=300"}
)

// Response moves an answer's fields from src into dst, which goes to the browser. Set-Cookie is left out: the jar has it.
// Values move without being copied; src is not to be used afterwards.
func (m *Mapper) Response(dst, src http.Header, in *Incoming) {
	if c := src["Connection"]; len(c) > 0 {
		dropNamed(src, c)
	}
	for key, values := range src {
		switch key {
		case "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authentication-Info", "Te", "Trailer",
			"Transfer-Encoding", "Upgrade", "Set-Cookie", "Alt-Svc", "Strict-Transport-Security", "Public-Key-Pins",
			"Public-Key-Pins-Report-Only", "Expect-Ct", "Nel", "Report-To", "Reporting-Endpoints", "Use-As-Dictionary",
			"Speculation-Rules", "Cdn-Cache-Control", "Surrogate-Control", "Cache-Control":
			continue
		case "Content-Length", "Accept-Ranges", "Content-Md5", "Digest", "Content-Digest", "Repr-Digest", "Last-Modified",
			"Sourcemap", "X-Sourcemap":
			if in.Rewritten {
				continue
			}
		case "Etag":
			if in.Rewritten {
				v := ""
				if len(values) > 0 {
					v = Variant(values[0], in.Epoch)
				}
				if v == "" {
					continue
				}
				values = []string{v}
			} else if in.Caching == CacheNever {
				break
			}
		case "Expires", "Pragma":
			if in.Caching != CachePrivate {
				continue
			}
		case "Location":
			for i, v := range values {
				values[i] = m.ToMapped(v)
				if in.Location != nil {
					values[i] = in.Location(values[i])
				}
			}
		case "Link":
			replace(values, m.link)
		case "Refresh":
			replace(values, m.refresh)
		case "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Expose-Headers", "Vary":
			if in.CORS != "" {
				continue // share writes them
			}
			if key == "Access-Control-Allow-Origin" {
				replace(values, m.ToMapped)
			}
		case "Timing-Allow-Origin":
			replace(values, m.origins)
		case "Content-Security-Policy", "Content-Security-Policy-Report-Only":
			if in.CSP != nil {
				if values = in.CSP(values); len(values) == 0 {
					continue
				}
			}
		case "Permissions-Policy", "Permissions-Policy-Report-Only", "Feature-Policy":
			replace(values, m.permissions)
		case "X-Frame-Options":
			replace(values, m.frameOptions)
		case "Clear-Site-Data":
			if values = in.clear(values); values == nil {
				continue
			}
		case "Content-Type", "Content-Encoding", "Date", "Server", "X-Content-Type-Options", "Content-Disposition",
			"Content-Range", "Referrer-Policy", "Age":
			// No URL in them.
		default:
			replace(values, m.ToMapped)
		}
		dst[key] = values
	}
	m.cache(dst, src["Cache-Control"], in.Caching)
	if in.CORS != "" {
		m.share(dst, src, in.CORS)
	}
	if in.HSTS != nil {
		dst["Strict-Transport-Security"] = in.HSTS
	}
}

// cache sets Cache-Control. An answer that a shared cache may keep would be served to whoever comes next.
func (m *Mapper) cache(dst http.Header, values []string, c Caching) {
	switch c {
	case CacheNever:
		dst["Cache-Control"] = noStore
		return
	case CacheCheck:
		if !hasToken(values, "no-store") {
			dst["Cache-Control"] = checkAgain
			return
		}
	case CacheBrief:
		if !hasToken(values, "no-store") && !hasToken(values, "no-cache") && len(values) > 0 {
			dst["Cache-Control"] = fiveMinutes
			return
		}
		if len(values) == 0 {
			dst["Cache-Control"] = checkAgain
			return
		}
	}
	switch {
	case len(values) == 0:
		dst["Cache-Control"] = private
	case hasToken(values, "private") || hasToken(values, "no-store"):
		dst["Cache-Control"] = values
	default:
		var b strings.Builder
		b.WriteString("private")
		for _, v := range values {
			for item := range strings.SplitSeq(v, ",") {
				item = strings.TrimSpace(item)
				if name, _, _ := strings.Cut(lower(item), "="); name != "" && name != "public" && name != "s-maxage" && name != "proxy-revalidate" {
					b.WriteString(", ")
					b.WriteString(item)
				}
			}
		}
		dst["Cache-Control"] = []string{b.String()}
	}
}

// share answers a sibling of the same instance that had to send credentials which the app didn't ask for: to the page,
// the app's "*" must mean what it meant without them (Fetch standard, section 3.2.5).
func (m *Mapper) share(dst, src http.Header, origin string) {
	if v := src["Vary"]; len(v) == 0 {
		dst["Vary"] = []string{"Origin"}
	} else if hasToken(v, "origin") || hasToken(v, "*") {
		dst["Vary"] = v
	} else {
		dst["Vary"] = append(v, "Origin")
	}
	allowed := first(src, "Access-Control-Allow-Origin")
	if allowed != "*" {
		allowed = m.ToMapped(allowed)
	}
	if allowed != "*" && allowed != origin {
		if allowed != "" { // the app allows somebody else: the browser is to see that
			dst["Access-Control-Allow-Origin"] = []string{allowed}
		}
		return
	}
	dst["Access-Control-Allow-Origin"] = []string{origin}
	dst["Access-Control-Allow-Credentials"] = yes
	expose := src["Access-Control-Expose-Headers"]
	if !hasToken(expose, "*") {
		if len(expose) > 0 {
			dst["Access-Control-Expose-Headers"] = expose
		}
		return
	}
	names := make([]string, 0, len(dst))
	for name := range dst {
		names = append(names, name)
	}
	dst["Access-Control-Expose-Headers"] = []string{strings.Join(names, ", ")}
}

// clear filters Clear-Site-Data. A browser clears cookies for the whole registrable domain: that would end every
// session of every app behind the suffix.
func (in *Incoming) clear(values []string) []string {
	var kept []string
	for _, v := range values {
		for item := range strings.SplitSeq(v, ",") {
			switch item = strings.TrimSpace(item); item {
			case `"cookies"`, `"clientHints"`:
				in.ClearCookies = in.ClearCookies || item == `"cookies"`
			case `"*"`:
				in.ClearCookies = true
				kept = append(kept, `"cache"`, `"storage"`, `"executionContexts"`)
			case "":
			default:
				kept = append(kept, item)
			}
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return []string{strings.Join(kept, ", ")}
}
