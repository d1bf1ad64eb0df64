package dlp

import (
	"cmp"
	"hash/maphash"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/referee-casb/referee/model"
)

// Report is what a scan found.
type Report struct {
	// Findings are by type and confidence, the highest first: Count and Unique are the matches of at least that
	// confidence, so a rule that asks for a confidence and a number compares with one of them.
	Findings []model.Finding `json:"findings"`
	Matches  []Match         `json:"matches,omitempty"` // in the order of the text, as many a type as were asked for
	Bytes    int64           `json:"bytes"`             // of the text that was looked at
	Partial  bool            `json:"partial,omitempty"` // Options.Enough ended the scan
}

// Match is where something was found. Masked shows its shape: digits as #, letters as x, other characters as they are.
type Match struct {
	Type       string `json:"type"`
	Start      int64  `json:"start"` // in bytes of the text
	End        int64  `json:"end"`
	Confidence int    `json:"confidence"`
	Masked     string `json:"masked"`
	// Context is the match with what is around it, on request: digits and all matches masked, and words with digits in
	// them or without end, as secrets are. It may name people.
	Context string `json:"context,omitempty"`
}

// MaxUnique is up to how many distinct values of a type are told apart; Unique goes no higher.
const MaxUnique = 1 << 14

// tally counts the matches of a type.
type tally struct {
	counts [3]int // by level, at exactly that confidence
	seen   distinct
	kept   int
	places []Match
	origin []stretch // where places lie in the text as it came
	around []snippet // by place, when contexts are asked for
}

var levels = [3]int{Low, Medium, High}

func levelOf(confidence int) int { return slices.Index(levels[:], confidence) }

// seed is of the process: hashes never leave it.
var seed = maphash.MakeSeed()

func (s *Scan) count(c candidate) {
	if c.confidence < s.opt.Confidence {
		return
	}
	t, level := &s.tally[c.typ], levelOf(c.confidence)
	t.counts[level]++
	t.seen.add(hashOf(s.buf[c.start:c.end]), uint8(level))
	if t.kept < s.opt.Matches {
		t.kept++
		if s.opt.Context > 0 {
			t.around = append(t.around, s.snippet(c.start, c.end))
		}
		from, to := s.plain.Origin(s.base+int64(c.start), s.base+int64(c.end))
		t.origin = append(t.origin, stretch{from, to})
		t.places = append(t.places, Match{
			Type: s.e.types[c.typ].ID, Start: s.base + int64(c.start), End: s.base + int64(c.end), Confidence: c.confidence,
			Masked: mask(s.buf[c.start:c.end], min(4, s.opt.Last)),
		})
	}
	if s.opt.Enough != nil && !s.enough {
		n := 0
		for _, k := range t.counts[level:] {
			n += k
		}
		s.enough = s.opt.Enough(s.e.types[c.typ].ID, c.confidence, n)
	}
}

// distinct are the hashes of values, with the highest level each was seen at: a table with open addressing, since it is
// asked at every match. A slot is a hash whose last two bits are 1 + the level, 0 when it is free.
type distinct struct {
	slots []uint64 // a power of two, at most half of them used
	used  int
}

const levelBits = 3

// add takes a value. A full table takes nothing more.
func (d *distinct) add(hash uint64, level uint8) {
	if d.used == MaxUnique {
		return
	}
	if 2*d.used >= len(d.slots) {
		old := d.slots
		d.slots = make([]uint64, max(16, 2*len(old)))
		for _, s := range old {
			if s != 0 {
				*d.at(s) = s
			}
		}
	}
	s := d.at(hash)
	if *s == 0 {
		d.used++
		*s = hash &^ levelBits
	}
	*s = *s&^levelBits | max(*s&levelBits, uint64(level)+1)
}

// at is the slot of a hash, or the free one that it would take.
func (d *distinct) at(hash uint64) *uint64 {
	mask := uint64(len(d.slots) - 1)
	for i := hash >> 8 & mask; ; i = (i + 1) & mask {
		if s := &d.slots[i]; *s == 0 || (*s^hash)&^levelBits == 0 {
			return s
		}
	}
}

// atLeast counts the values seen at a level or higher.
func (d *distinct) atLeast(level int) int {
	n := 0
	for _, s := range d.slots {
		if int(s&levelBits) > level {
			n++
		}
	}
	return n
}

// hashOf is the same for values that differ in case and separators only.
func hashOf(match []byte) uint64 {
	var room [256]byte
	text := room[:0]
	for _, b := range match {
		switch {
		case b >= 'a' && b <= 'z':
			text = append(text, b-'a'+'A')
		case b == ' ' || b == '-' || b == '.' || b == '/' || b == '\t' || b == '\n':
		default:
			text = append(text, b)
		}
	}
	return maphash.Bytes(seed, text)
}

// maxMasked is how many characters of a long match are shown.
const maxMasked = 64

func mask(match []byte, last int) string {
	text := []rune(string(match))
	for i, n := len(text)-1, 0; i >= 0; i-- {
		r := text[i]
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			if r == utf8.RuneError || unicode.IsControl(r) {
				text[i] = ' '
			}
			continue
		}
		// What is short is masked whole: four of five digits are no mask.
		if n++; n <= last && len(text) >= 3*last {
			continue
		}
		if unicode.IsDigit(r) {
			text[i] = '#'
		} else {
			text[i] = 'x'
		}
	}
	if len(text) > maxMasked {
		text = append(append([]rune{}, text[:maxMasked-1]...), '…')
	}
	return string(text)
}

func (s *Scan) report() Report {
	r := Report{Findings: []model.Finding{}, Bytes: s.total, Partial: s.enough}
	s.contexts()
	for i := range s.tally {
		t := &s.tally[i]
		count := 0
		for level := len(levels) - 1; level >= 0; level-- {
			count += t.counts[level]
			if t.counts[level] == 0 {
				continue
			}
			r.Findings = append(r.Findings, model.Finding{Type: s.e.types[i].ID, Confidence: levels[level], Count: count, Unique: t.seen.atLeast(level)})
		}
		for k, o := range t.origin {
			t.places[k].Start, t.places[k].End = o.start, o.end
		}
		r.Matches = append(r.Matches, t.places...)
	}
	slices.SortStableFunc(r.Findings, func(a, b model.Finding) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(b.Confidence, a.Confidence))
	})
	slices.SortStableFunc(r.Matches, func(a, b Match) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.Type, b.Type), cmp.Compare(a.End, b.End))
	})
	return r
}
