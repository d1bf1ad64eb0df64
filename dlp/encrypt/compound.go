package encrypt

import (
	"encoding/binary"
	"errors"
	"io"
)

// Sizes of a compound file of version 3 ([MS-CFB] 2.2).
const (
	sector     = 512
	miniSector = 64
	cutoff     = 4096           // streams that are shorter lie in small sectors
	perFAT     = sector / 4     // sectors that one sector of the table describes
	inHeader   = 109            // sectors of the table that the header names
	perDIFAT   = perFAT - 1     // … that one further sector names
	maxStream  = 2<<30 - 64<<20 // version 3 has sizes of 31 bits
	endOfChain = uint32(0xfffffffe)
	free       = uint32(0xffffffff)
	fatSector  = uint32(0xfffffffd)
	difSector  = uint32(0xfffffffc)
)

// compound writes a compound file from its beginning to its end, without going back: the large stream first, whose size is
// known, then the small streams, then all tables. Write takes the large stream's bytes.
type compound struct {
	w      io.Writer
	size   int64 // of the large stream
	done   int64
	info   int    // size of the stream EncryptionInfo
	held   []byte // the large stream where it is a small one
	small  []entry
	layout layout
}

// layout is how many sectors there are of what.
type layout struct{ large, mini, miniFAT, dir, fat, difat uint32 }

// entry is an entry of the directory. Indices are of entries; free means none.
type entry struct {
	name               string
	kind               byte // 1 storage, 2 stream, 5 root
	red                bool
	left, right, child uint32
	data               []byte // of a small stream
	start              uint32
	size               int64
}

// newCompound lays a file out.
func newCompound(w io.Writer, size int64, info int) *compound {
	c := &compound{w: w, size: size, info: info}
	c.small = c.entries(make([]byte, info))
	large := size
	if size < cutoff {
		c.small[1].data, large = make([]byte, size), 0
	}
	sectors := func(n, per int64) uint32 { return uint32((n + per - 1) / per) } //nolint:gosec // far below 2^32
	mini := int64(0)
	for _, e := range c.small {
		mini += int64(sectors(int64(len(e.data)), miniSector))
	}
	l := &c.layout
	l.large, l.mini = sectors(large, sector), sectors(mini*miniSector, sector)
	l.miniFAT, l.dir = sectors(mini, perFAT), sectors(int64(len(c.small)), 4)
	for { // the tables describe themselves too
		all := int64(l.large) + int64(l.mini) + int64(l.miniFAT) + int64(l.dir) + int64(l.fat) + int64(l.difat)
		fat, difat := sectors(all, perFAT), uint32(0)
		if fat > inHeader {
			difat = sectors(int64(fat)-inHeader, perDIFAT)
		}
		if fat == l.fat && difat == l.difat {
			return c
		}
		l.fat, l.difat = fat, difat
	}
}

// entries are the directory: the encrypted package, how to open it, and the data spaces, which say that the one is the
// other's (2.3.4.1 to 2.3.4.3). Siblings are ordered by the lengths of their names, then by their letters ([MS-CFB] 2.6.4).
func (c *compound) entries(info []byte) []entry {
	versions := []byte{1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0}
	u32 := binary.LittleEndian.AppendUint32
	version := append(padded("Microsoft.Container.DataSpaces"), versions...)
	reference := append(u32(u32(nil, 1), 0), append(padded("EncryptedPackage"), padded("StrongEncryptionDataSpace")...)...)
	spaces := append(u32(u32(u32(nil, 8), 1), uint32(len(reference)+4)), reference...) //nolint:gosec // of ours
	space := append(u32(u32(nil, 8), 1), padded("StrongEncryptionTransform")...)
	id := padded("{FF9A3F03-56EF-4613-BDD5-5A41C1D07246}")
	transform := append(u32(u32(nil, uint32(8+len(id))), 1), id...) //nolint:gosec // of ours
	transform = append(append(transform, padded("Microsoft.Container.EncryptionTransform")...), versions...)
	transform = u32(u32(u32(u32(transform, 0), 0), 0), 4)
	none := free
	return []entry{
		{name: "Root Entry", kind: 5, left: none, right: none, child: 2},
		{name: "EncryptedPackage", kind: 2, left: none, right: none, child: none},
		{name: "EncryptionInfo", kind: 2, left: 3, right: 1, child: none, data: info},
		{name: "\x06DataSpaces", kind: 1, left: none, right: none, child: 5},
		{name: "Version", kind: 2, left: none, right: none, child: none, data: version},
		{name: "DataSpaceMap", kind: 2, left: 4, right: 6, child: none, data: spaces},
		{name: "DataSpaceInfo", kind: 1, left: none, right: 8, child: 7},
		{name: "StrongEncryptionDataSpace", kind: 2, left: none, right: none, child: none, data: space},
		{name: "TransformInfo", kind: 1, red: true, left: none, right: none, child: 9},
		{name: "StrongEncryptionTransform", kind: 1, left: none, right: none, child: 10},
		{name: "\x06Primary", kind: 2, left: none, right: none, child: none, data: transform},
	}
}

// padded is a string as data spaces have it: its length in bytes, UTF-16, and zeros to a multiple of four (2.1.2).
func padded(s string) []byte {
	text := utf16LE(s)
	out := append(binary.LittleEndian.AppendUint32(nil, uint32(len(text))), text...) //nolint:gosec // of ours
	return append(out, make([]byte, (4-len(text)%4)%4)...)
}

