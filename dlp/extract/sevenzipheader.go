package extract

// szHeader is the list of files in a 7z archive (DOC/7zFormat.txt of 7-Zip). Everything that it counts is bounded before
// it takes memory.
type szHeader struct {
	most uint64 // of anything that is counted
	in   []byte
	bad  error // the first mistake; everything is zero behind it

	packs   []szPack
	folders []szFolder
	names   []string
	none    []bool // files without content
}

type szPack struct{ at, size uint64 }

type szFolder struct {
	coders []szCoder
	pairs  []szPair
	packed []uint64 // inputs that take packed streams
	first  int      // of the packed streams, its own first
	sizes  []uint64 // unpacked, by output
	sum    bool     // a checksum of the whole is there
	files  []uint64 // their sizes
}

type szCoder struct {
	method     string
	in, out    uint64
	properties []byte
}

type szPair struct{ in, out uint64 }

// size is what the folder's last method gives.
func (f *szFolder) size() uint64 {
	for i := range f.sizes {
		bound := false
		for _, p := range f.pairs {
			bound = bound || p.out == uint64(i)
		}
		if !bound {
			return f.sizes[i]
		}
	}
	return 0
}

// empty reports whether a file has no content of its own.
func (h *szHeader) empty(i int) bool { return i < len(h.none) && h.none[i] }

// read reads a header, or tells that it is packed and its streams are those of the header proper.
func (h *szHeader) read() (packed bool, err error) {
	switch h.byte() {
	case 0x17:
		h.streams()
		return true, h.bad
	case 0x01:
	default:
		return false, badf(Corrupt, "the list of files is damaged")
	}
	for h.bad == nil {
		switch h.byte() {
		case 0x00:
			return false, h.bad
		case 0x02:
			for h.bad == nil && h.byte() != 0 {
				h.take(h.number())
			}
		case 0x03: // streams of the list's own, which nobody writes
			var other szHeader
			other.most, other.in = h.most, h.in
			other.streams()
			h.in, h.bad = other.in, other.bad
		case 0x04:
			h.streams()
		case 0x05:
			h.filesInfo()
		default:
			h.fail()
		}
	}
	return false, h.bad
}

func (h *szHeader) fail() {
	if h.bad == nil {
		h.bad = badf(Corrupt, "the list of files is damaged")
	}
	h.in = nil
}

func (h *szHeader) take(n uint64) []byte {
	if n > uint64(len(h.in)) {
		h.fail()
		return nil
	}
	b := h.in[:n]
	h.in = h.in[n:]
	return b
}

func (h *szHeader) byte() byte {
	if b := h.take(1); b != nil {
		return b[0]
	}
	return 0
}

// number is a number whose first byte says by its leading ones how many more there are.
func (h *szHeader) number() uint64 {
	first := h.byte()
	var v uint64
	for i := 0; i < 8; i++ {
		mask := byte(0x80) >> i
		if first&mask == 0 {
			return v | uint64(first&(mask-1))<<(8*i)
		}
		v |= uint64(h.byte()) << (8 * i)
	}
	return v
}

// count is a number of things.
func (h *szHeader) count() int {
	n := h.number()
	if n > h.most {
		if h.bad == nil {
			h.bad = badf(Limited, "more than %d parts", h.most)
		}
		h.in = nil
		return 0
	}
	return int(n) //nolint:gosec // bounded
}

// bits are n booleans, a bit each.
func (h *szHeader) bits(n int) []bool {
	raw := h.take(uint64(n+7) / 8) //nolint:gosec // bounded by count
	if raw == nil {
		return make([]bool, n)
	}
	out := make([]bool, n)
	for i := range out {
		out[i] = raw[i/8]&(0x80>>(i%8)) != 0
	}
	return out
}

// sums skips checksums and tells which there are.
func (h *szHeader) sums(n int) []bool {
	var have []bool
	if h.byte() == 0 {
		have = h.bits(n)
	} else {
		have = make([]bool, n)
		for i := range have {
			have[i] = true
		}
	}
	for _, has := range have {
		if has {
			h.take(4)
		}
	}
	return have
}

func (h *szHeader) streams() {
	for h.bad == nil {
		switch h.byte() {
		case 0x00:
			h.whole()
			return
		case 0x06:
			h.packInfo()
		case 0x07:
			h.unpackInfo()
		case 0x08:
			h.substreams()
		default:
			h.fail()
		}
	}
}

// whole makes folders whose files are not listed hold one.
func (h *szHeader) whole() {
	for i := range h.folders {
		if f := &h.folders[i]; f.files == nil {
			f.files = []uint64{f.size()}
		}
	}
}

func (h *szHeader) packInfo() {
	at, n := h.number(), h.count()
	for h.bad == nil {
		switch h.byte() {
		case 0x00:
			return
		case 0x09:
			for range n {
				size := h.number()
				if h.bad != nil {
					return
				}
				h.packs = append(h.packs, szPack{at, size})
				if at += size; at < size {
					h.fail()
				}
			}
		case 0x0a:
			h.sums(n)
		default:
			h.fail()
		}
	}
}

func (h *szHeader) unpackInfo() {
	if h.byte() != 0x0b {
		h.fail()
	}
	n := h.count()
	if h.byte() != 0 { // folders in another stream, which nobody writes
		h.fail()
	}
	first := 0
	for range n {
		if h.bad != nil {
			return
		}
		f := h.folder()
		f.first = first
		first += len(f.packed)
		h.folders = append(h.folders, f)
	}
	if h.byte() != 0x0c {
		h.fail()
	}
	for i := range h.folders {
		f := &h.folders[i]
		for _, c := range f.coders {
			for range c.out {
				f.sizes = append(f.sizes, h.number())
			}
		}
	}
	for h.bad == nil {
		switch h.byte() {
		case 0x00:
			return
		case 0x0a:
			for i, has := range h.sums(len(h.folders)) {
				h.folders[i].sum = has
			}
		default:
			h.fail()
		}
	}
}

// maxCoders is how many methods a folder may have, and how many streams each.
const maxCoders = 32

func (h *szHeader) folder() szFolder {
	var f szFolder
	var in, out uint64
	n := h.number()
	if n == 0 || n > maxCoders {
		h.fail()
	}
	for i := uint64(0); i < n && h.bad == nil; i++ {
		flags := h.byte()
		c := szCoder{method: string(h.take(uint64(flags & 15))), in: 1, out: 1}
		if flags&0x10 != 0 {
			c.in, c.out = h.number(), h.number()
		}
		if flags&0x20 != 0 {
			c.properties = h.take(h.number())
		}
		if c.in > maxCoders || c.out > maxCoders {
			h.fail()
		}
		in, out = in+c.in, out+c.out
		f.coders = append(f.coders, c)
	}
	if out == 0 || in < out-1 {
		h.fail()
	}
	used := map[uint64]bool{}
	for i := uint64(1); i < out && h.bad == nil; i++ {
		p := szPair{h.number(), h.number()}
		used[p.in] = true
		f.pairs = append(f.pairs, p)
	}
	switch packed := in - (out - 1); {
	case h.bad != nil:
	case packed == 1:
		for i := range in {
			if !used[i] {
				f.packed = []uint64{i}
				break
			}
		}
	default:
		for range packed {
			f.packed = append(f.packed, h.number())
		}
	}
	return f
}
