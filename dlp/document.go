package dlp

import (
	"regexp"
	"slices"
	"strings"

	"github.com/referee-casb/referee/dlp/checksum"
	"github.com/referee-casb/referee/dlp/internal/trie"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/internal/strict"
)

// Bundle is a named set of types that a policy can ask for at once.
type Bundle struct {
	ID    string   `json:"id"`
	Name  string   `json:"name"`
	Types []string `json:"types"`
}

// Bounds of documents.
const (
	MaxDocumentText = 32 << 20 // bytes of one text
	MaxWords        = 500_000  // of one type
	MaxPatterns     = 100
	MaxProximity    = 2000 // characters
)

var idPattern = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// checksums are the checks that own types can name; each takes all digits (or digits and letters) of a match.
var checksums = map[string]func([]byte) bool{
	"luhn":         func(m []byte) bool { return checksum.Luhn(checksum.Digits(nil, m)) },
	"verhoeff":     func(m []byte) bool { return checksum.Verhoeff(checksum.Digits(nil, m)) },
	"mod97-10":     func(m []byte) bool { return checksum.Mod97(checksum.Alnum(nil, m)) == 1 },
	"mod11-10":     func(m []byte) bool { return checksum.Mod11x10(checksum.Digits(nil, m)) },
	"mod11-2":      func(m []byte) bool { return checksum.Mod11x2(mod11Values(m)) },
	"luhn-letters": func(m []byte) bool { return checksum.LuhnLetters(checksum.Alnum(nil, m)) },
}

// mod11Values reads a final X as 10.
func mod11Values(m []byte) []byte {
	v := checksum.Alnum(nil, m)
	if n := len(v); n > 0 && v[n-1] == 33 {
		v[n-1] = 10
	}
	return v
}

// DecodeTypes reads a tenant's own types (kind InformationType) and bundles (kind InformationTypeBundle) from YAML,
// several documents separated by ---, or from a JSON object. It returns every mistake it can find, with its place; what
// has a mistake must not be used.
func DecodeTypes(text []byte) ([]Type, []Bundle, filter.Mistakes) {
	var types []Type
	var bundles []Bundle
	r := &strict.Reader{}
	if len(text) > MaxDocumentText {
		r.Wrong(nil, "", "split it into files", "the text is longer than %d bytes", MaxDocumentText)
		return nil, nil, r.Mistakes
	}
	seen := map[string]bool{}
	for _, n := range r.Documents(text) {
		m := r.Open(n, "")
		if m == nil {
			continue
		}
		h := DecodeHead(r, m, seen, KindType, KindBundle)
		if h.Kind == KindBundle {
			bundles = append(bundles, DecodeBundle(r, m, h))
		} else {
			types = append(types, DecodeType(r, m, h))
		}
	}
	r.Sort()
	return types, bundles, r.Mistakes
}

// The kinds of documents that say what a type is, and what a bundle.
const (
	KindType   = "InformationType"
	KindBundle = "InformationTypeBundle"
)

// Head is how every document of own types begins.
type Head struct{ Kind, ID, Name string }

// DecodeHead reads a document's head; its kind is one of kinds. seen holds the ids of the documents before it.
func DecodeHead(r *strict.Reader, m *strict.Map, seen map[string]bool, kinds ...string) Head {
	var h Head
	m.Need("kind", "write kind: "+strings.Join(kinds, " or "))
	m.Need("id", "write id: with a short name of lower-case letters, digits and hyphens")
	m.Need("name", "write name: as people should see it")
	strict.Word(m, "kind", &h.Kind, kinds...)
	m.Text("id", &h.ID)
	m.Text("name", &h.Name)
	switch {
	case h.ID != "" && (len(h.ID) > 64 || !idPattern.MatchString(h.ID)):
		r.Wrong(m.At("id"), "id", "use lower-case letters, digits and single hyphens, at most 64", "%q is not an id", strict.Clip(h.ID))
	case h.ID != "" && seen[h.ID]:
		r.Wrong(m.At("id"), "id", "give each document its own id", "%q is used above", h.ID)
	}
	seen[h.ID] = true
	return h
}

// DecodeBundle reads the rest of a bundle.
func DecodeBundle(r *strict.Reader, m *strict.Map, h Head) Bundle {
	b := Bundle{ID: h.ID, Name: h.Name}
	m.Need("types", "list the ids of information types")
	m.Texts("types", &b.Types)
	if m.Has("types") && len(b.Types) == 0 {
		r.Wrong(m.At("types"), "types", "list the ids of information types", "the bundle is empty")
	}
	m.Done()
	return b
}

// DecodeType reads the rest of a type that is found by patterns.
func DecodeType(r *strict.Reader, m *strict.Map, h Head) Type {
	t := Type{ID: h.ID, Name: h.Name, Group: Own}
	decodeType(r, m, &t)
	m.Done()
	return t
}

