// Package trie finds keywords and phrases in text: thousands of them, or dictionaries of hundreds of thousands, in one
// walk. It owns how keywords are compared with text: without regard to case, with any run of spaces, hyphens and
// underscores taken for one space, and at the borders of words in scripts that have them.
//
// It doesn't know what a keyword is for: each carries numbers that its matches report. A [Trie] is immutable and safe
// for concurrent use. L1, pure. Begin with [Build] and [Trie.Next]; fold.go has the rules of comparison.
package trie

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Entry is a keyword and the number it is known by. Several entries may have the same keyword or the same number.
type Entry struct {
	Keyword string
	ID      uint32
}

// Hit is a keyword found at text[Start:End].
type Hit struct {
	Start, End int
	ID         uint32
}

type node struct {
	first uint32 // the first child's index; children lie side by side, by label
	value uint32 // 1 + index into values, 0 for none
	count uint16
	label byte
}

// Trie is a set of keywords.
type Trie struct {
	nodes  []node
	values [][]uint32
	root   [256]uint32 // child of the root by first byte, 0 for none
	first  firsts
	reach  int
}

// Build makes a trie. Keywords without a letter or digit are left out.
func Build(entries []Entry) *Trie {
	type folded struct {
		key string
		id  uint32
	}
	keys := make([]folded, 0, len(entries))
	t := &Trie{}
	for _, e := range entries {
		if k := Fold(e.Keyword); k != "" {
			keys = append(keys, folded{k, e.ID})
			t.reach = max(t.reach, reach(k))
		}
	}
	slices.SortFunc(keys, func(a, b folded) int {
		if c := strings.Compare(a.key, b.key); c != 0 {
			return c
		}
		return int(a.id) - int(b.id)
	})
	keys = slices.Compact(keys)
	for _, k := range keys {
		t.first.add(k.key)
	}
	type span struct {
		lo, hi, depth int
	}
	t.nodes = append(t.nodes, node{})
	queue := []span{{0, len(keys), 0}}
	for n := 0; n < len(queue); n++ {
		q := queue[n]
		lo := q.lo
		var ids []uint32
		for lo < q.hi && len(keys[lo].key) == q.depth {
			ids = append(ids, keys[lo].id)
			lo++
		}
		if len(ids) > 0 {
			t.values = append(t.values, ids)
			t.nodes[n].value = uint32(len(t.values))
		}
		t.nodes[n].first = uint32(len(t.nodes))
		for lo < q.hi {
			b, end := keys[lo].key[q.depth], lo
			for end < q.hi && keys[end].key[q.depth] == b {
				end++
			}
			t.nodes = append(t.nodes, node{label: b})
			t.nodes[n].count++
			queue = append(queue, span{lo, end, q.depth + 1})
			lo = end
		}
		queue[n] = span{}
	}
	for i := range uint32(t.nodes[0].count) {
		c := t.nodes[0].first + i
		t.root[t.nodes[c].label] = c
	}
	return t
}

// Reach is how many bytes of text a match and the look at what follows it can take at most.
func (t *Trie) Reach() int { return t.reach }

// Empty says whether there is no keyword.
func (t *Trie) Empty() bool { return len(t.nodes) <= 1 }

func (t *Trie) child(n uint32, b byte) uint32 {
	if n == 0 {
		return t.root[b]
	}
	nd := &t.nodes[n]
	if nd.count == 1 {
		if t.nodes[nd.first].label == b {
			return nd.first
		}
		return 0
	}
	kids := t.nodes[nd.first : nd.first+uint32(nd.count)]
	if len(kids) <= 8 {
		for i := range kids {
			if kids[i].label == b {
				return nd.first + uint32(i)
			}
		}
		return 0
	}
	i, ok := slices.BinarySearchFunc(kids, b, func(k node, b byte) int { return int(k.label) - int(b) })
	if !ok {
		return 0
	}
	return nd.first + uint32(i)
}

// Next appends all keywords that begin in text[at:limit] to hits. text must reach far enough past limit for the
// longest keyword, or end there. What lies before at is looked at for the border of the word only.
func (t *Trie) Next(text []byte, at, limit int, hits []Hit) []Hit {
	for i := at; i < limit; {
		b := text[i]
		if b < utf8.RuneSelf {
			if (!alnum[b] || i == 0 || !alnum[text[i-1]]) && t.first.has(text, i) && (!alnum[b] || i == 0 || text[i-1] < utf8.RuneSelf || !wordBefore(text, i)) {
				hits = t.match(text, i, hits)
			}
			i++
			continue
		}
		if !utf8.RuneStart(b) {
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		if (!bounded(r) || !wordBefore(text, i)) && r != utf8.RuneError {
			hits = t.match(text, i, hits)
		}
		i += size
	}
	return hits
}

func (t *Trie) match(text []byte, start int, hits []Hit) []Hit {
	var n uint32
	var buf [utf8.UTFMax]byte
	last := rune(0)
	for i := start; ; {
		if v := t.nodes[n].value; v != 0 && (!bounded(last) || !wordAfter(text, i)) {
			for _, id := range t.values[v-1] {
				hits = append(hits, Hit{start, i, id})
			}
		}
		if i >= len(text) {
			return hits
		}
		if b := text[i]; b < utf8.RuneSelf {
			f := lower[b]
			last = rune(f)
			if n = t.child(n, f); n == 0 {
				return hits
			}
			if i++; f == ' ' {
				i = skipSpace(text, i)
			}
			continue
		}
		r, size := foldRune(text[i:])
		last = r
		for _, b := range utf8.AppendRune(buf[:0], r) {
			if n = t.child(n, b); n == 0 {
				return hits
			}
		}
		if i += size; r == ' ' {
			i = skipSpace(text, i)
		}
	}
}
