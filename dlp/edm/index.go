package edm

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"
)

// Index is what a process keeps of a table in memory: for each section a filter that most values that are not there don't
// pass, and where in the file the buckets begin. It is made by reading the file once, which also proves the file's order,
// so a lookup may rely on it. It is immutable.
type Index struct {
	header   *Header
	begin    int64
	sections []section
}

type section struct {
	begin   int64    // of its records, in the file
	records uint32   // how many
	shift   uint     // a hash's bucket is its value shifted right by so much
	starts  []uint32 // by bucket, the number of its first record; one more than buckets
	filter  []uint64 // blocks of blockWords words
}

// Sizes of indexes.
const (
	bucketSize = 128       // records a bucket on average
	maxBucket  = 16 * 1024 // hashes are even, and doubles are bounded by MaxSame: more means another kind of file
	blockWords = 8         // words a block of the filter: a line of the processor's cache
	filterBits = 10        // a record: one value in a hundred that is not there passes
	probes     = 6
	// MaxFilter bounds the filters of one table, in bytes. With more records, more of what is not there passes to the file.
	MaxFilter = 128 << 20
)

func newSection(begin, records int64, share int) section {
	s := section{begin: begin, records: uint32(records)} //nolint:gosec // validated
	bucketBits := max(1, bits.Len64(uint64(records/bucketSize)))
	s.shift = uint(64 - bucketBits) //nolint:gosec // 1 to 63
	s.starts = make([]uint32, 1<<bucketBits+1)
	blocks := max(1, min(records*filterBits/8, int64(share))/(8*blockWords))
	s.filter = make([]uint64, blocks*blockWords)
	return s
}

// MemoryOf is what the index of a table takes, in bytes.
func MemoryOf(h *Header) int64 {
	n := int64(0)
	for _, part := range h.Sections {
		n += 8*min(part.Records/bucketSize*2+2, 1<<32) + min(part.Records*filterBits/8, int64(MaxFilter/len(h.Sections)))
	}
	return n
}

func (s *section) block(h uint64) []uint64 {
	n, _ := bits.Mul64(h*0x9E3779B97F4A7C15, uint64(len(s.filter)/blockWords))
	return s.filter[n*blockWords:][:blockWords]
}

// add and has take nine bits of the hash for each probe of a block's 512 bits.
func (s *section) add(h uint64) {
	b, x := s.block(h), h
	for range probes {
		b[x>>6&7] |= 1 << (x & 63)
		x >>= 9
	}
}

func (s *section) has(h uint64) bool {
	b, x := s.block(h), h
	for range probes {
		if b[x>>6&7]&(1<<(x&63)) == 0 {
			return false
		}
		x >>= 9
	}
	return true
}

// BuildIndex reads a table file and makes its index. It fails when the file is not what it says: other bytes than
// `referee dlp edm hash` wrote are not taken for a table.
func BuildIndex(r io.ReaderAt, size int64) (*Index, error) {
	h, begin, err := ReadHeader(r, size)
	if err != nil {
		return nil, err
	}
	x := &Index{header: h, begin: begin}
	at, record := begin, make([]byte, h.RecordSize())
	for i, part := range h.Sections {
		s := newSection(at, part.Records, MaxFilter/len(h.Sections))
		in := bufio.NewReaderSize(io.NewSectionReader(r, at, part.Records*int64(len(record))), 1<<20)
		last := make([]byte, len(record))
		bucket, inBucket, same := 0, 0, 0
		for n := range part.Records {
			if _, err := io.ReadFull(in, record); err != nil {
				return nil, err
			}
			h := binary.BigEndian.Uint64(record)
			if n > 0 && bytes.Compare(last, record) > 0 || h == 0 {
				return nil, fmt.Errorf("record %d of section %d is out of order: the file is damaged", n+1, i+1)
			}
			if same++; n == 0 || !bytes.Equal(last[:cell], record[:cell]) {
				same = 1
			}
			inBucket++
			for int(h>>s.shift) > bucket { //nolint:gosec // at most 2^25 buckets
				bucket++
				s.starts[bucket], inBucket = uint32(n), 1 //nolint:gosec // validated
			}
			if same > MaxSame || inBucket > maxBucket {
				return nil, fmt.Errorf("too many records of section %d are alike: a searched column needs values that tell rows apart", i+1)
			}
			s.add(h)
			copy(last, record)
		}
		for bucket < len(s.starts)-1 {
			bucket++
			s.starts[bucket] = uint32(part.Records) //nolint:gosec // validated
		}
		x.sections = append(x.sections, s)
		at += part.Records * int64(len(record))
	}
	return x, nil
}

