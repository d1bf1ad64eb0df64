package label

import (
	"bytes"
	"errors"
	"io"
)

// ofCompound reads labels of compound files ([MS-CFB]). An encrypted document may keep them in the clear, in its stream
// LabelInfo ([MS-OFFCRYPTO] 2.6.3); one without it hides them. Documents of before 2007 are not looked into: their labels
// stand among properties in a form of their own.
func ofCompound(src *io.SectionReader) ([]Label, error) {
	if src.Size() > maxPDF {
		return nil, ErrDamaged
	}
	data := make([]byte, src.Size())
	if _, err := src.ReadAt(data, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if at := bytes.Index(data, []byte("<clbl:labelList")); at >= 0 {
		if end := bytes.Index(data[at:], []byte("</clbl:labelList>")); end >= 0 && end < maxPart {
			return labelInfo(data[at : at+end+len("</clbl:labelList>")])
		}
	}
	encrypted := []byte("E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00")
	if bytes.Contains(data, encrypted) || bytes.Contains(data, []byte("\x06\x00D\x00a\x00t\x00a\x00S\x00p\x00a\x00c\x00e\x00s")) {
		return nil, ErrHidden
	}
	return nil, nil
}
