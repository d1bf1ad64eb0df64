package extract

import (
	"bytes"
	"encoding/binary"
	"strings"

	"github.com/richardlehane/mscfb"
)

// message is a property of a message as Outlook keeps it ([MS-OXMSG] 2.1.3): a stream named by the property's id and
// type. Texts are read, bodies in HTML and RTF, and attachments.
func (c *compound) message(f *mscfb.File) error {
	name := strings.TrimPrefix(f.Name, "__substg1.0_")
	if len(name) < 8 {
		return nil
	}
	id, kind := strings.ToUpper(name[:4]), strings.ToUpper(name[4:8])
	switch {
	case kind == "001F" || kind == "001E":
		data, err := c.all(f)
		if err != nil {
			return err
		}
		if kind == "001F" {
			return c.x.own(utf16Text(data))
		}
		return c.x.own(ansi(data))
	case kind != "0102":
		return nil
	case id == "1013":
		return htmlText(c.x, f)
	case id == "1009":
		data, err := c.all(f)
		if err != nil {
			return err
		}
		rtf, err := expandRTF(data, c.x.lim.Member)
		if err != nil {
			return err
		}
		return rtfText(c.x, bytes.NewReader(rtf))
	case id == "3701":
		return c.x.packed("attachment", f)
	}
	return nil
}

// rtfBefore fills the dictionary before a compressed text ([MS-OXRTFCP] 2.2.2.1).
const rtfBefore = `{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0` +
	"\r\n" + `\par \pard\plain\f0\fs20\b\i\u\tab\tx`

// expandRTF takes the compression off a body in RTF ([MS-OXRTFCP] 3.1.3.1): flags of eight, each a byte or a reference
// into a window of 4 kB.
func expandRTF(data []byte, most int64) ([]byte, error) {
	if len(data) < 16 {
		return nil, errShort
	}
	switch binary.LittleEndian.Uint32(data[8:]) {
	case 0x414c454d: // not compressed
		return data[16:], nil
	case 0x75465a4c:
	default:
		return nil, badf(Unsupported, "a body in RTF that is packed in an unknown way")
	}
	var window [4096]byte
	at := copy(window[:], rtfBefore)
	var out []byte
	put := func(b byte) {
		window[at&4095] = b
		at++
		out = append(out, b)
	}
	for in := data[16:]; len(in) > 0; {
		flags := in[0]
		in = in[1:]
		for bit := range 8 {
			if len(in) == 0 {
				return out, nil
			}
			if flags>>bit&1 == 0 {
				put(in[0])
				in = in[1:]
				continue
			}
			if len(in) < 2 {
				return out, nil
			}
			ref := binary.BigEndian.Uint16(in)
			in = in[2:]
			from := int(ref >> 4)
			if from == at&4095 {
				return out, nil // the end
			}
			for i := range int(ref&15) + 2 {
				put(window[(from+i)&4095])
			}
			if int64(len(out)) > most {
				return nil, badf(Limited, "a body of more than %d MB", most>>20)
			}
		}
	}
	return out, nil
}
