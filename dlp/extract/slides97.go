package extract

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"io"

	"github.com/richardlehane/mscfb"
)

// Records of PowerPoint 97 to 2003 ([MS-PPT] 2.13.24) that hold text.
const (
	pptChars   = 0x0fa0 // UTF-16
	pptBytes   = 0x0fa8 // the low bytes of UTF-16
	pptCString = 0x0fba // UTF-16: names, links, comments
	pptObject  = 0x1011 // an embedded file or macros
	pptCrypt   = 0x2f14
	pptFirst   = 0x03e8 // no type is lower
)

// slides is a presentation: the texts of slides, notes, masters and comments.
func (c *compound) slides(f *mscfb.File) error {
	if user, err := c.beside(f, "Current User"); err == nil && len(user) >= 16 && binary.LittleEndian.Uint32(user[12:]) == 0xf3d1c4df {
		return badf(Encrypted, "the presentation has a password")
	}
	data, err := c.all(f)
	if err != nil {
		return err
	}
	return c.records(data, 0)
}

// object is an embedded file, or one packed with its size before it ([MS-PPT] 2.10.34, 2.10.35).
func (c *compound) object(body []byte, packed bool) error {
	if !packed {
		return c.x.packed("object", bytes.NewReader(body))
	}
	if len(body) < 4 {
		return errShort
	}
	z, err := zlib.NewReader(bytes.NewReader(body[4:]))
	if err != nil {
		return err
	}
	// Some writers leave out the end of the packed stream, behind the last byte that counts.
	return c.x.packed("object", io.LimitReader(z, int64(binary.LittleEndian.Uint32(body))))
}

// maxNested is how deep records may lie.
const maxNested = 50

func (c *compound) records(data []byte, depth int) error {
	if depth > maxNested {
		return badf(Limited, "records more than %d deep", maxNested)
	}
	for len(data) >= 8 {
		version, kind, size := data[0]&0x0f, binary.LittleEndian.Uint16(data[2:]), binary.LittleEndian.Uint32(data[4:])
		instance := binary.LittleEndian.Uint16(data) >> 4
		if depth == 0 && kind < pptFirst {
			return nil // what lies behind the last record
		}
		if data = data[8:]; uint64(size) > uint64(len(data)) {
			return errShort
		}
		body := data[:size]
		data = data[size:]
		var err error
		switch {
		case kind == pptCrypt:
			return badf(Encrypted, "the presentation has a password")
		case kind == pptObject:
			err = c.object(body, instance == 1)
		case version == 0x0f:
			err = c.records(body, depth+1)
		case kind == pptChars, kind == pptCString:
			err = c.x.own(wordMarks.Replace(utf16Text(body)))
		case kind == pptBytes:
			err = c.x.own(wordMarks.Replace(chars(body, false)))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
