package own

import (
	"bytes"
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"

	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/sit"
	"github.com/referee-casb/referee/fault"
)

// Bounds of a tenant's documents together.
const (
	MaxDocuments = 500
	MaxTotal     = 64 << 20 // bytes of text
	// MaxProgram bounds all expressions together, in instructions of package regexp: [a-z]{100} takes some hundred.
	MaxProgram = 200_000
)

// Set is what one tenant can look for: the built-in types and bundles, and its own. It is immutable.
type Set struct {
	Types     []dlp.Type
	Bundles   []dlp.Bundle
	Documents []Document // the tenant's own, by id
	Waiting   []string   // exact data matches whose table is not there yet, or is another schema's: they are not in Types
	Revision  int64      // another one means other types
}

// BuiltIn is the set of a tenant without own types.
func BuiltIn() *Set {
	s := builtIn()
	return &Set{Types: slices.Clip(s.Types), Bundles: slices.Clip(s.Bundles)}
}

// builtIn is made once: tenants share it.
var builtIn = sync.OnceValue(func() *Set { return &Set{Types: sit.All(), Bundles: sit.Bundles()} })

// NewSet is the set of a tenant with these documents.
func NewSet(docs []Document, revision int64) *Set {
	s := BuiltIn()
	s.Revision, s.Documents = revision, slices.Clone(docs)
	slices.SortFunc(s.Documents, func(a, b Document) int { return strings.Compare(a.ID, b.ID) })
	for _, d := range s.Documents {
		if d.Type != nil {
			s.Types = append(s.Types, *d.Type)
		}
		if d.Bundle != nil {
			s.Bundles = append(s.Bundles, *d.Bundle)
		}
	}
	return s
}

// Find returns the document of an id.
func (s *Set) Find(id string) (Document, bool) {
	i := slices.IndexFunc(s.Documents, func(d Document) bool { return d.ID == id })
	if i < 0 {
		return Document{}, false
	}
	return s.Documents[i], true
}

// Text is all documents as one, for a process that decodes them itself.
func (s *Set) Text() []byte {
	texts := make([][]byte, len(s.Documents))
	for i, d := range s.Documents {
		texts[i] = d.Text
	}
	return bytes.Join(texts, []byte("---\n"))
}

// Resolve names the types behind ids of types and bundles, each once.
func (s *Set) Resolve(ids []string) ([]string, error) {
	var out []string
	add := func(id string) {
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	for _, id := range ids {
		if slices.ContainsFunc(s.Types, func(t dlp.Type) bool { return t.ID == id }) {
			add(id)
			continue
		}
		if slices.Contains(s.Waiting, id) {
			return nil, &fault.Error{Kind: fault.Unavailable, Op: "dlp.Resolve", Key: id, Msg: "its table has not been uploaded, or was made for another schema", Help: "`referee dlp edm hash`, then `referee dlp edm upload`"}
		}
		i := slices.IndexFunc(s.Bundles, func(b dlp.Bundle) bool { return b.ID == id })
		if i < 0 {
			return nil, &fault.Error{Kind: fault.NotFound, Op: "dlp.Resolve", Key: id, Msg: "is no information type and no bundle", Help: "`referee dlp types list` shows them"}
		}
		for _, t := range s.Bundles[i].Types {
			add(t)
		}
	}
	return out, nil
}

// With is the set after documents were added or changed, and ids removed. It fails when they don't stand together: an id
// that is a built-in type's, a bundle of types that there are not, or more than an engine takes.
func (s *Set) With(docs []Document, remove ...string) (*Set, error) {
	const op = "dlp.types"
	invalid := func(id, help, msg string) error {
		return &fault.Error{Kind: fault.Invalid, Op: op, Key: id, Msg: msg, Help: help}
	}
	base := BuiltIn()
	for _, d := range docs {
		if slices.ContainsFunc(base.Types, func(t dlp.Type) bool { return t.ID == d.ID }) || slices.ContainsFunc(base.Bundles, func(b dlp.Bundle) bool { return b.ID == d.ID }) {
			return nil, invalid(d.ID, "choose another id, such as my-"+d.ID, "is the id of a built-in type or bundle")
		}
	}
	kept := slices.DeleteFunc(slices.Clone(s.Documents), func(have Document) bool {
		return slices.Contains(remove, have.ID) || slices.ContainsFunc(docs, func(d Document) bool { return d.ID == have.ID })
	})
	next := NewSet(append(kept, docs...), s.Revision)
	total := 0
	for _, d := range next.Documents {
		total += len(d.Text)
		if d.Bundle == nil {
			continue
		}
		for _, id := range d.Bundle.Types {
			if !slices.ContainsFunc(next.Types, func(t dlp.Type) bool { return t.ID == id }) {
				return nil, invalid(d.ID, "apply that type with it, or take it out of the bundle", "is a bundle with "+id+", and there is no such type")
			}
		}
	}
	if len(next.Documents) > MaxDocuments || total > MaxTotal {
		return nil, &fault.Error{Kind: fault.Limited, Op: op, Msg: "these are more own types than a tenant may have: 500 documents of 64 MB together", Help: "remove those that nothing uses"}
	}
	if n := program(next.Types[len(base.Types):]); n > MaxProgram {
		return nil, &fault.Error{Kind: fault.Limited, Op: op, Msg: fmt.Sprintf("the expressions of the tenant's types come to %d steps together, and %d may be", n, MaxProgram), Help: "bound repetitions more tightly, or use words: for lists"}
	}
	if _, err := dlp.New(next.Types[len(base.Types):]); err != nil {
		return nil, err
	}
	return next, nil
}

// program is how long the expressions of types are when they are compiled.
func program(types []dlp.Type) int {
	n := 0
	for _, t := range types {
		for _, p := range t.Patterns {
			re, err := syntax.Parse(p.Expr, syntax.Perl)
			if err != nil {
				continue // the engine says it
			}
			if prog, err := syntax.Compile(re.Simplify()); err == nil {
				n += len(prog.Inst)
			}
		}
	}
	return n
}
