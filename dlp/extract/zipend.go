package extract

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
)

// zipEnd finds a zip's directory from the end of a file (APPNOTE 4.3.16), wherever the zip begins: it may follow a file
// of another kind. It returns where the directory is, and how many entries it has, at most one more than most. ok is
// false when there is none.
func zipEnd(src *io.SectionReader, most int) (at int64, entries int, ok bool) {
	const size, comment = 22, 1<<16 - 1
	tail := make([]byte, min(src.Size(), size+comment))
	if _, err := src.ReadAt(tail, src.Size()-int64(len(tail))); err != nil && err != io.EOF { //nolint:errorlint // a SectionReader's own
		return 0, 0, false
	}
	for i := bytes.LastIndex(tail, []byte("PK\x05\x06")); i >= 0; i = bytes.LastIndex(tail[:i], []byte("PK\x05\x06")) {
		if len(tail)-i < size {
			continue
		}
		end := tail[i:]
		length, offset := int64(binary.LittleEndian.Uint32(end[12:])), int64(binary.LittleEndian.Uint32(end[16:]))
		ends := src.Size() - int64(len(end)) // of the directory
		if length == 1<<32-1 || offset == 1<<32-1 || binary.LittleEndian.Uint16(end[10:]) == 1<<16-1 {
			if l, e, found := zip64End(src, ends); found {
				length, ends = l, e
			}
		}
		if at = ends - length; at < 0 || length == 0 {
			continue
		}
		if entries = zipEntries(src, at, ends, most); entries > 0 {
			return at, entries, true
		}
	}
	return 0, 0, false
}

// zip64End finds the longer form of the directory's end, of which the locator before the short one tells.
func zip64End(src *io.SectionReader, before int64) (length, ends int64, ok bool) {
	locator := make([]byte, 20)
	if _, err := src.ReadAt(locator, before-20); err != nil || string(locator[:4]) != "PK\x06\x07" {
		return 0, 0, false
	}
	// It lies right before the locator, whatever the locator says when something precedes the zip.
	for _, at := range []int64{int64(binary.LittleEndian.Uint64(locator[8:])), before - 20 - 56} { //nolint:gosec // checked by reading
		end := make([]byte, 56)
		if at < 0 {
			continue
		}
		if _, err := src.ReadAt(end, at); err == nil && string(end[:4]) == "PK\x06\x06" {
			return int64(binary.LittleEndian.Uint64(end[40:])), at, true //nolint:gosec // checked by the caller
		}
	}
	return 0, 0, false
}

// zipEntries counts the entries of a directory.
func zipEntries(src *io.SectionReader, at, ends int64, most int) int {
	in := bufio.NewReaderSize(io.NewSectionReader(src, at, ends-at), 64<<10)
	head := make([]byte, 46)
	n := 0
	for n <= most {
		if _, err := io.ReadFull(in, head); err != nil || string(head[:4]) != "PK\x01\x02" {
			break
		}
		n++
		rest := int(binary.LittleEndian.Uint16(head[28:])) + int(binary.LittleEndian.Uint16(head[30:])) + int(binary.LittleEndian.Uint16(head[32:]))
		if _, err := in.Discard(rest); err != nil {
			break
		}
	}
	return n
}
