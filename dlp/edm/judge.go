package edm

import (
	"encoding/binary"
	"unicode"
	"unicode/utf8"

	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/fault"
)

// Type is the information type of a schema with its table. Without a table it has the same patterns, and every match of
// one is an error: a missing table is not an empty one.
func (s *Schema) Type(t *Table) dlp.Type {
	out := dlp.Type{ID: s.ID, Name: s.Name, Group: dlp.Own, About: s.About, Proximity: s.Proximity}
	section := 0
	for _, c := range s.Columns {
		if !c.Search {
			continue
		}
		j := judge{schema: s, table: t, section: section, form: c.Form}
		section++
		out.Patterns = append(out.Patterns, dlp.Pattern{Expr: c.Expr, Alone: s.Alone, Near: s.With, Check: j.maybe, Judge: j.judge})
	}
	return out
}

// judge decides about matches of one searched column.
type judge struct {
	schema  *Schema
	table   *Table
	section int
	form    Form
}

// maybe says whether the table may have a match: most values that are not there get no further.
func (j judge) maybe(match []byte) bool {
	if j.table == nil {
		return true // the judge says what is wrong
	}
	w := j.table.window()
	defer j.table.pool.Put(w)
	return w.value(j, match) && j.table.index.sections[j.section].has(w.hashed(j.form))
}

// value makes a match the gram; ok is false when its length is no value's.
func (w *window) value(j judge, match []byte) (ok bool) {
	header := j.table.index.header
	w.gram = j.form.normal(append(w.gram[:0], forms[j.form]), match)
	n := len(w.gram) - 1
	return n >= minValue && n <= header.Lengths[header.Sections[j.section].Column] && utf8.RuneCount(w.gram[1:]) >= minValue
}

func (j judge) judge(text []byte, start, end int) (int, error) {
	v, err := j.look(text, start, end)
	return v.Confidence, err
}

// Look is what was found about one match.
type Look struct {
	Confidence int
	Rows       int // that have the value
	Columns    int // the most other columns of one row that are near
}

// look reads at most MaxSame rows.
func (j judge) look(text []byte, start, end int) (v Look, err error) {
	if j.table == nil {
		return v, &fault.Error{Kind: fault.Unavailable, Op: "edm.judge", Key: j.schema.ID, Msg: "its table has not been uploaded", Help: "referee dlp edm upload"}
	}
	w := j.table.window()
	defer j.table.pool.Put(w)
	if !w.value(j, text[start:end]) {
		return v, nil
	}
	header := j.table.index.header
	column := header.Sections[j.section].Column
	near := false
	w.records, err = j.table.rows(j.section, w.hashed(j.form), w.records, func(record []byte) {
		v.Rows++
		if j.schema.Supporting == 0 {
			return
		}
		if !near {
			near = true
			w.read(header, column, text, start, end)
		}
		v.Columns = max(v.Columns, w.count(record))
	})
	switch {
	case err != nil || v.Rows == 0:
	case j.schema.Supporting > 0 && v.Columns >= j.schema.Supporting:
		v.Confidence = j.schema.With
	default:
		v.Confidence = j.schema.Alone
	}
	return v, err
}

// window hashes what is near a match. Texts with many rows of a table have the same words in many windows, so hashes are
// remembered.
type window struct {
	hash    *Hasher
	records []byte
	near    map[uint64]bool
	known   map[string]uint64
	spans   []span
	gram    []byte
}

type span struct{ start, end int }

// maxKnown is how many hashes a window remembers.
const maxKnown = 1 << 14

func (t *Table) window() *window {
	if w, ok := t.pool.Get().(*window); ok {
		return w
	}
	return &window{hash: t.key.Hasher(), near: map[uint64]bool{}, known: map[string]uint64{}}
}

// most is how long what is near can be, by the other columns.
type most struct{ words, bytes int }

// read hashes everything around text[start:end] that may be a value of another column than the one that was searched for.
func (w *window) read(h *Header, searched int, text []byte, start, end int) {
	clear(w.near)
	longest := map[Form]most{}
	for i, c := range h.Columns {
		if i != searched {
			l := longest[c.Form]
			longest[c.Form] = most{max(l.words, h.Words[i]), max(l.bytes, h.Lengths[i])}
		}
	}
	for f, l := range longest {
		for _, side := range [2][]byte{text[:start], text[end:]} {
			if f == FormText || f == FormExact {
				w.words(f, side, l)
			} else {
				w.runs(f, side, l)
			}
		}
	}
}

// words adds all sequences of words that are not too long.
func (w *window) words(f Form, text []byte, l most) {
	w.spans = w.spans[:0]
	for at := 0; at < len(text); {
		start, end, next := nextWord(text, at)
		at = next
		if end > start {
			w.spans = append(w.spans, span{start, end})
		}
	}
	for i := range w.spans {
		w.gram = append(w.gram[:0], forms[f])
		for k := i; k < min(i+l.words, len(w.spans)) && len(w.gram)-1 < l.bytes; k++ {
			if k > i {
				w.gram = append(w.gram, ' ')
			}
			w.gram = f.word(w.gram, text[w.spans[k].start:w.spans[k].end])
			w.add(f)
		}
	}
}

// runs adds all sequences of runs of digits, or of letters and digits, that only a little punctuation parts.
func (w *window) runs(f Form, text []byte, l most) {
	const gap = 3 // bytes, such as ") "
	w.spans = w.spans[:0]
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if !inRun(f, r) {
			i += size
			continue
		}
		start := i
		for i < len(text) && inRun(f, r) {
			if i += size; i < len(text) {
				r, size = utf8.DecodeRune(text[i:])
			}
		}
		w.spans = append(w.spans, span{start, i})
	}
	for i := range w.spans {
		w.gram = append(w.gram[:0], forms[f])
		for k := i; k < min(i+l.words, len(w.spans)) && len(w.gram)-1 < l.bytes; k++ {
			if k > i && w.spans[k].start-w.spans[k-1].end > gap {
				break
			}
			w.gram = f.normal(w.gram, text[w.spans[k].start:w.spans[k].end])
			w.add(f)
		}
	}
}

func inRun(f Form, r rune) bool {
	if f == FormDigits {
		return r >= '0' && r <= '9' // the engine's text has no other digits
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}

// add hashes the gram, which begins with its form's letter.
func (w *window) add(f Form) {
	if len(w.gram) == 1 || len(w.gram) > maxValue+1 {
		return
	}
	w.near[w.hashed(f)] = true
}

// hashed is the hash of the gram.
func (w *window) hashed(f Form) uint64 {
	h, ok := w.known[string(w.gram)]
	if !ok {
		h = w.hash.normal(f, w.gram[1:])
		if len(w.known) >= maxKnown {
			clear(w.known)
		}
		w.known[string(w.gram)] = h
	}
	return h
}

// count is how many different other values of a row are near.
func (w *window) count(record []byte) int {
	n := 0
	for at := cell; at < len(record); at += cell {
		h := binary.BigEndian.Uint64(record[at:])
		if h == 0 || !w.near[h] {
			continue
		}
		double := false
		for before := 0; before < at; before += cell { // the same value in two columns is one
			double = double || binary.BigEndian.Uint64(record[before:]) == h
		}
		if !double {
			n++
		}
	}
	return n
}
