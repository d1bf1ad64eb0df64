package extract

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"

	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz/lzma"
)

// The xz container is read here, and its LZMA2 by a library, because a block says how much memory it needs and nothing
// else bounds it. Checksums are not compared: what is damaged is read as far as it goes.

const xzMagic = "\xfd7zXZ\x00"

// xzText is what an xz packs: the content of all its streams.
func xzText(x *run, r io.Reader) error {
	return x.packed("content", &xzReader{x: x, in: &tally{r: bufio.NewReaderSize(r, 32<<10)}})
}

// lz4Text is what a frame of LZ4 packs. Its blocks take 4 MiB at most.
func lz4Text(x *run, r io.Reader) error { return x.packed("content", lz4.NewReader(r)) }

// lzmaText is what a file of LZMA alone packs.
func lzmaText(x *run, r io.Reader) error {
	z, err := x.lzma(bufio.NewReaderSize(r, 32<<10))
	if err != nil {
		return err
	}
	return x.packed("content", z)
}

// lzma opens a stream with its header of 13 bytes: properties, dictionary, size.
func (x *run) lzma(r io.Reader) (io.Reader, error) {
	head := make([]byte, lzma.HeaderLen)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, short(err)
	}
	// The library takes no more memory than this either.
	dict := uint64(binary.LittleEndian.Uint32(head[1:]))
	if err := x.dictionary(int64(min(dict, binary.LittleEndian.Uint64(head[5:])))); err != nil { //nolint:gosec // 32 bits
		return nil, err
	}
	return lzma.ReaderConfig{DictCap: lzma.MaxDictCap}.NewReader(&joined{head: head, Reader: r})
}

// lzma2 opens a stream whose header gives its dictionary as one byte. size is of what it holds, less than 0 if unknown.
func (x *run) lzma2(r io.Reader, property byte, size int64) (io.Reader, error) {
	dict, err := lzma.DecodeDictCap(property)
	if err != nil {
		return nil, err
	}
	if size >= 0 {
		dict = min(dict, size)
	}
	dict = max(dict, lzma.MinDictCap)
	if err := x.dictionary(dict); err != nil {
		return nil, err
	}
	return lzma.Reader2Config{DictCap: int(dict)}.NewReader2(r)
}

// dictionary says whether the memory that unpacking takes is within bounds. Clearing it takes time, for which a part of
// it counts as unpacked.
func (x *run) dictionary(size int64) error {
	if size > x.lim.Member {
		return badf(Limited, "unpacking takes %d MB of memory", size>>20)
	}
	return x.count(size / 8)
}

// tally counts what is read.
type tally struct {
	r *bufio.Reader
	n int64
}

func (c *tally) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

func (c *tally) ReadByte() (byte, error) {
	b, err := c.r.ReadByte()
	if err == nil {
		c.n++
	}
	return b, err
}

func (c *tally) skip(n int64) error {
	_, err := io.CopyN(io.Discard, c, n)
	return short(err)
}

// short makes the end an error: there must be more.
func short(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// xzReader reads the content of all blocks of all streams (The .xz File Format 1.2.1).
type xzReader struct {
	x       *run
	in      *tally
	started bool
	check   int64     // bytes of a block's checksum
	block   io.Reader // nil between blocks
	start   int64     // of the block
}

func (z *xzReader) Read(p []byte) (int, error) {
	for {
		if z.block == nil {
			if err := z.next(); err != nil {
				return 0, err
			}
		}
		n, err := z.block.Read(p)
		if errors.Is(err, io.EOF) {
			z.block = nil
			if err = z.in.skip((4-(z.in.n-z.start)%4)%4 + z.check); n == 0 && err == nil {
				continue
			}
		}
		return n, err
	}
}

// next goes to the next block; the error is io.EOF behind the last stream.
func (z *xzReader) next() error {
	for {
		if !z.started {
			if err := z.header(); err != nil {
				return err
			}
		}
		z.start = z.in.n
		size, err := z.in.ReadByte()
		if err != nil {
			return short(err)
		}
		if size != 0 {
			return z.open(int64(size) * 4)
		}
		if err := z.index(); err != nil {
			return err
		}
	}
}

// header is the beginning of a stream, behind zeros if it isn't the first.
func (z *xzReader) header() error {
	head := make([]byte, 12)
	for first := z.in.n == 0; ; {
		n, err := io.ReadFull(z.in, head[:4])
		switch {
		case n == 0 && !first:
			return err
		case err != nil:
			return short(err)
		}
		if first || binary.LittleEndian.Uint32(head) != 0 {
			break
		}
	}
	if string(head[:4]) != xzMagic[:4] {
		return badf(Corrupt, "something follows the xz")
	}
	if _, err := io.ReadFull(z.in, head[4:]); err != nil {
		return short(err)
	}
	z.started = true
	z.check = []int64{0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64}[head[7]&15]
	return nil
}

// open begins a block whose header has size more bytes, a checksum of 4 among them.
func (z *xzReader) open(size int64) error {
	head := make([]byte, size+3)
	if _, err := io.ReadFull(z.in, head); err != nil {
		return short(err)
	}
	h := &fields{head[1 : len(head)-4]}
	flags := head[0]
	unpacked := int64(-1)
	if flags&0x40 != 0 {
		h.varint()
	}
	if flags&0x80 != 0 {
		unpacked = int64(h.varint()) //nolint:gosec // 63 bits
	}
	id, n := h.varint(), h.varint()
	if flags&3 != 0 || id != 0x21 {
		return badf(Unsupported, "packed in a way that is not read (filter %d)", id)
	}
	property := h.bytes(n)
	if len(property) != 1 {
		return errShort
	}
	z.start = z.in.n
	var err error
	z.block, err = z.x.lzma2(z.in, property[0], unpacked)
	return err
}

// index skips the list of blocks at the end of a stream, and its footer.
func (z *xzReader) index() error {
	n, err := binary.ReadUvarint(z.in)
	for i := uint64(0); err == nil && i < n; i++ {
		if _, err = binary.ReadUvarint(z.in); err == nil {
			_, err = binary.ReadUvarint(z.in)
		}
		if err == nil && i%4096 == 0 {
			err = z.x.ctx.Err()
		}
	}
	if err != nil {
		return short(err)
	}
	z.started = false
	return z.in.skip((4-(z.in.n-z.start)%4)%4 + 4 + 12)
}

// fields are numbers and bytes of a header. What is not there is zero or empty.
type fields struct{ data []byte }

// varint is a number of seven bits a byte, the low ones first.
func (f *fields) varint() uint64 {
	v, n := binary.Uvarint(f.data)
	f.data = f.data[max(n, 0):]
	if n <= 0 {
		f.data = nil
		return 0
	}
	return v & (1<<63 - 1)
}

func (f *fields) bytes(n uint64) []byte {
	if n > uint64(len(f.data)) {
		f.data = nil
		return nil
	}
	b := f.data[:n]
	f.data = f.data[n:]
	return b
}
