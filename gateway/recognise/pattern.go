package recognise

import (
	"net/url"
	"strings"

	"github.com/referee-casb/referee/fault"
)

// pattern matches the path of a request, and what its query must hold.
type pattern struct {
	path  pathPattern
	query []asked
}

// asked is a name that the query must have, with a value if one is given: * is any that is not empty.
type asked struct {
	name, value string
	any         bool // value
	anyCase     bool // of name and value
}

// pathPattern is literals and wildcards in turn: * stands for anything within one segment, ** for anything across
// segments.
type pathPattern []string

func compilePattern(text string, anyCase bool) (pattern, error) {
	path, query, has := strings.Cut(text, "?")
	if !strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "**") {
		return pattern{}, &fault.Error{Kind: fault.Invalid, Op: "pattern", Key: text, Msg: "must begin with /", Help: "write a path such as /files/*/content"}
	}
	if strings.Contains(path, "***") || strings.Contains(text, "#") {
		return pattern{}, &fault.Error{Kind: fault.Invalid, Op: "pattern", Key: text, Msg: "may hold * and **, and no fragment"}
	}
	var p pattern
	if has {
		for pair := range strings.SplitSeq(query, "&") {
			name, value, given := strings.Cut(pair, "=")
			if name == "" {
				return pattern{}, &fault.Error{Kind: fault.Invalid, Op: "pattern", Key: text, Msg: "has a query without a name", Help: "write it such as ?id=*&raw"}
			}
			p.query = append(p.query, asked{name: name, value: value, any: !given, anyCase: anyCase})
		}
	}
	if anyCase {
		path = strings.ToLower(path)
	}
	for path != "" {
		i := strings.IndexByte(path, '*')
		switch {
		case i < 0:
			p.path, path = append(p.path, path), ""
		case i > 0:
			p.path, path = append(p.path, path[:i]), path[i:]
		case strings.HasPrefix(path, "**"):
			p.path, path = append(p.path, "**"), path[2:]
		default:
			p.path, path = append(p.path, "*"), path[1:]
		}
	}
	return p, nil
}

// match compares a path, in lower case where the pattern is, and a query as it came: ASP.NET, whose paths are of any case,
// reads the names of queries so as well.
func (p *pattern) match(path, query string) bool {
	if !p.path.match(path) {
		return false
	}
	for _, a := range p.query {
		if !a.in(query) {
			return false
		}
	}
	return true
}

// in reports whether any pair of the query is what is asked for: apps differ in which of several they read.
func (a asked) in(query string) bool {
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if !a.same(plainQuery(name), a.name) {
			continue
		}
		if a.any || a.value == "*" && value != "" || a.same(plainQuery(value), a.value) {
			return true
		}
	}
	return false
}

func (a asked) same(s, t string) bool { return s == t || a.anyCase && strings.EqualFold(s, t) }

// plainQuery decodes a part of a query; what can't be decoded stays as it is.
func plainQuery(s string) string {
	if !strings.ContainsAny(s, "%+") {
		return s
	}
	if t, err := url.QueryUnescape(s); err == nil {
		return t
	}
	return s
}

// match walks the pattern with at most one backtrack point a wildcard kind, so its time is bounded by the
// product of the lengths even for hostile paths.
func (p pathPattern) match(path string) bool {
	if len(p) == 0 {
		return path == ""
	}
	switch p[0] {
	case "*", "**":
		if len(p) == 1 {
			return p[0] == "**" || strings.IndexByte(path, '/') < 0
		}
		next := p[1]
		for i := 0; ; {
			j := strings.Index(path[i:], next)
			if j < 0 || p[0] == "*" && strings.IndexByte(path[:i+j], '/') >= 0 {
				return false
			}
			if p[2:].match(path[i+j+len(next):]) {
				return true
			}
			i += j + 1
		}
	}
	return strings.HasPrefix(path, p[0]) && p[1:].match(path[len(p[0]):])
}

func anyMatch(list []pattern, path, query string) bool {
	for i := range list {
		if list[i].match(path, query) {
			return true
		}
	}
	return false
}
