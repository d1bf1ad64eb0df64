package extract

import (
	"bytes"
	"encoding/binary"

	"github.com/richardlehane/mscfb"
)

// macro is a module of Visual Basic ([MS-OVBA] 2.3.4.3): compiled code, then the source, packed. The source begins with
// an attribute, whose first letters stand unpacked behind a flag byte of zero, the chunk's header and the signature.
func (c *compound) macro(f *mscfb.File) error {
	data, err := c.all(f)
	if err != nil {
		return err
	}
	at := bytes.Index(data, []byte("\x00Attribut"))
	if at < 3 || data[at-3] != 1 {
		return nil // compiled code alone, such as of a form
	}
	source, err := expandVBA(data[at-2:], c.x.lim.Member)
	if werr := c.x.own(ansi(source)); werr != nil {
		return werr
	}
	return err
}

// expandVBA unpacks the chunks of a container without its signature ([MS-OVBA] 2.4.1.3).
func expandVBA(data []byte, most int64) ([]byte, error) {
	var out []byte
	for len(data) >= 2 {
		head := binary.LittleEndian.Uint16(data)
		size := int(head&0x0fff) + 1
		if head>>12&7 != 3 {
			return out, nil // no chunk any more
		}
		if data = data[2:]; size > len(data) {
			size = len(data)
		}
		chunk := data[:size]
		data = data[size:]
		if head&0x8000 == 0 {
			out = append(out, chunk...)
			continue
		}
		start := len(out)
		for len(chunk) > 0 {
			flags := chunk[0]
			chunk = chunk[1:]
			for bit := 0; bit < 8 && len(chunk) > 0; bit++ {
				if flags>>bit&1 == 0 {
					out = append(out, chunk[0])
					chunk = chunk[1:]
					continue
				}
				if len(chunk) < 2 {
					return out, errShort
				}
				token := int(binary.LittleEndian.Uint16(chunk))
				chunk = chunk[2:]
				// The more has been unpacked of the chunk, the more bits the distance has.
				bits := 4
				for 1<<bits < len(out)-start {
					bits++
				}
				length, back := token&(0xffff>>bits)+3, token>>(16-bits)+1
				if back > len(out)-start {
					return out, errShort
				}
				for range length {
					out = append(out, out[len(out)-back])
				}
			}
			if int64(len(out)) > most {
				return out, badf(Limited, "a macro of more than %d MB", most>>20)
			}
		}
	}
	return out, nil
}
