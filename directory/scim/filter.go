package scim

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode"
)

// Bounds of a filter.
const (
	maxFilter = 4096 // bytes
	maxDepth  = 20   // of parentheses and brackets
	maxTerms  = 100
)

// Path names an attribute: its schema, "" for the resource's own, its name, and a sub-attribute or "" (RFC 7644
// section 3.10). Names are compared whatever their case.
type Path struct{ Schema, Attr, Sub string }

// Filter is a parsed filter (RFC 7644 section 3.4.2.2). Op is "and", "or" or "not" with Terms; "[]" with one term
// that holds for the elements of Path; or "pr" and the comparisons, with Path and Value.
type Filter struct {
	Op    string
	Terms []*Filter
	Path  Path
	Value any // string, float64, bool, or nil
}

// ParseFilter reads a filter. Its error says where it stops to be one.
func ParseFilter(text string) (*Filter, error) {
	if len(text) > maxFilter {
		return nil, &Error{Status: 400, Type: "invalidFilter", Detail: "the filter is longer than " + strconv.Itoa(maxFilter) + " bytes"}
	}
	p := &filterParser{text: text}
	f, err := p.or(0)
	if err != nil {
		return nil, err
	}
	if p.space(); p.at < len(p.text) {
		return nil, p.wrong("expected the end")
	}
	return f, nil
}

type filterParser struct {
	text  string
	at    int
	terms int
}

func (p *filterParser) wrong(what string) error {
	return &Error{Status: 400, Type: "invalidFilter", Detail: what + " at character " + strconv.Itoa(p.at+1) + " of the filter"}
}

func (p *filterParser) space() {
	for p.at < len(p.text) && p.text[p.at] == ' ' {
		p.at++
	}
}

// take passes over one character, with spaces before it.
func (p *filterParser) take(c byte) bool {
	p.space()
	if p.at < len(p.text) && p.text[p.at] == c {
		p.at++
		return true
	}
	return false
}

// word returns the letters ahead without taking them.
func (p *filterParser) word() string {
	p.space()
	end := p.at
	for end < len(p.text) && isLetter(p.text[end]) {
		end++
	}
	return p.text[p.at:end]
}

// keyword passes over a word that stands alone.
func (p *filterParser) keyword(w string) bool {
	got := p.word()
	after := p.at + len(got)
	if !strings.EqualFold(got, w) || after < len(p.text) && p.text[after] != ' ' && p.text[after] != '(' {
		return false
	}
	p.at = after
	return true
}

func (p *filterParser) or(depth int) (*Filter, error) { return p.chain(depth, "or", p.and) }

func (p *filterParser) and(depth int) (*Filter, error) { return p.chain(depth, "and", p.term) }

// chain reads terms with one operator between them.
func (p *filterParser) chain(depth int, op string, next func(int) (*Filter, error)) (*Filter, error) {
	f, err := next(depth)
	if err != nil {
		return nil, err
	}
	for p.keyword(op) {
		g, err := next(depth)
		if err != nil {
			return nil, err
		}
		if f.Op != op {
			f = &Filter{Op: op, Terms: []*Filter{f}}
		}
		f.Terms = append(f.Terms, g)
	}
	return f, nil
}

func (p *filterParser) term(depth int) (*Filter, error) {
	if p.terms++; p.terms > maxTerms || depth > maxDepth {
		return nil, p.wrong("the filter is too large")
	}
	if p.keyword("not") {
		if !p.take('(') {
			return nil, p.wrong("expected ( after not")
		}
		f, err := p.group(depth)
		if err != nil {
			return nil, err
		}
		return &Filter{Op: "not", Terms: []*Filter{f}}, nil
	}
	if p.take('(') {
		return p.group(depth)
	}
	path, err := p.path()
	if err != nil {
		return nil, err
	}
	if p.at < len(p.text) && p.text[p.at] == '[' {
		p.at++
		f, err := p.or(depth + 1)
		if err != nil {
			return nil, err
		}
		if !p.take(']') {
			return nil, p.wrong("expected ]")
		}
		if path.Sub != "" {
			return nil, p.wrong("a filter in brackets stands after an attribute, not after a sub-attribute,")
		}
		return &Filter{Op: "[]", Path: path, Terms: []*Filter{f}}, nil
	}
	return p.comparison(path)
}

func (p *filterParser) group(depth int) (*Filter, error) {
	f, err := p.or(depth + 1)
	if err == nil && !p.take(')') {
		err = p.wrong("expected )")
	}
	return f, err
}

func (p *filterParser) comparison(path Path) (*Filter, error) {
	op := strings.ToLower(p.word())
	p.at += len(op)
	switch op {
	case "pr":
		return &Filter{Op: op, Path: path}, nil
	case "eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le":
	default:
		p.at -= len(op)
		return nil, p.wrong("expected an operator (eq ne co sw ew gt ge lt le pr)")
	}
	p.space()
	v, err := p.value()
	if err != nil {
		return nil, err
	}
	if _, text := v.(string); !text && op != "eq" && op != "ne" {
		if _, number := v.(float64); !number || op == "co" || op == "sw" || op == "ew" {
			return nil, p.wrong("the operator " + op + " does not take this value,")
		}
	}
	return &Filter{Op: op, Path: path, Value: v}, nil
}

// value reads a string, number, truth value or null as JSON writes them.
func (p *filterParser) value() (any, error) {
	rest := p.text[p.at:]
	end := 0
	switch {
	case strings.HasPrefix(rest, `"`):
		for end = 1; end < len(rest) && rest[end] != '"'; end++ {
			if rest[end] == '\\' {
				end++
			}
		}
		end++
	default:
		for end < len(rest) && !strings.ContainsRune(" )]", rune(rest[end])) {
			end++
		}
	}
	var v any
	if end > len(rest) || end == 0 || json.Unmarshal([]byte(rest[:end]), &v) != nil {
		// Some clients write truth values as programs do.
		if w := strings.ToLower(rest[:min(end, len(rest))]); w == "true" || w == "false" {
			p.at += end
			return w == "true", nil
		}
		return nil, p.wrong("expected a value in JSON")
	}
	switch v.(type) {
	case map[string]any, []any:
		return nil, p.wrong("expected a simple value")
	}
	p.at += end
	return v, nil
}

// path reads [schema ":"] attribute ["." sub-attribute]. A schema is a URN, which has dots and colons itself.
func (p *filterParser) path() (Path, error) {
	p.space()
	end := p.at
	for end < len(p.text) && (isNameChar(p.text[end]) || p.text[end] == ':' || p.text[end] == '.') {
		end++
	}
	path, ok := readPath(p.text[p.at:end])
	if !ok {
		return Path{}, p.wrong("expected an attribute")
	}
	p.at = end
	return path, nil
}

func readPath(text string) (Path, bool) {
	var p Path
	if len(text) > 4 && strings.EqualFold(text[:4], "urn:") {
		i := strings.LastIndexByte(text, ':')
		p.Schema, text = text[:i], text[i+1:]
	}
	p.Attr, p.Sub, _ = strings.Cut(text, ".")
	dotted := strings.HasSuffix(text, ".")
	return p, isName(p.Attr) && (p.Sub == "" || isName(p.Sub)) && !dotted && len(p.Schema) != len("urn")
}

func isLetter(c byte) bool { return c < unicode.MaxASCII && unicode.IsLetter(rune(c)) }

func isNameChar(c byte) bool {
	return isLetter(c) || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '$'
}

func isName(s string) bool {
	for i := range len(s) {
		if !isNameChar(s[i]) {
			return false
		}
	}
	return s != "" && (isLetter(s[0]) || s == "$ref")
}