func decodeType(r *strict.Reader, m *strict.Map, t *Type) {
	m.Text("description", &t.About)
	m.Int("proximity", &t.Proximity, 1, MaxProximity)
	m.Texts("keywords", &t.Keywords)
	keywords(r, m, "keywords", t.Keywords)
	m.Texts("positives", &t.Positives)
	m.Texts("negatives", &t.Negatives)
	m.Need("patterns", "write a list of patterns, each with regexp: or words:")
	items := m.Items("patterns")
	if m.Has("patterns") && (len(items) == 0 || len(items) > MaxPatterns) {
		r.Wrong(m.At("patterns"), m.Path("patterns"), "", "has %d patterns; a type has 1 to %d", len(items), MaxPatterns)
		return
	}
	for _, it := range items {
		pm := r.Open(it.Node, it.Path)
		if pm == nil {
			continue
		}
		before := len(r.Mistakes)
		p := decodePattern(r, pm, t)
		pm.Done()
		if len(r.Mistakes) > before {
			continue
		}
		// The engine has the last word: sizes, confidence without evidence.
		b := builder{e: &Engine{types: []Type{*t}}, listOf: map[string]int{}}
		if err := b.add(0, &p); err != nil {
			r.Wrong(it.Node, it.Path, "", "%v", err)
			continue
		}
		t.Patterns = append(t.Patterns, p)
	}
}

func decodePattern(r *strict.Reader, m *strict.Map, t *Type) Pattern {
	p := Pattern{Anywhere: true}
	m.Text("regexp", &p.Expr)
	m.Texts("words", &p.Words)
	m.Texts("keywords", &p.Keywords)
	m.Texts("without", &p.Without)
	for key, list := range map[string][]string{"words": p.Words, "keywords": p.Keywords, "without": p.Without} {
		keywords(r, m, key, list)
	}
	confidence(r, m, "confidence", &p.Alone)
	confidence(r, m, "withKeyword", &p.Near)
	if m.Has("regexp") == m.Has("words") {
		r.Wrong(m.At(""), m.Path(""), "write regexp: with an expression, or words: with a list", "a pattern has either a regexp or words")
	}
	switch {
	case !m.Has("confidence") && !m.Has("withKeyword"):
		p.Alone = Medium
	case p.Near != 0 && p.Near <= p.Alone:
		r.Wrong(m.At("withKeyword"), m.Path("withKeyword"), "", "a keyword must raise the confidence from %d", p.Alone)
	case m.Has("withKeyword") && len(p.Keywords)+len(t.Keywords) == 0:
		r.Wrong(m.At("withKeyword"), m.Path("withKeyword"), "list keywords: here or at the type", "there are no keywords")
	}
	if p.Expr != "" {
		re, err := regexp.Compile(p.Expr)
		switch {
		case err != nil:
			r.Wrong(m.At("regexp"), m.Path("regexp"), "expressions are RE2", "%s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
		case re.MatchString(""):
			r.Wrong(m.At("regexp"), m.Path("regexp"), "ask for at least one character", "matches the empty text")
		}
	}
	p.Check = decodeCheck(r, m)
	return p
}

func confidence(r *strict.Reader, m *strict.Map, key string, to *int) {
	m.Int(key, to, Low, High)
	if *to != 0 && levelOf(*to) < 0 {
		r.Wrong(m.At(key), m.Path(key), "use 65 (low), 75 (medium) or 85 (high)", "%d is not a confidence level", *to)
		*to = 0
	}
}

func keywords(r *strict.Reader, m *strict.Map, key string, list []string) {
	if len(list) > MaxWords {
		r.Wrong(m.At(key), m.Path(key), "", "has more than %d words", MaxWords)
	}
	for _, k := range list {
		if f := trie.Fold(k); f == "" || len(f) > 200 {
			r.Wrong(m.At(key), m.Path(key), "", "%q is no keyword: it needs a letter or digit and at most 200 bytes", strict.Clip(k))
		}
	}
}

// decodeCheck reads what a match must pass: a checksum, and that it is none of the exceptions.
func decodeCheck(r *strict.Reader, m *strict.Map) func([]byte) bool {
	names := make([]string, 0, len(checksums))
	for n := range checksums {
		names = append(names, n)
	}
	slices.Sort(names)
	var name string
	strict.Word(m, "checksum", &name, names...)
	sum := checksums[name]
	values := map[string]bool{}
	var expressions []*regexp.Regexp
	if e := m.Map("except"); e != nil {
		var list, exprs []string
		e.Texts("values", &list)
		e.Texts("regexps", &exprs)
		e.Done()
		for _, v := range list {
			values[trie.Fold(v)] = true
		}
		for _, x := range exprs {
			re, err := regexp.Compile(x)
			if err != nil {
				r.Wrong(e.At("regexps"), e.Path("regexps"), "expressions are RE2", "%s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
				continue
			}
			expressions = append(expressions, re)
		}
	}
	if sum == nil && len(values)+len(expressions) == 0 {
		return nil
	}
	return func(match []byte) bool {
		return (sum == nil || sum(match)) && (len(values) == 0 || !values[trie.Fold(string(match))]) &&
			!slices.ContainsFunc(expressions, func(re *regexp.Regexp) bool { return re.Match(match) })
	}
}
