package rewrite

import (
	"slices"
	"strings"
)

// CSP edits content security policies (CSP Level 3): hosts are mapped, our script may run and report. Values
// are header values, each of which may hold several policies; out has one value for each. made is the nonce to
// use where one must be added; nonce is what our script's tag must carry, "" where it needs none.
//
// A policy is never loosened for the page's own scripts: our script gets a nonce where the policy works with
// nonces or hashes, or 'self' where it names sources and a nonce would switch its 'unsafe-inline' off.
func CSP(values []string, h Hosts, made string) (out []string, nonce string) {
	var policies [][]directive
	var owner []int
	for i, value := range values {
		for policy := range strings.SplitSeq(value, ",") {
			if d := parsePolicy(policy); len(d) > 0 {
				policies, owner = append(policies, d), append(owner, i)
			}
		}
	}
	for _, p := range policies {
		if n := nonceOf(p); n != "" && nonce == "" {
			nonce = n
		}
	}
	given := nonce
	if given == "" {
		given = made
	}
	texts := make([][]string, len(values))
	for i, p := range policies {
		for d := range p {
			p[d].sources = mapSources(p[d].sources, h)
		}
		var used bool
		if p, used = allowScript(p, given); used {
			nonce = given
		}
		allowStyle(p, given)
		p = allowReports(p)
		texts[owner[i]] = append(texts[owner[i]], serialize(p))
	}
	for _, t := range texts {
		out = append(out, strings.Join(t, ", "))
	}
	return out, nonce
}

// mapPolicy maps the hosts of a policy and leaves the rest: one that a page demands of a frame.
func mapPolicy(value string, h Hosts) string {
	p := parsePolicy(value)
	for d := range p {
		p[d].sources = mapSources(p[d].sources, h)
	}
	return serialize(p)
}

type directive struct {
	name    string
	sources []string
}

func parsePolicy(text string) []directive {
	var out []directive
	for part := range strings.SplitSeq(text, ";") {
		words := strings.Fields(part)
		if len(words) == 0 {
			continue
		}
		name := strings.ToLower(words[0])
		// A directive that comes again is ignored (CSP3 section 2.2.1).
		if !slices.ContainsFunc(out, func(d directive) bool { return d.name == name }) {
			out = append(out, directive{name, words[1:]})
		}
	}
	return out
}

func serialize(p []directive) string {
	parts := make([]string, len(p))
	for i, d := range p {
		parts[i] = strings.Join(append([]string{d.name}, d.sources...), " ")
	}
	return strings.Join(parts, "; ")
}

func find(p []directive, names ...string) int {
	for _, n := range names {
		if i := slices.IndexFunc(p, func(d directive) bool { return d.name == n }); i >= 0 {
			return i
		}
	}
	return -1
}

func nonceOf(p []directive) string {
	if i := find(p, "script-src-elem", "script-src", "default-src"); i >= 0 {
		for _, s := range p[i].sources {
			if strings.HasPrefix(strings.ToLower(s), "'nonce-") && strings.HasSuffix(s, "'") {
				return s[len("'nonce-") : len(s)-1]
			}
		}
	}
	return ""
}

func hasKeyword(sources []string, prefix string) bool {
	return slices.ContainsFunc(sources, func(s string) bool { return strings.HasPrefix(strings.ToLower(s), prefix) })
}

// allowScript lets our script run under a policy, and says whether that takes the nonce.
func allowScript(p []directive, nonce string) ([]directive, bool) {
	if t := find(p, "trusted-types"); t >= 0 && !slices.Contains(p[t].sources, "*") && !slices.Contains(p[t].sources, "referee") {
		p[t].sources = append(without(p[t].sources, "'none'"), "referee")
	}
	i := find(p, "script-src-elem", "script-src", "default-src")
	if i < 0 {
		return p, false
	}
	sources := p[i].sources
	hashed := hasKeyword(sources, "'nonce-") || hasKeyword(sources, "'sha256-") || hasKeyword(sources, "'sha384-") || hasKeyword(sources, "'sha512-") || hasKeyword(sources, "'strict-dynamic'")
	switch {
	case !hashed && (hasKeyword(sources, "'self'") || slices.Contains(sources, "*") || slices.Contains(sources, "https:")):
		return p, false
	case !hashed && hasKeyword(sources, "'unsafe-inline'"):
		p = own(p, i, "script-src-elem")
		j := find(p, "script-src-elem", "script-src")
		p[j].sources = append(without(p[j].sources, "'none'"), "'self'")
		return p, false
	}
	p = own(p, i, "script-src")
	j := find(p, "script-src-elem", "script-src")
	with := "'nonce-" + nonce + "'"
	p[j].sources = without(p[j].sources, "'none'")
	if !slices.Contains(p[j].sources, with) {
		p[j].sources = append(p[j].sources, with)
	}
	return p, true
}

// allowStyle lets inline styles that a policy knows by digest go on applying when rewriting changes them: they get the nonce.
func allowStyle(p []directive, nonce string) {
	for i := range p {
		if p[i].name != "style-src" && p[i].name != "style-src-elem" {
			continue
		}
		s := p[i].sources
		with := "'nonce-" + nonce + "'"
		if (hasKeyword(s, "'sha256-") || hasKeyword(s, "'sha384-") || hasKeyword(s, "'sha512-")) && !slices.Contains(s, with) {
			p[i].sources = append(slices.Clone(s), with)
		}
	}
}

// own gives a directive that rests on default-src one of its own, so that nothing else is changed.
func own(p []directive, i int, name string) []directive {
	if p[i].name != "default-src" {
		return p
	}
	return append(p, directive{name, slices.Clone(p[i].sources)})
}

// allowReports lets our script report to its own host.
func allowReports(p []directive) []directive {
	i := find(p, "connect-src", "default-src")
	if i < 0 || hasKeyword(p[i].sources, "'self'") || slices.Contains(p[i].sources, "*") {
		return p
	}
	p = own(p, i, "connect-src")
	j := find(p, "connect-src")
	p[j].sources = append(without(p[j].sources, "'none'"), "'self'")
	return p
}

func without(sources []string, word string) []string {
	return slices.DeleteFunc(slices.Clone(sources), func(s string) bool { return strings.EqualFold(s, word) })
}

// mapSources adds the mapped form of each host source; a wildcard gets every mapped host below it.
func mapSources(sources []string, h Hosts) []string {
	var out []string
	add := func(s string) {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	for _, s := range sources {
		scheme, rest, hasScheme := strings.Cut(s, "://")
		if !hasScheme {
			scheme, rest = "", s
		}
		if strings.HasPrefix(rest, "'") || strings.HasSuffix(rest, ":") || !strings.Contains(rest, ".") {
			add(s)
			continue
		}
		host, path, _ := strings.Cut(rest, "/")
		if path != "" || strings.Contains(rest, "/") {
			path = "/" + path
		}
		host = strings.ToLower(host)
		prefix := ""
		if hasScheme {
			prefix = scheme + "://"
		}
		switch mapped, ok := h.Mapped(strings.TrimSuffix(strings.TrimSuffix(host, ":443"), ":*")); {
		case ok:
			add(prefix + mapped + path)
		case strings.HasPrefix(host, "*."):
			add(s)
			for _, real := range h.Reals() {
				name, port, _ := strings.Cut(real, ":")
				want, wantPort, _ := strings.Cut(host[1:], ":")
				if strings.HasSuffix(name, want) && (wantPort == "*" || wantPort == port) {
					if m, ok := h.Mapped(real); ok {
						add(prefix + m + path)
					}
				}
			}
		default:
			add(s)
		}
	}
	return out
}
