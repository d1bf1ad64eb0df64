package extract

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// digit is a character of an embedded object's data, two digits a byte. Others are passed over, as word processors do.
func (d *rtf) digit(b byte) error {
	var v byte
	switch {
	case b >= '0' && b <= '9':
		v = b - '0'
	case b|0x20 >= 'a' && b|0x20 <= 'f':
		v = b | 0x20 - 'a' + 10
	default:
		return nil
	}
	if d.half == 0 {
		d.half = 0x10 | v
		return nil
	}
	d.object = append(d.object, d.half<<4|v)
	d.half = 0
	return d.bounded()
}

func (d *rtf) bounded() error {
	if int64(len(d.object)) > d.x.lim.Member {
		return badf(Limited, "an object of more than %d MB", d.x.lim.Member>>20)
	}
	return nil
}

// bytes is binary data: of an object, or of a picture.
func (d *rtf) bytes(n int64) error {
	if n <= 0 {
		return nil
	}
	if !d.state.object {
		_, err := io.CopyN(io.Discard, d.in, n)
		return err
	}
	data, err := io.ReadAll(io.LimitReader(d.in, min(n, d.x.lim.Member+1)))
	d.object = append(d.object, data...)
	return errors.Join(err, d.bounded())
}

// embedded reads the object whose data has come to its end.
func (d *rtf) embedded() error {
	if err := d.out.Flush(); err != nil {
		return err
	}
	name, content := "object", ole1(d.object)
	if label, file := packaged(content); label != "" {
		if err := d.x.own(label); err != nil {
			return err
		}
		name, content = label, file
	} else {
		content = content[min(4, len(content)):] // its size
	}
	d.object = nil
	return d.x.packed(name, bytes.NewReader(content))
}

// ole1 takes off the header of an embedded object ([MS-OLEDS] 2.2.4 and 2.2.5): version, format, and three names with
// their sizes. What remains begins with the data's size. Without such a header all is the data.
func ole1(data []byte) []byte {
	rest := data
	if len(rest) < 8 || binary.LittleEndian.Uint32(rest[4:]) != 2 {
		return append(make([]byte, 4), data...)
	}
	rest = rest[8:]
	for range 3 {
		if len(rest) < 4 {
			return append(make([]byte, 4), data...)
		}
		n := binary.LittleEndian.Uint32(rest)
		if uint64(n) > uint64(len(rest)-4) {
			return append(make([]byte, 4), data...)
		}
		rest = rest[4+n:]
	}
	return rest
}
