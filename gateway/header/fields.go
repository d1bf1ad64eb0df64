package header

import (
	"net/http"
	"strings"
)

// link maps the targets of a Link field: <https://host/a.css>; rel=preload, <…>; … (RFC 8288).
func (m *Mapper) link(v string) string {
	var b strings.Builder
	done := 0
	for at := 0; ; {
		open := strings.IndexByte(v[at:], '<')
		if open < 0 {
			break
		}
		open += at + 1
		end := strings.IndexByte(v[open:], '>')
		if end < 0 {
			break
		}
		end += open
		if u := m.ToMapped(v[open:end]); u != v[open:end] {
			b.WriteString(v[done:open])
			b.WriteString(u)
			done = end
		}
		at = end + 1
		// A quoted parameter may hold "<": go on behind the comma that ends this link.
		for quoted := false; at < len(v) && (quoted || v[at] != ','); at++ {
			if v[at] == '"' {
				quoted = !quoted
			}
		}
	}
	if done == 0 {
		return v
	}
	b.WriteString(v[done:])
	return b.String()
}

// refresh maps the target of a Refresh field: 5; url=https://host/.
func (m *Mapper) refresh(v string) string {
	i := strings.IndexByte(v, '=')
	if i < 0 || !strings.EqualFold(strings.TrimSpace(v[max(0, strings.LastIndexAny(v[:i], ";, ")+1):i]), "url") {
		return v
	}
	target := strings.TrimSpace(v[i+1:])
	quote := ""
	if len(target) > 1 && (target[0] == '\'' || target[0] == '"') && target[len(target)-1] == target[0] {
		quote, target = target[:1], target[1:len(target)-1]
	}
	u := m.ToMapped(target)
	if u == target {
		return v
	}
	return v[:i+1] + quote + u + quote
}

// origins maps a comma separated list of origins.
func (m *Mapper) origins(v string) string {
	if !strings.Contains(v, "//") {
		return v
	}
	items := strings.Split(v, ",")
	for i, item := range items {
		items[i] = m.ToMapped(strings.TrimSpace(item))
	}
	return strings.Join(items, ", ")
}

// permissions maps the origins that a permissions policy lets use something: camera=(self "https://host") in the header of
// today (Permissions Policy, section 5.2), camera 'self' https://host in the one before.
func (m *Mapper) permissions(v string) string {
	if !strings.Contains(v, "//") {
		return v
	}
	var b strings.Builder
	for len(v) > 0 {
		n := strings.IndexAny(v, ` "();,`)
		if n < 0 {
			n = len(v)
		}
		b.WriteString(m.ToMapped(v[:n]))
		if n < len(v) {
			b.WriteByte(v[n])
			n++
		}
		v = v[n:]
	}
	return b.String()
}

// frameOptions maps the origin of the obsolete ALLOW-FROM.
func (m *Mapper) frameOptions(v string) string {
	word, origin, ok := strings.Cut(strings.TrimSpace(v), " ")
	if !ok || !strings.EqualFold(word, "allow-from") {
		return v
	}
	return word + " " + m.ToMapped(strings.TrimSpace(origin))
}

// Hints maps the fields of a 103 answer; only Link is passed on.
func (m *Mapper) Hints(src http.Header) []string {
	links := append([]string(nil), src["Link"]...)
	replace(links, m.link)
	return links
}
