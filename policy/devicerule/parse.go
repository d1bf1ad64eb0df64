package devicerule

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/referee-casb/referee/filter"
)

// maxDepth bounds parentheses within parentheses.
const maxDepth = 24

// Parse reads a rule and returns every mistake in it. The rule is nil when there is one. The bounds hold for the
// rule as it is written and as [Rule.String] writes it, so that what was read once can be read again.
func Parse(rule string) (*Rule, []Mistake) {
	root, mistakes := parse(rule)
	if len(mistakes) > 0 {
		return nil, mistakes
	}
	r := &Rule{root}
	if written := r.String(); written != rule {
		if n := utf8.RuneCountInString(written); n > MaxLength {
			return nil, []Mistake{{
				At: 1, Reason: fmt.Sprintf("with every hyphen, quote and parenthesis that belongs to it the rule has %d characters, more than the %d that Entra takes", n, MaxLength),
				Advice: "use fewer single devices; an extensionAttribute can mark them",
			}}
		}
		if _, mistakes := parse(written); len(mistakes) > 0 {
			return nil, []Mistake{{At: 1, Reason: "with every parenthesis that belongs to it: " + mistakes[0].Reason, Advice: mistakes[0].Advice}}
		}
	}
	return r, nil
}

func parse(rule string) (*node, []Mistake) {
	if !utf8.ValidString(rule) || strings.ContainsAny(rule, "\x00\uFFFD") {
		return nil, []Mistake{{At: 1, Reason: "the rule is not valid UTF-8 text without NUL and U+FFFD"}}
	}
	p := &parser{scanner: scanner{text: []rune(rule)}}
	if n := len(p.text); n > MaxLength {
		return nil, []Mistake{{At: MaxLength + 1, Reason: "the rule is longer than 3072 characters, the most that Entra takes", Advice: "use fewer single devices; an extensionAttribute can mark them"}}
	}
	p.advance()
	if p.tok.kind == end {
		return nil, []Mistake{{At: 1, Reason: "the rule is empty", Advice: `write it like device.isCompliant -eq True`}}
	}
	root := p.either(0)
	for p.tok.kind != end {
		switch {
		case p.is(")"):
			p.wrong(p.tok.at, "remove it, or open one before", "this parenthesis was never opened")
			p.advance()
			p.joined(0)
		default:
			p.wrong(p.tok.at, "put -and or -or before it", "%s stands where the rule should go on with -and or -or", p.tok.shown())
			p.recover()
			p.joined(0)
		}
	}
	if len(p.mistakes) > 0 {
		slices.SortStableFunc(p.mistakes, func(a, b Mistake) int { return a.At - b.At })
		return nil, p.mistakes
	}
	return root, nil
}

type parser struct {
	scanner
	tok  token
	deep bool // given up: the parentheses are nested too deep
}

func (p *parser) advance() { p.tok = p.next() }

func (p *parser) is(s string) bool { return p.tok.kind == symbol && p.tok.s == s }

// isWord reports whether the token is one of the words that join comparisons, with or without its hyphen.
func (p *parser) isWord(name string) bool {
	return p.tok.kind == word && strings.EqualFold(strings.TrimPrefix(p.tok.s, "-"), name)
}

// joined reads what follows a place where reading went wrong, so that later mistakes are found as well.
func (p *parser) joined(depth int) {
	for p.isWord("and") || p.isWord("or") {
		p.advance()
		p.either(depth)
	}
}

// recover skips to where reading can go on: the next joining word, or a closing parenthesis.
func (p *parser) recover() {
	for p.tok.kind != end && !p.isWord("and") && !p.isWord("or") && !p.is(")") {
		p.advance()
	}
}

func (p *parser) either(depth int) *node {
	kids := []*node{p.both(depth)}
	for p.isWord("or") {
		p.advance()
		kids = append(kids, p.both(depth))
	}
	return group(orNode, kids)
}

func (p *parser) both(depth int) *node {
	kids := []*node{p.one(depth)}
	for p.isWord("and") {
		p.advance()
		kids = append(kids, p.one(depth))
	}
	return group(andNode, kids)
}

func (p *parser) one(depth int) *node {
	switch {
	case depth > maxDepth:
		p.wrong(p.tok.at, "join the conditions with fewer parentheses", "the parentheses are nested deeper than %d", maxDepth)
		p.i, p.deep = len(p.text), true
		p.advance()
		return nil
	case p.isWord("not"):
		p.advance()
		kid := p.one(depth + 1)
		return &node{shape: notNode, kids: []*node{kid}}
	case p.is("("):
		at := p.tok.at
		p.advance()
		n := p.either(depth + 1)
		for !p.is(")") && p.tok.kind != end {
			p.wrong(p.tok.at, "put -and or -or before it", "%s stands where the rule should go on with -and or -or", p.tok.shown())
			p.recover()
			p.joined(depth + 1)
		}
		if !p.is(")") {
			if !p.deep {
				p.wrong(at, "close it", "this parenthesis is never closed")
			}
			return n
		}
		p.advance()
		return n
	}
	return p.comparison()
}

// comparison reads device.attribute -operator value.
func (p *parser) comparison() *node {
	a := p.attribute()
	if a == nil {
		p.recover()
		return nil
	}
	op, ok := p.operator(a)
	if !ok {
		p.recover()
		return nil
	}
	n := &node{shape: termNode, term: Term{Attribute: a, Op: op}}
	if op.list() {
		p.list(&n.term)
		return n
	}
	p.value(&n.term, true)
	return n
}

