package extract

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// The container of 7z is read here, because nothing but what its header claims bounds how much memory a reader of it
// takes; the header is in sevenzipheader.go. Methods of one input that don't change text are undone: copy, LZMA, LZMA2,
// Deflate, BZip2, Zstandard. Others (PPMd, filters of programs) are named.

// Methods (DOC/Methods.txt of 7-Zip).
const (
	szCopy    = "\x00"
	szLZMA    = "\x03\x01\x01"
	szLZMA2   = "\x21"
	szDeflate = "\x04\x01\x08"
	szBzip2   = "\x04\x02\x02"
	szZstd    = "\x04\xf7\x11\x01"
	szAES     = "\x06\xf1\x07\x01"
	szPPMd    = "\x03\x04\x01"
	szBCJ2    = "\x03\x03\x01\x1b"
	szBCJ     = "\x03\x03\x01\x03"
)

var szNames = map[string]string{szPPMd: "PPMd", szBCJ2: "BCJ2", szBCJ: "BCJ"}

const szMagic = "7z\xbc\xaf\x27\x1c"

// sevenZipText is every file of a 7z archive, with its name.
func sevenZipText(x *run, src *io.SectionReader) error {
	head := make([]byte, 32)
	if _, err := src.ReadAt(head, 0); err != nil {
		return err
	}
	at, size := binary.LittleEndian.Uint64(head[12:]), binary.LittleEndian.Uint64(head[20:])
	if rest := uint64(src.Size()) - 32; at > rest || size > rest-at { //nolint:gosec // 32 bytes were read
		return badf(Corrupt, "the 7z ends early")
	}
	if size == 0 {
		return nil
	}
	if int64(size) > x.lim.Member { //nolint:gosec // within the file
		return badf(Limited, "a list of files of more than %d MB", x.lim.Member>>20)
	}
	raw := make([]byte, size)
	if _, err := src.ReadAt(raw, 32+int64(at)); err != nil { //nolint:gosec // within the file
		return err
	}
	z := &sevenZip{x: x, src: src}
	for range 4 { // a list may be packed, and that one again
		h := szHeader{most: uint64(x.lim.Parts), in: raw} //nolint:gosec // not negative
		packed, err := h.read()
		if err != nil {
			return err
		}
		if !packed {
			return z.files(&h)
		}
		if raw, err = z.list(&h); err != nil {
			return err
		}
	}
	return badf(Limited, "a list of files that is packed many times")
}

type sevenZip struct {
	x   *run
	src *io.SectionReader
}

// list unpacks a list of files.
func (z *sevenZip) list(h *szHeader) ([]byte, error) {
	if len(h.folders) != 1 {
		return nil, badf(Corrupt, "the list of files is damaged")
	}
	r, err := z.open(h, 0)
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(&inflating{z.x, r}, min(int64(h.folders[0].size()), z.x.lim.Member)+1)) //nolint:gosec // bounded by min and below
	if int64(len(raw)) > z.x.lim.Member {
		return nil, badf(Limited, "a list of files of more than %d MB", z.x.lim.Member>>20)
	}
	return raw, err
}

