package extract

import (
	"encoding/binary"
	"unicode/utf16"
)

// substreams are the files of folders.
func (h *szHeader) substreams() {
	counts := make([]int, len(h.folders))
	total := 0
	for i := range counts {
		counts[i] = 1
	}
	id := h.byte()
	if id == 0x0d {
		for i := range counts {
			counts[i] = h.count()
			if total += counts[i]; uint64(total) > h.most { //nolint:gosec // not negative
				h.bad = badf(Limited, "more than %d parts", h.most)
				return
			}
		}
		id = h.byte()
	}
	for i := range h.folders {
		f := &h.folders[i]
		left := f.size()
		f.files = make([]uint64, 0, counts[i])
		for n := counts[i]; n > 0; n-- {
			size := left
			if n > 1 {
				if id != 0x09 {
					h.fail()
					return
				}
				size = h.number()
			}
			if size > left || h.bad != nil {
				h.fail()
				return
			}
			left -= size
			f.files = append(f.files, size)
		}
	}
	if id == 0x09 {
		id = h.byte()
	}
	for h.bad == nil && id != 0 {
		if id != 0x0a {
			h.fail()
			return
		}
		n := 0
		for i, f := range h.folders {
			if counts[i] != 1 || !f.sum {
				n += counts[i]
			}
		}
		h.sums(n)
		id = h.byte()
	}
}

func (h *szHeader) filesInfo() {
	n := h.count()
	if h.bad != nil {
		return
	}
	h.names = make([]string, n)
	for h.bad == nil {
		id := h.byte()
		if id == 0 {
			return
		}
		body := h.take(h.number())
		switch id {
		case 0x0e:
			list := szHeader{most: h.most, in: body}
			h.none = list.bits(n)
			if list.bad != nil {
				h.fail()
			}
		case 0x11:
			h.named(body)
		}
	}
}

// named are names in UTF-16, each with a zero behind it.
func (h *szHeader) named(body []byte) {
	if len(body) == 0 || body[0] != 0 {
		h.fail()
		return
	}
	body = body[1:]
	var name []uint16
	for i := 0; len(body) >= 2 && i < len(h.names); body = body[2:] {
		c := binary.LittleEndian.Uint16(body)
		if c != 0 {
			name = append(name, c)
			continue
		}
		h.names[i] = string(utf16.Decode(name))
		name = name[:0]
		i++
	}
}