func (p *parser) attribute() *Attribute {
	t := p.tok
	switch {
	case t.kind == broken:
	case t.kind != word:
		p.wrong(t.at, `write it like device.isCompliant -eq True`, "a condition begins with device. and an attribute, not with %s", t.shown())
	default:
		p.advance()
		prefix, name, dotted := strings.Cut(t.s, ".")
		if !dotted || !strings.EqualFold(prefix, "device") {
			advice := `write it like device.isCompliant -eq True`
			if a := find(t.s); a != nil {
				advice = "write device." + a.Name
			}
			p.wrong(t.at, advice, "a condition begins with device. and an attribute, not with %s", t.shown())
			return nil
		}
		a := find(name)
		if a == nil {
			names := make([]string, len(attributes))
			for i := range attributes {
				names[i] = attributes[i].Name
			}
			advice := filter.Suggest(name, names)
			if advice == "" {
				advice = "the attributes are " + strings.Join(names[:14], ", ") + " and extensionAttribute1 to 15"
			}
			p.wrong(t.at+len("device."), advice, "%q is no attribute of a device in Conditional Access", clip(name))
		}
		return a
	}
	return nil
}

// otherOps are what people write who know another language.
var otherOps = map[string]Op{
	"=": Equals, "==": Equals, "equals": Equals, "is": Equals, "!=": NotEquals, "<>": NotEquals, "notequals": NotEquals, "isnot": NotEquals,
	"like": Contains, "notlike": NotContains, "beginswith": StartsWith, "nin": NotIn, "any": In,
}

func (p *parser) operator(a *Attribute) (Op, bool) {
	t := p.tok
	if t.kind != word {
		if t.kind != broken {
			p.wrong(t.at, "add one of "+ops(a), "an operator is missing after device.%s, before %s", a.Name, t.shown())
		}
		return "", false
	}
	p.advance()
	name := strings.TrimPrefix(t.s, "-")
	var all []string
	for _, op := range textOps {
		if strings.EqualFold(string(op), name) {
			if !a.fits(op) {
				p.wrong(t.at, "use "+ops(a), "-%s does not fit device.%s", op, a.Name)
				return "", false
			}
			return op, true
		}
		all = append(all, string(op))
	}
	advice := filter.Suggest(name, all)
	if op, ok := otherOps[strings.ToLower(name)]; ok {
		advice = "write -" + string(op)
	} else if advice == "" {
		advice = "use " + ops(a)
	}
	p.wrong(t.at, advice, "%s is no operator", t.shown())
	return "", false
}

func ops(a *Attribute) string {
	out := make([]string, len(a.Ops))
	for i, op := range a.Ops {
		out[i] = "-" + string(op)
	}
	return strings.Join(out, ", ")
}

// value reads one value into the term.
func (p *parser) value(to *Term, single bool) {
	t, a := p.tok, to.Attribute
	switch {
	case t.kind == broken:
		p.advance()
		return
	case single && p.is("["):
		p.wrong(t.at, "use -in, or one value without brackets", "-%s takes one value, not a list", to.Op)
		p.list(&Term{Attribute: a, Op: In})
		return
	case t.kind == word && single && strings.EqualFold(t.s, "null") && to.Op.positive() == Equals:
		p.advance()
		to.Null = true
		return
	case t.kind == word && a.Bool && (strings.EqualFold(t.s, "true") || strings.EqualFold(t.s, "false")):
	case t.kind != text:
		advice := "put the value in quotes"
		if t.kind == word && !p.isWord("and") && !p.isWord("or") {
			p.wrong(t.at, `write "`+clip(t.s)+`"`, "the value %s is not in quotes", t.shown())
			p.advance()
			return
		}
		p.wrong(t.at, advice, "a value is missing before %s", t.shown())
		return
	}
	p.advance()
	v := t.s
	if v == "" {
		p.wrong(t.at, "compare with null for devices without a value", "the value is empty")
		return
	}
	if a.Values != nil {
		i := slices.IndexFunc(a.Values, func(have string) bool { return strings.EqualFold(have, v) })
		if i < 0 {
			p.wrong(t.at, "use "+strings.Join(a.Values, ", "), "%q is not a value of device.%s", clip(v), a.Name)
			return
		}
		v = a.Values[i]
	}
	to.Values = append(to.Values, v)
}

// list reads ["a", "b"].
func (p *parser) list(to *Term) {
	if !p.is("[") {
		if p.tok.kind != broken {
			p.wrong(p.tok.at, `write ["first", "second"]`, "-%s takes a list in brackets, not %s", to.Op, p.tok.shown())
		}
		p.recover()
		return
	}
	open := p.tok.at
	p.advance()
	if p.is("]") {
		p.wrong(open, "name at least one value", "the list is empty")
		p.advance()
		return
	}
	for {
		p.value(to, false)
		switch {
		case p.is(","):
			p.advance()
		case p.is("]"):
			p.advance()
			return
		default:
			if p.tok.kind == end {
				p.wrong(open, "close it with ]", "the list is never closed")
			} else {
				p.wrong(p.tok.at, "separate values by commas and end with ]", "%s stands in a list of values", p.tok.shown())
			}
			for p.tok.kind != end && !p.is("]") && !p.isWord("and") && !p.isWord("or") {
				p.advance()
			}
			if p.is("]") {
				p.advance()
			}
			return
		}
	}
}