// files reads all files. A folder is a stream that several files share, one behind another.
func (z *sevenZip) files(h *szHeader) error {
	x, next := z.x, 0
	for i := range h.folders {
		f := &h.folders[i]
		var stream io.Reader
		r, err := z.open(h, i)
		if err == nil {
			stream = &inflating{x, r}
		}
		for _, size := range f.files {
			for next < len(h.names) && h.empty(next) {
				next++
			}
			name := fmt.Sprintf("file %d", next+1)
			if next < len(h.names) && h.names[next] != "" {
				name = h.names[next]
			}
			next++
			if werr := x.own(name); werr != nil {
				return werr
			}
			if err != nil {
				if nerr := x.failed(name, err); nerr != nil {
					return nerr
				}
				continue
			}
			piece := &io.LimitedReader{R: stream, N: int64(min(size, 1<<62))} //nolint:gosec // bounded
			if perr := x.packedPiece(name, piece); perr != nil {
				return perr
			}
			if x.res.Parts > x.lim.Parts {
				return nil // it is noted
			}
			// What its reader left; when that fails, so does what follows in the folder.
			_, err = io.Copy(io.Discard, piece)
			if err == nil && piece.N > 0 {
				err = io.ErrUnexpectedEOF
			}
		}
	}
	for i, name := range h.names { // those without content, folders among them
		if h.empty(i) {
			if err := x.own(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// open unpacks a folder.
func (z *sevenZip) open(h *szHeader, i int) (io.Reader, error) {
	f := &h.folders[i]
	for _, c := range f.coders {
		if c.method == szAES {
			return nil, badf(Encrypted, "with a password")
		}
	}
	for _, c := range f.coders {
		if c.in != 1 || c.out != 1 {
			return nil, badf(Unsupported, "packed in a way that is not read (%s)", szMethod(c.method))
		}
	}
	if len(f.packed) != 1 || f.first >= len(h.packs) {
		return nil, badf(Corrupt, "the 7z is damaged")
	}
	p := h.packs[f.first]
	if size := uint64(z.src.Size()) - 32; p.at > size || p.size > size-p.at { //nolint:gosec // as above
		return nil, badf(Corrupt, "the 7z ends early")
	}
	var r io.Reader = bufio.NewReaderSize(io.NewSectionReader(z.src, 32+int64(p.at), int64(p.size)), 32<<10) //nolint:gosec // within the file
	at := f.packed[0]
	for range f.coders { // each at most once
		if at >= uint64(len(f.coders)) {
			return nil, badf(Corrupt, "the 7z is damaged")
		}
		var err error
		if r, err = z.undo(&f.coders[at], f.sizes[at], r); err != nil {
			return nil, err
		}
		bound := false
		for _, b := range f.pairs {
			if b.out == at {
				at, bound = b.in, true
				break
			}
		}
		if !bound {
			return r, nil
		}
	}
	return nil, badf(Corrupt, "the 7z is damaged")
}

// undo undoes one method.
func (z *sevenZip) undo(c *szCoder, size uint64, r io.Reader) (io.Reader, error) {
	switch c.method {
	case szCopy:
		return r, nil
	case szLZMA:
		if len(c.properties) != 5 {
			return nil, errShort
		}
		head := binary.LittleEndian.AppendUint64(bytes.Clone(c.properties), size)
		return z.x.lzma(&joined{head: head, Reader: r}) // which reads the header off it
	case szLZMA2:
		if len(c.properties) != 1 {
			return nil, errShort
		}
		return z.x.lzma2(r, c.properties[0], int64(min(size, 1<<40))) //nolint:gosec // bounded
	case szDeflate:
		return flate.NewReader(r), nil
	case szBzip2:
		return bzip2.NewReader(r), nil
	case szZstd:
		d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(zstdWindow), zstd.WithDecoderMaxWindow(zstdWindow))
		return d, err
	}
	return nil, badf(Unsupported, "packed in a way that is not read (%s)", szMethod(c.method))
}

func szMethod(id string) string {
	if name, ok := szNames[id]; ok {
		return name
	}
	return strings.ToUpper(fmt.Sprintf("method %x", id))
}

// joined reads some bytes before others. It has ReadByte for who reads byte after byte.
type joined struct {
	head []byte
	io.Reader
}

func (j *joined) Read(p []byte) (int, error) {
	if len(j.head) > 0 {
		n := copy(p, j.head)
		j.head = j.head[n:]
		return n, nil
	}
	return j.Reader.Read(p)
}

func (j *joined) ReadByte() (byte, error) {
	if b, ok := j.Reader.(io.ByteReader); ok && len(j.head) == 0 {
		return b.ReadByte()
	}
	var b [1]byte
	_, err := io.ReadFull(j, b[:])
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return b[0], err
}