// Header is the table's.
func (x *Index) Header() *Header { return x.header }

// Memory is what the index takes, in bytes.
func (x *Index) Memory() int64 {
	n := int64(0)
	for _, s := range x.sections {
		n += 4*int64(len(s.starts)) + 8*int64(len(s.filter))
	}
	return n
}

const indexMagic = "REFEDX1\n"

// WriteTo writes the index down, so that a table of many rows is not read whole at each start: the buckets and filters of
// each section, and a SHA-256 of all that.
func (x *Index) WriteTo(w io.Writer) (int64, error) {
	sum := sha256.New()
	out := &counting{w: bufio.NewWriterSize(io.MultiWriter(w, sum), 1<<20)}
	_, _ = out.Write([]byte(indexMagic)) // the error is kept, see counting
	for i := range x.sections {
		_ = binary.Write(out, binary.LittleEndian, x.sections[i].starts)
		_ = binary.Write(out, binary.LittleEndian, x.sections[i].filter)
	}
	if out.err == nil {
		out.err = out.w.Flush()
	}
	if out.err != nil {
		return out.n, out.err
	}
	n, err := w.Write(sum.Sum(nil))
	return out.n + int64(n), err
}

type counting struct {
	w   *bufio.Writer
	n   int64
	err error
}

func (c *counting) Write(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.w.Write(p)
	c.n, c.err = c.n+int64(n), err
	return n, err
}

// ReadIndex reads what WriteTo wrote for a table. One that is damaged, or another table's, is an error: build it anew.
func ReadIndex(r io.Reader, table io.ReaderAt, size int64) (*Index, error) {
	h, begin, err := ReadHeader(table, size)
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	in := bufio.NewReaderSize(r, 1<<20)
	tee := io.TeeReader(in, sum)
	head := make([]byte, len(indexMagic))
	if _, err := io.ReadFull(tee, head); err != nil || string(head) != indexMagic {
		return nil, fmt.Errorf("it is not an index")
	}
	x := &Index{header: h, begin: begin}
	at := begin
	for _, part := range h.Sections {
		s := newSection(at, part.Records, MaxFilter/len(h.Sections))
		if err := binary.Read(tee, binary.LittleEndian, s.starts); err != nil {
			return nil, fmt.Errorf("the index is cut off")
		}
		if err := binary.Read(tee, binary.LittleEndian, s.filter); err != nil {
			return nil, fmt.Errorf("the index is cut off")
		}
		for i, start := range s.starts {
			if i > 0 && (start < s.starts[i-1] || start-s.starts[i-1] > maxBucket) || start > s.records || i == 0 && start != 0 {
				return nil, fmt.Errorf("the index is another table's")
			}
		}
		x.sections = append(x.sections, s)
		at += part.Records * int64(h.RecordSize())
	}
	have := make([]byte, sha256.Size)
	if _, err := io.ReadFull(in, have); err != nil || !bytes.Equal(have, sum.Sum(nil)) {
		return nil, fmt.Errorf("the index is damaged")
	}
	if _, err := in.ReadByte(); err != io.EOF { //nolint:errorlint // as bufio gives it
		return nil, fmt.Errorf("the index is longer than it should be")
	}
	return x, nil
}