// begin writes the header.
func (c *compound) begin() error {
	l := &c.layout
	u16, u32 := binary.LittleEndian.AppendUint16, binary.LittleEndian.AppendUint32
	h := append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 16)...)
	for _, v := range []uint16{0x3e, 3, 0xfffe, 9, 6} { // versions, byte order, sizes of sectors
		h = u16(h, v)
	}
	h = append(h, make([]byte, 10)...) // reserved, and no count of directory sectors in version 3
	dir := l.large + l.mini + l.miniFAT
	fat := dir + l.dir
	h = u32(u32(u32(h, l.fat), dir), 0)
	h = u32(u32(u32(h, cutoff), l.large+l.mini), l.miniFAT)
	if l.difat == 0 {
		h = u32(u32(h, endOfChain), 0)
	} else {
		h = u32(u32(h, fat+l.fat), l.difat)
	}
	for i := range uint32(inHeader) {
		if i < l.fat {
			h = u32(h, fat+i)
		} else {
			h = u32(h, free)
		}
	}
	_, err := c.w.Write(h)
	return err
}

// Write takes the next bytes of the large stream.
func (c *compound) Write(p []byte) (int, error) {
	if c.layout.large == 0 {
		c.held = append(c.held, p...)
		c.done += int64(len(p))
		return len(p), nil
	}
	n, err := c.w.Write(p)
	c.done += int64(n)
	return n, err
}

// end writes everything behind the large stream. info has the size that was announced.
func (c *compound) end(info []byte) error {
	if len(info) != c.info || c.done != c.size {
		return errors.New("a stream has another size than was announced")
	}
	l := &c.layout
	fill := func(n int64) []byte { return make([]byte, (sector-n%sector)%sector) }
	u32 := binary.LittleEndian.AppendUint32
	list := c.entries(info)
	var out []byte
	if l.large > 0 {
		out, list[1].size = fill(c.size), c.size
	} else {
		list[1].data = c.held
	}
	var mini []byte
	var chain []uint32 // of the small sectors
	for i := range list {
		e := &list[i]
		if e.data == nil {
			continue
		}
		e.start, e.size = uint32(len(chain)), int64(len(e.data)) //nolint:gosec // few
		mini = append(mini, e.data...)
		mini = append(mini, make([]byte, (miniSector-len(e.data)%miniSector)%miniSector)...)
		for len(chain)*miniSector < len(mini) {
			chain = append(chain, uint32(len(chain)+1)) //nolint:gosec // few
		}
		chain[len(chain)-1] = endOfChain
	}
	list[0].start, list[0].size = l.large, int64(len(mini))
	out = append(append(out, mini...), fill(int64(len(mini)))...)
	for i := range l.miniFAT * perFAT {
		if int(i) < len(chain) {
			out = u32(out, chain[i])
		} else {
			out = u32(out, free)
		}
	}
	for i := range l.dir * 4 {
		if int(i) < len(list) {
			out = append(out, list[i].bytes()...)
		} else {
			out = append(out, entry{left: free, right: free, child: free}.bytes()...)
		}
	}
	if _, err := c.w.Write(out); err != nil {
		return err
	}
	return c.tables()
}

// tables writes which sector follows which.
func (c *compound) tables() error {
	l := &c.layout
	u32 := binary.LittleEndian.AppendUint32
	var out []byte
	at := uint32(0)
	for _, n := range []uint32{l.large, l.mini, l.miniFAT, l.dir} {
		for i := range n {
			next := at + 1
			if i == n-1 {
				next = endOfChain
			}
			out, at = u32(out, next), at+1
		}
	}
	for range l.fat {
		out, at = u32(out, fatSector), at+1
	}
	for range l.difat {
		out, at = u32(out, difSector), at+1
	}
	for ; at < l.fat*perFAT; at++ {
		out = u32(out, free)
	}
	fat := l.large + l.mini + l.miniFAT + l.dir
	for d := range l.difat {
		for i := range uint32(perDIFAT) {
			if k := inHeader + d*perDIFAT + i; k < l.fat {
				out = u32(out, fat+k)
			} else {
				out = u32(out, free)
			}
		}
		next := fat + l.fat + d + 1
		if d == l.difat-1 {
			next = endOfChain
		}
		out = u32(out, next)
	}
	_, err := c.w.Write(out)
	return err
}

// bytes is an entry as the file has it ([MS-CFB] 2.6.1).
func (e entry) bytes() []byte {
	b := make([]byte, 64, 128)
	name := utf16LE(e.name)
	copy(b, name)
	length := uint16(0)
	if e.kind != 0 {
		length = uint16(len(name) + 2) //nolint:gosec // short
	}
	b = binary.LittleEndian.AppendUint16(b, length)
	colour := byte(1) // black
	if e.red {
		colour = 0
	}
	b = append(b, e.kind, colour)
	for _, v := range []uint32{e.left, e.right, e.child} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	b = append(b, make([]byte, 16+4+8+8)...) // class, state and times
	start := e.start
	if e.kind == 1 {
		start = 0
	}
	b = binary.LittleEndian.AppendUint32(b, start)
	return binary.LittleEndian.AppendUint64(b, uint64(e.size)) //nolint:gosec // a size
}
