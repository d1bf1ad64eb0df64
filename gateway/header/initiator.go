package header

import "net/http"

// Site is Sec-Fetch-Site as the real hosts would have had it.
type Site string

// The sites. SiteUnknown: the client sent no such field, and its claim is not made up for it.
const (
	SiteUnknown    Site = ""
	SiteNone       Site = "none" // the person typed, or opened a bookmark
	SiteSameOrigin Site = "same-origin"
	SiteSameSite   Site = "same-site"
	SiteCrossSite  Site = "cross-site"
)

// Initiator is who began a request, by the browser's own fields and in terms of real hosts.
type Initiator struct {
	Site   Site
	Real   string // real authority that Origin, else Referer, names; "" when it is no mapped host of the tenant
	Mapped string // that field's mapped origin, such as "https://app.contoso.gate.example"; "" likewise
}

// Begun reads who began a request to the real authority real. The browser sees every mapped host as a sibling of all
// others; what it calls same-site is looked at again with related, which tells whether two real authorities are. A
// sibling that can't be told counts as cross-site.
func (m *Mapper) Begun(h http.Header, real string, related func(initiator, target string) bool) Initiator {
	var in Initiator
	from := first(h, "Origin")
	if from == "" || from == "null" {
		from = first(h, "Referer")
	}
	if from != "" {
		if scheme, authority, _ := split(from); authority != "" {
			if r, ok := m.Hosts.Real(defaultPort(scheme, authority)); ok {
				in.Real, in.Mapped = r, scheme+authority
			}
		}
	}
	switch Site(first(h, "Sec-Fetch-Site")) {
	case SiteNone:
		in.Site = SiteNone
	case SiteSameOrigin:
		in.Site = SiteSameOrigin
	case SiteSameSite:
		in.Site = SiteCrossSite
		if in.Real == real {
			in.Site = SiteSameOrigin
		} else if in.Real != "" && related(in.Real, real) {
			in.Site = SiteSameSite
		}
	case SiteCrossSite:
		in.Site = SiteCrossSite
	case SiteUnknown:
	default:
		in.Site = SiteCrossSite
	}
	return in
}

func first(h http.Header, key string) string {
	if v := h[key]; len(v) > 0 {
		return v[0]
	}
	return ""
}
