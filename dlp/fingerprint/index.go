package fingerprint

// Index finds several prints in one walk over a text. It is immutable and safe for concurrent use.
type Index struct {
	prints []Print
	bits   []uint64          // a filter in front of owners: one bit by the low bits of each hash
	mask   uint64            // of bit numbers
	owners map[uint64][]mark // by hash
}

type mark struct{ print, number uint32 }

// NewIndex makes an index. Similarities are asked for by the place in prints.
func NewIndex(prints []Print) *Index {
	x := &Index{prints: prints, owners: map[uint64][]mark{}}
	for i, p := range prints {
		for k, h := range p.Hashes {
			x.owners[h] = append(x.owners[h], mark{uint32(i), uint32(k)})
		}
	}
	size := uint64(1 << 12)
	for size < 32*uint64(len(x.owners)) {
		size <<= 1
	}
	x.bits, x.mask = make([]uint64, size/64), size-1
	for h := range x.owners {
		x.bits[h&x.mask/64] |= 1 << (h % 64)
	}
	return x
}

// Scan is one text on its way past an index. It is used by one goroutine.
type Scan struct {
	x     *Index
	words shingler
	seen  [][]uint64 // by print, a bit a hash
	count []int
	emit  func(uint64)
}

// Start begins a scan.
func (x *Index) Start() *Scan {
	s := &Scan{x: x, seen: make([][]uint64, len(x.prints)), count: make([]int, len(x.prints))}
	for i, p := range x.prints {
		s.seen[i] = make([]uint64, (len(p.Hashes)+63)/64)
	}
	s.emit = s.hash
	return s
}

func (s *Scan) hash(h uint64) {
	if s.x.bits[h&s.x.mask/64]&(1<<(h%64)) == 0 {
		return
	}
	for _, m := range s.x.owners[h] {
		if w, bit := &s.seen[m.print][m.number/64], uint64(1)<<(m.number%64); *w&bit == 0 {
			*w |= bit
			s.count[m.print]++
		}
	}
}

// Feed takes the next piece of the text, of any size.
func (s *Scan) Feed(piece []byte) { s.words.feed(piece, s.emit) }

// End says that the text ends here.
func (s *Scan) End() { s.words.end(s.emit) }

// Similarity is how much of a print was in the text so far, in per cent, rounded down.
func (s *Scan) Similarity(print int) int { return 100 * s.count[print] / len(s.x.prints[print].Hashes) }
